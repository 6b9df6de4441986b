from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from typer.testing import CliRunner

from chemtune.cli.main import app
from chemtune.errors import ChemtuneError
from chemtune.teachers.asked import Asked, AskedCounts
from chemtune.teachers.batch import BatchTeacher
from chemtune.teachers.batching import ask_in_batches
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.prices import Price
from chemtune.teachers.teacher import Request

if TYPE_CHECKING:
    from batch_server import BatchServer

KEY = "sk-secret-key-of-tests"
PRICE = Price(1.0, 2.0)


def requests(count: int) -> list[Request]:
    return [
        Request("t", f"d{n}", ({"role": "user", "content": f"What is {n}?"},)) for n in range(count)
    ]


def teacher_at(server: BatchServer, **how: Any) -> BatchTeacher:
    endpoint = EndpointTeacher(
        server.url, "m", api_key=KEY, max_tokens=10, retries=2, backoff_s=0.01, timeout_s=5
    )
    return BatchTeacher(endpoint, **{"poll_s": 0.01} | how)


class Asker:
    """Asks in batches with one journal, as one run after another would."""

    def __init__(self, server: BatchServer, path: Path) -> None:
        self.server, self.path = server, path
        self.done: list[Asked] = []

    def __call__(self, count: int = 5, *, cap_usd: float | None = None, **how: Any) -> AskedCounts:
        self.done = []
        with Journal(self.path) as journal:
            return ask_in_batches(
                teacher_at(self.server, **how),
                requests(count),
                journal,
                on_done=self.done.append,
                price=PRICE,
                cap_usd=cap_usd,
            )

    @property
    def refused(self) -> dict[str, str | None]:
        return {one.request.document: one.refused for one in self.done if one.refused}

    def spent(self) -> float:
        with Journal(self.path) as journal:
            return journal.spent_usd()

    def kept(self) -> int:
        with Journal(self.path) as journal:
            return len(journal)


@pytest.fixture
def ask(batch_server: BatchServer, tmp_path: Path) -> Asker:
    return Asker(batch_server, tmp_path / "journal.sqlite")


def test_all_are_answered_once(ask: Asker, batch_server: BatchServer, tmp_path: Path) -> None:
    counts = ask(5)
    assert (counts.requests_sent, counts.refused, counts.stopped) == (5, 0, "")
    assert (counts.prompt_tokens, counts.completion_tokens) == (35, 15)
    assert sorted(one.request.document for one in ask.done) == [f"d{n}" for n in range(5)]
    assert all(one.reply and one.reply.text == '{"C": "Pt", "S": "ATO"}' for one in ask.done)
    assert ask.spent() == pytest.approx(PRICE.of(35, 15))
    again = ask(5)
    assert (again.requests_sent, again.replies_from_journal) == (0, 5)
    assert len(batch_server.batches) == 1
    # Nothing is left beside the journal but what keeps a second process away.
    assert {p.name for p in tmp_path.iterdir()} == {"journal.sqlite", "journal.sqlite.batches"}


def test_lines_are_those_of_the_published_format(ask: Asker, batch_server: BatchServer) -> None:
    ask(2)
    first, second = sorted(batch_server.lines, key=lambda line: str(line["body"]))
    assert set(first) == {"custom_id", "method", "url", "body"}
    assert first["body"]["messages"] == [{"role": "user", "content": "What is 0?"}]
    assert (first["body"]["model"], first["body"]["max_tokens"]) == ("m", 10)
    assert len(first["custom_id"]) <= 64
    assert first["custom_id"] != second["custom_id"]
    assert set(batch_server.keys) == {f"Bearer {KEY}"}
    assert b"sk-secret" not in b"".join(batch_server.files.values())


def test_a_key_that_an_answer_repeats_is_taken_out(ask: Asker, batch_server: BatchServer) -> None:
    message = {"role": "assistant", "content": f"the key is {KEY}"}
    batch_server.answer = lambda body: (200, {"choices": [{"message": message}]})
    ask(1)
    (done,) = ask.done
    assert done.reply
    assert done.reply.text == "the key is [key]"
    batch_server.answer = lambda body: (400, {"error": {"message": f"bad key {KEY}"}})
    ask(2)
    assert ask.refused == {"d1": "HTTP 400: bad key [key]"}
    assert KEY.encode() not in ask.path.read_bytes()


