"""Recomputations of the calculation questions in the English chemistry sample.

Each entry maps the id of a question to a function that computes the result from the data given
in the question, the value that the right option (or the answer) states, and its exact text.
Atomic masses that a question leaves to the reader are standard atomic weights in g/mol.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy import constants

OXYGEN = 15.999
SODIUM = 22.990
CHLORINE = 35.453
POTASSIUM = 39.098
MANGANESE = 54.938

GAS_CONSTANT: float = constants.R
AVOGADRO: float = constants.N_A
PLANCK: float = constants.h
LIGHT_SPEED: float = constants.c
ELECTRON_MASS: float = constants.m_e


def iron_from_oxide() -> float:
    """Mass of iron, in g."""
    return 16.0 / 160 * 2 * 55.8


def neutralisation_volume() -> float:
    """Volume of sodium hydroxide solution, in mL."""
    return 25.0 * 0.120 / 0.0800


def pressure_after_heating() -> float:
    """Pressure, in kPa, at constant volume."""
    return 100 * (177 + 273.15) / (27 + 273.15)


def hydrate_water() -> float:
    """Mass percentage of water in the hydrate."""
    return 100 * 5 * 18.0 / 249.7


def ethane_dehydrogenation() -> float:
    """Reaction enthalpy from mean bond enthalpies, in kJ/mol."""
    return (348 + 6 * 413) - (612 + 4 * 413 + 436)


def ph_after_dilution() -> float:
    """pH of the diluted strong acid."""
    return -math.log10(0.10 * 10.0e-3 / 1.00)


def sulfur_dioxide_density() -> float:
    """Density of the gas, in g/L."""
    return 64.1 / 24.8


def ammonia_from_limiting_reagent() -> float:
    """Greatest mass of ammonia, in g."""
    nitrogen = 14.0 / 28.0
    hydrogen = 2.00 / 2.02
    return 2 * min(nitrogen, hydrogen / 3) * 17.0


def propane_combustion() -> float:
    """Enthalpy of combustion, in kJ/mol."""
    return 3 * -394 + 4 * -286 - -104


def carbon_dioxide_volume() -> float:
    """Volume of carbon dioxide, in L."""
    return 20.0 / 100 * 24.8


def activation_energy() -> float:
    """Activation energy, in kJ/mol."""
    return GAS_CONSTANT * math.log(2) / (1 / 298 - 1 / 308) / 1000


def cell_gibbs_energy() -> float:
    """Standard Gibbs energy of the cell reaction, in kJ/mol."""
    return -2 * 96485 * 0.460 / 1000


def unpaired_electrons() -> float:
    """Unpaired electrons of a high-spin d6 ion, filled by Hund's rule."""
    electrons, orbitals = 6, 5
    paired = max(0, electrons - orbitals)
    return min(electrons, orbitals) - paired


def buffer_ph() -> float:
    """pH of the acetate buffer after the acid is added."""
    return 4.76 + math.log10((0.100 - 0.020) / (0.100 + 0.020))


def undiluted_concentration() -> float:
    """Concentration before dilution, in mol/L."""
    return 0.450 / (1.25e4 * 1.00) * 25.00 / 2.00


def equilibrium_temperature() -> float:
    """Temperature at which the standard Gibbs energy of reaction is zero, in K."""
    return -92.2e3 / -198.7


def first_order_time() -> float:
    """Time for 90.0% conversion, in s."""
    return -math.log(1 - 0.900) / 3.50e-3


def magnesium_hydroxide_solubility() -> float:
    """Molar solubility, in mol/L."""
    return math.cbrt(5.60e-12 / 4)


def box_wavelength() -> float:
    """Wavelength of the transition from n = 2 to n = 3, in nm."""
    energy = (3**2 - 2**2) * PLANCK**2 / (8 * ELECTRON_MASS * 1.00e-9**2)
    return PLANCK * LIGHT_SPEED / energy * 1e9


def calcium_chloride_freezing_point() -> float:
    """Freezing point, in degrees Celsius."""
    return -3 * 1.86 * 0.100


def water_hardness() -> float:
    """Total hardness as calcium carbonate, in mg/L."""
    return 12.40 * 0.0100 / 50.0 * 100.1 * 1000


