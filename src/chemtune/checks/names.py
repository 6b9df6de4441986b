"""Names of chemicals: what speaks for one, and what plainly speaks against it. Never a veto."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import yaml

from chemtune.checks.finding import Finding
from chemtune.checks.formulas import formula_fault, parse_formula
from chemtune.checks.opsin import opsin

DATA = Path(__file__).parent / "names.yaml"
MOST_WORDS = 12
MOST_CHARACTERS = 300
WORD = re.compile(r"[a-z가-힣]+")
LONG_WORD = re.compile(r"[^\W\d_]{3,}")
# Characters that ordinary words do not have and SMILES mostly do.
SMILES = re.compile(
    r"[A-Za-z0-9@+\-\[\]()=#$/\\%.:*]*[=#\[\]()@\\/][A-Za-z0-9@+\-\[\]()=#$/\\%.:*]*"
)
ACRONYM = re.compile(r"(?=.*[A-Z].*[A-Z])[A-Z0-9][A-Za-z0-9]{0,7}(?:[-/][A-Za-z0-9]{1,6}){0,3}")


@dataclass(frozen=True)
class Evidence:
    """What speaks for a name.

    Attributes:
        kind: "formula", "name", "smiles", "acronym" (which may be any abbreviation), or "".
        how: Who recognizes it: "formula", "OPSIN", "RDKit", "words", or "".
        detail: The structure as SMILES, where it is known, or the word that tells.
    """

    kind: str = ""
    how: str = ""
    detail: str = ""


def check_names(field: str, names: Sequence[str]) -> list[Finding]:
    """Warn of each name that plainly is none, and of each that nothing speaks for.

    Args:
        field: The answer's field.
        names: The names.
    """
    found = ((name, against(name) or _unknown(name)) for name in names)
    return [Finding("names", "warning", field, name, why) for name, why in found if why]


def against(name: str) -> str:
    """Say why a text is no chemical's name, as far as that is plain; "" where it is not."""
    plain = " ".join(name.split())
    if not any(character.isalpha() for character in plain):
        return "holds no letter"
    if len(LONG_WORD.findall(plain)) > MOST_WORDS:
        return "is a sentence, not a name"
    if plain.casefold() in _lists()["general"]:
        return "is a general word, and names no chemical"
    fault = formula_fault(plain)
    return f"looks like a formula, but {fault}" if fault else ""


@lru_cache(maxsize=20_000)
def evidence(name: str) -> Evidence:
    """Return what speaks for a name: the first of formula, OPSIN, RDKit, known words, capitals."""
    plain = " ".join(name.split())
    if not plain or len(plain) > MOST_CHARACTERS or plain.casefold() in _lists()["general"]:
        return Evidence()
    if parse_formula(plain) is not None:
        return Evidence("formula", "formula", plain)
    known = opsin()
    structure = known.structure(plain) if known is not None else ""
    if structure:
        return Evidence("name", "OPSIN", structure)
    if SMILES.fullmatch(plain) and _is_smiles(plain):
        return Evidence("smiles", "RDKit", plain)
    word = telling_word(plain)
    if word:
        return Evidence("name", "words", word)
    return Evidence("acronym", "words", plain) if ACRONYM.fullmatch(plain) else Evidence()


def _unknown(name: str) -> str:
    return "" if evidence(name).kind else "is not known for a chemical's name by its form"


def telling_word(name: str) -> str:
    """Return the first word of a name that tells a chemical by itself, or ""."""
    lists: dict[str, tuple[str, ...]] = _lists()
    text = name.casefold()
    if text in lists["common"]:
        return text
    for part in lists["parts"]:
        if part in text:
            return part
    for word in map(str, WORD.findall(text)):
        if word in lists["elements"] or word in lists["common"]:
            return word
        if any(word.endswith(ending) for ending in lists["korean"]) and not word.isascii():
            return word
        ends = any(len(word) >= len(e) + 3 and word.endswith(e) for e in lists["endings"])
        if ends and word not in lists["not_endings"]:
            return word
    # A formula among words: "TiO2 nanoparticles", "Nafion 212" is none.
    return next((piece for piece in name.split() if parse_formula(piece) is not None), "")


def _is_smiles(text: str) -> bool:
    if find_spec("rdkit") is None:
        return False
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(text) is not None


@lru_cache(maxsize=1)
def _lists() -> dict[str, tuple[str, ...]]:
    data: dict[str, list[str]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return {name: tuple(words) for name, words in data.items()}
