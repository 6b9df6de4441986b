from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from chemtune.checks.finding import Finding
from chemtune.dataset.example import Example, write_examples
from chemtune.dataset.ledger import Entry, Ledger
from chemtune.dataset.plan import tasks_of
from chemtune.documents.document import SPLITS
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.scorecard import score_questions
from chemtune.evaluation.task_scores import score_tasks
from chemtune.experiment.report import report
from chemtune.files import write_json
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import DocumentSource, QuestionSet, Recipe, RecordedTeacher
from chemtune.recipe.schema import Evaluation as Measured

MARKUP = '<script>alert("x")</script><svg onload=alert(1)><img src="https://example.org/x.png">'
SUMMARY_KO = "폴리(터페닐 피페리디늄) 막을 합성하였다. 전도도는 147 mS/cm이다. 안정성도 높다."
ANSWERS = {
    "keyword_extraction": '["membrane", "conductivity", "KOH"]',
    "summarization_extraction": 'Summary: A membrane.\nChemnames: {0: "KOH", 1: "water"}',
    "summarization_translation": json.dumps(
        {"Q1": SUMMARY_KO, "Q2": "새 음이온 교환막의 개발", "Q3": "높은 전도도"}, ensure_ascii=False
    ),
}
EXAM = "Exam <b>A</b> & co"
LOSSES = [[1, 3.0], [2, 2.5], [3, 2.0], [4, 1.5]]
TUNED = {
    "adapter": "adapter",
    "steps": 4,
    "tokens": 14248,
    "label_tokens": 3613,
    "tokens_per_second": 153.9,
    "loss_first": 3.0,
    "loss_last": 1.5,
    "validation_loss": [[4, 1.8]],
    "losses": LOSSES,
    "peak_memory_bytes": 3 * 2**30,
    "precision": "float32",
    "wall_s": 92.6,
    "left_out": {},
    "identity": "5fee16bc3c676519",
}


def make_example(task: str, number: int, split: str = "test", **changes: Any) -> Example:
    example = Example(
        document_id=f"{number:016x}",
        document=f"doc-{number}",
        task=task,
        split=split,
        messages=[{"role": "user", "content": f"A text about KOH, number {number}.\n\nAnswer."}],
        answer=ANSWERS[task],
        language="ko" if task == "summarization_translation" else "en",
        source="journal",
        licence="CC-BY-4.0",
        teacher="recorded",
        findings=[Finding("grounding", "grounded", "names", "KOH", start=13, end=16)],
    )
    return replace(example, **changes)


def make_rows(key: str, chosen: str) -> list[dict[str, Any]]:
    """Rows as `ask_questions` makes them, a character a question; "-" is no answer."""
    return [
        {
            "id": f"q{i}",
            "key": right,
            "chosen": None if said == "-" else said,
            "status": "too long" if said == "-" else "answered",
            "correct": right == said,
            "level": "high school" if i % 2 else "college",
        }
        for i, (right, said) in enumerate(zip(key, chosen, strict=True))
    ]


@dataclass
class FakeRun:
    """A run's folder, filled by the writers that a real run uses."""

    path: Path
    domain: str = "chemistry"
    examples: list[Example] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = RunFolder(self.path)
        self.recipe = Recipe(
            name="fake",
            domain=self.domain,
            documents=[DocumentSource(path="documents", tasks=list(ANSWERS))],
            teacher=RecordedTeacher(kind="recorded", replies="replies"),
            evaluation=Measured(questions=[QuestionSet(path="exam.csv", name=EXAM)]),
        )
        self.folder.begin(self.recipe)

    def build(self, examples: list[Example]) -> None:
        self.examples = examples
        for split in SPLITS:
            of_split = [e for e in examples if e.split == split]
            write_examples(self.folder.dataset / f"{split}.parquet", of_split)
        ledger = Ledger()
        ledger.add(Entry("checks", "rejected", "doc-9", "keyword_extraction", "grounding", MARKUP))
        ledger.add(Entry("checks", "rejected", "doc-8", "keyword_extraction", "grounding", ""))
        ledger.add(Entry("document", "cut", "doc-7", "", "longer than allowed", ""))
        ledger.write(self.folder.dataset / "rejected.parquet")

    def tune(self, **changes: Any) -> None:
        ledger = Ledger()
        ledger.add(Entry("tokens", "rejected", "doc-6", "keyword_extraction", "too long", ""))
        ledger.write(self.folder.dataset / "too_long.parquet")
        base = {"base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct"}
        write_json(self.folder.adapter / "adapter_config.json", base)
        write_json(self.folder.adapter / "tuning.json", {**TUNED, **changes})

    def evaluate(
        self, side: str, replies: dict[str, str], rows: list[dict[str, Any]] | None = None
    ) -> None:
        place = self.folder.evaluation / side
        file = PredictionFile(place / f"tasks-{side}.jsonl")
        test = [e for e in self.examples if e.split == "test"]
        file.append({"id": e.id, "reply": replies[e.id], "ended": True} for e in test)
        tasks = tasks_of(self.recipe.model_copy(update={"domain": "chemistry"}))
        scores: dict[str, Any] = {"identity": f"w-{side}", "precision": "float32"}
        cards = score_tasks(tasks, test, replies, {}, place / f"tasks-{side}.parquet")
        common = {"identity": f"t-{side}", "predictions": f"/elsewhere/{file.path.name}"}
        scores["tasks"] = {name: {**card, **common} for name, card in cards.items()}
        scores["questions"] = {}
        if rows is not None:
            exam = PredictionFile(place / f"questions-{side}.jsonl")
            exam.append(rows)
            card = {**score_questions(rows), "identity": f"q-{side}", "predictions": exam.path.name}
            scores["questions"][EXAM] = card
        self.scores[side] = scores
        write_json(self.folder.evaluation / "scores.json", self.scores)


def fill(run: FakeRun) -> FakeRun:
    """Four held-out documents of each task: none readable before, three of four after."""
    held_out = [make_example(task, i) for task in ANSWERS for i in range(4)]
    hostile = {"content": f"{MARKUP} and {SUMMARY_KO}", "role": "user"}
    held_out[0] = replace(held_out[0], messages=[hostile], document="<i>doc</i>", source="<u>s</u>")
    train = [make_example("keyword_extraction", 100 + i, "train") for i in range(5)]
    run.build([*train, make_example("keyword_extraction", 200, "validation"), *held_out])
    run.tune()
    key = "ABCD" * 5
    before = {e.id: f"I cannot. {MARKUP}" for e in held_out}
    run.evaluate("before", before, make_rows(key, "C" * 20))
    after = {e.id: e.answer if int(e.document_id, 16) else f"{{broken {MARKUP}" for e in held_out}
    run.evaluate("after", after, make_rows(key, "ABCD" * 3 + "CCCCCCC-"))
    return run


@pytest.fixture
def new_run(tmp_path: Path) -> FakeRun:
    """A run that has only begun."""
    return FakeRun(tmp_path / "fake")


@pytest.fixture
def own_run(new_run: FakeRun) -> FakeRun:
    """A whole run for a test that changes it."""
    return fill(new_run)


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> FakeRun:
    """A whole run, shared by the tests that only read it."""
    return fill(FakeRun(tmp_path_factory.mktemp("run") / "fake"))


@pytest.fixture(scope="session")
def page(whole_run: FakeRun) -> str:
    """The report of the shared run."""
    return Path(report(whole_run.path)["report"]).read_text(encoding="utf-8")
