"""An answer's text as blocks, kept in step while the text grows."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trackside.domain.answer import Answer
from trackside.domain.citation import showable_length
from trackside.domain.stream import Annotation
from trackside.markup.blocks import Block
from trackside.markup.cited import trimmed
from trackside.markup.inline import InlineContext
from trackside.markup.json_reader import JsonReader, looks_like_json
from trackside.markup.reader import BlockReader

_CONTEXT = 600
"""Characters before the unread end that decide whether it is half a citation."""
_SOON = 64
"""An answer that begins like JSON is one by then; see `looks_like_json`."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the blocks: those before `kept` stand, of which `redrawn` may look different."""

    kept: int
    redrawn: Sequence[int] = ()
    is_anew: bool = False
    """Whether the text is another one, not the one before grown on."""


class AnswerBlocks:
    """Reads an answer's text once. `len()` and indexing give the closed blocks, then the open ones."""

    def __init__(self, *, wants_json: bool) -> None:
        """`wants_json`: whether a schema was asked for, so that any JSON at all is taken as such."""
        self._wants_json = wants_json
        self._start_anew()

    @classmethod
    def of_text(cls, text: str, annotations: Sequence[Annotation], *, wants_json: bool) -> "AnswerBlocks":
        """A text that doesn't grow, read to its end."""
        blocks = cls(wants_json=wants_json)
        blocks._pending, blocks._taken = text, len(text)
        blocks.annotations = list(trimmed(annotations, text))
        blocks._read_ready(is_over=True)
        while blocks.is_behind:
            blocks._read()
        return blocks

    def _start_anew(self) -> None:
        self._reader: BlockReader | JsonReader | None = None
        self._closed: list[Block] = []
        self._tail: list[Block] = []
        self._fed = 0
        self._taken = 0
        self._recent = ""
        self._pending = ""
        self._revision = 0
        self._annotation_revision = -1
        self._labels = 0
        self._is_finished = False
        self.annotations: list[Annotation] = []
        self.context = InlineContext({}, ())
        self.is_behind = False
        """Whether there is text that `read_on` has yet to read."""

    def __len__(self) -> int:
        return len(self._closed) + len(self._tail)

    def __getitem__(self, index: int) -> Block:
        closed = self._closed
        return closed[index] if index < len(closed) else self._tail[index - len(closed)]

    @property
    def rest(self) -> int:
        """Characters that no block stands for yet."""
        if not self.is_behind:
            return 0
        return max(0, self._taken - (self._closed[-1].end if self._closed else 0))

    def follow(self, answer: Answer, *, is_over: bool) -> Change | None:
        """Takes in what the answer has become; None when nothing did. Long texts need `read_on`, too."""
        if answer.revision != self._revision or (self._is_finished and not is_over):
            self._start_anew()
            self._revision = answer.revision
            self._follow_text(answer, is_over=is_over)
            self._follow_annotations(answer)
            return Change(0, is_anew=True)
        other = self._follow_annotations(answer)
        closed, tail = len(self._closed), self._tail
        has_grown = self._follow_text(answer, is_over=is_over)
        if not has_grown and not other:
            return None
        kept = self._kept(closed, tail)
        return Change(kept, [*self._touched(other, kept), *self._with_new_labels(kept)])

    def read_on(self) -> Change:
        """Reads some more of a long text."""
        closed, tail = len(self._closed), self._tail
        self._read()
        kept = self._kept(closed, tail)
        return Change(kept, self._with_new_labels(kept))

    def _kept(self, closed: int, tail: list[Block]) -> int:
        """How many blocks are what they were, those included that were open and look the same."""
        kept = closed
        for before in tail:
            if kept >= len(self) or self[kept] != before:
                break
            kept += 1
        return kept

    def _follow_text(self, answer: Answer, *, is_over: bool) -> bool:
        new = answer.text_from(self._taken)
        self._taken += len(new)
        self._pending += new
        return self._read_ready(is_over=is_over)

    def _read_ready(self, *, is_over: bool) -> bool:
        if self._reader is None and not self._choose_reader(is_over=is_over):
            return False
        reader = self._reader
        assert reader is not None
        ready = len(self._pending)
        if not is_over and ready:
            window = self._recent + self._pending
            ready = max(0, showable_length(window) - len(self._recent))
        if not ready and not (is_over and not self._is_finished):
            return False
        fresh, self._pending = self._pending[:ready], self._pending[ready:]
        self._recent = (self._recent + fresh[-_CONTEXT:])[-_CONTEXT:]
        reader.feed(fresh)
        if is_over and not self._is_finished:
            self._is_finished = True
            reader.finish()
        self._read()
        return True

    def _choose_reader(self, *, is_over: bool) -> bool:
        text = self._pending.lstrip()
        is_json = text[0] in "{[" if self._wants_json and text else looks_like_json(text)
        if is_json is None and not is_over and len(text) < _SOON:
            return False
        self._reader = JsonReader() if is_json else BlockReader()
        self._closed = self._reader.closed
        self._renew_context()
        return True

    def _renew_context(self) -> None:
        references = self._reader.references if isinstance(self._reader, BlockReader) else {}
        self.context = InlineContext(references, self.annotations)

    def _read(self) -> None:
        reader = self._reader
        assert reader is not None
        self.is_behind = reader.read()
        tail = [] if self.is_behind else reader.open_blocks()
        # All but the last look as they will when they are closed, so that closing them draws nothing anew.
        self._tail = [replace(block, is_open=False) for block in tail[:-1]] + tail[-1:]

    def _with_new_labels(self, kept: int) -> list[int]:
        """Closed blocks that a link's late definition may concern."""
        if not isinstance(self._reader, BlockReader) or len(self._reader.references) == self._labels:
            return []
        self._labels = len(self._reader.references)
        self._renew_context()
        return [i for i in range(kept) if "[" in self[i].content or self[i].rows]

    def _follow_annotations(self, answer: Answer) -> set[Annotation]:
        """Takes the annotations over. Those that came or went."""
        if answer.annotation_revision == self._annotation_revision:
            return set()
        self._annotation_revision = answer.annotation_revision
        before, self.annotations = self.annotations, list(trimmed(answer.annotations, answer.text))
        if before != self.annotations:
            self._renew_context()
        return {*before} ^ {*self.annotations}

    def _touched(self, annotations: set[Annotation], kept: int) -> list[int]:
        """Blocks before `kept` that annotations stand in."""
        touched: set[int] = set()
        blocks = range(kept)
        for annotation in annotations:
            index = bisect_left(blocks, annotation.start_index, key=lambda i: self[i].end - 1)
            while index < kept and self[index].start <= annotation.end_index:
                touched.add(index)
                index += 1
        return sorted(touched)
