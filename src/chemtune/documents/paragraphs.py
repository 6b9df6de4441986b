"""The paragraphs of a text."""

from __future__ import annotations


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which empty lines part, each on one line."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
