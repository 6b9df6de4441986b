"""What the shell offers at the tab key: names that are found without loading anything."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
# Where runs and projects are looked for: as `demo`, `init` and `run` lay them.
RUNS = ("*", "runs/*", "*/runs/*")
MOST = 200


def tasks(incomplete: str) -> list[str]:
    """Return the tasks of chemtune's own domains that begin so."""
    return _stems(HERE / "domains", "*/tasks/*.yaml", incomplete)


def models(incomplete: str) -> list[str]:
    """Return the presets of models that begin so; for a path there is none, and files are shown."""
    return _stems(HERE / "models/presets", "*.yaml", incomplete)


def projects(incomplete: str) -> list[str]:
    """Return the folders with a recipe, those of runs among them, and the YAML files beside them.

    The current folder is looked at, two levels of it for runs, and the folder that is being typed.
    """
    return _places(incomplete, recipes=True)


def runs(incomplete: str) -> list[str]:
    """Return the folders of runs that begin so; see `projects`."""
    return _places(incomplete, recipes=False)


def _places(incomplete: str, *, recipes: bool) -> list[str]:
    typed, _, _ = incomplete.rpartition("/")
    start = f"{typed}/" if typed or incomplete.startswith("/") else ""
    base = Path(start or ".").expanduser()
    found = []
    try:
        for pattern in RUNS:
            names = (path.parent for path in base.glob(f"{pattern}/recipe.yaml"))
            found += [name for name in names if recipes or _is_run(name)]
        found += [path for path in base.glob("*.yaml") if recipes]
    except OSError:
        return []
    shown = (start + path.relative_to(base).as_posix() for path in found)
    return sorted(name for name in shown if name.startswith(incomplete))[:MOST]


def _is_run(folder: Path) -> bool:
    # `RunFolder.begin` writes it; a project has a recipe alone.
    return (folder / "versions.json").is_file()


def _stems(folder: Path, pattern: str, incomplete: str) -> list[str]:
    names = {path.stem for path in folder.glob(pattern)}
    return sorted(name for name in names if name.startswith(incomplete))