def permanganate_molar_mass() -> float:
    """Molar mass of potassium permanganate, in g/mol."""
    return POTASSIUM + MANGANESE + 4 * OXYGEN


def sodium_chloride_mass() -> float:
    """Mass of sodium chloride, in g."""
    return 0.250 * 0.900 * (SODIUM + CHLORINE)


def photon_energy() -> float:
    """Energy of one mole of photons, in kJ/mol."""
    return AVOGADRO * PLANCK * LIGHT_SPEED / 450e-9 / 1000


def e_factor() -> float:
    """Mass of waste per mass of product."""
    return 90 / 12


def ideal_gas_pressure() -> float:
    """Pressure, in kPa."""
    return 0.500 * GAS_CONSTANT * 350 / 10.0e-3 / 1000


def phosphate_ratio() -> float:
    """Ratio of hydrogenphosphate to dihydrogenphosphate."""
    return math.pow(10, 7.40 - 7.20)


def degrees_of_unsaturation() -> float:
    """Rings plus double bonds of C9H8O4."""
    return (2 * 9 + 2 - 8) / 2


def turnover_number() -> float:
    """Moles of product per mole of catalyst."""
    return 92 / 0.50


def infrared_wavelength() -> float:
    """Wavelength, in micrometres."""
    return 1e4 / 1720


def peak_resolution() -> float:
    """Resolution from retention times and baseline widths."""
    return 2 * (5.20 - 4.80) / (0.18 + 0.22)


CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    "en-high-01": (iron_from_oxide, 11.2, "11.2 g"),
    "en-high-03": (neutralisation_volume, 37.5, "37.5 mL"),
    "en-high-05": (pressure_after_heating, 150.0, "150 kPa"),
    "en-high-07": (hydrate_water, 36.0, "36.0%"),
    "en-high-09": (ethane_dehydrogenation, 126.0, "+126 kJ/mol"),
    "en-high-11": (ph_after_dilution, 3.00, "3.00"),
    "en-high-13": (sulfur_dioxide_density, 2.58, "2.58 g/L"),
    "en-high-15": (ammonia_from_limiting_reagent, 11.2, "11.2 g"),
    "en-high-17": (propane_combustion, -2222.0, "−2222 kJ/mol"),
    "en-high-19": (carbon_dioxide_volume, 4.96, "4.96 L"),
    "en-college-01": (activation_energy, 52.9, "52.9 kJ/mol"),
    "en-college-03": (cell_gibbs_energy, -88.8, "−88.8 kJ/mol"),
    "en-college-04": (unpaired_electrons, 4.0, "4"),
    "en-college-05": (buffer_ph, 4.58, "4.58"),
    "en-college-07": (undiluted_concentration, 4.50e-4, "4.50 × 10⁻⁴ M"),
    "en-college-09": (equilibrium_temperature, 464.0, "464 K"),
    "en-college-11": (first_order_time, 658.0, "658 s"),
    "en-college-13": (magnesium_hydroxide_solubility, 1.12e-4, "1.12 × 10⁻⁴ M"),
    "en-college-15": (box_wavelength, 659.0, "659 nm"),
    "en-college-17": (calcium_chloride_freezing_point, -0.558, "−0.558 °C"),
    "en-college-19": (water_hardness, 248.0, "248 mg/L"),
    "qa-short-02": (permanganate_molar_mass, 158.03, "158.03 g/mol"),
    "qa-short-04": (sodium_chloride_mass, 13.1, "13.1 g"),
    "qa-short-06": (photon_energy, 266.0, "266 kJ/mol"),
    "qa-short-08": (e_factor, 7.5, "7.5"),
    "qa-short-10": (ideal_gas_pressure, 146.0, "146 kPa"),
    "qa-short-12": (phosphate_ratio, 1.58, "1.58"),
    "qa-short-15": (degrees_of_unsaturation, 6.0, "6"),
    "qa-short-16": (turnover_number, 184.0, "184"),
    "qa-short-18": (infrared_wavelength, 5.81, "5.81 µm"),
    "qa-short-20": (peak_resolution, 2.0, "2.0"),
}
