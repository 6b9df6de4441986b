"""Recalculations of ko-professional-71 to -120 from the inputs that each question gives."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, exp, log10, pi, radians, sin, sqrt

from pint import UnitRegistry
from scipy import constants

Q = UnitRegistry().Quantity

# The constants as the questions give them, which are scipy's within the digits given.
R = Q(8.314, "J/(mol*K)")
F = Q(96485, "C/mol")
assert abs(R.m - constants.R) <= 0.0005
assert abs(F.m - constants.physical_constants["Faraday constant"][0]) <= 0.5


def detection_limit() -> float:
    solution = 3 * 0.0010 / Q(0.025, "L/ug")
    return float((solution * Q(50.0, "mL") / Q(0.50, "g")).m_as("mg/kg"))


def isotope_dilution() -> float:
    """The amount at which A of the sample equals B of the sample and the spike, times 1.00."""
    first, second, ratio = 0.75, 0.25, 1.00
    return float((ratio * Q(0.20, "umol") / (first - ratio * second)).m_as("umol"))


def lattice_constant() -> float:
    spacing = Q(0.1541, "nm") / (2 * sin(radians(38.5 / 2)))
    return float((spacing * sqrt(1**2 + 1**2 + 1**2)).m_as("nm"))


def internal_standard() -> float:
    response = (1200 / Q(40.0, "mg/L")) / (2000 / Q(50.0, "mg/L"))
    return float((1440 / 1600 * Q(50.0, "mg/L") / response).m_as("mg/L"))


def expanded_uncertainty() -> float:
    combined = sqrt(0.012**2 + 0.0030**2 + 0.0040**2)
    return float((2 * combined * Q(50.0, "mg/L")).m_as("mg/L"))


def rupture_time() -> float:
    """The parameter T(20 + log t) is the same at both temperatures."""
    parameter = Q(900, "K") * (20 + log10(Q(1000, "hour").m_as("hour")))
    return 10 ** float((parameter / Q(950, "K")).m_as("dimensionless") - 20)


def apparent_porosity() -> float:
    dry, soaked, immersed = Q(200.0, "g"), Q(220.0, "g"), Q(130.0, "g")
    return float(((soaked - dry) / (soaked - immersed)).m_as("percent"))


def corrosion_loss() -> float:
    charge = Q(10.0, "uA/cm^2") * Q(365, "day")
    return float((charge * Q(55.85, "g/mol") / (2 * F * Q(7.87, "g/cm^3"))).m_as("mm"))


def dispersity() -> float:
    """Equal masses, counted as moles of each polymer."""
    masses = (1.0e4, 1.0e5)
    moles = [1 / mass for mass in masses]
    number = sum(n * m for n, m in zip(moles, masses, strict=True)) / sum(moles)
    squares = sum(n * m**2 for n, m in zip(moles, masses, strict=True))
    return squares / sum(n * m for n, m in zip(moles, masses, strict=True)) / number


def thermal_stress() -> float:
    strain = Q(8.0e-6, "1/K") * Q(100, "K")
    return float((Q(380, "GPa") * strain / (1 - 0.22)).m_as("MPa"))


def oxidation_time() -> float:
    """The time from bare silicon to the final oxide less that to the oxide already there."""
    linear, parabolic = Q(0.226, "um"), Q(0.287, "um^2/hour")
    present, final = (
        (thickness**2 + linear * thickness) / parabolic
        for thickness in (Q(0.10, "um"), Q(0.50, "um"))
    )
    return float((final - present).m_as("hour"))


def line_width() -> float:
    aperture = 1.44 * sin(radians(70.0))
    return float((0.30 * Q(193, "nm") / aperture).m_as("nm"))


def oxide_loss() -> float:
    rate = Q(400, "nm/min")
    overetch = 0.20 * Q(500, "nm") / rate
    return float((rate / 20 * overetch).m_as("nm"))


def anode_loading() -> float:
    cathode = Q(20.0, "mg/cm^2") * 0.95 * Q(180, "mA*hour/g")
    return float((1.10 * cathode / (0.94 * Q(350, "mA*hour/g"))).m_as("mg/cm^2"))


def dissociation_pressure() -> float:
    gibbs = Q(75.0, "kJ/mol") - Q(600, "K") * Q(135, "J/(mol*K)")
    logarithm = -(gibbs / (R * Q(600, "K"))).m_as("dimensionless")
    return float((Q(1, "bar") * exp(logarithm)).m_as("bar"))


def noncarbonate_hardness() -> float:
    """As CaCO3: one formula unit for each divalent cation and for every two HCO3-."""
    cations = Q(80.0, "mg/L") / Q(40.0, "g/mol") + Q(24.3, "mg/L") / Q(24.3, "g/mol")
    alkalinity = Q(244, "mg/L") / Q(61.0, "g/mol") / 2
    return float(((cations - alkalinity) * Q(100, "g/mol")).m_as("mg/L"))


def sulfur_dioxide() -> float:
    corrected = 120e-6 * (21.0 - 6.0) / (21.0 - 9.0)
    return float((corrected * Q(64.1, "g/mol") / Q(22.4, "L/mol")).m_as("mg/m^3"))


def platinum_dispersion() -> float:
    platinum = 0.0100 * Q(1.00, "g") / Q(195.1, "g/mol")
    return float((2 * Q(15.4, "umol") / platinum).m_as("percent"))


def intruded_pore() -> float:
    return float((-4 * Q(0.485, "N/m") * cos(radians(140)) / Q(10.0, "MPa")).m_as("nm"))


def chemical_oxygen_demand() -> float:
    electrons = Q(0.100, "mol/L") * (Q(24.6, "mL") - Q(18.2, "mL"))
    return float((electrons / 4 * Q(32.0, "g/mol") / Q(20.0, "mL")).m_as("mg/L"))


def yield_strength() -> float:
    """The line through the two given points over the inverse root of the grain size."""
    coarse, fine, finest = (Q(size, "um") ** -0.5 for size in (100, 25.0, 6.25))
    slope = (Q(200, "MPa") - Q(150, "MPa")) / (fine - coarse)
    return float((Q(200, "MPa") + slope * (finest - fine)).m_as("MPa"))


def sauter_diameter() -> float:
    powder = ((100, Q(10, "um")), (10, Q(20, "um")))
    volume = sum(number * size**3 for number, size in powder)
    return float((volume / sum(number * size**2 for number, size in powder)).m_as("um"))


def ionic_conductivity() -> float:
    area = pi * Q(10.0, "mm") ** 2 / 4
    return float((Q(0.80, "mm") / (Q(120, "ohm") * area)).m_as("S/cm"))


def hypochlorous_acid() -> float:
    proton, dissociation = 10**-8.00, 10**-7.53
    return 100 * proton / (proton + dissociation)


def segregation() -> float:
    """The balance of the melt, dm/dg = (m/(1 - g))(1 - k), in small steps of g."""
    steps, coefficient = 20000, 0.35
    melt, step = Q(1.00e16, "1/cm^3"), 0.50 / steps
    for number in range(steps):
        left = 1 - (number + 0.5) * step
        melt = melt * (1 + (1 - coefficient) * step / left)
    return float((coefficient * melt).m_as("1/cm^3"))


CALCULATIONS: dict[str, tuple[Callable[[], float], float, str]] = {
    "ko-professional-71": (detection_limit, 0.0120, "0.0120 mg/kg"),
    "ko-professional-73": (isotope_dilution, 0.40, "0.40 μmol"),
    "ko-professional-75": (lattice_constant, 0.405, "0.405 nm"),
    "ko-professional-77": (internal_standard, 60.0, "60.0 mg/L"),
    "ko-professional-79": (expanded_uncertainty, 1.30, "1.30 mg/L"),
    "ko-professional-80": (rupture_time, 61.6, "61.6 h"),
    "ko-professional-82": (apparent_porosity, 22.2, "22.2 %"),
    "ko-professional-84": (corrosion_loss, 0.116, "0.116 mm"),
    "ko-professional-86": (dispersity, 3.03, "3.03"),
    "ko-professional-88": (thermal_stress, 390.0, "390 MPa"),
    "ko-professional-90": (oxidation_time, 1.15, "1.15 h"),
    "ko-professional-92": (line_width, 42.8, "42.8 nm"),
    "ko-professional-94": (oxide_loss, 5.00, "5.00 nm"),
    "ko-professional-96": (anode_loading, 11.4, "11.4 mg/cm²"),
    "ko-professional-98": (dissociation_pressure, 3.33, "3.33 bar"),
    "ko-professional-100": (noncarbonate_hardness, 100.0, "100 mg/L as CaCO₃"),
    "ko-professional-102": (sulfur_dioxide, 429.0, "429 mg/Sm³"),
    "ko-professional-104": (platinum_dispersion, 60.1, "60.1 %"),
    "ko-professional-106": (intruded_pore, 149.0, "149 nm"),
    "ko-professional-108": (chemical_oxygen_demand, 256.0, "256 mg/L"),
    "ko-professional-111": (yield_strength, 300.0, "300 MPa"),
    "ko-professional-113": (sauter_diameter, 12.9, "12.9 μm"),
    "ko-professional-115": (ionic_conductivity, 8.49e-4, "8.49 × 10⁻⁴ S/cm"),
    "ko-professional-117": (hypochlorous_acid, 25.3, "25.3 %"),
    "ko-professional-119": (segregation, 5.49e15, "5.49 × 10¹⁵ cm⁻³"),
}
