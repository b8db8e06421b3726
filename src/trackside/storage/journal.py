"""The journal of a running answer: what came since the last save, small, and replayed after a crash."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from trackside.domain.answer import Answer
from trackside.domain.stream import (
    ArgumentsDone,
    ContentPart,
    ItemAdded,
    ItemDone,
    KeepAlive,
    OutputItem,
    PartDone,
    ResponseUpdated,
    StreamDone,
    StreamEvent,
    StreamFailed,
    TextDelta,
    TextDone,
    UnknownEvent,
    WebSearchProgress,
)

_TYPES: dict[str, type[StreamEvent]] = {
    cls.__name__: cls
    for cls in (
        ResponseUpdated,
        ItemAdded,
        ItemDone,
        TextDelta,
        TextDone,
        PartDone,
        ArgumentsDone,
        WebSearchProgress,
        StreamFailed,
        UnknownEvent,
        StreamDone,
    )
}

JournalRow = tuple[str, str]
"""An event's name and its JSON."""


class Journal:
    """Collects events between two saves. Neighbouring deltas of a part become one row, and the done
    events' repeated text is left out, so that what is written stays near what was received."""

    def __init__(self) -> None:
        self._events: list[StreamEvent] = []
        self._chunks: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._events)

    def add(self, event: StreamEvent, *, is_news: bool) -> None:
        """`is_news`: whether a done event brought text that no delta had."""
        match event:
            case KeepAlive():
                return
            case TextDelta():
                last = self._events[-1] if self._events else None
                if self._chunks and isinstance(last, TextDelta) and _place(last) == _place(event):
                    self._chunks.append(event.text)
                    return
                self._flush_chunks()
                self._chunks = [event.text]
                self._events.append(replace(event, text=""))
                return
            case TextDone() if not is_news:
                return
            case PartDone() if not is_news:
                event = replace(event, part=replace(event.part, text=""))
            case ItemAdded() | ItemDone() if not is_news:
                event = replace(event, item=_without_text(event.item))
            case ResponseUpdated() if not is_news and event.response.output:
                output = tuple(_without_text(item) for item in event.response.output)
                event = replace(event, response=replace(event.response, output=output))
            case _:
                pass
        self._flush_chunks()
        self._events.append(event)

    def take(self) -> list[StreamEvent]:
        """What has gathered, ready to be saved; the journal is empty afterwards."""
        self._flush_chunks()
        events, self._events = self._events, []
        return events

    def _flush_chunks(self) -> None:
        if self._chunks:
            last = self._events[-1]
            assert isinstance(last, TextDelta)
            last.text = "".join(self._chunks)
            self._chunks = []


def encoded(events: Iterable[StreamEvent]) -> list[JournalRow]:
    return [(type(event).__name__, msgspec.json.encode(event).decode()) for event in events]


def replayed(rows: Iterable[JournalRow]) -> Answer:
    """The answer as far as the journal has it. A row that can't be read is passed over."""
    answer = Answer()
    for kind, body in rows:
        cls = _TYPES.get(kind)
        if cls is None:
            continue
        try:
            event: StreamEvent = msgspec.json.decode(body, type=cls)
        except msgspec.DecodeError:
            continue
        answer.fold(event)
    return answer


def _place(delta: TextDelta) -> tuple[int, str, int]:
    return delta.output_index, delta.item_id, delta.content_index


def _without_text(item: OutputItem) -> OutputItem:
    return replace(item, content=tuple(ContentPart("", part.annotations) for part in item.content))
