"""`chat`: a conversation with the run's model, in a terminal or through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from chemtune.errors import InputError, Problem
from chemtune.messages import Message
from chemtune.models.load import Student
from chemtune.use.opened import open_run
from chemtune.use.streaming import Answer, Decoding, Speaker, speakers_of

MAX_TOKENS = 512
PROMPT = "> "
HELP = "/reset begins anew, /quit or Ctrl-D ends, Ctrl-C stops an answer"
# Line breaks and tabs alone: a model may write what moves the cursor or changes the terminal.
CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def chat(
    run: Path | str,
    *,
    compare: bool = False,
    untuned: bool = False,
    system: str | None = None,
    max_tokens: int = MAX_TOKENS,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int | None = None,
    precision: str | None = None,
    lines: Iterable[str] | None = None,
    out: TextIO | None = None,
) -> dict[str, Any]:
    """Talk to the run's model, line by line, until the lines or the conversation end.

    Args:
        run: The run's folder, or its recipe.
        compare: Let the model without its adapter answer too, each with its own conversation.
        untuned: Talk to the model without its adapter alone.
        system: A system message.
        max_tokens: Of an answer.
        temperature: 0 takes the likeliest token.
        top_p: See `Decoding`.
        seed: Of the draws.
        precision: See `open_run`.
        lines: What is said; standard input by default.
        out: Where answers go; standard output by default.

    Returns:
        `turns` (answered) and `tokens` (of the answers).

    Raises:
        InputError: The run is not as it should be, or `compare` has nothing to compare with.
    """
    if compare and untuned:
        raise InputError(Problem("--compare and --untuned do not go together"))
    opened = open_run(run, untuned=untuned, precision=precision)
    student = opened.load()
    out = out or sys.stdout
    speakers = speakers_of(student)
    if compare and "untuned" not in speakers:
        message = "all weights were tuned: there is no adapter to switch off for the comparison"
        remedy = "talk to the model before tuning by itself, with --untuned"
        raise InputError(Problem(message, opened.adapter, field="--compare", remedy=remedy))
    talking = list(speakers.items()) if compare else list(speakers.items())[:1]
    talks = [_Talk(speaker, which if compare else "", system) for which, speaker in talking]
    decoding = Decoding(max_tokens, temperature, top_p, seed)
    if lines is None and sys.stdin.isatty():
        print(f"{'untuned model' if untuned else opened.recipe.name}: {HELP}", file=out, flush=True)
        lines = _typed()
    turns = 0
    for line in lines if lines is not None else sys.stdin:
        said = line.strip()
        if said == "/quit":
            break
        if said == "/reset":
            for talk in talks:
                talk.reset()
            print("(a new conversation)", file=out, flush=True)
        elif said.startswith("/") and " " not in said:
            print(f"({said} is no command: {HELP})", file=out, flush=True)
        elif said:
            answered = [talk.answer(said, decoding, out) for talk in talks]
            turns += any(answered)
    return {"turns": turns, "tokens": sum(talk.tokens for talk in talks)}


def _typed() -> Iterator[str]:
    """Yield the lines that are typed; Ctrl-C gives the line up, Ctrl-D ends."""
    with suppress(ImportError):
        import readline  # noqa: F401  by being there it lets lines be edited and called back
    while True:
        try:
            yield input(PROMPT)
        except KeyboardInterrupt:
            print(f"\n({HELP})")
        except EOFError:
            print()
            return


@dataclass
class _Talk:
    """One conversation with one model."""

    speaker: Speaker
    label: str
    system: str | None
    tokens: int = 0
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was said."""
        self.messages = [{"role": "system", "content": self.system}] if self.system else []

    def answer(self, said: str, decoding: Decoding, out: TextIO) -> bool:
        """Answer, piece by piece; return whether there was room in the model's context."""
        student = self.speaker.student
        asked = [*self.messages, {"role": "user", "content": said}]
        prompt = student.template.prompt_ids(asked)
        room = student.context - len(prompt)
        if self.label:
            print(f"{self.label}: ", end="", file=out, flush=True)
        if room < 1:
            print(f"({_full(student, len(prompt))})", file=out, flush=True)
            return False
        limit = min(decoding.max_tokens, room)
        answer, pieces = Answer(), list[str]()
        limited = Decoding(limit, decoding.temperature, decoding.top_p, decoding.seed)
        try:
            for piece in self.speaker.stream(prompt, limited, answer):
                pieces.append(piece)
                print(piece.translate(CONTROLS), end="", file=out, flush=True)
        except KeyboardInterrupt:
            answer.finish = "stopped"
        note = {"length": f" [cut off after {limit} tokens]", "stopped": " [stopped]"}
        if answer.finish == "length" and limit == room:
            note["length"] = f" [cut off: {_full(student, student.context)}]"
        print(note.get(answer.finish, ""), file=out, flush=True)
        self.tokens += answer.tokens
        self.messages = [*asked, {"role": "assistant", "content": "".join(pieces)}]
        return True


def _full(student: Student, tokens: int) -> str:
    return f"the context is full, {tokens} of {student.context} tokens: /reset begins anew"
