"""The journal of a running answer: what came since the last save, small, and replayed after a crash."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from trackside.domain.addresses import (
    MASK,
    GrowingText,
    masked,
    masked_part,
    unsigned,
    unsigned_event,
    unsigned_item,
    without_addresses,
)
from trackside.domain.answer import Answer
from trackside.domain.output import ABSENT_INDEX, GrowingItem
from trackside.domain.stream import (
    ArgumentsDone,
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

JournalRow = tuple[str, str | bytes]
"""An event's name and its JSON, deflated when it is long."""

Place = tuple[int, int]
"""A text that the answer has: the item's place in it, then the part's place in the item."""


@dataclass(frozen=True, slots=True)
class Abridged:
    """An event without the texts that the answer had already, and where it has each; None for one that is
    written in full."""

    event: StreamEvent
    repeats: tuple[Place | None, ...]


JournalEntry = StreamEvent | Abridged
_ABRIDGED = "~"
"""Ends the name of such a row."""
_DEFLATED_FROM = 1_024
"""Bytes. A row is written twice, to the log and by a checkpoint, before its answer's end deletes it. A second
of a fast answer becomes less than half as long, in a third of a millisecond."""
_LEVEL = 1


class Journal:
    """Collects events between two saves. Neighbouring deltas of a part become one row, and the done
    events' repeated text is left out, so that what is written stays near what was received.

    Of signed addresses in the text the queries are masked; in all else they are when it is encoded. Texts
    keep their lengths, since later events tell of places in them. An address at a text's end waits until
    the rest of it has come: a crash may cost its query, but leaves no half of a signature.
    """

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []
        self._chunks: list[str] = []
        self._growing: dict[tuple[int, str, int], GrowingText] = {}
        """The texts that deltas were taken of, by their places."""

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, event: StreamEvent, answer: Answer) -> None:
        """Notes an event before it is folded into `answer`."""
        match event:
            case KeepAlive():
                return
            case TextDelta():
                last = self._entries[-1] if self._entries else None
                if self._chunks and isinstance(last, TextDelta) and _place(last) == _place(event):
                    self._chunks.append(event.text)
                    return
                self._flush_chunks()
                self._chunks = [event.text]
                self._entries.append(replace(event, text=""))
            case _:
                self._flush_chunks()
                abridged = _abridged(event, answer)
                if any(_texts_of(event)):
                    self._give_all(is_end=_is_end(event))
                self._entries.append(abridged)

    def take(self) -> list[JournalEntry]:
        """What has gathered, ready to be saved; the journal is empty afterwards."""
        self._flush_chunks()
        entries, self._entries = self._entries, []
        return entries

    def _flush_chunks(self) -> None:
        if self._chunks:
            last = self._entries[-1]
            assert isinstance(last, TextDelta)
            growing = self._growing.setdefault(_place(last), GrowingText())
            last.text = growing.more("".join(self._chunks))
            self._chunks = []

    def _give_all(self, *, is_end: bool) -> None:
        """Before an event that may repeat a text, all of that has to be there."""
        for place, growing in self._growing.items():
            if rest := growing.rest(is_end=is_end):
                self._entries.append(TextDelta(*place, rest))


def encoded(entries: Iterable[JournalEntry]) -> list[JournalRow]:
    rows = []
    for entry in entries:
        if isinstance(entry, Abridged):
            name, value = type(entry.event).__name__ + _ABRIDGED, (_unsigned(entry.event), entry.repeats)
            rows.append((name, _body(msgspec.json.encode(value))))
        else:
            rows.append((type(entry).__name__, _body(msgspec.json.encode(_unsigned(entry)))))
    return rows


def _unsigned(event: StreamEvent) -> StreamEvent:
    """The event without signed addresses, its texts as long as before."""
    match event:
        case TextDone():
            return replace(event, text=masked(event.text))
        case PartDone():
            return replace(event, part=masked_part(event.part))
        case ItemAdded() | ItemDone():
            return replace(event, item=unsigned_item(event.item, masked_part))
        case ResponseUpdated():
            output = event.response.output
            if output is not None:
                output = tuple(unsigned_item(item, masked_part) for item in output)
            message = without_addresses(event.response.error_message or "") or None
            return replace(event, response=replace(event.response, output=output, error_message=message))
        case ArgumentsDone():
            return replace(event, arguments=without_addresses(event.arguments))
        case StreamFailed():
            return replace(event, message=without_addresses(event.message))
        case UnknownEvent():
            return unsigned_event(event)
        case _:
            return event  # deltas are masked already, and nothing else has room for an address


def _is_end(event: StreamEvent) -> bool:
    """Whether a text that the event tells is whole."""
    match event:
        case PartDone():
            return event.is_done
        case ResponseUpdated():
            return event.is_end
        case _:
            return isinstance(event, TextDone | ItemDone)


