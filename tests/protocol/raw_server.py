"""A server of the tests' own: it speaks HTTP/1.1 by hand, so that it can break every rule of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Handle = Callable[["Exchange"], Awaitable[None]]
_TURNS_TO_BEGIN = 5
"""Of the loop, from accepting a connection to its task's first step, and a few to spare."""


@dataclass
class Exchange:
    """One request as it came, and the socket to answer on."""

    head: bytes
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def target(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode()

    def header(self, name: str) -> str | None:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode().lower() == name:
                return value.decode().strip()
        return None

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, status: int, body: bytes = b"", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", *headers]
        await self.send("\r\n".join([*lines, "", ""]).encode() + body)

    async def start_stream(self, *headers: str, content_type: str = "text/event-stream") -> None:
        lines = ["HTTP/1.1 200 OK", f"content-type: {content_type}", "transfer-encoding: chunked", *headers]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def finish(self) -> None:
        await self.send(b"0\r\n\r\n")

    async def client_closed(self) -> None:
        """Returns when the client closed its side."""
        while await self.reader.read(1024):
            pass


@dataclass
class RawServer:
    port: int = 0
    requests: list[Exchange] = field(default_factory=list)
    connections: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a handler saw its client close the socket (when it waits for that)."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1.3"


@asynccontextmanager
async def raw_server(handle: Handle, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Serves one `handle` call per request; connections are kept alive as the handler leaves them."""
    served = RawServer()
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        served.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                exchange = Exchange(head, b"", reader, writer)
                if length := exchange.header("content-length"):
                    exchange.body = await reader.readexactly(int(length))
                served.requests.append(exchange)
                await handle(exchange)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            served.closed.set()
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for _ in range(_TURNS_TO_BEGIN):
            await asyncio.sleep(0)  # a connection accepted just now has no task yet that would close it
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
