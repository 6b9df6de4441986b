"""Attention of the many short segments of a row at once, without a gradient, on a processor.

Segment by segment, a pass over sixty questions is sixty calls a layer, each with masks, copies and
products too small for the machine. Here segments of like size are rows of one product; what was
kept of tokens before the row, which all of them see, is not copied to each but multiplied as one
matrix; and the scores are made in pieces that stay in the processor's cache until they are used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from chemtune.models.segments import Segment
from chemtune.models.short_attention import MOST_SCORES
from chemtune.models.sizes import on_grid

# Scores held at a time, of two bytes each: about a core's second-level cache.
SCORES_AT_ONCE = 2**20
# Fewer kept tokens are copied to each segment: a product of its own would not pay.
LEAST_SHARED = 64


@dataclass(frozen=True)
class _Group:
    """Segments whose queries, and whose keys, are as many once they are rounded up.

    Attributes:
        queries: (segments, queries), columns of the row.
        keys: (segments, keys), columns of all keys, those that are multiplied once left out.
        mask: (segments, queries * query heads to a key's, keys), 0 or -inf; of all keys that a
            query could see, or without those that are multiplied once, where none is hidden.
    """

    queries: torch.Tensor
    keys: torch.Tensor
    mask: torch.Tensor


def suits_groups(query: torch.Tensor, key: torch.Tensor, segments: Sequence[Segment]) -> bool:
    """Whether `grouped_attention` is the faster one: bfloat16, on a processor, and all short."""
    kept = key.shape[2] - query.shape[2]
    return (
        query.device.type == "cpu"
        and query.dtype == torch.bfloat16
        and all(segment.tokens * (kept + segment.seen) <= MOST_SCORES for segment in segments)
    )


def grouped_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    segments: Sequence[Segment],
    scaling: float,
    window: int | None = None,
) -> torch.Tensor:
    """Attend within `segments`, as `tree_attention` says; return (1, query heads, tokens, size).

    Args:
        query: (1, query heads, tokens, size).
        key: (1, key heads, kept tokens + tokens, size).
        value: As `key`.
        segments: They cover all tokens, in order.
        scaling: Of the scores.
        window: A token sees no further back than this many positions, itself included.
    """
    heads, tokens, size = query.shape[1:]
    to_a_key = heads // key.shape[1]
    kept = key.shape[2] - tokens
    groups, order = _grouped(tuple(segments), kept, to_a_key, window, query.dtype)
    # A token's heads beside each other, so that to gather tokens is to copy whole stretches.
    query, key, value = (states[0].transpose(0, 1) for states in (query * scaling, key, value))
    out = [_attended(query, key, value, group, _shared(kept)) for group in groups]
    return torch.cat(out)[order].view(1, tokens, heads, size).transpose(1, 2)


def _shared(kept: int) -> int:
    return kept if kept >= LEAST_SHARED else 0


def _attended(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, group: _Group, shared: int
) -> torch.Tensor:
    """Return what the queries of a group find, (segments * queries, heads * size)."""
    rows, queries = group.queries.shape
    key_heads, size = key.shape[1:]
    # All queries of a key's head: (key heads, segments, queries * heads to a key's, size).
    own = query.index_select(0, group.queries.view(-1)).view(rows, queries, key_heads, -1, size)
    own = own.permute(2, 0, 1, 3, 4).reshape(key_heads, rows, -1, size)
    keys, values = (_taken(states, group.keys) for states in (key, value))
    out = torch.empty_like(own)
    for head in range(key_heads):
        first_key, first_value = (states[:shared, head].contiguous() for states in (key, value))
        for piece in _pieces(rows, own.shape[2] * (shared + keys.shape[2])):
            out[head, piece] = _piece(
                own[head, piece],
                (first_key, keys[head, piece]),
                (first_value, values[head, piece]),
                group.mask[piece],
            )
    out = out.view(key_heads, rows, queries, -1, size).permute(1, 2, 0, 3, 4)
    return out.reshape(rows * queries, -1)


def _taken(states: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Return the columns of `states`, (tokens, heads, size), as (heads, *columns, size)."""
    taken = states.index_select(0, columns.view(-1)).view(*columns.shape, *states.shape[1:])
    return taken.permute(2, 0, 1, 3).contiguous()


def _piece(
    query: torch.Tensor,
    keys: tuple[torch.Tensor, torch.Tensor],
    values: tuple[torch.Tensor, torch.Tensor],
    mask: torch.Tensor,
) -> torch.Tensor:
    """Attend to what all rows see and to what each row sees alone, under one softmax."""
    (shared_key, key), (shared_value, value) = keys, values
    rows, queries, size = query.shape
    shared, seen = len(shared_key), len(shared_key) + key.shape[1]
    scores = query.new_empty(rows * queries, seen)
    by_row = scores.view(rows, queries, seen)
    if shared:
        torch.mm(query.view(-1, size), shared_key.T, out=scores[:, :shared])
    of_own = mask[:, :, mask.shape[2] - key.shape[1] :]
    torch.baddbmm(of_own, query, key.transpose(1, 2), out=by_row[:, :, shared:])
    if shared and mask.shape[2] == seen:
        by_row[:, :, :shared] += mask[:, :, :shared]
    weights = torch.softmax(scores, dim=-1)
    out = weights.view(rows, queries, seen)[:, :, shared:] @ value
    if shared:
        out.view(-1, size).addmm_(weights[:, :shared], shared_value)
    return out


def _pieces(rows: int, scores: int) -> Iterator[slice]:
    """Part rows of so many scores each into slices within the bound, of a row at least."""
    step = max(1, SCORES_AT_ONCE // scores)
    for start in range(0, rows, step):
        yield slice(start, start + step)


@lru_cache(maxsize=4)  # A pass asks for the same in each of its layers, or in two kinds of them.
def _grouped(
    segments: tuple[Segment, ...], kept: int, to_a_key: int, window: int | None, dtype: torch.dtype
) -> tuple[list[_Group], torch.Tensor]:
    """Return the groups, and for each token where it stands in them, one after another."""
    alike: dict[tuple[int, int], list[Segment]] = defaultdict(list)
    for segment in segments:
        keys = kept - _shared(kept) + segment.seen
        alike[on_grid(segment.tokens), on_grid(keys)].append(segment)
    order = torch.empty(segments[-1].end, dtype=torch.long)
    groups, start = [], 0
    for (queries, keys), members in alike.items():
        for at, segment in enumerate(members):
            place = start + at * queries
            order[segment.start : segment.end] = torch.arange(place, place + segment.tokens)
        start += len(members) * queries
        columns, seen = _seen(members, (queries, keys), kept, window)
        # What fills up the queries may see nothing: its result, which is no number, is not taken.
        mask = torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, float("-inf"))
        if seen[:, :, : _shared(kept)].all():
            mask = mask[:, :, _shared(kept) :]
        groups.append(_Group(*columns, mask.repeat_interleave(to_a_key, 1)))
    return groups, order


def _seen(
    members: Sequence[Segment], size: tuple[int, int], kept: int, window: int | None
) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return a group's columns of queries and keys, and which key each query sees.

    The latter is (segments, queries, keys multiplied once + keys).
    """
    (queries, keys), shared = size, _shared(kept)
    query_columns = torch.zeros(len(members), queries, dtype=torch.long)
    key_columns = torch.zeros(len(members), keys, dtype=torch.long)
    seen = torch.zeros(len(members), queries, shared + keys, dtype=torch.bool)
    for at, segment in enumerate(members):
        query_columns[at, : segment.tokens] = torch.arange(segment.start, segment.end)
        columns = torch.cat([torch.arange(*ends) for ends in segment.columns(kept)])
        key_columns[at, : len(columns) - shared] = columns[shared:]
        # Where a key stands in its sequence is where it stands among the keys that are seen.
        key_at = torch.arange(len(columns))
        query_at = torch.arange(queries)[:, None] + len(columns) - segment.tokens
        sees = key_at <= query_at
        seen[at, :, : len(columns)] = (
            sees if window is None else sees & (key_at > query_at - window)
        )
    return (query_columns, key_columns), seen
