"""Whether an export answers as the adapter does, as far as its precision lets it.

Up to the first token that differs, two greedy answers have the same prefix; so one pass of the
adapter's model over the export's answer finds that token, and what the adapter's model thinks of
both choices there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from chemtune.evaluation.generation import generate
from chemtune.experiment.export_answers import Answer
from chemtune.messages import Message
from chemtune.models.load import Student

# The most noise (see `Sameness`) that each precision may bring. Measured of SmolLM2-135M by
# llama.cpp: 0.014 (f16), 0.15 (q8_0), 0.48 (q4_k_m), and by transformers 1e-5 (float32).
BOUNDS = {
    "float32": 0.005,
    "f32": 0.02,
    "float16": 0.03,
    "f16": 0.03,
    "bfloat16": 0.25,
    "bf16": 0.25,
    "q8_0": 0.25,
    "q4_k_m": 1.2,
}
# A difference of two choices is noisier by the root of 2, and the largest of some thousand normal
# deviations is 3.3; the rest is for tails that are heavier.
WIDTHS = 8.0
# Fewer tokens than this do not measure the noise; then the bound stands for it.
ENOUGH_TOKENS = 50
# A token as sure as this has log-odds that single precision does not hold.
SURE = 0.999


@dataclass(frozen=True)
class Difference:
    """The first token that differs in an answer.

    Attributes:
        prompt: The prompt's number, from 0.
        token: The token's number in the answer, from 0.
        adapter: What the adapter's model chose, as text.
        export: What the export chose.
        gap: By how much the adapter's model prefers its own choice, in logits.
        explained: Whether the precision explains it.
        adapter_answer: The adapter's whole answer.
        export_answer: The export's.
    """

    prompt: int
    token: int
    adapter: str
    export: str
    gap: float
    explained: bool
    adapter_answer: str
    export_answer: str


@dataclass(frozen=True)
class Sameness:
    """How alike an export answers.

    Attributes:
        prompts: Prompts asked.
        alike: Answers equal to the last token.
        tokens: Tokens before the first difference, of all answers.
        noise: The root mean square, over these tokens, of the difference in log-odds of the token
            between adapter and export, in logits; None where there are too few tokens.
        bound: The most noise that the precision may bring.
        tolerance: The largest gap (see `Difference`) that the noise explains.
        differences: The answers that differ.
    """

    prompts: int
    alike: int
    tokens: int
    noise: float | None
    bound: float
    tolerance: float
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether the precision explains all differences."""
        within = self.noise is None or self.noise <= self.bound
        return within and all(difference.explained for difference in self.differences)

    def as_dict(self) -> dict[str, Any]:
        """Return the same as plain values, with `passed`."""
        return asdict(self) | {"passed": self.passed}


@dataclass(frozen=True)
class _Followed:
    """An export's answer in the eyes of the adapter's model."""

    alike: int
    deviations: list[float]
    choice: int | None
    said: int | None
    gap: float


def compare_answers(
    reference: Student,
    prompts: Sequence[list[Message]],
    answers: Sequence[Answer],
    *,
    precision: str,
    limit: int,
) -> Sameness:
    """Compare an export's greedy answers with those of the adapter.

    Args:
        reference: The base model with the adapter, in float32.
        prompts: As messages.
        answers: The export's, of at most `limit` tokens.
        precision: Of the export, a key of `BOUNDS`.
        limit: Most tokens of an answer.
    """
    ids = [reference.template.prompt_ids(messages) for messages in prompts]
    followed = [
        _follow(reference, prompt, answer) for prompt, answer in zip(ids, answers, strict=True)
    ]
    deviations = [d for one in followed for d in one.deviations]
    bound = BOUNDS[precision]
    noise = None
    if len(deviations) >= ENOUGH_TOKENS:
        noise = math.sqrt(sum(d * d for d in deviations) / len(deviations))
    tolerance = WIDTHS * (bound if noise is None else min(noise, bound))
    differing = [i for i, one in enumerate(followed) if one.choice is not None]
    texts = dict.fromkeys(differing, "")
    own = generate(reference, [ids[i] for i in differing], limits=[limit] * len(differing))
    for position, text, _ in own if differing else ():
        texts[differing[position]] = text
    return Sameness(
        prompts=len(prompts),
        alike=len(prompts) - len(differing),
        tokens=sum(one.alike for one in followed),
        noise=noise,
        bound=bound,
        tolerance=tolerance,
        differences=tuple(
            _difference(reference, i, followed[i], answers[i], texts[i], tolerance)
            for i in differing
        ),
    )


@torch.inference_mode()
def _follow(reference: Student, prompt: list[int], answer: Answer) -> _Followed:
    """Go along an answer up to where the adapter's model would say something else."""
    stops = _stops(reference)
    said = [*answer.tokens, *([reference.template.end_id] if answer.ended else [])]
    if not said:
        return _Followed(0, [], None, None, 0.0)
    sequence = torch.tensor([[*prompt, *said[:-1]]], device=reference.model.device)
    logits = reference.model(input_ids=sequence, logits_to_keep=len(said)).logits[0].float()
    choices = logits.argmax(-1).tolist()
    logprobs = logits.log_softmax(-1)
    deviations: list[float] = []
    for at, (token, choice) in enumerate(zip(said, choices, strict=True)):
        both_end = token in stops and choice in stops
        if token != choice and not both_end:
            ways = sorted(stops) if token in stops else [token]
            gap = float(logits[at, choice] - logits[at, ways].max())
            return _Followed(at, deviations, choice, token, gap)
        told, own = answer.logprobs[at] if at < len(answer.logprobs) else None, logprobs[at, token]
        if told is not None and max(float(own), told) < math.log(SURE):
            deviations.append(_log_odds(told) - _log_odds(float(own)))
    return _Followed(len(said), deviations, None, None, 0.0)


def _log_odds(logprob: float) -> float:
    return logprob - math.log(-math.expm1(logprob))


def _stops(student: Student) -> set[int]:
    from chemtune.tuning.merge import stop_ids

    return set(stop_ids(student.template, student.model.generation_config))


def _difference(
    reference: Student,
    prompt: int,
    followed: _Followed,
    answer: Answer,
    text: str,
    tolerance: float,
) -> Difference:
    tokenizer = reference.tokenizer
    return Difference(
        prompt=prompt,
        token=followed.alike,
        adapter=tokenizer.decode([followed.choice]),
        export=tokenizer.decode([followed.said]),
        gap=followed.gap,
        explained=followed.gap <= tolerance,
        adapter_answer=text,
        export_answer=tokenizer.decode(answer.tokens, skip_special_tokens=True).strip(),
    )
