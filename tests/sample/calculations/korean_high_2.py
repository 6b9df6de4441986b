"""Recalculations of the Korean high school questions 71 to 120 from the inputs each one gives."""

from __future__ import annotations

from collections.abc import Callable
from math import log10, sqrt

from pint import UnitRegistry

Q = UnitRegistry().Quantity

CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    # id: (calculation in the unit of the option, number in the right option, its exact text)
    "ko-high-71": (lambda: -log10(sqrt(0.40 * 2.5e-7)), 3.50, "3.50"),
    # the lesser amount is neutralised, and the whole solution is heated
    "ko-high-72": (
        lambda: (
            min(Q(0.90, "mol/L") * Q(100, "mL"), Q(0.60, "mol/L") * Q(100, "mL"))
            * Q(56, "kJ/mol")
            / (Q(1.0, "g/mL") * Q(100 + 100, "mL") * Q(4.2, "J/(g*K)"))
        ).m_as("K"),
        4.0,
        "4.0 ℃",
    ),
    "ko-high-73": (
        lambda: (Q(0.6126, "g") / Q(204.2, "g/mol") / Q(24.00, "mL")).m_as("mol/L"),
        0.1250,
        "0.1250 M",
    ),
    # the charge on the left without the electrons, less that on the right
    "ko-high-74": (lambda: float((-2 + 14 * 1) - 2 * 3), 6.0, "6"),
    "ko-high-75": (
        lambda: (Q(2.16, "g") / Q(108, "g/mol") / 2 * Q(63.5, "g/mol")).m_as("g"),
        0.635,
        "0.635 g",
    ),
    "ko-high-76": (lambda: (Q(0.80, "V") - Q(-0.76, "V")).m_as("V"), 1.56, "1.56 V"),
    "ko-high-77": (
        lambda: ((Q(945, "kJ/mol") + 3 * Q(436, "kJ/mol") - Q(-92, "kJ/mol")) / 6).m_as("kJ/mol"),
        391.0,
        "391 kJ/mol",
    ),
    "ko-high-78": (
        lambda: (
            Q(10.0, "kJ/K") * Q(6.80, "K") / (Q(2.30, "g") / Q(46.0, "g/mol")) * Q(1, "mol")
        ).m_as("kJ"),
        1360.0,
        "1360 kJ",
    ),
    # the orders from the ratios of the rates when one concentration is doubled
    "ko-high-79": (
        lambda: (
            Q(2.0e-3, "mol/L/s")
            * (0.30 / 0.10) ** (log10(8.0e-3 / 2.0e-3) / log10(0.20 / 0.10))
            * (0.20 / 0.10) ** (log10(4.0e-3 / 2.0e-3) / log10(0.20 / 0.10))
        ).m_as("mol/L/s"),
        3.6e-2,
        "3.6 × 10⁻² M/s",
    ),
    "ko-high-80": (
        lambda: ((Q(0.80, "mol/L") - Q(0.60, "mol/L")) / Q(100, "s") * 4 / 2).m_as("mol/L/s"),
        4.0e-3,
        "4.0 × 10⁻³ M/s",
    ),
    "ko-high-81": (
        lambda: (
            (Q(1.6, "mol") / Q(1.0, "L")) ** 2
            / ((Q(1.0, "mol") - Q(1.6, "mol") / 2) / Q(1.0, "L")) ** 2
        ).m_as(""),
        64.0,
        "64",
    ),
    "ko-high-82": (
        lambda: -log10(1.0e-14 / (Q(0.20, "g") / Q(40, "g/mol") / Q(500, "mL")).m_as("mol/L")),
        12.00,
        "12.00",
    ),
    "ko-high-83": (
        lambda: (
            (Q(0.20, "mol/L") * Q(50, "mL") - Q(0.10, "mol/L") * Q(40, "mL"))
            / (2 * Q(0.050, "mol/L"))
        ).m_as("mL"),
        60.0,
        "60 mL",
    ),
    "ko-high-84": (
        lambda: (
            Q(24, "mmHg")
            * (Q(30, "g") / Q(60, "g/mol"))
            / (Q(30, "g") / Q(60, "g/mol") + Q(171, "g") / Q(18, "g/mol"))
        ).m_as("mmHg"),
        1.2,
        "1.2 mmHg",
    ),
    "ko-high-85": (
        lambda: (Q(7.0, "g") / (Q(16, "g") / Q(2 * 80, "g/mol")) / Q(12 + 2 * 1, "g/mol")).m_as(""),
        5.0,
        "5",
    ),
    "ko-high-86": (
        lambda: (Q(62, "g/mol") + Q(166, "g/mol") - 2 * Q(18, "g/mol")).m_as("g/mol"),
        192.0,
        "192",
    ),
    "ko-high-87": (
        lambda: 2 ** ((Q(50, "degC") - Q(20, "degC")) / Q(10, "delta_degC")).m_as(""),
        8.0,
        "8배",
    ),
    "ko-high-88": (lambda: float(235 + 1 - (141 + 92)), 3.0, "3"),
    "ko-high-106": (lambda: -log10(sqrt(1.0e-13)), 6.50, "6.50"),
    "ko-high-107": (
        lambda: (Q(89, "g") / Q(890, "g/mol") * 3 * Q(40, "g/mol")).m_as("g"),
        12.0,
        "12 g",
    ),
    "ko-high-111": (
        lambda: (Q(0.0500, "mol/L") * Q(10.0, "mL") * Q(176, "g/mol")).m_as("mg"),
        88.0,
        "88.0 mg",
    ),
    # CnH2n+2 takes up (3n + 1)/2 O2, which gives n
    "ko-high-112": (
        lambda: (Q(0.10, "mol") * ((2 * Q(0.80, "mol") / Q(0.10, "mol") - 1) / 3)).m_as("mol"),
        0.50,
        "0.50 mol",
    ),
    "ko-high-113": (
        lambda: (Q(120, "kJ/mol") - Q(30, "kJ/mol") - Q(-50, "kJ/mol")).m_as("kJ/mol"),
        140.0,
        "140 kJ/mol",
    ),
    "ko-high-114": (
        lambda: ((Q(0.60, "atm") / 2) ** 2).m_as("atm**2"),
        0.090,
        "0.090",
    ),
    "ko-high-115": (
        lambda: (Q(0.40, "g") / (Q(64, "g/mol") - Q(56, "g/mol")) * Q(64, "g/mol")).m_as("g"),
        3.2,
        "3.2 g",
    ),
}
