"""Where the parts of a turn stand: geometry alone, relative to the turn's top and the answer's left edge."""

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRect

from trackside.ui.transcript.heights import HeightTree
from trackside.ui.transcript.places import END, QUESTION, STEPS
from trackside.ui.transcript.stage import Stage


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a turn on the page."""

    part: int
    rect: QRect


class TurnLayout:
    """From the top: what parts it from the turn before, the question in its bubble, the steps' line and text,
    the answer's blocks, the state's line, a notice, and room for the row of actions. What isn't there takes
    no room."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.heights = HeightTree()
        """Of the answer's blocks."""
        self.divider_height = 0
        self.question_height = 0
        self.has_steps = False
        self.steps_height = 0
        """Of the steps' text; 0 while it is folded."""
        self.rest_height = 0
        """Of what is still to be read of a long answer."""
        self.has_status = False
        self.notice_height = 0
        self.has_actions = False
        self.arrange()

    def arrange(self) -> None:
        """Takes over the heights above the answer. To be called when one of them changed."""
        stage, sizes = self.stage, self.stage.sizes
        bubble = QRect(
            sizes.bubble_indent,
            sizes.pad + self.divider_height,
            stage.width - sizes.bubble_indent,
            self.question_height + 2 * sizes.bubble_pad_y,
        )
        top = bubble.bottom() + 1 + sizes.bubble_gap
        line = QRect(0, top, stage.width, sizes.steps_line if self.has_steps else 0)
        top += line.height()
        body = QRect(sizes.steps_indent, top, stage.width - sizes.steps_indent, self.steps_height)
        self.bubble, self.steps_line, self.steps_body = bubble, line, body
        self.answer_top = top + self.steps_height + (sizes.gap if self.has_steps else 0)

    # -- below the answer ------------------------------------------------------------------------

    @property
    def foot_top(self) -> int:
        return self.answer_top + self.heights.total + self.rest_height

    @property
    def status_rect(self) -> QRect:
        sizes = self.stage.sizes
        top = self.foot_top + sizes.half_gap
        return QRect(0, top, self.stage.width, sizes.status if self.has_status else 0)

    @property
    def notice_rect(self) -> QRect:
        top = self.status_rect.bottom() + 1
        return QRect(
            0,
            top + (self.stage.sizes.half_gap if self.notice_height else 0),
            self.stage.width,
            self.notice_height,
        )

    @property
    def actions_rect(self) -> QRect:
        sizes = self.stage.sizes
        top = self.notice_rect.bottom() + 1
        if not self.has_actions:
            return QRect(0, top, self.stage.width, 0)
        return QRect(0, top + sizes.half_gap, self.stage.width, sizes.actions)

    @property
    def height(self) -> int:
        sizes = self.stage.sizes
        height = self.foot_top + sizes.half_gap + sizes.pad
        if self.has_status:
            height += sizes.status
        if self.notice_height:
            height += self.notice_height + sizes.half_gap
        if self.has_actions:
            height += sizes.actions + sizes.half_gap
        return height

    # -- parts -----------------------------------------------------------------------------------

    @property
    def parts(self) -> list[int]:
        """Everything with text, in order."""
        return [QUESTION, *([STEPS] if self.steps_height else []), *range(len(self.heights))]

    @property
    def last_part(self) -> int:
        if len(self.heights):
            return len(self.heights) - 1
        return STEPS if self.steps_height else QUESTION

    def block_top(self, part: int) -> int:
        """Where a part begins; `END` is what stands below the answer."""
        if part == END:
            return self.foot_top
        if part >= 0:
            return self.answer_top + self.heights.top(min(part, len(self.heights)))
        return self.steps_body.top() if part == STEPS else self.bubble.top()

    def section_at(self, y: int) -> int:
        """The part that `y` falls into or lies nearest to; what stands below the answer is its end."""
        if y < self.steps_body.top():
            return QUESTION
        if y < self.answer_top or not len(self.heights):
            return STEPS if self.steps_height else QUESTION
        return self.heights.at(y - self.answer_top)

    def sections(self, top: int, bottom: int) -> Iterator[Section]:
        """The parts with text between two heights, in order."""
        for part, _, _ in self.places(top, bottom):
            section = self.section(part)
            if section is not None:
                yield section

    def places(self, top: int, bottom: int) -> Iterator[tuple[int, int, int]]:
        """The parts with text between two heights, in order, each with its left and top."""
        if top < self.answer_top:
            for part in (QUESTION, STEPS):
                section = self._head_section(part)
                if section is not None and section.rect.top() < bottom and section.rect.bottom() >= top:
                    yield part, section.rect.left(), section.rect.top()
        heights, begin = self.heights, self.answer_top
        if not len(heights) or begin >= bottom:
            return
        index = heights.at(max(0, top - begin))
        y = begin + heights.top(index)
        for part in range(index, len(heights)):
            if y >= bottom:
                return
            height = heights[part]
            yield part, 0, y
            y += height

    def section(self, part: int) -> Section | None:
        """Where a part stands; None for one that isn't there."""
        if part < 0:
            return self._head_section(part)
        if part >= len(self.heights):
            return None
        return Section(part, QRect(0, self.block_top(part), self.stage.width, self.heights[part]))

    def _head_section(self, part: int) -> Section | None:
        sizes = self.stage.sizes
        if part == QUESTION:
            x, y = sizes.bubble_pad_x, sizes.bubble_pad_y
            return Section(QUESTION, self.bubble.adjusted(x, y, -x, -y))
        return Section(STEPS, self.steps_body) if self.steps_height else None
