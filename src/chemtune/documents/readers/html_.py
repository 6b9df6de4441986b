"""HTML pages: the text that a reader sees, with its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chemtune.documents.readers.passages import Passage, record_of
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError, Problem

SUFFIXES = (".html", ".htm", ".xhtml")
UNSEEN = (
    "script, style, noscript, template, nav, header, footer, aside, form, svg, iframe, [hidden]"
)
BLOCKS = "h1, h2, h3, h4, h5, h6, p, li, tr, pre, blockquote, figcaption, caption, dt, dd"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w-]+)", re.I)
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_records(path: Path) -> Iterator[Record]:
    """Yield the page as one record: `text`, `title`, and `language` where the page names it.

    Scripts, styles, menus, and what is hidden are left out; a row of a table is a line.

    Raises:
        InputError: The file cannot be read, is empty, or is not in the encoding that it names.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_decoded(path))
    title = tree.css_first("title") or tree.css_first("h1")
    fields: dict[str, Any] = {"title": " ".join(title.text().split()) if title else ""}
    language = tree.css_first("html[lang]")
    code = (language.attributes.get("lang") or "")[:2].lower() if language else ""
    if code in ("en", "ko"):
        fields["language"] = code
    for node in tree.css(UNSEEN):
        node.decompose()
    record = record_of(_passages(tree), fields)
    if not record.fields["text"] and tree.body is not None:
        record = record_of([Passage(tree.body.text(separator=" "))], fields)
    yield record


def _passages(tree: Any) -> Iterator[Passage]:
    for node in tree.css(BLOCKS):
        if node.tag == "tr":
            cells = [" ".join(cell.text().split()) for cell in node.css("td, th")]
            yield Passage(" | ".join(cells))
        # A paragraph in a list item, cell or quotation is told with that one.
        elif not _inside(node, ("li", "tr", "blockquote", "dd", "pre")):
            yield Passage(node.text(), heading=node.tag in HEADINGS)


def _inside(node: Any, tags: tuple[str, ...]) -> bool:
    above = node.parent
    for _ in range(64):
        if above is None:
            return False
        if above.tag in tags:
            return True
        above = above.parent
    return False


def _decoded(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot read the file: {error.strerror}", path)) from None
    if not raw.strip():
        raise InputError(Problem("the file is empty", path))
    named = CHARSET.search(raw[:4096])
    encoding = named[1].decode("ascii") if named else "utf-8"
    encoding = next((name for mark, name in MARKS if raw.startswith(mark)), encoding)
    # The web reads the old Korean names as the larger code page that contains them.
    encoding = "cp949" if encoding.lower() in ("euc-kr", "ks_c_5601-1987") else encoding
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        remedy = "save the page as UTF-8; Korean pages are often CP949"
        raise InputError(Problem(f"not {encoding}: {error}", path, remedy=remedy)) from None
