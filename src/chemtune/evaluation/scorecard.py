"""The scorecard of a question set: counts, intervals, and what a favourite letter would get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from chemtune.evaluation.metrics.f1 import label_f1
from chemtune.evaluation.statistics import wilson


def score_questions(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the scorecard of answered questions.

    Args:
        rows: As `ask_questions` returns them.

    Returns:
        `correct`, `total`, `unreadable`, `f1_micro`, `f1_macro`, `interval95` (Wilson, of the share
        that is right), `answers` (count of each label chosen), `key` (of each label that is right),
        `best_constant` (the count that always giving the best single label would get), `levels`
        (`correct` and `total` by level, where there are levels), and, where the questions were
        asked in cyclic orders of their options, `permuted`: `accuracy` over all orders, and
        `consistent`, the share of questions answered alike in all of them.
    """
    key = [row["key"] for row in rows]
    chosen = [row["chosen"] for row in rows]
    correct = sum(row["correct"] for row in rows)
    micro, macro = label_f1(key, chosen)
    right = Counter(key)
    card = {
        "correct": correct,
        "total": len(rows),
        "unreadable": sum(label is None for label in chosen),
        "f1_micro": micro,
        "f1_macro": macro,
        "interval95": wilson(correct, len(rows)),
        "answers": dict(sorted(Counter(c for c in chosen if c is not None).items())),
        "key": dict(sorted(right.items())),
        "best_constant": max(right.values(), default=0),
    }
    levels = dict.fromkeys(row["level"] for row in rows if row.get("level"))
    if levels:
        card["levels"] = {level: _level(rows, level) for level in levels}
    ordered = [row for row in rows if "orders" in row]
    if ordered:
        picks = [(row["key"], pick) for row in ordered for pick in row["orders"]]
        alike = sum(len(set(row["orders"])) == 1 for row in ordered)
        card["permuted"] = {
            "accuracy": sum(k == pick for k, pick in picks) / len(picks),
            "consistent": alike / len(ordered),
        }
    return card


def _level(rows: Sequence[dict[str, Any]], level: str) -> dict[str, Any]:
    of_level = [row["correct"] for row in rows if row.get("level") == level]
    correct = sum(of_level)
    return {
        "correct": correct,
        "total": len(of_level),
        "interval95": wilson(correct, len(of_level)),
    }
