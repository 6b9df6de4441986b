from __future__ import annotations

import json

import pytest

from chemtune.checks.finding import Finding
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Label
from chemtune.tasks.task import Task, Unreadable
from chemtune.tasks.wording import draw_wording

NAME = "named_entities"
DOCUMENT = Document("d", "IrO₂ on ATO showed a conductivity of 98 mS cm−1; IrO2 was stable.")
ANSWER = {
    "chemical": ["IrO2"], "material": ["ATO"], "property": ["conductivity"],
    "value": ["98 mS cm-1"],
}  # fmt: skip


def test_what_is_rendered_reads_the_same(tasks: dict[str, Task]) -> None:
    task = tasks[NAME]
    assert task.read(task.render(ANSWER)) == ANSWER
    assert task.read('{"chemical": ["Pt", "Pt", ""]}')["chemical"] == ["Pt"]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("none", "no JSON object"),
        ('{"metal": ["Pt"]}', "labels not asked for: metal"),
        ('{"chemical": "Pt"}', "chemical is not a list"),
        ('{"chemical": [["Pt"]]}', "not text"),
    ],
)
def test_unreadable(tasks: dict[str, Task], reply: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        tasks[NAME].read(reply)


def test_check(tasks: dict[str, Task]) -> None:
    task = tasks[NAME]
    findings = task.check(ANSWER, DOCUMENT)
    assert {finding.severity for finding in findings} == {"grounded"}
    pieces = {DOCUMENT.content[f.start : f.end] for f in findings}
    assert pieces == {"IrO₂", "ATO", "conductivity", "98 mS cm−1"}
    wrong = ANSWER | {"chemical": ["Pt", "ATO"], "value": ["high", "conductivity"]}
    told = {(f.check, f.severity, f.field, f.value) for f in task.check(wrong, DOCUMENT)}
    assert ("grounding", "error", "chemical", "Pt") in told
    assert ("format", "warning", "material", "ATO") in told
    assert ("quantities", "error", "value", "conductivity") in told


def test_without(tasks: dict[str, Task]) -> None:
    finding = Finding("grounding", "error", "chemical", "IrO2")
    assert tasks[NAME].without(ANSWER, finding) == ANSWER | {"chemical": []}


def test_schemas_are_strict_and_hold_what_is_rendered(tasks: dict[str, Task]) -> None:
    for task in tasks.values():
        schema = task.reply_schema()
        if schema is not None:
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
    schema = tasks[NAME].reply_schema()
    assert schema is not None
    assert set(json.loads(tasks[NAME].render(ANSWER))) == set(schema["properties"])


def test_classification(tasks: dict[str, Task]) -> None:
    task = tasks["document_classification"]
    assert task.read('{"Label": " Electrochemistry "}') == {"label": "electrochemistry"}
    assert task.check({"label": "polymers"}, DOCUMENT) == []
    (finding,) = task.check(task.read('{"Label": "polymer"}'), DOCUMENT)
    assert (finding.check, finding.severity) == ("key", "error")
    assert "did you mean 'polymers'?" in finding.message
    labelled = Document("d", "x", fields={"field": "Catalysis"})
    assert task.known(labelled) == {"label": "catalysis"}
    assert task.known(Document("d", "x", fields={"field": "cooking"})) is None
    assert task.read(task.render({"label": "organic"})) == {"label": "organic"}
    assert task.scored({"label": "Organic"}) == (Label("label", "organic"),)
    assert task.compared({"label": "organic"}).items == {"label": {"organic"}}


def test_wordings_are_drawn_by_seed_and_about_equally_often(tasks: dict[str, Task]) -> None:
    task = tasks[NAME]
    assert len(task.instructions) == 3
    drawn = [draw_wording(task, f"{n:x}", 0) for n in range(600)]
    assert drawn == [draw_wording(task, f"{n:x}", 0) for n in range(600)]
    assert drawn != [draw_wording(task, f"{n:x}", 1) for n in range(600)]
    assert all(150 < drawn.count(n) < 250 for n in range(3))
    prompts = {task.write(DOCUMENT, n)[-1]["content"] for n in range(3)}
    assert len(prompts) == 3
    assert all(prompt.startswith(DOCUMENT.content) for prompt in prompts)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ('{"chemical": [], "material": [], "property": [], "value": []}', ""),
        (' {"chemical": []}\n', ""),
        ('```json\n{"chemical": []}\n```', "code fence"),
        ('Here it is: {"chemical": []}', "text around"),
        ('{"chemical": []} I hope this helps.', "19 characters after"),
        ("{'chemical': []}", "no strict JSON"),
        ('{"chemical": ["a"], "chemical": ["Pt"]}', "'chemical' stands twice"),
    ],
)
def test_a_reply_that_departs_from_the_format_is_told(
    tasks: dict[str, Task], reply: str, told: str
) -> None:
    task = tasks[NAME]
    task.read(reply)
    assert told in task.departures(reply)
    assert bool(told) == bool(task.departures(reply))
