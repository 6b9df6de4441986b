from __future__ import annotations

from pathlib import Path

import pytest

from chemtune.errors import InputError
from chemtune.recipe.load import check_names, load_recipe
from chemtune.recipe.schema import EndpointTeacher, RecordedTeacher

GOOD = """\
documents:
  - path: papers
    tasks: [keywords]
teacher: {kind: recorded, replies: replies}
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "recipe.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(path: Path) -> list[str]:
    """The faults that loading `path` tells, without the file's name before each."""
    with pytest.raises(InputError) as caught:
        load_recipe(path)
    assert caught.value.exit_code == 2
    assert all(str(problem).startswith(str(path)) for problem in caught.value.problems)
    return [str(problem).removeprefix(f"{path}:").strip() for problem in caught.value.problems]


def test_defaults(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD))
    assert (recipe.name, recipe.domain, recipe.seed, recipe.model) == (
        "run",
        "chemistry",
        0,
        "smollm2-135m",
    )
    assert isinstance(recipe.teacher, RecordedTeacher)
    assert recipe.documents[0].max_characters == 6000
    assert (recipe.split.validation, recipe.split.test) == (0.1, 0.2)
    assert (recipe.tuning.lora.rank, recipe.tuning.lora.dropout) == (16, 0.0)
    assert recipe.evaluation.questions == []


def test_the_teacher_is_told_by_its_kind(tmp_path: Path) -> None:
    text = GOOD.replace(
        "{kind: recorded, replies: replies}",
        "{kind: endpoint, base_url: 'http://127.0.0.1:8000/v1', model: m}",
    )
    teacher = load_recipe(write(tmp_path, text)).teacher
    assert isinstance(teacher, EndpointTeacher)
    assert (teacher.model, teacher.temperature, teacher.concurrency) == ("m", 0.0, 8)


def test_an_exponent_without_a_dot_is_a_number(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD + "tuning: {learning_rate: 2e-4}\n"))
    assert recipe.tuning.learning_rate == 2e-4


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert load_recipe(write(tmp_path, b"\xef\xbb\xbfname: a\n" + GOOD.encode())).name == "a"


def test_paths_are_relative_to_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder, GOOD + "name: first\n")
    monkeypatch.chdir(tmp_path)
    for given in ("project/recipe.yaml", "project", folder):
        recipe = load_recipe(given)
        assert recipe.folder == folder.resolve()
        assert recipe.run_folder == folder.resolve() / "runs" / "first"
    write(folder, GOOD + f"run: {tmp_path / 'elsewhere'}\n")
    assert load_recipe(folder).run_folder == tmp_path / "elsewhere"


def test_all_faults_at_once_each_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
name: "a b"
sed: 1
documents:
  - path: papers
    tasks: [keywords]
    langage: ko
  - tasks: []
    language: fr
    columns: {txt: body}
    max_characters: many
teacher:
  kind: endpoint
  base_url: ftp://x
  modell: m
tuning:
  lora:
    rank: 0
    alfa: 3
  schedule: cosin
