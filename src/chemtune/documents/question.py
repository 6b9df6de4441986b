"""Question: one multiple-choice question, and the readers of its common file shapes."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from chemtune.documents.language import HANGUL
from chemtune.documents.read import normal_language, normal_split, read_records
from chemtune.documents.readers import csv_, jsonl, parquet
from chemtune.documents.readers.record import found, shown
from chemtune.errors import InputError, Problem

MOST_OPTIONS = 10
LETTERS = tuple(string.ascii_uppercase[:MOST_OPTIONS])
CIRCLED = tuple("①②③④⑤⑥⑦⑧⑨⑩")
SUFFIXES = (*jsonl.SUFFIXES, *csv_.SUFFIXES, *parquet.SUFFIXES)
MOST_FAULTS = 20
MMLU_OPTION = re.compile(r"choice(?:0|[1-9][0-9]*)")
DIGITS = re.compile(r"[0-9]{1,3}")
SHAPES = "expected: question, answer, and options (a list), or choice0, choice1, …, or A, B, …"


@dataclass(frozen=True)
class Question:
    """One multiple-choice question with its key.

    Attributes:
        id: Its identifier, unique in its file.
        text: The question.
        options: 2 to 10 options, as the file has them.
        answer: The index of the right option, from 0.
        labels: What the options are called, one each: "A", "B", … or "①", "②", ….
        language: "en" or "ko"; where the file does not say, "ko" if the question has any Hangul.
        level: For example "high school", or "".
        subject: For example "physical chemistry", or "".
        explanation: Why the answer is right, or "".
        split: "train", "validation" or "test" where the file says so, else "".
    """

    id: str
    text: str
    options: tuple[str, ...]
    answer: int
    labels: tuple[str, ...]
    language: str
    level: str = ""
    subject: str = ""
    explanation: str = ""
    split: str = ""


def question_of(
    fields: Mapping[str, Any], *, name: str, file: Path | str | None, line: int | None
) -> Question:
    """Read one record in any of four shapes, told apart by the columns of the options.

    - `options`: a list of strings, or a JSON string of one. `answer` is a letter (any case), a
      circled digit, the exact text of an option, or a whole number or digits that count from 1.
      No two options may be the same.
    - `choice0`, `choice1`, … (MMLU): `answer` counts from 0, or is a letter.
    - `choices`, a list (MMLU at the hub): likewise.
    - `A`, `B`, … (KMMLU): `answer` counts from 1, or is a letter.

    In the last three, options that are empty at the end are absent, and two may be the same,
    as they are in some questions of both benchmarks. The labels are circled digits where the answer
    is one, or where a Korean question has a list of five options; else letters.

    Args:
        fields: The record. Besides the above it may have `id`, `language`, `level`, `subject`,
            `explanation` and `split`; other columns are ignored.
        name: The id where the record has none.
        file: The file, for messages.
        line: Its line, for messages.

    Raises:
        InputError: The first fault of the record, with its field, value, and what is allowed.
    """
    return _Row(fields, file, line).question(name)


def options_of(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the options of a record in any shape of `question_of`; () where it has none."""
    options = fields.get("options")
    if isinstance(options, str):
        try:
            options = orjson.loads(options)
        except orjson.JSONDecodeError:
            return ()
    if isinstance(options, list):
        return tuple(option for option in options if isinstance(option, str))
    choices = fields.get("choices")
    if isinstance(choices, list):
        return tuple(choice for choice in choices if isinstance(choice, str))
    columns = [f"choice{i}" for i in range(MOST_OPTIONS)] if "choice0" in fields else list(LETTERS)
    found = [fields[column] for column in columns if isinstance(fields.get(column), str)]
    return tuple(found) if len(found) > 1 else ()


