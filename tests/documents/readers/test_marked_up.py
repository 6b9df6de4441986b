"""HTML, Word, JATS and Parquet files."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from chemtune.documents.readers import docx_, html_, jats, parquet
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError

PAGE = """<!doctype html><html lang="ko"><head><meta charset="{charset}"><title>막의 전도도</title>
<style>p {{ color: red }}</style><script>alert("x")</script></head><body>
<nav><p>Menu</p></nav><h1>이온 전도도</h1>
<p>H<sub>2</sub>O &amp; IrO<sub>2</sub>: 98 mS cm<sup>-1</sup>.</p>
<table><tr><th>Film</th><th>WU</th></tr><tr><td>A</td><td><p>12%</p></td></tr></table>
<h2>결론</h2><ul><li>첫째 <p>문단</p></li></ul><p hidden>unseen</p><!-- comment --></body></html>"""


def sections_hold(record: Record) -> list[str]:
    for offset, heading in record.layout.sections:
        assert record.fields["text"].startswith(heading, offset)
    return [heading for _, heading in record.layout.sections]


@pytest.mark.parametrize("charset", ["utf-8", "euc-kr", "cp949"])
def test_html(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGE.format(charset=charset).encode(charset))
    (record,) = html_.read_records(path)
    assert record.fields["title"] == "막의 전도도"
    assert record.fields["language"] == "ko"
    assert record.fields["text"].split("\n\n") == [
        "이온 전도도", "H2O & IrO2: 98 mS cm⁻¹.", "Film | WU", "A | 12%", "결론", "첫째", "문단",
    ]  # fmt: skip
    assert sections_hold(record) == ["이온 전도도", "결론"]


def test_html_that_is_deep_or_has_no_blocks(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<div>" * 10_000 + "deep" + "</div>" * 10_000, "utf-8")
    (record,) = html_.read_records(path)
    assert record.fields["text"] == "deep"
    path.write_bytes(b"<p>\xff\xfe\x00</p>")
    with pytest.raises(InputError, match="not utf-8"):
        list(html_.read_records(path))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<h1>On  Films</h1><p>A</p>", "A"),
        ("<p>Notes</p><h1>On</h1><h1>films</h1><p>A</p>", "Notes\n\nA"),
        ("<h1>On Films of Pt</h1><p>A</p>", "On Films of Pt\n\nA"),
        ("<p>A</p><p>B</p><p>C</p><p>D</p><h1>On Films</h1>", "A\n\nB\n\nC\n\nD\n\nOn Films"),
        ("<h1>On films</h1>", "On films"),
    ],
)
def test_a_title_is_not_told_twice(tmp_path: Path, body: str, text: str) -> None:
    page = f"<html><head><title>On Films</title></head><body>{body}</body></html>"
    record = html(tmp_path, page.encode())
    assert (record.fields["title"], record.fields["text"]) == ("On Films", text)
    sections_hold(record)


def html(folder: Path, body: str | bytes) -> Record:
    path = folder / "page.html"
    path.write_bytes(body if isinstance(body, bytes) else f"<body>{body}</body>".encode())
    (record,) = html_.read_records(path)
    return record


@pytest.mark.parametrize(
    ("body", "passages"),
    [
        # Text that stands in no paragraph is text.
        (
            "<h1>T</h1><div>Films <b>conduct</b>.</div><p>© 2020</p>",
            ["Films conduct.", "© 2020"],  # the heading is its title
        ),
        ("<section>Before<p>within</p>after</section>", ["Before", "within", "after"]),
        ("<p>one<br>two</p>", ["one two"]),
        ("<ul><li>one<ul><li>two</li></ul></li></ul>", ["one", "two"]),
        ("<table><tr><td><p>A</p><p>B</p></td><td></td><td>C</td></tr></table>", ["A B | | C"]),
        ("<table><tr><td>x<table><tr><td>1<td>2</table>y</table>", ["x", "1 | 2", "y"]),
        ("<p>10<sup>−3</sup> to 10<sup>3</sup><sup>a</sup></p>", ["10⁻³ to 10³a"]),
        ("<p>seen<script>a()</script></p><p style='color:red; Display: none'>not</p>", ["seen"]),
        ("a &lt;b&gt;<!-- c -->", ["a <b>"]),
    ],
)
def test_the_text_of_a_page_in_blocks(tmp_path: Path, body: str, passages: list[str]) -> None:
    assert html(tmp_path, body).fields["text"].split("\n\n") == passages


def test_pages_that_name_an_encoding_that_they_are_not_in(tmp_path: Path) -> None:
    page = "<meta charset='{}'><p>98 µS</p>"
    assert html(tmp_path, page.format("utf-16").encode()).fields["text"] == "98 µS"
    with pytest.raises(InputError, match="names an encoding that is not known: hex"):
        html(tmp_path, page.format("hex").encode())
    with pytest.raises(InputError, match="not idna"):
        html(tmp_path, page.format("idna").encode())


def test_a_page_that_would_take_minutes_to_parse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nested more than 10000 deep"):
        html(tmp_path, "<div>" * 200_000 + "x")
    # What needs no end tag, and what is closed, is not nested; and it takes no minutes.
    started = time.monotonic()
    text = html(tmp_path, "<p>x<br>" * 20_000 + "<b>y</b>" * 20_000).fields["text"]
    assert text.split("\n\n") == ["x"] * 19_999 + ["x " + "y" * 20_000]
    assert time.monotonic() - started < 5


def test_word(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.core_properties.title = "Membranes"
    document.add_heading("Results", 1)
    document.add_paragraph("The film swelled.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "IEC", "2.1\nmeq/g"
    document.add_paragraph("전도도는 높았다.")
    path = tmp_path / "a.docx"
    document.save(str(path))
    (record,) = docx_.read_records(path)
    assert record.fields["title"] == "Membranes"
    assert record.fields["text"].split("\n\n") == [
        "Results", "The film swelled.", "IEC | 2.1 meq/g", "전도도는 높았다.",
    ]  # fmt: skip
    assert sections_hold(record) == ["Results"]


def test_raised_digits_and_wide_cells_of_a_word_file(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    paragraph = document.add_paragraph("It was 10")
    paragraph.add_run("-3").font.superscript = True
    paragraph.add_run(" S.")
    table = document.add_table(rows=1, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(0, 2).text = "narrow"
    path = tmp_path / "a.docx"
    document.save(str(path))
    (record,) = docx_.read_records(path)
    assert record.fields["text"].split("\n\n") == ["It was 10⁻³ S.", "wide | narrow"]


def test_millions_of_empty_paragraphs_in_a_word_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:p/>" * 2_000_000)
    with pytest.raises(InputError, match="unpacks to 11 MiB"):
        list(docx_.read_records(path))


def test_a_bomb_in_a_word_file_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * (300 * 2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match="unpacks to 300 MiB"):
        list(docx_.read_records(path))
    path.write_bytes(b"hello")
    with pytest.raises(InputError, match=r"not a Word file \(save it as \.docx"):
        list(docx_.read_records(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(InputError, match="not a readable Word file"):
        list(docx_.read_records(path))


ARTICLE = """<?xml version="1.0"?><!DOCTYPE article SYSTEM "JATS.dtd">
<article xml:lang="en" xmlns:xlink="http://www.w3.org/1999/xlink"><front>
<journal-meta><journal-title-group><journal-title>Films</journal-title></journal-title-group></journal-meta>
<article-meta><article-id pub-id-type="doi">10.1/x</article-id>
<title-group><article-title>IrO<sub>2</sub> on <italic>ATO</italic></article-title></title-group>
<pub-date><year>2026</year></pub-date><permissions>
<license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Open</license-p></license>
</permissions><abstract><p>We made IrO<sub>2</sub><xref>1</xref>.</p></abstract>
<kwd-group><kwd>iridium</kwd><kwd>oxide</kwd></kwd-group></article-meta></front>
<body><sec><title>Results</title><p>It was <bold>active</bold>.</p><sec><title>Stability</title>
<table-wrap><caption><p>Losses</p></caption>
<table><tr><td>1 h</td><td>2%</td></tr></table></table-wrap>
</sec></sec></body><back><ref-list><ref>Old paper</ref></ref-list></back></article>"""


def test_jats(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(ARTICLE, "utf-8")
    (record,) = jats.read_records(path)
    fields = dict(record.fields)
    assert fields.pop("text").split("\n\n") == [
        "We made IrO2.", "Results", "It was active.", "Stability", "Losses", "1 h | 2%",
    ]  # fmt: skip
    assert fields == {
        "title": "IrO2 on ATO",
        "doi": "10.1/x",
        "journal": "Films",
        "year": "2026",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "language": "en",
        "keywords": ["iridium", "oxide"],
    }
    assert sections_hold(record) == ["Results", "Stability"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html><p>x</p></html>", "the root is 'html', and there is no article in it"),
        ("<article><p></article>", "not XML"),
        ("", "not XML"),
    ],
)
def test_what_is_no_article(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        list(jats.read_records(path))


def test_entities_are_not_expanded_and_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret9", "utf-8")
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE article [<!ENTITY l0 "lol">{levels}<!ENTITY f SYSTEM "{secret.as_uri()}">]>'
    path = tmp_path / "a.xml"
    path.write_text(f"{head}<article><body><p>a &l9; &f; b</p></body></article>", "utf-8")
    try:
        (record,) = jats.read_records(path)
    except InputError as error:
        assert "not XML" in str(error)  # noqa: PT017
    else:
        assert len(record.fields["text"]) < 50
        assert "secret9" not in record.fields["text"]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a", "b"], "n": [[1], [2, 3]]}), path, row_group_size=1)
    assert [(r.line, r.fields) for r in parquet.read_records(path)] == [
        (1, {"text": "a", "n": [1]}),
        (2, {"text": "b", "n": [2, 3]}),
    ]
    path.write_bytes(b"PAR1 hello")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        list(parquet.read_records(path))
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    with pytest.raises(InputError, match="no rows"):
        list(parquet.read_records(path))


@pytest.mark.parametrize(
    ("paragraph", "text"),
    [
        # A lost entity changes a value: 50 m, 80 C.
        ("50 &mu;m at 80&thinsp;&deg;C &amp; &own;", "50 μm at 80 °C & µ"),
        ("&unknown; &made; &long;", "&unknown; &made; &long;"),
        ("10<sup>3</sup> S cm<sup>−1</sup><sup><xref>4</xref></sup>", "10³ S cm⁻¹"),
        ("one<break/>two", "one two"),
        (
            "of <list><list-item><p>a</p></list-item><list-item><p>b</p></list-item></list>",
            "of a b",
        ),
    ],
)
def test_text_of_an_article(tmp_path: Path, paragraph: str, text: str) -> None:
    own = f'<!ENTITY own "µ"><!ENTITY made "&own;&own;"><!ENTITY long "{"x" * 50}">'
    head = f'<!DOCTYPE article PUBLIC "-//NLM//DTD" "JATS.dtd" [{own}]>'
    path = tmp_path / "a.xml"
    path.write_text(f"{head}<article><body><p>{paragraph}</p></body></article>", "utf-8")
    (record,) = jats.read_records(path)
    assert record.fields["text"] == text
