from __future__ import annotations

import json
from pathlib import Path

from ..experiment.grid_report.conftest import make_grid
from .test_cli import chemtune, fails


def test_report_of_a_grid_by_json_and_for_people(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12, done=lambda name: "korean" not in name)
    done = chemtune("report", folder, "--format", "latex", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["cells"] == {"done": 2, "failed": 1}
    assert Path(result["report"]) == folder / "tables.tex"
    shown = chemtune("report", folder, "--format", "markdown").stdout
    assert shown.startswith("Cells: 2 done, 1 failed. Differences to the own start that hold: ")
    assert shown.rstrip().endswith(f"Report: {folder / 'tables.md'}")


def test_the_published_figures_and_bad_input(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/published.md"
    assert chemtune("report", "--published").stdout == page.read_text(encoding="utf-8")
    fails(chemtune("report"), 2, "nothing to report on", "--published")
    fails(chemtune("report", tmp_path, "--published"), 2, "the paper's figures alone")
    fails(chemtune("report", tmp_path), 2, "not a run's folder")
    fails(chemtune("report", tmp_path, "--format", "latex"), 2, "is for grids")
