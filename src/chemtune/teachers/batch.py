"""A teacher behind OpenAI's Batch API: files of requests, answered within a day at half the price.

The requests are those of `EndpointTeacher`, so that a reply has one key in the journal whichever
way it was bought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import orjson

from chemtune.errors import ChemtuneError
from chemtune.teachers.batch_book import Batch
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.teacher import Reply, Request, RequestRefused
from chemtune.teachers.wire import is_azure, parsed

# OpenAI's own bounds for one batch; the file's is 200 MB, and the last line must fit too.
MOST_REQUESTS = 50_000
MOST_BYTES = 190 * 10**6
WINDOW = "24h"
ENDED = {"completed", "expired", "cancelled", "failed"}
PAGE, MOST_PAGES = 100, 50
LONGEST_LINE = 16 * 2**20


@dataclass(frozen=True)
class Status:
    """What the endpoint says of a batch.

    Attributes:
        id: The endpoint's name of it.
        state: "validating", "in_progress", "finalizing", "cancelling", or one of `ENDED`.
        done: The requests answered so far.
        files: The ids of the files with answers and with errors, where there are any.
        why: Of a batch that failed, the endpoint's words.
    """

    id: str
    state: str
    done: int
    files: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Line:
    """The answer to one request of a batch: a good body, or an error by status and text.

    `status` is the HTTP status that the request alone would have met; 0 where it was never run.
    """

    key: str
    status: int
    body: bytes
    said: str


class BatchTeacher:
    """Sends files of chat requests to an endpoint and fetches the answers.

    Args:
        endpoint: Who writes and reads the requests.
        poll_s: Seconds between two looks at a batch.
        wait_s: Stop waiting after so long; None waits until all batches have ended.
        most_requests: Of one batch.
        at_once: Most batches with the endpoint at a time.
    """

    def __init__(
        self,
        endpoint: EndpointTeacher,
        *,
        poll_s: float = 30.0,
        wait_s: float | None = None,
        most_requests: int = MOST_REQUESTS,
        at_once: int = 4,
    ) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name
        self.base_url = endpoint.base_url
        self.max_tokens = endpoint.max_tokens
        self.retries, self.backoff_s = endpoint.retries, endpoint.backoff_s
        self.poll_s, self.wait_s = poll_s, wait_s
        self.most_requests = min(most_requests, MOST_REQUESTS)
        self.at_once = at_once
        # Azure leaves the version out of the path of a batch's requests.
        version = "" if is_azure(self.base_url) else "/v1"
        self._path = f"{version}/chat/completions"

    def __repr__(self) -> str:
        return f"BatchTeacher({self.endpoint!r})"

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return the request as the endpoint would be asked it alone."""
        return self.endpoint.canonical(request)

    def read(self, raw: bytes) -> Reply:
        """Return the first choice's text; see `EndpointTeacher.read`."""
        return self.endpoint.read(raw)

    async def __aenter__(self) -> Self:
        await self.endpoint.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.endpoint.__aexit__(*error)

    def write(self, path: Path, requests: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Write the file of a batch from keys and canonical requests."""
        with path.open("wb") as file:
            for key, canonical in requests:
                file.write(self.line(key, canonical))

    def line(self, key: str, canonical: dict[str, Any]) -> bytes:
        """Return one request's line of a batch's file."""
        body = self.endpoint.sent(canonical["body"])
        line = {"custom_id": key, "method": "POST", "url": self._path, "body": body}
        return orjson.dumps(line) + b"\n"

    async def upload(self, path: Path, name: str) -> str:
        """Send a file; returns its id at the endpoint."""
        import aiohttp

        with path.open("rb") as file:
            form = aiohttp.FormData({"purpose": "batch"})
            form.add_field(
                "file", file, filename=f"chemtune-{name}.jsonl", content_type="application/jsonl"
            )
            said = await self._said(self._url("files"), form=form)
        return _text(said, "id", "an uploaded file")

    async def create(self, batch: Batch, file_id: str) -> Status:
        """Have a file's requests answered."""
        body = {
            "input_file_id": file_id,
            "endpoint": self._path,
            "completion_window": WINDOW,
            "metadata": {"chemtune": batch.name},
        }
        return _status(await self._said(self._url("batches"), json=orjson.dumps(body)))

    async def look(self, batch: Batch) -> Status:
        """Return how far a batch is."""
        return _status(await self._said(self._url(f"batches/{batch.id}")))

    async def find(self, batch: Batch) -> Status | None:
        """Return a batch that may have been created though we do not know its id, or None."""
        begun = datetime.fromisoformat(batch.created) - timedelta(days=1)
        after = ""
        for _ in range(MOST_PAGES):
            query = f"limit={PAGE}" + (f"&after={after}" if after else "")
            said = await self._said(self._url("batches", query))
            rows = [row for row in said.get("data") or [] if isinstance(row, dict)]
            for row in rows:
                if (row.get("metadata") or {}).get("chemtune") == batch.name:
                    return _status(row)
            oldest = rows[-1].get("created_at") if rows else None
            old = isinstance(oldest, int | float) and oldest < begun.timestamp()
            if not rows or old or not said.get("has_more"):
                return None
            after = str(rows[-1].get("id"))
        return None

    async def fetch(self, file_id: str, path: Path) -> None:
        """Write a file of the endpoint's to `path`.

        Raises:
            TryAgain: It could not be read to its end.
        """
        url = self._url(f"files/{file_id}/content")
        with path.open("wb") as file:
            async with aclosing(self.endpoint.connection.parts(url)) as parts:
                async for part in parts:
                    file.write(part)

    def _url(self, path: str, query: str = "") -> str:
        parts = urlsplit(self.base_url)
        joined = "&".join(part for part in (parts.query, query) if part)
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}", query=joined))

    async def _said(self, url: str, **sent: Any) -> dict[str, Any]:
        status, headers, raw = await self.endpoint.connection.send(url, **sent)
        try:
            said = parsed(self.endpoint.connection.judged(url, status, headers, raw))
        except RequestRefused as error:
            raise ChemtuneError(f"{url}: {error.reason}") from None
        return said if isinstance(said, dict) else {}


