from __future__ import annotations

from pathlib import Path

import pytest

from chemtune.errors import InputError
from chemtune.recipe.find_run import find_run, folder_of
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder

RECIPE = "documents: [{path: a.txt, tasks: [keyword_extraction]}]\nteacher: {kind: none}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a recipe whose run has begun."""
    (tmp_path / "recipe.yaml").write_text(RECIPE + "run: runs/mine\n", encoding="utf-8")
    recipe = load_recipe(tmp_path)
    RunFolder(recipe.run_folder).begin(recipe)
    return tmp_path


def test_three_ways_to_name_a_run(project: Path) -> None:
    run = project / "runs/mine"
    for named in (run, project / "recipe.yaml", project, run / "recipe.yaml"):
        assert folder_of(named).resolve() == run.resolve()
        assert find_run(named)[0].path.resolve() == run.resolve()


def test_what_is_no_run_stays_as_it_is(tmp_path: Path) -> None:
    assert folder_of(tmp_path) == tmp_path
    assert folder_of(str(tmp_path / "none")) == tmp_path / "none"


def test_a_recipe_without_a_run_says_so(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    with pytest.raises(InputError, match=r"the recipe has no run yet.*run `chemtune run` first"):
        folder_of(tmp_path / "recipe.yaml")
