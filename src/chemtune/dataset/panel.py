"""The panel: everybody who is asked in a build, with their prices and their replies."""

from __future__ import annotations

from dataclasses import dataclass

from chemtune.dataset.gather import Bought
from chemtune.dataset.open_teacher import open_teacher, price_of, terms_of
from chemtune.recipe.schema import Recipe
from chemtune.teachers.journal import Journal


@dataclass(frozen=True)
class Panel:
    """Those who are asked; one who has several roles is one.

    Attributes:
        everybody: The replies of each, once.
        parts: For each part of the recipe's documents, the number of its teacher.
        second: The number of the second teacher, or None.
        judge: The number of the judge, or None.
    """

    everybody: list[Bought]
    parts: list[int]
    second: int | None
    judge: int | None

    @property
    def of_parts(self) -> list[Bought]:
        """The replies of the teacher of each part."""
        return [self.everybody[number] for number in self.parts]

    @property
    def answering(self) -> list[int]:
        """The teachers of the parts, once each."""
        return list(dict.fromkeys(self.parts))

    @property
    def costs_known(self) -> bool:
        """Whether there is a price for each of them."""
        return all(one.price is not None for one in self.everybody)


class Invited:
    """The teachers of a recipe, opened: a fault in one is found before anything is written."""

    def __init__(self, recipe: Recipe) -> None:
        """Open the teachers.

        Raises:
            InputError: One cannot be opened, or a budget is set and a price is not known.
        """
        of_parts = [source.teacher or recipe.teacher for source in recipe.documents]
        others = [role.teacher for role in (recipe.second, recipe.judge) if role is not None]
        asked = [*of_parts, *others]
        distinct = [t for i, t in enumerate(asked) if t not in asked[:i]]
        self._parts = [distinct.index(teacher) for teacher in of_parts]
        self._second, self._judge = (
            None if role is None else distinct.index(role.teacher)
            for role in (recipe.second, recipe.judge)
        )
        self._teachers = [open_teacher(teacher, recipe.folder) for teacher in distinct]
        needed = recipe.budget_usd is not None
        self._terms = [terms_of(teacher) for teacher in distinct]
        self._prices = [price_of(teacher, needed=needed) for teacher in distinct]

    def panel(self, journal: Journal, refused: dict[tuple[str, str], str]) -> Panel:
        """Return the panel with what a journal holds of its replies.

        Args:
            journal: The journal.
            refused: Why there is no reply to some requests, from an earlier build.
        """
        of_each = zip(self._teachers, self._prices, self._terms, strict=True)
        everybody = [
            Bought(teacher, journal, price, terms, dict(refused))
            for teacher, price, terms in of_each
        ]
        return Panel(everybody, self._parts, self._second, self._judge)
