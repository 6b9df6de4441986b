from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from molmass import Formula as Molmass

from chemtune.checks.formulas import formula_fault, parse_formula


@pytest.mark.parametrize(
    "text",
    [
        "H2O",
        "Fe3O4",
        "Ca(OH)2",
        "NaHCO3",
        "C6H12O6",
        "(NH4)2SO4",
        "K4[Fe(CN)6]",
        "Al2(SO4)3",
        "IrO2",
    ],
)
def test_compositions_are_molmasss(text: str) -> None:
    formula = parse_formula(text)
    assert formula
    oracle = {symbol: item.count for symbol, item in Molmass(text).composition().items()}
    assert dict(formula.composition) == oracle


@pytest.mark.parametrize(
    ("text", "composition", "charge"),
    [
        ("IrO₂", {"Ir": 1, "O": 2}, 0),
        ("NH4+", {"N": 1, "H": 4}, 1),
        ("SO4 2-", {"S": 1, "O": 4}, -2),
        ("SO₄²⁻", {"S": 1, "O": 4}, -2),
        ("Fe3+", {"Fe": 1}, 3),
        ("[Fe(CN)6]4-", {"Fe": 1, "C": 6, "N": 6}, -4),
        ("CuSO4·5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}, 0),
        ("Ce0.9Gd0.1O1.95", {"Ce": 0.9, "Gd": 0.1, "O": 1.95}, 0),
        ("LiNi1/3Mn1/3Co1/3O2", {"Li": 1, "Ni": 1 / 3, "Mn": 1 / 3, "Co": 1 / 3, "O": 2}, 0),
        ("La0.6Sr0.4CoO3−δ", {"La": 0.6, "Sr": 0.4, "Co": 1, "O": None}, 0),
        ("YBa2Cu3O7-x", {"Y": 1, "Ba": 2, "Cu": 3, "O": None}, 0),
        ("Pt3Co", {"Pt": 3, "Co": 1}, 0),
        ("D2O", {"D": 2, "O": 1}, 0),
    ],
)
def test_what_papers_write(text: str, composition: dict[str, float | None], charge: int) -> None:
    formula = parse_formula(text)
    assert formula
    assert formula.charge == charge
    assert set(formula.composition) == set(composition)
    for symbol, count in composition.items():
        found = formula.composition[symbol]
        assert found is None if count is None else found == pytest.approx(count)


@pytest.mark.parametrize("text", ["IrO2/TiO2", "Pt/C", "Co3O4@C", "Fe-N-C", "NiFe"])
def test_composites(text: str) -> None:
    assert parse_formula(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "In",
        "As",
        "At",
        "No",
        "He",
        "CaN",
        "PVC",
        "WAS",
        "B12",
        "T3",
        "R-OH",
        "catalyst",
        "ZIF-8",
        *("Xx2O3", "IrO2Q", "Fe(OH2", "2,4-D", "C", "1.5", "한글", "H" * 500),
    ],
)
def test_what_is_none_by_itself(text: str) -> None:
    assert parse_formula(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Xx2O3", "there is no element Xx"),
        ("Fe(OH2", "no ) closes a bracket"),
        ("Fe2O3)", ") closes no bracket"),
        ("Fe2O3", ""),
        ("ZIF-8", ""),
        ("catalyst", ""),
    ],
)
def test_faults(text: str, why: str) -> None:
    assert formula_fault(text) == why


@given(st.text("HOFeCl()[]{}0123456789+-·/@.^ δx", max_size=300))
def test_any_text_is_read_or_not(text: str) -> None:
    formula = parse_formula(text)
    assert formula is None or formula.text
    formula_fault(text)


def test_a_long_text_costs_nothing() -> None:
    started = time.monotonic()
    for text in ("(" * 10**6, "Fe2" * 10**6, "O-" * 10**6, "H2O" + "0" * 10**6):
        assert parse_formula(text) is None
        assert formula_fault(text) == ""
    # A regular expression that tries again and again would need hours.
    assert time.monotonic() - started < 20
