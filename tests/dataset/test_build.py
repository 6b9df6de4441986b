from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from chemtune.dataset.build import build
from chemtune.dataset.example import Example, read_examples
from chemtune.dataset.ledger import Ledger
from chemtune.dataset.open_teacher import open_teacher, terms_of
from chemtune.dataset.plan import Plan
from chemtune.dataset.preview import preview
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.recipe import schema
from chemtune.recipe.load import load_recipe
from chemtune.recipe.paths import told_from
from chemtune.recipe.schema import RecordedTeacher
from chemtune.tasks.load import load_tasks
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal

Project = Callable[..., Path]
SPLITS = ("train", "validation", "test")


def examples_of(result: dict[str, Any]) -> dict[str, list[Example]]:
    folder = Path(result["run"]) / "dataset"
    return {split: read_examples(folder / f"{split}.parquet") for split in SPLITS}


def rejected_of(folder: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = pq.read_table(folder / "dataset/rejected.parquet").to_pylist()
    return rows


def test_from_documents_to_a_data_set(project: Project) -> None:
    result = build(project())
    assert result["run"] == str(project().parent / "runs" / "small")
    counts = {k: result[k] for k in ("documents", "requests", "replies_from_journal", "accepted")}
    # Of the papers one is empty; of the pairs one is in the evaluation; a pair brings its answer.
    assert counts == {"documents": 7, "requests": 6, "replies_from_journal": 0, "accepted": 4}
    assert result["rejected"] == {
        "empty document": 1,
        "contamination": 1,
        "grounding": 1,
        "unreadable reply": 1,
        "refused by the teacher": 1,
    }
    assert result["examples"] == {
        "names": {"train": 1, "validation": 1, "test": 1},
        "answers": {"train": 1, "validation": 0, "test": 0},
    }
    assert result["tokens"] == {"prompt": 0, "completion": 0}
    json.dumps(result)


def test_the_examples(project: Project) -> None:
    examples = examples_of(build(project()))
    assert [(e.document, e.task, e.answer) for e in examples["train"]] == [
        ("good", "names", '{"C": "Pt", "S": "ATO"}'),
        ("q2", "answers", "Iridium"),
    ]
    # The answer is written down in the task's one form, whatever the teacher wrote around it.
    assert [e.answer for e in examples["test"]] == ['{"C": "IrO2", "S": "carbon"}']
    good, pair = examples["train"]
    asked = "T\nPt on ATO.\n\nName the catalyst (C) and its support (S)."
    assert good.messages == [{"role": "user", "content": asked}]
    assert (good.teacher, good.licence, good.source) == ("recorded", "CC0", "papers.jsonl")
    assert [(f.value, f.start, f.end) for f in good.findings] == [("Pt", 2, 4), ("ATO", 8, 11)]
    assert (pair.teacher, pair.reply_key, pair.licence) == ("document", "", "unknown")
    ids = {split: {e.document_id for e in found} for split, found in examples.items()}
    assert not ids["train"] & ids["test"]
    assert not ids["train"] & ids["validation"]
    assert not ids["validation"] & ids["test"]


def test_the_raw_reply_of_an_example_is_in_the_journal(project: Project) -> None:
    result = build(project())
    (example,) = examples_of(result)["test"]
    with Journal(Path(result["run"]) / "journal.sqlite") as journal:
        assert len(journal) == 5
        raw = journal.get(example.reply_key)
    assert raw is not None
    assert json.loads(raw)["reply"].startswith("```json")


def test_what_is_rejected_stands_in_the_ledger_with_its_reason(project: Project) -> None:
    folder = Path(build(project())["run"])
    rows = {row["document"]: row for row in rejected_of(folder)}
    assert {name: (r["stage"], r["outcome"], r["reason"]) for name, r in rows.items()} == {
        "cut": ("reading", "rejected", "unreadable reply"),
        "empty": ("document", "rejected", "empty document"),
        "invented": ("checks", "rejected", "grounding"),
        "q1": ("document", "rejected", "contamination"),
        "silent": ("teacher", "rejected", "refused by the teacher"),
    }
    assert rows["invented"]["detail"] == "C 'Ru' does not stand in the document"
    assert rows["invented"]["reply"] == '{"C": "Ru", "S": "foam"}'
    assert rows["cut"]["detail"].startswith("the JSON object is malformed or cut off")
    assert rows["cut"]["reply"] == '{"C": "Co", "S'
    assert rows["silent"]["detail"].startswith("no recorded reply for document 'silent'")


def test_the_files_for_other_trainers_and_the_card(project: Project) -> None:
    folder = Path(build(project())["run"]) / "dataset"
    lines = (folder / "train.jsonl").read_text("utf-8").splitlines()
    roles = [[message["role"] for message in json.loads(line)["messages"]] for line in lines]
    assert roles == [["user", "assistant"]] * 2
    card = (folder / "README.md").read_text("utf-8")
    assert card.startswith("---\nlanguage: [en]\n")
    assert "4 examples from 4 documents" in card
    assert "| names | 1 | 1 | 1 |" in card
    assert "| papers.jsonl | CC0 | recorded | 1 |" in card
    assert "| pairs.jsonl | unknown | document | 1 |" in card
    assert "| contamination | 1 |" in card


def test_a_card_keeps_its_tables_whatever_a_source_is_called(project: Project) -> None:
    documents = [{"id": "good", "text": "Pt on ATO.", "source": "a|b\n<c>", "split": "train"}]
    folder = Path(build(project(documents=documents))["run"]) / "dataset"
    assert "| a\\|b &lt;c> | unknown | recorded | 1 |" in (folder / "README.md").read_text("utf-8")


def test_the_run_folder_holds_the_recipe_and_the_versions(project: Project) -> None:
    recipe = load_recipe(project())
    folder = Path(build(recipe)["run"])
    kept = load_recipe(folder)
    # The same files, named from the run's folder; the run is that folder.
    assert told_from(kept, folder) | {"run": None} == told_from(recipe, folder)
    assert kept.run_folder.resolve() == recipe.run_folder.resolve()
    assert (folder / "versions.json").is_file()


def test_a_second_build_asks_for_nothing_and_makes_the_same(project: Project) -> None:
    path = project()
    first = build(path)
    files = {
        name: (Path(first["run"]) / "dataset" / name).read_bytes()
        for name in ("train.parquet", "test.jsonl", "rejected.parquet", "README.md")
    }
    second = build(path)
    # The reply that is not recorded is no reply, and is asked for again.
    assert (second["requests"], second["replies_from_journal"]) == (1, 5)
    for key in ("accepted", "rejected", "examples"):
        assert second[key] == first[key]
    for name, content in files.items():
        assert (Path(second["run"]) / "dataset" / name).read_bytes() == content


def test_a_second_build_of_a_whole_recording_sends_nothing(project: Project) -> None:
    documents = [{"id": "good", "text": "Pt on ATO."}, {"id": "val", "text": "Fe on silica."}]
    path = project(documents=documents)
    assert build(path)["requests"] == 2
    again = build(path)
    assert (again["requests"], again["replies_from_journal"]) == (0, 2)


def test_everything_rejected(project: Project) -> None:
    only = {"documents": [{"path": "papers.jsonl", "tasks": ["names"]}]}
    path = project(recipe=only, replies={("good", "names"): "I cannot."})
    with pytest.raises(InputError) as caught:
        build(path)
    folder = path.parent / "runs" / "small"
    assert str(caught.value) == (
        f"{folder / 'dataset/rejected.parquet'}: no example was accepted (5 refused by the "
        "teacher, 1 empty document, 1 unreadable reply)"
    )
    assert len(rejected_of(folder)) == 7


def test_no_document_left(project: Project) -> None:
    only = {"documents": [{"path": "papers.jsonl", "tasks": ["names"]}]}
    path = project(recipe=only, documents=[{"id": "a", "text": ""}])
    with pytest.raises(InputError, match=r"rejected.parquet: no document is left \(1 empty doc"):
        build(path)
    (row,) = rejected_of(path.parent / "runs" / "small")
    assert (row["document"], row["reason"]) == ("a", "empty document")
    with pytest.raises(InputError, match=r"no document is left to build from \(1 empty document\)"):
        preview(path)


def test_limit(project: Project) -> None:
    result = build(project(), limit=2)
    assert (result["documents"], result["requests"]) == (3, 2)
    assert result["examples"]["names"] == {"train": 1, "validation": 0, "test": 1}


def test_the_smaller_of_two_limits_counts(project: Project) -> None:
    sources = [{"path": "papers.jsonl", "tasks": ["names"], "limit": 1}]
    path = project(recipe={"documents": sources})
    assert build(path, limit=3)["documents"] == 1
    sources[0]["limit"] = 3
    path = project(recipe={"documents": sources})
    assert build(path, limit=1)["documents"] == 1
    assert build(path)["documents"] == 3


def test_two_sources_of_one_file_ask_each_task_once(project: Project) -> None:
    sources = [
        {"path": "papers.jsonl", "tasks": ["names"]},
        {"path": "papers.jsonl", "tasks": ["names", "words"], "limit": 1},
    ]
    result = build(project(recipe={"documents": sources}))
    assert result["requests"] == 7
    good = [e for e in examples_of(result)["train"] if e.document == "good"]
    assert [example.task for example in good] == ["names", "words"]
    assert [f.severity for f in good[1].findings] == ["grounded", "warning"]


def test_an_evaluated_split_is_the_one_that_counts(project: Project) -> None:
    asked = {"questions": [{"path": "exam.jsonl", "split": "test"}]}
    other = {"question": "What is Ir?", "options": ["a", "b"], "answer": "A", "split": "train"}
    same = {"question": "What is Pt?", "options": ["a", "b"], "answer": "A", "split": "test"}
    path = project(recipe={"evaluation": asked}, questions=[other, same])
    ledger = Ledger()
    jobs = list(Plan.of(load_recipe(path)).jobs(ledger))
    assert {job.document.name for job in jobs if job.task.name == "answers"} == {"q2"}
    assert ledger.by_reason() == {"empty document": 1, "contamination": 1}


def test_preview_asks_nothing_and_counts_as_build_does(project: Project) -> None:
    path = project()
    shown = preview(path)
    assert not (path.parent / "runs").exists()
    assert (shown["documents"], shown["requests"]) == (7, 6)
    assert shown["left_out"] == {"empty document": 1, "contamination": 1}
    assert list(shown["prompts"]) == ["names"]
    instruction = "Name the catalyst (C) and its support (S)."
    assert shown["prompts"]["names"][-1]["content"] == f"T\nPt on ATO.\n\n{instruction}"
    jobs = Plan.of(load_recipe(path)).jobs(Ledger())
    characters = sum(
        len(job.document.content) + 2 + len(instruction) for job in jobs if job.task.name == "names"
    )
    assert shown["prompt_tokens_estimate"] == round(characters / 4)
    built = build(path)
    assert (built["documents"], built["requests"]) == (shown["documents"], shown["requests"])
    assert preview(path, limit=1)["requests"] == 1


def test_a_korean_prompt_is_estimated_denser(project: Project) -> None:
    only = {"documents": [{"path": "papers.jsonl", "tasks": ["words"]}]}
    texts = {"en": "a" * 300, "ko": "가" * 300}
    counts = {}
    for language, text in texts.items():
        path = project(recipe=only, documents=[{"id": "a", "text": text}])
        counts[language] = preview(path)["prompt_tokens_estimate"]
    assert counts["ko"] == round(counts["en"] * 4 / 1.5)


def test_a_source_may_have_a_teacher_of_its_own(project: Project) -> None:
    teacher = {"kind": "recorded", "replies": "others.jsonl"}
    sources = [
        {"path": "papers.jsonl", "tasks": ["names"], "limit": 2},
        {"path": "papers.jsonl", "tasks": ["words"], "limit": 1, "teacher": teacher},
    ]
    path = project(recipe={"documents": sources})
    other = {"document": "good", "task": "words", "reply": '["ATO"]'}
    (path.parent / "others.jsonl").write_text(json.dumps(other), encoding="utf-8")
    result = build(path)
    assert (result["requests"], result["accepted"], result["rejected"]) == (3, 3, {})
    examples = [example for found in examples_of(result).values() for example in found]
    answers = {(e.document, e.task): e.answer for e in examples}
    assert answers["good", "words"] == '["ATO"]'
    assert preview(path)["requests"] == 3
    assert build(path)["replies_from_journal"] == 3


def test_the_teacher_that_a_recipe_asks_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
    recipe = load_recipe(project(recipe={"teacher": fields | {"api_key_env": "TEST_KEY"}}))
    monkeypatch.delenv("TEST_KEY", raising=False)
    with pytest.raises(InputError, match="TEST_KEY"):
        open_teacher(recipe.teacher, recipe.folder)
    monkeypatch.setenv("TEST_KEY", "sk")
    teacher = open_teacher(recipe.teacher, recipe.folder)
    assert isinstance(teacher, EndpointTeacher)
    assert teacher.concurrency == 8
    missing = RecordedTeacher(kind="recorded", replies="none")
    with pytest.raises(InputError, match="no file found for 'none'"):
        open_teacher(missing, recipe.folder)


def test_a_name_that_the_domain_does_not_have(project: Project) -> None:
    path = project(recipe={"documents": [{"path": "papers.jsonl", "tasks": ["word"]}]})
    with pytest.raises(InputError, match=r"documents\[0\]\.tasks\[0\]: unknown task 'word'"):
        preview(path)


def test_near_duplicates_are_left_out_over_all_sources(project: Project) -> None:
    text = " ".join(f"Run {n} gave {n * 7} mS/cm of platinum." for n in range(20))
    documents = [
        {"id": "one", "text": text, "split": "train"},
        {"id": "two", "text": text.replace("Run 7", "Try 7"), "split": "train"},
        {"id": "short", "text": "Pt on ATO."},
    ]
    path = project(documents=documents)
    ledger = Ledger()
    jobs = list(Plan.of(load_recipe(path)).jobs(ledger))
    assert {job.document.name for job in jobs if job.task.name == "names"} == {"one", "short"}
    entry = next(entry for entry in ledger.entries if entry.document == "two")
    assert entry.reason == "near-duplicate"
    assert entry.detail.startswith("nearly the same as one (")
    both = project(documents=documents, recipe={"near_duplicates": None})
    assert len({j.document.name for j in Plan.of(load_recipe(both)).jobs(Ledger())}) == 4


def test_a_long_document_is_built_in_chunks_on_one_side(project: Project) -> None:
    text = "\n\n".join(f"Film {n} is made of Pt on ATO. " * 6 for n in range(12))
    sources = [{"path": "papers.jsonl", "tasks": ["names"], "chunk": {"tokens": 100}}]
    path = project(documents=[{"id": "long", "text": text}], recipe={"documents": sources})
    jobs = list(Plan.of(load_recipe(path)).jobs(Ledger()))
    assert [job.document.name for job in jobs] == [f"long#{n + 1}" for n in range(len(jobs))]
    assert len(jobs) >= 5
    assert len({job.document.split for job in jobs}) == 1
    assert len({job.document.parent for job in jobs}) == 1


def test_a_file_that_cannot_be_read_goes_to_the_ledger(project: Project) -> None:
    sources = [{"path": "folder", "tasks": ["names"]}]
    path = project(recipe={"documents": sources})
    folder = path.parent / "folder"
    folder.mkdir()
    (folder / "good.txt").write_text("Pt on ATO.", "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "bomb.docx").write_bytes(b"PK")
    german = "Die Leitfähigkeit der Membran stieg mit der Temperatur und wurde schließlich hoch."
    (folder / "german.txt").write_text(german, "utf-8")
    ledger = Ledger()
    jobs = list(Plan.of(load_recipe(path)).jobs(ledger))
    assert [job.document.name for job in jobs] == ["good.txt:1"]
    assert {(entry.document, entry.reason) for entry in ledger.entries} == {
        ("broken.pdf", "unreadable file"),
        ("bomb.docx", "unreadable file"),
        ("german.txt:1", "another language"),
    }
    sources[0]["faulty"] = "stop"
    path = project(recipe={"documents": sources})
    with pytest.raises(InputError, match=r"bomb\.docx: not a Word file"):
        list(Plan.of(load_recipe(path)).jobs(Ledger()))


def test_what_the_teachers_terms_say(project: Project) -> None:
    teacher = {"kind": "recorded", "replies": "replies.jsonl", "terms": "no | <rivals>"}
    result = build(project(recipe={"teacher": teacher}))
    folder = Path(result["run"]) / "dataset"
    by_teacher = {e.document: e.terms for e in read_examples(folder / "train.parquet")}
    assert by_teacher["good"] == "no | <rivals>"
    # Its answer is the document's own.
    assert by_teacher["q2"] == ""
    card = (folder / "README.md").read_text("utf-8")
    assert "**Mind the terms:** of 3 examples, no \\| &lt;rivals>." in card


def test_terms_by_the_teachers_address() -> None:
    served = {"kind": "endpoint", "base_url": "https://api.openai.com/v1", "model": "gpt-4o"}
    asked = schema.EndpointTeacher.model_validate(served)
    assert "compete" in terms_of(asked)
    assert terms_of(asked.model_copy(update={"terms": ""})) == ""
    assert terms_of(asked.model_copy(update={"base_url": "http://127.0.0.1:8000/v1"})) == ""
    assert terms_of(asked.model_copy(update={"base_url": "https://notopenai.com/v1"})) == ""


def test_offline_tells_how_many_replies_the_journal_gave(project: Project) -> None:
    path = project()
    first = build(path)
    folder = Path(first["run"]) / "dataset"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    again = build(path, offline=True)
    assert (again["requests"], again["replies_from_journal"]) == (0, first["requests"] - 1)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_the_order_of_a_prompt_is_the_recipes_and_changes_no_answer(make_run) -> None:
    orders = ("document-first", "instruction-first")
    built = []
    for order in orders:
        recipe = load_recipe(make_run(order=order))
        build(recipe)
        built.append(read_examples(recipe.run_folder / "dataset/train.parquet"))
    plain, turned = built
    assert [example.answer for example in turned] == [example.answer for example in plain]
    task = load_tasks(find_domain("chemistry").task_folder)["keyword_extraction"]
    keywords = [(a, b) for a, b in zip(plain, turned, strict=True) if a.task == task.name]
    assert keywords
    for one, other in keywords:
        document = one.messages[-1]["content"].removesuffix(f"\n\n{task.instruction}")
        assert other.messages[-1]["content"] == f"{task.instruction}\n\n{document}"
