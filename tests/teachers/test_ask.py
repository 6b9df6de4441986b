from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from chemtune.errors import ChemtuneError, InputError
from chemtune.teachers.ask import Asked, AskedCounts, ask_all
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Request

if TYPE_CHECKING:
    from chat_server import ChatServer

    TeacherOf = Callable[..., EndpointTeacher]
    RequestsOf = Callable[..., list[Request]]

KEY = "sk-test-0123456789abcdef"


def ignore(asked: Asked) -> None:
    del asked


def test_a_second_run_sends_nothing(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    texts = [str(number) for number in range(20)]
    first: list[Asked] = []
    counts = ask_all(teacher_of(), requests_of(*texts), journal, on_done=first.append)
    assert counts == AskedCounts(requests_sent=20, prompt_tokens=140, completion_tokens=60)
    second: list[Asked] = []
    counts = ask_all(teacher_of(), requests_of(*texts), journal, on_done=second.append)
    assert counts == AskedCounts(replies_from_journal=20)
    assert len(server.bodies) == len(journal) == 20
    assert {(a.key, a.reply) for a in first} == {(a.key, a.reply) for a in second}
    assert {a.from_journal for a in first} == {False}
    assert {a.from_journal for a in second} == {True}


def test_a_reply_is_journaled_before_it_is_read(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.answers(server.how(body=b'{"id": "paid for"}'))
    done: list[Asked] = []
    counts = ask_all(teacher_of(), requests_of("q"), journal, on_done=done.append)
    assert (counts.requests_sent, counts.refused) == (1, 1)
    assert done[0].reply is None
    assert done[0].refused == "the reply holds no choices[0].message"
    assert journal.get(done[0].key) == b'{"id": "paid for"}'


def test_a_reader_that_breaks_finds_the_reply_on_disk(
    teacher_of: TeacherOf,
    requests_of: RequestsOf,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_disk: list[int] = []

    def read(raw: bytes) -> None:
        with Journal(journal.path) as other:
            on_disk.append(len(other))
        raise ZeroDivisionError

    teacher = teacher_of()
    monkeypatch.setattr(teacher, "read", read)
    with pytest.raises(ZeroDivisionError):
        ask_all(teacher, requests_of("q"), journal, on_done=ignore)
    assert on_disk == [1]


def test_the_key_is_nowhere(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: (
        server.how(status=401, body=KEY.encode())
        if body["messages"][0]["content"] == "bad"
        else server.how()
    )
    with pytest.raises(InputError) as caught:
        ask_all(teacher_of(), requests_of("a", "b", "bad"), journal, on_done=ignore)
    assert set(server.authorizations) == {f"Bearer {KEY}"}
    told: BaseException | None = caught.value
    while told is not None:
        assert KEY not in f"{told!s}{told!r}"
        told = told.__cause__ or told.__context__
    written = [path.read_bytes() for path in journal.path.parent.iterdir()]
    assert sum(map(len, written)) > 0
    assert not any(KEY.encode() in data for data in written)


def test_refused_requests_do_not_stop_the_run(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: (
        server.how(status=400, body=b"too long")
        if body["messages"][0]["content"] == "long"
        else server.how()
    )
    done: list[Asked] = []
    requests = requests_of("a", "long", "b", "broken \ud800")
    counts = ask_all(teacher_of(), requests, journal, on_done=done.append)
    assert (counts.requests_sent, counts.refused) == (3, 2)
    told = {asked.request.messages[0]["content"]: asked.refused for asked in done}
    assert (told["a"], told["b"], told["long"]) == (None, None, "HTTP 400: too long")
    assert "surrogates" in str(told["broken \ud800"])


def test_a_fatal_error_lets_the_others_finish(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: (
        server.how(status=401, delay_s=0.1)
        if body["messages"][0]["content"] == "3"
        else server.how(delay_s=0.4)
    )
    texts = [str(number) for number in range(30)]
    done: list[Asked] = []
    with pytest.raises(InputError, match="api_key_env"):
        ask_all(teacher_of(concurrency=6), requests_of(*texts), journal, on_done=done.append)
    assert len(server.bodies) == 6
    assert len(journal) == len(done) == 5


def test_a_fatal_error_does_not_wait_for_ever(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: (
        server.how(status=401) if body["messages"][0]["content"] == "0" else server.how(hang=True)
    )
    started = time.monotonic()
    with pytest.raises(InputError):
        ask_all(
            teacher_of(timeout_s=0.3, backoff_s=30.0),
            requests_of("0", "1"),
            journal,
            on_done=ignore,
        )
    assert time.monotonic() - started < 3


def test_a_server_that_is_down(
    teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal, unused_tcp_port: int
) -> None:
    teacher = teacher_of(base_url=f"http://127.0.0.1:{unused_tcp_port}", retries=1)
    with pytest.raises(ChemtuneError, match="no answer from"):
        ask_all(teacher, requests_of("a", "b"), journal, on_done=ignore)
    assert len(journal) == 0


def test_a_full_disk_is_fatal_and_keeps_what_is_there(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: (
        server.how()
        if number < 3
        else server.how(body=b'{"x":"%s"}' % os.urandom(60_000).hex().encode())
    )
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages + 8}")
    texts = [str(number) for number in range(20)]
    with pytest.raises(ChemtuneError, match="disk is full"):
        ask_all(teacher_of(concurrency=1), requests_of(*texts), journal, on_done=ignore)
    assert len(journal) == 3
    assert len(server.bodies) == 4


def test_equal_requests_in_flight_are_sent_once(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(delay_s=0.1)
    done: list[Asked] = []
    requests = requests_of(*["same"] * 5, "other")
    counts = ask_all(teacher_of(), requests, journal, on_done=done.append)
    assert sorted(server.questions) == ["other", "same"]
    assert (counts.requests_sent, counts.replies_from_journal) == (2, 4)
    assert counts.prompt_tokens == 14
    assert all(asked.reply is not None for asked in done)


def test_equal_refused_requests_are_sent_once(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(status=400, delay_s=0.1, body=b"no")
    counts = ask_all(teacher_of(), requests_of(*["same"] * 5), journal, on_done=ignore)
    assert len(server.bodies) == 1
    assert counts == AskedCounts(requests_sent=1, refused=5)


def test_concurrency_is_kept_and_requests_are_pulled_lazily(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(delay_s=0.02)
    done: list[Asked] = []
    ahead: list[int] = []

    def requests() -> Iterator[Request]:
        for pulled, request in enumerate(requests_of(*map(str, range(40)))):
            ahead.append(pulled - len(done))
            yield request

    ask_all(teacher_of(concurrency=4), requests(), journal, on_done=done.append)
    assert server.most_in_flight == 4
    assert max(ahead) < 4
    assert len(done) == 40


def test_replies_are_told_in_order_of_completion(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(delay_s=float(body["messages"][0]["content"]))
    done: list[Asked] = []
    ask_all(teacher_of(), requests_of("0.4", "0.0", "0.2"), journal, on_done=done.append)
    assert [a.reply.text for a in done if a.reply] == ["echo 0.0", "echo 0.2", "echo 0.4"]


def test_an_error_of_the_requests_or_the_caller_comes_through(
    teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    def broken() -> Iterator[Request]:
        yield from requests_of("a")
        raise InputError("documents.jsonl:3: no JSON")

    with pytest.raises(InputError, match=r"documents\.jsonl:3"):
        ask_all(teacher_of(), broken(), journal, on_done=ignore)
    assert len(journal) == 1

    def careless(asked: Asked) -> None:
        raise KeyError(asked.key)

    with pytest.raises(KeyError):
        ask_all(teacher_of(), requests_of("b"), journal, on_done=careless)
    assert len(journal) == 2


def test_it_runs_where_a_loop_runs_already(
    teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    async def notebook() -> AskedCounts:
        return ask_all(teacher_of(), requests_of("a", "b"), journal, on_done=ignore)

    assert asyncio.run(notebook()).requests_sent == 2
