"""Likelihood scoring: which continuation of a prompt a model finds the most probable.

What all prompts of a set begin with (the header, and the shots with it) is run once, and its keys
and values are kept. What is left of the prompts is laid out as trees, many in a row without
padding: the orders of one question's options, or its options as texts, share the question. The
vocabulary is scored only at the positions that an option's tokens are read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from chemtune.models.forest import Row, Tree, grow, lay_out, shared_prefix, thinned
from chemtune.models.tree_attention import can_see_trees, see_trees

TOKENS_PER_PASS = 4096
# A position takes the logits of a whole vocabulary (262,144 for Gemma 3), once as the model has
# them and twice in float32: so many are 0.7 GB.
LOGITS_PER_PASS = 2**26
# A shorter beginning is not worth a pass of its own.
LEAST_PREFIX = 8

KeysAndValues = list[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Scoring:
    """A prompt and its options, as tokens."""

    prompt: list[int]
    options: list[list[int]]

    @property
    def length(self) -> int:
        """Tokens of the prompt with its longest option."""
        return len(self.prompt) + max(len(option) for option in self.options)


def encode_options(tokenizer: Any, prompt: str, options: Sequence[str]) -> Scoring:
    """Return a prompt and its options as tokens.

    Prompt and option are encoded as one text and then parted, so that the tokens are those that the
    model would see; each option has at least one token of its own.
    """
    texts = [prompt, *(prompt + option for option in options)]
    head, *wholes = tokenizer(texts)["input_ids"]
    # Where the last token of the prompt grows with the option, it belongs to the option.
    shared = min(shared_prefix(head, whole) for whole in wholes)
    shared = min(shared, min(len(whole) for whole in wholes) - 1)
    return Scoring(head[:shared], [whole[shared:] for whole in wholes])


def option_log_likelihoods(
    model: Any, scorings: Sequence[Scoring], *, tokens_per_pass: int = TOKENS_PER_PASS
) -> Iterator[tuple[int, list[float]]]:
    """Yield for each scoring its index and the log-likelihood of every option, in nats.

    Options that differ only in their last token, as labels do, take one sequence and one position's
    logits together; others take a sequence each and the exact sum over their tokens.

    Args:
        model: A causal language model of transformers.
        scorings: What to score.
        tokens_per_pass: Tokens in one forward pass, at most (one tree at least).
    """
    sequences = [one for at, scoring in enumerate(scorings) for one in _sequences(at, scoring)]
    if not sequences:
        return
    if not can_see_trees(model):
        tokens_per_pass = 0
    passes = _Passes(model, sequences, tokens_per_pass)
    results = [[0.0] * len(scoring.options) for scoring in scorings]
    waiting = [0] * len(scorings)
    for one in sequences:
        waiting[one.index] += 1
    for one, log_probabilities in passes.run():
        for option, places in one.wanted.items():
            total = sum(log_probabilities[at, token] for at, token in places)
            results[one.index][option] = float(total)
        waiting[one.index] -= 1
        if waiting[one.index] == 0:
            yield one.index, results[one.index]


@dataclass(frozen=True)
class _Sequence:
    """Tokens to run, the positions whose logits are needed, and what each option reads there."""

    index: int
    ids: list[int]
    positions: list[int]
    wanted: dict[int, list[tuple[int, int]]]


def _sequences(index: int, scoring: Scoring) -> list[_Sequence]:
    options = scoring.options
    first = len(scoring.prompt) - 1
    head = options[0][:-1]
    if all(option[:-1] == head for option in options):
        # The shared tokens before the last cost every option the same: they change no comparison,
        # but are summed all the same, so that the figures are those of the whole option.
        positions = list(range(first, first + len(head) + 1))
        shared = list(enumerate(head))
        wanted = {o: [*shared, (len(head), option[-1])] for o, option in enumerate(options)}
        return [_Sequence(index, scoring.prompt + head, positions, wanted)]
    return [
        _Sequence(
            index,
            scoring.prompt + option[:-1],
            list(range(first, first + len(option))),
            {o: list(enumerate(option))},
        )
        for o, option in enumerate(options)
    ]


class _Passes:
    """The forward passes over sequences, their common beginning run once."""

    def __init__(self, model: Any, sequences: list[_Sequence], tokens_per_pass: int) -> None:
        """Run the beginning; with 0 `tokens_per_pass` every sequence is run whole and alone."""
        self.model, self.sequences, self.tokens_per_pass = model, sequences, tokens_per_pass
        if tokens_per_pass:
            see_trees(model)
        vocabulary = model.config.get_text_config().vocab_size
        self.most_positions = max(LOGITS_PER_PASS // vocabulary, 1)
        self.prefix = _common(sequences) if tokens_per_pass else 0
        self.kept = self._keys_and_values(sequences[0].ids[: self.prefix]) if self.prefix else []

    def run(self) -> Iterator[tuple[_Sequence, torch.Tensor]]:
        """Yield each sequence with its log-probabilities, (positions, vocabulary), in float32."""
        ids = [one.ids[self.prefix :] for one in self.sequences]
        own_from = [one.positions[0] - self.prefix for one in self.sequences]
        loads = [len(one.positions) for one in self.sequences]
        grown = grow(ids, own_from, self.tokens_per_pass)
        for trees in self._parted(thinned(grown, ids, loads, self.most_positions)):
            row = lay_out(trees, ids, before=self.prefix)
            yield from self._scored(row)

    def _parted(self, trees: Sequence[Tree]) -> Iterator[list[Tree]]:
        """Part trees into passes that are bounded in tokens, and in positions that are scored."""
        together: list[Tree] = []
        tokens = positions = 0
        for tree in trees:
            scored = sum(len(self.sequences[member].positions) for member in tree.members)
            full = tokens + tree.size > self.tokens_per_pass
            if together and (full or positions + scored > self.most_positions):
                yield together
                together, tokens, positions = [], 0, 0
            together.append(tree)
            tokens, positions = tokens + tree.size, positions + scored
        yield together

    @torch.inference_mode()
    def _keys_and_values(self, ids: list[int]) -> KeysAndValues:
        cache = DynamicCache()
        inputs = torch.tensor([ids], device=self.model.device)
        self.model(input_ids=inputs, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return [(layer.keys, layer.values) for layer in cache.layers]

    @torch.inference_mode()
    def _scored(self, row: Row) -> list[tuple[_Sequence, torch.Tensor]]:
        members = [self.sequences[member] for member in row.origins]
        columns = [
            origin + position - self.prefix
            for one, origin in zip(members, row.origins.values(), strict=True)
            for position in one.positions
        ]
        device = self.model.device
        inputs: dict[str, Any] = {
            "input_ids": torch.tensor([row.ids], device=device),
            "position_ids": torch.tensor([row.positions], device=device),
            "logits_to_keep": torch.tensor(columns, device=device),
            "use_cache": bool(self.kept),
        }
        if self.tokens_per_pass:
            # Attention looks at the segments; a mask in four dimensions is passed on as it is.
            inputs["segments"] = row.segments
            inputs["attention_mask"] = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)
        if self.kept:
            inputs["past_key_values"] = DynamicCache(self.kept)
        logits = self.model(**inputs).logits[0]
        log_probabilities = torch.log_softmax(logits.float(), dim=-1).cpu()
        counts = [len(one.positions) for one in members]
        return list(zip(members, torch.split(log_probabilities, counts), strict=True))


def _common(sequences: Sequence[_Sequence]) -> int:
    """How many tokens all begin with, of those that nothing is read from; 0 where too few."""
    if len(sequences) == 1:
        return 0
    # Of sorted sequences, the first and the last share the least.
    length = shared_prefix(min(s.ids for s in sequences), max(s.ids for s in sequences))
    length = min(length, *(one.positions[0] for one in sequences))
    return length if length >= LEAST_PREFIX else 0
