"""Our decoder with typed events against httpx-sse with plain JSON, from the same 16 KB chunks in memory."""

from collections.abc import Iterator

import httpx
import msgspec
from httpx_sse import EventSource

from benchmarks.answers import events, in_chunks
from benchmarks.figures import Figure, at_least, cpu_s, interleaved, median_ratio
from trackside.domain.stream import TextDelta
from trackside.protocol.sse import SseDecoder
from trackside.protocol.wire import parse_event

EVENTS = 20_000
CHUNKS = in_chunks(b"".join(events(EVENTS)))


class Chunks(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        return iter(CHUNKS)


def ours() -> None:
    decoder, count = SseDecoder(), 0
    for chunk in CHUNKS:
        for sse in decoder.feed(chunk):
            count += type(parse_event(sse)) is TextDelta
    assert count == EVENTS


def theirs() -> None:
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Chunks())
    count = 0
    for sse in EventSource(response).iter_sse():
        count += msgspec.json.decode(sse.data)["type"] == "response.output_text.delta"
    assert count == EVENTS


def run() -> list[Figure]:
    mine, other = interleaved(lambda: cpu_s(ours), lambda: cpu_s(theirs))
    return [
        at_least(
            "decoder and events", median_ratio(other, mine), 1.5, yardstick="rate of httpx-sse and msgspec"
        ),
        Figure("decoder and events", EVENTS / min(mine), "events/s of CPU"),
    ]
