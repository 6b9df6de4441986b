from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.recipe.load import load_recipe
from chemtune.recipe.paths import told_from
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe

# Without control characters: PyYAML folds a next-line character into a space.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
TEXT = st.text(CHARACTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
SOURCES = st.fixed_dictionaries(
    {"path": TEXT, "tasks": st.lists(TEXT, min_size=1)},
    optional={
        "columns": st.dictionaries(st.sampled_from(["name", "text", "title"]), TEXT),
        "language": st.sampled_from(["en", "ko"]),
        "licence": TEXT,
        "limit": st.integers(1, 10**9),
    },
)
RECIPES = st.fixed_dictionaries(
    {
        "documents": st.lists(SOURCES, min_size=1, max_size=3),
        "teacher": st.one_of(
            st.fixed_dictionaries({"kind": st.just("recorded"), "replies": TEXT}),
            st.fixed_dictionaries(
                {
                    "kind": st.just("endpoint"),
                    "base_url": st.just("http://127.0.0.1:1/v1"),
                    "model": TEXT,
                    "temperature": st.floats(0, 2),
                    "extra": st.dictionaries(TEXT, st.one_of(TEXT, st.integers(), st.booleans())),
                }
            ),
        ),
    },
    optional={
        "name": st.from_regex(r"[a-z가-힣0-9_.-]+", fullmatch=True),
        "seed": st.integers(0, 2**32 - 1),
        "tuning": st.fixed_dictionaries({"learning_rate": st.floats(1e-12, 1)}),
    },
)


@settings(deadline=None, max_examples=30)
@given(RECIPES)
def test_the_resolved_recipe_loads_again_equal(
    tmp_path_factory: Any, fields: dict[str, Any]
) -> None:
    recipe = Recipe.model_validate(fields)
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.begin(recipe)
    again = load_recipe(folder.recipe)
    assert again.run_folder.resolve() == folder.path.resolve()
    # Named from one place, all paths are the same.
    place = folder.path.parent
    assert told_from(again, place) | {"run": None} == told_from(recipe, place)


def test_paths_are_told_from_the_run(tmp_path: Path) -> None:
    (tmp_path / "my/models/tiny").mkdir(parents=True)
    (tmp_path / "my/models/tiny/config.json").write_text("{}")
    chunk = {"tokens": 99, "tokenizer": "t/tokenizer.json"}
    other = {"kind": "local", "path": "teacher.gguf"}
    fields = {
        "documents": [
            {"path": "papers/*.csv", "tasks": ["t"], "chunk": chunk, "columns": {"text": "path"}},
            {"hub": "owner/name", "tasks": ["t"], "teacher": other},
            {"path": str(tmp_path / "whole.csv"), "tasks": ["t"]},
        ],
        "teacher": {"kind": "recorded", "replies": "replies"},
        "model": "models/tiny",
        "journal": "../shared.sqlite",
        "tuning": {"probe": "general.txt"},
        "evaluation": {"questions": [{"path": "q.csv", "shots": 1, "shots_from": "s.csv"}]},
    }
    (tmp_path / "my/recipe.yaml").write_text(json.dumps(fields))
    recipe = load_recipe(tmp_path / "my/recipe.yaml")
    RunFolder(tmp_path / "my/runs/one").begin(recipe)
    told = yaml.safe_load((tmp_path / "my/runs/one/recipe.yaml").read_text("utf-8"))
    first, second, third = told["documents"]
    assert first["path"] == "../../papers/*.csv"
    assert first["chunk"]["tokenizer"] == "../../t/tokenizer.json"
    assert first["columns"] == {"text": "path"}
    assert second["hub"] == "owner/name"
    assert second["teacher"]["path"] == "../../teacher.gguf"
    assert third["path"] == str(tmp_path / "whole.csv")
    assert told["teacher"]["replies"] == "../../replies"
    assert told["model"] == "../../models/tiny"
    assert told["journal"] == "../../../shared.sqlite"
    assert told["tuning"]["probe"] == "../../general.txt"
    (questions,) = told["evaluation"]["questions"]
    assert (questions["path"], questions["shots_from"]) == ("../../q.csv", "../../s.csv")
    assert (told["run"], told["domain"]) == (".", "chemistry")


def test_every_default_is_written_out(tmp_path: Path) -> None:
    teacher = {"kind": "recorded", "replies": "r"}
    recipe = Recipe.model_validate(
        {"documents": [{"path": "문서", "tasks": ["t"]}], "teacher": teacher}
    )
    folder = RunFolder(tmp_path / "a" / "b")
    folder.begin(recipe)
    text = folder.recipe.read_text("utf-8")
    assert "문서" in text
    written = yaml.safe_load(text)
    assert written["tuning"]["lora"] == {
        "rank": 16,
        "alpha": 32.0,
        "dropout": 0.0,
        "targets": "all-linear",
        "last_layers": None,
        "rank_stabilized": False,
        "dora": False,
        "base": "plain",
    }
    assert list(written) == list(Recipe.model_fields)


def test_versions(tmp_path: Path) -> None:
    teacher = {"kind": "recorded", "replies": "r"}
    recipe = Recipe.model_validate(
        {"documents": [{"path": "d", "tasks": ["t"]}], "teacher": teacher}
    )
    RunFolder(tmp_path).begin(recipe)
    versions = json.loads((tmp_path / "versions.json").read_text("utf-8"))
    assert versions["python"] == platform.python_version()
    assert {"machine", "chemtune", "torch", "transformers", "peft"} <= set(versions)
