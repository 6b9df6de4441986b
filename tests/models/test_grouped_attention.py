"""Grouped attention beside torch's, over a mask that is written down position by position."""

from __future__ import annotations

import pytest
import torch

from chemtune.models.grouped_attention import grouped_attention, suits_groups
from chemtune.models.segments import Segment
from chemtune.models.tree_attention import tree_attention

# A tree of two branches, lone segments of different lengths, one of a single token.
SEGMENTS = [
    Segment(0, 40, (0, 0)),
    Segment(40, 53, (0, 40)),
    Segment(53, 80, (0, 40)),
    Segment(80, 150, (80, 80)),
    Segment(150, 151, (150, 150)),
    Segment(151, 223, (151, 151)),
]
TOKENS = 223


def seen_by_each(kept: int, window: int | None) -> torch.Tensor:
    seen = torch.zeros(TOKENS, kept + TOKENS, dtype=torch.bool)
    for segment in SEGMENTS:
        before = list(range(kept)) + [kept + column for column in range(*segment.trunk)]
        for column in range(segment.start, segment.end):
            before.append(kept + column)
            visible = before if window is None else before[-window:]
            seen[column, visible] = True
    return seen


def states(kept: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(1, 6, TOKENS, 64), (1, 2, kept + TOKENS, 64), (1, 2, kept + TOKENS, 64)]
    query, key, value = (torch.randn(shape, generator=generator).to(dtype) for shape in shapes)
    return query, key, value


@pytest.mark.parametrize("kept", [0, 17, 100])
@pytest.mark.parametrize("window", [None, 30, 120])
@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 2e-6), (torch.bfloat16, 0.03)])
def test_each_query_finds_what_it_finds_alone(
    kept: int, window: int | None, dtype: torch.dtype, most: float
) -> None:
    query, key, value = states(kept, dtype)
    with torch.inference_mode():
        found = grouped_attention(query, key, value, SEGMENTS, 0.125, window)
    expected = torch.nn.functional.scaled_dot_product_attention(
        query.float(),
        key.float(),
        value.float(),
        attn_mask=seen_by_each(kept, window),
        scale=0.125,
        enable_gqa=True,
    )
    assert found.shape == query.shape
    assert (found.float() - expected).abs().max() < most


def test_the_pieces_of_a_product_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, value = states(100, torch.float32)
    with torch.inference_mode():
        whole = grouped_attention(query, key, value, SEGMENTS, 0.125)
        monkeypatch.setattr("chemtune.models.grouped_attention.SCORES_AT_ONCE", 1)
        apart = grouped_attention(query, key, value, SEGMENTS, 0.125)
    torch.testing.assert_close(whole, apart, rtol=0, atol=1e-6)


def test_trees_are_attended_in_groups_where_no_gradient_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query, key, value = states(17, torch.bfloat16)
    calls = []

    def counted(*arguments: object) -> torch.Tensor:
        calls.append(arguments)
        return grouped_attention(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("chemtune.models.tree_attention.grouped_attention", counted)
    module = torch.nn.Module()
    with torch.inference_mode():
        grouped, _ = tree_attention(module, query, key, value, None, segments=SEGMENTS)
    singly, _ = tree_attention(module, query, key, value, None, segments=SEGMENTS)
    assert len(calls) == 1
    torch.testing.assert_close(grouped, singly, rtol=0, atol=0.03)


def test_a_long_segment_does_not_suit() -> None:
    query, key = (torch.empty(1, 1, 2000, 8, dtype=torch.bfloat16) for _ in range(2))
    assert not suits_groups(query, key, [Segment(0, 2000, (0, 0))])
    assert suits_groups(query, key, [Segment(0, 500, (0, 0)), Segment(500, 1000, (500, 500))])
    assert not suits_groups(query.float(), key, [Segment(0, 500, (0, 0))])
