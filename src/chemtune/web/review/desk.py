"""Desk: what one reader has before them, and what becomes of it when they decide."""

from __future__ import annotations

from dataclasses import dataclass, field

from chemtune.dataset.review.filters import Filters
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.review import Review
from chemtune.dataset.review.store import Decision


@dataclass
class Desk:
    """One reader's place among the items.

    Attributes:
        review: The run's items and decisions.
        reviewer: Who reads.
        filters: Which items are looked at.
        item: The one before the reader, or None where there is none.
        decision: The reader's own decision about it as it was when it was opened, or None.
    """

    review: Review
    reviewer: str
    filters: Filters = field(default_factory=Filters)
    item: Item | None = None
    decision: Decision | None = None

    def open(self, item_id: str | None) -> None:
        """Take an item up; None takes none."""
        self.item = self.review.item(item_id) if item_id else None
        self.decision = self._own(item_id) if item_id else None

    def start(self, item_id: str | None = None) -> None:
        """Take up the item that is asked for where there is one, else the first undecided one."""
        known = item_id if item_id and self._place(item_id) is not None else None
        self.open(known or self._next(None, undecided=True) or self._next(None))

    def narrow(self, filters: Filters) -> None:
        """Look at other items; the one at hand stays where it is among them."""
        self.filters = filters
        self.start(self.item.id if self.item else None)

    def move(self, *, forward: bool = True, with_findings: bool = False) -> bool:
        """Go to the next or the last item; says whether there is one."""
        here = self.item.id if self.item else None
        found = self._next(here, forward=forward, with_findings=with_findings)
        if found is not None:
            self.open(found)
        return found is not None

    def decide(self, decision: str, *, answer: str = "", note: str = "") -> Decision | None:
        """Write a decision down, and go on to the next undecided item.

        Raises:
            Overtaken: The reader has decided about it elsewhere since it was opened.
        """
        if self.item is None:
            return None
        here = self.item
        # Before it is decided: it may no longer be among the items that are looked at.
        following = self._next(here.id, undecided=True)
        seen = self.decision.id if self.decision else 0
        made = self.review.store.decide(
            here, self.reviewer, decision, answer=answer, note=note, seen=seen
        )
        if following is None:
            following = self._next(None, undecided=True)
        self.open(following or here.id)
        return made

    def undo(self) -> Decision | None:
        """Take the reader's last decision back, and go to what it was about."""
        undone = self.review.store.undo(self.reviewer)
        if undone is not None:
            self.open(undone.item)
        return undone

    def place(self) -> int | None:
        """Return the number of the item among those looked at, from 0."""
        return self._place(self.item.id) if self.item else None

    def progress(self) -> tuple[int, int]:
        """Return how many of the items are decided, and how many there are."""
        return self.review.progress(self.filters, self.reviewer)

    def _own(self, item_id: str) -> Decision | None:
        return self.review.store.latest(item_id).get(self.reviewer)

    def _place(self, item_id: str) -> int | None:
        return self.review.place(self.filters, self.reviewer, item_id)

    def _next(
        self,
        item_id: str | None,
        *,
        forward: bool = True,
        undecided: bool = False,
        with_findings: bool = False,
    ) -> str | None:
        return self.review.neighbour(
            self.filters,
            self.reviewer,
            item_id,
            forward=forward,
            undecided=undecided,
            with_findings=with_findings,
        )
