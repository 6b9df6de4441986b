"""Recalculations of the Korean questions 1 to 20 of every level from the inputs that each gives."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, log10, pi, sqrt

from pint import UnitRegistry
from scipy import constants

Q = UnitRegistry().Quantity

# Constants as the questions give them, each the CODATA value within its digits.
R = Q(8.314, "J/(mol*K)")
R_ATM = Q(0.082, "atm*L/(mol*K)")
F = Q(96485, "C/mol")
N_A = Q(6.02e23, "1/mol")
G = Q(9.81, "m/s**2")
NERNST = Q(0.0592, "V")  # 2.303RT/F at 25 ℃
MOLAR_VOLUME = Q(22.4, "L/mol")  # at 0 ℃ and 1 atm
FARADAY = constants.value("Faraday constant")
EXACT_R = Q(constants.R, "J/(mol*K)")
assert round(constants.R, 3) == R.magnitude
assert round(EXACT_R.m_as("atm*L/(mol*K)"), 3) == R_ATM.magnitude
assert round(FARADAY) == F.magnitude
assert abs(constants.N_A - N_A.magnitude) <= 0.005e23
assert round(constants.g, 2) == G.magnitude
assert round(log(10) * constants.R * 298.15 / FARADAY, 4) == NERNST.magnitude
assert round((EXACT_R * Q(273.15, "K") / Q(1, "atm")).m_as("L/mol"), 1) == MOLAR_VOLUME.magnitude


def acid_in_excess() -> float:
    """The pH of hydrochloric acid after part of it is neutralised."""
    acid = Q(0.020, "mol/L") * Q(50, "mL")
    base = Q(0.010, "mol/L") * Q(50, "mL")
    return -log10(((acid - base) / (Q(50, "mL") + Q(50, "mL"))).m_as("mol/L"))


def ammonia_oxidation() -> float:
    """Sum of the coefficients: a = 4 gives c (N), d (H) and b (O) that are whole and coprime."""
    ammonia = 4
    oxide, water = ammonia, 3 * ammonia / 2
    return ammonia + (oxide + water) / 2 + oxide + water


def spin_only_moment() -> float:
    """Magnetic moment of Fe³⁺ in Bohr magnetons, of d⁵: without 18 of argon and 3 of the charge."""
    unpaired = 26 - 18 - 3
    return sqrt(unpaired * (unpaired + 2))


def partly_titrated_acid() -> float:
    """The pH of acetic acid that is partly neutralised."""
    base = Q(0.10, "mol/L") * Q(20, "mL")
    acid = Q(0.10, "mol/L") * Q(50, "mL") - base
    return 4.76 + log10((base / acid).m_as(""))


def absorbing_concentration() -> float:
    """Concentration from the transmittance, in mol/L."""
    absorbance = -log10(Q(20.0, "percent").m_as(""))
    return (absorbance / (Q(5.00e3, "L/(mol*cm)") * Q(1.00, "cm"))).m_as("mol/L")


def reynolds_number() -> float:
    """Reynolds number of water in a pipe."""
    diameter = Q(5.0, "cm")
    velocity = Q(2.0e-4, "m**3/s") / (pi * diameter**2 / 4)
    return (Q(1000, "kg/m**3") * velocity * diameter / Q(1.0e-3, "Pa*s")).m_as("")


def cubic_density() -> float:
    """Density of a face-centred cubic metal, in g/cm³."""
    return (4 * Q(195, "g/mol") / (N_A * Q(0.392, "nm") ** 3)).m_as("g/cm**3")


def wall_flux() -> float:
    """Heat flux through brick and insulation, in W/m²."""
    brick = Q(0.20, "m") / Q(1.0, "W/(m*K)")
    insulation = Q(0.10, "m") / Q(0.10, "W/(m*K)")
    return (Q(600, "K") / (brick + insulation)).m_as("W/m**2")


def degrees_of_freedom() -> float:
    """Phase rule with three species, one reaction and three phases."""
    components, phases = 3 - 1, 3
    return float(components - phases + 2)


def daniell_cell() -> float:
    """Cell voltage by the Nernst equation, in V."""
    quotient = Q(0.010, "mol/L") / Q(1.0, "mol/L")
    return (Q(1.10, "V") - NERNST / 2 * log10(quotient.m_as(""))).m_as("V")


def evaporated_water() -> float:
    """Water that evaporates from a solution of sodium hydroxide, in kg/h."""
    feed = Q(1000, "kg/hour")
    concentrate = feed * Q(10, "percent") / Q(40, "percent")
    return (feed - concentrate).m_as("kg/hour")


def tanks_in_series() -> float:
    """Conversion of a first-order reaction in two equal stirred tanks."""
    time = Q(200, "L") / Q(50, "L/min")
    return 1 - 1 / (1 + (Q(0.20, "1/min") * time).m_as("")) ** 2


def second_order_time() -> float:
    """Time of a second-order reaction in a batch reactor, in min."""
    conversion = Q(90, "percent").to("")
    rate = Q(0.10, "L/(mol*min)") * Q(2.0, "mol/L")
    return (conversion / (rate * (1 - conversion))).m_as("min")


def fenske_stages() -> float:
    """Least number of stages, with the reboiler."""
    top, bottom = 0.95, 0.05
    return log(top / (1 - top) * (1 - bottom) / bottom) / log(2.5)


def deposited_copper() -> float:
    """Mass of copper at two electrons an atom, in kg."""
    charge = Q(90, "percent") * Q(1000, "A") * Q(1.00, "hour")
    return (charge / (2 * F) * Q(63.5, "g/mol")).m_as("kg")


def chlor_alkali_energy() -> float:
    """Electric energy for the sodium hydroxide at one electron a molecule, in kWh."""
    charge = Q(1000, "kg") / Q(40, "g/mol") * F / Q(95, "percent")
    return (charge * Q(3.2, "V")).m_as("kW*hour")


def step_response() -> float:
    """Change of the output of a first-order process, in the unit of the output."""
    return 2 * 3 * (1 - exp(-(Q(5, "min") / Q(5, "min")).m_as("")))


def mean_temperature_difference() -> float:
    """Logarithmic mean of the differences at both ends of a countercurrent exchanger, in ℃."""
    first = Q(150, "degC") - Q(50, "degC")
    second = Q(60, "degC") - Q(20, "degC")
    return ((first - second) / log((first / second).m_as(""))).m_as("delta_degC")


def vapour_pressure() -> float:
    """Vapour pressure by the Clausius-Clapeyron equation, in kPa."""
    exponent = -Q(40.7, "kJ/mol") / R * (1 / Q(353, "K") - 1 / Q(373, "K"))
    return (Q(101.3, "kPa") * exp(exponent.m_as(""))).m_as("kPa")


def shaft_power() -> float:
    """Shaft power of a pump, in kW."""
    hydraulic = Q(1000, "kg/m**3") * G * Q(0.020, "m**3/s") * Q(25, "m")
    return (hydraulic / Q(65, "percent")).m_as("kW")


CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    # high school
    "ko-high-01": (
        lambda: (Q(11.0, "g") / Q(44.0, "g/mol") * MOLAR_VOLUME).m_as("L"),
        5.60,
        "5.60 L",
    ),
    "ko-high-02": (
        lambda: (Q(8.0, "g") / Q(16, "g/mol") * 2 * Q(18, "g/mol")).m_as("g"),
        18.0,
        "18 g",
    ),
    "ko-high-04": (acid_in_excess, 2.30, "2.30"),
    "ko-high-06": (
        lambda: (Q(16, "g") / Q(32, "g/mol") * R_ATM * Q(27 + 273, "K") / Q(4.1, "L")).m_as("atm"),
        3.0,
        "3.0 atm",
    ),
    "ko-high-09": (
        lambda: (Q(1.18, "g/mL") * Q(36.5, "percent") / Q(36.5, "g/mol")).m_as("mol/L"),
        11.8,
        "11.8 M",
    ),
    "ko-high-10": (
        lambda: (Q(100, "percent") * (1 / 2) ** (Q(24, "day") / Q(8.0, "day"))).m_as("percent"),
        12.5,
        "12.5 %",
    ),
    "ko-high-13": (lambda: (Q(-394, "kJ") - Q(-283, "kJ")).m_as("kJ"), -111.0, "-111 kJ"),
    "ko-high-15": (
        lambda: (Q(0.100, "mol/L") * Q(30.0, "mL") / (2 * Q(10.0, "mL"))).m_as("mol/L"),
        0.150,
        "0.150 M",
    ),
    "ko-high-16": (
        lambda: ((Q(65.0, "u") - Q(63.6, "u")) / (Q(65.0, "u") - Q(63.0, "u"))).m_as("percent"),
        70.0,
        "70 %",
    ),
    "ko-high-19": (
        lambda: (Q(200, "g") * Q(4.2, "J/(g*delta_degC)") * (Q(70, "degC") - Q(20, "degC"))).m_as(
            "kJ"
        ),
        42.0,
        "42 kJ",
    ),
    "ko-high-20": (ammonia_oxidation, 19.0, "19"),
    # college
    "ko-college-01": (
        lambda: (Q(2.00, "mol") * R * Q(300, "K") * log(3)).m_as("kJ"),
        5.48,
        "5.48 kJ",
    ),
    "ko-college-02": (
        lambda: (R * log(2) / (1 / Q(300, "K") - 1 / Q(310, "K"))).m_as("kJ/mol"),
        53.6,
        "53.6 kJ/mol",
    ),
    "ko-college-05": (spin_only_moment, 5.92, "5.92 μB"),
    "ko-college-07": (partly_titrated_acid, 4.58, "4.58"),
    "ko-college-08": (absorbing_concentration, 1.40e-4, "1.40 × 10⁻⁴ M"),
    "ko-college-10": (reynolds_number, 5.1e3, "5.1 × 10³"),
    "ko-college-11": (cubic_density, 21.5, "21.5 g/cm³"),
    "ko-college-13": (wall_flux, 500.0, "500 W/m²"),
    "ko-college-14": (degrees_of_freedom, 1.0, "1"),
    "ko-college-16": (daniell_cell, 1.16, "1.16 V"),
    "ko-college-18": (
        lambda: (Q(3.9e-11, "mol**3/L**3") / Q(0.10, "mol/L") ** 2).m_as("mol/L"),
        3.9e-9,
        "3.9 × 10⁻⁹ M",
    ),
    "ko-college-19": (evaporated_water, 750.0, "750 kg/h"),
    # professional
    "ko-professional-01": (tanks_in_series, 0.691, "0.691"),
    "ko-professional-02": (second_order_time, 45.0, "45 min"),
    "ko-professional-03": (fenske_stages, 6.4, "6.4"),
    "ko-professional-05": (deposited_copper, 1.07, "1.07 kg"),
    "ko-professional-06": (chlor_alkali_energy, 2260.0, "2260 kWh"),
    "ko-professional-09": (step_response, 3.79, "3.79"),
    # the product of the inner coefficients of Routh's array is that of the outer ones
    "ko-professional-10": (lambda: 3 * 2 / 1, 6.0, "6"),
    "ko-professional-14": (
        lambda: (Q(2.0, "hour") * (Q(1.50, "mm") / Q(0.50, "mm")) ** 2).m_as("hour"),
        18.0,
        "18 h",
    ),
    "ko-professional-16": (mean_temperature_difference, 65.5, "65.5 ℃"),
    "ko-professional-19": (vapour_pressure, 48.2, "48.2 kPa"),
    "ko-professional-20": (shaft_power, 7.55, "7.55 kW"),
}
