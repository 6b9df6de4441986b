"""Greedy answers, many at once; what prompts begin with in common is run once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from transformers import DynamicCache

from chemtune.evaluation.key_values import gathered, keep_rows
from chemtune.models.forest import shared_prefix
from chemtune.models.load import Student

# A decoding step reads all weights whatever the batch, so large batches are nearly free; this many
# tokens of SmolLM2-135M keep 1.5 GB of keys and values.
TOKENS_PER_BATCH = 32_000
# Ended answers are taken out of the batch once they are this share of it: taking out copies the
# keys and values of all that stay.
ENDED_SHARE = 0.25


def generate(
    student: Student,
    prompts: Sequence[list[int]],
    *,
    limits: Sequence[int],
    tokens_per_batch: int = TOKENS_PER_BATCH,
) -> Iterator[tuple[int, str, bool]]:
    """Yield for each prompt its index, the answer's text, and whether it came to its end.

    Decoding is greedy: the largest logit at each step. An answer ends with the template's end of
    answer or the model's own end of text.

    Args:
        student: The model with its template.
        prompts: Token ids, one at least in each.
        limits: For each prompt the number of tokens after which an answer is cut off.
        tokens_per_batch: Padded tokens of a batch, answers included; one prompt at least.
    """
    stops = stop_ids(student)
    # Side by side in this order, prompts share the most with the one before.
    order = sorted(range(len(prompts)), key=lambda i: prompts[i])
    for batch in decoding_batches(order, prompts, limits, tokens_per_batch):
        of_batch = [prompts[i] for i in batch]
        decoded = _decode(student, of_batch, [limits[i] for i in batch], stops)
        for row, said in decoded:
            ended = said[-1] in stops
            text = student.tokenizer.decode(said[:-1] if ended else said, skip_special_tokens=True)
            yield batch[row], text.strip(), ended


@torch.inference_mode()
def _decode(
    student: Student, prompts: list[list[int]], limits: list[int], stops: set[int]
) -> Iterator[tuple[int, list[int]]]:
    """Yield each row's tokens, with the stop that ended them, as soon as they are complete."""
    device = student.model.device
    caches, first = _prefill(student.model, prompts)
    width = max(len(prompt) for prompt in prompts)
    cache = gathered(caches, width, room=max(limits))
    del caches
    # Padded on the left, so that the next token of every row stands in the same column.
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
    positions = torch.tensor([len(p) for p in prompts], device=device)
    said: list[list[int]] = [[] for _ in prompts]
    rows = list(range(len(prompts)))
    tokens = first
    while True:
        for row, token in zip(rows, tokens.tolist(), strict=True):
            # A row that has ended stays until it is taken out below.
            if not _complete(said[row], limits[row], stops):
                said[row].append(token)
                if _complete(said[row], limits[row], stops):
                    yield row, said[row]
        going = [at for at, row in enumerate(rows) if not _complete(said[row], limits[row], stops)]
        if not going:
            return
        if len(rows) - len(going) >= ENDED_SHARE * len(rows):
            kept = torch.tensor(going, device=device)
            keep_rows(cache, kept)
            mask, positions, tokens = mask[kept], positions[kept], tokens[kept]
            rows = [rows[at] for at in going]
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
        logits = student.model(
            input_ids=tokens[:, None],
            attention_mask=mask,
            position_ids=positions[:, None],
            past_key_values=cache,
            use_cache=True,
        ).logits
        tokens = logits[:, -1].argmax(dim=-1)
        positions = positions + 1


def _complete(said: list[int], limit: int, stops: set[int]) -> bool:
    return len(said) >= limit or bool(said and said[-1] in stops)


def _prefill(model: Any, prompts: list[list[int]]) -> tuple[list[DynamicCache], torch.Tensor]:
    """Run each prompt but for what it shares with the one before it.

    Returns:
        For each prompt the keys and values of its tokens, and (prompts,) the first token of each
        answer.
    """
    caches: list[DynamicCache] = []
    first = []
    for before, prompt in pairwise([[], *prompts]):
        # The last token is run in any case: it gives the first token of the answer.
        shared = min(shared_prefix(before, prompt), len(prompt) - 1)
        cache = _first_of(caches[-1], shared) if shared else DynamicCache()
        ids = torch.tensor([prompt[shared:]], device=model.device)
        logits = model(
            input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1
        ).logits
        caches.append(cache)
        first.append(logits[0, -1].argmax())
    return caches, torch.stack(first)


def _first_of(cache: DynamicCache, length: int) -> DynamicCache:
    """Return a cache of its own that begins with the first `length` positions of `cache`."""
    return DynamicCache(
        [(layer.keys[:, :, :length], layer.values[:, :, :length]) for layer in cache.layers]
    )


def stop_ids(student: Student) -> set[int]:
    """Return the tokens that end an answer: the template's, and the model's own ends of text."""
    configured = student.model.generation_config.eos_token_id
    own = configured if isinstance(configured, list) else [configured]
    ids = [student.template.end_id, student.tokenizer.eos_token_id, *own]
    return {int(token) for token in ids if token is not None}


def decoding_batches(
    order: Sequence[int],
    prompts: Sequence[list[int]],
    limits: Sequence[int],
    tokens_per_batch: int,
) -> Iterator[list[int]]:
    """Yield the indices of each batch: as many of `order` as fit with their answers."""
    batch: list[int] = []
    for index in order:
        together = [*batch, index]
        width = max(len(prompts[i]) for i in together) + max(limits[i] for i in together)
        if batch and width * len(together) > tokens_per_batch:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