def read_questions(
    path: Path, *, split: str | None = None, limit: int | None = None
) -> list[Question]:
    """Read the questions of a .jsonl, .ndjson, .csv, .tsv or .parquet file, in order.

    A question without an id gets "STEM:row", with the file's stem and rows counted from 1.

    Args:
        path: The file. All of its rows are checked, whatever `split` and `limit` say.
        split: Only the questions of this split, by the file's own column.
        limit: At most so many, after the choice of the split.

    Raises:
        InputError: The suffix is not known, the file cannot be read, no question is of the split,
            or rows are at fault: one problem for each of the first 20.
    """
    if path.suffix.lower() not in SUFFIXES and not path.is_dir():
        message = f"questions are not read from files of suffix {path.suffix!r}"
        raise InputError(Problem(message, path, remedy="allowed: " + ", ".join(SUFFIXES)))
    wanted = normal_split(split or "")
    questions = _read_all(path)
    if wanted:
        counts = Counter(question.split or "(none)" for question in questions)
        questions = [question for question in questions if question.split == wanted]
        if not questions:
            there = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
            message = f"no question is of the split {wanted!r}; there are: {there}"
            raise InputError(Problem(message, path, field="split"))
    return questions[:limit]


def _read_all(path: Path) -> list[Question]:
    questions: list[Question] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    try:
        for row, record in enumerate(read_records(path), 1):
            try:
                name = f"{path.stem}:{row}"
                question = question_of(record.fields, name=name, file=path, line=record.line)
            except InputError as error:
                problems.extend(error.problems)
                if record.header_line and isinstance(error, _MissingColumn):
                    break  # every row of a table lacks it
                continue
            if question.id in lines:
                message = f"{question.id!r} is the id of line {lines[question.id]} too"
                remedy = "give each question its own id"
                problems.append(Problem(message, path, record.line, "id", remedy))
            lines.setdefault(question.id, record.line)
            questions.append(question)
    except InputError as error:  # the file itself: nothing can be read beyond this line
        problems.extend(error.problems)
    if len(problems) > MOST_FAULTS:
        more = len(problems) - MOST_FAULTS
        problems[MOST_FAULTS:] = [Problem(f"and {more} more faulty rows", path)]
    if problems:
        raise InputError(*problems)
    return questions


class _MissingColumn(InputError):
    """A record has no such column, whatever its cells hold."""


