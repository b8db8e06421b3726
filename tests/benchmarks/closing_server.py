"""Streams deltas to whoever asks and says when they are gone: `python -m benchmarks.closing_server`.

Writes its port, then `accepted` for each request that has come in whole, and `closed SECONDS`
(time.monotonic) once that client has closed its socket.
"""

import asyncio
import contextlib
import random
import sys
import time

from benchmarks.answers import event

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


async def stream(writer: asyncio.StreamWriter) -> None:
    """Headers after a moment, then an event every few milliseconds, without end."""
    await asyncio.sleep(random.uniform(0, 0.02))
    writer.write(HEAD)
    number = 0
    while True:
        chunk = event(number)
        writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        number += 1
        await asyncio.sleep(random.uniform(0, 0.006))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    )
    await reader.readexactly(length)
    tell("accepted")
    streaming = asyncio.create_task(stream(writer))
    with contextlib.suppress(ConnectionError):  # what had not been read yet makes a reset of it
        await reader.read(1)
    tell(f"closed {time.monotonic()}")
    streaming.cancel()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    tell(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
