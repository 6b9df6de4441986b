from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import chemtune
from chemtune.checks import names
from chemtune.checks.names import Evidence, against, check_names, evidence
from chemtune.checks.opsin import Opsin, opsin

SAMPLE = Path(chemtune.__file__).parent / "domains/chemistry/sample"
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="OPSIN runs on Java")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without OPSIN and RDKit."""
    monkeypatch.setattr(names, "opsin", lambda: None)
    monkeypatch.setattr(names, "find_spec", lambda name: None)
    evidence.cache_clear()
    yield
    evidence.cache_clear()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("IrO₂", "formula"),
        ("2,2,2-trifluoroacetophenone", "name"),
        ("sodium hydride", "name"),
        ("Poly(phenylene oxide)", "name"),
        ("TiO2 nanoparticles", "name"),
        ("과산화수소", "name"),
        ("질산", "name"),
        ("water", "name"),
        ("PTFE", "acronym"),
        ("QPPO-40", "acronym"),
        ("significant", ""),
        ("membranes", ""),
        ("catalyst", ""),
        ("the rate", ""),
        ("benzoic acid", "name"),
        ("CC(=O)Oc1ccccc1C(=O)O", ""),
        ("", ""),
    ],
)
def test_evidence_by_form(name: str, kind: str) -> None:
    assert evidence(name).kind == kind


@needs_java
def test_opsin_reads_systematic_names() -> None:
    assert evidence("N-methyl-4-piperidone") == Evidence("name", "OPSIN", "CN1CCC(CC1)=O")
    assert evidence("4-bromoanisole\nx").how != "OPSIN"


@needs_java
def test_opsin_answers_the_name_that_it_was_asked() -> None:
    known = opsin()
    assert known is not None
    asked = ["ethanol", "no name at all", "x" * 1000, "아세톤", "", "propane"]
    assert [known.structure(name) for name in asked] == ["C(C)O", "", "", "", "", "CCC"]
    java = shutil.which("java")
    assert java
    ended = Opsin(java, Path("none.jar"))
    assert ended.structure("ethanol") == ""
    assert ended.structure("ethanol") == ""


def test_rdkit_reads_smiles(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(names, "opsin", lambda: None)
    evidence.cache_clear()
    assert evidence("CC(=O)Oc1ccccc1C(=O)O").how == "RDKit"
    assert evidence("c1ccccc1(").kind == ""
    evidence.cache_clear()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("1.5 - 2", "holds no letter"),
        ("Catalyst", "is a general word, and names no chemical"),
        ("Xx2O3", "looks like a formula, but there is no element Xx"),
        (" ".join(["word"] * 13), "is a sentence, not a name"),
        ("iridium oxide", ""),
        ("1 - ( 2 - chloroethyl ) - 3 - cyclohexyl - 1 - nitrosourea", ""),
    ],
)
def test_what_speaks_against(name: str, why: str) -> None:
    assert against(name) == why
    findings = check_names("names", [name])
    assert [(f.check, f.severity, f.message) for f in findings] == (
        [("names", "warning", why)] if why else []
    )


def test_an_unknown_word_is_a_warning_and_no_more() -> None:
    (finding,) = check_names("names", ["significant"])
    assert finding.severity == "warning"
    assert finding.message == "is not known for a chemical's name by its form"


@pytest.mark.usefixtures("alone")
def test_names_of_the_sample_are_mostly_known() -> None:
    listed = [
        name
        for file in (SAMPLE / "replies").iterdir()
        for line in file.read_text("utf-8").splitlines()
        if (row := json.loads(line))["task"] == "summarization_extraction"
        for name in re.findall(r'\d+: "([^"]+)"', row["reply"])
    ]
    assert len(listed) > 400
    assert not [name for name in listed if against(name)]
    assert len(check_names("names", listed)) <= 0.06 * len(listed)
