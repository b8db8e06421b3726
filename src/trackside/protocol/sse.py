"""Bytes of a `text/event-stream` to events, by the rules of the web standard. No I/O.

Rules: WHATWG HTML, 9.2.6 “Interpreting an event stream”. Lines end in LF, CR or CRLF and nothing else;
one byte order mark may come first; a comment line begins with a colon; an event without `data` lines is
not delivered. The cost is linear in the bytes fed, however they are cut.
"""

import msgspec

_BOM = b"\xef\xbb\xbf"
_LONG_LINE = 256 * 1024
_MAX_RETRY_DIGITS = 18
LARGEST_EVENT = 64 << 20
"""Bytes kept of an event whose end has not come; a whole answer with all its steps has a few millions."""


class EventTooLargeError(ValueError):
    """More than `LARGEST_EVENT` bytes came without the end of an event."""


class ServerSentEvent(msgspec.Struct, gc=False):
    """One delivered event.

    `event` is its type (“message” when the server named none), `data` its data lines joined by LF, `id`
    the last event id of the stream so far, `retry` the reconnection time in milliseconds if this event's
    block set one. Not frozen, for speed; treat it as a value.
    """

    event: str
    data: str
    id: str
    retry: int | None


class SseDecoder:
    """Feed it chunks as they come; it hands out whole events.

    Bytes that are no UTF-8 become U+FFFD, as the standard asks; a character cut by a chunk's border is
    put together first.
    """

    __slots__ = (
        "_data",
        "_event",
        "_has_bom_behind",
        "_id",
        "_id_buffer",
        "_is_fresh",
        "_is_open",
        "_partial",
        "_retry",
        "_skip_lf",
        "_unfinished",
        "_usual_event",
        "_usual_start",
    )

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._usual_start = b"event: message\ndata: "
        self._usual_event = "message"
        self._is_fresh = False
        """Whether the last chunk ended with a block's end, so that the next one begins a block."""
        self._is_open = False
        self._skip_lf = False
        self._has_bom_behind = False
        self._data: list[bytes | memoryview] = []
        self._event = b""
        self._id = ""
        self._id_buffer = ""
        self._retry: int | None = None
        self._unfinished = 0
        """Bytes that came since the last event, or since the last block's end."""

    @property
    def last_event_id(self) -> str:
        """The id of the last delivered event, or the empty string."""
        return self._id

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that this chunk completes. An unfinished event is never delivered.

        Raises EventTooLargeError for one whose end doesn't come.
        """
        if self._is_fresh and b"\r" not in chunk:
            return self._feed_blocks(chunk)
        if not self._has_bom_behind:
            chunk = self._without_bom(chunk)
        if self._skip_lf and chunk:
            self._skip_lf = False
            if chunk[0] == 0x0A:
                chunk = chunk[1:]
        events = self._feed_lines(chunk) if b"\r" in chunk else self._feed_rest(chunk)
        self._is_fresh = self._has_bom_behind and not (self._skip_lf or self._partial or self._is_open)
        if events or self._is_fresh:
            self._unfinished = 0
        else:
            self._unfinished += len(chunk)
            if self._unfinished > LARGEST_EVENT:
                raise EventTooLargeError(f"more than {LARGEST_EVENT:,} bytes came without an event's end")
        return events

    def _feed_blocks(self, chunk: bytes) -> list[ServerSentEvent]:
        """The way of nearly every chunk: whole blocks of an event line, a data line and a blank one, most
        of them of the same type as the one before, so that one comparison tells all about their start."""
        events: list[ServerSentEvent] = []
        start, size = 0, len(chunk)
        while start < size:
            if chunk.startswith(self._usual_start, start):
                begin = start + len(self._usual_start)
                end = chunk.find(b"\n", begin)
                if end >= 0 and chunk.startswith(b"\n", end + 1):
                    data = chunk[begin:end].decode("utf-8", "replace")
                    events.append(ServerSentEvent(self._usual_event, data, self._id, None))
                    start = end + 2
                    continue
            stop = chunk.find(b"\n\n", start)
            if stop < 0:
                self._keep(chunk[start:], events)
                break
            if not self._learned(chunk, start, stop):
                events += self._take([*chunk[start:stop].split(b"\n"), b""])
                start = stop + 2
        return events

    def _learned(self, chunk: bytes, start: int, stop: int) -> bool:
        """Whether the block is one event line and one data line; then its start is the usual one now."""
        end = chunk.find(b"\n", start, stop)
        if (
            end > start + 7
            and chunk.startswith(b"event: ", start)
            and chunk.startswith(b"data: ", end + 1)
            and chunk.find(b"\n", end + 7, stop) < 0
        ):
            self._usual_start = chunk[start : end + 7]
            self._usual_event = chunk[start + 7 : end].decode("utf-8", "replace")
            return True
        return False

    def _keep(self, rest: bytes, events: list[ServerSentEvent]) -> None:
        """Takes the whole lines of an unfinished block and keeps what follows them."""
        whole, has_line, rest = rest.rpartition(b"\n")
        if has_line:
            events += self._take(whole.split(b"\n"))
        if rest:
            self._partial.append(rest)
        self._is_fresh = not (rest or self._is_open)

    def _feed_rest(self, chunk: bytes) -> list[ServerSentEvent]:
        """The way of a chunk inside a block: first what completes its line, then what completes it."""
        end = chunk.find(b"\n")
        if end < 0:
            if chunk:
                self._partial.append(chunk)
            return []
        events = self._take([self._completed(chunk[:end])])
        while self._is_open:
            start, end = end + 1, chunk.find(b"\n", end + 1)
            if end < 0:
                if start < len(chunk):
                    self._partial.append(chunk[start:])
                return events
            events += self._take([chunk[start:end]])
        return events + self._feed_blocks(chunk[end + 1 :])

    def _feed_lines(self, chunk: bytes) -> list[ServerSentEvent]:
        """The way of chunks with CR or CRLF in them."""
        # bytes.splitlines knows LF, CR and CRLF and no other line end, which is just the standard's set.
        lines = chunk.splitlines()
        last = chunk[-1]
        self._skip_lf = last == 0x0D
        rest = b"" if last in (0x0A, 0x0D) else lines.pop()
        if self._partial:
            lines[0] = self._completed(lines[0])
        if rest:
            self._partial.append(rest)
        return self._take(lines)

    def _completed(self, end: bytes) -> bytes:
        """The line whose last piece this is. Pieces are joined once, when its end has come: otherwise a
        line of many chunks would cost the square of its length."""
        self._partial.append(end)
        line = b"".join(self._partial)
        self._partial.clear()
        return line

    def end(self) -> list[ServerSentEvent]:
        """What the end of the stream completes: servers forget the last blank line.

        An event whose lines all have their ends is delivered; one that was cut inside a line is not.
        """
        if self._partial or not self._data:
            return []
        return self._take([b""])

    def _take(self, lines: list[bytes]) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        for line in lines:
            if not line:
                if self._data:
                    events.append(self._delivered())
                else:
                    self._id = self._id_buffer
                    self._event = b""
                    self._retry = None
            elif line.startswith(b"data:"):
                start = 6 if line[5:6] == b" " else 5
                # A slice copies; of a line of megabytes that is a third of what decoding it costs.
                self._data.append(line[start:] if len(line) < _LONG_LINE else memoryview(line)[start:])
            elif line.startswith(b"event:"):
                self._event = line[7:] if line[6:7] == b" " else line[6:]
            elif line[0] != 0x3A:
                self._take_rare(line)
        # A block is open from its first line to its blank one. An empty list of lines never comes.
        self._is_open = bool(lines[-1])
        return events

    def _delivered(self) -> ServerSentEvent:
        data = self._data
        joined = data[0] if len(data) == 1 else b"\n".join(data)
        self._id = self._id_buffer
        event = ServerSentEvent(
            self._event.decode("utf-8", "replace") if self._event else "message",
            str(joined, "utf-8", "replace"),
            self._id,
            self._retry,
        )
        self._data = []
        self._event = b""
        self._retry = None
        return event

    def _take_rare(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._event = value
            case b"id":
                if b"\0" not in value:
                    self._id_buffer = value.decode("utf-8", "replace")
            case b"retry":
                # isdigit of bytes is ASCII only, which is what the standard means by digits.
                if value.isdigit():
                    self._retry = int(value.lstrip(b"0")[:_MAX_RETRY_DIGITS] or b"0")
            case _:
                pass

    def _without_bom(self, chunk: bytes) -> bytes:
        head = b"".join(self._partial) + chunk
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._partial = [head] if head else []
            return b""
        self._partial = []
        self._has_bom_behind = True
        return head.removeprefix(_BOM)
