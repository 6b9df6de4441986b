"""The Korean catalogue: it holds every message of the source, nothing else, and each whole."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import typer

from chemtune import databases
from chemtune.cli.main import app
from chemtune.experiment.compare_runs import OF_ONE_SEED, OF_ONE_SEED_EACH
from chemtune.experiment.doctor.documents import REASONS
from chemtune.experiment.run_table import LEGEND, SEEDS_LEGEND
from chemtune.teachers import journal
from chemtune.wording.translate import Catalogue, Entry, is_vague, literals_of, read_entries
from message_templates import SOURCE, says_something, templates

HANGUL = re.compile("[가-힣]")
# Directly behind a value, whose last sound is not known.
PARTICLE = re.compile(r"(?<!\})\}(은|는|이|가|을|를|과|와|으로|로)(?=[\s.,)]|$)")
# The English that stands in Korean too: names of settings, commands and formats.
SAME = re.compile(
    r"pip install|export |scoring|base: plain|utf-8|cp949|report_to|null|HTTP|chemtune|torch"
    r"|packaging|Python|documents\[|evaluation\.|tuning\.|chmod|budget_usd:|max_tokens: |GPU"
    r"|HF_ENDPOINT"
)
TITLES = {
    "in the form asked for alone",
    "calibrated by a prompt that says nothing",
    "by likelihood a character",
    "of the questions that the training data do not hold",
    "exclude[{}] leaves nothing out",
    "the hub: {}",
    "held-out examples",
    "general text",
    "WARNING",
    "ERROR",
    *("ok", "note", "warning", "fault", "to mend"),
    *("machine", "model", "teacher", "evaluation", "tuning"),
}
# "2 faults, no warnings.": what the doctor ends with.
COUNTS = {
    f"{faults}, {warnings}."
    for faults in ("No faults", "{} fault", "{} faults")
    for warnings in ("no warnings", "{} warning", "{} warnings")
}
RECORDED = {
    "a JSON object with {} is needed, not {}",
    "missing; the line has {}",
    "no field",
    "a string is needed, not {}",
}
KINDS = {
    *("null", "true or false", "a number", "a string", "a list", "an object"),
    *(f"{kind}: {{}}" for kind in ("true or false", "a number", "a string", "a list", "an object")),
}
# What libraries and the system say, which no source of ours holds.
LIBRARIES = re.compile(
    r"\{\}: (input|list|string) |Input |Missing |No such (command|option)"
    r"|Option |Got |Invalid value"
)
SYSTEM = {
    "No such file or directory",
    "Permission denied",
    "Is a directory",
    "Not a directory",
    "No space left on device",
    "Read-only file system",
    "Connection refused",
    "Address already in use",
    "Cannot assign requested address",
}
# Messages that the reading of the source does not see: made in loops, or put together by hand.
REMEDIES = {
    remedy.replace("{", "{{").replace("}", "}}") for _, remedy in REASONS.values() if remedy
}
DATABASES = {
    f"{{}}: {{}}: {remedy}"
    for remedies in (databases.REMEDIES, journal.REMEDIES)
    for remedy in remedies.values()
}
# Of tables, whose cells are words that stand elsewhere as names.
COMPARED = {
    *("right answers", "readable", "numbers kept", "invented numbers", "bits per byte"),
    *("mean", "over seeds", "between seeds", "before", "after", "{} (less is better)"),
    *("macro F1", "best constant answer", "most frequent answer", "right, calibrated"),
    *("right, over all orders", "right, in the form asked for", "alike in all orders"),
    *("right, of those not trained on", "right, by likelihood a character"),
}
STATES = {
    "{} of {} cells give one letter, which is no knowledge",
    *("done", "open", "failed", "running"),
    *("measured", "like"),
}
# A measure with its level.
LEVELS = {
    *("right, high school", "right, college", "right, professional"),
}
LONG = {LEGEND, SEEDS_LEGEND, OF_ONE_SEED, OF_ONE_SEED_EACH}
UNSEEN = (
    COMPARED
    | STATES
    | LEVELS
    | LONG
    | DATABASES
    | TITLES
    | COUNTS
    | RECORDED
    | KINDS
    | SYSTEM
    | REMEDIES
)


@cache
def messages() -> dict[str, str]:
    return templates()


@cache
def entries() -> dict[str, str]:
    return read_entries("ko.yaml")


def test_every_message_has_its_korean() -> None:
    missing = [f"{file}: {one}" for one, file in messages().items() if one not in entries()]
    assert not missing, "\n".join(missing)


def test_what_the_source_does_not_show_as_one_message_has_its_korean_too() -> None:
    assert not (DATABASES | REMEDIES | LONG) - set(entries())


def test_no_entry_is_without_a_message() -> None:
    left = [one for one in entries() if one not in messages() and one not in UNSEEN]
    assert [one for one in left if not LIBRARIES.match(one)] == []


def test_unseen_messages_are_in_the_source_and_in_the_catalogue() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    for one in TITLES | RECORDED | COMPARED:
        assert one in entries()
        # The longest part that is written in one piece.
        part = max(literals_of(one), key=len).strip()
        assert part in text or part.lower() in text, one


@pytest.mark.parametrize("name", ["ko.yaml", "help_ko.yaml"])
def test_no_key_stands_twice(name: str) -> None:
    text = (SOURCE / "wording" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(read_entries(name))


def test_every_value_is_used_once() -> None:
    for template, said in entries().items():
        entry = Entry.of(template, said)
        used = sorted(part for part in entry.parts if isinstance(part, int))
        holes = list(range(len(entry.literals) - 1))
        assert used == holes, template


def test_each_entry_keeps_its_values() -> None:
    catalogue = Catalogue(entries())
    for template, said in entries().items():
        if is_vague(template):
            continue
        markers = [f"⟨{'abcdefghijkl'[at]}⟩" for at in range(len(literals_of(template)) - 1)]
        english = "".join(
            text + marker
            for text, marker in zip(literals_of(template), [*markers, ""], strict=True)
        )
        korean = catalogue.message(english)
        assert korean is not None, template
        assert korean == _by_hand(said, markers), template


def _by_hand(said: str, markers: list[str]) -> str:
    """What the entry says by an independent reading of it."""
    numbered = re.sub(r"(?<!\{)\{(\d+)(?:!t)?\}", lambda hole: markers[int(hole[1]) - 1], said)
    return numbered.replace("{{", "{").replace("}}", "}")


def test_it_is_korean_and_its_particles_fit_any_value() -> None:
    for template, said in {**entries(), **read_entries("help_ko.yaml")}.items():
        if not SAME.search(template):
            assert HANGUL.search(said), template
        assert not PARTICLE.search(said), said
        assert not re.search(r"(해요|세요요|군요|네요)\b", said), said


def test_the_commands_help_is_korean() -> None:
    known = read_entries("help_ko.yaml")
    seen = set(_help(typer.main.get_command(app)))
    assert seen - set(known) == set()
    assert set(known) - seen == set()


def _help(command: object) -> set[str]:
    texts = {getattr(command, "help", None)}
    texts |= {getattr(one, "help", None) for one in command.params}  # type: ignore[attr-defined]
    for below in getattr(command, "commands", {}).values():
        texts |= _help(below)
    return {text for text in texts if text}


def test_templates_are_read_out_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        """
KNOWN = "known"
def first(path, found):
    message = f"no {path!r} here" if path else "no path"
    message += f"; {len(found)} others"
    raise InputError(Problem(message, path, remedy=f"try {KNOWN} {found or 'none'}"))
def second(error):
    why = "late" if error else "early"
    say(f"it is too {why}: {{{error}}}")
    third("the disk is full")
def third(said):
    raise ChemtuneError(f"{said}; make room")
"""
    )
    assert set(templates(tmp_path)) == {
        "no {} here",
        "no path",
        "no {} here; {} others",
        "no path; {} others",
        "try known {}",
        "none",
        "it is too late: {{{}}}",
        "it is too early: {{{}}}",
        "the disk is full; make room",
    }
    assert not says_something("{}: {} ({})")
