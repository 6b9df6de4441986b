"""`chemtune demo`: all three steps on the embedded sample, with the embedded model."""

from __future__ import annotations

from pathlib import Path

from chemtune.cli.run import show
from chemtune.cli.shared import AsJson, OutFolder, give_out

NAME = "demo"


def command(as_json: AsJson = False, out: OutFolder = None) -> None:
    """Run all three steps on the embedded sample: no key, no GPU, no hub."""
    from chemtune.experiment.run import demo

    give_out(demo(out or Path("runs/demo")), as_json, show)
