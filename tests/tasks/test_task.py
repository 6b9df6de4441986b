from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chemtune.documents.document import Document
from chemtune.errors import InputError
from chemtune.tasks.load import load_tasks
from chemtune.tasks.task import Task, Unreadable, fold

NAMES = [
    "document_classification",
    "general_instruction",
    "general_instruction_ko",
    "information_extraction_1",
    "information_extraction_2",
    "keyword_extraction",
    "multiple_choice",
    "multiple_choice_answer",
    "named_entities",
    "question_answering_long",
    "question_answering_short",
    "summarization_extraction",
    "summarization_translation",
    "translation",
]
QUESTION = {"options": ["가", "나"], "answer": 1}


def test_the_domain_has_the_papers_tasks_and_the_two_that_it_names(tasks: dict[str, Task]) -> None:
    assert list(tasks) == NAMES
    assert all(task.name == name for name, task in tasks.items())
    languages = {name for name, task in tasks.items() if task.language == "ko"}
    assert languages == {
        "general_instruction_ko",
        "multiple_choice",
        "multiple_choice_answer",
        "summarization_translation",
        "translation",
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_document_comes_first_and_the_instruction_after(
    tasks: dict[str, Task], name: str
) -> None:
    task = tasks[name]
    document = Document("d", "The text.", title="The title", fields=QUESTION)
    *system, user = task.write(document)
    assert [message["role"] for message in system] == (["system"] if task.system else [])
    assert user["role"] == "user"
    shown, _, instruction = user["content"].partition("\n\n")
    assert shown == task.shown(document)
    exam = name.startswith("multiple_choice")
    assert shown.startswith("The text." if exam else "The title\nThe text.")
    assert instruction.startswith(task.instruction.split("\n")[0].split("{")[0])


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_found_again_in_the_messages(tasks: dict[str, Task], name: str) -> None:
    task = tasks[name]
    text = "A text.\n\nWith {instruction} and Answer as JSON."
    document = Document("d", text, fields=QUESTION)
    for wording in range(len(task.instructions)):
        assert task.shown_in(task.write(document, wording)) == task.shown(document)
    assert task.shown_in([{"role": "user", "content": "other"}]) == "other"


@pytest.mark.parametrize("name", NAMES)
def test_a_document_that_holds_a_placeholder_stays_as_it_is(
    tasks: dict[str, Task], name: str
) -> None:
    text = r"{instruction} {document} {synonyms} {stop} {answer} \1 \g<0> {0}"
    document = Document("d", text, fields=QUESTION)
    for messages in (tasks[name].write(document), tasks[name].ask(document)):
        content = messages[-1]["content"]
        assert content.startswith(text)
        assert content.count("{instruction}") == content.count("{stop}") == 1


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith(("question", "general"))])
def test_code_in_a_reply_is_not_run(tasks: dict[str, Task], name: str, tmp_path: Path) -> None:
    file = tmp_path / "touched"
    code = f"__import__('pathlib').Path('{file}').touch()"
    for reply in (f'{{"Q1": {code}}}', f"[{code}]", f"Summary: a\nChemnames: {{0: {code}}}"):
        with pytest.raises(Unreadable):
            tasks[name].read(reply)
    assert not file.exists()


def test_a_template_of_its_own(tasks: dict[str, Task]) -> None:
    task = tasks["keyword_extraction"].model_copy(
        update={"template": "# {instruction}\n<{document}>", "system": "Be brief."}
    )
    assert task.write(Document("d", "A {instruction}.")) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"# {task.instruction}\n<A {{instruction}}.>"},
    ]


def test_fold() -> None:
    assert fold("IrO₂ – Carbon") == "iro2-carbon"


def test_the_faults_of_all_files(write: Callable[[str, str], Path]) -> None:
    write("one.yaml", "kind: keywords\ntitle: One\ninstruction: List.\nat_last: 3\n")
    write("three.yaml", "title: Three\ninstruction: x\n")
    write("four.yaml", "kind: keywords\ntitle: Four\ninstruction: List.\n")
    write(
        "five.yaml", "kind: questions\ntitle: Five\ninstructions: x\nquestions: {Q: {titel: t}}\n"
    )
    folder = write("two.yaml", "kind: keyword\ntitle: Two\n")
    with pytest.raises(InputError) as caught:
        load_tasks(folder)
    assert [str(problem) for problem in caught.value.problems] == [
        f"{folder}/five.yaml:1: instruction: this field is missing",
        f"{folder}/five.yaml:3: instructions: unknown field (did you mean 'instruction'?)",
        f"{folder}/five.yaml:4: questions.Q.title: this field is missing",
        f"{folder}/five.yaml:4: questions.Q.titel: unknown field (did you mean 'title'?)",
        f"{folder}/one.yaml:4: at_last: unknown field (did you mean 'at_least'?)",
        f"{folder}/three.yaml:1: 'kind' is missing",
        f"{folder}/two.yaml:1: unknown 'kind' 'keyword' (did you mean 'keywords'?)",
    ]


def test_a_folder_without_tasks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no task"):
        load_tasks(tmp_path)


def test_a_task_is_named_by_its_file(write: Callable[[str, str], Path]) -> None:
    folder = write("my_task.yaml", "kind: answer\ntitle: T\ninstruction: Answer.\nname: other\n")
    assert load_tasks(folder)["my_task"].name == "my_task"


@pytest.mark.parametrize("name", NAMES)
def test_the_instruction_can_stand_first_for_the_student_alone(
    tasks: dict[str, Task], name: str
) -> None:
    task = tasks[name]
    document = Document("d", "The text.", title="The title", fields=QUESTION)
    turned = task.instruction_first()
    content = turned.write(document)[-1]["content"]
    plain, shown = task.write(document)[-1]["content"], task.shown(document)
    instruction = plain.removeprefix(shown).strip()
    assert content == (f"{instruction}\n\n{shown}" if instruction else plain)
    assert turned.shown_in(turned.write(document)) == task.shown(document)
    assert turned.ask(document) == task.ask(document)
