"""What a request to a teacher costs, and how near asking comes to the limit that binds.

    python benchmarks/teacher.py [--requests 20000] [--peer]

A loopback server in another process answers after 0.2 s. Measured are the client's processor time
a request (with the journal, without checks), the wall time against the ideal under each limit, and
memory at the start and at the end. `--peer` has the openai client (pip install openai) do the same
at the same concurrency, without a journal.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chemtune.teachers.ask import Asked, ask_all
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Request

DELAY_S = 0.2
IN_FLIGHT = 1000
DOCUMENT = "The membrane showed a hydroxide conductivity of 98 mS/cm at 80 °C. " * 20


@contextmanager
def loopback() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(Path(__file__).with_name("loopback.py")), str(port)]
    with subprocess.Popen([*command, str(DELAY_S)], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()


def requests(count: int) -> Iterator[Request]:
    for number in range(count):
        messages = ({"role": "user", "content": f"{number} {DOCUMENT}"},)
        yield Request("t", str(number), messages)


def memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def ours(
    url: str, count: int, ideal_s: float, what: str, in_flight: int = IN_FLIGHT, **settings: float
) -> None:
    memory: list[float] = []

    def on_done(asked: Asked) -> None:
        assert asked.reply is not None, asked.refused
        memory.append(0.0)
        if len(memory) % max(1, count // 10) == 0:
            memory[-1] = memory_mib()

    teacher = EndpointTeacher(url, "m", api_key=None, concurrency=in_flight, **settings)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "j.sqlite") as journal:
        wall, cpu = time.perf_counter(), processor_s()
        ask_all(teacher, requests(count), journal, on_done=on_done)
        wall, cpu = time.perf_counter() - wall, processor_s() - cpu
    sizes = [size for size in memory if size]
    print(
        f"{what:32} {count:>7} {1000 * cpu / count:>8.3f} {wall:>8.2f} {wall / ideal_s:>8.3f} "
        f"{sizes[0]:>6.0f} -> {sizes[-1]:.0f}",
        flush=True,
    )


def peer(url: str, count: int) -> None:
    import openai

    async def run() -> None:
        client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
        pending = requests(count)

        async def work() -> None:
            for request in pending:
                await client.chat.completions.create(
                    model="m", messages=list(request.messages), temperature=0, max_tokens=1024
                )

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))

    wall, cpu = time.perf_counter(), processor_s()
    asyncio.run(run())
    wall, cpu = time.perf_counter() - wall, processor_s() - cpu
    ideal = count / IN_FLIGHT * DELAY_S
    print(f"{'openai client, no journal':32} {count:>7} {1000 * cpu / count:>8.3f} {wall:>8.2f} "
          f"{wall / ideal:>8.3f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--peer", action="store_true")
    options = parser.parse_args()
    count = options.requests
    print(f"{'limit that binds':32} requests  CPU ms   wall s  / ideal   memory MiB")
    with loopback() as url:
        for in_flight in (IN_FLIGHT, 250):
            ours(url, count, count / in_flight * DELAY_S, f"{in_flight} in flight", in_flight)
        # A minute's worth less the second that may go at once.
        ours(url, 6000, 6000 / 200 - 1, "12,000 requests a minute", rpm=12_000)
        ours(url, 6000, 6000 * 340 / 68_000 - 1, "4,080,000 tokens a minute", tpm=4_080_000)
        if options.peer:
            peer(url, min(count, 5000))


if __name__ == "__main__":
    main()
