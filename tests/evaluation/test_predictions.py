from __future__ import annotations

from pathlib import Path

from chemtune.evaluation.predictions import PredictionFile


def test_rows_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "p.jsonl"
    PredictionFile(path).append([{"id": "a", "reply": "한글\n"}, {"id": "b", "reply": ""}])
    assert PredictionFile(path).rows == {
        "a": {"id": "a", "reply": "한글\n"},
        "b": {"id": "b", "reply": ""},
    }


def test_a_line_that_a_crash_cut_off_is_dropped_and_written_again(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    PredictionFile(path).append([{"id": "a"}])
    with path.open("a") as file:
        file.write('{"id": "b", "rep')
    file = PredictionFile(path)
    assert list(file.rows) == ["a"]
    file.append([{"id": "b"}])
    assert list(PredictionFile(path).rows) == ["a", "b"]
