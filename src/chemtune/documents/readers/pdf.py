"""PDF files: the text in reading order, one or two columns, with its pages and headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from chemtune.documents.readers.passages import Passage, record_of
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError, Problem

SUFFIXES = (".pdf",)
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\u00ad": "-"})
NUMBERED = re.compile(r"^\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+\S")
KNOWN = re.compile(
    r"^(?:\d+\.?\s*)?(abstract|introduction|background|experimental(?: section)?|"
    r"(?:materials and )?methods?|results?(?: and discussion)?|discussion|conclusions?|"
    r"acknowledge?ments?|references|supporting information|초록|서론|실험|결과|결론|참고문헌)\.?$",
    re.I,
)
# The share of a page's height, above and below, in which running heads and page numbers stand.
MARGIN = 0.08
BROKEN_WORD = re.compile(r"[a-z]{2}-$")


@dataclass(frozen=True)
class Line:
    """A line of a page, in points from its lower left corner; `edge` where it is in a margin."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    edge: bool = False

    @property
    def height(self) -> float:
        """The height of its box, which follows the size of the type."""
        return self.top - self.bottom


def read_records(path: Path) -> Iterator[Record]:
    """Yield the file as one record: `text` with its pages and sections, and `title`.

    Lines of a paragraph are joined, words broken at a line's end too; what repeats at the edge of
    the pages (running heads, page numbers) is left out.

    Raises:
        InputError: The file cannot be read, is encrypted or damaged, or holds no text.
    """
    pages, title = _lines(path)
    if not any(pages):
        remedy = "it may be scanned: run OCR (for example ocrmypdf) on it first"
        raise InputError(Problem("no page holds text", path, remedy=remedy))
    furniture = _furniture(pages)
    heights = [line.height for page in pages for line in page]
    usual = median(heights)
    passages: list[Passage] = []
    for number, page in enumerate(pages, 1):
        kept = [line for line in page if not (line.edge and _key(line.text) in furniture)]
        passages += _paragraphs(_in_order(kept), number, usual)
    first = pages[0] or next(page for page in pages if page)
    title = title or _largest(first, usual)
    yield record_of(passages, {"title": title})


def _lines(path: Path) -> tuple[list[list[Line]], str]:
    import pypdfium2

    try:
        file = pypdfium2.PdfDocument(path)
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", path)) from None
    except pypdfium2.PdfiumError as error:
        said = "it is encrypted" if "password" in str(error).lower() else "it is damaged, or no PDF"
        raise InputError(Problem(f"not a readable PDF: {said}", path)) from None
    with file:
        title = (file.get_metadata_value("Title") or "").strip()
        pages = []
        for number in range(len(file)):
            page = file[number]
            text = page.get_textpage()
            pages.append(_lines_of(text, page.get_height()))
            text.close()
            page.close()
    return pages, "" if len(title) < 8 or title.lower().endswith((".doc", ".docx")) else title


def _lines_of(page: Any, height: float) -> list[Line]:
    """The lines of a page as pdfium groups its characters: boxes of text on one base line."""
    boxes: list[Line] = []
    for index in range(page.count_rects()):
        left, bottom, right, top = page.get_rect(index)
        text = page.get_text_bounded(left, bottom, right, top).translate(LIGATURES)
        # pdfium's marks for a hyphen at the end of a line.
        text = " ".join(text.replace("\ufffe", "-").replace("\x02", "-").split())
        if text:
            boxes.append(Line(text, left, right, bottom, top))
    margin = MARGIN * height
    return [
        replace(line, edge=line.top < margin or line.bottom > height - margin)
        for line in _joined(boxes)
    ]


