"""What the models say, as it grows: one answer after the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from chemtune.errors import ChemtuneError
from chemtune.progress import say
from chemtune.use.opened import Which
from chemtune.use.side_by_side.models import WHICH, Models, Wish

State = Literal["loading", "waiting", "answering", "done", "failed"]


@dataclass
class Said:
    """An answer that is under way, or done.

    Attributes:
        which: The model.
        state: "loading" while the model is read into memory, "waiting" for its turn and its first
            token, "answering", "done" or "failed".
        text: What it has said.
        ahead: Answers that are given before this one, while it waits.
        tokens: Of the answer.
        seconds: That it took, from when its prompt was begun.
        finish: See `streaming.Answer`.
        error: Why it failed.
    """

    which: Which
    state: State = "waiting"
    text: str = ""
    ahead: int = 0
    tokens: int = 0
    seconds: float = 0.0
    finish: str = ""
    error: str = ""

    @property
    def tokens_per_second(self) -> float:
        """The rate of the whole answer, its prompt among it; 0 before the first token."""
        return self.tokens / self.seconds if self.seconds else 0.0


async def say_all(models: Models, wish: Wish) -> AsyncGenerator[Said, None]:
    """Let every model that the run has answer in turn; yield an answer whenever it has changed.

    Whoever leaves before the end stops them all.

    Args:
        models: The models.
        wish: What they are to answer.
    """
    for which in WHICH:
        if models.there[which]:
            async with aclosing(_say(models, which, wish)) as changes:
                async for said in changes:
                    yield said


async def _say(models: Models, which: Which, wish: Wish) -> AsyncGenerator[Said, None]:
    said = Said(which)
    try:
        if not models.in_memory:
            said.state = "loading"
            yield said
            await models.load()
        # It loads torch, which the pages are served without.
        from chemtune.use.streaming import Answer

        answer = Answer()
        said.state, said.ahead = "waiting", models.waiting
        yield said
        async with aclosing(models.stream(which, wish, answer)) as pieces:
            async for piece in pieces:
                said.state, said.text = "answering", said.text + piece
                said.tokens, said.seconds = answer.tokens, answer.seconds
                yield said
        said.state, said.finish = "done", answer.finish
        said.tokens, said.seconds = answer.tokens, answer.seconds
    except ChemtuneError as error:
        said.state, said.error = "failed", str(error)
    except Exception as error:  # of any library: the reader sees it, and the others go on
        said.state, said.error = "failed", f"{type(error).__name__}: {error}"
        say(f"an answer failed: {said.error}")
    yield said