def test_the_endpoint_is_not_asked_what_a_batch_answered(
    ask: Asker, batch_server: BatchServer
) -> None:
    ask(1)
    endpoint = EndpointTeacher(batch_server.url, "m", api_key=None, max_tokens=10)
    with Journal(ask.path) as journal:
        assert journal.get(key_of(endpoint.canonical(requests(1)[0]))) is not None


def test_days_later_another_run_fetches(ask: Asker, batch_server: BatchServer) -> None:
    batch_server.holds = True
    counts = ask(5, wait_s=0.0)
    assert counts.stopped == (
        "5 requests are with the endpoint, in 1 batch; run again to fetch them"
    )
    told = CliRunner().invoke(app, ["journal", "info", str(ask.path)]).stdout
    assert "5 requests are in batches that are not fetched yet (1)" in told
    assert ask.kept() == 0
    assert ask.spent() > PRICE.of(35, 15)  # the worst case stays reserved
    batch_server.holds = False
    counts = ask(7)
    assert (counts.requests_sent, len(ask.done)) == (2, 7)
    assert len(batch_server.batches) == 2
    assert ask.spent() == counts.cost_usd == pytest.approx(PRICE.of(49, 21))
    assert "not fetched" not in CliRunner().invoke(app, ["journal", "info", str(ask.path)]).stdout


def test_many_batches(ask: Asker, batch_server: BatchServer) -> None:
    counts = ask(10, most_requests=3, at_once=2)
    assert (counts.requests_sent, len(ask.done), counts.refused) == (10, 10, 0)
    assert len(batch_server.batches) == 4


def test_some_lines_fail(ask: Asker, batch_server: BatchServer) -> None:
    tries: dict[str, int] = {}
    good = batch_server.answer

    def answer(body: dict[str, Any]) -> Any:
        asked = body["messages"][-1]["content"]
        tries[asked] = tries.get(asked, 0) + 1
        first = tries[asked] == 1
        error = {"error": {"message": f"no: {asked}"}}
        return {
            "What is 0?": (400, error),
            "What is 1?": (429, error) if first else good(body),
            "What is 2?": "batch_expired" if first else good(body),
            "What is 3?": None if first else good(body),
            "What is 4?": (500, error),
            "What is 5?": (200, {"choices": [{"message": {"content": ""}}]}),
        }.get(asked, good(body))

    batch_server.answer = answer
    counts = ask(7)
    assert ask.refused == {
        "d0": "HTTP 400: no: What is 0?",
        "d4": "no answer in 3 batches: HTTP 500: no: What is 4?",
        "d5": "the reply has no text: finish_reason None",
    }
    assert len(ask.done) == 7
    assert tries == {f"What is {n}?": t for n, t in enumerate((1, 2, 2, 2, 3, 1, 1))}
    assert counts.refused == 3


def test_an_expired_batch_is_asked_again(ask: Asker, batch_server: BatchServer) -> None:
    batch_server.answer = lambda body: None
    batch_server.ends = "expired"
    counts = ask(2)
    assert counts.refused == 2
    assert ask.refused["d0"] == (
        "no answer in 3 batches: its batch is expired and has no answer to it"
    )
    assert len(batch_server.batches) == 3


def test_a_field_that_the_model_does_not_take(ask: Asker, batch_server: BatchServer) -> None:
    good = batch_server.answer
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    batch_server.answer = lambda body: (
        (400, {"error": {"message": message}}) if "max_tokens" in body else good(body)
    )
    assert ask(3).refused == 0
    assert [line["body"].get("max_completion_tokens") for line in batch_server.lines] == (
        [None] * 3 + [10] * 3
    )


