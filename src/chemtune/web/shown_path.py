"""A path as it is shown: short where it lies in the folder that the server was started in."""

from __future__ import annotations

from pathlib import Path


def shown_path(path: Path) -> str:
    """Return a path from the working directory where it lies in it, else whole."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
