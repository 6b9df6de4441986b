"""What the pages say is said in Korean too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import chemtune
from chemtune.web.words import Words, chosen_language

WEB = Path(chemtune.__file__).parent / "web"
KOREAN = WEB / "words" / "ko"
# Names of the function that translates, and of the one that marks for later.
SAYS = {"words", "_words", "marked"}
HOLE = re.compile(r"\{(\w+)\}")


def said() -> Iterator[tuple[str, Path, int]]:
    """Every text that the pages put through `Words`."""
    for path in sorted(WEB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            if name not in SAYS:
                continue
            for text in literals(node.args[0]):
                yield text, path, node.lineno


def literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def known() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(KOREAN.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_every_text_has_its_korean() -> None:
    missing = [f"{p.name}:{line}: {text}" for text, p, line in said() if text not in known()]
    assert missing == []


def test_no_korean_is_left_over_and_holes_are_the_same() -> None:
    texts = {text for text, _, _ in said()}
    assert sorted(set(known()) - texts) == []
    for english, korean in known().items():
        assert sorted(HOLE.findall(english)) == sorted(HOLE.findall(korean)), english


def test_one_text_has_one_korean() -> None:
    found: dict[str, str] = {}
    for path in sorted(KOREAN.glob("*.yaml")):
        for english, korean in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            assert found.setdefault(english, korean) == korean, (path.name, english)


def test_values_are_no_templates() -> None:
    assert Words("en")("teacher: {name}", name="{0.__class__}") == "teacher: {0.__class__}"
    assert Words("ko")("teacher: {name}", name="{x}") == "교사 모델: {x}"


@pytest.mark.parametrize(
    ("cookie", "accepted", "expected"),
    [
        ("ko", "en-US", "ko"),
        (None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, "fr-FR, en;q=0.5", "en"),
        ("xx", None, "en"),
        (None, None, "en"),
    ],
)
def test_the_language_of_a_reader(cookie: str | None, accepted: str | None, expected: str) -> None:
    assert chosen_language(cookie, accepted, "en") == expected
