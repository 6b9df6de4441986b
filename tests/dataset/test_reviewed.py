"""People's decisions in a build."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from chemtune.cli.build import show
from chemtune.dataset.build import build
from chemtune.dataset.example import Example, read_examples
from chemtune.documents.document import Document
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.evaluation.statistics import wilson
from chemtune.recipe.load import load_recipe
from chemtune.tasks.load import load_tasks
from review_file import decide

Project = Callable[..., Path]
NAMES = {"documents": [{"path": "papers.jsonl", "tasks": ["names"]}]}
IDS = {
    name: (Document(name, text, title=title).id, name)
    for name, title, text in [
        ("good", "T", "Pt on ATO."),
        ("held", "", "IrO₂ on carbon."),
        ("invented", "", "Ni on foam."),
        ("cut", "", "Co on glass."),
        ("silent", "", "Ag on mica."),
    ]
}
# The answers as the project's recorded teacher gives them; see its conftest.
GOOD = '{"C": "Pt", "S": "ATO"}'
HELD = '{"C": "IrO2", "S": "carbon"}'
INVENTED = '{"C": "Ru", "S": "foam"}'
CUT = '{"C": "Co", "S'


class Run:
    """A project that was built once, to be decided about and built again."""

    def __init__(self, recipe: Path) -> None:
        self.recipe = recipe
        self.path = Path(build(recipe)["run"])
        self.decisions = self.path / "review.sqlite"

    def decide(self, document: str, decision: str, looked_at: str, **more: Any) -> None:
        decide(self.decisions, IDS[document], "names", decision, looked_at, **more)

    def build(self, **how: Any) -> dict[str, Any]:
        return build(self.recipe, offline=True, **how)

    def examples(self) -> dict[str, Example]:
        files = [self.path / f"dataset/{s}.parquet" for s in ("train", "validation", "test")]
        return {example.document: example for path in files for example in read_examples(path)}

    def rejected(self) -> dict[str, dict[str, str]]:
        rows = pq.read_table(self.path / "dataset/rejected.parquet").to_pylist()
        return {row["document"]: row for row in rows}

    def bytes(self) -> Iterator[bytes]:
        for path in sorted((self.path / "dataset").iterdir()):
            yield path.read_bytes()


@pytest.fixture
def run(project: Project) -> Run:
    recorded = {"kind": "recorded", "replies": "replies.jsonl", "terms": "no training"}
    return Run(project(recipe={**NAMES, "teacher": recorded}))


def test_nobody_decided(run: Run) -> None:
    assert run.build()["reviewed"] is None
    run.decide("good", "skipped", GOOD)
    assert run.build()["reviewed"] is None


def test_a_rejected_answer_is_left_out(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.decide("good", "rejected", GOOD, note="the support is ATO | doped")
    result = run.build()
    assert "good" not in run.examples()
    assert run.rejected()["good"] == {
        "stage": "review",
        "outcome": "rejected",
        "document": "good",
        "task": "names",
        "reason": "rejected by a reviewer",
        "detail": "by Kim: the support is ATO | doped",
        "reply": GOOD,
    }
    assert result["reviewed"] == {
        "accepted": 0,
        "rejected": 1,
        "corrected": 0,
        "disputed": 0,
        "stale": 0,
        "unreadable": 0,
        "unmet": 0,
        "reviewers": 1,
        "look_again": [],
    }
    assert result["rejected"]["rejected by a reviewer"] == 1
    show(result)
    assert "People's decisions: 1 rejected\n" in capsys.readouterr().out
    # What the ledger holds is what is looked at from now on, so that a rejection can be taken back.
    run.decide("good", "accepted", run.rejected()["good"]["reply"])
    assert run.build()["reviewed"]["accepted"] == 1
    assert run.examples()["good"].answer == GOOD
    assert result["replies_from_journal"] == run.build()["replies_from_journal"] == 5


def test_a_corrected_answer_takes_the_teachers_place(run: Run) -> None:
    before = run.examples()["good"]
    run.decide("good", "corrected", GOOD, answer='{"C": "Pt", "S": "tin oxide"}')
    result = run.build()
    example = run.examples()["good"]
    assert (example.answer, example.teacher) == ('{"C": "Pt", "S": "tin oxide"}', "reviewer: Kim")
    # It was made of the teacher's reply, whose terms stay.
    assert (example.terms, example.reply_key) == ("no training", before.reply_key)
    assert (example.messages, example.split) == (before.messages, before.split)
    # A check that would reject says so beside it.
    told = [(f.check, f.severity, f.value) for f in example.findings if f.severity != "grounded"]
    assert told == [("grounding", "warning", "tin oxide")]
    assert result["reviewed"]["corrected"] == 1
    card = (run.path / "dataset/README.md").read_text("utf-8")
    assert "| papers.jsonl | CC0 | reviewer: Kim | 1 |" in card


def test_a_person_overrules_the_checks(run: Run) -> None:
    assert "invented" in run.rejected()
    run.decide("invented", "accepted", INVENTED, reviewer="Lee")
    run.build()
    example = run.examples()["invented"]
    assert (example.answer, example.teacher) == (INVENTED, "recorded")
    assert [(f.check, f.severity) for f in example.findings if f.severity != "grounded"] == [
        ("grounding", "warning"),
        ("review", "warning"),
    ]
    assert example.findings[-1].message == "accepted by Lee, against: grounding"
    assert "invented" not in run.rejected()
    # What is looked at from now on is the example; both call the same answer right.
    run.decide("invented", "accepted", example.answer)
    assert run.build()["reviewed"]["accepted"] == 1


def test_the_data_set_is_made_again_byte_for_byte(run: Run) -> None:
    run.decide("good", "corrected", GOOD, answer='{"C": "Pt", "S": "N/A"}')
    run.decide("invented", "accepted", INVENTED)
    run.decide("held", "rejected", HELD)
    run.build()
    first = list(run.bytes())
    run.build()
    assert list(run.bytes()) == first


def test_a_judge_who_is_believed_is_overruled(project: Project, tmp_path: Path) -> None:
    documents = [{"id": f"d{n}", "text": f"Pt on ATO {n}.", "split": "train"} for n in range(24)]
    replies = {}
    for n in range(24):
        replies[f"d{n}", "names"] = GOOD if n % 2 else '{"C": "Pt", "S": "N/A"}'
        replies[f"d{n}", "names:judge"] = json.dumps({"verdict": "right" if n % 2 else "wrong"})
    judge = {"teacher": {"kind": "recorded", "replies": "replies.jsonl"}}
    path = project(documents=documents, replies=replies, recipe={**NAMES, "judge": judge})
    domain = tmp_path / "domain/domain.yaml"
    wording = 'judge: {template: "{prompt} {answer}?"}\n'
    domain.write_text(domain.read_text("utf-8") + wording, "utf-8")
    gold = tmp_path / "gold.jsonl"
    rows = [{"document": f"d{n}", "task": "names", "reply": GOOD} for n in range(24)]
    gold.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    run = Run(path)
    assert run.build(gold=gold)["rejected"] == {"judge": 12}
    of_d0 = run.rejected()["d0"]["reply"]
    assert of_d0 == '{"C": "Pt", "S": "N/A"}'
    document = (Document("d0", "Pt on ATO 0.").id, "d0")
    decide(run.decisions, document, "names", "accepted", of_d0)
    assert run.build(gold=gold)["rejected"] == {"judge": 11}
    told = [(f.check, f.severity) for f in run.examples()["d0"].findings[-2:]]
    assert told == [("judge", "warning"), ("review", "warning")]


def test_what_is_no_answer_is_not_accepted(run: Run) -> None:
    run.decide("cut", "accepted", CUT)
    result = run.build()
    assert (result["reviewed"]["unreadable"], result["reviewed"]["accepted"]) == (1, 0)
    assert result["reviewed"]["look_again"] == ["cut, names"]
    assert run.rejected()["cut"]["reason"] == "unreadable reply"
    run.decide("cut", "corrected", CUT, answer='{"C": "Co", "S": "glass"}')
    assert run.build()["reviewed"]["corrected"] == 1
    example = run.examples()["cut"]
    assert example.answer == '{"C": "Co", "S": "glass"}'
    assert example.reply_key


def test_a_correction_that_is_no_answer_leaves_the_teachers_out(run: Run) -> None:
    run.decide("good", "corrected", GOOD, answer="Pt on ATO")
    result = run.build()
    assert result["reviewed"]["unreadable"] == 1
    entry = run.rejected()["good"]
    assert (entry["stage"], entry["reason"], entry["reply"]) == (
        "review",
        "unreadable correction",
        "Pt on ATO",
    )
    assert "good" not in run.examples()


def test_decisions_about_answers_that_changed(
    run: Run, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    run.decide("good", "rejected", GOOD)
    run.decide("held", "accepted", HELD)
    run.decide("invented", "corrected", INVENTED, answer='{"C": "Ni", "S": "foam"}')
    replies = {(name, "names"): '{"C": "N/A", "S": "N/A"}' for name in ("good", "held", "invented")}
    result = build(project(recipe=NAMES, replies=replies))
    counts = {kind: result["reviewed"][kind] for kind in ("accepted", "rejected", "corrected")}
    assert counts == {"accepted": 0, "rejected": 0, "corrected": 1}
    assert result["reviewed"]["stale"] == 2
    assert sorted(result["reviewed"]["look_again"]) == ["good, names", "held, names"]
    assert run.examples()["good"].answer == '{"C": "N/A", "S": "N/A"}'
    # A correction holds whatever the teacher says.
    assert run.examples()["invented"].answer == '{"C": "Ni", "S": "foam"}'
    show(result)
    said = "1 corrected; 2 about answers that changed since: look at them again (good, names; held"
    assert said in capsys.readouterr().out


def test_a_correction_needs_no_reply(run: Run) -> None:
    run.decide("silent", "corrected", "", answer='{"C": "Ag", "S": "mica"}')
    run.decide("good", "corrected", GOOD, answer=GOOD)
    for path in run.path.glob("journal.sqlite*"):
        path.unlink()
    assert run.build()["accepted"] == 2
    example = run.examples()["silent"]
    assert (example.teacher, example.reply_key) == ("reviewer: Kim", "")
    assert example.terms == "no training"


def test_what_reviewers_disagree_on_stays_as_it_was(run: Run) -> None:
    before = list(run.bytes())
    run.decide("good", "accepted", GOOD)
    run.decide("good", "rejected", GOOD, reviewer="Lee")
    result = run.build()
    assert (result["reviewed"]["disputed"], result["reviewed"]["reviewers"]) == (1, 2)
    names = [path.name for path in sorted((run.path / "dataset").iterdir())]
    changed = [n for n, a, b in zip(names, before, run.bytes(), strict=True) if a != b]
    assert changed == ["README.md"]  # which tells of it
    run.decide("good", "rejected", GOOD)
    assert run.build()["reviewed"]["rejected"] == 1


def test_a_document_that_brings_its_answer(project: Project) -> None:
    recipe = project(recipe={"documents": [{"path": "pairs.jsonl", "tasks": ["answers"]}]})
    run = Run(recipe)
    pair = (Document("q2", "What is Ir?").id, "q2")
    decide(run.decisions, pair, "answers", "rejected", "Iridium")
    with pytest.raises(InputError, match="1 rejected by a reviewer"):
        run.build()
    # The ledger holds the answer, so that the rejection can be looked at and changed.
    assert run.rejected()["q2"]["reply"] == "Iridium"
    decide(run.decisions, pair, "answers", "corrected", "Iridium", answer="Iridium, a metal")
    assert run.build()["accepted"] == 1
    assert run.examples()["q2"].terms == ""


def test_where_a_rule_drops_a_value(project: Project) -> None:
    recipe = load_tasks(find_domain("chemistry").task_folder)["named_entities"]
    empty = {"material": [], "property": [], "value": []}
    full = recipe.render(recipe.read(json.dumps({"chemical": ["Pt", "Ru"], **empty})))
    kept = recipe.render(recipe.read(json.dumps({"chemical": ["Pt"], **empty})))
    path = project(
        recipe={
            "domain": "chemistry",
            "documents": [{"path": "papers.jsonl", "tasks": ["named_entities"]}],
            "checks": {"grounding": {"action": "drop"}},
            "evaluation": {"texts": False},
        },
        documents=[{"id": "d", "text": "Pt on carbon.", "split": "train"}],
        replies={("d", "named_entities"): full},
    )
    run = Run(path)
    document = (Document("d", "Pt on carbon.").id, "d")
    assert run.examples()["d"].answer == kept
    decide(run.decisions, document, "named_entities", "rejected", full)
    # What was rejected had a value more than what stands now.
    assert run.build()["reviewed"]["stale"] == 1
    decide(run.decisions, document, "named_entities", "accepted", full)
    run.build()
    assert run.examples()["d"].answer == full
    decide(run.decisions, document, "named_entities", "accepted", kept)
    run.build()
    assert run.examples()["d"].answer == kept
    decide(run.decisions, document, "named_entities", "corrected", kept, answer=full)
    run.build()
    assert run.examples()["d"].answer == full


def test_a_second_teacher_who_disagrees_is_overruled(project: Project, tmp_path: Path) -> None:
    others = tmp_path / "others.jsonl"
    said = {("good", "names"): '{"C": "Pt", "S": "N/A"}', ("held", "names"): HELD}
    rows = [{"document": d, "task": t, "reply": reply} for (d, t), reply in said.items()]
    others.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    second = {"teacher": {"kind": "recorded", "replies": str(others)}, "at_least": 0.9}
    run = Run(project(recipe={**NAMES, "second": second}))
    assert run.rejected()["good"]["reason"] == "agreement"
    run.decide("good", "accepted", GOOD)
    run.build()
    example = run.examples()["good"]
    assert example.agreement == 0.5
    assert example.findings[-1].message == "accepted by Kim, against: agreement"


def test_the_recipe_says_whose_decisions_count(project: Project, run: Run, tmp_path: Path) -> None:
    run.decide("good", "rejected", GOOD)
    none = project(recipe={**NAMES, "reviewed": False})
    assert build(none, offline=True)["reviewed"] is None
    assert "good" in run.examples()
    # Another run takes them, its own beside them.
    other = project(recipe={**NAMES, "name": "other", "reviewed": ["runs/small/review.sqlite"]})
    own = tmp_path / "runs/other/review.sqlite"
    own.parent.mkdir()
    decide(own, IDS["held"], "names", "rejected", HELD, reviewer="Lee")
    decide(own, ("0" * 16, "elsewhere"), "names", "accepted", "x", reviewer="Lee")
    result = build(other)
    assert result["rejected"]["rejected by a reviewer"] == 2
    assert (result["reviewed"]["unmet"], result["reviewed"]["reviewers"]) == (1, 2)
    # The run's recipe names the file from its own folder.
    kept = load_recipe(own.parent)
    assert kept.reviewed == ["../small/review.sqlite"]
    assert build(kept, offline=True)["rejected"]["rejected by a reviewer"] == 2


def test_a_missing_file_of_decisions_is_told_before_anything_is_asked(project: Project) -> None:
    recipe = project(recipe={**NAMES, "reviewed": ["nowhere.sqlite"]})
    with pytest.raises(InputError, match=r"nowhere\.sqlite: no such file"):
        build(recipe)
    assert not (recipe.parent / "runs").exists()


def test_gold_is_compared_with_the_teachers_own_answers(run: Run, tmp_path: Path) -> None:
    right = '{"C": "Ni", "S": "foam"}'
    gold = tmp_path / "gold.jsonl"
    lines = [("good", GOOD), ("invented", right)]
    rows = [{"document": d, "task": "names", "reply": reply} for d, reply in lines]
    gold.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    before = run.build(gold=gold)["gold"]
    run.decide("invented", "corrected", INVENTED, answer=right)
    run.decide("good", "rejected", GOOD)
    result = run.build(gold=gold)
    assert result["reviewed"]["corrected"] == 1
    assert run.examples()["invented"].answer == right
    assert result["gold"] == before
    (caught,) = before["caught"]
    assert (caught["wrong"], caught["wrong_rejected"]) == (1, 1)


def test_the_card_says_what_people_decided(run: Run) -> None:
    run.decide("good", "accepted", GOOD)
    run.decide("held", "corrected", HELD, answer='{"C": "IrO2", "S": "N/A"}', reviewer="Lee")
    run.decide("invented", "rejected", INVENTED)
    run.build()
    card = (run.path / "dataset/README.md").read_text("utf-8")
    assert "3 answers were decided about by 2 people" in card
    assert "| names | 1 | 1 | 1 | 0 | 0 | 0 |" in card
    low, high = wilson(1, 2)
    told = "- names: people called 1 of 2 right that were accepted before"
    assert f"{told} (95% interval {low:.2f} to {high:.2f})." in card
    assert "- names: people called 0 of 1 right that were left out before" in card
    assert "may have been chosen and not drawn" in card