""",
    )
    assert faults(path) == [
        "1: name: 'a b': string should match pattern '^[\\w.-]+$'",
        "2: sed: unknown field (did you mean 'seed'?)",
        "6: documents[0].langage: unknown field (did you mean 'language'?)",
        "7: documents[1].tasks: []: list should have at least 1 item after validation, not 0",
        "8: documents[1].language: 'fr' is not allowed here (known: en, ko)",
        "9: documents[1].columns.txt: 'txt' is not allowed here (did you mean 'text'?)",
        "10: documents[1].max_characters: 'many': input should be a valid integer, "
        "unable to parse string as an integer",
        "11: teacher.model: this field is missing",
        "13: teacher.base_url: 'ftp://x': string should match pattern '^https?://'",
        "14: teacher.modell: unknown field (did you mean 'model'?)",
        "17: tuning.lora.rank: 0: input should be greater than or equal to 1",
        "18: tuning.lora.alfa: unknown field (did you mean 'alpha'?)",
        "19: tuning.schedule: 'cosin' is not allowed here (did you mean 'cosine'?)",
    ]


@pytest.mark.parametrize(
    ("teacher", "told"),
    [
        ("{kind: recored, replies: r}", "unknown 'kind' 'recored' (did you mean 'recorded'?)"),
        ("{replies: r}", "'kind' is missing"),
        ("recorded", "'recorded': input should be a valid dictionary"),
    ],
)
def test_a_union_that_cannot_be_told(tmp_path: Path, teacher: str, told: str) -> None:
    text = GOOD.replace("{kind: recorded, replies: replies}", teacher)
    (fault,) = faults(write(tmp_path, text))
    assert fault.startswith(f"4: teacher: {told}")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("limit: 3", "either path or hub is needed, and neither is given"),
        ("path: a\n    hub: o/d", "either path or hub is needed, and both are given"),
        ("path: a\n    hub_split: test", "hub_split goes with hub, and path is given"),
    ],
)
def test_one_place_of_documents(tmp_path: Path, place: str, told: str) -> None:
    text = (
        f"documents:\n  - tasks: [keywords]\n    {place}\nteacher: {{kind: recorded, replies: r}}"
    )
    assert faults(write(tmp_path, text)) == [f"2: documents[0]: {told}"]


def test_a_fault_in_the_teacher_of_one_source(tmp_path: Path) -> None:
    text = GOOD.replace("[keywords]", "[keywords]\n    teacher: {kind: recorded, reply: r}")
    assert faults(write(tmp_path, text)) == [
        "4: documents[0].teacher.replies: this field is missing",
        "4: documents[0].teacher.reply: unknown field (did you mean 'replies'?)",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        (b"name: a\nrun: \xff\n", "2: byte 13 is not UTF-8 (save it as UTF-8)"),
        ("name: [a\n", "2: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("seed: 2024-13-01\n", "not YAML: month must be in 1..12"),
        ("name: a\n---\nname: b\n", "2: not YAML: but found another document"),
        ("a: !!python/name:os.system\n", "1: not YAML: could not determine a constructor"),
        (GOOD + "name: a\nseed: 1\nname: b\n", "7: the field 'name' stands twice"),
        ("teacher:\n  kind: a\n  kind: b\n", "3: the field 'kind' stands twice"),
        ("- path: a\n- path: b\n", "1: [{'path': 'a'}, {'path': 'b'}]: input should be a valid"),
        ("just text", "1: 'just text': input should be a valid dictionary"),
    ],
)
def test_a_file_that_is_no_recipe(tmp_path: Path, text: str | bytes, told: str) -> None:
    (fault,) = faults(write(tmp_path, text))
    assert fault.startswith(told)


def test_a_missing_file_and_an_unreadable_one(tmp_path: Path) -> None:
    assert faults(tmp_path / "none.yaml") == ["no such file"]
    with pytest.raises(InputError, match="no such file"):
        load_recipe(tmp_path)
    (tmp_path / "recipe.yaml").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load_recipe(tmp_path)


def test_a_long_value_is_shown_in_part(tmp_path: Path) -> None:
    (fault,) = faults(write(tmp_path, GOOD + f"seed: {'x' * 500}\n"))
    assert "'" + "x" * 56 + "..." in fault
    assert "x" * 57 not in fault


def test_a_recipe_cannot_be_changed(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD))
    with pytest.raises(ValueError, match="frozen"):
        recipe.seed = 3


def test_names_that_only_the_domain_knows(tmp_path: Path) -> None:
    text = GOOD.replace("[keywords]", "\n      - keyword\n      - summary\n      - xyz")
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        check_names(load_recipe(path), tasks=["keywords", "summary"])
    assert [str(problem) for problem in caught.value.problems] == [
        f"{path}:4: documents[0].tasks[0]: unknown task 'keyword' (did you mean 'keywords'?)",
        f"{path}:6: documents[0].tasks[2]: unknown task 'xyz' (known: keywords, summary)",
    ]


def test_names_of_a_recipe_made_in_python(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD)).model_copy()
    recipe._file = None
    with pytest.raises(InputError, match=r"^unknown task 'keywords' \(did you mean 'keyword'\?\)$"):
        check_names(recipe, tasks=["keyword"])
