"""Recalculations of the numeric question-answer pairs from the inputs that each question gives.

Each entry maps the id of a pair to a function that computes the result, the number that the answer
states and the answer's exact text. Atomic masses that a question leaves to the reader are standard
atomic weights.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, log, radians

from pint import UnitRegistry
from scipy import constants

Q = UnitRegistry().Quantity

HYDROGEN = Q(1.008, "g/mol")
LITHIUM = Q(6.94, "g/mol")
CARBON = Q(12.011, "g/mol")
OXYGEN = Q(15.999, "g/mol")
PHOSPHORUS = Q(30.974, "g/mol")
CHLORINE = Q(35.45, "g/mol")
CALCIUM = Q(40.078, "g/mol")
IRON = Q(55.845, "g/mol")

AVOGADRO = Q(constants.N_A, "1/mol")
FARADAY = Q(constants.value("Faraday constant"), "C/mol")
PLANCK = Q(constants.h, "J*s")
GAS_CONSTANT = Q(constants.R, "J/mol/K")


def capacity_of_lithium_iron_phosphate() -> float:
    """One electron for each LiFePO4, in mAh/g."""
    return (FARADAY / (LITHIUM + IRON + PHOSPHORUS + 4 * OXYGEN)).m_as("mA*hour/g")


def atom_economy_of_the_chlorohydrin_process() -> float:
    """Mass of ethylene oxide in the mass of C2H4 + Cl2 + Ca(OH)2, in percent."""
    ethylene = 2 * CARBON + 4 * HYDROGEN
    lime = CALCIUM + 2 * (OXYGEN + HYDROGEN)
    return (100 * (ethylene + OXYGEN) / (ethylene + 2 * CHLORINE + lime)).m_as("")


def bet_surface() -> float:
    """Area of a full monolayer of nitrogen, in m²/g."""
    return (Q(1.00, "mmol/g") * AVOGADRO * Q(0.162, "nm^2")).m_as("m^2/g")


def tafel_slope() -> float:
    """Overpotential that raises the rate of a one-electron step tenfold, in mV."""
    return (log(10) * GAS_CONSTANT * Q(298, "K") / (0.50 * FARADAY)).m_as("mV")


def scherrer_size() -> float:
    """Size from a broadening of 0.80° at a diffraction angle of 39.8°, in nm."""
    return (0.90 * Q(0.1541, "nm") / (radians(0.80) * cos(radians(39.8 / 2)))).m_as("nm")


def neutron_wavelength() -> float:
    """Planck's constant divided by the momentum, in nm."""
    return (PLANCK / (Q(1.675e-27, "kg") * Q(2200, "m/s"))).m_as("nm")


def stern_volmer() -> float:
    """Fluorescence without the quencher divided by that with it."""
    return (1 + Q(120, "L/mol") * Q(25.0, "mmol/L")).m_as("")


def holes_in_silicon() -> float:
    """Law of mass action of the charge carriers, in cm⁻³."""
    return (Q(1.0e10, "cm^-3") ** 2 / Q(2.0e16, "cm^-3")).m_as("cm^-3")


def glass_transition_of_a_copolymer() -> float:
    """Fox equation with mass fractions, in K."""
    return (1 / (0.50 / Q(378, "K") + 0.50 / Q(219, "K"))).m_as("K")


def doubly_protonated_peptide() -> float:
    """Mass of the ion for each of its two charges, in Da."""
    return ((Q(1500.70, "dalton") + 2 * Q(1.0073, "dalton")) / 2).m_as("dalton")


def oxygen_demand_of_glucose() -> float:
    """C6H12O6 + 6 O2 -> 6 CO2 + 6 H2O, in mg/L of O2."""
    glucose = 6 * CARBON + 12 * HYDROGEN + 6 * OXYGEN
    return (Q(300, "mg/L") / glucose * 6 * (2 * OXYGEN)).m_as("mg/L")


CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    "qa-short-22": (capacity_of_lithium_iron_phosphate, 170.0, "170 mAh/g"),
    "qa-short-24": (atom_economy_of_the_chlorohydrin_process, 25.5, "25.5%"),
    "qa-short-27": (bet_surface, 97.6, "97.6 m²/g"),
    "qa-short-29": (lambda: 100 * (92 - 8) / (92 + 8), 84.0, "84%"),
    "qa-short-32": (tafel_slope, 118.0, "118 mV per decade"),
    "qa-short-35": (lambda: 1 / (1 - 0.980), 50.0, "50"),
    "qa-short-37": (scherrer_size, 10.6, "10.6 nm"),
    "qa-short-40": (neutron_wavelength, 0.180, "0.180 nm"),
    "qa-short-43": (stern_volmer, 4.00, "4.00"),
    "qa-short-45": (holes_in_silicon, 5.0e3, "5.0 × 10³ cm⁻³"),
    "qa-short-48": (lambda: 10 ** (2.00 * 0.78), 36.3, "36.3"),
    "qa-short-52": (glass_transition_of_a_copolymer, 277.0, "277 K"),
    "qa-short-54": (doubly_protonated_peptide, 751.36, "751.36"),
    "qa-short-57": (oxygen_demand_of_glucose, 320.0, "320 mg/L"),
}
