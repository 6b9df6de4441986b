"""Recalculations of the Korean college questions 21 to 70 from the inputs that each gives."""

from __future__ import annotations

from collections.abc import Callable
from math import log, log10, sqrt

from pint import UnitRegistry
from scipy import constants

Q = UnitRegistry().Quantity

# Constants as the questions give them, each the CODATA value within its digits.
R = Q(8.314, "J/(mol*K)")
F = Q(96485, "C/mol")
RYDBERG = Q(13.6, "eV")
NERNST = Q(0.0592, "V")  # 2.303RT/F at 25 ℃
FARADAY = constants.value("Faraday constant")
assert round(constants.R, 3) == R.magnitude
assert round(FARADAY) == F.magnitude
assert round(constants.value("Rydberg constant times hc in eV"), 1) == RYDBERG.magnitude
assert round(log(10) * constants.R * 298.15 / FARADAY, 4) == NERNST.magnitude


def mixing_entropy() -> float:
    """Entropy of mixing of 1.00 mol and 3.00 mol of ideal gases, in J/K."""
    amounts = [Q(1.00, "mol"), Q(3.00, "mol")]
    total = sum(amounts[1:], amounts[0])
    parts = [-R * n * log((n / total).m_as("")) for n in amounts]
    return sum(parts[1:], parts[0]).m_as("J/K")


def vapour_fraction() -> float:
    """Mole fraction of A in the vapour over an ideal solution."""
    a, b = 0.400 * Q(80.0, "kPa"), (1 - 0.400) * Q(30.0, "kPa")
    return (a / (a + b)).m_as("")


def melting_point_change() -> float:
    """Change of the melting point of ice by the Clapeyron equation, in K."""
    slope = Q(273, "K") * Q(-1.63, "cm**3/mol") / Q(6.01, "kJ/mol")
    return (slope * Q(10.0, "MPa")).m_as("K")


def rotational_line() -> float:
    """Wavenumber of J = 2 to J = 3 of a rigid rotor, in 1/cm."""
    upper, lower = (Q(10.6, "1/cm") * j * (j + 1) for j in (3, 2))
    return (upper - lower).m_as("1/cm")


def mean_activity_coefficient() -> float:
    """Mean activity coefficient of MgSO₄ by the Debye-Hückel limiting law."""
    molality = Q(0.0010, "mol/kg")
    strength = (molality * 2**2 + molality * (-2) ** 2) / 2
    return 10 ** (-0.509 * abs(2 * -2) * sqrt(strength.m_as("mol/kg")))


def langmuir_pressure() -> float:
    """Pressure of a coverage of 0.80, in kPa."""
    equilibrium = 0.20 / (1 - 0.20) / Q(10, "kPa")
    return (0.80 / (1 - 0.80) / equilibrium).m_as("kPa")


def standard_addition() -> float:
    """Concentration of the undiluted sample, in mg/L."""
    flask = Q(50.0, "mL")
    added = Q(20.0, "mg/L") * Q(5.00, "mL") / flask
    diluted = added * 0.240 / (0.400 - 0.240)
    return (diluted * flask / Q(10.0, "mL")).m_as("mg/L")


def resolution() -> float:
    """Resolution of two peaks from their widths at the base."""
    apart = Q(9.2, "min") - Q(8.0, "min")
    return (2 * apart / (Q(0.70, "min") + Q(0.80, "min"))).m_as("")


def least_plate_height() -> float:
    """Plate height at the best velocity of the van Deemter equation, in cm."""
    eddy, diffusion, transfer = Q(0.020, "cm"), Q(0.40, "cm**2/s"), Q(1.0e-3, "s")
    velocity = (diffusion / transfer) ** 0.5
    return (eddy + diffusion / velocity + transfer * velocity).m_as("cm")


def kjeldahl_nitrogen() -> float:
    """Nitrogen content of the sample, in percent."""
    ammonia = Q(0.100, "mol/L") * Q(50.0, "mL") - Q(0.100, "mol/L") * Q(20.0, "mL")
    return (ammonia * Q(14.0, "g/mol") / Q(0.700, "g")).m_as("percent")


def coulometric_water() -> float:
    """Mass of water at two electrons a molecule, in mg."""
    electrons = Q(0.100, "A") * Q(193, "s") / F
    return (electrons / 2 * Q(18.0, "g/mol")).m_as("mg")


def calcium_at_equivalence() -> float:
    """The pCa at the equivalence point, half the concentration after mixing equal volumes."""
    metal = Q(0.0200, "mol/L") * Q(50.0, "mL")
    titrant = metal / Q(0.0200, "mol/L")
    complexed = metal / (Q(50.0, "mL") + titrant)
    return -log10(sqrt(complexed.m_as("mol/L") / 1.0e10))


