"""`apply` from end to end on the tiny model: resumable, whole, and nothing dropped in silence."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import chemtune
from chemtune.errors import InputError
from chemtune.models.load import load_tokenizer
from chemtune.models.template import Template
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.teacher import Request
from chemtune.use.opened import open_run
from chemtune.use.tuned import TunedModel

TEXTS = [
    "Iridium oxide on titania is an anode catalyst for water electrolysis.",
    "The water uptake of QPPO-40 was 30% and its conductivity 98 mS/cm.",
    "물은 수소와 산소로 이루어진 화합물이다. 전기분해로 나눌 수 있다.",
]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    path = tmp_path / "new.jsonl"
    lines = [json.dumps({"id": f"d{i}", "text": text}) for i, text in enumerate(TEXTS)]
    lines += [json.dumps({"id": "empty", "text": " "}), json.dumps({"id": "d9", "text": TEXTS[0]})]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def table(path: str | Path) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def model_of(run: Path, max_tokens: int, untuned: bool = False) -> TunedModel:
    opened = open_run(run, untuned=untuned)
    template = Template.of(load_tokenizer(opened.files))
    return TunedModel("x", opened.identity, template.text, template.end_id, max_tokens)


def put(run: Path, task: str, document: str, reply: str, max_tokens: int) -> None:
    """Put an answer into the journal, as if the model had given it."""
    opened, model = open_run(run), model_of(run, max_tokens)
    from chemtune.documents.document import Document

    messages = opened.tasks[task].write(Document(name="", text=document))
    canonical = model.canonical(Request(task, "", tuple(messages)))
    with Journal(opened.folder.journal) as journal:
        raw = model.written(reply, ended=True, prompt_tokens=1)
        journal.put(key_of(canonical), teacher="x", canonical=canonical, raw=raw)


def test_the_models_own_words_are_those_of_a_naive_loop(tuned_run: Path, documents: Path) -> None:
    import torch

    result = chemtune.apply(tuned_run, documents, tasks=["question_answering_short"], max_tokens=9)
    assert (result["documents"], result["answers"], result["from_journal"]) == (3, 3, 0)
    assert result["left_out"] == {"duplicate document": 1, "empty document": 1}
    student = open_run(tuned_run).load()
    task = open_run(tuned_run).tasks["question_answering_short"]
    from chemtune.documents.document import Document

    with Journal(tuned_run / "journal.sqlite") as journal:
        said = {
            entry.canonical["messages"][-1]["content"]: json.loads(entry.raw)
            for entry in journal.entries()
        }
    for text in TEXTS:
        messages = task.write(Document(name="", text=text))
        ids = student.template.prompt_ids(messages)
        prompt = len(ids)
        for _ in range(9):
            logits = student.model(input_ids=torch.tensor([ids])).logits[0, -1]
            ids = [*ids, int(logits.argmax())]
            if ids[-1] == student.template.end_id:
                break
        expected = student.tokenizer.decode(ids[prompt:], skip_special_tokens=True).strip()
        choice = said[messages[-1]["content"]]["choices"][0]
        assert choice["message"]["content"] == expected
        assert choice["finish_reason"] == ("stop" if len(ids) - prompt < 9 else "length")
    # A random model's babble is cut off, and the ledger holds what it said.
    assert result["unreadable"] == {"cut off": result["records"]}
    ledger = table(result["ledger"])
    assert {row["reason"] for row in ledger} >= {"cut off", "empty document", "duplicate document"}
    assert all(row["reply"] for row in ledger if row["reason"] == "cut off")


def test_what_the_journal_holds_is_not_computed_and_makes_records(
    tuned_run: Path, documents: Path
) -> None:
    limit = 6
    values = {"QPPO-40": {"WU": "30%", "IEC": "2 meq/g", "IC": "0.098 S/cm"}}
    put(tuned_run, "information_extraction_2", TEXTS[1], json.dumps({"AEM_MAT": values}), limit)
    put(tuned_run, "information_extraction_2", TEXTS[0], '{"AEM_MAT": {}}', limit)
    how = {"tasks": ["information_extraction_2"], "max_tokens": limit, "chunk_tokens": 400}
    result = chemtune.apply(tuned_run, documents, **how)
    assert (result["answers"], result["from_journal"]) == (1, 2)
    assert (result["accepted"], result["rejected"]) == (2, {"grounding": 1})
    assert result["left_out"]["nothing found"] == 1
    water, capacity, conductivity = (r for r in table(result["out"]) if r["document"] == "d1")
    assert (water["text"], water["number"], water["unit"]) == ("30%", "30.0", "%")
    assert capacity["status"] == "rejected"
    assert (conductivity["text"], conductivity["number"]) == ("98 mS/cm", "98.0")
    assert TEXTS[1][int(conductivity["start"]) : int(conductivity["end"])] == "98 mS/cm"
    again = chemtune.apply(tuned_run, documents, **how)
    assert (again["answers"], again["from_journal"]) == (0, 3)
    assert again["rejected"] == result["rejected"]


def test_another_adapter_or_limit_or_none_is_another_answer(
    tuned_run: Path, documents: Path
) -> None:
    how = {"tasks": ["keyword_extraction"], "limit": 2}
    assert chemtune.apply(tuned_run, documents, max_tokens=4, **how)["answers"] == 2
    assert chemtune.apply(tuned_run, documents, max_tokens=5, **how)["answers"] == 2
    untuned = chemtune.apply(tuned_run, documents, max_tokens=4, untuned=True, **how)
    assert untuned["answers"] == 2
    assert Path(untuned["out"]).name == "new.untuned.keyword_extraction.csv"
    from safetensors.torch import load_file, save_file

    path = tuned_run / "adapter/adapter_model.safetensors"
    save_file({name: 2 * tensor for name, tensor in load_file(path).items()}, path)
    assert chemtune.apply(tuned_run, documents, max_tokens=4, **how)["answers"] == 2
    assert chemtune.apply(tuned_run, documents, max_tokens=4, **how)["answers"] == 0


def test_a_long_document_is_asked_about_in_chunks_that_fit(tuned_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    sentences = [f"Sample {i} of iridium oxide was heated to {i}00 degrees." for i in range(60)]
    path.write_text(" ".join(sentences), encoding="utf-8")
    result = chemtune.apply(tuned_run, path, tasks=["keyword_extraction"], max_tokens=4)
    assert result["documents"] == 1
    assert result["answers"] > 3
    assert "too long" not in result["left_out"]
    with Journal(tuned_run / "journal.sqlite") as journal:
        used = [json.loads(entry.raw)["usage"]["prompt_tokens"] for entry in journal.entries()]
    assert max(used) + 4 <= 500  # tuning.max_tokens of the run
    # What does not fit the model at all is told.
    whole = chemtune.apply(
        tuned_run, path, tasks=["keyword_extraction"], max_tokens=2000, chunk_tokens=2000
    )
    assert (whole["answers"], whole["records"]) == (0, 0)
    assert whole["left_out"] == {"too long": 1}
    (row,) = table(whole["ledger"])
    assert "more than the model's context of 2048" in row["detail"]


def test_what_overlapping_chunks_repeat_stands_once(tuned_run: Path, tmp_path: Path) -> None:
    from chemtune.documents.chunk import chunk
    from chemtune.documents.document import Document

    text = "Alpha is iridium oxide here. " * 3 + "Beta is titania in this part. " * 3
    path = tmp_path / "o.txt"
    path.write_text(text, encoding="utf-8")
    template = Template.of(load_tokenizer(open_run(tuned_run).files))

    def count(part: str) -> int:
        return len(template.tokenizer(part, add_special_tokens=False)["input_ids"])

    size = count(text) * 2 // 3
    whole = Document(name="o.txt:1", text=path.read_text(encoding="utf-8"))
    pieces = list(chunk(whole, tokens=size, overlap=size // 2, count=count))
    assert len(pieces) > 1
    assert pieces[0].offset + len(pieces[0].text) > pieces[1].offset
    for piece in pieces:
        put(tuned_run, "keyword_extraction", piece.text, '["titania", "Beta", "oxide"]', 5)
    result = chemtune.apply(
        tuned_run, path, tasks=["keyword_extraction"], max_tokens=5, chunk_tokens=size,
        overlap=size // 2,
    )  # fmt: skip
    assert result["answers"] == 0
    rows = table(result["out"])
    places = [(row["answer"], row["start"]) for row in rows if row["start"]]
    assert len(places) == len(set(places))
    assert result["left_out"].get("repeated record", 0) >= 1
    for row in rows:
        if row["start"]:
            assert whole.content[int(row["start"]) : int(row["end"])] == row["text"]


def test_a_killed_run_goes_on_where_it_was(tuned_run: Path, tmp_path: Path) -> None:
    path, count = tmp_path / "many.jsonl", 120
    texts = [f"Sample {i}. " + TEXTS[0] * 14 for i in range(count)]
    lines = [json.dumps({"id": f"m{i}", "text": text}) for i, text in enumerate(texts)]
    path.write_text("\n".join(lines), encoding="utf-8")
    # Several batches; the answers of the first are kept while the next is computed.
    arguments = ["apply", tuned_run, path, "--task", "question_answering_short"]
    arguments += ["--max-tokens", 8, "--chunk", 1000, "--json"]
    command = [sys.executable, "-m", "chemtune", *map(str, arguments)]
    journal = tuned_run / "journal.sqlite"
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while not _kept(journal):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
    kept = _kept(journal)
    assert 0 < kept < count
    out = tuned_run / "applied/many.question_answering_short.csv"
    assert not out.exists()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert (result["from_journal"], result["answers"]) == (kept, count - kept)
    assert [row["document"] for row in table(out)] == [f"m{i}" for i in range(count)]


def _kept(journal: Path) -> int:
    if not journal.is_file():
        return 0
    with Journal(journal) as opened:
        return len(opened)


def test_ctrl_c_says_what_is_kept(tuned_run: Path, documents: Path, monkeypatch) -> None:
    from chemtune.errors import Interrupted
    from chemtune.evaluation import generation

    real = generation.generate

    def interrupted(*arguments, **options):
        yield next(real(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(generation, "generate", interrupted)
    how = {"tasks": ["keyword_extraction"], "max_tokens": 4}
    with pytest.raises(Interrupted, match="1 answers of this run are kept"):
        chemtune.apply(tuned_run, documents, **how)
    monkeypatch.undo()
    result = chemtune.apply(tuned_run, documents, **how)
    assert (result["from_journal"], result["answers"]) == (1, 2)


def test_by_default_the_document_tasks_of_the_run(tuned_run: Path) -> None:
    assert open_run(tuned_run).document_tasks == ["keyword_extraction"]


def test_a_run_is_found_by_its_recipe_and_when_it_was_moved(
    tuned_run: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.yaml"
    assert open_run(recipe).folder.path == tuned_run
    assert open_run(tmp_path).folder.path == tuned_run
    moved = tmp_path / "elsewhere/kept"
    moved.parent.mkdir()
    tuned_run.rename(moved)
    assert open_run(moved).adapter == moved / "adapter"
    with pytest.raises(InputError, match="the recipe has no run yet"):
        open_run(recipe)


def test_what_lies_beside_the_recipe_is_found_from_a_run_that_moved_with_it(
    make_run, tiny_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_model, tmp_path / "project/models/tiny")
    written = make_run(model="models/tiny", run="out/of/the/way")
    recipe = Path(shutil.move(written, tmp_path / "project"))
    chemtune.build(recipe)
    chemtune.tune(recipe)
    moved = tmp_path / "moved"
    (tmp_path / "project").rename(moved)
    run = moved / "out/of/the/way"
    opened = open_run(run)
    assert opened.files.folder.resolve() == moved / "models/tiny"
    assert opened.folder.path.resolve() == run
    # It is a recipe like others: nothing is left to do, and nothing is asked again.
    assert chemtune.build(run)["requests"] == 0
    assert opened.load().model.config.vocab_size > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["RUN", "DOCS", "--task", "keywords"], "unknown task 'keywords' (did you mean"),
        (["RUN", "DOCS", "--column", "abstract"], "'abstract' is not WHAT=COLUMN"),
        (["RUN", "DOCS", "--out", "x.xlsx"], "tells no format"),
        (["RUN", "DOCS", "--column", "text=abstract"], "no column 'abstract'"),
        (["RUN", "nothing.csv"], "no file found"),
        (["nowhere", "DOCS"], "there is no such run"),
        (["RUN", "DOCS", "--precision", "half"], "unknown precision 'half'"),
        (["RUN", "DOCS", "--max-tokens", "499"], "leave no room for a document"),
    ],
)
def test_bad_input_is_told(
    tuned_run: Path, documents: Path, tmp_path: Path, monkeypatch, capsys, arguments, words
) -> None:
    from chemtune.cli import main

    names = {"RUN": str(tuned_run), "DOCS": str(documents)}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["chemtune", "apply", *(names.get(a, a) for a in arguments)])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_without_an_adapter_the_untuned_model_is_offered(tuned_run: Path) -> None:
    import shutil

    shutil.rmtree(tuned_run / "adapter")
    with pytest.raises(InputError, match=r"no adapter.*--untuned"):
        open_run(tuned_run)
    assert open_run(tuned_run, untuned=True).adapter is None


def test_a_file_whose_name_is_no_text_does_not_end_it(tuned_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "good.txt").write_text(TEXTS[0], encoding="utf-8")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.pdf")).write_bytes(b"no PDF")
    result = chemtune.apply(tuned_run, folder, tasks=["keyword_extraction"], max_tokens=4)
    assert result["documents"] == 1
    assert result["left_out"]["unreadable file"] == 1
    assert result["ledger_rows"] >= 1
    assert "\ufffd.pdf" in Path(result["ledger"]).read_text(encoding="utf-8")
