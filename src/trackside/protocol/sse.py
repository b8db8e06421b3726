"""Bytes of a `text/event-stream` to events, by the rules of the web standard. No I/O.

Rules: WHATWG HTML, 9.2.6 “Interpreting an event stream”. Lines end in LF, CR or CRLF and nothing else;
one byte order mark may come first; a comment line begins with a colon; an event without `data` lines is
not delivered. The cost is linear in the bytes fed, however they are cut.
"""

from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
_MAX_RETRY_DIGITS = 18


@dataclass(slots=True)
class ServerSentEvent:
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

    __slots__ = ("_data", "_event", "_has_bom_behind", "_id", "_id_buffer", "_partial", "_retry", "_skip_lf")

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._skip_lf = False
        self._has_bom_behind = False
        self._data: list[bytes] = []
        self._event = b""
        self._id = ""
        self._id_buffer = ""
        self._retry: int | None = None

    @property
    def last_event_id(self) -> str:
        """The id of the last delivered event, or the empty string."""
        return self._id

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that this chunk completes. An unfinished event is never delivered."""
        if not self._has_bom_behind:
            chunk = self._without_bom(chunk)
        if self._skip_lf and chunk:
            self._skip_lf = False
            if chunk[0] == 0x0A:
                chunk = chunk[1:]
        if not chunk:
            return []
        last = chunk[-1]
        # bytes.splitlines knows LF, CR and CRLF and no other line end, which is just the standard's set.
        lines = chunk.splitlines()
        if last == 0x0A or last == 0x0D:
            self._skip_lf = last == 0x0D
            rest = b""
        else:
            rest = lines.pop()
        if self._partial:
            # Pieces of a long line are joined once, when its end has come: otherwise a line of many
            # chunks would cost the square of its length.
            if not lines:
                self._partial.append(rest)
                return []
            self._partial.append(lines[0])
            lines[0] = b"".join(self._partial)
            self._partial.clear()
        if rest:
            self._partial.append(rest)
        return self._take(lines) if lines else []

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
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line.startswith(b"event:"):
                self._event = line[7:] if line[6:7] == b" " else line[6:]
            elif line[0] != 0x3A:
                self._take_rare(line)
        return events

    def _delivered(self) -> ServerSentEvent:
        data = self._data
        joined = data[0] if len(data) == 1 else b"\n".join(data)
        self._id = self._id_buffer
        event = ServerSentEvent(
            self._event.decode("utf-8", "replace") if self._event else "message",
            joined.decode("utf-8", "replace"),
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
