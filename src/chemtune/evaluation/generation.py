"""Greedy answers, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from chemtune.models.load import Student

# A decoding step reads all weights whatever the batch, so large batches are nearly free; this many
# tokens of SmolLM2-135M keep 0.7 GB of keys and values.
TOKENS_PER_BATCH = 16_000


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
        prompts: Token ids.
        limits: For each prompt the number of tokens after which an answer is cut off.
        tokens_per_batch: Padded tokens of a batch, answers included; one prompt at least.
    """
    stops = _stops(student)
    pad_id = student.template.end_id
    # Like limits together: a batch decodes until its last answer has ended.
    order = sorted(range(len(prompts)), key=lambda i: (limits[i], len(prompts[i])))
    for batch in _batches(order, prompts, limits, tokens_per_batch):
        width = max(len(prompts[i]) for i in batch)
        # On the left, so that every answer begins at the same position.
        ids = torch.tensor([[pad_id] * (width - len(prompts[i])) + prompts[i] for i in batch])
        mask = torch.tensor(
            [[0] * (width - len(prompts[i])) + [1] * len(prompts[i]) for i in batch]
        )
        device = student.model.device
        with torch.inference_mode():
            output = student.model.generate(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                max_new_tokens=max(limits[i] for i in batch),
                do_sample=False,
                num_beams=1,
                eos_token_id=stops,
                pad_token_id=pad_id,
            )
        for index, row in zip(batch, output[:, width:].tolist(), strict=True):
            said = row[: limits[index]]
            end = next((at for at, token in enumerate(said) if token in stops), None)
            text = student.tokenizer.decode(said[:end], skip_special_tokens=True)
            yield index, text.strip(), end is not None


def _stops(student: Student) -> list[int]:
    configured = student.model.generation_config.eos_token_id
    own = configured if isinstance(configured, list) else [configured]
    ids = [student.template.end_id, student.tokenizer.eos_token_id, *own]
    return sorted({int(token) for token in ids if token is not None})


def _batches(
    order: Sequence[int],
    prompts: Sequence[list[int]],
    limits: Sequence[int],
    tokens_per_batch: int,
) -> Iterator[list[int]]:
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
