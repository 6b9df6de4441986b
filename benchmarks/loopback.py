"""A chat endpoint on 127.0.0.1 that answers after a fixed time, for the benchmark of asking.

python benchmarks/loopback.py PORT SECONDS_A_REPLY
"""

from __future__ import annotations

import asyncio
import sys

REPLY = (
    b'{"model":"loopback","choices":[{"index":0,"message":{"role":"assistant","content":'
    b'"{\\"Q1\\": \\"Pt\\"}"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":300,"completion_tokens":40}}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
ANSWER = HEAD % len(REPLY) + REPLY


class Chat(asyncio.Protocol):
    """HTTP/1.1 as far as a client needs it that keeps its connection; lean: it is not measured."""

    delay_s = 0.2

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) >= length:
            self.buffer = rest[length:]
            asyncio.get_running_loop().call_later(self.delay_s, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def serve(port: int, delay_s: float) -> None:
    Chat.delay_s = delay_s
    server = await asyncio.get_running_loop().create_server(Chat, "127.0.0.1", port, backlog=4096)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
