"""A session bus with a notification service on it, as far as a client of notifications needs one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, Parser, new_error, new_method_return, new_signal

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


@dataclass
class FakeBus:
    """What was called, and a way to tell of clicks. `refuses` makes the service say no to every note,
    `is_dumb` makes it never answer one."""

    address: str
    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    refuses: bool = False
    is_dumb: bool = False
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _serials: Any = field(default_factory=lambda: count(1000))
    _numbers: Any = field(default_factory=lambda: count(7))

    def notes(self) -> list[tuple[Any, ...]]:
        return [body for method, body in self.calls if method == "Notify"]

    async def tell(self, signal: str, signature: str, *body: object) -> None:
        """Sends a signal of the service to whoever listens."""
        message = new_signal(DBusAddress(PATH, NAME, NAME), signal, signature, body)
        for writer in self._writers:
            writer.write(message.serialise(next(self._serials)))
            await writer.drain()

    def cut(self) -> None:
        """The bus goes away."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._greet(reader, writer)
            await self._answer(reader, writer)
        writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line = (await reader.readuntil(b"\r\n")).lstrip(b"\0").strip()
            if line == b"BEGIN":
                return
            writer.write(b"AGREE_UNIX_FD\r\n" if line.startswith(b"NEGOTIATE") else b"OK 1234deadbeef\r\n")
            await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parser = Parser()
        while data := await reader.read(4096):
            parser.add_data(data)
            while (message := parser.get_next_message()) is not None:
                method = message.header.fields[HeaderFields.member]
                self.calls.append((method, message.body))
                reply = self._reply_to(method, message)
                if reply is not None:
                    writer.write(reply.serialise(next(self._serials)))
                    await writer.drain()

    def _reply_to(self, method: str, message: Any) -> Any:
        match method:
            case "Hello":
                return new_method_return(message, "s", (":1.7",))
            case "Notify" if self.is_dumb:
                return None
            case "Notify" if self.refuses:
                return new_error(message, "org.freedesktop.DBus.Error.ServiceUnknown", "s", ("no such name",))
            case "Notify":
                replaced = message.body[1]
                return new_method_return(message, "u", (replaced or next(self._numbers),))
            case _:
                return new_method_return(message)


@asynccontextmanager
async def fake_bus(folder: Path) -> AsyncIterator[FakeBus]:
    path = folder / "bus"
    bus = FakeBus(f"unix:path={path}")
    server = await asyncio.start_unix_server(bus.serve, path)
    try:
        yield bus
    finally:
        bus.cut()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)
