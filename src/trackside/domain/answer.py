"""Folds stream events into an answer: routes deltas by item and reconciles them with the done events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from trackside.domain.output import ABSENT_INDEX, GrowingItem, GrowingPart, Output
from trackside.domain.steps import Step, StepKind, steps_of
from trackside.domain.stream import (
    Annotation,
    ArgumentsDone,
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
    StreamFailed,
    TextDelta,
    TextDone,
    UnknownEvent,
    Usage,
    WebSearchProgress,
)

__all__ = [
    "ABSENT_INDEX",
    "ITEM_SEPARATOR",
    "KEPT_UNKNOWN_EVENTS",
    "Answer",
    "SavedAnswer",
    "SavedItem",
    "Step",
    "StepKind",
]

KEPT_UNKNOWN_EVENTS = 200
ITEM_SEPARATOR = "\n\n"

_RareEvent = TextDone | PartDone | ItemAdded | ItemDone | ArgumentsDone | WebSearchProgress | ResponseUpdated
_ENDS = (ResponseStatus.COMPLETED, ResponseStatus.INCOMPLETE, ResponseStatus.FAILED)


@dataclass(frozen=True, slots=True)
class SavedItem:
    """An output item as it is kept on disk."""

    output_index: int
    item: OutputItem


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """Everything an answer holds, as plain values: what storage writes and reads."""

    items: tuple[SavedItem, ...] = ()
    response_id: str | None = None
    server_session_id: str | None = None
    status: ResponseStatus = ResponseStatus.UNKNOWN
    usage: Usage | None = None
    incomplete_reason: str | None = None
    unknown: tuple[UnknownEvent, ...] = ()


class Answer:
    """What an attempt received so far. Only `fold` changes it.

    `revision` grows whenever text that was already readable changed other than by growing at its end;
    a view that remembers it may append `text_from(shown)` as long as it stays the same.
    `annotation_revision` grows whenever the annotations over it changed.
    """

    def __init__(self) -> None:
        self._output = Output()
        self._text: str | None = ""
        self._last_delta: tuple[int, str, int, GrowingPart] | None = None
        self._tail: GrowingPart | None = None
        """The part at the text's end, while only it and steps grow."""
        self._tail_start = -1
        """Where that part begins in the text, once that was asked for."""
        self.revision = 0
        self.annotation_revision = 0
        self.delta_count = 0
        self.response_id: str | None = None
        self.server_session_id: str | None = None
        self.status = ResponseStatus.UNKNOWN
        self.usage: Usage | None = None
        self.incomplete_reason: str | None = None
        self.error_code: str | None = None
        self.error_message: str | None = None
        self.is_over = False
        """Whether the service said that nothing follows: a final response, or `[DONE]`."""
        self.unknown: list[UnknownEvent] = []

    # -- reading ---------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The final answer's text: its items parted by an empty line. Steps are not in it."""
        if self._text is None:
            self._text = ITEM_SEPARATOR.join(
                text for item in self._output.ordered if item.is_answer and (text := item.text)
            )
        return self._text

    def text_from(self, start: int) -> str:
        """`text[start:]`, in the time that the new end takes while the answer grows."""
        # An empty part stands nowhere yet: its first word brings an empty line before it along.
        if self._text is not None or (tail := self._tail) is None or tail.is_empty:
            return self.text[start:]
        if self._tail_start < 0:
            self._tail_start = len(self.text) - tail.length
        if start < self._tail_start:
            return self.text[start:]
        return tail.text_from(start - self._tail_start)

    @property
    def items(self) -> Sequence[GrowingItem]:
        """All output items in order, steps included, to look at only."""
        return self._output.ordered

    @property
    def parts(self) -> list[ContentPart]:
        """The final answer's parts with their annotations, in order."""
        return [
            ContentPart(part.text, part.annotations)
            for item in self._output.ordered
            if item.is_answer
            for part in item.ordered_parts()
        ]

    @property
    def annotations(self) -> list[Annotation]:
        """All annotations, their spans moved to positions in `text` (code points, end inclusive).

        One that reaches beyond its part's text is left out: it would cover what it doesn't mean.
        """
        moved: list[Annotation] = []
        offset = 0
        for item in self._output.ordered:
            if not item.is_answer or not item.text:
                continue
            for part in item.ordered_parts():
                length = len(part.text)
                moved += [
                    replace(a, start_index=a.start_index + offset, end_index=a.end_index + offset)
                    for a in part.annotations
                    if 0 <= a.start_index <= a.end_index < length
                ]
                offset += length
            offset += len(ITEM_SEPARATOR)
        return moved

    @property
    def has_text(self) -> bool:
        if self._text is not None:
            return bool(self._text)
        answers = (item for item in self._output.items if item.is_answer)
        return any(not part.is_empty for item in answers for part in item.ordered_parts())

    @property
    def has_content(self) -> bool:
        """Whether anything came that would be a pity to lose."""
        return bool(self._output.items)

    @property
    def estimated_tokens(self) -> int:
        """The service's count once it is known, else a quarter of the text's UTF-8 bytes."""
        if self.usage is not None and self.usage.output_tokens:
            return self.usage.output_tokens
        return (len(self.text.encode(errors="replace")) + 3) // 4

    @property
    def steps(self) -> list[Step]:
        """Intermediate outputs in order; a call and its output are one step."""
        return list(steps_of(self._output.ordered))

    def saved(self) -> SavedAnswer:
        return SavedAnswer(
            # In the order of the text, so that restoring needs no more than the items.
            items=tuple(SavedItem(item.output_index, item.snapshot()) for item in self._output.ordered),
            response_id=self.response_id,
            server_session_id=self.server_session_id,
            status=self.status,
            usage=self.usage,
            incomplete_reason=self.incomplete_reason,
            unknown=tuple(self.unknown),
        )

    @classmethod
    def restored(cls, saved: SavedAnswer) -> "Answer":
        answer = cls()
        for place, entry in enumerate(saved.items):
            item = answer._output.add(entry.output_index, entry.item)
            item.order = (place, place)
        answer.response_id = saved.response_id
        answer.server_session_id = saved.server_session_id
        answer.status = saved.status
        answer.usage = saved.usage
        answer.incomplete_reason = saved.incomplete_reason
        answer.is_over = saved.status in _ENDS
        answer.unknown = list(saved.unknown)
        answer._text = None
        return answer

    # -- folding ---------------------------------------------------------------------------------

    def fold(self, event: StreamEvent) -> None:
        """Takes the next event in. Never raises for what a server sends."""
        match event:
            case TextDelta():
                self._fold_delta(event)
            case UnknownEvent():
                if len(self.unknown) < KEPT_UNKNOWN_EVENTS:
                    self.unknown.append(event)
            case KeepAlive():
                pass
            case StreamDone():
                self.is_over = True
            case StreamFailed():
                self.status = ResponseStatus.FAILED
                self.error_code, self.error_message = event.code, event.message
                self.is_over = True
            case _:
                before, annotated = self.text, self._annotated()
                self._last_delta = None
                self._grow_at(None)
                self._fold_rare(event)
                self._text = None
                if not self.text.startswith(before):
                    self.revision += 1
                if self._annotated() != annotated:
                    self.annotation_revision += 1

    def _fold_delta(self, event: TextDelta) -> None:
        self.delta_count += 1
        last = self._last_delta
        if last and (last[0], last[1], last[2]) == (event.output_index, event.item_id, event.content_index):
            last[3].append(event.text)
            self._text = None
            return
        before_order = self._output.ordered
        item = self._output.meant(event.output_index, event.item_id, ItemKind.MESSAGE)
        part = item.part(event.content_index)
        # Growth at the very end, or in a step, leaves what a view has shown untouched. Only then may the
        # route be remembered; any event that adds or moves items forgets it.
        is_tail = not item.is_answer or self._output.is_last_text(item, part)
        has_moved = self._output.ordered is not before_order and item in before_order
        if is_tail and not has_moved:
            self._last_delta = (event.output_index, event.item_id, event.content_index, part)
            if item.is_answer:
                self._grow_at(part)
        elif event.text or has_moved:
            self.revision += 1
            self._grow_at(None)
        part.append(event.text)
        self._text = None

    def _grow_at(self, part: GrowingPart | None) -> None:
        if part is not self._tail:
            self._tail, self._tail_start = part, -1

    def _fold_rare(self, event: _RareEvent) -> None:
        output = self._output
        match event:
            case TextDone():
                item = output.meant(event.output_index, event.item_id, ItemKind.MESSAGE, event.text)
                item.part(event.content_index).settle(event.text)
            case PartDone():
                item = output.meant(event.output_index, event.item_id, ItemKind.MESSAGE, event.part.text)
                part = item.part(event.content_index)
                part.settle(event.part.text)
                part.annotations = event.part.annotations or part.annotations
            case ItemAdded():
                output.announced(event.output_index, event.item)
            case ItemDone():
                output.closed(event.output_index, event.item)
            case ArgumentsDone():
                item = output.meant(event.output_index, event.item_id, ItemKind.FUNCTION_CALL)
                item.value = replace(item.value, arguments=event.arguments)
            case WebSearchProgress():
                item = output.meant(event.output_index, event.item_id, ItemKind.WEB_SEARCH)
                if event.phase == "completed":
                    item.finish()
            case ResponseUpdated():
                self._fold_response(event.response, is_end=event.is_end)
            case _:
                assert_never(event)

    def _fold_response(self, response: Response, *, is_end: bool) -> None:
        self.response_id = response.id or self.response_id
        self.server_session_id = response.session_id or self.server_session_id
        if response.status is not ResponseStatus.UNKNOWN:
            self.status = response.status
        self.usage = response.usage or self.usage
        self.incomplete_reason = response.incomplete_reason or self.incomplete_reason
        self.error_code = response.error_code or self.error_code
        self.error_message = response.error_message or self.error_message
        self.is_over = self.is_over or is_end
        for item in self._output.reconcile(response.output or ()):
            if is_end:
                is_complete = response.status is ResponseStatus.COMPLETED
                item.finish(ResponseStatus.COMPLETED if is_complete else ResponseStatus.INCOMPLETE)

    def _annotated(self) -> list[tuple[Annotation, ...]]:
        """What a view has drawn over the text; empty parts have nothing to draw over."""
        return [
            part.annotations
            for item in self._output.ordered
            if item.is_answer
            for part in item.ordered_parts()
            if part.annotations and not part.is_empty
        ]
