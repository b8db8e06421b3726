"""Events as bytes: Server-Sent Event frames, numbered with gaps, and their spoiled variants."""

from __future__ import annotations

import msgspec

from trackside.sandbox.faults import Fault, FaultName
from trackside.sandbox.streaming.script import Payload

DONE = b"data: [DONE]\n\n"
_PLACES = ("sequence_number", "output_index", "content_index")


class Framer:
    """Writes events. Sequence numbers grow, and skip one now and then as the service's do."""

    def __init__(self, fault: Fault | None) -> None:
        self._name = fault.name if fault else None
        self._sequence = 0
        self._keepalives = 0

    def event(self, payload: Payload) -> bytes:
        """One event's frame."""
        kind = str(payload["type"])
        numbered: Payload = {"type": kind, "sequence_number": self._next_number(), **payload}
        if self._name is FaultName.NO_SEQUENCE:
            numbered = {key: value for key, value in numbered.items() if key not in _PLACES}
        data = b"data: " + msgspec.json.encode(numbered) + b"\n\n"
        if self._name is not FaultName.NO_EVENT_LINES:
            data = b"event: " + kind.encode() + b"\n" + data
        return self.line_ends(data)

    def keepalive(self) -> bytes:
        """A sign of life, in the three forms seen in turn: an event with data, one without, a comment."""
        self._keepalives += 1
        match self._keepalives % 3:
            case 1:
                return self.event({"type": "keepalive"})
            case 2 if self._name is not FaultName.NO_EVENT_LINES:
                return self.line_ends(b"event: keepalive\n\n")
            case _:
                return self.line_ends(b": keep-alive\n\n")

    def done(self) -> bytes:
        """The end of the stream."""
        return self.line_ends(DONE)

    def line_ends(self, frame: bytes) -> bytes:
        """The frame with the line ends that are asked for."""
        return frame.replace(b"\n", b"\r\n") if self._name is FaultName.CRLF else frame

    def _next_number(self) -> int:
        number = self._sequence
        self._sequence += 2 if number % 7 == 2 else 1
        return number
