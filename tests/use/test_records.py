"""Rows of an answer, with places that are read back out of the document."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chemtune.checks.policy import Rule
from chemtune.documents.chunk import chunk
from chemtune.documents.document import Document
from chemtune.documents.readers.record import Layout
from chemtune.domains import find_domain
from chemtune.tasks.load import load_tasks
from chemtune.use.records import Record, records_of

TITLE = "Membranes of QPPO"
TEXT = (
    "Two membranes were cast. QPPO-40 has an ion exchange capacity of 1.8 meq g−1 and a hydroxide "
    "conductivity of 0.098 S cm−1 at 80 °C.\nThe tensile strength was 21 MPa. The water uptake of "
    "PTP-1 was 30%."
)
DOCUMENT = Document("doc", TEXT, TITLE, layout=Layout((0, TEXT.index("The tensile"))))


@pytest.fixture(scope="module")
def tasks():
    return load_tasks(find_domain("chemistry").task_folder)


def rows(tasks, name: str, reply: str, document: Document = DOCUMENT, rules=None) -> list[Record]:
    task = tasks[name]
    return records_of(document, task, task.read(reply), rules or {}, reply=reply, key="k")


def test_a_value_with_its_material_unit_place_page_and_sentence(tasks) -> None:
    values = {"WU": "-", "IEC": "1.8 mmol/g", "IC": "98 mS/cm at 80 °C"}
    iec, ic = rows(tasks, "information_extraction_2", json.dumps({"AEM_MAT": {"QPPO-40": values}}))
    assert (iec.material, iec.field, iec.property) == ("QPPO-40", "IEC", "ion exchange capacity")
    assert (iec.text, iec.number, iec.unit, iec.status) == (
        "1.8 meq g−1",
        1.8,
        "mmol/g",
        "accepted",
    )
    assert DOCUMENT.content[iec.start : iec.end] == iec.text
    assert iec.sentence.startswith("QPPO-40 has an ion")
    assert iec.page == 1
    assert (ic.text, ic.number, ic.unit) == ("0.098 S cm−1", 98.0, "mS/cm")
    assert ic.condition == "80 °C"


def test_a_wrong_value_is_rejected_and_the_one_beside_it_is_not(tasks) -> None:
    materials = {
        "QPPO-40": {"WU": "21 MPa", "IEC": "1.8 meq/g", "IC": "-"},
        "Nafion": {"WU": "30%", "IEC": "-", "IC": "-"},
        "PTP-1": {"WU": "-", "IEC": "-", "IC": "-"},
    }
    found = rows(tasks, "information_extraction_2", json.dumps({"AEM_MAT": materials}))
    said = {(r.material, r.field): r for r in found}
    assert said["QPPO-40", "IEC"].status == "accepted"
    assert said["QPPO-40", "WU"].status == "rejected"
    assert said["QPPO-40", "WU"].reason.startswith("units: '21 MPa' has the unit 'MPa'")
    # A material that stands nowhere spoils its values.
    assert said["Nafion", "WU"].reason == "grounding: 'Nafion' does not stand in the document"
    # One without any value has a row, and what it may have missed beside it.
    alone = said["PTP-1", "AEM_MAT"]
    assert alone.reason == "format: 'PTP-1' has no value at all"
    assert any("30%" in f.message for f in alone.findings if f.check == "absence")


def test_keywords_that_are_too_few_stay_with_a_finding(tasks) -> None:
    (one,) = rows(tasks, "keyword_extraction", '["ion exchange capacity"]')
    assert one.status == "accepted"
    assert [f.message for f in one.findings] == ["has 1 keywords, not 3 to 8"]
    strict = {"format": Rule(action="reject")}
    (one,) = rows(tasks, "keyword_extraction", '["ion exchange capacity"]', rules=strict)
    assert (one.status, one.reason) == ("rejected", "format: has 1 keywords, not 3 to 8")


def test_a_repaired_reply_says_so_in_each_row(tasks) -> None:
    found = rows(tasks, "keyword_extraction", '```json\n["QPPO-40", "PTP-1", "water"]\n```')
    assert [r.text for r in found] == ["QPPO-40", "PTP-1", "water"]
    assert all(r.findings[0].message == "repaired: a code fence was taken away" for r in found)


def test_slots_that_are_absent_have_no_row_and_others_their_title(tasks) -> None:
    reply = json.dumps({"Q1": "QPPO-40 and PTP-1", "Q2": "N/A", "Q3": "N/A", "Q4": "platinum"})
    first, last = rows(tasks, "information_extraction_1", reply)
    assert (first.property, first.text, first.status) == ("Catalyst", "QPPO-40", "accepted")
    assert (last.status, last.text) == ("rejected", "")


def test_chunks_count_from_the_beginning_of_the_whole_document(tasks) -> None:
    document = replace(DOCUMENT, text=TEXT.replace("\n", " "), layout=Layout((0, 120)))
    pieces = list(chunk(document, tokens=30))
    assert len(pieces) > 2
    name = "named_entities"
    labels = {"chemical": [], "material": ["QPPO-40", "PTP-1", "QPPO"], "value": ["21 MPa"]}
    met = set()
    for piece in pieces:
        for row in rows(tasks, name, json.dumps(labels), piece):
            assert (row.document_id, row.document) == (document.id, "doc")
            assert row.chunk == piece.name
            if row.start is not None:
                assert document.content[row.start : row.end] == row.text
                assert row.page == document.layout.page(max(row.start - len(TITLE) - 1, 0))
                met.add(row.text)
    assert met == {"QPPO-40", "PTP-1", "QPPO", "21 MPa"}


def test_every_kind_of_task_gives_rows(tasks) -> None:
    folder = Path(__file__).resolve().parents[2] / "src/chemtune/domains/chemistry/sample/replies"
    kinds = set()
    for line in (folder / "aem_membranes.jsonl").read_text(encoding="utf-8").splitlines()[:40]:
        recorded = json.loads(line)
        found = rows(tasks, recorded["task"], recorded["reply"])
        kinds.add(recorded["task"])
        # Two of the sample's documents give no membrane's name.
        assert found or recorded["reply"] == '{"AEM_MAT": {}}'
        assert all(r.answer and r.field for r in found)
    others = {
        "translation": '{"Translation": "막은 두 가지다."}',
        "document_classification": '{"Label": "nonsense"}',
        "question_answering_short": "Water.",
    }
    for name, reply in others.items():
        (row,) = rows(tasks, name, reply)
        kinds.add(name)
        assert row.status == ("rejected" if name == "document_classification" else row.status)
    assert len(kinds) >= 6
