"""The embedded sample holds what it says, and its answers are right."""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from chemtune.checks.grounding import normalize
from chemtune.dataset.job import Job
from chemtune.dataset.ledger import Ledger
from chemtune.dataset.plan import Plan
from chemtune.documents.question import Question, read_questions
from chemtune.documents.read import find_files, read_documents
from chemtune.domains import find_domain
from chemtune.recipe.load import load_recipe
from chemtune.tasks.load import load_tasks

SAMPLE = find_domain("chemistry").folder / "sample"
EXAMS = ["exam_ko.jsonl", "exam_en.jsonl"]
PAIRS = ["questions_short.jsonl", "questions_long.jsonl"]
DOCUMENTS = ["pem_catalysts", "aem_membranes", "general"]
SPLITS = ("train", "validation", "test")
SPANNED = ("summarization_extraction", "information_extraction_1", "information_extraction_2")


def calculations() -> dict[str, tuple[Callable[[], float], float, str]]:
    """All recalculations: question -> (calculation, the option's number, the option's text)."""
    found: dict[str, tuple[Callable[[], float], float, str]] = {}
    for path in sorted((Path(__file__).parent / "calculations").glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert not found.keys() & module.CALCULATIONS.keys(), path
        found |= module.CALCULATIONS
    return found


CALCULATIONS = calculations()


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def jobs() -> dict[tuple[str, str], Job]:
    """Every document of the sample with every task that it is meant for, by their names."""
    tasks = load_tasks(find_domain("chemistry").task_folder)
    papers = ("summarization_extraction", "summarization_translation", "keyword_extraction")
    meant = {
        "pem": (*papers, "information_extraction_1"),
        "aem": (*papers, "information_extraction_2"),
        "gen": papers,
        "ko": ("multiple_choice",),
        "qa-short": ("question_answering_short",),
        "qa-long": ("question_answering_long",),
    }
    files = [SAMPLE / name for name in ("exam_ko.jsonl", *PAIRS)]
    documents = [
        *read_documents(find_files("documents", SAMPLE), columns={}),
        *read_documents(files, columns={"text": "question"}),
    ]
    return {
        (document.name, name): Job(document, tasks[name])
        for document in documents
        for kind, names in meant.items()
        if document.name.startswith(f"{kind}-")
        for name in names
    }


@pytest.fixture(scope="module")
def replies() -> dict[tuple[str, str], str]:
    files = [f"replies/{path.name}" for path in (SAMPLE / "replies").glob("*.jsonl")]
    return {(row["document"], row["task"]): row["reply"] for name in files for row in rows(name)}


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return [question for name in EXAMS for question in read_questions(SAMPLE / name)]


def test_counts(questions: list[Question]) -> None:
    documents = [row for kind in DOCUMENTS for row in rows(f"documents/{kind}.jsonl")]
    assert len({row["text"] for row in documents}) == 64
    assert Counter(row["topic"] for row in documents) == {
        "PEM catalysts": 16,
        "AEM membranes": 16,
        "Water electrolysis": 6,
        "Batteries": 5,
        "Polymers": 5,
        "Organic synthesis": 5,
        "Semiconductor processes": 4,
        "Analysis": 4,
        "Computation": 3,
    }
    assert all(150 <= len(row["text"].split()) <= 260 for row in documents)
    assert Counter((q.language, q.level) for q in questions) == {
        ("ko", "high school"): 120,
        ("ko", "college"): 120,
        ("ko", "professional"): 120,
        ("en", "high school"): 40,
        ("en", "college"): 40,
    }
    assert [len(rows(name)) for name in PAIRS] == [60, 60]
    assert {row["length"] for row in rows(PAIRS[0])} == {"short"}
    ids = [row["id"] for name in (*EXAMS, *PAIRS) for row in rows(name)]
    assert len(set(ids)) == len(ids)


def test_size() -> None:
    files = [path for path in SAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1.5 * 2**20


def test_the_splits(questions: list[Question]) -> None:
    documents = [row["split"] for kind in DOCUMENTS for row in rows(f"documents/{kind}.jsonl")]
    assert Counter(documents) == {"train": 42, "validation": 6, "test": 16}
    by_level = Counter((q.language, q.level, q.split) for q in questions)
    for level in ("high school", "college", "professional"):
        counts = [by_level["ko", level, split] for split in SPLITS]
        assert counts == [78, 12, 30], level
    for level in ("high school", "college"):
        counts = [by_level["en", level, split] for split in SPLITS]
        assert counts == [26, 4, 10], level
    for name in PAIRS:
        of_file = Counter(row["split"] for row in rows(name))
        assert [of_file[split] for split in SPLITS] == [39, 6, 15], name


def test_the_keys_are_even_at_every_level(questions: list[Question]) -> None:
    for language, level in {(q.language, q.level) for q in questions}:
        of_level = [q for q in questions if (q.language, q.level) == (language, level)]
        keys = Counter(q.answer for q in of_level)
        options = len(of_level[0].options)
        assert options == (5 if language == "ko" else 4)
        assert {len(set(q.options)) for q in of_level} == {options}
        assert keys == dict.fromkeys(range(options), len(of_level) // options)
        for split in ("train", "test"):
            of_split = [q for q in of_level if q.split == split]
            most = Counter(q.answer for q in of_split).most_common(1)[0][1]
            assert most / len(of_split) <= 0.4


@pytest.mark.parametrize("name", EXAMS)
@pytest.mark.parametrize("extreme", [max, min])
def test_no_option_is_right_by_its_length(name: str, extreme: Callable[..., int]) -> None:
    """Who always takes the longest option, or the shortest, does no better than by chance."""
    questions = list(read_questions(SAMPLE / name))
    expected = 0.0
    for question in questions:
        lengths = [len(option) for option in question.options]
        chosen = [i for i, length in enumerate(lengths) if length == extreme(lengths)]
        expected += (question.answer in chosen) / len(chosen)
    by_chance = len(questions) / len(questions[0].options)
    assert expected < by_chance + 2 * (by_chance * (1 - 1 / len(questions[0].options))) ** 0.5


def test_every_document_has_a_reply_for_every_task(
    jobs: dict[tuple[str, str], Job], replies: dict[tuple[str, str], str]
) -> None:
    asked = {key for key, job in jobs.items() if job.task.known(job.document) is None}
    assert asked == set(replies)
    assert len(asked) == 64 * 3 + 32
    assert len(jobs) - len(asked) == 360 + 120


def test_the_recipe_asks_for_what_is_recorded(
    jobs: dict[tuple[str, str], Job], replies: dict[tuple[str, str], str]
) -> None:
    ledger = Ledger()
    planned = list(Plan.of(load_recipe(SAMPLE)).jobs(ledger))
    assert ledger.entries == []
    assert {job.key for job in planned} <= set(jobs)
    asked = {job.key for job in planned if job.task.known(job.document) is None}
    assert asked <= set(replies)
    assert {job.task.name for job in planned} == {name for _, name in jobs}


def test_every_reply_passes_its_tasks_checks(
    jobs: dict[tuple[str, str], Job], replies: dict[tuple[str, str], str]
) -> None:
    for key, job in jobs.items():
        answer = job.task.known(job.document) or job.task.read(replies[key])
        wrong = [f for f in job.task.check(answer, job.document) if f.severity == "error"]
        assert wrong == [], key
        assert job.task.read(job.task.render(answer)) == answer, key


def test_every_name_and_value_has_its_span(
    jobs: dict[tuple[str, str], Job], replies: dict[tuple[str, str], str]
) -> None:
    seen: Counter[str] = Counter()
    for (name, task), reply in replies.items():
        if task not in SPANNED:
            continue
        job = jobs[name, task]
        content = job.document.content
        findings = job.task.check(job.task.read(reply), job.document)
        # Trivial names such as vermilion are known to no grammar.
        seen["unknown"] += sum(finding.check == "names" for finding in findings)
        findings = [finding for finding in findings if finding.check != "names"]
        assert {finding.severity for finding in findings} <= {"grounded"}, (name, task)
        for finding in findings:
            piece = normalize(content[finding.start : finding.end])[0].lower()
            value = normalize(finding.value)[0].lower()
            assert piece, finding
            # A value with a condition, or one that shares its unit, has the span of its number.
            number = re.match(r"[\d.,]+", piece)
            assert value == piece or (number and value.startswith(piece)), finding
            seen[task] += 1
    assert all(seen[task] > 30 for task in SPANNED)
    assert seen["unknown"] < 30


def test_about_half_of_the_korean_questions_are_calculations() -> None:
    for level in ("high", "college", "professional"):
        assert 55 <= sum(name.startswith(f"ko-{level}-") for name in CALCULATIONS) <= 66


@pytest.mark.parametrize("name", CALCULATIONS)
def test_a_recalculation_agrees(name: str, questions: list[Question]) -> None:
    calculate, value, stated = CALCULATIONS[name]
    assert calculate() == pytest.approx(value, rel=0.01)
    options = {question.id: question.options[question.answer] for question in questions}
    pairs = {row["id"]: row["answer"] for file in PAIRS for row in rows(file)}
    assert (options | pairs)[name] == stated


@pytest.mark.parametrize("name", CALCULATIONS)
def test_no_other_option_is_as_near(name: str, questions: list[Question]) -> None:
    calculate, _, stated = CALCULATIONS[name]
    options = next((q.options for q in questions if q.id == name), (stated,))
    distances = {option: abs(number(option) - number(stated)) for option in options}
    assert number(stated) == pytest.approx(CALCULATIONS[name][1])
    assert [option for option, distance in distances.items() if distance == 0] == [stated]
    assert min(options, key=lambda option: abs(number(option) - calculate())) == stated


def number(text: str) -> float:
    """The number at the beginning of an option: "1.40 × 10⁻⁴ M" is 0.00014."""
    plain = normalize(text)[0].replace(",", "")
    match = re.match(r"([-+]?[\d.]+)(?:×10(-?\d+))?", plain)
    assert match is not None, text
    return float(match[1]) * 10.0 ** int(match[2] or 0)


def grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_nothing_of_one_split_is_nearly_in_another(jobs: dict[tuple[str, str], Job]) -> None:
    documents = {job.document.id: job.document for job in jobs.values()}
    english = [(d.name, d.text, d.split) for d in documents.values()] + [
        (row["id"], row["question"], row["split"]) for row in rows("exam_en.jsonl")
    ]
    prepared = [(name, grams(text), split) for name, text, split in english]
    assert len(prepared) == 64 + 360 + 120 + 80
    for (one, first, split), (other, second, other_split) in combinations(prepared, 2):
        if split != other_split and (first or second):
            assert len(first & second) / len(first | second) < 0.3, (one, other)
