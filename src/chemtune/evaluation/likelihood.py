"""Likelihood scoring: which continuation of a prompt a model finds the most probable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from chemtune.evaluation.prefix import shared_prefix

TOKENS_PER_PASS = 4096


@dataclass(frozen=True)
class Scoring:
    """A prompt and its options, as tokens."""

    prompt: list[int]
    options: list[list[int]]


def encode_options(tokenizer: Any, prompt: str, options: Sequence[str]) -> Scoring:
    """Return a prompt and its options as tokens.

    Prompt and option are encoded as one text and then parted, so that the tokens are those that the
    model would see; each option has at least one token of its own.
    """
    head = tokenizer(prompt)["input_ids"]
    wholes = [tokenizer(prompt + option)["input_ids"] for option in options]
    # Where the last token of the prompt grows with the option, it belongs to the option.
    shared = min(shared_prefix(head, whole) for whole in wholes)
    shared = min(shared, min(len(whole) for whole in wholes) - 1)
    return Scoring(head[:shared], [whole[shared:] for whole in wholes])


def option_log_likelihoods(
    model: Any,
    scorings: Sequence[Scoring],
    *,
    pad_id: int,
    tokens_per_pass: int = TOKENS_PER_PASS,
) -> Iterator[tuple[int, list[float]]]:
    """Yield for each scoring its index and the log-likelihood of every option, in nats.

    Options that differ only in their last token, as labels do, take one row and one position's
    logits together; others take a row each and the exact sum over their tokens.

    Args:
        model: A causal language model of transformers.
        scorings: What to score.
        pad_id: Any token; what is padded is not seen under causal attention.
        tokens_per_pass: Padded tokens in one forward pass, at most (one row at least).
    """
    rows = [row for index, scoring in enumerate(scorings) for row in _rows(index, scoring)]
    rows.sort(key=lambda row: (len(row.ids), row.index))
    sums = [[0.0] * len(scoring.options) for scoring in scorings]
    waiting = [sum(row.index == index for row in rows) for index in range(len(scorings))]
    for batch in _batches(rows, tokens_per_pass):
        for row, log_probabilities in zip(batch, _scored(model, batch, pad_id), strict=True):
            for option, positions in row.wanted.items():
                sums[row.index][option] = float(
                    sum(log_probabilities[at, token] for at, token in positions)
                )
            waiting[row.index] -= 1
            if waiting[row.index] == 0:
                yield row.index, sums[row.index]


@dataclass(frozen=True)
class _Row:
    """One sequence to run, the positions whose logits it needs, and what each option reads."""

    index: int
    ids: list[int]
    positions: list[int]
    wanted: dict[int, list[tuple[int, int]]]


def _rows(index: int, scoring: Scoring) -> list[_Row]:
    options = scoring.options
    head = options[0][:-1]
    if all(option[:-1] == head for option in options):
        # The shared tokens before the last cost every option the same: they change no comparison,
        # but are summed all the same, so that the figures are those of the whole option.
        ids = scoring.prompt + head
        first = len(scoring.prompt) - 1
        shared = [(i, token) for i, token in enumerate(head)]
        wanted = {o: [*shared, (len(head), option[-1])] for o, option in enumerate(options)}
        return [_Row(index, ids, list(range(first, first + len(head) + 1)), wanted)]
    rows = []
    for o, option in enumerate(options):
        first = len(scoring.prompt) - 1
        positions = list(range(first, first + len(option)))
        wanted = {o: list(enumerate(option))}
        rows.append(_Row(index, scoring.prompt + option[:-1], positions, wanted))
    return rows


def _batches(rows: Sequence[_Row], tokens_per_pass: int) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    for row in rows:
        if batch and len(row.ids) * (len(batch) + 1) > tokens_per_pass:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


@torch.inference_mode()
def _scored(model: Any, batch: Sequence[_Row], pad_id: int) -> list[torch.Tensor]:
    """Return each row's log-probabilities, (positions, vocabulary), in float32."""
    width = max(len(row.ids) for row in batch)
    ids = torch.full((len(batch), width), pad_id)
    keep = torch.zeros((len(batch), width), dtype=torch.bool)
    for r, row in enumerate(batch):
        ids[r, : len(row.ids)] = torch.tensor(row.ids)
        keep[r, row.positions] = True
    device = model.device
    logits = model(input_ids=ids.to(device), logits_to_keep=keep.to(device), use_cache=False).logits
    flat = torch.log_softmax(logits.float(), dim=-1).cpu()
    return list(torch.split(flat, [len(row.positions) for row in batch]))
