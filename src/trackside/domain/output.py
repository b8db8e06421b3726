"""Output items under construction: text that grows, and which item an event means."""

from dataclasses import dataclass, field, replace

from trackside.domain.stream import Annotation, ContentPart, ItemKind, OutputItem, ResponseStatus

ABSENT_INDEX = -1
"""An `output_index` that the server left out."""

_OPEN = (ResponseStatus.IN_PROGRESS, ResponseStatus.UNKNOWN)


class GrowingPart:
    """A text part that grows by appending; joined only when somebody reads it."""

    __slots__ = ("_chunks", "annotations", "is_empty", "length")

    def __init__(self, text: str = "", annotations: tuple[Annotation, ...] = ()) -> None:
        self._chunks = [text]
        self.length = len(text)
        self.is_empty = not text
        self.annotations = annotations

    def append(self, text: str) -> None:
        if text:
            self._chunks.append(text)
            self.length += len(text)
            self.is_empty = False

    @property
    def text(self) -> str:
        if len(self._chunks) > 1:
            self._chunks = ["".join(self._chunks)]
        return self._chunks[0]

    def text_from(self, start: int) -> str:
        """`text[start:]`, looking at no more chunks than that needs."""
        begin, place = self.length, len(self._chunks)
        while place and begin > start:
            place -= 1
            begin -= len(self._chunks[place])
        return "".join(self._chunks[place:])[start - begin :]

    def settle(self, text: str) -> None:
        """A done event's text is the authority; an empty one says nothing."""
        if text:
            self._chunks = [text]
            self.length = len(text)
            self.is_empty = False


@dataclass(slots=True, eq=False)
class GrowingItem:
    """An output item under construction; its texts live in `parts`, by content index."""

    output_index: int
    value: OutputItem
    order: tuple[int, int]
    """Where it stands in the answer: its index (or its predecessor's), then its arrival."""
    is_announced: bool
    """False for one that only a delta or a progress event spoke of so far."""
    parts: dict[int, GrowingPart] = field(default_factory=dict)
    is_closed: bool = False
    """Whether its own done event came."""

    @property
    def is_answer(self) -> bool:
        return self.value.kind is ItemKind.MESSAGE and self.value.is_final

    @property
    def is_done(self) -> bool:
        return self.value.status not in _OPEN

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.ordered_parts())

    def finish(self, status: ResponseStatus = ResponseStatus.COMPLETED) -> None:
        """Nothing more comes for it; a status that the service gave itself stays."""
        if not self.is_done:
            self.value = replace(self.value, status=status)

    def ordered_parts(self) -> list[GrowingPart]:
        if len(self.parts) == 1:
            return list(self.parts.values())
        return [self.parts[index] for index in sorted(self.parts)]

    def part(self, content_index: int) -> GrowingPart:
        return self.parts.setdefault(max(content_index, 0), GrowingPart())

    def take(self, item: OutputItem, *, is_whole: bool) -> None:
        """Takes over what a later report says; what that leaves empty stays.

        A whole report lists every part, so texts that it has no place for are in one that it has.
        """
        old = self.value
        self.is_announced = True
        self.value = replace(
            item,
            id=item.id or old.id,
            status=old.status if item.status is ResponseStatus.UNKNOWN else item.status,
            content=(),
            name=item.name or old.name,
            call_id=item.call_id or old.call_id,
            arguments=item.arguments or old.arguments,
            output=item.output or old.output,
            queries=item.queries or old.queries,
        )
        for index, reported in enumerate(item.content):
            if reported.text or reported.annotations:
                mine = self.part(index)
                mine.settle(reported.text)
                mine.annotations = reported.annotations or mine.annotations
        if is_whole and any(reported.text for reported in item.content):
            for index in [i for i in self.parts if i >= len(item.content)]:
                del self.parts[index]

    def snapshot(self) -> OutputItem:
        content = tuple(ContentPart(part.text, part.annotations) for part in self.ordered_parts())
        return replace(self.value, content=content)


