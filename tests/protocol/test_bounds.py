"""A server, however broken or hostile, fills neither the memory nor the time."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.asking import COMPLETED, CREATED, DELTA, DONE, KEY, answer, connection
from protocol.raw_server import Exchange, Handle, RawServer, raw_server
from trackside.domain.connection import Secrets
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.stream import UnknownEvent
from trackside.protocol import answers, bodies, sse
from trackside.protocol.bodies import unpacked
from trackside.protocol.client import ServiceClient
from trackside.protocol.route import MAX_RESPONSE_HEADERS
from trackside.protocol.sse import EventTooLargeError, SseDecoder

EVENTS = CREATED + DELTA + COMPLETED + DONE
MB = 1 << 20


def deflated(data: bytes, wbits: int) -> bytes:
    pack = zlib.compressobj(wbits=wbits)
    return pack.compress(data) + pack.flush()


@asynccontextmanager
async def asked(
    handle: Handle,
) -> AsyncIterator[tuple[ServiceClient, RawServer]]:
    async with asyncio.timeout(20), raw_server(handle) as server:
        client = ServiceClient(connection(server.url), Secrets(KEY))
        yield client, server
        await client.aclose()


async def failure_of(client: ServiceClient) -> Failure:
    with pytest.raises(TracksideError) as caught:
        await client.stores()
    return caught.value.failure


# -- packed bodies ----------------------------------------------------------------------------------

PACKED = {
    "gzip": gzip.compress(EVENTS),
    "x-gzip": gzip.compress(EVENTS),
    "GZip": gzip.compress(EVENTS[:50]) + gzip.compress(EVENTS[50:]),
    "deflate": zlib.compress(EVENTS),
    "Deflate": deflated(EVENTS, -15),
    "identity": EVENTS,
}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_packed_stream_is_read_however_it_is_cut(encoding: str, size: int) -> None:
    async def handle(exchange: Exchange) -> None:
        assert exchange.header("accept-encoding") == "identity"
        await exchange.start_stream(f"content-encoding: {encoding}")
        packed = PACKED[encoding]
        for start in range(0, len(packed), size):
            await exchange.chunk(packed[start : start + size])
        await exchange.finish()

    async with asked(handle) as (client, _):
        events, failure = await answer(client)
    assert failure is None
    assert len(events) == 4


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "deflate, br", "nonsense"])
async def test_an_encoding_that_was_not_asked_for_is_not_unpacked(encoding: str) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, gzip.compress(gzip.compress(b"{}")), f"content-encoding: {encoding}")

    async with asked(handle) as (client, server):
        failure = await failure_of(client)
        assert server.requests[0].header("accept-encoding") == "gzip, deflate"
    assert failure.kind is FailureKind.BAD_ANSWER
    assert "encoding" in failure.headline


@pytest.mark.parametrize(
    "damage", [b"nonsense", gzip.compress(b'{"data":[]}')[:-9], gzip.compress(b"{}" * 99)[:20], b"x"]
)
async def test_a_broken_packing_is_told(damage: bytes) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, damage, "content-encoding: gzip")

    async with asked(handle) as (client, _):
        assert (await failure_of(client)).kind is FailureKind.BAD_ANSWER


def bomb(size_mb: int, start: bytes = b"") -> bytes:
    pack = zlib.compressobj(9, wbits=31)
    zeros = b"0" * MB
    packed = pack.compress(start) + b"".join(pack.compress(zeros) for _ in range(size_mb))
    return packed + pack.flush()


async def test_a_bomb_goes_off_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 MB in 200 KB; the bound is on what is unpacked, and no piece is large."""
    packed = bomb(200)
    monkeypatch.setattr(bodies, "JSON_LIMIT", 8 * MB)

    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, packed, "content-encoding: gzip")

    async with asked(handle) as (client, _):
        tracemalloc.start()
        failure = await failure_of(client)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert failure.kind is FailureKind.BAD_ANSWER
    assert "more than 8 MB" in failure.headline
    assert peak < 30 * MB


async def test_a_bomb_in_a_stream_is_left_at_the_event_s_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = bomb(100, CREATED + DELTA + b"data: ")
    monkeypatch.setattr(sse, "LARGEST_EVENT", 4 * MB)

    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream("content-encoding: gzip")
        await exchange.chunk(packed)
        await exchange.client_closed()

    async with asked(handle) as (client, server):
        tracemalloc.start()
        events, failure = await answer(client)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        await server.closed.wait()
    assert len(events) == 2
    assert failure is not None
    assert failure.kind is FailureKind.INTERRUPTED
    assert "too large" in failure.headline
    assert peak < 20 * MB


async def test_an_error_page_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(502, bomb(50, b"<p>Bad gateway"), "content-encoding: gzip")

    async with asked(handle) as (client, _):
        failure = await failure_of(client)
    assert failure.kind is FailureKind.SERVICE
    assert len(failure.detail) < 3_000


@given(st.binary(max_size=300), st.integers(1, 64), st.sampled_from([31, 15, -15]))
def test_unpacking_gives_what_was_packed(data: bytes, size: int, wbits: int) -> None:
    packed = deflated(data, wbits)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]

    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def read() -> bytes:
        encoding = "gzip" if wbits == 31 else "deflate"
        response = httpx.Response(200, headers={"content-encoding": encoding}, content=stream())
        return b"".join([piece async for piece in unpacked(response)])

    assert asyncio.run(read()) == data


