"""A server with every fault there is: each bad row costs one row, and the ledger says why."""

from __future__ import annotations

import errno
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from chemtune.cli import main
from chemtune.dataset.build import build
from chemtune.dataset.preview import preview
from chemtune.errors import InputError
from chemtune.files import write_text

if TYPE_CHECKING:
    from chat_server import Behaviour, ChatServer

GOOD = '{"C": "Pt", "S": "ATO"}'


def said(text: str | None, *, usage: bool = True, **message: Any) -> bytes:
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
    body: dict[str, Any] = {"model": "m", "choices": [choice]}
    if usage:
        body["usage"] = {"prompt_tokens": 7, "completion_tokens": 3}
    return json.dumps(body).encode()


def at_first(*first: dict[str, Any]) -> Callable[[int], dict[str, Any]]:
    """Behave so at the first tries, and well after that."""
    return lambda tries: first[tries] if tries < len(first) else {"body": said(GOOD)}


PASSING = {
    "busy": at_first({"status": 429, "body": b"{}"}),
    "busy, says when": at_first(
        {"status": 429, "body": b"{}", "headers": {"Retry-After": "0.05"}},
        {"status": 503, "body": b"{}", "headers": {"Retry-After": "0"}},
    ),
    "broken": at_first({"status": 500, "body": b"oops"}),
    "bad gateway": at_first({"status": 502, "body": b"<html>"}),
    "reset": at_first({"drop": True}),
    "stalled": at_first({"hang": True}),
    "cut off": at_first({"cut": True}),
    "no JSON": at_first({"body": b'{"choices": ['}),
    "another content type": at_first(
        {"body": b"<html>Log in</html>", "headers": {"Content-Type": "text/html"}}
    ),
    "an error under 200": at_first({"body": b'{"error": {"message": "overloaded", "code": 503}}'}),
    "good JSON of another content type": lambda tries: {
        "body": said(GOOD),
        "headers": {"Content-Type": "text/plain"},
    },
    "without usage": lambda tries: {"body": said(GOOD, usage=False)},
    "slow": lambda tries: {"body": said(GOOD), "delay_s": 0.2},
}
LASTING: dict[str, tuple[dict[str, Any], str, str]] = {
    "always broken": ({"status": 500, "body": b"oops"}, "refused by the teacher", "HTTP 500"),
    "always cut off": ({"cut": True}, "refused by the teacher", "no answer"),
    "always reset": ({"drop": True}, "refused by the teacher", "no answer"),
    "never JSON": ({"body": b"]"}, "refused by the teacher", "no JSON object"),
    "refusal": ({"body": said(None, refusal="I cannot.")}, "refused by the teacher", "I cannot."),
    "empty": ({"body": said("  ")}, "refused by the teacher", "no text"),
    "no choice": ({"body": b'{"choices": []}'}, "refused by the teacher", "choices"),
    "bad request": ({"status": 400, "body": b'{"error": {"message": "too long"}}'},
                    "refused by the teacher", "too long"),
    "10 MB": ({"body": said("x" * 10 * 2**20)}, "refused by the teacher", "longer than"),
    "prose": ({"body": said("The catalyst is platinum.")}, "unreadable reply", "no JSON object"),
    "invented": ({"body": said('{"C": "Ru", "S": "ATO"}')}, "grounding", "does not stand"),
}  # fmt: skip
PLAIN = 60


def test_each_bad_row_costs_one_row(project: Callable[..., Path], server: ChatServer) -> None:
    names = [*PASSING, *LASTING, *(f"plain {n}" for n in range(PLAIN))]
    rows = [
        {"id": name, "text": f"Pt on ATO, run {n}.", "split": "train"}
        for n, name in enumerate(names)
    ]
    tries: Counter[str] = Counter()

    def behave(number: int, body: dict[str, Any]) -> Behaviour:
        asked = body["messages"][-1]["content"]
        name = names[int(asked.split("run ")[1].split(".")[0])]
        tries[name] += 1
        if name in PASSING:
            return server.how(**PASSING[name](tries[name] - 1))
        return server.how(**(LASTING[name][0] if name in LASTING else {"body": said(GOOD)}))

    server.behave = behave
    teacher = {
        "kind": "endpoint",
        "base_url": server.url,
        "model": "m",
        "timeout_s": 1.0,
        "retries": 2,
        "concurrency": 8,
        "price": {"input": 1.0, "output": 1.0},
    }
    only = [{"path": "papers.jsonl", "tasks": ["names"]}]
    path = project(documents=rows, recipe={"documents": only, "teacher": teacher})
    result = build(path)
    assert result["accepted"] == len(PASSING) + PLAIN
    ledger = pq.read_table(Path(result["run"]) / "dataset/rejected.parquet").to_pylist()
    assert {row["document"] for row in ledger} == set(LASTING)
    assert len(ledger) == len(LASTING)
    for row in ledger:
        _, reason, detail = LASTING[row["document"]]
        assert row["reason"] == reason, row
        assert detail in row["detail"], row
    assert result["stopped"] == ""


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the command line says on standard error where it fails."""
    monkeypatch.setattr(sys, "argv", ["chemtune", *words])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_in_one_line(
    project: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe, file = str(project()), tmp_path / "file"
    file.write_text("not a folder")
    for out in (file, file / "run"):
        said = told(monkeypatch, capsys, "build", recipe, "--out", str(out))
        assert said.startswith(f"chemtune: {out}: ")
        assert said.endswith("name another folder with --out)\n")
        assert said.count("\n") == 1

    def denied(path: Path, **how: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    said = told(monkeypatch, capsys, "build", recipe)
    assert "runs/small: Read-only file system (nothing can be kept here" in said


def test_what_could_not_be_written_is_told_and_not_what_could_not_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, *args: object, **how: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "write_text", denied)
    monkeypatch.setattr(Path, "unlink", lambda path, **how: pytest.fail("nothing is there"))
    with pytest.raises(OSError, match="Read-only file system"):
        write_text(tmp_path / "a.txt", "x")


def test_the_preview_counts_the_second_teacher_and_the_judge(project: Callable[..., Path]) -> None:
    def served(model: str, usd: float) -> dict[str, Any]:
        price = {"input": 0.0, "output": usd}
        url = "http://127.0.0.1:9/v1"
        return {
            "kind": "endpoint",
            "base_url": url,
            "model": model,
            "max_tokens": 100,
            "price": price,
        }

    only = {"documents": [{"path": "papers.jsonl", "tasks": ["names"]}]}
    alone = preview(project(recipe=only | {"teacher": served("a", 1.0)}))
    assert (alone["requests"], alone["cost_usd_most"]) == (6, pytest.approx(6 * 100 / 1e6))
    others = {"second": {"teacher": served("b", 10.0)}, "judge": {"teacher": served("c", 100.0)}}
    three = preview(project(recipe=only | {"teacher": served("a", 1.0)} | others))
    assert (three["requests"], three["reply_tokens_most"]) == (18, 1800)
    assert three["cost_usd_most"] == pytest.approx(6 * 100 * 111 / 1e6)
    # The judge reads what the first answered.
    assert three["prompt_tokens_estimate"] == pytest.approx(
        3 * alone["prompt_tokens_estimate"] + 600, abs=2
    )
    nameless = served("a", 1.0) | {"price": None}
    with pytest.raises(InputError, match="the price of 'a' at"):
        preview(project(recipe=only | {"teacher": nameless, "budget_usd": 1.0}))
