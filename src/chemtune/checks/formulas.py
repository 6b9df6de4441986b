"""Chemical formulas as papers write them, read by descent: one pass, nothing is tried twice.

A formula is parts beside each other ("Pt/C", "Co3O4@C", "Fe-N-C"); a part is groups of elements
with counts, with what it crystallizes with ("CuSO4·5H2O") and its charge ("SO4 2-").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

# Names come from a model's reply: no formula is this long, and none is nested this deep.
MOST_CHARACTERS = 200
DEEPEST = 8
ELEMENTS = frozenset(
    """H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As
    Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu
    Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np
    Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og D T""".split()  # noqa: SIM905
)
# Groups and ligands that stand in formulas by their abbreviations.
GROUPS: dict[str, dict[str, float]] = {
    "OAc": {"C": 2, "H": 3, "O": 2},
    "AcO": {"C": 2, "H": 3, "O": 2},
    "OTf": {"C": 1, "F": 3, "O": 3, "S": 1},
    "TFSI": {"C": 2, "F": 6, "N": 1, "O": 4, "S": 2},
    "acac": {"C": 5, "H": 7, "O": 2},
    "bpy": {"C": 10, "H": 8, "N": 2},
    "phen": {"C": 12, "H": 8, "N": 2},
    "ppy": {"C": 11, "H": 8, "N": 1},
    "cod": {"C": 8, "H": 12},
    "Me": {"C": 1, "H": 3},
    "Et": {"C": 2, "H": 5},
    "Bu": {"C": 4, "H": 9},
    "Ph": {"C": 6, "H": 5},
    "Cp": {"C": 5, "H": 5},
}
# Capitals alone are mostly abbreviations (PVC, HIV, CNS, II); these are formulas.
CAPITALS = frozenset(
    """BN BP CN CO CS DCN HCN HCNO HD HDO HF HNCO HNO HOCN HSCN HT HTO KCN KF KH KI KOCN KOD
    KOH KSCN NCO NCS NO NOH OCN OD OH SCN SO UC UN VC VN VO WC WN WS""".split()  # noqa: SIM905
)
# One letter and a number is mostly a label (B12, T3, P450); these are elements.
MOLECULES = frozenset("H2 D2 T2 N2 O2 O3 F2 S8 P4 I2 C60 C70 N3 I3".split())  # noqa: SIM905
# What is more often something else, as it stands.
AMBIGUOUS = frozenset(
    """In As At No He Be Am Pa Ho Me Et Ph Bu Cp CaN CoN HeLa GeV MeV TeV PaO2 PaCO2 PO2 DO2
    CD3 CD4""".split()  # noqa: SIM905
)
TRITIUM = frozenset("T2 T2O HT HTO DTO".split())  # noqa: SIM905
WITH_DEUTERIUM = frozenset("D H C N O F Cl Br I S P Li Na K B Al Si".split())  # noqa: SIM905
ANIONS = frozenset("F Cl Br I H D".split())  # noqa: SIM905
ANY_ELEMENT = frozenset("M X L R A Ln Mx".split())  # noqa: SIM905

DIGITS = "0123456789"
VARIABLES = "xyznmδε"
SIGNS = {"+": 1, "-": -1}
BRACKETS = {"(": ")", "[": "]", "{": "}"}
SEPARATORS = "/@:-"
END = r"(?=[/@:]|$)"
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
DOTS = dict.fromkeys(map(ord, "⋅∙•․‧*・"), "·")
POLYATOMIC = frozenset("I3- N3- Br3-".split())  # noqa: SIM905
SUPERSCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
AROUND = re.compile(r" ?([/@:·+()\[\]-]) ?")
SYMBOL = re.compile(r"[A-Z][a-z]?")
HIGH_MASS = re.compile(r"\^[0-9]{1,3}(?=[A-Z])")
# The period of CuSO4.5H2O is a dot, that of O1.95 is not.
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+(?![0-9]|H2O))?(?:/[0-9]+)?")
AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?")
WATER = re.compile(r"[·.](?=[0-9.]{0,4}H2O)|·")
# MEDLINE writes H(2)O(2); others Li(1-x)CoO2.
IN_BRACKETS = re.compile(r"\(([0-9]{1,3}|[0-9.xyzδ+-]{0,12}[xyzδ][0-9.xyzδ+-]{0,12})\)")
ROMAN = re.compile(r"\((?:[IVX]{1,5}|0)\)")
ION_COUNT = re.compile(rf"([0-9]{{1,2}})([+-]){END}")
CHARGE = re.compile(
    rf"(?:[ ^]?\(?([1-9]?)([+-])\)?|[ ^]\(?([+-])([1-9])\)?|(\+{{2,4}}|-{{2,4}})){END}"
)
LIKE_FORMULA = re.compile(r"[A-Za-z0-9δ()\[\]{}.,·/@:^+=-]+")
COUNTED = re.compile(
    r"[A-Z][a-z][0-9]|[A-Z][a-z]?[A-Z][a-z]?[0-9][A-Z(\[]|[0-9][)\]]|\([A-Z][A-Za-z]*[0-9]"
)
LONG_WORD = re.compile(r"[a-z]{3}")
ONE = re.compile(r"(?<![0-9.])1(?![0-9./])")
LAST_COUNT = re.compile(r"[A-Z]+[0-9]{2,}")


@dataclass(frozen=True)
class Formula:
    """A formula that was read.

    Attributes:
        text: It in plain characters, "^" before a charge that stands high: "SO4^2-".
        composition: By element symbol (D and T among them), how many atoms; None where that is
            variable or not told, as in a composite.
        charge: In elementary charges; 0 for a composite.
        parts: Of a composite, what it is made of; else empty.
    """

    text: str
    composition: Mapping[str, float | None]
    charge: int = 0
    parts: tuple[Formula, ...] = ()


class _Fault(Exception):
    """Why a text is no formula; "" where that tells nobody anything."""


def parse_formula(text: str) -> Formula | None:
    """Return the formula that a text is, or None where it is none or more likely something else.

    "IrO₂", "La0.6Sr0.4CoO3-δ", "[Fe(CN)6]4-", "CuSO4·5H2O" and "Pt/C" are formulas. "In", "PVC" and
    "B12" could be, and are not: by themselves they are mostly a word, an abbreviation, a label.
    """
    try:
        formula = _read(text)
    except _Fault:
        return None
    return formula if _likely(formula) else None


def formula_fault(text: str) -> str:
    """Say why a text that looks like a formula is none; "" where it is one, or looks like none.

    It looks like one where it has no words, and a count after an element of two letters or beside
    brackets or between elements: "Xx2O3" and "Fe(OH2", but not "ZIF-8".
    """
    plain = "" if len(text) > MOST_CHARACTERS else _plain(text)
    if not LIKE_FORMULA.fullmatch(plain) or LONG_WORD.search(plain) or not COUNTED.search(plain):
        return ""
    try:
        _read(text)
    except _Fault as fault:
        return str(fault)
    return ""


def _read(text: str) -> Formula:
    if not SYMBOL.search(text[:MOST_CHARACTERS]) or len(text) > MOST_CHARACTERS:
        raise _Fault
    return _Reader(_plain(text)).formula()


def _plain(text: str) -> str:
    """Return a text with subscripts as digits, "^" before superscripts, and no needless spaces."""
    high = SUPERSCRIPTS.sub(lambda match: "^" + match[0], text.strip())
    plain = unicodedata.normalize("NFKC", high).translate(DASHES).translate(DOTS)
    plain = " ".join(plain.replace("\u2044", "/").replace("\u200b", "").split())
    return AROUND.sub(r"\1", plain)


@dataclass
class _Reader:
    """A text, how far it is read, and what was met on the way."""

    text: str
    at: int = 0
    depth: int = 0
    # The charge that stood in a count: SO42- is SO4 and 2-.
    charge: int = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next_in(self, characters: str) -> bool:
        return self.at < len(self.text) and self.text[self.at] in characters

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def formula(self) -> Formula:
        parts = [self.part()]
        while self.peek():
            if not self.next_in(SEPARATORS):
                raise _Fault(self.complaint())
            self.at += 1
            parts.append(self.part())
        if len(parts) == 1:
            return parts[0]
        elements = {element for part in parts for element in part.composition}
        return Formula(self.text, dict.fromkeys(sorted(elements)), 0, tuple(parts))

    def part(self) -> Formula:
        """Read what stands between separators: groups, what they crystallize with, the charge."""
        start, self.charge = self.at, 0
        found: dict[str, float | None] = {}
        portions, had_amount = 1, self.portion(found)
        while self.take(WATER):
            self.portion(found)
            portions += 1
        if had_amount and portions == 1:
            # "2H2O" tells how many there are, and "5HT" is no formula at all.
            raise _Fault
        charge = self.charge or self.charge_after()
        return Formula(self.text[start : self.at], found, charge)

    def portion(self, into: dict[str, float | None]) -> bool:
        """Read groups with perhaps an amount before them; say whether there was one."""
        has_amount = self.next_in(DIGITS + VARIABLES)
        amount = self.sum(AMOUNT) if has_amount else 1.0
        _add(into, self.groups(""), amount)
        return has_amount

    def groups(self, closing: str) -> dict[str, float | None]:
        """Read elements and brackets up to `closing`, or to what is neither."""
        found: dict[str, float | None] = {}
        mixed = False
        while not self.charge and self.peek() != closing and self.unit(found):
            if self.next_in("=≡"):
                self.at += 1
            elif closing and self.peek() == ",":
                # (La,Sr)CoO3: how much of each is not told.
                mixed = True
                self.at += 1
        if not found:
            raise _Fault(self.complaint())
        return dict.fromkeys(found) if mixed else found

    def unit(self, into: dict[str, float | None]) -> bool:
        """Read an element, an abbreviated group or brackets, with the count; False at others."""
        if into and self.take(ROMAN):
            return True
        if CHARGE.match(self.text, self.at):
            return False
        inner = self.bracketed() if self.next_in("([{") else self.symbol()
        if inner is None:
            return False
        _add(into, inner, self.count(alone=not into and len(inner) == 1))
        return True

    def bracketed(self) -> dict[str, float | None]:
        closing = BRACKETS[self.peek()]
        self.at += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Fault
        found = self.groups(closing)
        if self.peek() != closing:
            raise _Fault(self.complaint() if self.peek() else f"no {closing} closes a bracket")
        self.at += 1
        self.depth -= 1
        return found

    def symbol(self) -> dict[str, float | None] | None:
        self.take(HIGH_MASS)
        for name in GROUPS:
            if self.text.startswith(name, self.at):
                self.at += len(name)
                return dict(GROUPS[name])
        for name in (self.text[self.at : self.at + 2], self.peek()):
            if name in ELEMENTS:
                self.at += len(name)
                return {name: 1.0}
        return None

    def count(self, alone: bool) -> float | None:
        """Read a count, 1 where there is none; None where it is variable.

        Where the sign of a charge follows, the last digit is the charge's in Fe3+ (`alone`: the
        first and only element), in SO42- and in [Fe(CN)6]4-, but not in NH4+.
        """
        ion = ION_COUNT.match(self.text, self.at)
        if ion:
            before, number = self.text[self.at - 1], ion[1]
            all_charge = len(number) == 1 and (alone or before == "]")
            if self.text not in POLYATOMIC and (all_charge or _both(number, before)):
                self.at = ion.end()
                self.charge = SIGNS[ion[2]] * int(number[-1])
                return float(number[:-1] or 1)
        bracketed = self.take(IN_BRACKETS)
        if bracketed:
            return float(bracketed[1]) if bracketed[1].isdecimal() else None
        return self.sum(NUMBER) if self.next_in(DIGITS + VARIABLES) else 1.0

    def sum(self, pattern: re.Pattern[str]) -> float | None:
        """Read a number, or a sum with variables in it such as 3-δ, 1-x-y and 2n+2."""
        number = self.take(pattern)
        variable = self.variable()
        while self.next_in("+-±"):
            sign = self.at
            self.at += 1
            more = self.take(pattern)
            if not self.variable() and not (more and variable):
                self.at = sign
                break
            variable = True
        return None if variable or not number else _number(number[0])

    def variable(self) -> bool:
        if not self.next_in(VARIABLES):
            return False
        self.at += 1
        return True

    def charge_after(self) -> int:
        match = self.take(CHARGE)
        if not match:
            return 0
        if match[5]:
            return SIGNS[match[5][0]] * len(match[5])
        return SIGNS[match[2] or match[3]] * int(match[1] or match[4] or 1)

    def complaint(self) -> str:
        symbol = SYMBOL.match(self.text, self.at)
        if symbol and symbol[0] not in ELEMENTS | ANY_ELEMENT:
            return f"there is no element {symbol[0]}"
        return f"{self.peek()} closes no bracket" if self.next_in(")]}") else ""


def _add(
    into: dict[str, float | None], more: Mapping[str, float | None], times: float | None
) -> None:
    for element, count in more.items():
        before = into.get(element, 0.0)
        unknown = before is None or count is None or times is None
        into[element] = None if unknown else before + count * times  # type: ignore[operator]


def _number(text: str) -> float:
    over, _, under = text.partition("/")
    if under and not int(under):
        raise _Fault
    return float(over) / int(under or 1)


def _both(number: str, before: str) -> bool:
    """Whether two digits before a sign are a count and a charge, as in SO42- but not in C60-."""
    return len(number) == 2 and number[0] != "0" and number[1] in "1234" and before not in "HC"


def _likely(formula: Formula) -> bool:
    if formula.text in AMBIGUOUS:
        return False
    if not formula.parts:
        return _likely_alone(formula)
    some = any(_likely_alone(part) or part.text in AMBIGUOUS for part in formula.parts)
    return some and all(part.text in ELEMENTS or _likely_alone(part) for part in formula.parts)


def _likely_alone(formula: Formula) -> bool:
    """Whether a text that can be read as a formula of one part is one, and no word or label."""
    text, found = formula.text, formula.composition
    if text in AMBIGUOUS or ("T" in found and text not in TRITIUM and found["T"] is not None):
        return False
    if "D" in found and not WITH_DEUTERIUM.issuperset(found):
        return False
    if len(found) == 1:
        return _likely_element(formula)
    hydrogen = sum(found.get(symbol) or 0 for symbol in "HDT")
    others = sum(count or 1 for symbol, count in found.items() if symbol not in ("H", "D", "T"))
    if hydrogen > 2 * others + 4:
        return False
    if not text.isascii() or any(len(symbol) == 2 for symbol in found) or not text.isalnum():
        return formula.charge >= 0 or len(found) > 1
    if text.isalpha() and text.isupper():
        return text in CAPITALS
    return not ONE.search(text) and not LAST_COUNT.fullmatch(text)


def _likely_element(formula: Formula) -> bool:
    text, ((symbol, count),) = formula.text, formula.composition.items()
    if formula.charge:
        # A hyphen after a symbol is mostly that of a longer word.
        return text != symbol + "-" or symbol in ANIONS
    if count is None:
        return False
    return text in MOLECULES if len(symbol) == 1 and "(" not in text else count < 100