def test_a_batch_that_is_refused(ask: Asker, batch_server: BatchServer) -> None:
    batch_server.fails = "token_limit_exceeded", "Enqueued token limit reached for m."
    with pytest.raises(ChemtuneError, match=r"batch_0 was refused: token_limit_exceeded: Enq"):
        ask(3)
    assert ask.spent() == 0
    batch_server.fails = None
    assert ask(3).refused == 0


def test_a_busy_endpoint(ask: Asker, batch_server: BatchServer) -> None:
    batch_server.busy = 2
    assert ask(2).refused == 0
    batch_server.busy = 10
    with pytest.raises(ChemtuneError, match="after 3 tries: HTTP 503: overloaded") as caught:
        ask(3)
    assert "run again to fetch" in str(caught.value)
    batch_server.busy = 0
    assert ask(3).requests_sent == 0  # it was in the book, and is sent as it stands there
    assert len(batch_server.batches) == 2


def test_a_batch_that_was_created_unheard_is_found(ask: Asker, batch_server: BatchServer) -> None:
    dropped: list[str] = []

    def drop(method: str, path: str) -> bool:
        if method == "POST" and path.endswith("/batches") and not dropped:
            dropped.append(path)
            return True
        return False

    batch_server.drop = drop
    assert ask(4).refused == 0
    assert dropped
    assert len(batch_server.batches) == 1


def test_an_output_that_breaks_off_is_fetched_again(ask: Asker, batch_server: BatchServer) -> None:
    broken: list[str] = []

    def drop(method: str, path: str) -> bool:
        if path.endswith("/content") and not broken:
            broken.append(path)
            return True
        return False

    batch_server.drop = drop
    assert ask(4).refused == 0
    assert broken
    assert len(batch_server.batches) == 1


def test_a_cap_is_not_passed(ask: Asker, batch_server: BatchServer) -> None:
    with Journal(ask.path):
        teacher = teacher_at(batch_server)
        line = teacher.line("0" * 64, teacher.canonical(requests(1)[0]))
    worst = PRICE.of(len(line) + 32, 10)
    reserved: list[float] = []

    def drop(method: str, path: str) -> bool:
        if path.endswith("/batches"):
            reserved.append(ask.spent())
        return False

    batch_server.drop = drop
    # Room for two at worst; what they did not cost pays for more.
    counts = ask(40, cap_usd=2.5 * worst, most_requests=10)
    assert max(reserved) <= 2.5 * worst
    assert len(batch_server.lines) > 2
    assert ask.spent() <= 2.5 * worst
    assert counts.stopped.startswith(
        "the budget has no room for another request, which may cost 0.0"
    )
    assert ask.spent() == pytest.approx(PRICE.of(7, 3) * len(batch_server.lines))
    paid = len(batch_server.lines)
    assert ask(40, cap_usd=100.0).requests_sent == 40 - paid


def test_a_server_without_batches(server: Any, tmp_path: Path) -> None:
    ask = Asker(server, tmp_path / "journal.sqlite")
    with pytest.raises(ChemtuneError, match="HTTP 404"):
        ask(1)


def test_a_second_process_is_sent_away(ask: Asker, batch_server: BatchServer) -> None:
    batch_server.holds = True
    first = threading.Thread(target=lambda: ask(2, wait_s=1.0))
    first.start()
    while not batch_server.batches:
        time.sleep(0.01)
    with pytest.raises(ChemtuneError, match="another process waits for batches"):
        Asker(batch_server, ask.path)(2)
    first.join()


def test_hostile_answers(ask: Asker, batch_server: BatchServer) -> None:
    ask(1, wait_s=0.0)
    batch = next(iter(batch_server.batches.values()))
    batch_server.step(batch)
    batch_server.step(batch)
    batch_server.step(batch)
    good = batch_server.files[batch["output_file_id"]]
    other = orjson.dumps({"custom_id": "0" * 64, "response": {"status_code": 200, "body": {}}})
    rubbish = [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"custom_id": 7}', other, good * 2]
    batch_server.files[batch["output_file_id"]] = b"\n".join(rubbish)
    assert ask(1).refused == 0
    assert ask.kept() == 1
