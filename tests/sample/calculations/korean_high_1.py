"""Recalculations of the Korean high school questions 21 to 70 from the inputs each one gives."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from pint import UnitRegistry

Q = UnitRegistry().Quantity

CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    # id: (calculation in the unit of the option, number in the right option, its exact text)
    "ko-high-21": (
        lambda: (3 * Q(3.4, "g") / Q(17, "g/mol") * Q(6.02e23, "1/mol")).m_as(""),
        3.6e23,
        "3.6 × 10²³",
    ),
    # the ratio O : Fe as a fraction of small whole numbers, numerator plus denominator
    "ko-high-22": (
        lambda: float(
            sum(
                Fraction(
                    ((Q(100 - 72.4, "g") / Q(16, "g/mol")) / (Q(72.4, "g") / Q(56, "g/mol"))).m_as(
                        ""
                    )
                )
                .limit_denominator(5)
                .as_integer_ratio()
            )
        ),
        7.0,
        "7",
    ),
    "ko-high-23": (
        lambda: (
            Q(3.0, "L") * (Q(127 + 273, "K") / Q(27 + 273, "K")) * (Q(1.0, "atm") / Q(2.0, "atm"))
        ).m_as("L"),
        2.0,
        "2.0 L",
    ),
    "ko-high-24": (
        lambda: (
            (Q(3.0, "atm") * Q(2.0, "L") + Q(1.0, "atm") * Q(3.0, "L"))
            / (Q(2.0, "L") + Q(3.0, "L"))
        ).m_as("atm"),
        1.8,
        "1.8 atm",
    ),
    "ko-high-25": (lambda: (Q(16, "g/mol") / (1 / 2) ** 2).m_as("g/mol"), 64.0, "64"),
    # CO2 from all of the CO, and the O2 that is left
    "ko-high-26": (
        lambda: (Q(4.0, "L") * 2 / 2 + (Q(3.0, "L") - Q(4.0, "L") / 2)).m_as("L"),
        5.0,
        "5.0 L",
    ),
    "ko-high-27": (
        lambda: (Q(14.4, "g") / (Q(13.8, "g") / Q(138, "g/mol") * Q(180, "g/mol"))).m_as("percent"),
        80.0,
        "80.0 %",
    ),
    "ko-high-28": (
        lambda: (Q(20.0, "g") / Q(40.0, "g/mol") / Q(100 - 20.0, "g")).m_as("mol/kg"),
        6.25,
        "6.25 mol/kg",
    ),
    "ko-high-29": (
        lambda: (Q(0.100, "mol/L") * Q(250, "mL") * Q(249.7, "g/mol")).m_as("g"),
        6.24,
        "6.24 g",
    ),
    "ko-high-30": (
        lambda: (Q(18, "g") / (Q(0.26, "K") / Q(0.52, "K*kg/mol") * Q(200, "g"))).m_as("g/mol"),
        180.0,
        "180",
    ),
    "ko-high-31": (
        lambda: (
            Q(4.50, "g")
            / Q(180, "g/mol")
            / Q(500, "mL")
            * Q(0.0821, "atm*L/(mol*K)")
            * Q(27 + 273, "K")
        ).m_as("atm"),
        1.23,
        "1.23 atm",
    ),
    "ko-high-32": (
        lambda: (Q(-1312, "kJ/mol") / 4**2 - Q(-1312, "kJ/mol") / 2**2).m_as("kJ/mol"),
        246.0,
        "246 kJ/mol",
    ),
    "ko-high-33": (
        lambda: (2 * Q(75.0, "percent") * Q(25.0, "percent")).m_as("percent"),
        37.5,
        "37.5 %",
    ),
    "ko-high-34": (
        lambda: (
            Q(0.46, "g")
            * Q(0.082, "atm*L/(mol*K)")
            * Q(127 + 273, "K")
            / (Q(1.0, "atm") * Q(164, "mL"))
        ).m_as("g/mol"),
        92.0,
        "92",
    ),
    "ko-high-35": (
        lambda: ((Q(6.3, "cm") - Q(1.5, "cm")) / (Q(9.5, "cm") - Q(1.5, "cm"))).m_as(""),
        0.60,
        "0.60",
    ),
    "ko-high-51": (lambda: (Q(5.0, "mg") / Q(250, "g")).m_as("ppm"), 20.0, "20 ppm"),
    "ko-high-52": (
        lambda: (Q(0.300, "mol/L") * Q(500, "mL") / Q(12.0, "mol/L")).m_as("mL"),
        12.5,
        "12.5 mL",
    ),
    "ko-high-56": (
        lambda: (
            Q(4.5, "g") - Q(8.8, "g") * (12 / (12 + 2 * 16)) - Q(4.5, "g") * (2 * 1 / (2 * 1 + 16))
        ).m_as("g"),
        1.6,
        "1.6 g",
    ),
    "ko-high-57": (
        lambda: (
            Q(105, "g") * (100 / (100 + 110)) * ((Q(110, "g") - Q(32, "g")) / Q(100, "g"))
        ).m_as("g"),
        39.0,
        "39 g",
    ),
    "ko-high-58": (
        lambda: (
            Q(16, "g")
            / Q(32, "g/mol")
            / (Q(16, "g") / Q(32, "g/mol") + Q(27, "g") / Q(18, "g/mol"))
        ).m_as(""),
        0.25,
        "0.25",
    ),
    "ko-high-59": (
        lambda: (
            Q(0.040, "g") / (Q(1.0, "atm") * Q(1.0, "L")) * (Q(2.5, "atm") * Q(4.0, "L"))
        ).m_as("g"),
        0.40,
        "0.40 g",
    ),
    "ko-high-60": (
        lambda: (Q(45.0, "g") / Q(18.0, "g/mol") * Q(40.7, "kJ/mol") / Q(500, "W")).m_as("s"),
        204.0,
        "204 s",
    ),
    "ko-high-61": (
        lambda: (Q(1.30, "g") / (Q(448, "mL") / Q(22.4, "L/mol"))).m_as("g/mol"),
        65.0,
        "65.0",
    ),
    "ko-high-62": (
        lambda: (2 * Q(14.2, "g") / Q(142, "g/mol") / Q(250, "mL")).m_as("mol/L"),
        0.800,
        "0.800 M",
    ),
    "ko-high-63": (
        lambda: (Q(3.30, "g") / Q(44.0, "g/mol") * Q(100, "g/mol") / Q(10.0, "g")).m_as("percent"),
        75.0,
        "75.0 %",
    ),
}
