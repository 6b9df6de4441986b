"""Recalculations of the second set of English exam questions from the inputs that each gives."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, sqrt

from pint import UnitRegistry
from scipy import constants

Q = UnitRegistry().Quantity


def given(value: float, exact: float) -> float:
    """The constant as a question states it, which must be the exact one within its digits."""
    decimals = len(str(value).partition(".")[2])
    assert round(exact, decimals) == value, (value, exact)
    return value


def weak_acid_constant() -> float:
    """Acid constant from the degree of ionisation, in mol/L."""
    acid = Q(0.0500, "mol/L")
    ionised = acid * Q(2.00, "percent")
    return (ionised**2 / (acid - ionised)).m_as("mol/L")


def pentachloride_equilibrium() -> float:
    """Kc, in mol/L."""
    volume = Q(2.00, "L")
    decomposed = Q(0.40, "mol")
    left = Q(1.00, "mol") - decomposed
    return ((decomposed / volume) ** 2 / (left / volume)).m_as("mol/L")


def mixing_temperature() -> float:
    """Final temperature, in degrees Celsius."""
    copper = Q(50.0, "g") * Q(0.385, "J/g/K")
    water = Q(100, "g") * Q(4.18, "J/g/K")
    final = (copper * Q(373.15, "K") + water * Q(293.15, "K")) / (copper + water)
    return (final - Q(273.15, "K")).m_as("K")


def nitric_oxide_rate_constant() -> float:
    """Rate constant of third order, in L^2 mol^-2 s^-1."""
    rate = Q(0.028, "mol/L/s")
    return (rate / (Q(0.020, "mol/L") ** 2 * Q(0.010, "mol/L"))).m_as("L^2/mol^2/s")


def nickel_current() -> float:
    """Current, in A."""
    faraday = Q(given(96485, constants.value("Faraday constant")), "C/mol")
    charge = 2 * Q(2.35, "g") / Q(58.7, "g/mol") * faraday
    return (charge / Q(80.0, "min")).m_as("A")


def methane_partial_pressure() -> float:
    """Partial pressure, in kPa."""
    helium = Q(8.00, "g") / Q(4.00, "g/mol")
    methane = Q(8.00, "g") / Q(16.0, "g/mol")
    return (methane / (helium + methane) * Q(150, "kPa")).m_as("kPa")


def water_of_crystallisation() -> float:
    """Moles of water per mole of sodium carbonate."""
    water = (Q(2.86, "g") - Q(1.06, "g")) / Q(18.0, "g/mol")
    return (water / (Q(1.06, "g") / Q(106, "g/mol"))).m_as("dimensionless")


def beta_decays() -> float:
    """Number of beta decays from uranium-238 to lead-206."""
    alpha = (238 - 206) / 4
    return 82 - (92 - 2 * alpha)


def sodium_chloride_lattice() -> float:
    """Enthalpy of lattice formation from a Born-Haber cycle, in kJ/mol."""
    sublimation, ionisation = Q(107, "kJ/mol"), Q(496, "kJ/mol")
    atom, electron_gain = Q(242, "kJ/mol") / 2, Q(-349, "kJ/mol")
    ions = sublimation + ionisation + atom + electron_gain
    return (Q(-411, "kJ/mol") - ions).m_as("kJ/mol")


def iron_titration() -> float:
    """Concentration of iron(II), in mol/L."""
    return (5 * Q(0.0200, "mol/L") * Q(20.0, "mL") / Q(25.0, "mL")).m_as("mol/L")


def van_der_waals_pressure() -> float:
    """Pressure of carbon dioxide, in bar."""
    exact = Q(constants.R, "J/mol/K").m_as("L*bar/mol/K")
    gas_constant = Q(given(0.08314, exact), "L*bar/mol/K")
    volume = Q(0.500, "L") / Q(1.00, "mol")
    repulsive = gas_constant * Q(300, "K") / (volume - Q(0.0427, "L/mol"))
    return (repulsive - Q(3.64, "L^2*bar/mol^2") / volume**2).m_as("bar")


def free_silver() -> float:
    """Concentration of silver ions beside their ammine complex, in mol/L."""
    complex_ion, ammonia = Q(0.0100, "mol/L"), Q(0.500, "mol/L")
    return (complex_ion / (Q(1.70e7, "L^2/mol^2") * ammonia**2)).m_as("mol/L")


def lysine_isoelectric_point() -> float:
    """Mean of the two pKa values on either side of the neutral form."""
    return (9.06 + 10.54) / 2


def iron_radius() -> float:
    """Metallic radius in a body-centred cubic lattice, in pm."""
    return (sqrt(3) * Q(287, "pm") / 4).m_as("pm")


def isotope_effect() -> float:
    """Primary kinetic isotope effect from zero-point energies."""
    exact = constants.k * 298 / (constants.h * constants.c) / 100
    thermal = Q(given(207, exact), "1/cm")
    difference = (Q(2900, "1/cm") - Q(2100, "1/cm")) / 2
    return exp((difference / thermal).m_as("dimensionless"))


def inhibited_rate() -> float:
    """Rate with a competitive inhibitor, in umol/min."""
    apparent = Q(2.0, "mmol/L") * (1 + Q(3.0, "mmol/L") / Q(1.5, "mmol/L"))
    substrate = Q(4.0, "mmol/L")
    return (Q(60.0, "umol/min") * substrate / (apparent + substrate)).m_as("umol/min")


def butadiene_delocalisation() -> float:
    """Delocalisation energy, in units of the resonance integral beta."""
    return 2 * (1.618 + 0.618) - 4 * 1.0


def gibbs_energy_at_quotient() -> float:
    """Reaction Gibbs energy, in kJ/mol."""
    gas_constant = Q(given(8.314, constants.R), "J/mol/K")
    return (Q(-5.40, "kJ/mol") + gas_constant * Q(298, "K") * log(20.0)).m_as("kJ/mol")


def coupling_constant() -> float:
    """Coupling constant, in Hz."""
    return (Q(6.520 - 6.480, "ppm") * Q(400, "MHz")).m_as("Hz")


def fusion_energy() -> float:
    """Energy released by the fusion of deuterium and tritium, in MeV."""
    exact = constants.value("atomic mass constant energy equivalent in MeV")
    per_mass = Q(given(931.5, exact), "MeV/dalton")
    before = Q(2.01410, "dalton") + Q(3.01605, "dalton")
    after = Q(4.00260, "dalton") + Q(1.00866, "dalton")
    return ((before - after) * per_mass).m_as("MeV")


CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    "en-high-21": (weak_acid_constant, 2.04e-5, "2.04 × 10⁻⁵"),
    "en-high-23": (pentachloride_equilibrium, 0.133, "0.133 mol/L"),
    "en-high-25": (mixing_temperature, 23.5, "23.5 °C"),
    "en-high-27": (nitric_oxide_rate_constant, 7.0e3, "7.0 × 10³ L² mol⁻² s⁻¹"),
    "en-high-29": (nickel_current, 1.61, "1.61 A"),
    "en-high-31": (methane_partial_pressure, 30.0, "30.0 kPa"),
    "en-high-33": (water_of_crystallisation, 10.0, "10"),
    "en-high-35": (beta_decays, 6.0, "6"),
    "en-high-37": (sodium_chloride_lattice, -786.0, "−786 kJ/mol"),
    "en-high-39": (iron_titration, 0.0800, "0.0800 M"),
    "en-college-21": (van_der_waals_pressure, 40.0, "40.0 bar"),
    "en-college-23": (free_silver, 2.35e-9, "2.35 × 10⁻⁹ M"),
    "en-college-25": (lysine_isoelectric_point, 9.80, "9.80"),
    "en-college-27": (iron_radius, 124.0, "124 pm"),
    "en-college-29": (isotope_effect, 6.91, "6.91"),
    "en-college-31": (inhibited_rate, 24.0, "24.0 µmol/min"),
    "en-college-33": (butadiene_delocalisation, 0.472, "0.472β"),
    "en-college-35": (gibbs_energy_at_quotient, 2.02, "+2.02 kJ/mol"),
    "en-college-37": (coupling_constant, 16.0, "16.0 Hz"),
    "en-college-39": (fusion_energy, 17.6, "17.6 MeV"),
}
