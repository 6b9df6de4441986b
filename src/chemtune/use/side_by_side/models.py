"""The models of a run: loaded once, at the first use, and asked in turn by all readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chemtune.dataset.example import Example, read_examples
from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.messages import Message
from chemtune.models.load import is_adapter, is_tuned
from chemtune.recipe.run_folder import RunFolder
from chemtune.use.opened import OpenedRun, Which, open_run

if TYPE_CHECKING:
    from chemtune.models.load import Student
    from chemtune.use.streaming import Answer, Decoding, Speaker
    from chemtune.use.voice import Voice

WHICH: tuple[Which, ...] = ("untuned", "tuned")


@dataclass(frozen=True)
class Wish:
    """What the models are to answer, and how.

    Attributes:
        messages: The prompt.
        task: The task of a held-out document, which is decoded as in the evaluation; or "".
        max_tokens: Of an answer, for prompts of one's own.
        temperature: 0 takes the likeliest token; for prompts of one's own.
    """

    messages: Sequence[Message]
    task: str = ""
    max_tokens: int = 256
    temperature: float = 0.0


@dataclass(frozen=True)
class Loaded:
    """A model in memory, with its adapter where the run has one.

    Attributes:
        opened: The run as it was when it was loaded.
        student: The model.
        speakers: Who answers; see `speakers_of`.
    """

    opened: OpenedRun
    student: Student
    speakers: Mapping[Which, Speaker]
    _limits: dict[str, int] = field(default_factory=dict)

    def asked(self, wish: Wish) -> tuple[list[int], Decoding]:
        """Return the token ids of a prompt, and how its answer is decoded.

        Raises:
            InputError: The model's template does not take the messages, or they leave no room for
                the answer in its context.
        """
        from chemtune.use.streaming import Decoding

        limit = self._limit(wish.task) if wish.task else wish.max_tokens
        prompt = self.student.template.prompt_ids(list(wish.messages))
        context = self.student.context
        if len(prompt) + limit > context:
            fault = (
                f"the model's context is {context} tokens; the prompt has {len(prompt)} and the "
                f"answer may have {limit}"
            )
            raise InputError(Problem(fault, remedy="shorten the prompt or the answer"))
        return prompt, Decoding(limit, 0.0 if wish.task else wish.temperature)

    def _limit(self, task: str) -> int:
        """How many tokens the evaluation allows an answer to a task."""
        from chemtune.evaluation.held_out import answer_limits

        if task not in self._limits:
            settings = self.opened.recipe.evaluation
            of_task = [one for one in self._evaluated if one.task == task][: settings.documents]
            found = answer_limits(self.student, of_task, settings.max_new_tokens)
            self._limits[task] = found.get(task, settings.max_new_tokens)
        return self._limits[task]

    @cached_property
    def _evaluated(self) -> list[Example]:
        path = self.opened.folder.dataset / f"{self.opened.recipe.evaluation.split}.parquet"
        return read_examples(path) if path.is_file() else []


class Models:
    """The untuned and the tuned model of a run: one in memory, its adapter switched on and off.

    Readers are answered one after the other. A run that is tuned meanwhile is loaded anew.

    Args:
        run: The run's folder.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._adapter = RunFolder(run).adapter
        self._loading: asyncio.Future[Loaded] | None = None
        self._stamp = 0
        self._voice: Voice | None = None
        self._closed = False

    @property
    def there(self) -> dict[Which, bool]:
        """Which of the models the run has by now; see `Loaded.speakers`."""
        tuned = is_tuned(self._adapter)
        return {"untuned": not tuned or is_adapter(self._adapter), "tuned": tuned}

    @property
    def in_memory(self) -> bool:
        """Whether the models are loaded, as the run has them now."""
        return self._is_current() and self._loading is not None and self._loading.done()

    @property
    def waiting(self) -> int:
        """How many answers are under way or wait for their turn."""
        return 0 if self._voice is None else self._voice.waiting

    async def load(self) -> Loaded:
        """Return the models, loaded where they are not.

        Raises:
            InputError: The run's model is not there.
            ChemtuneError: The server is ending.
        """
        if self._closed:
            raise ChemtuneError("the server is ending")
        if self._loading is None or not self._is_current():
            self._stamp = _stamp(self._adapter)
            self._loading = asyncio.ensure_future(asyncio.to_thread(_load, self._run))
        # Who waits may go away; the others still wait.
        loaded = await asyncio.shield(self._loading)
        if self._voice is None:
            from chemtune.use.voice import Voice

            self._voice = Voice()
        return loaded

    async def stream(self, which: Which, wish: Wish, answer: Answer) -> AsyncGenerator[str, None]:
        """Yield the pieces of a model's answer; one that is left before its end is stopped.

        Args:
            which: The model.
            wish: What it is to answer.
            answer: Filled as the answer goes on.

        Raises:
            InputError: See `Loaded.asked`.
            Exception: What the model raised.
        """
        loaded = await self.load()
        prompt, decoding = await asyncio.to_thread(loaded.asked, wish)
        if self._voice is None or self._closed:
            raise ChemtuneError("the server is ending")
        said = self._voice.answer(loaded.speakers[which], prompt, decoding, answer)
        async with aclosing(said) as pieces:
            async for piece in pieces:
                yield piece

    def close(self) -> None:
        """End all answers, and free the memory."""
        self._closed = True
        if self._voice is not None:
            self._voice.close()
        self._voice = self._loading = None

    def _is_current(self) -> bool:
        """Whether what is loaded, or is being loaded, is what the run has now."""
        loading = self._loading
        failed = loading is not None and loading.done() and loading.exception() is not None
        return not failed and self._stamp == _stamp(self._adapter)


def _stamp(adapter: Path) -> int:
    """Tells one tuning of a run from the next; 0 before the first."""
    if not is_tuned(adapter):
        return 0
    return max(file.stat().st_mtime_ns for file in adapter.iterdir())


def _load(run: Path) -> Loaded:
    from chemtune.use.streaming import speakers_of

    tuned = is_tuned(RunFolder(run).adapter)
    opened = open_run(run, untuned=not tuned)
    student = opened.load()
    return Loaded(opened, student, speakers_of(student))
