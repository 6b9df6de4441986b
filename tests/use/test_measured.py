"""Quantities as numbers in one unit."""

from __future__ import annotations

import pytest

from chemtune.use.measured import Measured, measure

IC = ("mS/cm", "S/cm", "mS cm-1", "S cm-1", "S/m")
IEC = ("mmol/g", "meq/g")


@pytest.mark.parametrize(
    ("value", "units", "expected"),
    [
        ("98 mS/cm", IC, Measured(98.0, unit="mS/cm")),
        ("0.0981 S cm−1", IC, Measured(98.1, unit="mS/cm")),
        ("9.8 S/m", IC, Measured(98.0, unit="mS/cm")),
        ("1.2e-3 S/cm", IC, Measured(1.2, unit="mS/cm")),
        ("98 mS/cm at 80 °C", IC, Measured(98.0, unit="mS/cm", condition="80 °C")),
        ("98 mS/cm (80 °C)", IC, Measured(98.0, unit="mS/cm", condition="80 °C")),
        ("1.8 ± 0.1 meq g−1", IEC, Measured(1.8, uncertainty=0.1, unit="mmol/g")),
        ("20-30 mS/cm", IC, Measured(20.0, high=30.0, unit="mS/cm")),
        ("0.02 to 0.03 S/cm", IC, Measured(20.0, high=30.0, unit="mS/cm")),
        ("~ 48%", ("%",), Measured(48.0, unit="%", qualifier="~")),
        ("up to 140 mS/cm", IC, Measured(140.0, unit="mS/cm", qualifier="up to")),
        ("0.48 g/g", ("%",), Measured(48.0, unit="%")),
        ("-40 °C", (), Measured(-40.0, unit="°C")),
        ("25 ± 2 °C", ("K",), Measured(298.15, uncertainty=2.0, unit="K")),
        # A number alone is no share of one.
        ("155", ("%", "g/g"), Measured(155.0)),
        # No one number.
        ("1.4, 1.9 and 2.4 meq/g", IEC, Measured()),
        ("high", IC, Measured()),
        ("membrane of 98 mS/cm", IC, Measured()),
        # Another kind of unit stays as it is; the check on units rejects the row.
        ("12 MPa", IC, Measured(12.0, unit="MPa")),
    ],
)
def test_numbers_in_the_unit_of_the_property(value, units, expected) -> None:
    assert measure(value, units) == expected
