"""One answer, token by token, over the keys and values of what was said before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache

from chemtune.evaluation.generation import stop_ids
from chemtune.models.forest import shared_prefix
from chemtune.models.load import Student, is_adapter
from chemtune.use.opened import Which
from chemtune.use.pieces import Pieces

# Below this the likeliest token is as good as certain, and dividing by it can overflow.
COLDEST = 1e-4


@dataclass(frozen=True)
class Decoding:
    """How an answer is decoded.

    Attributes:
        max_tokens: After so many tokens it is cut off.
        temperature: 0 takes the likeliest token.
        top_p: Tokens are drawn among the likeliest that together have this probability.
        seed: Of the draws; None draws anew each time.
        stops: Strings at which the answer ends.
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stops: tuple[str, ...] = ()


@dataclass
class Answer:
    """An answer that is under way.

    Attributes:
        tokens: How many tokens it has.
        finish: "stop" where it came to its end or to a stop string, "length" where it was cut off,
            "cancelled"; "" while it goes on.
        seconds: From when its prompt was begun to its last token.
    """

    tokens: int = 0
    finish: str = ""
    seconds: float = field(default=0.0, compare=False)


@dataclass
class Speaker:
    """A model that answers, and remembers the keys and values of its last prompt and answer.

    Attributes:
        student: The model.
        untuned: Answer with its adapter switched off.
    """

    student: Student
    untuned: bool = False
    _ids: list[int] = field(default_factory=list)
    _cache: DynamicCache | None = None

    def __post_init__(self) -> None:
        adapter = self.student.adapter
        if self.untuned and adapter is not None and not is_adapter(adapter):
            raise ValueError("all weights were tuned: there is no adapter to switch off")

    def stream(
        self,
        prompt: list[int],
        decoding: Decoding,
        answer: Answer,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """Yield the pieces of the answer to a prompt.

        What the prompt has in common with the last one and its answer is not run again.

        Args:
            prompt: Token ids, one at least.
            decoding: How to decode.
            answer: Filled as the answer goes on.
            cancelled: Asked at each token whether to stop.
        """
        began = time.monotonic()
        stops = stop_ids(self.student)
        draw = _draw(decoding, self.student.model.device)
        pieces = Pieces(self.student.tokenizer, decoding.stops)
        run = prompt[self._keep(prompt) :]
        while not answer.finish:
            if cancelled():
                answer.finish = "cancelled"
                break
            token = draw(self._run(run))
            answer.tokens += 1
            answer.seconds = time.monotonic() - began
            if token in stops:
                answer.finish = "stop"
                break
            text = pieces.add(token)
            if pieces.stopped:
                answer.finish = "stop"
            elif answer.tokens >= decoding.max_tokens:
                answer.finish = "length"
            if text:
                yield text
            run = [token]
        rest = pieces.end()
        if rest:
            yield rest

    @torch.inference_mode()
    def _run(self, tokens: list[int]) -> torch.Tensor:
        """Run tokens behind those that were run before; return (vocabulary,) the next's logits."""
        model = self.student.model
        adapted = self.student.adapter is not None
        # Taken away first: a run that is broken off leaves keys of no known length.
        ids, self._ids = self._ids, []
        with model.disable_adapter() if self.untuned and adapted else nullcontext():
            logits: torch.Tensor = model(
                input_ids=torch.tensor([tokens], device=model.device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[0, -1]
        self._ids = ids + tokens
        return logits

    def _keep(self, prompt: list[int]) -> int:
        """Keep what a prompt begins with of what was run, and return its length."""
        # The last token is run in any case: it gives the first token of the answer.
        shared = min(shared_prefix(self._ids, prompt), len(prompt) - 1)
        if not shared or self._cache is None:
            shared, self._cache = 0, DynamicCache()
        elif shared < len(self._ids):
            self._cache.crop(shared - len(self._ids))
        self._ids = self._ids[:shared]
        return shared


def _draw(decoding: Decoding, device: Any) -> Callable[[torch.Tensor], int]:
    """Return what takes a token by its logits."""
    if decoding.temperature < COLDEST:
        return lambda logits: int(logits.argmax())
    generator = torch.Generator(device=device)
    if decoding.seed is None:
        generator.seed()
    else:
        generator.manual_seed(decoding.seed)

    def draw(logits: torch.Tensor) -> int:
        likely = (logits.float() / decoding.temperature).softmax(dim=-1)
        ordered, tokens = likely.sort(descending=True, stable=True)
        # A token belongs to the likeliest where those before it have not reached top_p together.
        ordered[ordered.cumsum(dim=-1) - ordered >= decoding.top_p] = 0.0
        return int(tokens[torch.multinomial(ordered, 1, generator=generator)])

    return draw


def speakers_of(student: Student) -> dict[Which, Speaker]:
    """Return who answers of a loaded model, the tuned one first.

    There is no "tuned" one where the model has no adapter, and no "untuned" one where all weights
    were tuned, for these are no adapter that can be switched off.
    """
    if student.adapter is None:
        return {"untuned": Speaker(student)}
    if not is_adapter(student.adapter):
        return {"tuned": Speaker(student)}
    return {"tuned": Speaker(student), "untuned": Speaker(student, untuned=True)}
