from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.checks.quantity import Quantity, equal, quantities_in
from chemtune.checks.units import converted, parse_unit, same_dimension


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        (
            [
                "mS/cm",
                "mS cm−1",
                "mS.cm-1",
                "mS cm^{-1}",
                "mS cm-1",
                "mS cm⁻¹",
                "mS·cm⁻¹",
                "mS⋅cm^-1",
                "mS cm–1",
            ],
            "mS/cm",
        ),
        (["mmol/g", "mmol g−1", "meq/g", "meq./g", "mequiv g⁻¹", "mequiv./g"], "mmol/g"),
        (["W cm⁻²", "W/cm2", "W/cm²", "W·cm−2", "W cm^-2"], "W/cm**2"),
        (["g/(cm2 h)", "g cm−2 h−1", "g/cm²/h"], "g/cm**2/hour"),
        (["°C", "℃", "ºC", "° C", "˚C", "∘C", "◦C"], "degC"),
        (["%", "wt%", "wt.%", "wt %", "wt. %", "mol %", "vol%", "mol%", "at%"], "percent"),
        (["㎎/㎖"], "mg/mL"),
        (["Ω cm²", "ohm cm2", "Ω·cm²"], "ohm*cm**2"),
        (["mAh g⁻¹", "mAh/g"], "mA*hour/g"),
        (["kJ mol−1", "kJ/mol"], "kJ/mol"),
        (["h", "hr", "hours", "시간"], "hour"),
        (["µm", "μm"], "micrometer"),
        (["M"], "mole/liter"),
        (["cm² V⁻¹ s⁻¹", "cm2/(V s)"], "cm**2/V/s"),
        (["L m⁻² h⁻¹ bar⁻¹"], "liter/m**2/hour/bar"),
    ],
)
def test_one_unit_has_many_spellings(spellings: list[str], name: str) -> None:
    import pint

    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    wanted = registry.Quantity(1, name).to_base_units()
    for spelling in spellings:
        unit = parse_unit(spelling)
        assert unit is not None, spelling
        found = registry.Quantity(1, str(unit)).to_base_units()
        assert found.magnitude == pytest.approx(wanted.magnitude), spelling
        assert found.units == wanted.units, spelling


@pytest.mark.parametrize("text", ["foo", "at 80", "C–O bonds", "!", "per cent of"])
def test_what_names_no_unit(text: str) -> None:
    assert parse_unit(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("were 1.4, 1.9 and 2.4 meq/g at 80 °C", [
            (1.4, "meq/g"), (1.9, "meq/g"), (2.4, "meq/g"), (80, "°C"),
        ]),
        ("61 mS/cm at 30 °C and 0.147 S cm−1", [(61, "mS/cm"), (30, "°C"), (0.147, "S cm−1")]),
        ("1.1 × 10⁻⁸ cm² min⁻¹", [(1.1e-8, "cm² min⁻¹")]),
        ("1.2e-3 S/m", [(1.2e-3, "S/m")]),
        ("31.5 ± 1.8% and 10–20 nm", [(31.5, "%"), (1.8, "%"), (10, "nm"), (20, "nm")]),
        ("QPPO-40 in H2O, IrO₂ and CO2", []),
        ("1,200 h; 10 000 h", [(1200, "h"), (10000, "h")]),
        ("at −0.5 V", [(-0.5, "V")]),
        ("1.2 × 10–3 S cm–1", [(1.2e-3, "S cm–1")]),
        ("10⁻³ to 10⁻² S/cm; 10-2–10-1 S/m", [
            (1e-3, "S/cm"), (1e-2, "S/cm"), (1e-2, "S/m"), (0.1, "S/m"),
        ]),
        ("10-20 mS/cm", [(10, "mS/cm"), (20, "mS/cm")]),
        ("(98 ± 3) mS/cm", [(98, "mS/cm"), (3, "mS/cm")]),
        ("as in (3) A study", [(3, "")]),
        ("0,098 S/cm and 12,345 h", [(0.098, "S/cm"), (12345, "h")]),
        ("1,5 ± 0,2 mS/cm", [(1.5, "mS/cm"), (0.2, "mS/cm")]),
        ("samples 1,2 and 3 with 1,4-dioxane", [(1, ""), (2, ""), (3, ""), (1, ""), (4, "")]),
        ("washed 3 × 100 mL", [(3, ""), (100, "mL")]),
        ("5 mol % and 35 wt. % of", [(5, "mol %"), (35, "wt. %")]),
        ("98 mS.cm-1", [(98, "mS.cm-1")]),
        ("2.1 mequiv. g−1", [(2.1, "mequiv. g−1")]),
        ("5 mg. A2 was", [(5, "mg")]),
        ("50 ㎎, 25 ˚C", [(50, "㎎"), (25, "˚C")]),
        ("약98mS/cm이고 ８０ ℃", [(98, "mS/cm"), (80, "℃")]),
        ("약 80도에서 5%", [(80, "도"), (5, "%")]),
        ("for 3 membranes", [(3, "")]),
    ],
)  # fmt: skip
def test_quantities_in(text: str, found: list[tuple[float, str]]) -> None:
    there = [(q.value, q.unit) for q in quantities_in(text)]
    assert [unit for _, unit in there] == [unit for _, unit in found]
    assert [value for value, _ in there] == pytest.approx([value for value, _ in found])


@given(
    st.decimals("0.001", "9999", places=3),
    st.sampled_from(["mS/cm", "%", "mmol g⁻¹", "°C", "W cm⁻²", "nm", "MPa"]),
    st.sampled_from(["It was ", "(", "= ", "약 "]),
)
def test_a_quantity_is_found_where_it_stands(number: object, unit: str, before: str) -> None:
    text = f"{before}{number} {unit}, at last."
    (quantity,) = quantities_in(text)
    assert quantity.value == pytest.approx(float(str(number)))
    assert text[quantity.start : quantity.end] == f"{number} {unit}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("98", "mS/cm"), ("0.098", "S/cm"), True),
        (("98", "mS/cm"), ("9.8", "S/m"), True),
        (("98", "mS/cm"), ("0.0984", "S/cm"), False),
        (("98", "mS/cm"), ("98.4", "mS/cm"), False),
        (("1.80", "mmol/g"), ("1.8", "meq/g"), True),
        (("353", "K"), ("80", "°C"), True),
        (("353", "K"), ("82", "°C"), False),
        (("2", "h"), ("120", "min"), True),
        (("98", "mS/cm"), ("98", "%"), False),
        (("0.35", "g/g"), ("35", "%"), True),
    ],
)
def test_equal_after_conversion(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    def quantity(number: str, unit: str) -> Quantity:
        return Quantity(float(number), unit, 10.0 ** -len(number.partition(".")[2]))

    assert equal(quantity(*one), quantity(*other)) is same
    assert equal(quantity(*other), quantity(*one)) is same


def test_dimensions_and_conversion() -> None:
    assert same_dimension("S/m", "mS/cm")
    assert same_dimension("%", "g/g")
    assert not same_dimension("mS/cm", "%")
    assert not same_dimension("foo", "foo")
    assert converted(1, "S/cm", "mS/cm") == pytest.approx(1000)
    assert converted(25, "°C", "K") == pytest.approx(298.15)
    assert converted(1, "S/cm", "%") is None


def test_numbers_that_no_float_can_hold() -> None:
    small, large = quantities_in(f"0.{'0' * 500}1 mS and 1e400 mS")
    assert (small.value, large.value) == (0.0, 1e300)
    assert not equal(small, large)
    assert equal(small, Quantity(0.0, "S", 1e-300))