def acetic_acid_conductivity() -> float:
    """Limiting molar conductivity by independent migration, in S cm²/mol."""
    hcl, acetate, nacl = (Q(value, "S*cm**2/mol") for value in (426.0, 91.0, 126.0))
    return (hcl + acetate - nacl).m_as("S*cm**2/mol")


def deuterium_wavenumber() -> float:
    """Harmonic wavenumber of DCl, in 1/cm."""
    hydrogen, deuterium, chlorine = Q(1.0, "u"), Q(2.0, "u"), Q(35.0, "u")
    light = hydrogen * chlorine / (hydrogen + chlorine)
    heavy = deuterium * chlorine / (deuterium + chlorine)
    return (Q(2990, "1/cm") * (light / heavy) ** 0.5).m_as("1/cm")


def plate_height() -> float:
    """Plate height, in μm."""
    plates = 5.54 * (Q(10.0, "min") / Q(0.250, "min")) ** 2
    return (Q(25.0, "cm") / plates).m_as("um")


def calcium_by_electrode() -> float:
    """Concentration of calcium ions by a Nernstian electrode, in mol/L."""
    decades = (Q(2.2, "mV") - Q(20.0, "mV")) / (NERNST / 2)
    return (Q(1.00e-3, "mol/L") * 10 ** decades.m_as("")).m_as("mol/L")


CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    # train
    "ko-college-21": (lambda: (Q(400, "K") * (1 / 2) ** (5 / 3 - 1)).m_as("K"), 252.0, "252 K"),
    "ko-college-23": (mixing_entropy, 18.7, "18.7 J/K"),
    "ko-college-24": (
        lambda: (Q(-92.2, "kJ") + Q(-45.5, "J/K") * (Q(498, "K") - Q(298, "K"))).m_as("kJ"),
        -101.3,
        "-101.3 kJ",
    ),
    "ko-college-26": (vapour_fraction, 0.640, "0.640"),
    "ko-college-28": (melting_point_change, -0.74, "-0.74 K"),
    "ko-college-29": (
        lambda: (log(2) / (Q(0.030, "1/min") + Q(0.010, "1/min"))).m_as("min"),
        17.3,
        "17.3 min",
    ),
    "ko-college-31": (rotational_line, 63.6, "63.6 cm⁻¹"),
    "ko-college-35": (mean_activity_coefficient, 0.743, "0.743"),
    "ko-college-36": (langmuir_pressure, 160.0, "160 kPa"),
    "ko-college-37": (standard_addition, 15.0, "15.0 mg/L"),
    "ko-college-39": (resolution, 1.6, "1.6"),
    "ko-college-41": (least_plate_height, 0.060, "0.060 cm"),
    "ko-college-43": (kjeldahl_nitrogen, 6.00, "6.00 %"),
    "ko-college-45": (
        lambda: (3.18 * Q(0.080, "percent") / sqrt(4)).m_as("percent"),
        0.127,
        "0.127",
    ),
    "ko-college-47": (coulometric_water, 1.80, "1.80 mg"),
    # validation
    "ko-college-51": (
        lambda: (RYDBERG * 2**2 * (1 / 1**2 - 1 / 2**2)).m_as("eV"),
        40.8,
        "40.8 eV",
    ),
    "ko-college-52": (acetic_acid_conductivity, 391.0, "391 S·cm²/mol"),
    "ko-college-54": (calcium_at_equivalence, 6.00, "6.00"),
    # test
    "ko-college-56": (
        lambda: (Q(8.0, "mol") * (0.40 - 0.25) / (0.65 - 0.25)).m_as("mol"),
        3.0,
        "3.0 mol",
    ),
    "ko-college-58": (
        lambda: (Q(0.40, "min") / Q(0.050, "L*min/mmol")).m_as("mmol/L"),
        8.0,
        "8.0 mmol/L",
    ),
    "ko-college-60": (deuterium_wavenumber, 2143.0, "2143 cm⁻¹"),
    "ko-college-63": (
        lambda: (2 * F * Q(-2.00e-4, "V/K")).m_as("J/(mol*K)"),
        -38.6,
        "-38.6 J/(mol·K)",
    ),
    "ko-college-64": (plate_height, 28.2, "28.2 μm"),
    "ko-college-66": (
        lambda: ((2 * Q(0.150, "V") + 1 * Q(0.770, "V")) / (2 + 1)).m_as("V"),
        0.357,
        "0.357 V",
    ),
    "ko-college-68": (calcium_by_electrode, 2.5e-4, "2.5 × 10⁻⁴ M"),
}
