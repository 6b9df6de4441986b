"""The review of many examples: the index built, and every kind of question asked of it.

    python benchmarks/review_index.py [--items 50000]

Documents of some 1,500 characters with four answers each, of the sample's English and Korean words
drawn at random; one answer in ten has a warning, one in twenty is rejected, and three in four are
decided by a reviewer. Each question is asked once, then five times: the first and the median.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from chemtune.checks.finding import Finding
from chemtune.dataset.example import Example, examples_written
from chemtune.dataset.ledger import SCHEMA as LEDGER
from chemtune.dataset.ledger import Entry
from chemtune.dataset.prepared import SCHEMA, Prepared
from chemtune.dataset.review.filters import Filters
from chemtune.dataset.review.index import INDEX
from chemtune.dataset.review.review import Review
from chemtune.dataset.review.sampling import draw
from chemtune.dataset.rows import rows_written
from chemtune.documents.document import SPLITS, Document
from chemtune.domains import find_domain

TASKS = (
    "summarization_extraction",
    "keyword_extraction",
    "named_entities",
    "summarization_translation",
)
ME, OTHER = "Kim", "Lee"


def words_of_sample() -> list[str]:
    sample = find_domain("chemistry", Path()).task_folder.parent / "sample"
    files = [sample / "documents/general.jsonl", sample / "exam_ko.jsonl"]
    rows = [json.loads(line) for f in files for line in f.read_text("utf-8").splitlines()]
    texts = [str(row.get("text") or row.get("question")) for row in rows]
    return sorted({word for text in texts for word in text.split()})


def answers(count: int) -> Iterator[tuple[Prepared, list[Example | Entry]]]:
    rng, words = random.Random(0), words_of_sample()

    def text(length: int) -> str:
        return " ".join(rng.choices(words, k=length))

    for number in range(count // len(TASKS)):
        split = rng.choices(SPLITS, (8, 1, 1))[0]
        document = Document(f"doc-{number}", text(230), text(8), "en", "made", "CC0", split)
        made: list[Example | Entry] = []
        for task in TASKS:
            answer = text(45)
            if rng.random() < 0.05:
                reason = ("grounding", "stands nowhere", answer)
                made.append(Entry("checks", "rejected", document.name, task, *reason))
                continue
            grounded = [Finding("grounding", "grounded", "names", "ab", "", 0, 9, "exact")]
            warning = [Finding("names", "warning", "names", "x", "no name")] * (rng.random() < 0.1)
            made.append(
                Example(
                    document.id, document.name, task, split, [], answer, "en", "made", "CC0",
                    "recorded", findings=grounded + warning, agreement=rng.random(),
                )
            )  # fmt: skip
        yield Prepared(document, 0, TASKS), made


def write_run(run: Path, count: int) -> None:
    part = {"path": "documents.jsonl", "tasks": list(TASKS)}
    recipe = {
        "name": "made",
        "documents": [part],
        "teacher": {"kind": "recorded", "replies": "replies.jsonl"},
        "run": ".",
    }
    (run / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    folder = run / "dataset"
    with ExitStack() as stack:
        documents = stack.enter_context(rows_written(folder / "documents.parquet", SCHEMA))
        rejected = stack.enter_context(rows_written(folder / "rejected.parquet", LEDGER))
        files = {s: stack.enter_context(examples_written(folder / f"{s}.parquet")) for s in SPLITS}
        for prepared, made in answers(count):
            documents.write(prepared.row())
            for one in made:
                if isinstance(one, Entry):
                    rejected.write(asdict(one))
                else:
                    files[one.split].write(one)


def decide(review: Review) -> None:
    """Write decisions at once, past the store, which would take a disk's sync for each."""
    rng = random.Random(1)
    kinds = ("accepted", "rejected", "skipped")
    rows = [
        (one.id, "", "", one.task, reviewer, rng.choices(kinds, (8, 1, 1))[0], "", "", "", "")
        for reviewer, share in ((ME, 0.75), (OTHER, 0.1))
        for one in review.candidates(Filters(), ME)
        if rng.random() < share
    ]
    with review.store._db as db:
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO decisions (item, document_id, document, task, reviewer, decision, answer, "
            "judged_sha256, note, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    print(f"{len(rows):,} decisions")


def timed(name: str, work: Callable[[], object]) -> float:
    walls, cpu = [], []
    for _ in range(6):
        started, busy = time.perf_counter(), time.process_time()
        work()
        walls.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - busy))
    wall, of_cpu = statistics.median(walls[1:]), statistics.median(cpu[1:])
    print(f"  {name:34} first {walls[0]:6.1f} ms, then {wall:6.1f} ms ({of_cpu:5.1f} ms of CPU)")
    return wall


def ask(review: Review) -> float:
    last = review.candidates(Filters(), ME)[-1].id
    named = {
        "all": Filters(),
        "a task, a split": Filters(task=TASKS[1], split="test"),
        "rejected": Filters(status="rejected"),
        "a finding": Filters(finding="names"),
        "undecided": Filters(decision="undecided"),
        "disputed": Filters(decision="disputed"),
        "a rare word": Filters(search="헤모글로빈"),
        "a word": Filters(search="catalyst"),
        "two words": Filters(search="촉매 oxid"),
        "letters of every text": Filters(search="the"),
        "two letters": Filters(search="pt"),
        "one syllable": Filters(search="산"),
        "nothing": Filters(search="zzzzzz"),
        "a sample": Filters(sample="gold"),
    }
    walls = []
    for name, by in named.items():
        end = max(0, review.count(by, ME) - 50)
        walls += [
            timed(f"{name}: count", lambda by=by: review.count(by, ME)),
            timed(f"{name}: last page", lambda by=by, end=end: review.rows(by, ME, end, 50)),
        ]
    rare = Filters(decision="undecided", search="catalyst")
    walls += [
        timed("progress", lambda: review.progress(Filters(), ME)),
        timed("facets", lambda: review.facets(ME)),
        timed("place of the last", lambda: review.place(Filters(), ME, last)),
        timed("next undecided, with findings", lambda: review.neighbour(
            rare, ME, None, undecided=True, with_findings=True)),
        timed("an item", lambda: review.item(last)),
    ]  # fmt: skip
    return max(walls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=50_000)
    count = parser.parse_args().items
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        write_run(run, count)
        started, busy = time.perf_counter(), time.process_time()
        with Review.open(run) as review:
            wall, cpu = time.perf_counter() - started, time.process_time() - busy
            size = (run / INDEX).stat().st_size / 2**20
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{count:,} items indexed in {wall:.1f} s ({cpu:.1f} s of CPU), "
                  f"{size:.0f} MiB, peak {peak:.0f} MiB")  # fmt: skip
            decide(review)
            started = time.perf_counter()
            review.count(Filters(), ME)
            print(f"decisions taken in: {1000 * (time.perf_counter() - started):.0f} ms, once")
            draw(review, "gold", "stratified", 500, 0, Filters(), ME)
            print(f"slowest: {ask(review):.0f} ms")
        started = time.perf_counter()
        with Review.open(run):
            print(f"opened again in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
