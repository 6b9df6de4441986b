"""Trees: the tokens that examples share are run once, and no gradient is another for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, Gemma2Config, Gemma2ForCausalLM

from chemtune.errors import InputError
from chemtune.models.sizes import on_grid
from chemtune.models.tree_attention import see_trees
from chemtune.tuning.batches import IGNORED, collate
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss
from chemtune.tuning.trees import TrunkBatches, tree_passes, trees_of


def example(ids: list[int], answer_start: int) -> Encoded:
    return Encoded(f"{answer_start}:{ids}", ids, answer_start)


def tokens(count: int, seed: int) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, 600, (count,), generator=generator).tolist()


@pytest.fixture
def examples() -> list[Encoded]:
    """Three tasks on one document, two on another, one on its own, and one example twice."""
    first, second = tokens(25, 0), tokens(40, 1)
    of_first = [example(first + tokens(n, n), 25 + n // 2) for n in (6, 13, 20)]
    of_second = [example(second + tokens(n, n), 41) for n in (2, 11)]
    return [of_second[0], *of_first, example(tokens(17, 3), 9), of_second[1], of_first[1]]


@pytest.fixture
def llama(tiny_model: Path):
    return AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)


@pytest.mark.parametrize("name", ["llama", "tiny_gemma"])
@pytest.mark.parametrize("tokens_per_pass", [1, 90, 100_000])
def test_loss_and_every_gradient_equal_one_at_a_time(
    name: str, adapt, request, examples: list[Encoded], tokens_per_pass: int
) -> None:
    model = adapt(request.getfixturevalue(name))
    expected = torch.zeros(())
    for one in examples:  # full logits, transformers' own attention and loss
        batch = collate([one], pad_id=0)
        loss = model(**batch).loss * one.label_count
        loss.backward()
        expected += loss.detach()
    gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    see_trees(model)
    total = torch.zeros(())
    for part in tree_passes(examples, tokens_per_pass):
        loss = label_loss(model, **part)
        loss.backward()
        total += loss.detach()
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-5)
    for name, parameter in model.named_parameters():
        if name in gradients:
            torch.testing.assert_close(
                parameter.grad, gradients[name], rtol=1e-5, atol=1e-5, msg=name
            )


def test_padded_rows_are_as_before_under_the_attention_of_trees(llama, examples) -> None:
    batch = collate(examples, pad_id=0)
    before = label_loss(llama, **batch)
    see_trees(llama)
    torch.testing.assert_close(label_loss(llama, **batch), before)


def test_shared_tokens_are_run_once(examples: list[Encoded]) -> None:
    (row,) = tree_passes(examples, 100_000)
    # Each example is laid out but for the trunk; that of the example which stands twice is longer
    # than its document, so the other tasks on that document are the trunk's measure.
    whole = sum(len(e.ids) for e in examples)
    run = whole - 3 * 25 - 40
    assert row["input_ids"].shape[1] == on_grid(run)
    labels = row["labels"][row["labels"] != IGNORED].tolist()
    assert sorted(labels) == sorted(t for e in examples for t in e.ids[e.answer_start :])
    segments = row["segments"]
    assert [s.start for s in segments[1:]] == [s.end for s in segments[:-1]]


sequences = st.lists(
    st.tuples(st.lists(st.integers(3, 5), min_size=2, max_size=12), st.integers(1, 11)),
    min_size=1,
    max_size=12,
)


@given(sequences, st.integers(1, 60))
def test_trees_hold_every_example_and_what_a_branch_sees_is_its_example(pairs, bound: int) -> None:
    examples = [example(ids, min(start, len(ids) - 1)) for ids, start in pairs]
    trees = trees_of(examples, bound)
    assert sorted(i for tree in trees for i in tree.members) == list(range(len(examples)))
    for tree in trees:
        assert len(tree.members) == 1 or tree.size <= bound
        own = sum(len(examples[i].ids) - tree.trunk for i in tree.members)
        assert tree.size == tree.trunk + own
    seen = []
    for part in tree_passes(examples, bound):
        ids, positions = part["input_ids"][0].tolist(), part["position_ids"][0].tolist()
        for segment in part["segments"]:
            own = range(segment.start, segment.end)
            columns = [*range(*segment.trunk), *own]
            assert [positions[c] for c in columns] == list(range(len(columns)))
            if any(part["labels"][0, c] != IGNORED for c in own):
                seen.append([ids[c] for c in columns])
    assert sorted(seen) == sorted(e.ids for e in examples)


def test_the_trunk_ends_before_the_token_that_predicts_an_answer() -> None:
    same = [example([5, 6, 7, 8, 9], 3), example([5, 6, 7, 8, 4], 4)]
    (tree,) = trees_of(same, 100)
    assert tree.trunk == 2
    apart = trees_of([example([5, 6], 1), example([5, 7], 1)], 100)
    assert [tree.trunk for tree in apart] == [0, 0]


def test_batches_hold_whole_trees_once_an_epoch(examples: list[Encoded]) -> None:
    batches = TrunkBatches(examples, 2, 100_000, seed=3)
    first = list(batches)
    assert len(first) == len(batches)
    assert sorted(i for batch in first for i in batch) == list(range(len(examples)))
    assert sum(len(batch) < 2 for batch in first) <= 1
    # The second occurrence of an example is met at another step.
    assert any({1, 2, 3} <= set(batch) for batch in first)
    assert not any({2, 6} <= set(batch) for batch in first)
    assert first == list(batches)
    orders = set()
    for epoch in range(6):
        batches.set_epoch(epoch)
        orders.add(tuple(map(tuple, batches)))
    assert len(orders) > 1
    laid_out = next(tree_passes(examples[:-1], 100_000))
    # But for the last segment, which rounds up.
    once = sum(s.end - s.start for s in laid_out["segments"][:-1])
    assert laid_out["segments"][-1].end == on_grid(once)
    assert batches.tokens_run == once + len(examples[-1].ids)


def test_a_model_that_caps_its_scores_is_refused() -> None:
    config = Gemma2Config(
        vocab_size=50,
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=8,
    )
    with pytest.raises(InputError, match=r"tuning\.batches"):
        see_trees(Gemma2ForCausalLM(config))
