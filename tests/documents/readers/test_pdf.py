from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chemtune.documents.readers.pdf import read_records
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError

LEFT = (
    "Anion exchange membranes carry hydroxide ions between the electrodes of an alkaline fuel "
    "cell. Their conductivity rises with the ion exchange capacity, and so does the water uptake, "
    "which weakens the film."
)
RIGHT = (
    "Crosslinking keeps the film in shape. We prepared three membranes with different degrees of "
    "crosslinking and measured the conductivity between 30 and 80 degrees Celsius in pure water."
)
LAST = "The crosslinked film reached 147 mS/cm at 80 degrees, and its swelling ratio stayed low."


def paper(path: Path, *, pages: int = 3) -> Path:
    """A paper of two columns with a running head, page numbers, and headings."""
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    for number in range(1, pages + 1):
        pdf.add_page()
        pdf.set_font("helvetica", size=8)
        pdf.text(20, 12, f"Journal of Films 12 (2026) {100 + number}")
        pdf.text(105, 290, str(100 + number))
        top = 30.0
        if number == 1:
            pdf.set_font("helvetica", "B", 18)
            pdf.text(20, 30, "Crosslinked membranes for alkaline fuel cells")
            top = 45.0
        for left, heading, body in (
            (20, f"{2 * number - 1}. Introduction", LEFT),
            (110, f"{2 * number}. Experimental", RIGHT if number < pages else LAST),
        ):
            pdf.set_font("helvetica", "B", 11)
            pdf.text(left, top, heading)
            pdf.set_font("helvetica", size=10)
            pdf.set_xy(left, top + 3)
            pdf.multi_cell(80, 5, body, align="L")
    pdf.output(str(path))
    return path


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    (record,) = read_records(paper(tmp_path_factory.mktemp("pdf") / "paper.pdf"))
    return record


def test_two_columns_are_read_one_after_the_other(record: Record) -> None:
    text: str = record.fields["text"]
    places = [text.find(part) for part in (LEFT, RIGHT, LAST)]
    assert -1 not in places
    assert places == sorted(places)
    assert record.fields["title"] == "Crosslinked membranes for alkaline fuel cells"
    # It is shown before the text.
    assert "Crosslinked membranes" not in text


def test_what_repeats_on_the_pages_is_left_out(record: Record) -> None:
    assert "Journal of Films" not in record.fields["text"]
    assert "\n101" not in record.fields["text"]


def test_pages_and_sections_are_offsets_into_the_text(record: Record) -> None:
    text, layout = record.fields["text"], record.layout
    assert len(layout.pages) == 3
    headings = [heading for _, heading in layout.sections]
    assert headings == [
        "1. Introduction", "2. Experimental", "3. Introduction", "4. Experimental",
        "5. Introduction", "6. Experimental",
    ]  # fmt: skip
    for offset, heading in layout.sections:
        assert text.startswith(heading, offset)
    assert layout.page(text.find("4. Experimental")) == 2
    assert layout.page(text.find(LAST)) == 3
    assert layout.section(text.find(LAST)) == "6. Experimental"


def test_a_word_that_is_broken_at_the_end_of_a_line(tmp_path: Path) -> None:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=10)
    lines = ("The ionic conduc-", "tivity of poly-", "(phenylene oxide) and of O-", "ring seals.")
    for number, line in enumerate(lines):
        pdf.text(20, 40 + 5 * number, line)
    pdf.output(str(tmp_path / "a.pdf"))
    (record,) = read_records(tmp_path / "a.pdf")
    assert record.fields["text"] == (
        "The ionic conductivity of poly-(phenylene oxide) and of O-ring seals."
    )


def empty(path: Path, pages: int) -> Path:
    import pypdfium2

    file = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        file.new_page(200, 200)
    file.save(str(path))
    return path


@pytest.mark.parametrize("pages", [1, 10_000])
def test_pages_without_text_are_told_to_need_ocr(tmp_path: Path, pages: int) -> None:
    with pytest.raises(InputError, match=r"scan\.pdf: no page holds text \(it may be scanned: run"):
        list(read_records(empty(tmp_path / "scan.pdf", pages)))


@pytest.mark.parametrize("raw", [b"", b"hello", b"%PDF-1.7\n" + b"\0" * 500])
def test_what_is_no_pdf(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(raw)
    with pytest.raises(InputError, match="it is damaged, or no PDF"):
        list(read_records(path))


def test_an_encrypted_file(tmp_path: Path) -> None:
    from fpdf import FPDF

    pdf: Any = FPDF()
    pdf.add_page()
    pdf.set_encryption(owner_password="a", user_password="b")
    pdf.output(str(tmp_path / "a.pdf"))
    with pytest.raises(InputError, match="it is encrypted"):
        list(read_records(tmp_path / "a.pdf"))
