"""JATS: articles as XML, the format of PubMed Central and of many publishers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html.entities import html5
from pathlib import Path
from typing import Any

from chemtune.documents.readers.passages import Passage, raised, record_of
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError, Problem

SUFFIXES = (".xml", ".nxml")
LEFT_OUT = {"ref-list", "xref", "fn-group", "table-wrap-foot", "graphic", "tex-math", "ack"}
LONGEST_ENTITY = 8
LEAVES = {"p", "title", "caption", "label", "tr", "disp-formula", "list-item", "def-item"}
# What stands on a line of its own within a paragraph or cell.
APART = LEAVES | {"break", "list", "def-list"}


def read_records(path: Path) -> Iterator[Record]:
    """Yield the article as one record: abstract and body as `text`, with its sections.

    Other fields: `title`, `doi`, `journal`, `year`, `licence`, `language` and `keywords`, as far
    as the article has them. Citations, references and notes are left out, and raised digits are
    superscripts.

    Raises:
        InputError: The file cannot be read, is no XML, or holds no article.
    """
    from lxml import etree

    # Nothing is fetched or expanded, and no tree is larger than lxml's own limits.
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=False
    )
    try:
        root = etree.parse(str(path), parser).getroot()
    except OSError as error:
        raise InputError(Problem(f"cannot read the file: {error}", path)) from None
    except etree.XMLSyntaxError as error:
        raise InputError(Problem(f"not XML: {error.msg}", path, error.lineno)) from None
    types = root.getroottree().docinfo.internalDTD
    declared = {one.name: one.content or "" for one in types.iterentities()} if types else {}
    _spell_out(root.iter(etree.Entity), declared)
    article = root if _name(root) == "article" else next(root.iter("{*}article"), None)
    if article is None:
        message = f"the root is {_name(root)!r}, and there is no article in it"
        raise InputError(Problem(message, path, root.sourceline, remedy="JATS is expected"))
    yield record_of(_passages(article), _fields(article))


def _fields(article: Any) -> dict[str, Any]:
    def first(path: str) -> str:
        found = article.find(path)
        return "" if found is None else _text(found)

    licence = article.find(".//{*}permissions/{*}license")
    href = ""
    if licence is not None:
        href = next((v for k, v in licence.attrib.items() if k.endswith("href")), "")
        href = href or _text(licence)[:200]
    language = article.get("{http://www.w3.org/XML/1998/namespace}lang", "")[:2].lower()
    fields: dict[str, Any] = {
        "title": first(".//{*}article-meta//{*}article-title"),
        "doi": first(".//{*}article-id[@pub-id-type='doi']"),
        "journal": first(".//{*}journal-title"),
        "year": first(".//{*}pub-date/{*}year"),
        "licence": href,
        "language": language if language in ("en", "ko") else "",
        "keywords": [_text(word) for word in article.iterfind(".//{*}kwd")],
    }
    return {name: value for name, value in fields.items() if value}


def _passages(article: Any) -> Iterator[Passage]:
    for part in (*article.iterfind(".//{*}article-meta/{*}abstract"), article.find("{*}body")):
        if part is not None:
            yield from _of(part)


def _of(element: Any) -> Iterator[Passage]:
    for child in element:
        name = _name(child)
        if not name or name in LEFT_OUT:
            continue
        if name == "tr":
            yield Passage(" | ".join(_text(cell) for cell in child))
        elif name == "title":
            yield Passage(_text(child), heading=_name(element) == "sec")
        elif name in LEAVES:
            yield Passage(_text(child))
        else:
            yield from _of(child)


def _text(element: Any) -> str:
    return " ".join(_said(element).split())


def _said(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        name = _name(child)
        if name == "sup":
            parts.append(raised(_said(child)))
        elif name in APART:
            parts.append(f" {_said(child)} ")
        elif name and name not in LEFT_OUT:
            parts.append(_said(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _spell_out(entities: Iterable[Any], declared: Mapping[str, str]) -> None:
    """Put before what follows an entity the character that it stands for, else its name.

    Longer values, and those made of other entities, may be a file's text or a bomb.
    """
    for entity in entities:
        meant = html5.get(f"{entity.name};") or declared.get(entity.name) or ""
        plain = 0 < len(meant) <= LONGEST_ENTITY and "&" not in meant
        entity.tail = (meant if plain else entity.text) + (entity.tail or "")


def _name(element: Any) -> str:
    """The name without its namespace; "" for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
