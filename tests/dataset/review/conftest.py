from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chemtune.dataset.build import build
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.review import Review

TEXTS = {
    "plain": "Pt on ATO.",
    "ko": "백금 촉매의 이온 전도도는 98 mS cm⁻¹이다.",
    "signs": 'IrO₂–carbon, 50% "wt" a_b.',
    "held": "Fe on silica.",
    "invented": "Ni on foam.",
    "cut": "Co on glass.",
    "silent": "Ag on mica.",
}
NAMES = {
    "plain": '{"C": "Pt", "S": "ATO"}',
    "ko": '{"C": "백금", "S": "N/A"}',
    "signs": '{"C": "IrO2", "S": "carbon"}',
    "held": '{"C": "Fe", "S": "silica"}',
    "invented": '{"C": "Ru", "S": "foam"}',
    "cut": '{"C": "Co", "S',
}
WORDS = {name: '["Pt", "electro"]' for name in TEXTS if name != "silent"} | {"ko": '["촉매"]'}


@pytest.fixture
def reviewed(project: Callable[..., Path]) -> Path:
    """The folder of a run of seven documents, two tasks each: accepted, rejected, unanswered."""
    splits = {"held": "test", "ko": "validation"}
    replies = {(name, "names"): reply for name, reply in NAMES.items()}
    replies |= {(name, "words"): reply for name, reply in WORDS.items()}
    result = build(
        project(
            recipe={"documents": [{"path": "papers.jsonl", "tasks": ["names", "words"]}]},
            documents=[
                {"id": name, "text": text, "split": splits.get(name, "train"), "licence": "CC0"}
                for name, text in TEXTS.items()
            ],
            replies=replies,
        )
    )
    return Path(result["run"])


@pytest.fixture
def review(reviewed: Path) -> Iterator[Review]:
    with Review.open(reviewed) as opened:
        yield opened


@pytest.fixture
def item() -> Callable[..., Item]:
    """A function that makes an item with an answer, in no data set."""

    def make(document: str = "d", answer: str = "Pt", task: str = "names") -> Item:
        return Item(
            id=f"{document}-{task}",
            document_id=document,
            document=document,
            task=task,
            split="train",
            language="en",
            source="",
            licence="CC0",
            teacher="recorded",
            status="accepted",
            reason="",
            detail="",
            text="Pt on ATO.",
            answer=answer,
        )

    return make
