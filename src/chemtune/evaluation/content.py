"""What a question says, as a short hash: two runs' answers are paired only where it is the same."""

from __future__ import annotations

import hashlib


def content_of(text: str) -> str:
    """Return 16 hex digits of a SHA-256 over a question's text, its white space folded."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]
