"""Formulas, molar masses, equations and names of the embedded sample agree with molmass, OPSIN."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from molmass import ELEMENTS, Formula, FormulaError

from chemtune.checks.grounding import DASHES
from chemtune.domains import find_domain
from chemtune.tasks.load import load_tasks

SAMPLE = find_domain("chemistry").folder / "sample"
QUESTIONS = ["exam_ko.jsonl", "exam_en.jsonl", "questions_short.jsonl", "questions_long.jsonl"]

SUB = "₀₁₂₃₄₅₆₇₈₉"
SUP = "⁰¹²³⁴⁵⁶⁷⁸⁹"
# Subscripts of point groups, quantities and series: C₂ᵥ, Vₘ, CₙH₂ₙ.
INDEX = "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋"
DIGITS = str.maketrans(SUB + SUP, "0123456789" * 2)
LIGANDS = {"en": "C2H8N2", "Ph": "C6H5", "THF": "C4H8O"}
SYMBOL = re.compile(r"[A-Z][a-z]?")
# Letters that are no element stand for any: HA, MCl₂, AB₃. (D is deuterium.)
ANY = "AEGJLMQRTXZ"

RUN = rf"[A-Za-z{SUB}{SUP}{INDEX}⁺⁻()\[\]]+"
# The waters of crystallization may be counted by a letter: Na₂CO₃·xH₂O.
RUNS = re.compile(rf"{RUN}(?:·(?:\d+|[a-z](?=[A-Z]))?{RUN})*")
STATE = re.compile(r"(?<=\S)\((?:g|l|s|aq|[IV]+|[가-힣]+)\)|[↑↓]")
UNIT = re.compile(rf"[A-Za-z]+⁻[{SUP}]+")
# [NO]², k[A] and [H⁺] are concentrations; [Co(NH₃)₆]³⁺ and K₃[Fe(CN)₆] are formulas.
CONCENTRATION = re.compile(
    rf"\[([^\[\]]+)\][{SUP}]+(?![{SUP}⁺⁻])"
    rf"|(?<![A-Z{SUB})])(?<![A-Z][a-z])\[([^\[\]]+)\](?![{SUB}{SUP}⁺⁻])"
)
# T₁, E₂ and S₀ are quantities or states, D₀exp is a factor before a function, ³P₀ a term symbol.
QUANTITY = re.compile(
    rf"(?![HO])[A-Z][₀₁][{SUP}]*(?:exp)?|[{ANY}][{SUB}]+[{SUP}]*|[{SUP}]+[SPDFG][{SUB}]"
)
ONE_OR_NONE = re.compile(rf"(?<![{SUB}])(?:₁(?![{SUB}])|₀)")
NUMBERED = re.compile(rf"([{SUB}]+)([A-Z][a-z]?)")
ASCII = re.compile(r"(?<![A-Za-z\d])(?=[A-Za-z]+\d)(?:[A-Z][a-z]?\d*){2,}(?![A-Za-z\d])")

# Vitamin C is not carbon.
NOT_AFTER = rf"(?<!비타민 )(?<!itamin )(?<![A-Za-z{SUB})\]])"
F = rf"{NOT_AFTER}[A-Z\[][A-Za-z{SUB}{SUP}⁺⁻()\[\]]*(?:·\d*[A-Z][A-Za-z{SUB}]*)*"
NUMBER = r"(\d+(?:\.\d+)?)"
MASS = "(?:분자량|원자량|화학식량|몰질량|몰 질량|원자 질량|molar mass)"
STATED = [
    re.compile(rf"({F})의 {MASS}[은는이] {NUMBER}"),
    re.compile(rf"({F})\W{{0,2}}\((?:M =|{MASS}) {NUMBER}"),
    re.compile(rf"\bM\(({F})\) = {NUMBER}"),
    re.compile(rf"molar mass of ({F}) (?:is|=) {NUMBER}"),
    re.compile(rf"({F}) {NUMBER} g/mol"),
]
LIST = re.compile(rf"(?:{MASS}[은는]|\bM:) ")
ITEM = re.compile(rf"([^,:()]+?) {NUMBER}(?: g/mol)?(?:, )?")

ARROW = re.compile("[→⟶⇌⇄]")
SIDE = r"(?:(?:\d+|½) )?[^\s,;]+(?: \+ (?:(?:\d+|½) )?[^\s,;]+)*"
WORD = re.compile(rf"[A-Z][a-z]{{2,}}|(?=.*[{ANY}])[A-Z]{{3,}}")
TERM = re.compile(rf"\(?(\d+|½)? ?([a-z](?=[A-Z\[]|e⁻))?({F}|e⁻|en)[가-힣]*[.,?:)]*")


class Said(NamedTuple):
    """A text of a question, and with it all that the question says."""

    name: str
    text: str
    whole: str


@cache
def said() -> list[Said]:
    found = []
    for name in QUESTIONS:
        for line in (SAMPLE / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            texts = [row["question"], *row.get("options", []), row["answer"]]
            texts += [row["explanation"]] if "explanation" in row else []
            found += [Said(row["id"], text, "\n".join(texts)) for text in texts]
    return found


def parsed(formula: str) -> tuple[Formula, int]:
    """Return what molmass makes of a formula without its charge, and the charge."""
    match = re.fullmatch(rf"(.+?)(?:([{SUP}]*)([⁺⁻]))?", formula)
    assert match is not None, formula
    plain = re.sub(rf"([{SUP}]+)([A-Z][a-z]?)", isotope, match[1]).translate(DIGITS)
    plain = re.sub(r"·x?", ".", plain)
    charge = int((match[2] or "1").translate(DIGITS)) if match[3] else 0
    # Without these molmass would take some formulas for peptides and for lists of fractions.
    neutral = Formula(plain, LIGANDS, parse_oligos=False, parse_fractions=False)
    return neutral, -charge if match[3] == "⁻" else charge


def isotope(match: re.Match[str]) -> str:
    number, symbol = int(match[1].translate(DIGITS)), match[2]
    # molmass knows only the isotopes that occur in nature, and not ¹⁴C.
    natural = symbol in ELEMENTS and number in ELEMENTS[symbol].isotopes
    return f"[{number}{symbol}]" if natural else symbol


def generic(formula: str, whole: str) -> bool:
    """Whether a letter of `formula` is no element, and stands alone in `whole`, not as a unit."""
    letters = set(SYMBOL.findall(formula)) & set(ANY)
    return any(re.search(rf"(?<![A-Za-z/·])(?<!\d ){x}(?![A-Za-z])", whole) for x in letters)


def between_brackets(run: str) -> list[str]:
    """Split `run` at the brackets of the prose: those not closed in it, and those around it all."""
    opened: list[int] = []
    cuts = set()
    for i, character in enumerate(run):
        if character in "([":
            opened.append(i)
        elif character in ")]":
            start = opened.pop() if opened else i
            if start == i or (character == ")" and (start, i) == (0, len(run) - 1)):
                cuts |= {start, i}
    cuts |= set(opened)
    return "".join(" " if i in cuts else c for i, c in enumerate(run)).split()


def pieces(text: str) -> Iterator[str]:
    text = UNIT.sub(" ", STATE.sub(" ", text)).replace("M(", " (")
    text = CONCENTRATION.sub(lambda match: f" {match[1] or match[2]} ", text)
    for run in RUNS.findall(text):
        for piece in between_brackets(run):
            # The letter may be a coefficient to be found: aNH₃.
            yield re.sub(r"^[a-z](?=[A-Z\[])", "", piece)


def formulas(text: str, whole: str) -> list[str]:
    """Return what looks like a formula: it has a subscript or a charge, and is nothing else."""
    return [
        piece
        for piece in pieces(text)
        if re.search(rf"[{SUB}⁺⁻]", piece)
        and SYMBOL.search(piece)
        and not piece[0].islower()
        and not set(piece) & set(INDEX)
        and not QUANTITY.fullmatch(piece)
        and not NUMBERED.fullmatch(piece)
        and not generic(piece, whole)
    ]


def masses(text: str) -> set[tuple[str, str]]:
    """Return the formulas of `text` with the molar masses stated beside them."""
    found = {pair for pattern in STATED for pair in pattern.findall(text)}
    for start in LIST.finditer(text):
        at = start.end()
        while item := ITEM.match(text, at):
            found |= {item.groups()} if re.fullmatch(F, item[1]) else set()
            at = item.end()
    return found


def brackets_close(text: str) -> bool:
    pair = re.compile(r"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
    while (shorter := pair.sub("", text)) != text:
        text = shorter
    return not re.search(r"[()\[\]{}]", text)


def equations(text: str) -> Iterator[tuple[str, str]]:
    text = STATE.sub("", text)
    for arrow in ARROW.finditer(text):
        left = re.search(rf"{SIDE}$", text[: arrow.start()].rstrip())
        right = re.match(SIDE, text[arrow.end() :].lstrip())
        if left and right:
            yield left[0], right[0]


def members(side: str, whole: str) -> list[tuple[Fraction, str]] | None:
    """Return coefficients and formulas, or None where one is a word, or stands for any."""
    found = []
    for term in side.split(" + "):
        match = TERM.fullmatch(term)
        if match is None or match[2] or QUANTITY.fullmatch(match[3]):
            return None
        piece = between_brackets(match[3])
        if len(piece) != 1 or WORD.fullmatch(piece[0]) or generic(piece[0], whole):
            return None
        found.append((Fraction((match[1] or "1").replace("½", "1/2")), piece[0]))
    return found


def total(side: list[tuple[Fraction, str]]) -> dict[str, Fraction]:
    """Return the atoms of each element, and the charge."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for count, name in side:
        if name == "e⁻":
            found["charge"] -= count
            continue
        formula, charge = parsed(name)
        found["charge"] += count * charge
        for symbol, item in formula.composition().items():
            found[symbol] += count * item.count
    return {key: value for key, value in found.items() if value}


