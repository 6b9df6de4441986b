from __future__ import annotations

import json
from pathlib import Path

from .test_cli import chemtune, fails


def test_compare_by_json_for_people_and_with_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    rows = "".join(f"q{i},A,A,{'A' if i < 4 else 'B'}\n" for i in range(12))
    path.write_text(f"id,key,ours,theirs\n{rows}", encoding="utf-8")
    runs = (f"{path}:theirs", f"{path}:ours")
    done = chemtune("compare", *runs, "--json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    (comparison,) = result["comparisons"]
    assert (comparison["gained"], comparison["p"]) == (8, 2 / 2**8)
    assert Path(result["comparison"]) == tmp_path / "out/comparison.json"
    shown = chemtune("compare", *runs)
    assert shown.stdout.rstrip().endswith(result["claim"])
    fails(chemtune("compare", f"{path}:other", runs[0]), 2, "p.csv", "no column 'other'")
