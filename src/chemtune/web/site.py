"""Site: what all pages of a server share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chemtune.dataset.review.review import Review


@dataclass(frozen=True)
class Site:
    """What all pages share.

    Attributes:
        run: The folder of the run that is reviewed.
        review: Its items and the decisions about them.
        reviewer: The name of who reviews, where the browser knows none.
        language: The language where the browser names none that is known: "en" or "ko".
    """

    run: Path
    review: Review
    reviewer: str
    language: str
