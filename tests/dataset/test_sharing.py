"""Licences, other trainers' formats, and what is shared without texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chemtune.dataset.build import build
from chemtune.dataset.example import Example
from chemtune.dataset.formats import alpaca, sharegpt
from chemtune.dataset.licences import asks, warnings_for
from chemtune.dataset.manifest import export
from chemtune.errors import InputError

Project = Callable[..., Path]


@pytest.mark.parametrize(
    ("licence", "asked"),
    [
        ("CC BY 4.0", ()), ("cc-by-4.0", ()), ("CC0", ()), ("MIT", ()), ("Apache 2", ()),
        ("https://creativecommons.org/licenses/by/4.0/", ()),
        ("cc-by-nc-4.0", ("non_commercial",)),
        ("Creative Commons Attribution-NonCommercial", ("non_commercial",)),
        ("https://creativecommons.org/licenses/by-nd/4.0/", ("no_derivatives",)),
        ("CC BY-NC-ND 4.0", ("non_commercial", "no_derivatives")),
        ("CC-BY-SA-3.0", ("share_alike",)),
        ("unknown", ("unknown",)), ("", ("unknown",)), ("all rights reserved", ("unknown",)),
    ],
)  # fmt: skip
def test_what_a_licence_asks_for(licence: str, asked: tuple[str, ...]) -> None:
    assert asks(licence) == asked


def test_warnings_count_the_examples() -> None:
    told = warnings_for({"CC-BY-4.0": 5, "CC-BY-NC-4.0": 2, "CC-BY-NC-ND": 3, "unknown": 1})
    assert told == [
        "5 examples (CC-BY-NC-4.0, CC-BY-NC-ND) may not be used commercially.",
        "3 examples (CC-BY-NC-ND) may not be published in changed form; what is built from it "
        "stays in the house.",
        "1 examples (unknown) have no licence that is known; ask before anything built from them "
        "is published.",
    ]


def example() -> Example:
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "문서\n\nAsk."}]
    return Example("0f", "d", "t", "train", messages, "답", "ko", "", "", "")


def test_alpaca_and_sharegpt() -> None:
    assert alpaca(example()) == {
        "instruction": "문서\n\nAsk.", "input": "", "output": "답", "system": "S",
    }  # fmt: skip
    assert sharegpt(example()) == {
        "conversations": [
            {"from": "human", "value": "문서\n\nAsk."},
            {"from": "gpt", "value": "답"},
        ],
        "system": "S",
    }


def test_the_build_writes_the_formats_that_are_asked_for(project: Project) -> None:
    folder = Path(build(project(recipe={"formats": ["alpaca", "sharegpt"]}))["run"]) / "dataset"
    info = json.loads((folder / "dataset_info.json").read_text("utf-8"))
    assert set(info) == {
        f"{split}_{name}" for split in ("train", "validation", "test")
        for name in ("alpaca", "sharegpt")
    }  # fmt: skip
    for entry in info.values():
        rows = [json.loads(line) for line in (folder / entry["file_name"]).open("rb")]
        assert all(set(entry["columns"].values()) <= set(row) for row in rows)
    assert len((folder / "train.alpaca.jsonl").read_text("utf-8").splitlines()) == 2
    card = (folder / "README.md").read_text("utf-8")
    assert "**Mind the licence:** 3 examples (unknown) have no licence that is known" in card


def test_what_is_shared_holds_no_text(project: Project, tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(60)]
    documents = [{"id": "good", "text": f"Pt on ATO, {' '.join(words)}.", "split": "train"}]
    run = Path(build(project(documents=documents))["run"])
    out = tmp_path / "shared"
    assert export(run, out) == {"documents": 2, "examples": 2}
    shared = "".join(path.read_text("utf-8") for path in out.iterdir())
    assert not any(word in shared for word in (*words, "ATO", "Iridium", "What is"))
    rows = [json.loads(line) for line in (out / "examples.jsonl").open("rb")]
    (row,) = [row for row in rows if row["task"] == "names"]
    # Whoever has the document has the answer's words.
    rights = [json.loads(line) for line in (out / "documents.jsonl").open("rb")]
    assert rights[0]["source"] == "papers.jsonl"
    assert (out / "recipe.yaml").read_bytes() == (run / "recipe.yaml").read_bytes()
    pieces = [documents[0]["text"][start:end] for start, end in row["spans"]]
    assert pieces == ["Pt", "ATO"]
    assert export(tmp_path, tmp_path / "by-recipe") == export(run, out)
    with pytest.raises(InputError, match="has no data set"):
        export(out.parent / "none", out)
    (tmp_path / "page.txt").write_text("x", "utf-8")
    with pytest.raises(InputError, match=r"page\.txt: cannot be written to: File exists"):
        export(run, tmp_path / "page.txt")
