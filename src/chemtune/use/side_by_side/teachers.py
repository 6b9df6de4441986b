"""The teachers of a run: what they said already, what asking one costs, and asking one."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from chemtune.dataset.gather import Bought, gather
from chemtune.dataset.open_teacher import open_teacher, price_of, terms_of
from chemtune.errors import ChemtuneError
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import AnyTeacher, Recipe
from chemtune.teachers.batch import BatchTeacher
from chemtune.teachers.budget import worst_case
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.recorded import RecordedTeacher
from chemtune.teachers.reply import chat_reply
from chemtune.teachers.teacher import Reply, Request, RequestRefused, Teacher

# Prompts of a reader's own are no task of the domain.
TASK = "compare"


@dataclass(frozen=True)
class Offer:
    """What it takes to ask a teacher.

    Attributes:
        name: The teacher's name.
        kind: As in a recipe: "endpoint", "local", "batch", "recorded" or "none".
        most_usd: What a reply can cost at most, in US dollars; None where no price is known.
    """

    name: str
    kind: str
    most_usd: float | None

    @property
    def can_be_asked(self) -> bool:
        """Whether the teacher answers while one waits."""
        return self.kind in ("endpoint", "local")


class Teachers:
    """The teachers of a recipe, opened when they are needed; every method blocks.

    Args:
        recipe: The run's recipe.
        folder: The run's folder.
    """

    def __init__(self, recipe: Recipe, folder: RunFolder) -> None:
        self._recipe = recipe
        named = recipe.journal
        self._journal = recipe.folder / named if named else folder.journal
        self._opened: list[tuple[AnyTeacher, Teacher | BatchTeacher]] = []
        self._opening = threading.Lock()
        # A teacher is entered for one run of asking at a time.
        self._asking = threading.Lock()

    def said(self, request: Request, part: int | None, key: str = "") -> Reply | None:
        """Return the journal's reply to a request, or None where there is none.

        Args:
            request: The request.
            part: The number of the recipe's documents, which tells the teacher; None is the
                recipe's own.
            key: The journal's key, where it is known; then the teacher need not be opened, for
                which an API key could be missing.

        Raises:
            InputError: The teacher cannot be opened.
            ChemtuneError: What the journal keeps holds no answer; says why.
        """
        if not self._journal.is_file():
            return None
        asked = self._settings(part)
        key = key or key_of(self._open(asked).canonical(request))
        with Journal(self._journal) as journal:
            raw = journal.get(key)
        try:
            return None if raw is None else _read(asked, raw)
        except RequestRefused as error:
            raise _no_reply(error) from None

    def offer(self, request: Request, part: int | None) -> Offer:
        """Say what asking takes; asks nobody.

        Raises:
            InputError: The teacher cannot be opened: its key is not set, say.
        """
        asked = self._settings(part)
        teacher, price = self._open(asked), price_of(asked)
        most_output = getattr(asked, "max_tokens", 0)
        most = None if price is None else worst_case(request, price, most_output)
        return Offer(teacher.name, asked.kind, most)

    def ask(self, request: Request, part: int | None) -> Reply:
        """Ask the teacher, within the budget; the reply is in the journal before it is returned.

        Raises:
            InputError: The teacher cannot be opened, or there is a budget and its price is not
                known.
            ChemtuneError: There is no reply; says why.
        """
        if not self.offer(request, part).can_be_asked:
            raise ChemtuneError("this teacher does not answer while one waits")
        asked = self._settings(part)
        cap = self._recipe.budget_usd
        price = price_of(asked, needed=cap is not None)
        with self._asking, Journal(self._journal) as journal:
            bought = Bought(self._open(asked), journal, price, terms_of(asked))
            gather(bought, [request], 1, cap)
            try:
                return bought.reply(request)[1]
            except RequestRefused as error:
                raise _no_reply(error) from None

    def _settings(self, part: int | None) -> AnyTeacher:
        own = None if part is None else self._recipe.documents[part].teacher
        return own or self._recipe.teacher

    def _open(self, asked: AnyTeacher) -> Teacher | BatchTeacher:
        with self._opening:
            for settings, teacher in self._opened:
                if settings == asked:
                    return teacher
            teacher = open_teacher(asked, self._recipe.folder)
            self._opened.append((asked, teacher))
            return teacher


def _no_reply(error: RequestRefused) -> ChemtuneError:
    return ChemtuneError(f"the teacher gave no reply: {error.reason}")


def _read(asked: AnyTeacher, raw: bytes) -> Reply:
    """Read a reply by its form: the recipe may name another teacher by now than wrote it."""
    try:
        return RecordedTeacher([]).read(raw)
    except RequestRefused:
        return chat_reply(raw, getattr(asked, "model", asked.kind))
