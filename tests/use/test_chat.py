"""A conversation, through a pipe and in parts."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chemtune
from chemtune.errors import InputError
from chemtune.recipe.run_folder import RunFolder
from chemtune.use import chat as module
from chemtune.use.opened import open_run
from chemtune.use.serve import _served
from chemtune.use.streaming import Speaker


def talk(run: Path, *lines: str, **how) -> tuple[list[str], dict]:
    out = io.StringIO()
    result = chemtune.chat(run, lines=lines, out=out, **how)
    return out.getvalue().splitlines(), result


@pytest.fixture
def prompts(monkeypatch) -> list[list[int]]:
    """Every prompt that a model is given."""
    seen: list[list[int]] = []
    real = Speaker.stream

    def stream(self, prompt, *rest):
        seen.append(prompt)
        return real(self, prompt, *rest)

    monkeypatch.setattr(Speaker, "stream", stream)
    return seen


def test_the_conversation_is_kept_until_it_is_reset(tuned_run: Path, prompts) -> None:
    lines, result = talk(
        tuned_run, "water?", "and iridium?", "/reset", "water?", "/quit", "never", max_tokens=6,
        system="Be short.",
    )  # fmt: skip
    template = open_run(tuned_run).load().template
    system = {"role": "system", "content": "Be short."}
    first = [system, {"role": "user", "content": "water?"}]
    assert prompts[0] == prompts[2] == template.prompt_ids(first)
    text = template.tokenizer.decode(prompts[1])
    assert "water?" in text
    assert "and iridium?" in text
    assert text.count("<|im_start|>assistant") == 2
    assert (result["turns"], len(prompts)) == (3, 3)
    assert "(a new conversation)" in lines


def test_compare_lets_both_answer_each_in_its_own_conversation(tuned_run: Path, prompts) -> None:
    lines, result = talk(tuned_run, "water?", "more", compare=True, max_tokens=5)
    text = "\n".join(lines)
    assert text.count("tuned: ") - text.count("untuned: ") == 2
    assert text.count("untuned: ") == 2
    assert result["turns"] == 2
    assert prompts[0] == prompts[1]
    assert prompts[2] != prompts[3]


def test_it_says_when_the_context_is_full(tuned_run: Path) -> None:
    long = "iridium oxide " * 900
    lines, result = talk(tuned_run, long, "water", max_tokens=3)
    assert lines[0].startswith("(the context is full, ")
    assert "of 2048 tokens: /reset begins anew" in lines[0]
    # What did not fit is not a part of the conversation.
    assert result["turns"] == 1
    assert "[cut off after 3 tokens]" in "\n".join(lines[1:])


def test_ctrl_c_stops_the_answer_and_not_the_chat(tuned_run: Path, monkeypatch) -> None:
    real = Speaker.stream

    def interrupted(self, *arguments):
        yield next(real(self, *arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(Speaker, "stream", interrupted)
    lines, result = talk(tuned_run, "water?", "more", max_tokens=30)
    assert "\n".join(lines).count("[stopped]") == 2
    assert result["turns"] == 2


def test_what_changes_a_terminal_does_not_reach_it(tuned_run: Path, monkeypatch) -> None:
    monkeypatch.setattr(Speaker, "stream", lambda *_: iter(["a\x1b[2Jb", "\x9b1mc\r\nd\te"]))
    lines, _ = talk(tuned_run, "water?")
    assert lines == ["a[2Jb1mc", "d\te"]


def test_a_command_that_is_none_is_told(tuned_run: Path, prompts) -> None:
    lines, _ = talk(tuned_run, "/rest", "", "/pH 7 is neutral?", max_tokens=2)
    assert lines[0] == f"(/rest is no command: {module.HELP})"
    assert len(prompts) == 1


def test_a_pipe_is_answered_line_by_line(tuned_run: Path) -> None:
    command = [sys.executable, "-m", "chemtune", "chat", str(tuned_run), "--max-tokens", "4"]
    done = subprocess.run(command, input="water?\n/quit\n", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    in_process, _ = talk(tuned_run, "water?", "/quit", max_tokens=4)
    assert done.stdout.splitlines() == in_process
    assert "> " not in done.stdout


def test_a_model_whose_weights_were_all_tuned_has_nothing_to_compare_with(
    tuned_run: Path, tiny_model: Path
) -> None:
    adapter = RunFolder(tuned_run).adapter
    shutil.rmtree(adapter)
    shutil.copytree(tiny_model, adapter)
    _, result = talk(tuned_run, "water?", max_tokens=3)
    assert result["turns"] == 1
    with pytest.raises(InputError, match=r"--compare.*all weights were tuned.*--untuned"):
        talk(tuned_run, "water?", compare=True)
    with pytest.raises(ValueError, match="no adapter"):
        Speaker(open_run(tuned_run).load(), untuned=True)
    assert list(_served(open_run(tuned_run), None, "127.0.0.1", 16).speakers) == ["small"]
