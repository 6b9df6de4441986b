"""Any model on any questions: the edge beside a recipe's evaluation."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chemtune.dataset.gather import Bought
from chemtune.dataset.open_teacher import open_teacher, price_of
from chemtune.dataset.place import place_of
from chemtune.documents.question import Question, read_questions
from chemtune.documents.read import read_records
from chemtune.domains import Domain, find_domain
from chemtune.errors import InputError, Problem, nearest
from chemtune.evaluation.evaluate import SCORES
from chemtune.evaluation.exam_answers import Served
from chemtune.evaluation.exam_prompt import Asking, Options
from chemtune.evaluation.question_sets import (
    QuestionSet,
    Scoring,
    evaluate_served,
    evaluate_set,
    read_shots,
    sample,
    seen_in,
    subject_of,
)
from chemtune.files import write_json
from chemtune.models.identity import identity_of, student_identity
from chemtune.models.load import load_student
from chemtune.models.resolve import resolve_model
from chemtune.recipe.schema import EndpointTeacher, Files
from chemtune.teachers.journal import Journal
from chemtune.tuning.processes import is_main

JOURNAL = "journal.sqlite"


def evaluate_questions(
    *,
    model: str,
    questions: Path | Sequence[Path] = (),
    benchmarks: Sequence[str] = (),
    adapter: Path | None = None,
    endpoint: str | None = None,
    api_key_env: str | None = None,
    budget_usd: float | None = None,
    domain: str = "chemistry",
    subject: str | None = None,
    split: str | None = None,
    limit: int | None = None,
    shots: int = 0,
    shots_from: Path | Sequence[Path] | None = None,
    permute: bool = False,
    scoring: Scoring | None = None,
    options: Options = "labels",
    chat: bool = False,
    answer_tokens: int = 64,
    training_data: Path | None = None,
    precision: str = "float32",
    seed: int = 0,
    out: Path | None = None,
) -> dict[str, Any]:
    """Evaluate a model on sets of multiple-choice questions.

    Args:
        model: A preset, a folder or a hub name; with `endpoint` the model's name there.
        questions: One file or several, CSV, JSON Lines or Parquet; see `read_questions`.
        benchmarks: Question sets of the domain by name, from the hub.
        adapter: A folder with an adapter in PEFT's format.
        endpoint: The address of a server that speaks the OpenAI chat protocol, such as
            http://127.0.0.1:8000/v1; then answers are generated.
        api_key_env: The environment variable that holds its key.
        budget_usd: What its answers may cost in all, in US dollars.
        domain: Whose wording of the prompt is used.
        subject: What the questions are about; from the file's name by default.
        split: Only the questions of this split, where the file names splits.
        limit: A sample of so many questions of each set, drawn by `seed`.
        shots: Solved questions before each one.
        shots_from: The file that the shots are taken from, the first ones in its order; or one file
            for each of `questions`. Benchmarks have their own.
        permute: Score each question in every cyclic order of its options.
        scoring: By likelihood (the default), by an answer in words, or both.
        options: Whether the likelihood of the options' labels is scored, or of their texts.
        chat: Whether the likelihood is that behind the model's chat template.
        answer_tokens: Of an answer in words, at most.
        training_data: A file that the model was tuned on (messages, or any text); the score on the
            questions that it does not hold is told apart.
        precision: "float32", "bfloat16" or "auto".
        seed: Of the sample.
        out: The folder for predictions and scores; `runs/evaluate/MODEL` by default.

    Returns:
        `model`, `adapter`, `precision`, `shots`, `wall_s`, and `questions`: for each set its
        scorecard (see `evaluate_set`). Of a single set, the scorecard stands beside these.

    Raises:
        InputError: An option does not go with another, a file has faults, or there is no such model
            or benchmark.
    """
    started = time.monotonic()
    _check(permute=permute, options=options, endpoint=endpoint, adapter=adapter, scoring=scoring)
    of = find_domain(domain)
    listed = [questions] if isinstance(questions, Path) else list(questions)
    places = [(path.stem, [path], shot, "") for path, shot in _with_shots(listed, shots_from)]
    places += [_benchmark(of, name, shots) for name in benchmarks]
    if not places:
        raise InputError("give questions: a file, or the name of a benchmark")
    asking = Asking(of.exam, "", permute=permute, options=options, chat=chat)
    texts = _texts(training_data) if training_data else []
    how = scoring or ("generate" if endpoint else "likelihood")
    sets = []
    for name, paths, shot_files, level in places:
        found = [q for path in paths for q in read_questions(path, split=split)]
        drawn = [_with_level(q, level or subject_of(name)) for q in sample(found, limit, seed)]
        put = replace(
            asking, subject=subject or subject_of(name), shots=read_shots(shots, shot_files)
        )
        sets.append(QuestionSet(name, drawn, put, how, answer_tokens, seen_in(texts, drawn)))
    folder = out or Path("runs") / "evaluate" / Path(model).name
    common: dict[str, Any] = {"model": model, "adapter": str(adapter) if adapter else None}
    if endpoint:
        common |= {"endpoint": endpoint, "precision": None}
        cards = _ask_served(model, endpoint, api_key_env, budget_usd, sets, folder)
    else:
        student = load_student(resolve_model(model), precision=precision, adapter=adapter)
        identity = student_identity(student)
        common["precision"] = student.precision
        cards = {s.name: evaluate_set(student, s, folder / s.name, identity) for s in sets}
    result = {**common, "shots": shots, "wall_s": round(time.monotonic() - started, 2)}
    result |= next(iter(cards.values())) if len(cards) == 1 else {}
    result["questions"] = cards
    if is_main():
        write_json(folder / SCORES, result)
    return result


def _check(
    *,
    permute: bool,
    options: Options,
    endpoint: str | None,
    adapter: Path | None,
    scoring: Scoring | None,
) -> None:
    problems = []
    if permute and options == "texts":
        problems.append(Problem("permute goes with labels: texts are scored in no order"))
    if endpoint and adapter:
        problems.append(Problem("an adapter goes with a model that is loaded here"))
    if endpoint and scoring not in (None, "generate"):
        reason = f"an endpoint tells no likelihoods of options, which {scoring!r} needs"
        problems.append(Problem(reason, remedy="scoring: generate"))
    if problems:
        raise InputError(*problems)


def _with_shots(
    questions: Sequence[Path], shots_from: Path | Sequence[Path] | None
) -> list[tuple[Path, list[Path]]]:
    """Each file with where its shots come from: its own file, or the one for all."""
    sources = [shots_from] if isinstance(shots_from, Path) else list(shots_from or ())
    if len(sources) == len(questions):
        return [(path, [source]) for path, source in zip(questions, sources, strict=True)]
    if len(sources) > 1:
        reason = f"{len(sources)} files of shots for {len(questions)} of questions"
        remedy = "give one for each, in the same order, or one for all"
        raise InputError(Problem(reason, field="shots_from", remedy=remedy))
    return [(path, sources) for path in questions]


def _benchmark(domain: Domain, name: str, shots: int) -> tuple[str, list[Path], list[Path], str]:
    known = domain.benchmarks
    if name not in known:
        reason = f"no benchmark {name!r} in the domain {domain.name}"
        raise InputError(Problem(reason, remedy=nearest(name, sorted(known))))
    wanted = known[name]

    def paths(split: str) -> list[Path]:
        files = Files(hub=wanted.hub, config=wanted.config, hub_split=split)
        return list(place_of(files, Path.cwd()).paths)

    return name, paths(wanted.split), paths(wanted.shots_split) if shots else [], wanted.level


def _with_level(question: Question, about: str) -> Question:
    """The question with its level, read off what its set is about where the file does not say."""
    if question.level:
        return question
    known = ("high school", "college", "professional")
    level = next((level for level in known if about.startswith(level)), "")
    return replace(question, level=level)


def _texts(path: Path) -> list[str]:
    """The texts of a file of tuning data: those of its messages, or every text of a record."""
    return [text for record in read_records(path) for text in _strings(record.fields)]


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _ask_served(
    model: str,
    endpoint: str,
    api_key_env: str | None,
    budget_usd: float | None,
    sets: Sequence[QuestionSet],
    folder: Path,
) -> dict[str, dict[str, Any]]:
    most = max(asked.answer_tokens for asked in sets)
    settings = EndpointTeacher(
        kind="endpoint", base_url=endpoint, model=model, api_key_env=api_key_env, max_tokens=most
    )
    teacher = open_teacher(settings, Path.cwd())
    identity = identity_of(endpoint, model, most, "temperature 0")
    with Journal(folder / JOURNAL) as journal:
        price = price_of(settings, needed=budget_usd is not None)
        served = Served(Bought(teacher, journal, price), budget_usd)
        return {
            asked.name: evaluate_served(served, asked, folder / asked.name, identity)
            for asked in sets
        }
