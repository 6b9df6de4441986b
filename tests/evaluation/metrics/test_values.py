from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.evaluation.metrics.values import conditions_agree, units_agree, values_agree

ALIKE = [
    ("98 mS/cm", "0.098 S/cm"),
    ("98 mS/cm", "98 mS cm−1"),
    ("0.12 S/cm", "0.123 S/cm"),
    ("0.1 S/cm", "98 mS/cm"),
    ("1.8 ± 0.1 meq/g", "1.8 mmol g⁻¹"),
    ("(98 ± 3) mS/cm", "98 mS/cm"),
    ("98 mS/cm at 80 °C", "98 mS/cm"),
    ("20-30%", "20 to 30 %"),
    ("80 °C", "353 K"),
    ("High", "high"),
]
DIFFERENT = [
    ("98 mS/cm", "98 S/cm"),
    ("98 mS/cm", "98"),
    ("5%", "0.05"),
    ("0.12 S/cm", "0.126 S/cm"),
    ("20-30%", "20%"),
    ("80 °C", "80 K"),
    ("98 mS/cm", "98 mS"),
    ("high", "low"),
    ("high", "98 mS/cm"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_alike(one: str, other: str) -> None:
    assert values_agree(one, other)
    assert values_agree(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: str, other: str) -> None:
    assert not values_agree(one, other)
    assert not values_agree(other, one)


@given(st.integers(10, 9999), st.sampled_from([("mS/cm", "µS/cm"), ("g", "mg"), ("V", "mV")]))
def test_a_smaller_unit_with_three_more_digits_is_the_same(
    number: int, units: tuple[str, str]
) -> None:
    large, small = units
    same = f"{number}000 {small}"
    assert values_agree(f"{number} {large}", same)
    assert not values_agree(f"{number} {large}", f"{2 * number}000 {small}")
    assert not values_agree(f"{number} {large}", f"{number} {small}")


def test_units_are_the_same_or_the_values_agree() -> None:
    assert units_agree("98 mS/cm", "12 mS cm⁻¹")
    assert units_agree("2.4 meq/g", "3 mmol/g")
    assert units_agree("98 mS/cm", "0.098 S/cm")
    assert not units_agree("98 mS/cm", "98 S/cm")
    assert not units_agree("98 mS/cm", "98")


def test_conditions_in_any_order_and_unit() -> None:
    assert conditions_agree("98 mS/cm at 80 °C", "0.098 S/cm (353 K)")
    assert conditions_agree("98 mS/cm at 80 °C in 1 M KOH", "98 mS/cm in 1 M KOH at 80 °C")
    assert conditions_agree("98 mS/cm", "5 mS/cm")
    assert not conditions_agree("98 mS/cm at 80 °C", "98 mS/cm at 30 °C")
    assert not conditions_agree("98 mS/cm at 80 °C", "98 mS/cm")
    assert not conditions_agree("98 mS/cm", "98 mS/cm at 80 °C")
