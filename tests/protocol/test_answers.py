"""The answer's stream over a real socket: how it is cut, how it ends, and how it is left."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from protocol.asking import ASK, COMPLETED, CREATED, DELTA, DONE, KEY, answer, connection
from protocol.raw_server import Exchange, RawServer, raw_server
from trackside.domain.connection import Secrets
from trackside.domain.failure import FailureKind, TracksideError
from trackside.domain.stream import ResponseUpdated, StreamDone, TextDelta
from trackside.domain.turn import AnswerSchema
from trackside.protocol.client import ServiceClient

WHOLE = CREATED + DELTA + COMPLETED + DONE
KINDS = [ResponseUpdated, TextDelta, ResponseUpdated, StreamDone]
Serve = Callable[[Exchange], Awaitable[None]]


@asynccontextmanager
async def served(
    handle: Serve, *, silence_limit_s: float = 5.0, after_done_s: float = 0.02, after_end_s: float = 0.05
) -> AsyncIterator[tuple[ServiceClient, RawServer]]:
    """A client at a server that answers like this; afterwards no task of either is left."""
    before = asyncio.all_tasks()
    async with asyncio.timeout(20), raw_server(handle) as server:
        client = ServiceClient(
            connection(server.url, silence_limit_s=silence_limit_s),
            Secrets(KEY),
            after_done_s=after_done_s,
            after_end_s=after_end_s,
        )
        try:
            yield client, server
        finally:
            await client.aclose()
    # httpx's own generators are closed by the loop's hooks, a turn of the loop each.
    for _ in range(10):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


def pool_slots(client: ServiceClient) -> int:
    http = client._http.usable()
    return len(http._transport._inner._pool.connections)


# -- how it is cut ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
async def test_chunk_borders_fall_anywhere(size: int) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        for start in range(0, len(WHOLE), size):
            await exchange.chunk(WHOLE[start : start + size])
        await exchange.finish()

    async with served(handle) as (client, server):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS
        assert events[1] == TextDelta(0, "m", 0, "Grüße 🚗")
        await answer(client)
        assert server.connections == 1  # read to its end, the socket serves the next question too


async def test_the_request_is_what_the_service_documents() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(WHOLE)
        await exchange.finish()

    async with served(handle) as (client, server):
        await answer(client, session="sess_1")
        [request] = server.requests
        assert (request.method, request.target) == ("POST", "/v1.3/responses")
        assert request.header("x-api-key") == KEY
        assert request.header("accept") == "text/event-stream"
        assert request.header("content-type") == "application/json"
        assert b'"session_id":"sess_1"' in request.body
        assert b'"stream":true' in request.body


async def test_a_gzipped_stream() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream("content-encoding: gzip")
        packed = gzip.compress(WHOLE)
        await exchange.chunk(packed[:20])
        await exchange.chunk(packed[20:])
        await exchange.finish()

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS


async def test_a_broken_encoding_is_told() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream("content-encoding: gzip")
        await exchange.chunk(WHOLE)
        await exchange.finish()

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert events == []
        assert failure is not None
        assert failure.kind is FailureKind.BAD_ANSWER


async def test_every_chunk_is_a_sign_of_life() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        for piece in (b": ping\n\n", b"event: keepalive\n\n", CREATED, DONE):
            await exchange.chunk(piece)
            await asyncio.sleep(0.01)
        await exchange.finish()

    heard: list[None] = []
    async with served(handle) as (client, _):
        await answer(client, heard=lambda: heard.append(None))
    assert len(heard) >= 4


# -- how it ends ------------------------------------------------------------------------------------


async def test_done_ends_an_answer_whose_socket_is_held_open() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(WHOLE)
        await exchange.client_closed()

    async with served(handle) as (client, server):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS
        await server.closed.wait()
        assert pool_slots(client) == 0


@pytest.mark.parametrize("pings", [False, True])
async def test_a_final_response_ends_an_answer_without_done(pings: bool) -> None:
    """Whether the server then falls silent or goes on with keep-alives for ever."""

    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(CREATED + DELTA + COMPLETED)
        while pings:
            await exchange.chunk(b": ping\n\n")
            await asyncio.sleep(0.01)
        await exchange.client_closed()

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS[:3]


async def test_a_drop_after_the_final_response_is_no_failure() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(CREATED + DELTA + COMPLETED)
        exchange.writer.transport.abort()

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS[:3]


async def test_an_orderly_close_with_neither_ends_without_a_final_event() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(CREATED + DELTA)
        await exchange.finish()

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS[:2]


async def test_a_last_event_without_its_blank_line_counts() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(CREATED + DELTA[:-1])
        await exchange.finish()

    async with served(handle) as (client, _):
        events, _ = await answer(client)
        assert [type(e) for e in events] == KINDS[:2]


@pytest.mark.parametrize("last", [b"7\r\ndata:", b"", b"zz\r\n"])
async def test_a_drop_inside_the_answer_interrupts_it_after_what_came(last: bytes) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(CREATED + DELTA)
        await exchange.send(last)
        exchange.writer.close()

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert [type(e) for e in events] == KINDS[:2]
        assert failure is not None
        assert failure.kind is FailureKind.INTERRUPTED


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: text/event", b"garbage\r\n\r\n"])
async def test_a_drop_before_the_answer_is_a_connection_failure(start: bytes) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(start)
        exchange.writer.close()

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert events == []
        assert failure is not None
        assert failure.kind is FailureKind.CONNECTION


async def test_a_refused_connection_is_a_connection_failure() -> None:
    async def handle(_: Exchange) -> None:
        return

    async with raw_server(handle) as server:
        url = server.url
    client = ServiceClient(connection(url), Secrets(KEY))
    events, failure = await answer(client)
    await client.aclose()
    assert events == []
    assert failure is not None
    assert failure.kind is FailureKind.CONNECTION
    assert "refused the connection" in failure.headline


@pytest.mark.parametrize("start", [b"", CREATED + DELTA])
async def test_silence_is_given_up(start: bytes) -> None:
    async def handle(exchange: Exchange) -> None:
        if start:
            await exchange.start_stream()
            await exchange.chunk(start)
        await exchange.client_closed()

    async with served(handle, silence_limit_s=0.1) as (client, server):
        events, failure = await answer(client)
        assert [type(e) for e in events] == (KINDS[:2] if start else [])
        assert failure is not None
        assert failure.kind is FailureKind.SILENCE
        await server.closed.wait()
        assert pool_slots(client) == 0


async def test_comments_break_the_silence() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(CREATED)
        for _ in range(10):
            await asyncio.sleep(0.03)
            await exchange.chunk(b":\n")
        await exchange.chunk(DELTA + COMPLETED + DONE)
        await exchange.finish()

    async with served(handle, silence_limit_s=0.2) as (client, _):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS


# -- a 200 that is no stream ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<!doctype html><title>Sign in</title>"),
        ("text/event-stream", b"\xef\xbb\xbf <html>"),
        ("application/json", b'{"hello":"world"}'),
        ("application/json", b'{"cut":'),
        ("application/json", b"[]"),
        ("text/event-stream", b""),
        ("text/plain", b"\r\n\r\n"),
        ("text/plain", b"upstream is busy\n\n"),
        ("application/octet-stream", bytes(range(256))),
    ],
)
async def test_a_200_that_is_no_answer(content_type: str, body: bytes) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, body, f"content-type: {content_type}")

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert events == []
        assert failure is not None
        assert failure.kind is FailureKind.BAD_ANSWER


async def test_no_content_is_no_answer_either() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with served(handle) as (client, _):
        _, failure = await answer(client)
        assert failure is not None
        assert failure.kind is FailureKind.BAD_ANSWER


async def test_a_stream_under_another_content_type_is_read() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, WHOLE, "content-type: text/plain")

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == KINDS


async def test_a_whole_response_object_is_an_answer() -> None:
    body = (
        b'{"id":"r","status":"completed","session_id":"sess_1",'
        b'"output":[{"type":"message","content":[{"text":"x"}]}]}'
    )

    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, body, "content-type: application/json")

    async with served(handle) as (client, _):
        events, failure = await answer(client)
        assert failure is None
        assert [type(e) for e in events] == [ResponseUpdated, StreamDone]


# -- how it is left ---------------------------------------------------------------------------------


async def endless(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.chunk(CREATED + DELTA)
    await exchange.client_closed()


async def leave_by_break(client: ServiceClient) -> None:
    async for _ in client.stream_answer(ASK):
        break


async def leave_by_return_in_aclosing(client: ServiceClient) -> None:
    async with aclosing(client.stream_answer(ASK)) as events:
        async for _ in events:
            return


async def leave_by_exception(client: ServiceClient) -> None:
    async def fail() -> None:
        async for _ in client.stream_answer(ASK):
            raise KeyError

    with pytest.raises(KeyError):
        await fail()


async def leave_by_cancel(client: ServiceClient) -> None:
    got = asyncio.Event()

    async def read() -> None:
        async for event in client.stream_answer(ASK):
            if type(event) is TextDelta:
                got.set()

    task = asyncio.create_task(read())
    await got.wait()
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "leave", [leave_by_break, leave_by_return_in_aclosing, leave_by_exception, leave_by_cancel]
)
async def test_every_way_out_closes_the_socket(leave: Callable[[ServiceClient], Awaitable[None]]) -> None:
    async with served(endless) as (client, server):
        await leave(client)
        await asyncio.wait_for(server.closed.wait(), 2)
        assert pool_slots(client) == 0


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 500 X\r\ncontent-length: 9\r\n\r\nx"]
)
async def test_a_cancel_before_the_answer_closes_the_socket(start: bytes) -> None:
    arrived = asyncio.Event()

    async def handle(exchange: Exchange) -> None:
        await exchange.send(start)
        arrived.set()
        await exchange.client_closed()

    async with served(handle) as (client, server):
        task = asyncio.create_task(answer(client))
        await arrived.wait()
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.closed.wait(), 2)
        assert pool_slots(client) == 0


async def test_a_cancel_wins_over_a_silence_that_is_due() -> None:
    async with served(endless, silence_limit_s=0.05) as (client, _):
        task = asyncio.create_task(answer(client))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_many_answers_at_once_leave_nothing_behind() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        for piece in (CREATED, DELTA, COMPLETED, DONE):
            await exchange.chunk(piece)
            await asyncio.sleep(0.001)
        await exchange.finish()

    async with served(handle) as (client, _):
        results = await asyncio.gather(*(answer(client) for _ in range(40)))
        assert all(failure is None and len(events) == 4 for events, failure in results)


async def test_a_bad_schema_is_told_before_anything_is_sent() -> None:
    async with served(endless) as (client, server):
        with pytest.raises(TracksideError) as caught:
            await anext(client.stream_answer(replace(ASK, schema=AnswerSchema("x", "{"))))
        assert caught.value.failure.kind is FailureKind.INPUT
        assert server.connections == 0
