"""One run of asking in batches: what is with the endpoint is fetched, what is new is sent.

Every step is on disk before the next one: a batch is in the book before it is sent, its id once the
endpoint has taken it, its answers in the journal before the book forgets it. A run that ends
between two steps is taken up by the next one, days later if need be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from chemtune.errors import ChemtuneError, Interrupted
from chemtune.files import held_alone
from chemtune.progress import say
from chemtune.teachers.asked import Asked, AskedCounts
from chemtune.teachers.batch import ENDED, MOST_BYTES, BatchTeacher, Line, Status, answers
from chemtune.teachers.batch_book import Batch, BatchBook, new_name, pack
from chemtune.teachers.budget import TOKENS_AROUND_MESSAGE
from chemtune.teachers.journal import Entry, Journal, key_of
from chemtune.teachers.loop import cancel, run_to_end
from chemtune.teachers.prices import Price
from chemtune.teachers.spending import no_room
from chemtune.teachers.teacher import Request, RequestRefused, TryAgain
from chemtune.teachers.wire import parsed, server_message

BACKOFF_CAP_S = 60.0
LINES_AT_ONCE = 500

Said = TypeVar("Said")


def ask_in_batches(
    teacher: BatchTeacher,
    requests: Iterable[Request],
    journal: Journal,
    *,
    on_done: Callable[[Asked], None],
    price: Price | None = None,
    cap_usd: float | None = None,
) -> AskedCounts:
    """Ask every request that the journal does not answer, in batches; waits for them to end.

    Args:
        teacher: Who is asked.
        requests: Pulled one by one.
        journal: Holds each raw reply before it is read, and the batches that are under way.
        on_done: Called for every request that is done; its messages are left out.
        price: What the teacher costs; None where it is not known.
        cap_usd: What all runs with the journal may spend. The worst case of a batch is reserved
            before it is sent, and what it cost noted when it is fetched.

    Returns:
        The counts of the run; `stopped` says where batches are left with the endpoint.

    Raises:
        ChemtuneError: The endpoint fails, or refuses a batch. What is with it can be fetched later.
        Interrupted: Ctrl-C; likewise.
    """
    with _alone(journal):
        run = _Batching(teacher, iter(requests), journal, on_done, price, cap_usd)
        return _to_end(run)


def _to_end(run: _Batching) -> AskedCounts:
    journal = run.journal
    try:
        return run_to_end(run)
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted: {run.left()}; {len(journal)} replies are kept in {journal.path}; run "
            "again to fetch the rest"
        ) from None


@dataclass(frozen=True)
class _New:
    """A request that is to go into a batch."""

    key: str
    request: bytes
    size: int
    worst_usd: float


class _Batching:
    """See `ask_in_batches`."""

    def __init__(
        self,
        teacher: BatchTeacher,
        requests: Any,
        journal: Journal,
        on_done: Callable[[Asked], None],
        price: Price | None,
        cap_usd: float | None,
    ) -> None:
        self.teacher = teacher
        self.requests = requests
        self.journal = journal
        self.on_done = on_done
        self.price = price or Price(0.0, 0.0)
        self.cap_usd = cap_usd
        self.counts = AskedCounts()
        self.book = BatchBook(journal, teacher.base_url)
        self.open = {batch.name: batch for batch in self.book.open()}
        self._cut_off = {batch.name for batch in self.open.values() if not batch.id}
        self._waiting: dict[str, list[Request]] = {}
        self._again: list[_New] = []
        self._failures: dict[str, int] = {}
        self._refused: dict[str, str] = {}
        self._exhausted = False
        self._next: _New | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[AskedCounts] | None = None

    def cancel(self) -> None:
        """Stop from another thread."""
        cancel(self._loop, self._task)

    def left(self) -> str:
        """Say what is with the endpoint."""
        requests, batches = sum(batch.requests for batch in self.open.values()), len(self.open)
        several = "es" if batches > 1 else ""
        return f"{requests} requests are with the endpoint, in {batches} batch{several}"

    async def all(self) -> AskedCounts:
        """Ask everything; returns the counts."""
        loop = self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        until = None if self.teacher.wait_s is None else loop.time() + self.teacher.wait_s
        async with self.teacher:
            while True:
                for batch in list(self.open.values()):
                    await self._further(batch)
                while len(self.open) < self.teacher.at_once:
                    filled = self._filled()
                    if filled is None:
                        break
                    await self._further(filled)
                if not self.open:
                    break
                if until is not None and loop.time() >= until:
                    self.counts.stopped = f"{self.left()}; run again to fetch them"
                    break
                await asyncio.sleep(self.teacher.poll_s)
        left = [self._next] if self._next else self._again
        if left and not self.counts.stopped:
            self.counts.stopped = no_room(left[-1].worst_usd)
        return self.counts

    def _filled(self) -> Batch | None:
        """Write the next batch into the book; None where nothing is left, or no money."""
        name, chosen, size, worst = new_name(), list[_New](), 0, 0.0
        room = None if self.cap_usd is None else self.cap_usd - self.journal.spent_usd()
        while len(chosen) < self.teacher.most_requests:
            one = self._pulled()
            if one is None:
                break
            if size + one.size > MOST_BYTES or (room is not None and worst + one.worst_usd > room):
                self._next = one
                break
            chosen.append(one)
            size += one.size
            worst += one.worst_usd
        if not chosen:
            return None
        if not self.journal.note_spending(_row(name), worst, self.cap_usd):
            self._again += chosen
            return None
        batch = self.book.begin([(one.key, one.request) for one in chosen], name)
        self.open[name] = batch
        self.counts.requests_sent += batch.requests
        return batch

    def _pulled(self) -> _New | None:
        """Return the next request that is to be sent; what is answered or under way is not."""
        if self._next is not None:
            one, self._next = self._next, None
            return one
        if self._again:
            return self._again.pop()
        for request in self.requests:
            try:
                canonical = self.teacher.canonical(request)
                key = key_of(canonical)
            except RequestRefused as error:
                self._done(Asked(request, "", None, error.reason, False))
                continue
            raw = self.journal.get(key)
            if raw is not None:
                self._answered(request, key, raw, from_journal=True)
                continue
            if key in self._refused:
                self._done(Asked(request, key, None, self._refused[key], False))
                continue
            # Its messages are in the book; a million of them would fill the memory.
            known = key in self._waiting or self.book.holds(key)
            self._waiting.setdefault(key, []).append(replace(request, messages=(), schema=None))
            if not known:
                return self._new(key, canonical)
        self._exhausted = True
        return None

    def _new(self, key: str, canonical: dict[str, Any]) -> _New:
        size = len(self.teacher.line(key, canonical))
        around = TOKENS_AROUND_MESSAGE * len(canonical["body"]["messages"])
        # A token stands for at least one byte of the request.
        worst = self.price.of(size + around, self.teacher.max_tokens or 0)
        return _New(key, pack(canonical), size, worst)

    async def _further(self, batch: Batch) -> None:
        """Bring a batch a step on: send it, or look at it and fetch it where it has ended."""
        if not batch.id:
            status = await self._placed(batch)
            batch = self.open[batch.name] = self.book.taken(batch, status.id)
            say(f"batch {status.id}: {batch.requests} requests are with {self.teacher.base_url}")
        else:
            status = await self._steadily(lambda: self.teacher.look(batch))
        if status.state not in ENDED:
            return
        if status.state == "failed":
            self._forget(batch, 0.0)
            remedy = "teacher.batch_requests and teacher.at_once bound what is with it at a time"
            raise ChemtuneError(f"batch {status.id} was refused: {status.why} ({remedy})")
        await self._fetched(batch, status)

    async def _placed(self, batch: Batch) -> Status:
        """Have the endpoint take a batch, unless it has taken it in a run that was cut off."""
        if batch.name in self._cut_off:
            found = await self._steadily(lambda: self.teacher.find(batch))
            if found is not None:
                return found
        path = self.journal.path.with_name(f".{batch.name}.jsonl")
        try:
            self.teacher.write(path, self.book.requests(batch))
            file_id = await self._steadily(lambda: self.teacher.upload(path, batch.name))
        except OSError as error:
            raise ChemtuneError(f"{path}: cannot write the batch's file: {error}") from error
        finally:
            path.unlink(missing_ok=True)
        return await self._steadily(lambda: self._created(batch, file_id))

    async def _created(self, batch: Batch, file_id: str) -> Status:
        try:
            return await self.teacher.create(batch, file_id)
        except TryAgain:
            # It may have been created all the same.
            found = await self.teacher.find(batch)
            if found is not None:
                return found
            raise

    async def _fetched(self, batch: Batch, status: Status) -> None:
        """Journal what a batch brought; what it did not answer is asked again."""
        answered, cost = set[str](), 0.0
        path = self.journal.path.with_name(f".{batch.name}.answers.jsonl")
        for file_id in status.files:
            try:
                # Whole, and then read: a file that breaks off must not be taken twice.
                await self._steadily(partial(self.teacher.fetch, file_id, path))
                told = answers(path)
                while lines := list(islice(told, LINES_AT_ONCE)):
                    cost += self._take(batch, lines, answered)
            except OSError as error:
                raise ChemtuneError(f"{path}: cannot keep the answers: {error}") from error
            finally:
                path.unlink(missing_ok=True)
        for key, canonical in self.book.requests(batch):
            if key not in answered:
                self._failed(key, canonical, f"its batch is {status.state} and has no answer to it")
        self.counts.cost_usd += cost
        self._forget(batch, cost)

    def _take(self, batch: Batch, lines: Sequence[Line], answered: set[str]) -> float:
        """Journal good answers and see to the others; returns their cost in US dollars."""
        fresh = [line for line in lines if line.key not in answered]
        requests = self.book.of_keys(batch, [line.key for line in fresh])
        ours = {line.key: line for line in fresh if line.key in requests}
        answered.update(ours)
        without_key = self.teacher.endpoint.connection.without_key
        good = [
            Entry(key, self.teacher.name, requests[key], without_key(line.body))
            for key, line in ours.items()
            if line.status == 200
        ]
        kept = self.journal.put_all(good)
        for key, line in ours.items():
            if line.status != 200:
                self._turned_down(line, requests[key])
        return sum(self._bought(entry, raw) for entry, raw in zip(good, kept, strict=True))

    def _bought(self, entry: Entry, raw: bytes) -> float:
        cost = None
        for number, request in enumerate(self._waiting.pop(entry.key, [])):
            self._answered(request, entry.key, raw, from_journal=number > 0)
        try:
            reply = self.teacher.read(raw)
            self.counts.prompt_tokens += reply.prompt_tokens or 0
            self.counts.completion_tokens += reply.completion_tokens or 0
            cost = self.price.of_reply(reply)
        except RequestRefused:
            pass  # told where it was answered; what it cost is not known, so the most is counted
        return self._new(entry.key, dict(entry.canonical)).worst_usd if cost is None else cost

    def _turned_down(self, line: Line, canonical: dict[str, Any]) -> None:
        endpoint = self.teacher.endpoint
        said = line.said or endpoint.connection.shown(
            f"HTTP {line.status}: {server_message(parsed(line.body), line.body)}"
        )
        learned = line.status == 400 and endpoint.learned(line.body, canonical["body"])
        passing = line.status in (0, 408, 409, 429) or line.status >= 500
        if learned or passing:
            self._failed(line.key, canonical, said)
        else:
            self._refuse(line.key, said)

    def _failed(self, key: str, canonical: dict[str, Any], why: str) -> None:
        """Put a request into the next batch, or give it up."""
        self._failures[key] = self._failures.get(key, 0) + 1
        if self._failures[key] > self.teacher.retries:
            self._refuse(key, f"no answer in {self._failures[key]} batches: {why}")
        else:
            self.counts.tries_again += 1
            self.counts.requests_sent -= 1
            self._again.append(self._new(key, canonical))

    def _refuse(self, key: str, why: str) -> None:
        # Of a batch of an earlier run, whose requests are not pulled yet.
        self._refused[key] = why
        for request in self._waiting.pop(key, []):
            self._done(Asked(request, key, None, why, False))

    def _forget(self, batch: Batch, cost: float) -> None:
        self.journal.note_spending(_row(batch.name), cost, None)
        self.book.end(batch)
        del self.open[batch.name]

    def _answered(self, request: Request, key: str, raw: bytes, *, from_journal: bool) -> None:
        reply, refused = None, None
        try:
            reply = self.teacher.read(raw)
        except RequestRefused as error:
            refused = error.reason
        self._done(Asked(request, key, reply, refused, from_journal))

    def _done(self, asked: Asked) -> None:
        self.counts.replies_from_journal += asked.from_journal
        self.counts.refused += asked.refused is not None
        self.on_done(asked)

    async def _steadily(self, step: Callable[[], Awaitable[Said]]) -> Said:
        """Do a step over, where the endpoint is only busy or out of reach for now."""
        failures = 0
        while True:
            try:
                return await step()
            except TryAgain as error:
                failures += 1
                if failures > self.teacher.retries:
                    raise ChemtuneError(
                        f"no answer from {error.where} after {failures} tries: {error.reason}; "
                        f"{self.left()}: run again to fetch them"
                    ) from None
                backoff = min(self.teacher.backoff_s * 2.0 ** (failures - 1), BACKOFF_CAP_S)
                await asyncio.sleep(error.wait_s or backoff)


def _row(name: str) -> str:
    return f"batch:{name}"


@contextmanager
def _alone(journal: Journal) -> Iterator[None]:
    """Keep others off the batches of a journal: two would send a batch that was cut off twice."""
    path = journal.path.with_name(f"{journal.path.name}.batches")
    busy = "another process waits for batches of this journal; wait for it or end it"
    with held_alone(path, f"{journal.path}: {busy}, then run again"):
        yield
