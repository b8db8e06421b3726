"""The decoder against the web standard: its vectors, every way to cut a stream, and a second reading."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.protocol import sse
from trackside.protocol.sse import ServerSentEvent, SseDecoder

Event = tuple[str, str, str]


def decoded(*chunks: bytes) -> list[Event]:
    decoder = SseDecoder()
    return [(e.event, e.data, e.id) for chunk in chunks for e in decoder.feed(chunk)]


def data_of(stream: bytes) -> list[str]:
    return [data for _, data, _ in decoded(stream)]


# The web-platform-tests of EventSource, format-*.any.js, and the examples in the standard's own text.
VECTORS: dict[str, tuple[bytes, list[Event]]] = {
    "one line": (b"data: x\n\n", [("message", "x", "")]),
    "no space": (b"data:x\n\n", [("message", "x", "")]),
    "only one space goes": (b"data:  x\n\n", [("message", " x", "")]),
    "a tab is data": (b"data:\tx\n\n", [("message", "\tx", "")]),
    "space before the colon is another field": (b"data : x\n\n", []),
    "field parsing": (
        (
            b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n"
            b" data:32\ndata:4\n\n"
        ),
        [("message", "\0\n 2\n1\n3\n\n4", "")],
    ),
    "field data": (
        b"data:\n\ndata\ndata\n\ndata:test\n\n",
        [("message", "", ""), ("message", "\n", ""), ("message", "test", "")],
    ),
    "comments": (
        b"data:1\r:\0\n:\r\ndata:2\n:"
        + b"x" * 2048
        + b"\rdata:3\n:data:fail\r:"
        + b"x" * 2048
        + b"\ndata:4\n\n",
        [("message", "1\n2\n3\n4", "")],
    ),
    "event": (
        b"event:test\ndata:x\n\ndata:x\n\n",
        [("test", "x", ""), ("message", "x", "")],
    ),
    "empty event name": (b"event:\ndata:x\n\n", [("message", "x", "")]),
    "the last event name counts": (b"event:a\nevent:b\ndata:x\n\n", [("b", "x", "")]),
    "an event without data is dropped with its name": (
        b"event:lost\n\ndata:x\n\n",
        [("message", "x", "")],
    ),
    "id stays": (b"id: 1\ndata: a\n\ndata: b\n\n", [("message", "a", "1"), ("message", "b", "1")]),
    "id of an event without data counts": (b"id: 7\n\ndata: a\n\n", [("message", "a", "7")]),
    "empty id resets": (b"id: 1\ndata:a\n\nid\ndata:b\n\n", [("message", "a", "1"), ("message", "b", "")]),
    "id with NUL is passed over": (b"id: 5\nid: a\0b\ndata:x\n\n", [("message", "x", "5")]),
    "id may be any text": (
        "id: …\u2603\ndata:x\n\n".encode(),
        [("message", "x", "…\u2603")],
    ),
    "leading space": (
        b"data:\ttest\rdata: \ndata:test\n\n",
        [("message", "\ttest\n\ntest", "")],
    ),
    "newlines": (
        b"data:test\r\ndata\ndata:test\r\n\r",
        [("message", "test\n\ntest", "")],
    ),
    "mixed line ends part events": (
        b"data:a\r\rdata:b\r\n\r\ndata:c\n\r",
        [
            ("message", "a", ""),
            ("message", "b", ""),
            ("message", "c", ""),
        ],
    ),
    "null characters": (b"data:\0\n\n\n\n", [("message", "\0", "")]),
    "unknown fields": (
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacomment\n\n",
        [
            ("message", "test\n", ""),
        ],
    ),
    "utf-8": ("data:ok…\n\n".encode(), [("message", "ok…", "")]),
    "bytes that are no utf-8": (b"data:\xff\xe2\x82\n\n", [("message", "\ufffd\ufffd", "")]),
    "byte order mark": (b"\xef\xbb\xbfdata:1\n\n", [("message", "1", "")]),
    "second byte order mark is data": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\n",
        [("message", "2", "")],
    ),
    "late byte order mark is data": (
        b"data:1\n\n\xef\xbb\xbfdata:2\n\ndata:3\n\n",
        [("message", "1", ""), ("message", "3", "")],
    ),
    "trailing incomplete event": (b"data:a\n\ndata:b\n", [("message", "a", "")]),
    "other line ends are data": (
        "data:a\u2028b\u2029c\x85d\x0ce\x0bf\x1cg\n\n".encode(),
        [("message", "a\u2028b\u2029c\x85d\x0ce\x0bf\x1cg", "")],
    ),
    "stock example": (
        b"data: YHOO\ndata: +2\ndata: 10\n\n",
        [("message", "YHOO\n+2\n10", "")],
    ),
    "four blocks": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [("message", "first event", "1"), ("message", "second event", ""), ("message", " third event", "")],
    ),
    "colon in the value": (b"data: a:b: c\n\n", [("message", "a:b: c", "")]),
}

STREAM = (
    "\ufeff: hello\r\nretry: 3000\nid: é1\nevent: response.output_text.delta\r\n"
    'data: {"delta":"Grüße 日本 🎬\u2028"}\r\n\r\ndata: a\rdata:\rdata:b\r\r\nevent: x\n\ndata: [DONE]\n\n'
).encode()
EVENTS: list[Event] = [
    ("response.output_text.delta", '{"delta":"Grüße 日本 🎬\u2028"}', "é1"),
    ("message", "a\n\nb", "é1"),
    ("message", "[DONE]", "é1"),
]


@pytest.mark.parametrize("name", VECTORS)
def test_reads_what_the_standard_says(name: str) -> None:
    stream, expected = VECTORS[name]
    assert decoded(stream) == expected


@pytest.mark.parametrize("name", VECTORS)
def test_reads_the_same_byte_by_byte_and_cut_anywhere(name: str) -> None:
    stream, expected = VECTORS[name]
    assert decoded(*(stream[i : i + 1] for i in range(len(stream)))) == expected
    for cut in range(len(stream) + 1):
        assert decoded(stream[:cut], b"", stream[cut:]) == expected


def test_any_two_cuts_change_nothing() -> None:
    for first in range(len(STREAM) + 1):
        for second in range(first, len(STREAM) + 1):
            assert decoded(STREAM[:first], STREAM[first:second], STREAM[second:]) == EVENTS


@pytest.mark.parametrize(
    ("line", "retry"),
    [
        (b"retry: 1000", 1000),
        (b"retry:0", 0),
        (b"retry: 00000000000000000000000000030", 30),
        (b"retry: 10x", None),
        (b"retry: -1", None),
        (b"retry: 1.5", None),
        (b"retry:", None),
        (b"retry", None),
        ("retry: ١٢".encode(), None),
        ("retry: ²".encode(), None),
    ],
)
def test_retry_takes_ascii_digits_only(line: bytes, retry: int | None) -> None:
    [event] = SseDecoder().feed(line + b"\ndata: x\n\n")
    assert event.retry == retry


def test_an_endless_retry_is_no_error() -> None:
    [event] = SseDecoder().feed(b"retry: " + b"9" * 10_000 + b"\ndata: x\n\n")
    assert event.retry is not None


def test_retry_belongs_to_its_own_block() -> None:
    events = SseDecoder().feed(b"retry: 5\ndata: a\n\ndata: b\n\nretry: 6\n\ndata: c\n\n")
    assert [e.retry for e in events] == [5, None, None]


def test_last_event_id_is_that_of_the_last_delivered_block() -> None:
    decoder = SseDecoder()
    decoder.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n")
    assert decoder.last_event_id == "1"
    decoder.feed(b"\n")
    assert decoder.last_event_id == "2"


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: whole\n", ["whole"]),
        (b"data: whole\r", ["whole"]),
        (b"data: whole\r\n", ["whole"]),
        (b"event: e\ndata: two\ndata: lines\n", ["two\nlines"]),
        (b"data: cut", []),
        (b"data: whole\ndata: cut", []),
        (b"data: whole\n: cut comment", []),
        (b"event: nothing\n", []),
        (b"data: delivered\n\n", []),
        (b"", []),
        (b"\xef", []),
        (b"\xef\xbb\xbf", []),
    ],
)
def test_the_end_completes_an_event_of_whole_lines_only(stream: bytes, data: list[str]) -> None:
    decoder = SseDecoder()
    decoder.feed(stream)
    assert [e.data for e in decoder.end()] == data
    assert decoder.end() == []


def test_a_long_line_in_small_chunks_is_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linear cost, by counting: a line is split and joined once, whatever the number of its chunks."""
    size, chunk = 1 << 20, 64
    decoder = SseDecoder()
    decoder.feed(b"data: ")
    taken: list[int] = []
    original = SseDecoder._take

    def counting(self: SseDecoder, lines: list[bytes]) -> list[ServerSentEvent]:
        taken.append(sum(map(len, lines)))
        return original(self, lines)

    monkeypatch.setattr(sse.SseDecoder, "_take", counting)
    for _ in range(size // chunk):
        assert decoder.feed(b"x" * chunk) == []
    assert taken == []
    [event] = decoder.feed(b"\n\n")
    assert len(event.data) == size
    assert sum(taken) == size + len("data: ")


# A second reading of the standard, straight from its text and as slow as it likes.


def reference(stream: bytes) -> list[Event]:
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")[:-1]  # what follows the last line end is incomplete
    events: list[Event] = []
    data = event = last_id = ""
    for line in lines:
        if line == "":
            if data != "":
                events.append((event or "message", data.removesuffix("\n"), last_id))
            data = event = ""
            continue
        if line.startswith(":"):
            continue
        field, colon, value = line.partition(":")
        if colon:
            value = value.removeprefix(" ")
        if field == "event":
            event = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


pieces = st.sampled_from(
    [
        b"data",
        b"event",
        b"id",
        b"retry",
        b":",
        b": ",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\x00",
        b"x",
        b"12",
        "\ufeff".encode(),
        "é🎬".encode(),
        b"\xe2\x82",
        b"\xff",
        "\u2028".encode(),
        b"\x0c",
        b"data: y\n\n",
    ]
)
streams = st.lists(pieces | st.binary(max_size=4), max_size=30).map(b"".join)


def cut(stream: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(min(p, len(stream)) for p in places), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


@given(streams, st.lists(st.integers(0, 200), max_size=6))
def test_agrees_with_a_plain_reading_of_the_standard(stream: bytes, places: list[int]) -> None:
    assert decoded(*cut(stream, places)) == reference(stream)


blocks = st.sampled_from(
    [
        b"event: a\ndata: x\n\n",
        b"event: a\ndata: x\ndata: y\n\n",
        b"event: a\ndata: x\nid: 3\n\n",
        b"event: a\ndata: \n\n",
        b"event: b\ndata: {}\n\n",
        b"event: \ndata: q\n\n",
        b"event:a\ndata:x\n\n",
        b"event: a\r\ndata: x\r\n\r\n",
        b"event: a\ndata: x\n",
        b"event: a\ndata: x",
        b"event: a\n",
        b"data: z\n\n",
        b"data: z\n",
        b"id: 1\n\n",
        b"id: 2\n",
        b"retry: 5\n",
        b": comment\n\n",
        b"\n",
        b"\r",
    ]
)


@given(st.lists(st.lists(blocks, max_size=4).map(b"".join), max_size=12))
def test_whole_blocks_in_a_chunk_are_read_as_by_the_standard(chunks: list[bytes]) -> None:
    """A server's flushes fall between events; the decoder has a quick way for those."""
    assert decoded(b":\n\n", *chunks) == reference(b":\n\n" + b"".join(chunks))


@pytest.mark.parametrize("space", [b"", b" "])
@pytest.mark.parametrize("length", [256 * 1024 - 6, 256 * 1024, 1 << 20])
def test_long_lines_come_whole(length: int, space: bytes) -> None:
    text = b"\xc3\xa4" * (length // 2)
    stream = b"data:" + space + text + b"\ndata:" + space + b"end\n\n"
    decoder = SseDecoder()
    events = [
        e for start in range(0, len(stream), 16_384) for e in decoder.feed(stream[start : start + 16_384])
    ]
    assert [(event.event, event.data) for event in events] == [("message", f"{text.decode()}\nend")]
