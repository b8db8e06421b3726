"""The answer's stream: one request, its events as they come, and the rules for how it ends."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

import httpx

from trackside.domain.connection import SILENCE_LIMIT_S
from trackside.domain.failure import Failure
from trackside.domain.stream import ResponseStatus, ResponseUpdated, StreamDone, StreamEvent
from trackside.domain.turn import Ask
from trackside.protocol.bodies import TooLargeError, unpacked, whole_body
from trackside.protocol.http import TRANSPORT_ERRORS, HttpCore
from trackside.protocol.limits import Told, accepted_hints, refused_hints
from trackside.protocol.requests import encoded, response_request
from trackside.protocol.silence import SilenceGuard, StreamSilentError
from trackside.protocol.sse import LARGEST_EVENT, EventTooLargeError, SseDecoder
from trackside.protocol.transport_errors import failure_of_error
from trackside.protocol.wire import parse_event, parse_response

AFTER_DONE_S = 0.25
"""How long to read on after `[DONE]`: to the body's end if it comes, so that the socket can be reused."""
ANSWER_LIMIT = 512 << 20
"""Bytes of a whole answer's stream; an hour's worth of steps has some tens of millions."""
AFTER_END_S = 2.0
"""How long to wait for `[DONE]` after a final response; some servers never send it."""

Heard = Callable[[], None]

_BLANKS_LIMIT = 1 << 16
"""Bytes of nothing but blank lines before the first event."""
_BLANK = b"\xef\xbb\xbf \t\r\n"
_SSE_START = re.compile(rb"(?::|(?:data|event|id|retry)\s*:)")


class AnswerStream:
    """Asks, and reads answers. Durations are in seconds."""

    def __init__(self, http: HttpCore, *, after_done_s: float, after_end_s: float) -> None:
        self._http = http
        self._after_done_s = after_done_s
        self._after_end_s = after_end_s

    async def events(
        self, ask: Ask, server_session_id: str | None, recap: str, heard: Heard | None, told: Told | None
    ) -> AsyncGenerator[StreamEvent, None]:
        """See `ServiceClient.stream_answer`."""
        connection = self._http.connection
        client = self._http.usable()
        body = response_request(
            ask, server_session_id=server_session_id, recap=recap, model=connection.model or None
        )
        request = client.build_request(
            "POST",
            "responses",
            content=encoded(body),
            headers={
                "accept": "text/event-stream",
                # Packed, events would wait in the packer until it has enough of them.
                "accept-encoding": "identity",
                "content-type": "application/json",
            },
        )
        has_started = False
        failure: Failure | None = None
        try:
            async with SilenceGuard(connection.silence_limit_s or SILENCE_LIMIT_S) as guard:
                response = await guard.wait(client.send(request, stream=True))
                try:
                    if heard:
                        heard()
                    if not response.is_success:
                        whole = await whole_body(response, guard)
                        if told:
                            told(refused_hints(response.headers, whole))
                        raise self._http.refused(response, whole)
                    if told:
                        told(accepted_hints(response.headers))
                    async with aclosing(self._read(response, guard, heard)) as events:
                        async for event in events:
                            has_started = True
                            yield event
                finally:
                    await response.aclose()
        except (*TRANSPORT_ERRORS, StreamSilentError) as error:
            failure = failure_of_error(error, connection.host, has_started=has_started)
        # Out here nothing is chained to it: the cause's text may echo the key.
        if failure is not None:
            raise self._http.failed(failure)

    async def _read(
        self, response: httpx.Response, guard: SilenceGuard, heard: Heard | None
    ) -> AsyncGenerator[StreamEvent, None]:
        chunks = unpacked(response)
        first = b""
        while not first.strip(_BLANK):
            chunk = await guard.next(chunks)
            if chunk is None or len(first) > _BLANKS_LIMIT:
                raise self._http.no_answer(response, first)
            if heard:
                heard()
            first += chunk
        if first.lstrip(_BLANK)[:1] in (b"{", b"<", b"["):
            for event in self._whole(response, await whole_body(response, guard, chunks, first)):
                yield event
            return
        decoder = SseDecoder()
        size = 0
        next_chunk: bytes | None = first
        is_ending = has_events = False
        while True:
            if next_chunk is None:
                served = decoder.end()
            else:
                size += len(next_chunk)
                if size > ANSWER_LIMIT:
                    raise TooLargeError(ANSWER_LIMIT)
                try:
                    served = decoder.feed(next_chunk)
                except EventTooLargeError as error:
                    raise TooLargeError(LARGEST_EVENT) from error
            for sse in served:
                event = self._http.blotted_event(parse_event(sse))
                has_events = True
                yield event
                if type(event) is StreamDone:
                    await self._drain(chunks)
                    return
                if type(event) is ResponseUpdated and event.is_end and not is_ending:
                    is_ending = True
                    guard.finish_within(self._after_end_s)
            if next_chunk is None:
                if not has_events and not _SSE_START.match(first.lstrip(_BLANK)):
                    raise self._http.no_answer(response, first)
                return
            try:
                next_chunk = await guard.next(chunks)
            except (StreamSilentError, httpx.TransportError):
                if is_ending:
                    return
                raise
            if heard and next_chunk is not None:
                heard()

    def _whole(self, response: httpx.Response, body: bytes) -> list[StreamEvent]:
        """The events of a 200 that is no stream: a whole response object, or a failure."""
        try:
            whole = parse_response(body)
        except ValueError:
            whole = None
        if whole is None:
            raise self._http.no_answer(response, body)
        is_end = whole.status is not ResponseStatus.IN_PROGRESS
        event = self._http.blotted_event(ResponseUpdated(whole, is_end=is_end))
        return [event, StreamDone()] if is_end else [event]

    async def _drain(self, chunks: AsyncIterator[bytes]) -> None:
        try:
            async with asyncio.timeout(self._after_done_s):
                async for _ in chunks:
                    pass
        except (TimeoutError, *TRANSPORT_ERRORS):
            return
