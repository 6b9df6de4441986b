"""Drawing a sample of the items to review, so that several people read the same ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction

from chemtune.dataset.review.filters import Filters
from chemtune.dataset.review.review import Candidate, Review
from chemtune.dataset.review.store import Sample, storable
from chemtune.errors import InputError, Problem, nearest

METHODS = ("random", "stratified", "disagreement")
Stratum = tuple[str, str, str]


def draw(
    review: Review,
    name: str,
    method: str,
    size: int,
    seed: int,
    filters: Filters,
    reviewer: str,
) -> list[str]:
    """Draw a sample, keep it under its name, and return its items' ids in their order.

    The same data set and settings give the same sample. A greater sample drawn at random with the
    same seed holds the smaller one.

    Args:
        review: The run's items.
        name: The sample's name.
        method: "random"; "stratified" by task, language and status, in proportion, each at least
            once; or "disagreement": the lowest agreement of a second teacher first, then what
            reviewers disagree on, then what a check objects to.
        size: How many items, 1 or more; all where there are fewer.
        seed: Of the draw.
        filters: What to draw from.
        reviewer: Whose decisions the filters mean.

    Raises:
        InputError: The name is missing or taken by another sample, the method is unknown, the
            filters leave nothing, or the size is too small for the strata.
    """
    name = storable(name).strip()
    problems = _faults(name, method, size)
    if problems:
        raise InputError(*problems)
    asked = Sample(name, method, size, seed, _told(filters, reviewer))
    before = _kept(review, asked)
    if before is not None:
        return before
    candidates = review.candidates(filters, reviewer)
    if not candidates:
        raise InputError(Problem("the filters leave no item to draw", review.run, field="filters"))
    shuffled = sorted(candidates, key=lambda one: _chance(seed, one.id))
    if method == "stratified":
        shuffled = _stratified(shuffled, size)
    elif method == "disagreement":
        shuffled.sort(key=_apart)
    items = [one.id for one in shuffled[:size]]
    if not review.store.keep_sample(asked, items):
        # Taken since it was looked for.
        return _kept(review, asked) or []
    return items


def allotted(counts: Mapping[Stratum, int], size: int) -> dict[Stratum, int]:
    """Return how many to draw of each stratum: in proportion, one at least, `size` in all.

    Strata whose share is below one get one; the others share the rest by largest remainders
    (Hamilton's method), ties by name.

    Args:
        counts: How many items each stratum has, 1 or more.
        size: As many as there are strata at least, and as there are items at most.
    """
    given: dict[Stratum, int] = {}
    left = dict(counts)
    while True:
        rest = size - len(given)
        total = sum(left.values())
        small = [stratum for stratum, count in left.items() if count * rest < total]
        if not small:
            break
        for stratum in small:
            given[stratum] = 1
            del left[stratum]
    shares = {stratum: Fraction(count * rest, total) for stratum, count in left.items()}
    given |= {stratum: int(share) for stratum, share in shares.items()}
    over = size - sum(given.values())
    by_remainder = sorted(shares, key=lambda stratum: (-(shares[stratum] % 1), stratum))
    for stratum in by_remainder[:over]:
        given[stratum] += 1
    return given


def _faults(name: str, method: str, size: int) -> list[Problem]:
    problems = []
    if not name:
        problems.append(Problem("a sample needs a name", field="name"))
    if method not in METHODS:
        remedy = nearest(method, list(METHODS))
        problems.append(Problem(f"unknown method {method!r}", field="method", remedy=remedy))
    if size < 1:
        remedy = "draw one item at least"
        problems.append(Problem(f"cannot draw {size} items", field="size", remedy=remedy))
    return problems


def _kept(review: Review, asked: Sample) -> list[str] | None:
    """The items of the sample that has the name already, or None."""
    for kept in review.store.samples():
        if kept.name != asked.name:
            continue
        settings = ("method", "size", "seed", "filters")
        if all(getattr(kept, field) == getattr(asked, field) for field in settings):
            return review.store.sample_items(kept.name)
        fault = f"there is a sample {kept.name!r} with other settings: {kept.size} by {kept.method}"
        raise InputError(Problem(fault, review.store.path, field="name", remedy="use another name"))
    return None


def _told(filters: Filters, reviewer: str) -> str:
    """The filters as they are kept, with the reviewer where they mean one."""
    told = {name: value for name, value in asdict(filters).items() if value}
    if filters.decision and filters.decision != "disputed":
        told["reviewer"] = reviewer
    return storable(json.dumps(told, ensure_ascii=False, sort_keys=True))


def _chance(seed: int, item: str) -> bytes:
    """A place in the draw that depends on the seed and the item alone, not on the other items."""
    return hashlib.sha256(f"{seed} {item}".encode()).digest()


def _stratified(shuffled: Sequence[Candidate], size: int) -> list[Candidate]:
    """The first so many of each stratum, in the order of the draw."""
    strata: dict[Stratum, list[Candidate]] = {}
    for one in shuffled:
        strata.setdefault((one.task, one.language, one.status), []).append(one)
    size = min(size, len(shuffled))
    if size < len(strata):
        fault = f"there are {len(strata)} kinds of items by task, language and status"
        remedy = f"draw {len(strata)} or more, or filter"
        raise InputError(Problem(f"{fault}, and {size} are drawn", field="size", remedy=remedy))
    given = allotted({stratum: len(items) for stratum, items in strata.items()}, size)
    drawn = {one.id for stratum, items in strata.items() for one in items[: given[stratum]]}
    return [one for one in shuffled if one.id in drawn]


def _apart(one: Candidate) -> tuple[int, float]:
    """How much speaks for looking at an item, the most first."""
    if one.agreement is not None and one.agreement < 1:
        return 0, one.agreement
    if one.disputed:
        return 1, 0.0
    return (2, 0.0) if one.findings else (3, 0.0)