def _body(content: bytes) -> str | bytes:
    return zlib.compress(content, _LEVEL) if len(content) >= _DEFLATED_FROM else content.decode()


def replayed(rows: Iterable[JournalRow]) -> Answer:
    """The answer as far as the journal has it. A row that can't be read is passed over."""
    answer = Answer()
    is_masked = False
    for kind, body in rows:
        cls = _TYPES.get(kind.removesuffix(_ABRIDGED))
        if cls is None:
            continue
        event: StreamEvent
        try:
            body = zlib.decompress(body).decode() if isinstance(body, bytes) else body
            if kind.endswith(_ABRIDGED):
                event, repeats = msgspec.json.decode(body, type=tuple[cls, list[Place | None]])  # type: ignore[valid-type]  # chosen at run time
                event = _in_full(event, repeats, answer)
            else:
                event = msgspec.json.decode(body, type=cls)
        except (msgspec.DecodeError, zlib.error, UnicodeDecodeError):
            continue
        is_masked = is_masked or MASK in body
        answer.fold(event)
    return _unmasked(answer) if is_masked else answer


def _unmasked(answer: Answer) -> Answer:
    """The answer as it will be kept: what was masked is gone."""
    unmasked = Answer.restored(unsigned(answer.saved()))
    unmasked.is_over = answer.is_over
    unmasked.error_code, unmasked.error_message = answer.error_code, answer.error_message
    return unmasked


def _place(delta: TextDelta) -> tuple[int, str, int]:
    return delta.output_index, delta.item_id, delta.content_index


# -- texts that are there already --------------------------------------------------------------------


def _abridged(event: StreamEvent, answer: Answer) -> JournalEntry:
    """Left out is only what the answer has word for word, so that a replay tells the event in full: which
    item an event means can hang on its text."""
    texts = _texts_of(event)
    if not any(texts):
        return event
    places = _places_of_texts(event, answer)
    repeats = tuple(places.get(text) for text in texts)
    if not any(repeats):
        return event
    kept = ["" if place else text for text, place in zip(texts, repeats, strict=True)]
    return Abridged(_with_texts(event, kept), repeats)


def _places_of_texts(event: StreamEvent, answer: Answer) -> dict[str, Place]:
    """Texts that the event may repeat. Only a whole output is compared with the whole answer; for any other
    event one item is looked at, so that an answer of many items costs no more a step than one of few."""
    items = answer.items
    match event:
        case ResponseUpdated():
            numbers: Iterable[int] = range(len(items))
        case ItemAdded() | ItemDone():
            numbers = _likely_item(event.output_index, event.item.id, items)
        case TextDone() | PartDone():
            numbers = _likely_item(event.output_index, event.item_id, items)
        case _:
            numbers = ()
    return {
        part.text: (number, index)
        for number in numbers
        for index, part in enumerate(items[number].ordered_parts())
        if not part.is_empty
    }


def _likely_item(output_index: int, item_id: str, items: Sequence[GrowingItem]) -> Iterable[int]:
    """The place of the item that an event names, else that of the newest. A wrong one does no harm, since
    its text has to be the same."""
    for number in range(len(items) - 1, -1, -1):
        item = items[number]
        if item.output_index == output_index != ABSENT_INDEX or (item_id and item.value.id == item_id):
            return (number,)
    return (len(items) - 1,) if items else ()


def _in_full(event: StreamEvent, repeats: Iterable[Place | None], answer: Answer) -> StreamEvent:
    items = answer.items
    texts = [
        _text_at(place, items) if place else text
        for text, place in zip(_texts_of(event), repeats, strict=False)
    ]
    return _with_texts(event, texts)


def _text_at(place: Place, items: Sequence[GrowingItem]) -> str:
    number, index = place
    parts = items[number].ordered_parts() if 0 <= number < len(items) else []
    return parts[index].text if 0 <= index < len(parts) else ""


def _texts_of(event: StreamEvent) -> list[str]:
    match event:
        case TextDone():
            return [event.text]
        case PartDone():
            return [event.part.text]
        case ItemAdded() | ItemDone():
            return [part.text for part in event.item.content]
        case ResponseUpdated():
            return [part.text for item in event.response.output or () for part in item.content]
        case _:
            return []


def _with_texts(event: StreamEvent, texts: Iterable[str]) -> StreamEvent:
    """The event with other texts, as many as `_texts_of` tells of it."""
    left = iter(texts)

    def told(item: OutputItem) -> OutputItem:
        return replace(item, content=tuple(replace(part, text=next(left, "")) for part in item.content))

    match event:
        case TextDone():
            return replace(event, text=next(left, ""))
        case PartDone():
            return replace(event, part=replace(event.part, text=next(left, "")))
        case ItemAdded() | ItemDone():
            return replace(event, item=told(event.item))
        case ResponseUpdated() if event.response.output is not None:
            output = tuple(told(item) for item in event.response.output)
            return replace(event, response=replace(event.response, output=output))
        case _:
            return event