@dataclass(frozen=True)
class _Row:
    fields: Mapping[str, Any]
    file: Path | str | None
    line: int | None

    def question(self, name: str) -> Question:
        for column in ("question", "answer"):
            if column not in self.fields:
                raise self._missing(f"no column {column!r}")
        text = self._text("question")
        if not text.strip():
            raise self._fault("question", "the question is empty")
        options, first, is_list = self._options()
        answer = self.fields.get("answer")
        index = self._answer(answer, options if is_list else (), first, len(options))
        stated = normal_language(self._text("language"), file=self.file, line=self.line)
        # One Hangul letter tells: a short Korean question can be mostly formulas and Latin names.
        language = stated or ("ko" if HANGUL.search(text) else "en")
        circled = isinstance(answer, str) and answer.strip() in CIRCLED
        korean_exam = is_list and language == "ko" and len(options) == 5
        labels = CIRCLED if circled or korean_exam else LETTERS
        return Question(
            id=self._id() or name,
            text=text,
            options=options,
            answer=index,
            labels=labels[: len(options)],
            language=language,
            level=self._text("level"),
            subject=self._text("subject"),
            explanation=self._text("explanation"),
            split=normal_split(self._text("split"), file=self.file, line=self.line),
        )

    def _options(self) -> tuple[tuple[str, ...], int, bool]:
        """Return the options, the number of the first one in `answer`, and whether from a list."""
        if "options" in self.fields:
            options = self._listed()
            self._check_options(options, [f"options[{i}]" for i in range(len(options))])
            stripped = [option.strip() for option in options]
            for i, option in enumerate(stripped):
                if option in stripped[:i]:
                    message = f"options {stripped.index(option) + 1} and {i + 1} are the same"
                    raise self._fault("options", f"{message}: {shown(option)}")
            return options, 1, True
        if isinstance(self.fields.get("choices"), list):
            options = tuple(str(option) for option in self.fields["choices"])
            self._check_options(options, [f"choices[{i}]" for i in range(len(options))])
            return options, 0, False
        numbered = sum(MMLU_OPTION.fullmatch(column) is not None for column in self.fields)
        if numbered:
            return self._columns([f"choice{i}" for i in range(numbered)]), 0, False
        count = next((i for i, c in enumerate(LETTERS) if c not in self.fields), MOST_OPTIONS)
        if not count:
            raise self._missing("no column of options")
        return self._columns(list(LETTERS[:count])), 1, False

    def _listed(self) -> tuple[str, ...]:
        value = self.fields["options"]
        remedy = 'write a list of strings: ["…", "…"]'
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError as error:
                message = f"not a JSON list: {shown(value)}"
                raise self._fault("options", message, remedy) from error
        if not isinstance(value, list):
            message = f"expected a list, found {found(value)}"
            raise self._fault("options", message, remedy)
        for i, option in enumerate(value):
            if not isinstance(option, str):
                message = f"expected a string, found {found(option)}"
                raise self._fault(f"options[{i}]", message, remedy)
        return tuple(value)

    def _columns(self, columns: list[str]) -> tuple[str, ...]:
        for column in columns:
            if column not in self.fields:
                raise self._fault(column, "no such column, and there are later ones")
        options = [self._text(column) for column in columns]
        while options and not options[-1].strip():
            options.pop()
        self._check_options(tuple(options), columns)
        return tuple(options)

    def _check_options(self, options: tuple[str, ...], places: list[str]) -> None:
        if not 2 <= len(options) <= MOST_OPTIONS:
            message = f"a question has 2 to {MOST_OPTIONS} options, found {len(options)}"
            raise self._fault("options", message)
        for option, place in zip(options, places, strict=False):
            if not option.strip():
                raise self._fault(place, "the option is empty")

    def _answer(self, value: Any, texts: tuple[str, ...], first: int, count: int) -> int:
        """Return the index that `value` stands for; `texts` are options that may be the answer."""
        if value is None:
            raise self._fault("answer", "the answer is missing", _allowed(first, count, texts))
        known: set[int] = set()
        if isinstance(value, int) and not isinstance(value, bool):
            known.add(value - first)
        elif isinstance(value, str):
            answer = value.strip()
            known.update(i for i, text in enumerate(texts) if text.strip() == answer)
            if DIGITS.fullmatch(answer):
                known.add(int(answer) - first)
            known.update(i for i, c in enumerate(LETTERS) if c == answer.upper())
            known.update(i for i, c in enumerate(CIRCLED) if c == answer)
        inside = sorted(i for i in known if 0 <= i < count)
        if len(inside) > 1:
            labels = " or ".join(LETTERS[i] for i in inside)
            message = f"{shown(value)} is both a label or number and the text of another option"
            raise self._fault("answer", message, f"write {labels}")
        if not inside:
            message = f"{shown(value)} is none of the {count} options"
            raise self._fault("answer", message, _allowed(first, count, texts))
        return inside[0]

    def _id(self) -> str:
        value = self.fields.get("id")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self._text("id").strip()

    def _text(self, column: str) -> str:
        value = self.fields.get(column)
        if value is None:
            return ""
        if not isinstance(value, str):
            message = f"expected a string, found {found(value)}"
            raise self._fault(column, message)
        return value

    def _missing(self, message: str) -> InputError:
        there = f"{message}; the columns are: {', '.join(self.fields) or 'none'}"
        return _MissingColumn(Problem(there, self.file, self.line, remedy=SHAPES))

    def _fault(self, field: str, message: str, remedy: str | None = None) -> InputError:
        return InputError(Problem(message, self.file, self.line, field, remedy))


def _allowed(first: int, count: int, texts: tuple[str, ...]) -> str:
    allowed = f"allowed: {LETTERS[0]} to {LETTERS[count - 1]}, {first} to {first + count - 1}"
    return allowed + (
        f", {CIRCLED[0]} to {CIRCLED[count - 1]}, or the text of an option" if texts else ""
    )
