"""A server with every fault there is: each bad row costs one row, and the ledger says why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from chemtune.dataset.build import build

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
