"""Sends an answer's events at the set pace, and notices within a millisecond or so when nobody listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import assert_never

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trackside.sandbox.answering.plan import AnswerPlan
from trackside.sandbox.faults import Fault, FaultName
from trackside.sandbox.service import Service
from trackside.sandbox.streaming.framing import Framer
from trackside.sandbox.streaming.script import Beat, Broken, Thought, Told
from trackside.sandbox.streaming.spoiling import tell_with

_CATCH_UP_S = 0.25
_ENDS = ("response.completed", "response.incomplete")


class Pace:
    """Spreads tokens evenly over time, at the rate the server is set to at that moment."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._due_s = 0.0

    async def wait(self, tokens: int) -> None:
        """Wait until this many tokens more are due; at a rate of 0 only let others run."""
        rate = self._service.pace_tokens_s
        if rate <= 0 or tokens <= 0:
            await asyncio.sleep(0)
            return
        now_s = asyncio.get_running_loop().time()
        self._due_s = max(self._due_s, now_s - _CATCH_UP_S) + tokens / rate
        await asyncio.sleep(max(0.0, self._due_s - now_s))


class _Frames:
    """An answer's frames one by one, up to where a fault cuts them off."""

    def __init__(self, service: Service, plan: AnswerPlan, fault: Fault | None) -> None:
        self._service = service
        self._plan = plan
        self._name = fault.name if fault else None
        self._limit = int(fault.number) if fault and self._name in _CUTTING else None
        self._fault = fault
        self._framer = Framer(fault)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pace = Pace(self._service)
        for events, beat in enumerate(tell_with(self._plan, self._fault)):
            if self._limit is not None and (events >= self._limit or _is_end(beat)):
                if self._name is FaultName.DROP_IN_CHARACTER:
                    yield self._half_character()
                return
            match beat:
                case Told(payload, tokens):
                    await pace.wait(tokens)
                    yield self._framer.event(payload)
                case Broken(content):
                    yield self._framer.line_ends(content)
                case Thought(seconds):
                    async for frame in self._think(seconds):
                        yield frame
                case _:
                    assert_never(beat)
        if self._name not in _WITHOUT_DONE:
            yield self._framer.done()

    async def _think(self, seconds: float) -> AsyncIterator[bytes]:
        count = max(4, round(seconds / self._service.limits.keepalive_s))
        for _ in range(count):
            await asyncio.sleep(seconds / count)
            yield self._framer.keepalive()

    def _half_character(self) -> bytes:
        frame = self._framer.event({"type": "response.output_text.delta", "delta": "café"})
        return frame[: frame.index("é".encode()) + 1]


_CUTTING = (FaultName.SILENCE, FaultName.DROP, FaultName.DROP_IN_CHARACTER)
_DROPPING = (FaultName.DROP, FaultName.DROP_IN_CHARACTER)
_STAYING = (FaultName.SILENCE, FaultName.HELD_OPEN)
_WITHOUT_DONE = (FaultName.NO_DONE, FaultName.ERROR_EVENT)


class EventStreamResponse(Response):
    """The answer as text/event-stream. A client's leaving cancels what is still to be told."""

    def __init__(self, service: Service, plan: AnswerPlan, fault: Fault | None) -> None:
        super().__init__(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-cache",
                "X-Accel-Buffering": "no",
            }
        )
        del self.headers["content-length"]
        self._service = service
        self._fault = fault
        self._name = fault.name if fault else None
        if fault and self._name is FaultName.WINDOW_USED_UP:
            self.headers.update(
                {
                    "X-RateLimit-Limit": "2",
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": f"{fault.number:g}",
                }
            )
        self._frames = _Frames(service, plan, fault)
        self._closed_by_us = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until all is told, the client leaves, or the server stops."""
        tally = self._service.tally
        tally.open_streams += 1
        telling = asyncio.create_task(self._tell(scope, send))
        watching = asyncio.create_task(_until_disconnected(receive))
        stopping = asyncio.create_task(self._service.stopping.wait())
        tasks = (telling, watching, stopping)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
            elif self._service.stopping.is_set():
                self._service.close_connection(scope["client"])
                await watching
            elif not self._closed_by_us:
                tally.note_disconnect()
        finally:
            tally.open_streams -= 1
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, scope: Scope, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if self._fault and self._name is FaultName.SLOW_FIRST_BYTE:
            await asyncio.sleep(self._fault.number)
        async for frame in self._frames:
            if self._name is FaultName.BYTE_BY_BYTE:
                for byte in frame:
                    await send({"type": "http.response.body", "body": bytes((byte,)), "more_body": True})
                    await asyncio.sleep(0)
            else:
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        if self._name in _DROPPING:
            self._closed_by_us = True
            self._service.close_connection(scope["client"])
        if self._name in _DROPPING or self._name in _STAYING:
            await asyncio.Event().wait()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_end(beat: Beat) -> bool:
    return isinstance(beat, Told) and beat.payload["type"] in _ENDS
