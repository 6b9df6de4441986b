"""Recalculations of the first set of English exam questions and of the short pairs 1 to 20.

Each result comes from the inputs that the question gives. What a question leaves to the reader
is a standard atomic weight or an exact constant.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, log10

from pint import UnitRegistry
from scipy import constants

Q = UnitRegistry().Quantity

# Constants as the questions give them, each the CODATA value within its digits.
R = Q(8.314, "J/(mol*K)")
F = Q(96485, "C/mol")
H = Q(6.626e-34, "J*s")
C = Q(2.998e8, "m/s")
ELECTRON_MASS = Q(9.109e-31, "kg")
MOLAR_VOLUME = Q(24.8, "L/mol")  # at 25 °C and 100 kPa
EXACT_R = Q(constants.R, "J/(mol*K)")
AT_25_AND_100 = EXACT_R * Q(298.15, "K") / Q(100, "kPa")
assert abs(constants.R - R.magnitude) <= 0.0005
assert abs(constants.value("Faraday constant") - F.magnitude) <= 0.5
assert abs(constants.h - H.magnitude) <= 0.0005e-34
assert abs(constants.c - C.magnitude) <= 0.0005e8
assert abs(constants.m_e - ELECTRON_MASS.magnitude) <= 0.0005e-31
assert abs(AT_25_AND_100.m_as("L/mol") - MOLAR_VOLUME.magnitude) <= 0.05

# What the questions leave to the reader.
OXYGEN = Q(15.999, "g/mol")
SODIUM = Q(22.990, "g/mol")
CHLORINE = Q(35.45, "g/mol")
POTASSIUM = Q(39.098, "g/mol")
MANGANESE = Q(54.938, "g/mol")
EXACT_N_A = Q(constants.N_A, "1/mol")
EXACT_H = Q(constants.h, "J*s")
EXACT_C = Q(constants.c, "m/s")


def iron_from_oxide() -> float:
    """Mass of iron, in g."""
    return (Q(16.0, "g") / Q(160, "g/mol") * 2 * Q(55.8, "g/mol")).m_as("g")


def neutralisation_volume() -> float:
    """Volume of sodium hydroxide solution, in mL."""
    return (Q(25.0, "mL") * Q(0.120, "mol/L") / Q(0.0800, "mol/L")).m_as("mL")


def pressure_after_heating() -> float:
    """Pressure at constant volume, in kPa."""
    before, after = Q(27, "degC").to("K"), Q(177, "degC").to("K")
    return (Q(100, "kPa") * after / before).m_as("kPa")


def hydrate_water() -> float:
    """Mass percentage of water in the hydrate."""
    return (5 * Q(18.0, "g/mol") / Q(249.7, "g/mol")).m_as("percent")


def ethane_dehydrogenation() -> float:
    """Reaction enthalpy from mean bond enthalpies, in kJ/mol."""
    single, double = Q(348, "kJ/mol"), Q(612, "kJ/mol")
    carbon_hydrogen, hydrogen = Q(413, "kJ/mol"), Q(436, "kJ/mol")
    ethane = single + 6 * carbon_hydrogen
    ethene = double + 4 * carbon_hydrogen
    return (ethane - (ethene + hydrogen)).m_as("kJ/mol")


def ph_after_dilution() -> float:
    """The pH of the diluted strong acid."""
    return -log10((Q(0.10, "mol/L") * Q(10.0, "mL") / Q(1.00, "L")).m_as("mol/L"))


def sulfur_dioxide_density() -> float:
    """Density of the gas, in g/L."""
    return (Q(64.1, "g/mol") / MOLAR_VOLUME).m_as("g/L")


def ammonia_from_limiting_reagent() -> float:
    """Greatest mass of ammonia, in g."""
    nitrogen = Q(14.0, "g") / Q(28.0, "g/mol")
    hydrogen = Q(2.00, "g") / Q(2.02, "g/mol")
    return (2 * min(nitrogen, hydrogen / 3) * Q(17.0, "g/mol")).m_as("g")


def propane_combustion() -> float:
    """Enthalpy of combustion, in kJ/mol."""
    products = 3 * Q(-394, "kJ/mol") + 4 * Q(-286, "kJ/mol")
    return (products - Q(-104, "kJ/mol")).m_as("kJ/mol")


def carbon_dioxide_volume() -> float:
    """Volume of carbon dioxide, in L."""
    return (Q(20.0, "g") / Q(100, "g/mol") * MOLAR_VOLUME).m_as("L")


def activation_energy() -> float:
    """Activation energy, in kJ/mol."""
    return (R * log(2) / (1 / Q(298, "K") - 1 / Q(308, "K"))).m_as("kJ/mol")


def cell_gibbs_energy() -> float:
    """Standard Gibbs energy of the cell reaction, in kJ/mol."""
    return (-2 * F * Q(0.460, "V")).m_as("kJ/mol")


def unpaired_electrons() -> float:
    """Unpaired electrons of a high-spin d6 ion, filled by Hund's rule."""
    electrons, orbitals = 6, 5
    paired = max(0, electrons - orbitals)
    return float(min(electrons, orbitals) - paired)