def test_every_formula_is_one() -> None:
    found = [(s, formula) for s in said() for formula in formulas(s.text, s.whole)]
    assert len(found) > 600
    assert len({formula for _, formula in found}) > 180
    wrong = [(s.name, formula) for s, formula in found if ONE_OR_NONE.search(formula)]
    # Also where a bracket that is missing hides the formula: CrCO)₆.
    scripts = [s for s in said() if re.search(f"[{SUB}⁺⁻]", s.text)]
    wrong += [(s.name, s.text) for s in scripts if not brackets_close(s.text)]
    for s, formula in found:
        try:
            parsed(formula)[0].composition()
        except FormulaError as error:
            wrong.append((s.name, f"{formula}: {error}"))
    assert wrong == []


def test_no_formula_has_plain_digits() -> None:
    for s in said():
        for match in ASCII.findall(s.text):
            # SN1 and SN2 are mechanisms.
            if not re.fullmatch("SN[12]", match):
                assert not all(x in ELEMENTS for x in SYMBOL.findall(match)), (s.name, match)


def test_every_atomic_number_is_its_elements() -> None:
    found = [(s.name, m) for s in said() for p in pieces(s.text) if (m := NUMBERED.fullmatch(p))]
    assert len(found) >= 5
    for name, match in found:
        assert ELEMENTS[match[2]].number == int(match[1].translate(DIGITS)), name


