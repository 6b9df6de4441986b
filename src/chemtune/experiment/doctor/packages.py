"""The packages that chemtune needs, against what is installed."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distributions, metadata
from importlib.util import find_spec

from chemtune.experiment.doctor.chart import Chart

SELF = "chemtune"
# What each extra is for; the modules that tell whether it is there.
EXTRAS = {
    "local": (("xllamacpp",), "a GGUF file as the teacher, and checking GGUF exports"),
    "names": (("py2opsin", "rdkit"), "chemical names read by OPSIN (with Java) and RDKit"),
    "track": (("tensorboard",), "a tuning's log, with report_to: [tensorboard]"),
    "ray": (("ray",), "cells of a grid on a cluster"),
}


def look_at_packages() -> Chart:
    """Compare what is installed with what chemtune's own metadata asks for."""
    chart = Chart("packages")
    try:
        told = metadata(SELF)
    except PackageNotFoundError:
        chart.fault(SELF, "is not installed, only its source is there", "pip install -e .")
        return chart
    if find_spec("packaging") is None:
        chart.fault("packaging", "is not installed", "pip install packaging")
        return chart
    _python(chart, told["Requires-Python"] or "")
    _requirements(chart, told.get_all("Requires-Dist") or [])
    _extras(chart)
    return chart


def _python(chart: Chart, wanted: str) -> None:
    from packaging.specifiers import SpecifierSet

    version = ".".join(map(str, sys.version_info[:3]))
    if SpecifierSet(wanted).contains(version, prereleases=True):
        chart.ok("Python", f"{version}; {wanted} is needed")
    else:
        remedy = "make the virtual environment with another Python: make PYTHON=python3.12 demo"
        chart.fault("Python", f"{version}; {wanted} is needed", remedy)


def _requirements(chart: Chart, lines: list[str]) -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    installed = _installed()
    needed = [one for line in lines if _applies(one := Requirement(line))]
    wrong = 0
    for one in needed:
        there = installed.get(canonicalize_name(one.name), [])
        remedy = f"pip install '{one.name}{one.specifier}'"
        if not there:
            chart.fault(one.name, f"is not installed; {one.specifier} is needed", remedy)
        elif not one.specifier.contains(there[0].version, prereleases=True):
            chart.fault(one.name, f"is {there[0].version}; {one.specifier} is needed", remedy)
        elif len({each.version for each in there}) > 1:
            said = " and ".join(f"{each.version} in {_place(each)}" for each in there)
            chart.warn(one.name, f"is installed twice: {said}", f"pip uninstall {one.name}, twice")
        else:
            continue
        wrong += 1
    if not wrong:
        chart.ok("packages", f"all {len(needed)} that chemtune needs are there and new enough")


def _applies(requirement: object) -> bool:
    """Whether a requirement holds here: of this system, and of no extra."""
    marker = getattr(requirement, "marker", None)
    return marker is None or bool(marker.evaluate({"extra": ""}))


def _installed() -> dict[str, list[Distribution]]:
    """What is installed, by name, in the order in which Python finds it; each place once."""
    from packaging.utils import canonicalize_name

    found: dict[str, dict[str, Distribution]] = {}
    for one in distributions():
        name = one.metadata["Name"]
        if name:
            found.setdefault(canonicalize_name(name), {}).setdefault(
                f"{_place(one)} {one.version}", one
            )
    return {name: list(places.values()) for name, places in found.items()}


def _place(distribution: Distribution) -> str:
    return str(distribution.locate_file(""))


def _extras(chart: Chart) -> None:
    for extra, (modules, what) in EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        if extra == "names" and shutil.which("java") is None:
            missing.append("Java")
        if missing:
            remedy = f"where you want it: pip install '{SELF}[{extra}]'"
            if "Java" in missing:
                remedy += " and a Java runtime of the system"
            chart.note(f"extra {extra}", f"{' and '.join(missing)} not there ({what})", remedy)
        else:
            chart.ok(f"extra {extra}", f"there ({what})")
