"""Honest streams for property tests: what a service may send for an intended output, with events left
out, interleaved and stripped of indexes or ids."""

import itertools
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from trackside.domain.stream import (
    ContentPart,
    ItemAdded,
    ItemDone,
    ItemKind,
    KeepAlive,
    OutputItem,
    PartDone,
    Response,
    ResponseStatus,
    ResponseUpdated,
    StreamDone,
    StreamEvent,
    TextDelta,
    TextDone,
    UnknownEvent,
)

ABSENT = -1
_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@dataclass(frozen=True)
class Intended:
    """What the service means to say, and the events it says it with."""

    items: tuple[OutputItem, ...]
    events: tuple[StreamEvent, ...]

    @property
    def text(self) -> str:
        texts = ["".join(p.text for p in i.content) for i in self.items if i.is_final]
        return "\n\n".join(t for t in texts if t)


@dataclass(frozen=True)
class Naming:
    """Which half of an item's name a server sends; an item without either has to be the only open one."""

    has_index: bool
    has_id: bool
    drops: bool
    """Whether single events drop one of two halves."""


def _placed(draw: st.DrawFn, naming: Naming, index: int, item_id: str, *, may_drop: bool) -> tuple[int, str]:
    has_index, has_id = naming.has_index, naming.has_id
    if naming.drops and has_index and has_id and may_drop:
        dropped = draw(st.sampled_from(["none", "index", "id"]))
        has_index, has_id = dropped != "index", dropped != "id"
    return (index if has_index else ABSENT), (item_id if has_id else "")


def _item_events(
    draw: st.DrawFn, naming: Naming, index: int, item: OutputItem, *, is_named: bool
) -> list[StreamEvent]:
    def place(*, may_drop: bool = True) -> tuple[int, str]:
        return _placed(draw, naming, index, item.id, may_drop=may_drop)

    def reported(status: ResponseStatus, content: tuple[ContentPart, ...]) -> tuple[int, OutputItem]:
        # A report that announces the item names it in full, or later events could not be told apart.
        at, item_id = place(may_drop=False)
        return at, replace(item, id=item_id, status=status, content=content)

    events: list[StreamEvent] = []
    has_deltas = draw(st.booleans()) if is_named else True
    # Whoever hears of an item first by an unnamed delta can't know that it is commentary.
    if not is_named or naming.drops or draw(st.booleans()):
        empties = tuple(ContentPart("") for _ in item.content) if draw(st.booleans()) else ()
        events.append(ItemAdded(*reported(ResponseStatus.IN_PROGRESS, empties)))
    for number, part in enumerate(item.content):
        if has_deltas:
            if draw(st.booleans()):
                events.append(PartDone(*place(), number, ContentPart(""), is_done=False))
            edges = sorted({0, len(part.text), *draw(st.lists(st.integers(0, len(part.text)), max_size=3))})
            for start, end in itertools.pairwise(edges):
                events.append(TextDelta(*place(), number, part.text[start:end]))
        if draw(st.booleans()):
            events.append(TextDone(*place(), number, part.text))
        if draw(st.booleans()):
            events.append(PartDone(*place(), number, part))
    if not is_named or draw(st.booleans()):
        events.append(ItemDone(*reported(ResponseStatus.COMPLETED, item.content)))
    return events


def _interleaved(draw: st.DrawFn, tracks: list[list[StreamEvent]]) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    tracks = [track for track in tracks if track]
    while tracks:
        track = draw(st.sampled_from(tracks))
        events.append(track.pop(0))
        tracks = [track for track in tracks if track]
    return events


@st.composite
def honest_streams(draw: st.DrawFn) -> Intended:
    """A stream whose every part is told at least once: by deltas, by a done event, or at the end."""
    naming = draw(
        st.sampled_from(
            [
                Naming(has_index=True, has_id=True, drops=False),
                Naming(has_index=True, has_id=True, drops=True),
                Naming(has_index=True, has_id=False, drops=False),
                Naming(has_index=False, has_id=True, drops=False),
                Naming(has_index=False, has_id=False, drops=False),
            ]
        )
    )
    is_named = naming.has_index or naming.has_id
    items: list[OutputItem] = []
    for number in range(draw(st.integers(1, 3))):
        parts = draw(st.lists(_texts, min_size=1, max_size=2))
        items.append(
            OutputItem(
                ItemKind.MESSAGE,
                f"msg_{number}",
                "message",
                ResponseStatus.COMPLETED,
                is_final=draw(st.booleans()),
                content=tuple(ContentPart(text) for text in parts),
            )
        )
    tracks = [_item_events(draw, naming, n, item, is_named=is_named) for n, item in enumerate(items)]
    body = _interleaved(draw, tracks) if is_named else [event for track in tracks for event in track]
    noise = st.sampled_from([KeepAlive(), UnknownEvent("response.future", "{}")])
    for place in draw(st.lists(st.integers(0, len(body)), max_size=3)):
        body.insert(place, draw(noise))
    created = Response("resp_1", ResponseStatus.IN_PROGRESS, session_id="sess_1", output=())
    output = tuple(items if naming.has_id else [replace(i, id="") for i in items])
    whole = Response("resp_1", ResponseStatus.COMPLETED, session_id="sess_1", output=output)
    events = [
        ResponseUpdated(created, is_end=False),
        *body,
        ResponseUpdated(whole, is_end=True),
        StreamDone(),
    ]
    return Intended(tuple(items), tuple(events))
