"""Recalculations of the Korean college questions 71 to 120 from the inputs that each gives."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, exp, log, pi, radians, sqrt

from pint import UnitRegistry
from scipy import constants

Q = UnitRegistry().Quantity

# Constants as the questions give them, each the CODATA value within its digits.
R = Q(8.314, "J/(mol*K)")
F = Q(96485, "C/mol")
K_B = Q(8.617e-5, "eV/K")
G = Q(9.81, "m/s**2")
assert round(constants.R, 3) == R.magnitude
assert round(constants.value("Faraday constant")) == F.magnitude
assert round(constants.value("Boltzmann constant in eV/K"), 8) == K_B.magnitude
assert round(constants.g, 2) == G.magnitude


def lattice_enthalpy() -> float:
    """Enthalpy of MgCl₂(s) to gaseous ions by the Born-Haber cycle, in kJ/mol."""
    formation, sublimation = Q(-641, "kJ/mol"), Q(148, "kJ/mol")
    ionisation = Q(738, "kJ/mol") + Q(1451, "kJ/mol")
    chlorine = Q(242, "kJ/mol") + 2 * Q(-349, "kJ/mol")
    return (-formation + sublimation + ionisation + chlorine).m_as("kJ/mol")


def crystal_field_energy() -> float:
    """Crystal field stabilisation of high-spin octahedral d⁷, in 1/cm."""
    lower, upper = 5, 2
    return ((-2 / 5 * lower + 3 / 5 * upper) * Q(9300, "1/cm")).m_as("1/cm")


def octahedral_hole() -> float:
    """Radius of the octahedral hole of a face-centred cubic metal, in pm."""
    radius = Q(144, "pm")
    edge = 4 * radius / sqrt(2)
    return (edge / 2 - radius).m_as("pm")


def chelate_exchange() -> float:
    """Standard Gibbs energy of the exchange of six ammonia for three en, in kJ/mol."""
    return (-R * Q(298, "K") * log(10) * (18.28 - 8.61)).m_as("kJ/mol")


def equatorial_part() -> float:
    """Equatorial part of methylcyclohexane, in percent."""
    ratio = exp((Q(7.3, "kJ/mol") / (R * Q(298, "K"))).m_as(""))
    return Q(ratio / (1 + ratio), "").m_as("percent")


def tertiary_chloride() -> float:
    """Part of 2-chloro-2-methylpropane among the monochlorides, in percent."""
    primary, tertiary = 9 * 1.0, 1 * 5.0
    return Q(tertiary / (primary + tertiary), "").m_as("percent")


def r_enantiomer() -> float:
    """Part of the (R) enantiomer from the specific rotation, in percent."""
    excess_of_s = (Q(-4.8, "degree") / Q(12.0, "degree")).m_as("")
    return Q((1 - excess_of_s) / 2, "").m_as("percent")


def coupled_equilibrium() -> float:
    """Apparent equilibrium constant of the hexokinase reaction."""
    change = Q(-30.5, "kJ/mol") - Q(-13.8, "kJ/mol")
    return exp((-change / (R * Q(298, "K"))).m_as(""))


def sodium_export() -> float:
    """Least energy of moving sodium ions out of the cell, in kJ/mol."""
    ratio = (Q(145, "mmol/L") / Q(12, "mmol/L")).m_as("")
    chemical = R * Q(310, "K") * log(ratio)
    electrical = F * (Q(0, "mV") - Q(-70, "mV"))
    return (chemical + electrical).m_as("kJ/mol")


def heating() -> float:
    """Enthalpy of heating one mole with a linear heat capacity, in kJ."""
    low, high = Q(300, "K"), Q(800, "K")
    constant = Q(25.0, "J/(mol*K)") * (high - low)
    linear = Q(0.020, "J/(mol*K**2)") * (high**2 - low**2) / 2
    return (Q(1, "mol") * (constant + linear)).m_as("kJ")


def pipe_loss() -> float:
    """Heat loss of one metre of insulated pipe, in W."""
    resistance = log((Q(50, "mm") / Q(25, "mm")).m_as("")) / (2 * pi * Q(0.050, "W/(m*K)"))
    return (Q(1, "m") * Q(150, "K") / resistance).m_as("W")


def fracture_stress() -> float:
    """Tensile stress that opens a surface crack, in MPa."""
    toughness, depth = Q(4.0, "MPa*m**0.5"), Q(50, "um")
    return (toughness / (pi * depth) ** 0.5).m_as("MPa")


def end_to_end() -> float:
    """Root mean square distance of the ends of a freely jointed chain, in nm."""
    return ((2500 * Q(0.50, "nm") ** 2) ** 0.5).m_as("nm")


def crystallinity() -> float:
    """Crystallinity by mass from the densities, in percent."""
    sample, crystal, amorphous = (Q(value, "g/cm**3") for value in (0.920, 1.000, 0.855))
    by_volume = (sample - amorphous) / (crystal - amorphous)
    return (by_volume * crystal / sample).m_as("percent")


def polymerisation_rate() -> float:
    """Factor of the rate, proportional to [M] and to the root of [I]."""
    before = Q(1.0, "mol/L") * Q(0.010, "mol/L") ** 0.5
    after = (3 * Q(1.0, "mol/L")) * (4 * Q(0.010, "mol/L")) ** 0.5
    return (after / before).m_as("")


def cooled_sphere() -> float:
    """Temperature of the sphere after 60 s by the lumped model, in ℃."""
    radius = Q(10.0, "mm") / 2
    capacity = Q(8000, "kg/m**3") * Q(400, "J/(kg*K)") * (4 / 3 * pi * radius**3)
    constant = capacity / (Q(100, "W/(m**2*K)") * (4 * pi * radius**2))
    start, fluid = Q(373.15, "K"), Q(293.15, "K")
    left = (start - fluid) * exp(-(Q(60, "s") / constant).m_as(""))
    return (fluid + left).m_as("degC")


def humidity() -> float:
    """Mass of water per mass of dry air."""
    vapour = 0.50 * Q(4.24, "kPa")
    moles = vapour / (Q(101.3, "kPa") - vapour)
    return (moles * Q(18.0, "g/mol") / Q(29.0, "g/mol")).m_as("")


CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    # train
    "ko-college-71": (lattice_enthalpy, 2522.0, "2522 kJ/mol"),
    "ko-college-72": (crystal_field_energy, -7440.0, "-7440 cm⁻¹"),
    "ko-college-75": (octahedral_hole, 59.6, "59.6 pm"),
    "ko-college-79": (chelate_exchange, -55.2, "-55.2 kJ/mol"),
    "ko-college-83": (equatorial_part, 95.0, "95.0 %"),
    "ko-college-87": (tertiary_chloride, 35.7, "35.7 %"),
    "ko-college-88": (r_enantiomer, 70.0, "70 %"),
    "ko-college-89": (coupled_equilibrium, 8.5e2, "8.5 × 10²"),
    "ko-college-90": (sodium_export, 13.2, "13.2 kJ/mol"),
    "ko-college-92": (
        lambda: (Q(100, "mol/hour") * 2 * (1 + 0.20) / 0.21).m_as("mol/hour"),
        1143.0,
        "1143 mol/h",
    ),
    "ko-college-93": (
        lambda: (Q(100, "mol/hour") / 0.25 - Q(100, "mol/hour")).m_as("mol/hour"),
        300.0,
        "300 mol/h",
    ),
    "ko-college-94": (heating, 18.0, "18.0 kJ"),
    "ko-college-95": (
        lambda: ((Q(13600, "kg/m**3") - Q(1000, "kg/m**3")) * G * Q(0.200, "m")).m_as("kPa"),
        24.7,
        "24.7 kPa",
    ),
    "ko-college-96": (pipe_loss, 68.0, "68.0 W"),
    "ko-college-98": (fracture_stress, 319.0, "319 MPa"),
    "ko-college-99": (
        lambda: (Q(1.20, "MPa") / (cos(radians(60)) * cos(radians(45)))).m_as("MPa"),
        3.39,
        "3.39 MPa",
    ),
    "ko-college-102": (
        lambda: (0.60 * Q(230, "GPa") + (1 - 0.60) * Q(3.0, "GPa")).m_as("GPa"),
        139.0,
        "139 GPa",
    ),
    "ko-college-103": (end_to_end, 25.0, "25.0 nm"),
    "ko-college-104": (crystallinity, 48.7, "48.7 %"),
    # validation
    "ko-college-107": (
        lambda: (
            Q(2.00e-5, "m**2/s") * exp(-(Q(142, "kJ/mol") / (R * Q(1200, "K"))).m_as(""))
        ).m_as("m**2/s"),
        1.32e-11,
        "1.32 × 10⁻¹¹ m²/s",
    ),
    "ko-college-109": (polymerisation_rate, 6.0, "6배"),
    # test
    "ko-college-113": (
        lambda: (Q(1.2, "mmol/(L*min)") / Q(2.0, "umol/L")).m_as("1/s"),
        10.0,
        "10 s⁻¹",
    ),
    "ko-college-115": (cooled_sphere, 46.0, "46.0 ℃"),
    "ko-college-116": (
        lambda: exp(-(Q(2.0, "eV") / (2 * K_B * Q(1000, "K"))).m_as("")),
        9.1e-6,
        "9.1 × 10⁻⁶",
    ),
    "ko-college-118": (lambda: 1 / (1 / 1000 + 0.020 * 0.10), 333.0, "333"),
    "ko-college-120": (humidity, 0.0133, "0.0133"),
}
