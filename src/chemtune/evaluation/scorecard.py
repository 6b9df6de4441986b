"""The scorecard of a question set: counts, intervals, and what tells knowledge from a habit.

The keys of exams are uneven, and small models have a favourite letter. So beside the plain count
stand the answers given and the key, what one letter for all questions would get, what other
knowledge-free answers would get, and, where they were asked for, other orders of the options.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chemtune.documents.question import Question
from chemtune.evaluation.metrics.f1 import label_f1
from chemtune.evaluation.statistics import bootstrap, mcnemar, wilson

Row = Mapping[str, Any]

# A model that gives one label more often than this shows a habit, whatever its score.
FAVOURITE_SHARE = 0.9


def score_questions(
    rows: Sequence[Row],
    questions: Sequence[Question] = (),
    *,
    seen: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return the scorecard of answered questions.

    Args:
        rows: As `ask_questions` or `answer_questions` return them.
        questions: The same questions, for what needs their options.
        seen: Ids of questions that the tuning data hold.

    Returns:
        - `correct`, `total`, `interval95` (Wilson, of the share that is right), `unreadable` (no
          answer, for whatever reason), `statuses` (count of each).
        - `f1_micro`, `f1_macro` (over the labels of the key), `f1_macro_interval95` (bootstrap).
        - `answers`, `key` (count of each label), `favourite` (the label given most, its `count`,
          and whether it `dominates`: over 90% of all questions).
        - `best_constant` (the count that the best single label would get), `constant` (that label,
          and `p` of McNemar's exact test of the model against it).
        - with `questions`, `baselines`: the expected count by chance (`random`), and the count that
          the option with the longest text would get (`longest_option`).
        - `levels` and `subjects`, where questions have them: `correct`, `total`, `interval95`.
        - `shots_used` (questions by the number of shots, where not all had the same).
        - of likelihoods: `calibrated`, with option texts `normalized`, with cyclic orders
          `permuted` (`accuracy` over all orders, its `interval95` by question, and `consistent`,
          the share of questions that are answered alike in all orders).
        - of generated answers: `strict`, answers in the form asked for alone, and `rules`.
        - with `seen`: `clean`, the score on the questions that the tuning data do not hold.
    """
    key = [row["key"] for row in rows]
    chosen = [row["chosen"] for row in rows]
    micro, macro = label_f1(key, chosen)
    card = {
        **_share([bool(row["correct"]) for row in rows]),
        "unreadable": sum(label is None for label in chosen),
        "statuses": _counts(row["status"] for row in rows),
        "f1_micro": micro,
        "f1_macro": macro,
        "f1_macro_interval95": _macro_interval(key, chosen),
        "answers": _counts(label for label in chosen if label is not None),
        "key": _counts(key),
        "favourite": _favourite(chosen),
        "best_constant": max(Counter(key).values(), default=0),
        "constant": _constant(rows),
    }
    if questions:
        card["baselines"] = _baselines(questions)
    for name, field in (("levels", "level"), ("subjects", "subject")):
        values = list(dict.fromkeys(row[field] for row in rows if row.get(field)))
        if len(values) > 1 or (values and name == "levels"):
            card[name] = {
                value: _share([bool(r["correct"]) for r in rows if r.get(field) == value])
                for value in values
            }
    card |= _of_scoring(rows)
    if seen:
        clean = [bool(row["correct"]) for row in rows if row["id"] not in seen]
        card["clean"] = {**_share(clean), "seen": sum(row["id"] in seen for row in rows)}
    return card


def _of_scoring(rows: Sequence[Row]) -> dict[str, Any]:
    """What one way of scoring alone can say."""
    card: dict[str, Any] = {}
    shots = Counter(row["shots"] for row in rows if "shots" in row)
    if len(shots) > 1:
        card["shots_used"] = {str(count): number for count, number in sorted(shots.items())}
    for name in ("calibrated", "normalized"):
        if any(name in row for row in rows):
            picks = [row.get(name) for row in rows]
            right = [row["key"] == pick for row, pick in zip(rows, picks, strict=True)]
            card[name] = {**_share(right), "answers": _counts(p for p in picks if p is not None)}
    ordered = [row for row in rows if "orders" in row]
    if ordered:
        card["permuted"] = _permuted(ordered)
    if any("strict" in row for row in rows):
        card["strict"] = _share([bool(row["correct"] and row["strict"]) for row in rows])
        card["rules"] = _counts(row["rule"] for row in rows if "rule" in row)
    return card


def _share(right: Sequence[bool]) -> dict[str, Any]:
    correct, total = sum(right), len(right)
    return {"correct": correct, "total": total, "interval95": wilson(correct, total)}


def _counts(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _macro_interval(key: Sequence[str], chosen: Sequence[str | None]) -> tuple[float, float]:
    """Bootstrap over questions, with counts of (label, chosen) in place of labels: it is fast."""
    labels = sorted(set(key) | {label for label in chosen if label is not None})
    if not labels:
        return 0.0, 1.0
    number = {label: at for at, label in enumerate(labels)}
    of_key = np.array([number[label] for label in key])
    of_chosen = np.array([len(labels) if c is None else number[c] for c in chosen])
    asked = sorted(set(of_key.tolist()))

    def macro(draw: np.ndarray) -> float:
        keys, picks = of_key[draw], of_chosen[draw]
        hits = np.bincount(keys[keys == picks], minlength=len(labels))
        both = (
            np.bincount(keys, minlength=len(labels))
            + np.bincount(picks, minlength=len(labels) + 1)[: len(labels)]
        )
        found = both[asked] > 0
        # A label that a resample never asks nor gives says nothing of it.
        return float(np.mean(2 * hits[asked][found] / both[asked][found])) if found.any() else 0.0

    return bootstrap(len(key), macro)


def _favourite(chosen: Sequence[str | None]) -> dict[str, Any] | None:
    given = Counter(label for label in chosen if label is not None)
    if not given:
        return None
    label, count = min(given.items(), key=lambda item: (-item[1], item[0]))
    return {"label": label, "count": count, "dominates": count > FAVOURITE_SHARE * len(chosen)}


def _constant(rows: Sequence[Row]) -> dict[str, Any] | None:
    """The best single label, and the paired test of the model against always giving it."""
    keys = Counter(row["key"] for row in rows)
    if not keys:
        return None
    label = min(keys, key=lambda label: (-keys[label], label))
    p = mcnemar([row["key"] == label for row in rows], [bool(row["correct"]) for row in rows])
    return {"label": label, "p": p}


def _baselines(questions: Sequence[Question]) -> dict[str, float]:
    longest = sum(
        max(range(len(q.options)), key=lambda at: len(q.options[at])) == q.answer for q in questions
    )
    return {"random": sum(1 / len(q.options) for q in questions), "longest_option": longest}


def _permuted(rows: Sequence[Row]) -> dict[str, Any]:
    right = np.array([np.mean([pick == row["key"] for pick in row["orders"]]) for row in rows])
    alike = sum(len(set(row["orders"])) == 1 for row in rows)
    return {
        "accuracy": float(right.mean()),
        "interval95": bootstrap(len(rows), lambda draw: float(right[draw].mean())),
        "consistent": alike / len(rows),
    }