def test_every_molar_mass_agrees() -> None:
    found = [(s, *pair) for s in said() for pair in masses(s.text) if not generic(pair[0], s.whole)]
    assert len(found) > 50
    wrong = []
    for s, formula, number in found:
        # "원자 질량은 Cl 35.0" may be that of the ³⁵Cl of the question.
        isotopes = re.findall(rf"[{SUP}]+{re.escape(formula)}(?![a-z{SUB}])", s.whole)
        right = [parsed(name)[0].mass for name in (formula, *isotopes)]
        half = 0.5 * 10.0 ** -len(number.partition(".")[2])
        if all(abs(float(number) - mass) > half + 0.005 * mass for mass in right):
            wrong.append((s.name, formula, number, right))
    assert wrong == []


def test_every_equation_balances() -> None:
    checked, wrong = 0, []
    for s in said():
        for sides in equations(s.text):
            left, right = (members(side, s.whole) for side in sides)
            if left and right:
                checked += 1
                if total(left) != total(right):
                    wrong.append((s.name, *sides, total(left), total(right)))
    assert wrong == []
    assert checked > 50


# py2opsin warns of every name that OPSIN does not know.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_most_names_are_known_to_opsin(tmp_path: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("OPSIN runs on Java, which is not installed")
    opsin = pytest.importorskip("py2opsin", reason="py2opsin, which holds OPSIN, is not installed")
    task = load_tasks(find_domain("chemistry").task_folder)["summarization_extraction"]
    replies = [
        json.loads(line)
        for path in sorted((SAMPLE / "replies").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    found = {
        name.translate(DASHES)
        for row in replies
        if row["task"] == task.name
        for name in task.read(row["reply"])["names"]
    }
    assert len(found) > 300
    known = opsin.py2opsin(sorted(found), tmp_fpath=str(tmp_path / "names.txt"))
    assert len(known) == len(found)
    # The others are materials, polymers, trade names, minerals and formulas.
    assert sum(map(bool, known)) / len(found) > 0.6