def buffer_ph() -> float:
    """The pH of the acetate buffer after the acid is added."""
    added = Q(0.020, "mol")
    acetate, acid = Q(0.100, "mol") - added, Q(0.100, "mol") + added
    return 4.76 + log10((acetate / acid).m_as("dimensionless"))


def undiluted_concentration() -> float:
    """Concentration before dilution, in mol/L."""
    measured = 0.450 / (Q(1.25e4, "L/(mol*cm)") * Q(1.00, "cm"))
    return (measured * Q(25.00, "mL") / Q(2.00, "mL")).m_as("mol/L")


def equilibrium_temperature() -> float:
    """Temperature at which the standard Gibbs energy of reaction is zero, in K."""
    return (Q(-92.2, "kJ/mol") / Q(-198.7, "J/(mol*K)")).m_as("K")


def first_order_time() -> float:
    """Time for 90.0% conversion, in s."""
    left = Q(100, "percent") - Q(90.0, "percent")
    return (-log(left.m_as("dimensionless")) / Q(3.50e-3, "1/s")).m_as("s")


def magnesium_hydroxide_solubility() -> float:
    """Molar solubility, in mol/L."""
    return ((Q(5.60e-12, "mol^3/L^3") / 4) ** (1 / 3)).m_as("mol/L")


def box_wavelength() -> float:
    """Wavelength of the transition from n = 2 to n = 3, in nm."""
    energy = (3**2 - 2**2) * H**2 / (8 * ELECTRON_MASS * Q(1.00, "nm") ** 2)
    return (H * C / energy).m_as("nm")


def calcium_chloride_freezing_point() -> float:
    """Freezing point, in degrees Celsius."""
    depression = 3 * Q(1.86, "K*kg/mol") * Q(0.100, "mol/kg")
    return (Q(0, "degC").to("K") - depression).m_as("degC")


def water_hardness() -> float:
    """Total hardness as calcium carbonate, in mg/L."""
    metal = Q(12.40, "mL") * Q(0.0100, "mol/L") / Q(50.0, "mL")
    return (metal * Q(100.1, "g/mol")).m_as("mg/L")


def permanganate_molar_mass() -> float:
    """Molar mass of potassium permanganate, in g/mol."""
    return (POTASSIUM + MANGANESE + 4 * OXYGEN).m_as("g/mol")


def sodium_chloride_mass() -> float:
    """Mass of sodium chloride, in g."""
    return (Q(250, "mL") * Q(0.900, "mol/L") * (SODIUM + CHLORINE)).m_as("g")


def photon_energy() -> float:
    """Energy of one mole of photons, in kJ/mol."""
    return (EXACT_N_A * EXACT_H * EXACT_C / Q(450, "nm")).m_as("kJ/mol")


def e_factor() -> float:
    """Mass of waste per mass of product."""
    return (Q(90, "kg") / Q(12, "kg")).m_as("dimensionless")


def ideal_gas_pressure() -> float:
    """Pressure, in kPa."""
    return (Q(0.500, "mol") * EXACT_R * Q(355, "K") / Q(10.0, "L")).m_as("kPa")


def phosphate_ratio() -> float:
    """Ratio of hydrogenphosphate to dihydrogenphosphate."""
    return 10 ** (7.40 - 7.20)


def degrees_of_unsaturation() -> float:
    """Rings plus double bonds of C9H8O4."""
    return (2 * 9 + 2 - 8) / 2


def turnover_number() -> float:
    """Moles of product per mole of catalyst."""
    return (Q(92, "percent") / Q(0.50, "percent")).m_as("dimensionless")


def infrared_wavelength() -> float:
    """Wavelength, in micrometres."""
    return (1 / Q(1720, "1/cm")).m_as("um")


def peak_resolution() -> float:
    """Resolution from retention times and baseline widths."""
    apart = Q(5.20, "min") - Q(4.80, "min")
    return (2 * apart / (Q(0.18, "min") + Q(0.22, "min"))).m_as("dimensionless")


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
    "qa-short-10": (ideal_gas_pressure, 148.0, "148 kPa"),
    "qa-short-12": (phosphate_ratio, 1.58, "1.58"),
    "qa-short-15": (degrees_of_unsaturation, 6.0, "6"),
    "qa-short-16": (turnover_number, 184.0, "184"),
    "qa-short-18": (infrared_wavelength, 5.81, "5.81 µm"),
    "qa-short-20": (peak_resolution, 2.0, "2.0"),
}
