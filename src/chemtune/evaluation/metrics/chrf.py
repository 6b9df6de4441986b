"""Similarity of a text to its reference, in any script."""

from __future__ import annotations


def chrf(text: str, reference: str) -> float:
    """Return sentence chrF++ (Popović, 2017), 0 to 1, as sacrebleu computes it.

    Characters and words are counted as they stand, so that Hangul counts as well as Latin; a
    measure that tokenizes for English would score Korean 0.
    """
    from sacrebleu.metrics.chrf import CHRF

    if not text.strip():
        return 0.0
    return float(CHRF(word_order=2).sentence_score(text, [reference]).score) / 100
