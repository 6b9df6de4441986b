"""The sample holds the hard cases that its card names, each more than once where it can."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import chemtune

SAMPLE = Path(chemtune.__file__).parent / "domains/chemistry/sample"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / name).read_text("utf-8").splitlines()]


TEXTS = {
    row["id"]: row["text"]
    for kind in ("pem_catalysts", "aem_membranes", "general")
    for row in rows(f"documents/{kind}.jsonl")
}
RECORDS = {
    row["document"]: json.loads(row["reply"])["AEM_MAT"]
    for row in rows("replies/aem_membranes.jsonl")
    if row["task"] == "information_extraction_2"
}
SLOTS = [
    json.loads(row["reply"])
    for row in rows("replies/pem_catalysts.jsonl")
    if row["task"] == "information_extraction_1"
]


@pytest.mark.parametrize(
    ("pattern", "at_least"),
    [
        ("±", 10),
        ("up to", 2),
        (r"\d[-–]\d", 10),  # ranges
        ("−", 10),  # the minus sign
        ("[⁰¹²³⁴-⁹⁻]", 30),
        ("[₀-₉]", 12),
        ("·", 5),
        ("[α-ωΑ-Ωµ]", 15),
        ("[Ww]ater absorption", 1),
        ("meq/g", 2),
        ("mmol/g", 3),
        (r"\d mS[ /]", 5),
        (r"\d S/cm", 1),
        (r"\([A-Z][A-Za-z-]{1,7}s?\)", 20),  # an abbreviation where it is defined
        ("[Ss]welling", 3),
    ],
)
def test_texts_with(pattern: str, at_least: int) -> None:
    found = [name for name, text in TEXTS.items() if re.search(pattern, text)]
    assert len(found) >= at_least, found


def test_texts_without_any_value() -> None:
    assert sum(not re.search(r"\d\s?(?:%|°C|[a-zµ]+)", text) for text in TEXTS.values()) >= 3


def test_membranes_and_their_properties() -> None:
    values = [v for of in RECORDS.values() for record in of.values() for v in record.values()]
    assert sum(isinstance(value, list) for value in values) >= 4  # at two temperatures
    assert sum(len(of) >= 3 for of in RECORDS.values()) >= 3
    assert sum(value == "-" for value in values) >= 5
    assert sum(not of for of in RECORDS.values()) >= 2
    assert len(RECORDS) == 16


def test_slots_that_the_text_is_silent_on() -> None:
    assert len(SLOTS) == 16
    assert sum(answers["Q2"] == "N/A" for answers in SLOTS) >= 4
    assert sum(answers["Q3"] == "N/A" and answers["Q2"] != "N/A" for answers in SLOTS) >= 2
    assert sum("N/A" not in answers.values() for answers in SLOTS) >= 6
