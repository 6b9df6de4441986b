"""HTML pages: the text that a reader sees, with its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chemtune.documents.readers.passages import Passage, raised, record_of
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError, Problem

SUFFIXES = (".html", ".htm", ".xhtml")
UNSEEN = (
    "script, style, noscript, template, nav, header, footer, aside, form, svg, iframe, [hidden], "
    "annotation, [style*='display:none' i], [style*='display: none' i]"
)
BLOCKS = frozenset(
    ("address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl",
     "dt", "fieldset", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
     "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul")
)  # fmt: skip
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
TAG = re.compile(rb"<(/?)([A-Za-z][^\s/>]*)")
# Their end tags may be left out, or there are none.
UNCLOSED = frozenset(
    (b"area", b"base", b"br", b"col", b"dd", b"dt", b"embed", b"hr", b"img", b"input", b"li",
     b"link", b"meta", b"option", b"p", b"param", b"source", b"td", b"th", b"tr", b"wbr")
)  # fmt: skip
# The parser's time grows with the square of the depth.
DEEPEST = 10_000
CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w-]+)", re.I)
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_records(path: Path) -> Iterator[Record]:
    """Yield the page as one record: `text`, `title`, and `language` where the page names it.

    Scripts, styles, menus, and what is hidden are left out; a row of a table is a line, and raised
    digits are superscripts.

    Raises:
        InputError: The file cannot be read, is empty, is not in the encoding that it names, or is
            nested without measure.
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
    yield record_of(_passages(tree.body) if tree.body is not None else (), fields)


def _passages(body: Any) -> Iterator[Passage]:
    """Yield what stands between the beginnings and ends of blocks, in the order of the page."""
    said = _Said()
    node, entered = body, True
    while node is not None:
        if entered:
            yield from said.enter(node)
            entered = node.child is not None
            if entered:
                node = node.child
            continue
        yield from said.leave(node)
        # Nodes are compared by their whole HTML.
        if node.mem_id == body.mem_id:
            return
        entered = node.next is not None
        node = node.next if entered else node.parent


class _Said:
    """Gathers the text of a block. A row of a table is one, with a bar between its cells."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        # Of each table that is open, the cells of the row that is, or None between rows.
        self._cells: list[int | None] = [None]

    def enter(self, node: Any) -> Iterator[Passage]:
        """Take the beginning of an element, or a text."""
        tag = node.tag
        if tag == "-text":
            text = node.text_content or ""
            self._parts.append(raised(text) if node.parent.tag == "sup" else text)
        elif tag == "br":
            self._parts.append(" ")
        elif tag in ("td", "th") and self._cells[-1] is not None:
            self._parts.append(" | " if self._cells[-1] else "")
            self._cells[-1] += 1
        elif tag == "table":
            yield self._passage()
            self._cells.append(None)
        elif tag in BLOCKS:
            yield from self._bound(tag, heading=False)
            if tag == "tr":
                self._cells[-1] = 0

    def leave(self, node: Any) -> Iterator[Passage]:
        """Take the end of an element."""
        tag = node.tag
        if tag == "tr":
            self._cells[-1] = None
        if tag in BLOCKS:
            yield from self._bound(tag, heading=tag in HEADINGS)
        if tag == "table":
            self._cells.pop()

    def _bound(self, tag: str, *, heading: bool) -> Iterator[Passage]:
        """Tell what stands before the edge of a block; within a row that is only a space."""
        if self._cells[-1] is None or tag in HEADINGS:
            yield self._passage(heading=heading)
        else:
            self._parts.append(" ")

    def _passage(self, *, heading: bool = False) -> Passage:
        text = "".join(self._parts)
        self._parts = []
        return Passage(text, heading=heading)


def _decoded(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot read the file: {error.strerror}", path)) from None
    if not raw.strip():
        raise InputError(Problem("the file is empty", path))
    if _depth(raw) > DEEPEST:
        raise InputError(Problem(f"elements are nested more than {DEEPEST} deep", path))
    named = CHARSET.search(raw[:4096])
    encoding = named[1].decode("ascii") if named else "utf-8"
    # Who can read this name in ASCII does not read UTF-16; the web's standard says so too.
    encoding = "utf-8" if encoding.lower().startswith("utf-16") else encoding
    encoding = next((name for mark, name in MARKS if raw.startswith(mark)), encoding)
    # The web reads the old Korean names as the larger code page that contains them.
    encoding = "cp949" if encoding.lower() in ("euc-kr", "ks_c_5601-1987") else encoding
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        message = f"the page names an encoding that is not known: {encoding}"
        raise InputError(Problem(message, path, remedy="save the page as UTF-8")) from None
    except UnicodeError as error:
        remedy = "save the page as UTF-8; Korean pages are often CP949"
        raise InputError(Problem(f"not {encoding}: {error}", path, remedy=remedy)) from None


def _depth(raw: bytes) -> int:
    """How deep the elements of a page are nested, about: what is closed out of order counts on."""
    depth = deepest = 0
    for tag in TAG.finditer(raw):
        if tag[2].lower() not in UNCLOSED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest
