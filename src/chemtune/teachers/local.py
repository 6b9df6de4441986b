"""A teacher in this process: a GGUF file through llama.cpp, no server and no network."""

from __future__ import annotations

import asyncio
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import orjson

from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.teachers.reply import chat_reply
from chemtune.teachers.teacher import Reply, Request, RequestRefused
from chemtune.teachers.wire import response_format, server_message, shortened

MAGIC = b"GGUF"
BLOCK = 1 << 22


class LocalTeacher:
    """Answers with a model in a GGUF file; replies in JSON are held to their schema.

    Args:
        path: The GGUF file.
        temperature: Sampling temperature; 0 takes the likeliest token.
        max_tokens: Most tokens of a reply.
        seed: Sampling seed.
        context: Tokens of prompt and reply together, for each request.
        parallel: Requests answered together.
        threads: Processor threads; None takes all.

    Raises:
        InputError: The file is missing or is no GGUF file, or xllamacpp is not installed.
    """

    def __init__(
        self,
        path: Path,
        *,
        temperature: float = 0.0,
        max_tokens: int = 1024,
        seed: int | None = None,
        context: int = 8192,
        parallel: int = 4,
        threads: int | None = None,
    ) -> None:
        self.path = path
        self.name = f"local:{path.name}"
        self.concurrency = parallel
        self.max_tokens = max_tokens
        self._context, self._threads = context, threads
        self._sampling: dict[str, Any] = {"temperature": float(temperature)}
        self._sampling |= {"max_tokens": max_tokens} | ({} if seed is None else {"seed": seed})
        check_file(path)
        self._sha256 = _sha256(path)
        self._server: asyncio.Future[Any] | None = None
        self._threads_pool: ThreadPoolExecutor | None = None

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return the file's hash and the whole request."""
        return {"kind": "local", "sha256": self._sha256, "body": self._body(request)}

    async def answer(self, request: Request) -> bytes:
        """Return the reply as JSON.

        Raises:
            RequestRefused: The model does not take this request: the prompt is too long, say.
        """
        if self._threads_pool is None:
            raise RuntimeError("a LocalTeacher answers only inside `async with`")
        body, loop = self._body(request), asyncio.get_running_loop()
        if self._server is None:
            # Not before: loading takes long, and the journal may answer everything.
            self._server = loop.run_in_executor(self._threads_pool, self._load)
        server = await asyncio.shield(self._server)
        said = await loop.run_in_executor(self._threads_pool, _complete, server, body)
        if "choices" not in said:
            reason = shortened(server_message(said, b""))
            raise RequestRefused(f"the model gives no answer: {reason}")
        return orjson.dumps(said)

    def read(self, raw: bytes) -> Reply:
        """Return the first choice's text; see `EndpointTeacher.read`."""
        return chat_reply(raw, self.name)

    async def __aenter__(self) -> Self:
        self._threads_pool = ThreadPoolExecutor(self.concurrency, "llama")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._threads_pool is not None:
            self._threads_pool.shutdown(wait=True, cancel_futures=True)
        self._threads_pool = self._server = None

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {"messages": list(request.messages), **self._sampling}
        if request.schema is not None:
            body["response_format"] = response_format(request.task, request.schema)
        return body

    def _load(self) -> Any:
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self.path)
        # Replies name their model by it, and data sets are given away: no path of this machine.
        parameters.model_alias = {self.path.name}
        parameters.n_parallel = self.concurrency
        parameters.n_ctx = self._context * self.concurrency
        parameters.cpuparams.n_threads = self._threads or os.cpu_count() or 1
        # Errors alone: the library tells of every layer and request on standard error.
        parameters.verbosity = -1
        try:
            return xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise ChemtuneError(
                f"{self.path}: llama.cpp cannot load the model: {shortened(str(error))} "
                "(the file may be cut off, or too large for the memory)"
            ) from None


def _complete(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    said = server.handle_chat_completions(body)
    return said if isinstance(said, dict) else orjson.loads(said)


def check_file(path: Path) -> None:
    """Check that a file looks like a model that can be run here.

    Raises:
        InputError: It is missing or is no GGUF file, or xllamacpp is not installed.
    """
    from importlib.util import find_spec

    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        problem = Problem(f"cannot read the model: {error.strerror}", path, field="teacher.path")
        raise InputError(problem) from None
    if magic != MAGIC:
        remedy = "name a file of llama.cpp's format, *.gguf"
        raise InputError(Problem("not a GGUF file", path, field="teacher.path", remedy=remedy))
    if find_spec("xllamacpp") is None:
        fault = "a local teacher needs the package xllamacpp"
        raise InputError(Problem(fault, field="teacher", remedy="pip install 'chemtune[local]'"))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