def _joined(boxes: Sequence[Line]) -> list[Line]:
    """Put boxes of one line together: sub- and superscripts, and changes of the font."""
    lines: list[Line] = []
    for box in boxes:
        last = lines[-1] if lines else None
        if last is not None:
            overlap = min(last.top, box.top) - max(last.bottom, box.bottom)
            gap = box.left - last.right
            small = min(last.height, box.height)
            if overlap > 0.3 * small and -2 <= gap <= 1.2 * max(last.height, box.height):
                joint = " " if gap > 0.15 * max(last.height, box.height) else ""
                lines[-1] = Line(
                    last.text + joint + box.text,
                    last.left,
                    max(last.right, box.right),
                    min(last.bottom, box.bottom),
                    max(last.top, box.top),
                )
                continue
        lines.append(box)
    return lines


def _in_order(lines: list[Line]) -> list[Line]:
    """Return lines in reading order: what spans the page divides it, and columns go one by one."""
    if not lines:
        return []
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    middle = (left + right) / 2
    narrow = [line for line in lines if line.right < middle + 5 or line.left > middle - 5]
    if len(narrow) < 0.6 * len(lines) or len({line.left > middle - 5 for line in narrow}) < 2:
        return sorted(lines, key=lambda line: (-round(line.top / 3), line.left))
    ordered: list[Line] = []
    waiting: list[Line] = []
    for line in sorted(lines, key=lambda line: -line.top):
        if line.right < middle + 5 or line.left > middle - 5:
            waiting.append(line)
        else:
            ordered += [*_columns(waiting, middle), line]
            waiting = []
    return ordered + _columns(waiting, middle)


def _columns(lines: list[Line], middle: float) -> list[Line]:
    return sorted(lines, key=lambda line: (line.left > middle - 5, -line.top, line.left))


def _paragraphs(lines: list[Line], page: int, usual: float) -> Iterator[Passage]:
    waiting: list[Line] = []
    for line in lines:
        if waiting and (_is_heading(line, usual) or _begins(line, waiting[-1])):
            yield _paragraph(waiting, page)
            waiting = []
        if _is_heading(line, usual):
            yield Passage(line.text, heading=True, page=page)
        else:
            waiting.append(line)
    if waiting:
        yield _paragraph(waiting, page)


def _begins(line: Line, last: Line) -> bool:
    """Whether a line begins a paragraph: after a gap, indented, or in another place."""
    gap = last.bottom - line.top
    indented = line.left - last.left > 0.6 * line.height and last.text.endswith((".", ":", "?"))
    return gap > 0.9 * line.height or indented


def _is_heading(line: Line, usual: float) -> bool:
    text = line.text
    if len(text) > 90 or text.endswith((",", ";")) or not any(c.isalpha() for c in text):
        return False
    numbered = NUMBERED.match(text) and text[-1].isalpha() and len(text) < 60
    return bool(KNOWN.match(text) or (numbered and line.height >= usual * 0.98)) or (
        line.height > 1.25 * usual and len(text) > 3
    )


def _paragraph(lines: list[Line], page: int) -> Passage:
    text = ""
    for line in lines:
        if not text:
            text = line.text
        elif BROKEN_WORD.search(text) and line.text[:1].islower():
            # "conduc-" and "tivity" are one word; "poly-" and "(phenylene" keep their hyphen.
            text = text[:-1] + line.text
        elif text.endswith("-"):
            text += line.text
        else:
            text += " " + line.text
    return Passage(text, page=page)


def _furniture(pages: list[list[Line]]) -> set[str]:
    """What stands in the margin of several pages, whatever numbers are in it."""
    edges: Counter[str] = Counter()
    for page in pages:
        edges.update({_key(line.text) for line in page if line.edge})
    often = max(2, 0.3 * len(pages))
    return {text for text, count in edges.items() if count >= often and len(pages) > 1}


def _key(text: str) -> str:
    return re.sub(r"\d+", "#", text).strip()


def _largest(lines: list[Line], usual: float) -> str:
    """The text in the largest type of the first page, where it is larger than the usual."""
    largest = max(line.height for line in lines)
    if largest < 1.15 * usual:
        return ""
    return " ".join(line.text for line in lines if line.height > 0.93 * largest)[:300]