async def test_no_piece_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    response = httpx.Response(200, headers={"content-encoding": "gzip"}, content=pieces_of(bomb(20)))
    sizes = [len(piece) async for piece in unpacked(response)]
    assert max(sizes) <= 64 * 1024
    assert sum(sizes) == 20 * MB


async def pieces_of(data: bytes) -> AsyncIterator[bytes]:
    yield data


# -- sizes ------------------------------------------------------------------------------------------


async def test_a_body_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "JSON_LIMIT", MB)

    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream(content_type="application/json")
        while True:
            await exchange.chunk(b"[" * 100_000)

    async with asked(handle) as (client, server):
        failure = await failure_of(client)
        await server.closed.wait()
    assert "more than 1 MB" in failure.headline


async def test_an_answer_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "ANSWER_LIMIT", 100_000)

    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        while True:
            await exchange.chunk(DELTA * 100)

    async with asked(handle) as (client, server):
        events, failure = await answer(client)
        await server.closed.wait()
    assert failure is not None
    assert failure.kind is FailureKind.INTERRUPTED
    assert len(events) > 100


async def test_a_whole_answer_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "JSON_LIMIT", MB)

    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream(content_type="application/json")
        while True:
            await exchange.chunk(b"{" * 100_000)

    async with asked(handle) as (client, _):
        events, failure = await answer(client)
    assert events == []
    assert failure is not None
    assert failure.kind is FailureKind.BAD_ANSWER


async def test_blank_lines_without_end_are_no_answer() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        while True:
            await exchange.chunk(b"\r\n" * 10_000)

    async with asked(handle) as (client, _):
        _, failure = await answer(client)
    assert failure is not None
    assert failure.kind is FailureKind.BAD_ANSWER


@pytest.mark.parametrize(
    "chunk", [b"data: " + b"x" * 994, b"x" * 1000, b"data: x\n" * 125, b"data: x\r\n" * 111]
)
def test_an_event_without_end_is_left(chunk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT", 100_000)
    decoder = SseDecoder()
    decoder.feed(b"data: 1\n\n")
    feed(decoder, [chunk] * 95)
    with pytest.raises(EventTooLargeError):
        feed(decoder, [chunk] * 10)


def feed(decoder: SseDecoder, chunks: list[bytes]) -> None:
    for chunk in chunks:
        decoder.feed(chunk)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_events_that_are_cut_at_every_chunk_s_border_are_not_counted_together(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT", 5_000)
    decoder = SseDecoder()
    count = len(decoder.feed(b"data: "))
    for _ in range(100):
        count += len(decoder.feed(b"x" * 500 + end + end + b"data: "))
        decoder.feed(b": still here" + end)
    assert count == 100


def test_keep_alives_are_not_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT", 1_000)
    decoder = SseDecoder()
    for _ in range(1_000):
        assert decoder.feed(b": ping\n\n") == []
        assert decoder.feed(b": ping\r\n\r\n") == []


# -- heads ------------------------------------------------------------------------------------------


async def test_too_many_headers() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, b"{}", *(f"x-{n}: y" for n in range(MAX_RESPONSE_HEADERS)))

    async with asked(handle) as (client, _):
        failure = await failure_of(client)
    assert failure.kind is FailureKind.CONNECTION
    assert "headers" in failure.detail


@pytest.mark.parametrize("line", [b"x: y\r\n", b"x" * 1000, b"x: " + b"y" * 60_000 + b"\r\n"])
async def test_a_head_without_end_is_left(line: bytes) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await exchange.send(line * (60_000 // len(line) + 1))

    async with asked(handle) as (client, server):
        failure = await failure_of(client)
        await server.closed.wait()
    assert failure.kind is FailureKind.CONNECTION


async def test_a_head_that_drips_is_given_up_after_the_silence_limit() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await exchange.send(b"x: y\r\n")
            await asyncio.sleep(0.02)

    async with asyncio.timeout(20), raw_server(handle) as server:
        client = ServiceClient(connection(server.url, silence_limit_s=0.2), Secrets(KEY))
        _, failure = await answer(client)
        await client.aclose()
        await server.closed.wait()
    assert failure is not None
    assert failure.kind is FailureKind.SILENCE


async def test_interim_answers_without_end_are_given_up() -> None:
    async def handle(exchange: Exchange) -> None:
        while True:
            await exchange.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            await asyncio.sleep(0.01)

    async with asyncio.timeout(20), raw_server(handle) as server:
        client = ServiceClient(connection(server.url, silence_limit_s=0.2), Secrets(KEY))
        _, failure = await answer(client)
        await client.aclose()
    assert failure is not None
    assert failure.kind is FailureKind.SILENCE


# -- depth ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [2_000, 1_000_000])
async def test_deep_json_is_no_answer(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth

    async def handle(exchange: Exchange) -> None:
        if exchange.method == "POST":
            await exchange.start_stream()
            await exchange.chunk(
                b'data: {"type":"response.created","response":{"id":' + deep + b"}}\n\n" + DONE
            )
            await exchange.finish()
        else:
            await exchange.reply(200, deep)

    async with asked(handle) as (client, _):
        assert (await failure_of(client)).kind is FailureKind.BAD_ANSWER
        events, failure = await answer(client)
    assert failure is None
    assert type(events[0]) is UnknownEvent


@pytest.mark.parametrize("depth", [100, 400, 800])
async def test_json_as_deep_as_can_be_read_does_not_stumble_later(depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'{"data":[{"_id":"x","name":"n","user_metadata":' + deep + b',"system_metadata":' + deep + b"}]}"

    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, body)

    async with asked(handle) as (client, _):
        with suppress(TracksideError):
            await client.stores()