def answers(path: Path) -> Iterator[Line]:
    """Yield the answers in a file; a line that is none is passed over, as if it were missing."""
    with path.open("rb") as file:
        while raw := file.readline(LONGEST_LINE):
            line = _line(raw)
            if line is not None:
                yield line


def _status(said: dict[str, Any]) -> Status:
    counts = said.get("request_counts")
    done = counts.get("completed") if isinstance(counts, dict) else 0
    errors = said.get("errors")
    listed = errors.get("data") if isinstance(errors, dict) else None
    told = [
        f"{one.get('code')}: {one.get('message')}" for one in listed or [] if isinstance(one, dict)
    ]
    files = (said.get("output_file_id"), said.get("error_file_id"))
    return Status(
        id=_text(said, "id", "a batch"),
        state=_text(said, "status", "a batch"),
        done=done if isinstance(done, int) else 0,
        files=tuple(file for file in files if isinstance(file, str) and file),
        why="; ".join(told[:3]) or "it does not say why",
    )


def _text(said: dict[str, Any], field: str, of: str) -> str:
    value = said.get(field)
    if not isinstance(value, str) or not value:
        raise ChemtuneError(f"the endpoint tells no {field} of {of}; does it have a Batch API?")
    return value


def _line(raw: bytes) -> Line | None:
    row = parsed(raw) if raw.strip() else None
    if not isinstance(row, dict) or not isinstance(row.get("custom_id"), str):
        return None
    response, error = row.get("response"), row.get("error")
    if isinstance(response, dict):
        status = response.get("status_code")
        body = orjson.dumps(response.get("body"))
        return Line(row["custom_id"], status if isinstance(status, int) else 0, body, "")
    said = error if isinstance(error, dict) else {}
    text = f"{said.get('code') or 'no answer'}: {said.get('message') or 'no message'}"
    return Line(row["custom_id"], 0, b"", text)
