from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chemtune.dataset.build import build
from chemtune.dataset.example import Example
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Curriculum, Tuning
from chemtune.tuning.batches import LengthGroupedBatches, StagedBatches
from chemtune.tuning.curriculum import stages_of
from chemtune.tuning.encode import Encoded
from chemtune.tuning.fit import batches_of
from chemtune.tuning.material import Material, by_stage, choose

BY_LEVEL = Curriculum(column="level", order=["high school", "college"])


def example(name: str, task: str = "multiple_choice", language: str = "ko") -> Example:
    return Example(name, name, task, "train", [], "", language, "", "", "")


def test_a_stage_is_the_column_of_the_document() -> None:
    columns = {"a": {"level": "college"}, "b": {"level": " high school "}, "c": {"other": 1}}
    found = stages_of([example(name) for name in "abc"], BY_LEVEL, columns)
    assert found["a-multiple_choice"] == 1
    assert found["b-multiple_choice"] == 0


def test_examples_without_the_column_are_spread_as_the_others_are() -> None:
    hard = {f"q{i}": {"level": "college" if i % 4 else "high school"} for i in range(40)}
    general = [example(f"g{i}", "general") for i in range(400)]
    found = stages_of([example(name) for name in hard] + general, BY_LEVEL, hard)
    late = sum(found[one.id] for one in general)
    assert 0.68 < late / 400 < 0.82  # 30 of the 40 are in the second stage
    assert found == stages_of(general + [example(name) for name in hard], BY_LEVEL, hard)


def test_an_examples_own_task_and_language() -> None:
    both = [example("a", language="en"), example("b")]
    of_language = stages_of(both, Curriculum(column="language", order=["ko", "en"]), {})
    assert list(of_language.values()) == [1, 0]
    both = [example("a", "keywords"), example("a", "names")]
    of_task = stages_of(both, Curriculum(column="task", order=["names", "keywords"]), {})
    assert list(of_task.values()) == [1, 0]


def test_faults_name_the_field_and_the_nearest() -> None:
    columns = {"a": {"level": "colege"}}
    with pytest.raises(InputError, match=r"curriculum.order.*'colege'.*did you mean 'college'"):
        stages_of([example("a")], BY_LEVEL, columns)
    with pytest.raises(InputError, match=r"curriculum.column.*'level'.*did you mean 'levels'"):
        stages_of([example("a")], BY_LEVEL, {"a": {"levels": "college"}})
    with pytest.raises(ValidationError, match="names 'x' twice"):
        Curriculum(column="level", order=["x", "y", "x"])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(2, 60)), min_size=1, max_size=40),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from(["length", "trunks"]),
)
def test_an_epoch_goes_through_the_stages_and_holds_every_example_once(
    drawn: list[tuple[int, int]], size: int, epoch: int, batches: str
) -> None:
    train = [Encoded(f"e{i}", [i + 1, *range(100, 99 + n)], 1) for i, (_, n) in enumerate(drawn)]
    stage = {f"e{i}": of for i, (of, _) in enumerate(drawn)}
    settings = Tuning.model_validate({"batch_size": size, "batches": batches})
    staged = batches_of(Material(train, [], [], by_stage(train, stage)), settings, seed=3)
    staged.set_epoch(epoch)
    found = list(staged)
    assert len(found) == len(staged)
    assert sorted(i for batch in found for i in batch) == list(range(len(train)))
    met = [{drawn[i][0] for i in batch} for batch in found]
    assert all(len(of_batch) == 1 for of_batch in met)
    assert [min(of) for of in met] == sorted(min(of) for of in met)
    unstaged = batches_of(Material(train, [], []), settings, seed=3)
    assert staged.tokens_run >= unstaged.tokens_run


def test_the_order_within_a_stage_changes_with_the_epoch() -> None:
    parts = [
        ([9, 8, 7], LengthGroupedBatches([5] * 3, 1, 0)),
        ([0], LengthGroupedBatches([5], 1, 0)),
    ]
    staged = StagedBatches(parts)
    orders = set()
    for epoch in range(8):
        staged.set_epoch(epoch)
        orders.add(tuple(batch[0] for batch in staged))
    assert len(orders) > 1
    assert {order[-1] for order in orders} == {0}


def test_the_level_of_questions_reaches_the_tuning(tmp_path: Path) -> None:
    levels = ["college", "high school"] * 3
    rows = (
        {
            "id": f"q{i}",
            "question": f"Which one of these is number {i * 17}?",
            "options": ["one", "two", "three", "four"],
            "answer": 1 + i % 4,
            "explanation": "It is so.",
            "level": level,
            "split": "train",
        }
        for i, level in enumerate(levels)
    )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "q.jsonl").write_text(lines, encoding="utf-8")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        "documents: [{path: q.jsonl, columns: {text: question}, tasks: [multiple_choice_answer]}]\n"
        "near_duplicates: null\nteacher: {kind: none}\nmodel: smollm2-135m\n"
        "tuning: {curriculum: {column: level, order: [high school, college]}}\n",
        encoding="utf-8",
    )
    build(recipe)
    loaded = load_recipe(recipe)
    dataset = RunFolder(loaded.run_folder).dataset
    domain = find_domain(loaded.domain, loaded.folder)
    chosen = choose(dataset, loaded.tuning, domain, lambda one: 1)
    assert chosen.stages is not None
    assert [chosen.stages[one.id] for one in chosen.train] == [1, 0] * 3


def test_settings_without_a_curriculum_have_the_identity_that_they_had() -> None:
    plain = Tuning().deciding({"seed"})
    assert not {"curriculum", "keep", "seed"} & set(plain)
    assert Tuning(curriculum=BY_LEVEL).deciding(set())["curriculum"]["column"] == "level"
    assert Tuning(keep=0.5).deciding(set())["keep"] == 0.5
