"""HTML, Word, JATS and Parquet files."""

from __future__ import annotations

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
        "이온 전도도", "H2O & IrO2: 98 mS cm-1.", "Film | WU", "A | 12%", "결론", "첫째 문단",
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
