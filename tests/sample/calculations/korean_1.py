"""Recalculations of the numeric Korean sample questions from the inputs each question gives.

Each entry maps a question id to a callable that computes the result, the value that the right
option states and the exact text of that option. Constants that a question gives are used as given;
nothing is read from the question file.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, log10, pi, sqrt

CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    # high school
    "ko-high-01": (lambda: 11.0 / 44.0 * 22.4, 5.60, "5.60 L"),
    "ko-high-02": (lambda: 8.0 / 16 * 2 * 18, 18.0, "18 g"),
    "ko-high-04": (lambda: -log10((0.020 * 50 - 0.010 * 50) / (50 + 50)), 2.30, "2.30"),
    "ko-high-06": (lambda: 16 / 32 * 0.082 * (27 + 273) / 4.1, 3.0, "3.0 atm"),
    "ko-high-09": (lambda: 1.18 * 1000 * 0.365 / 36.5, 11.8, "11.8 M"),
    "ko-high-10": (lambda: 100 * 0.5 ** (24 / 8.0), 12.5, "12.5 %"),
    "ko-high-13": (lambda: -394 - (-283), -111.0, "-111 kJ"),
    "ko-high-15": (lambda: 0.100 * 30.0 / (2 * 10.0), 0.150, "0.150 M"),
    "ko-high-16": (lambda: 100 * (65.0 - 63.6) / (65.0 - 63.0), 70.0, "70 %"),
    "ko-high-19": (lambda: 200 * 4.2 * (70 - 20) / 1000, 42.0, "42 kJ"),
    # a = 4 gives c = 4 (N), d = 3 * 4 / 2 (H) and b = (c + d) / 2 (O), all whole and coprime
    "ko-high-20": (lambda: 4 + (4 + 3 * 4 / 2) / 2 + 4 + 3 * 4 / 2, 19.0, "19"),
    # college
    "ko-college-01": (lambda: 2.00 * 8.314 * 300 * log(3) / 1000, 5.48, "5.48 kJ"),
    "ko-college-02": (
        lambda: 8.314 * log(2) / (1 / 300 - 1 / 310) / 1000,
        53.6,
        "53.6 kJ/mol",
    ),
    # Fe(III) is d5: 26 electrons less the 18 of argon and the 3 of the charge
    "ko-college-05": (lambda: sqrt((26 - 18 - 3) * (26 - 18 - 3 + 2)), 5.92, "5.92 μB"),
    "ko-college-07": (lambda: 4.76 + log10(0.10 * 20 / (0.10 * 50 - 0.10 * 20)), 4.58, "4.58"),
    "ko-college-08": (lambda: -log10(0.200) / (5.00e3 * 1.00), 1.40e-4, "1.40 × 10⁻⁴ M"),
    "ko-college-10": (
        lambda: 1000 * (2.0e-4 / (pi * 0.050**2 / 4)) * 0.050 / 1.0e-3,
        5.1e3,
        "5.1 × 10³",
    ),
    "ko-college-11": (lambda: 4 * 195 / (6.02e23 * (0.392e-7) ** 3), 21.5, "21.5 g/cm³"),
    "ko-college-13": (lambda: 600 / (0.20 / 1.0 + 0.10 / 0.10), 500.0, "500 W/m²"),
    "ko-college-14": (lambda: (3 - 1) - 3 + 2, 1.0, "1"),
    "ko-college-16": (lambda: 1.10 - 0.0592 / 2 * log10(0.010 / 1.0), 1.16, "1.16 V"),
    "ko-college-18": (lambda: 3.9e-11 / 0.10**2, 3.9e-9, "3.9 × 10⁻⁹ M"),
    "ko-college-19": (lambda: 1000 - 1000 * 0.10 / 0.40, 750.0, "750 kg/h"),
    # professional
    "ko-professional-01": (lambda: 1 - 1 / (1 + 0.20 * 200 / 50) ** 2, 0.691, "0.691"),
    "ko-professional-02": (lambda: 0.90 / (0.10 * 2.0 * (1 - 0.90)), 45.0, "45 min"),
    "ko-professional-03": (
        lambda: log(0.95 / (1 - 0.95) * (1 - 0.05) / 0.05) / log(2.5),
        6.4,
        "6.4",
    ),
    "ko-professional-05": (
        lambda: 0.90 * 1000 * 1.00 * 3600 * 63.5 / (2 * 96485) / 1000,
        1.07,
        "1.07 kg",
    ),
    "ko-professional-06": (
        lambda: 1000e3 / 40 * 96485 * 3.2 / 0.95 / 3.6e6,
        2260.0,
        "2260 kWh",
    ),
    "ko-professional-09": (lambda: 2 * 3 * (1 - exp(-5 / 5)), 3.79, "3.79"),
    "ko-professional-10": (lambda: 3 * 2 / 1, 6.0, "6"),
    "ko-professional-14": (lambda: 2.0 * (1.50 / 0.50) ** 2, 18.0, "18 h"),
    "ko-professional-16": (
        lambda: ((150 - 50) - (60 - 20)) / log((150 - 50) / (60 - 20)),
        65.5,
        "65.5 ℃",
    ),
    "ko-professional-19": (
        lambda: 101.3 * exp(-40.7e3 / 8.314 * (1 / 353 - 1 / 373)),
        48.2,
        "48.2 kPa",
    ),
    "ko-professional-20": (
        lambda: 1000 * 9.81 * 0.020 * 25 / 0.65 / 1000,
        7.55,
        "7.55 kW",
    ),
}
