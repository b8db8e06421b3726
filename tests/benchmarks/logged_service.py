"""A service that streams words and remembers when it sent which: what a killed client is held to."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

_START_LIMIT_S = 10.0


class LoggedService:
    """Answers `/words COUNT PACE` (words, words a second). Each word names its response and its place:
    `r3-0017`. Runs on a thread of its own; the times are time.monotonic's, which all processes share."""

    def __init__(self) -> None:
        self.sent: dict[str, list[float]] = {}
        """By response: when each of its words was given to the socket."""
        self.questions: dict[str, str] = {}
        """By response: what was asked."""
        self._address: Future[str] = Future()
        self._end: Callable[[], object] = lambda: None
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="service", daemon=True
        )

    def start(self) -> str:
        """Returns the base address."""
        self._thread.start()
        return self._address.result(_START_LIMIT_S)

    def stop(self) -> None:
        self._end()
        self._thread.join()

    async def _serve(self) -> None:
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        self._end = lambda: loop.call_soon_threadsafe(ended.set)
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                while await self._answer(reader, writer):
                    pass
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the client was killed, which is what it is for, or all is over
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._address.set_result(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1.3")
        await ended.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next(int(line[15:]) for line in head.splitlines() if line.startswith("content-length:"))
        question = json.loads(await reader.readexactly(length))["input"][0]["content"]
        _, count, pace = question.split()[:3]
        response_id = f"r{len(self.sent)}"
        self.questions[response_id] = question
        times = self.sent[response_id] = []
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )

        async def send(kind: str, **facts: object) -> None:
            event = f"event: {kind}\ndata: {json.dumps({'type': kind, **facts})}\n\n".encode()
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await writer.drain()

        await _stream(send, response_id, int(count), float(pace), times)
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
        await writer.drain()
        return True


async def _stream(
    send: Callable[..., Awaitable[None]], response_id: str, count: int, pace: float, times: list[float]
) -> None:
    response = {"id": response_id, "type": "response", "session_id": f"sess_{response_id}"}
    await send("response.created", response={**response, "status": "in_progress", "output": []})
    item_id, begun, said = f"msg_{response_id}", time.monotonic(), []
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / pace - time.monotonic()))
        said.append(f"{response_id}-{number:04} ")
        await send(
            "response.output_text.delta", item_id=item_id, output_index=0, content_index=0, delta=said[-1]
        )
        times.append(time.monotonic())
    item = {
        "type": "message",
        "id": item_id,
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "".join(said)}],
    }
    await send("response.output_item.done", output_index=0, item=item)
    await send("response.completed", response={**response, "status": "completed", "output": [item]})