class Output:
    """All items of an answer. Finds the one that an event means, however little the event says.

    An event's index and id are compared where both sides have them. With neither, an event means the
    newest open item of its kind: a server without either can only stream one item after another.
    """

    def __init__(self) -> None:
        self.items: list[GrowingItem] = []
        self._ordered: list[GrowingItem] | None = None

    @property
    def ordered(self) -> list[GrowingItem]:
        if self._ordered is None:
            self._ordered = sorted(self.items, key=lambda item: item.order)
        return self._ordered

    def add(self, index: int, value: OutputItem, *, is_announced: bool = True) -> GrowingItem:
        last = self.items[-1].order[0] if self.items else 0
        order = (last if index == ABSENT_INDEX else index, len(self.items))
        item = GrowingItem(index, replace(value, content=()), order, is_announced)
        for content_index, part in enumerate(value.content):
            item.parts[content_index] = GrowingPart(part.text, part.annotations)
        self.items.append(item)
        self._ordered = None
        return item

    def announced(self, index: int, value: OutputItem) -> GrowingItem:
        """The item of an added event: a new one, unless something spoke of it already."""
        found = self._named(index, value.id, value.kind)
        if found is None:
            return self.add(index, value)
        found.take(value, is_whole=False)
        return found

    def closed(self, index: int, value: OutputItem) -> GrowingItem:
        """The item of a done event, with what the event says about it."""
        text = "".join(part.text for part in value.content)
        found = self._named(index, value.id, value.kind) or self._open(index, value.id, value.kind, text)
        if found is None:
            found = self.add(index, value)
        else:
            found.take(value, is_whole=True)
        found.is_closed = True
        found.finish()
        return found

    def meant(self, index: int, item_id: str, kind: ItemKind, whole_text: str = "") -> GrowingItem:
        """The item that a delta, a text's end or a progress event belongs to."""
        found = self._named(index, item_id, kind) or self._open(index, item_id, kind, whole_text)
        if found is None:
            value = OutputItem(kind, item_id, kind.value, ResponseStatus.IN_PROGRESS)
            found = self.add(index, value, is_announced=False)
        return found

    def is_last_text(self, item: GrowingItem, part: GrowingPart) -> bool:
        """Whether no text of the answer stands behind this part's."""
        for other in reversed(self.ordered):
            if not other.is_answer:
                continue
            for candidate in reversed(other.ordered_parts()):
                if candidate is part:
                    return True
                if not candidate.is_empty:
                    return False
        return item.is_answer

    def reconcile(self, output: tuple[OutputItem, ...]) -> list[GrowingItem]:
        """Merges a response's whole output and returns its items. Streamed items that it leaves out are
        kept; the order is the output's."""
        taken: list[GrowingItem] = []
        for index, value in enumerate(output):
            found = self._match(index, value, [item for item in self.items if item not in taken])
            if found is None:
                found = self.add(index, value)
            else:
                found.take(value, is_whole=True)
            taken.append(found)
        for item, order in zip(taken, sorted(item.order for item in taken), strict=True):
            item.order = order
        self._ordered = None
        return taken

    def _named(self, index: int, item_id: str, kind: ItemKind) -> GrowingItem | None:
        """The item that an index or id names, and that neither contradicts."""
        for item in reversed(self.items):
            same_index = index != ABSENT_INDEX and item.output_index == index
            same_id = bool(item_id) and item.value.id == item_id
            if (same_index or same_id) and self._fits(item, index, item_id, kind):
                return self._bound(item, index, item_id)
        return None

    def _open(self, index: int, item_id: str, kind: ItemKind, text: str) -> GrowingItem | None:
        """The newest item that is not closed and not contradicted; a whole text prefers its own start."""
        fitting = [
            item
            for item in reversed(self.items)
            if item.value.kind is kind and self._fits(item, index, item_id, kind)
        ]
        if text:
            for item in fitting:
                if (begun := item.text) and text.startswith(begun):
                    return self._bound(item, index, item_id)
        for item in fitting:
            if not item.is_closed:
                return self._bound(item, index, item_id)
        return None

    @staticmethod
    def _fits(item: GrowingItem, index: int, item_id: str, kind: ItemKind) -> bool:
        if ABSENT_INDEX not in (index, item.output_index) and item.output_index != index:
            return False
        if item_id and item.value.id and item.value.id != item_id:
            return False
        return item.value.kind in (kind, ItemKind.OTHER) or not item.is_announced

    def _bound(self, item: GrowingItem, index: int, item_id: str) -> GrowingItem:
        """The item, knowing from now on what the event knew of it."""
        if item.output_index == ABSENT_INDEX != index:
            item.output_index = index
            item.order = (index, item.order[1])
            self._ordered = None
        if item_id and not item.value.id:
            item.value = replace(item.value, id=item_id)
        return item

    @staticmethod
    def _match(index: int, value: OutputItem, free: list[GrowingItem]) -> GrowingItem | None:
        """The streamed item that a response's whole output means: by index and id, by an id alone, else
        by what it says, since an output may leave items out and so shift the indexes."""
        same_id = [item for item in free if value.id and item.value.id == value.id]
        for item in same_id:
            if item.output_index == index:
                return item
        if len(same_id) == 1:
            return same_id[0]
        text = "".join(part.text for part in value.content)

        def likeness(item: GrowingItem) -> tuple[bool, bool, bool]:
            begun = item.text
            return (
                bool(begun) and text.startswith(begun),
                item.value.is_final == value.is_final,
                item.output_index == index,
            )

        alike = [
            item
            for item in free
            if item.value.kind is value.kind
            and (item.output_index == index or not item.value.id or not value.id)
            and (not value.call_id or not item.value.call_id or item.value.call_id == value.call_id)
        ]
        return max(alike, key=likeness, default=None)
