"""Attention as plain products, against torch's in float64."""

from __future__ import annotations

import pytest
import torch

from chemtune.models.short_attention import MOST_SCORES, short_attention, suits


def states(heads: int, tokens: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(2, tokens, heads, 8, generator=generator, dtype=torch.float64)
    return drawn.transpose(1, 2).requires_grad_()


@pytest.mark.parametrize(("queries", "keys"), [(7, 7), (1, 1), (5, 12)])
@pytest.mark.parametrize("window", [None, 3])
def test_output_and_gradients(queries: int, keys: int, window: int | None) -> None:
    query, key, value = states(6, queries, 0), states(2, keys, 1), states(2, keys, 2)
    seen = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
    if window:
        seen = seen.triu(keys - queries - window + 1)
    mask = None if queries == keys and window is None else seen
    found = short_attention(query, key, value, mask, 0.3)
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=seen, scale=0.3, enable_gqa=True
    )
    # The softmax is float32 in any precision.
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    gradient = torch.randn_like(expected)
    for ours, theirs in zip(
        torch.autograd.grad(found, (query, key, value), gradient),
        torch.autograd.grad(expected, (query, key, value), gradient),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_in_bfloat16_it_is_as_near_as_torchs_own() -> None:
    exact = [states(6, 40, 0), states(2, 40, 1), states(2, 40, 2)]
    gradient = torch.randn(2, 6, 40, 8, dtype=torch.float64)

    def theirs(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=True, scale=0.3, enable_gqa=True
        )

    def ours(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return short_attention(q, k, v, None, 0.3)

    expected = torch.autograd.grad(theirs(*exact), exact, gradient)
    coarse = [x.detach().bfloat16().requires_grad_() for x in exact]
    assert suits(coarse[0], coarse[1])

    def distance(attention) -> list[float]:
        found = torch.autograd.grad(attention(*coarse), coarse, gradient.bfloat16())
        pairs = zip(found, expected, strict=True)
        return [float((f.double() - e).norm() / e.norm()) for f, e in pairs]

    for mine, torchs in zip(distance(ours), distance(theirs), strict=True):
        assert mine < 2 * torchs


def test_long_texts_and_other_precisions_are_torchs() -> None:
    long = torch.empty(1, 1, int(MOST_SCORES**0.5) + 1, 8, dtype=torch.bfloat16)
    assert not suits(long, long)
    assert not suits(long[:, :, :4].float(), long[:, :, :4].float())
