"""A forward proxy of the tests' own: tunnels, forwards plain http, speaks SOCKS5, may want a login.

It looks no name up: every host it is asked for is on this computer, at the port that `ports` says.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

_TURNS_TO_BEGIN = 5


@dataclass
class ProxyServer:
    ports: dict[str, int] = field(default_factory=dict)
    """The port on this computer of each `host:port` that it can reach."""
    login: tuple[str, str] | None = None
    answer: bytes | None = None
    """What it says to whatever it is asked, in place of doing it; empty for nothing at all."""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """Every `host:port` it was asked for."""
    heads: list[bytes] = field(default_factory=list)
    passed_on: bytearray = field(default_factory=bytearray)
    """What clients sent through tunnels."""
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a client waits for an answer that won't come."""
    given_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a client closed its socket while it waited for an answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def speak_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        if self.answer is not None:
            writer.write(self.answer)
            if not self.answer:
                self.is_asked.set()
                await reader.read()
                self.given_up.set()
            return
        if self.login is not None:
            wanted = b64encode(":".join(self.login).encode()).decode()
            if f"proxy-authorization: basic {wanted}".lower() not in head.decode().lower():
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                return
        if method == "CONNECT":
            place = target
        else:
            host, _, path = target.removeprefix("http://").partition("/")
            place = host if ":" in host else f"{host}:80"
            head = head.replace(target.encode(), b"/" + path.encode(), 1)
        self.asked.append(place)
        if place not in self.ports:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
            return
        onward = await asyncio.open_connection("127.0.0.1", self.ports[place])
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            onward[1].write(head)
        await self._tunnel(reader, writer, *onward)

    async def speak_socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.answer is not None:
            await reader.read(100)
            writer.write(self.answer)
            if not self.answer:
                self.is_asked.set()
                await reader.read()
                self.given_up.set()
            return
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = b"\x00" if self.login is None else b"\x02"
        if wanted not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(b"\x05" + wanted)
        if self.login is not None:
            await reader.readexactly(1)
            user = await reader.readexactly((await reader.readexactly(1))[0])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            is_right = (user.decode(), password.decode()) == self.login
            writer.write(b"\x01\x00" if is_right else b"\x01\x01")
            if not is_right:
                return
        kind = (await reader.readexactly(4))[3]
        assert kind == 3, "names are for the proxy to look up"
        host = await reader.readexactly((await reader.readexactly(1))[0])
        place = f"{host.decode()}:{int.from_bytes(await reader.readexactly(2), 'big')}"
        self.asked.append(place)
        if place not in self.ports:
            writer.write(b"\x05\x04\x00\x01\0\0\0\0\0\0")
            return
        onward = await asyncio.open_connection("127.0.0.1", self.ports[place])
        writer.write(b"\x05\x00\x00\x01\x7f\0\0\1\0\x50")
        await self._tunnel(reader, writer, *onward)

    async def _tunnel(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        onward_reader: asyncio.StreamReader,
        onward_writer: asyncio.StreamWriter,
    ) -> None:
        async def back() -> None:
            with suppress(ConnectionError):
                while data := await onward_reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            writer.close()

        task = asyncio.create_task(back())
        try:
            while data := await reader.read(65536):
                self.passed_on += data
                onward_writer.write(data)
                await onward_writer.drain()
        finally:
            onward_writer.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def http_proxy(
    tls: ssl.SSLContext | None = None,
    *,
    ports: dict[str, int] | None = None,
    login: tuple[str, str] | None = None,
    answer: bytes | None = None,
) -> AsyncIterator[ProxyServer]:
    proxy = ProxyServer(ports or {}, login, answer)
    async with _served(proxy, proxy.speak_http, tls):
        yield proxy


@asynccontextmanager
async def socks_proxy(
    *,
    ports: dict[str, int] | None = None,
    login: tuple[str, str] | None = None,
    answer: bytes | None = None,
) -> AsyncIterator[ProxyServer]:
    proxy = ProxyServer(ports or {}, login, answer)
    async with _served(proxy, proxy.speak_socks, None):
        yield proxy


@asynccontextmanager
async def _served(proxy: ProxyServer, speak: Speak, tls: ssl.SSLContext | None) -> AsyncIterator[None]:
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                await speak(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=tls)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for _ in range(_TURNS_TO_BEGIN):
            await asyncio.sleep(0)
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
