"""All turns of a session one below the other: heights of all of them, content of those looked at last."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from trackside.domain.conversation import Divider
from trackside.domain.turn import Turn
from trackside.ui.transcript.divider_line import Dividers
from trackside.ui.transcript.estimate import turn_height
from trackside.ui.transcript.heights import HeightTree
from trackside.ui.transcript.places import END, QUESTION
from trackside.ui.transcript.stage import Stage
from trackside.ui.transcript.turn_content import TurnContent

_KEPT_CONTENTS = 80
_READ_AT_ONCE = 128 * 1024
"""Characters of an answer that are read before it is shown; a longer one comes in by and by."""
_ESTIMATED_AT_ONCE = 100
_CALIBRATION_WEIGHT = 0.05


class Anchor(NamedTuple):
    """A line on the screen, told by what stands there: pixels below the top of a part of a row. It stays
    the same line while heights above it change."""

    row: int
    part: int
    offset: int


class Rows:
    """`heights` knows every turn's height, measured or estimated. Coordinates are the whole column's."""

    def __init__(self, stage: Stage, measure_notice: Callable[[int, TurnContent], int]) -> None:
        self.stage = stage
        self._measure_notice = measure_notice
        self.turns: list[Turn] = []
        self.dividers = Dividers()
        self.heights = HeightTree()
        self._index_of: dict[str, int] = {}
        self._rough = 0
        """So many rows from the top are taken to be as tall as the others on average."""
        self._contents: OrderedDict[int, TurnContent] = OrderedDict()
        self._unfolded: set[str] = set()

    def __len__(self) -> int:
        return len(self.turns)

    def show(self, turns: Sequence[Turn]) -> None:
        """Starts anew with these."""
        self.turns = list(turns)
        self._index_of.clear()  # filled when it is first asked for another than the last one
        self._contents.clear()
        self._unfolded.clear()
        self.stage.cache.clear()
        self._estimate_all()

    def _estimate_all(self) -> None:
        """Looks at the newest turns alone, so that opening a session takes as long however long it is."""
        self._rough = max(0, len(self.turns) - _ESTIMATED_AT_ONCE)
        newest = [turn_height(turn, self.stage) for turn in self.turns[self._rough :]]
        average = sum(newest) // len(newest) if newest else 0
        self.heights.reset([average] * self._rough + newest)

    @property
    def is_rough(self) -> bool:
        """Whether `refine` has anything left to do."""
        return self._rough > 0

    def refine(self, count: int) -> None:
        """Estimates some more of the rows that stand for an average, the newest first."""
        start = max(0, self._rough - count)
        for index in range(start, self._rough):
            if index not in self._contents:
                self.heights.set(index, turn_height(self.turns[index], self.stage))
        self._rough = start

    def append(self, turn: Turn) -> int:
        self.turns.append(turn)
        self._index_of.clear()
        self.heights.append(turn_height(turn, self.stage))
        return len(self.turns) - 1

    def index_of(self, turn_id: str) -> int | None:
        """The row of a turn; None for one that is not shown."""
        if self.turns and self.turns[-1].id == turn_id:
            return len(self.turns) - 1
        if not self._index_of:
            self._index_of = {turn.id: index for index, turn in enumerate(self.turns)}
        return self._index_of.get(turn_id)

    # -- content ---------------------------------------------------------------------------------

    def content(self, index: int) -> TurnContent:
        """The turn as it is laid out, made when it is first asked for; `measure` tells `heights` of it."""
        found = self._contents.get(index)
        if found is not None:
            self._contents.move_to_end(index)
            return found
        turn = self.turns[index]
        content = TurnContent(turn, self.stage, partial(self.divider_above, index))
        content.are_steps_open = turn.id in self._unfolded
        content.follow()
        content.read_on(_READ_AT_ONCE)
        self._contents[index] = content
        return content

    def divider_above(self, index: int) -> Divider | None:
        """What parts a turn from the one before it, whether it is laid out or not."""
        return self.dividers.above(self.turns, index)

    def realised(self, index: int) -> TurnContent | None:
        """The same, if it was made and not put away since."""
        return self._contents.get(index)

    @property
    def all_realised(self) -> Iterator[tuple[int, TurnContent]]:
        yield from list(self._contents.items())

    def shrink(self) -> None:
        """Puts away what was not looked at for longest. Its height stays."""
        while len(self._contents) > _KEPT_CONTENTS:
            index, content = next(iter(self._contents.items()))
            self._put_away(index, content)
        self.stage.cache.shrink()

    def _put_away(self, index: int, content: TurnContent) -> None:
        del self._contents[index]
        self.stage.cache.drop(content, range(QUESTION, len(content.answer)))

    def toggle_steps(self, index: int) -> None:
        content = self.content(index)
        content.toggle_steps()
        (self._unfolded.add if content.are_steps_open else self._unfolded.discard)(content.turn.id)
        self.sync(index)

    def sync(self, index: int) -> bool:
        """Takes over a content's height; whether it changed."""
        height = self._contents[index].height
        if height == self.heights[index]:
            return False
        self.heights.set(index, height)
        return True

    def estimate(self, index: int) -> None:
        """A turn changed that nobody looks at."""
        self.heights.set(index, turn_height(self.turns[index], self.stage))

    def forget_layout(self) -> None:
        """The width, the look or a title changed: what is not on the screen is estimated again."""
        for content in self._contents.values():
            content.forget_layout()
        self._estimate_all()
        for index in self._contents:
            self.sync(index)

    # -- geometry --------------------------------------------------------------------------------

    def top(self, index: int) -> int:
        return self.stage.sizes.pad + self.heights.top(index)

    @property
    def total(self) -> int:
        return self.heights.total + 2 * self.stage.sizes.pad

    def at(self, y: int) -> int:
        """The row at `y`, or the nearest one. IndexError when there is none."""
        return self.heights.at(y - self.stage.sizes.pad)

    def between(self, top: int, bottom: int) -> Iterator[tuple[int, int]]:
        """Rows between two heights with their tops, in order."""
        if not self.turns:
            return
        index = self.at(top)
        y = self.top(index)
        while index < len(self.turns) and y < bottom:
            yield index, y
            y += self.heights[index]
            index += 1

    def measure(self, top: int, bottom: int) -> int | None:
        """Lays out what lies between two heights. From where on heights changed; None when none did."""
        if not self.turns:
            return None
        changed: int | None = None
        index = self.at(top)
        y = self.top(index)
        while index < len(self.turns) and y < bottom:
            is_new, before = index not in self._contents, self.heights[index]
            content = self.content(index)
            inside = content.measure(top - y, bottom - y)
            if content.notice is not None and content.measured_notice != (content.notice, self.stage.width):
                content.measured_notice = (content.notice, self.stage.width)
                height = self._measure_notice(index, content)
                if height != content.notice_height:
                    content.notice_height = height
                    inside = content.foot_top if inside is None else inside
            has_moved = self.sync(index) or (is_new and self.heights[index] != before)
            if has_moved and inside is None:
                inside = 0
            if inside is not None and changed is None:
                changed = y + inside
            if is_new and before:
                self._calibrate(before, self.heights[index])
            y += self.heights[index]
            index += 1
        return changed

    def _calibrate(self, estimated: int, measured: int) -> None:
        ratio = min(3.0, max(0.3, measured / estimated))
        stage = self.stage
        stage.calibration = min(3.0, max(0.3, stage.calibration * (1 + _CALIBRATION_WEIGHT * (ratio - 1))))

    def anchor_at(self, y: int) -> Anchor:
        """What stands at `y`."""
        index = self.at(y)
        content = self.content(index)
        inside = min(y - self.top(index), content.height - 1)
        if content.answer.is_behind and inside >= content.answer_top + content.heights.total:
            # What is still to be read has no line to hold on to; what stands below it has.
            return Anchor(index, END, inside - content.foot_top)
        part = content.section_at(inside)
        return Anchor(index, part, inside - content.block_top(part))

    def y_of(self, anchor: Anchor) -> int:
        """Where an anchor is by now."""
        content = self.content(anchor.row)
        return self.top(anchor.row) + content.block_top(anchor.part) + anchor.offset
