"""One turn as it is laid out: question, steps, answer, and what is said about its state."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect

from trackside.domain.answer import Step
from trackside.domain.conversation import Divider
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.markup.blocks import Block, BlockKind
from trackside.markup.runs import Run, TextRun
from trackside.markup.wording import clean, laid_out
from trackside.ui.transcript.answer_blocks import AnswerBlocks, Change
from trackside.ui.transcript.divider_line import DividerLine
from trackside.ui.transcript.estimate import block_height, question_height, rest_height
from trackside.ui.transcript.places import QUESTION, STEPS
from trackside.ui.transcript.rendered_block import RenderedBlock, render, render_runs
from trackside.ui.transcript.stage import Stage
from trackside.ui.transcript.table_columns import TableColumns
from trackside.ui.transcript.turn_layout import TurnLayout
from trackside.ui.transcript.words import Notice, notice_of, status_line, steps_words


class TurnContent(TurnLayout):
    """A turn with what it says. Parts are laid out when they are measured or asked for."""

    def __init__(
        self, turn: Turn, stage: Stage, divider_above: Callable[[], Divider | None] = lambda: None
    ) -> None:
        super().__init__(stage)
        self.turn = turn
        self.divider: DividerLine | None = None
        self._divider_above = divider_above
        self.attempt: Attempt | None = None
        self.steps: list[Step] = []
        self.are_steps_open = False
        self.status = ""
        self.notice: Notice | None = None
        self.measured_notice: tuple[Notice, int] | None = None
        """The notice that `notice_height` was measured of, and at which width."""
        self.answer = AnswerBlocks(wants_json=False)
        self.shifts: dict[int, int] = {}
        """How far wide blocks are scrolled sideways, by their group."""
        self.natural_widths: dict[int, int] = {}
        self.is_replaced = False
        """Whether `follow` found another text than the one before grown on."""
        self.has_new_foot = False
        """Whether what stands below the answer is another than before `follow` or `follow_state`."""
        self._state: tuple[AttemptState, float | None] | None = None
        self._measured = bytearray()
        self._is_head_measured = False
        self._groups: dict[int, int] = {}
        self._columns = TableColumns()
        self._used_columns: dict[int, list[int]] = {}
        self._estimate_head()

    # -- keeping in step -------------------------------------------------------------------------

    def follow(self) -> int | None:
        """Takes over what the turn is by now. From where on it may look different; None for nowhere."""
        attempt = self.turn.shown_attempt
        if attempt is None:
            return None
        dirty: int | None = None
        self.has_new_foot = self.is_replaced = False
        if attempt is not self.attempt:
            self.has_new_foot = self.is_replaced = True
            self.attempt, self._state = attempt, None
            self.stage.cache.drop(self, range(STEPS, len(self.answer)))
            self.answer = AnswerBlocks(wants_json=self.turn.ask.schema is not None)
            self._forget_blocks(0)
            self._lay_out_divider()
            self.arrange()
            dirty = 0
        if self._follow_steps(attempt):
            dirty = 0
        change = self.answer.follow(attempt.answer, is_over=not attempt.is_running)
        if change is not None:
            self.is_replaced = self.is_replaced or change.is_anew
            changed = self._apply(change)
            dirty = changed if dirty is None else min(dirty, changed)
        # Words that change with time alone wait for the next tick.
        state = (attempt.state, attempt.first_token_s)
        if state != self._state or not attempt.is_running:
            self._state = state
            state_dirty = self.follow_state()
            dirty = state_dirty if dirty is None else dirty
        return dirty

    def read_on(self, characters: int = 1) -> int | None:
        """Reads so much more of a long answer, or a little more; from where on it looks different."""
        dirty: int | None = None
        begun = self.answer.rest
        while self.answer.is_behind and (dirty is None or begun - self.answer.rest < characters):
            changed = self._apply(self.answer.read_on())
            dirty = changed if dirty is None else min(dirty, changed)
        return dirty

    def follow_state(self) -> int | None:
        """Takes over what changes with time alone: the state's words and a countdown."""
        attempt = self.attempt
        if attempt is None:
            return None
        run = self.stage.run_of(attempt)
        status, notice = status_line(attempt, run), notice_of(attempt, run)
        several = len(self.turn.attempts) > 1
        has_actions = several or (attempt.answer.has_text and not self.turn.is_running)
        if (status, notice, has_actions) == (self.status, self.notice, self.has_actions):
            return None
        self.has_new_foot = True
        self.status, self.notice, self.has_actions = status, notice, has_actions
        self.has_status = bool(status)
        if notice is None:
            self.notice_height = 0
        elif not self.notice_height:
            self.notice_height = 3 * self.stage.sizes.a_line
        return self.foot_top

    def _follow_steps(self, attempt: Attempt) -> bool:
        steps = attempt.answer.steps
        if steps == self.steps:
            return False
        self.steps = steps
        self.stage.cache.drop(self, (STEPS,))
        self._estimate_head()
        return True

    def _estimate_head(self) -> None:
        """Until question and steps are measured."""
        self._is_head_measured = False
        self._lay_out_divider()
        self.question_height = self.question_height or question_height(self.turn.ask.question, self.stage)
        self.has_steps = bool(self.steps)
        is_open = self.has_steps and self.are_steps_open
        self.steps_height = (self.steps_height or self.stage.sizes.a_line * len(self.steps)) if is_open else 0
        self.arrange()

    def _lay_out_divider(self) -> None:
        divider, stage = self._divider_above(), self.stage
        self.divider = DividerLine(divider, stage.look, stage.width) if divider is not None else None
        self.divider_height = self.divider.height if self.divider is not None else 0

    @property
    def divider_rect(self) -> QRect:
        """Where the words that part it from the turn before stand; empty for none."""
        return self.divider.words_rect(self.stage.sizes.pad) if self.divider is not None else QRect()

    def _apply(self, change: Change) -> int:
        kept = min(change.kept, len(self.heights))
        dirty = self.answer_top + self.heights.top(kept)
        self.stage.cache.drop(self, range(kept, len(self.heights)))
        self._forget_blocks(kept)
        stage, answer = self.stage, self.answer
        for index in range(kept, len(answer)):
            block = answer[index]
            if not block.is_first or block.kind is BlockKind.TABLE:
                self._groups.setdefault(block.group, index)
            self.heights.append(block_height(block, stage))
            self._measured.append(0)
        self.rest_height = rest_height(answer.rest, stage) if answer.is_behind else 0
        if change.redrawn:
            self._columns.forget()
        for index in change.redrawn:
            if index < kept:
                self.stage.cache.drop(self, (index,))
                self._measured[index] = 0
                dirty = min(dirty, self.answer_top + self.heights.top(index))
        return dirty

    def _forget_blocks(self, kept: int) -> None:
        self.heights.truncate(kept)
        del self._measured[kept:]
        while self._groups and self._groups[last := next(reversed(self._groups))] >= kept:
            del self._groups[last]
        self._columns.forget(kept)
        if not kept:  # another text: what was known of its tables and code means nothing
            self._forget_widths()
            self.shifts.clear()

    def _forget_widths(self) -> None:
        self._columns.forget()
        self._used_columns.clear()
        self.natural_widths.clear()

    def forget_layout(self) -> None:
        """Lays out anew: the width, the look or the zoom changed."""
        stage = self.stage
        stage.cache.drop(self, range(QUESTION, len(self.heights)))
        self.heights.reset(block_height(self.answer[i], stage) for i in range(len(self.heights)))
        self._measured = bytearray(len(self.heights))
        self.question_height = self.steps_height = 0
        self.measured_notice = None
        self._estimate_head()
        self._forget_widths()

    def forget_documents(self) -> None:
        """Draws anew: a title came. Heights stay until they are measured."""
        self.stage.cache.drop(self, range(QUESTION, len(self.heights)))
        self._measured = bytearray(len(self.heights))
        self._is_head_measured = False
        self._forget_widths()

    def toggle_steps(self) -> None:
        self.are_steps_open = not self.are_steps_open
        self._estimate_head()

    # -- documents -------------------------------------------------------------------------------

    def measure(self, top: int, bottom: int) -> int | None:
        """Lays out what lies between two heights. From where on heights changed; None when none did."""
        changed: int | None = None
        if bottom > 0 and top < self.answer_top and not self._is_head_measured:
            changed = self._measure_head()
        heights, begin = self.heights, self.answer_top
        if not len(heights) or begin >= bottom:
            return changed
        index = heights.at(max(0, top - begin))
        y = begin + heights.top(index)
        while index < len(heights) and y < bottom:
            if not self._measured[index]:
                before_height = heights[index]
                height = self.rendered(index).height
                self._measured[index] = 1
                if height != before_height:
                    heights.set(index, height)
                    changed = y if changed is None else changed
            y += heights[index]
            index += 1
        return changed

    def _measure_head(self) -> int | None:
        before = self.question_height, self.steps_height, self.divider_height
        self._lay_out_divider()
        self.question_height = self.rendered(QUESTION).height
        if self.steps_height:
            self.steps_height = self.rendered(STEPS).height
        self._is_head_measured = True
        if before == (self.question_height, self.steps_height, self.divider_height):
            return None
        self.arrange()
        return 0

    def rendered(self, part: int) -> RenderedBlock:
        """The laid-out document of a part."""
        cache = self.stage.cache
        found = cache.get(self, part)
        if found is None:
            found = self._render(part)
            cache.put(self, part, found)
        return found

    @property
    def rendered_parts(self) -> list[int]:
        """The parts that are laid out now, in order."""
        return self.stage.cache.parts(self)

    def _render(self, part: int) -> RenderedBlock:
        stage = self.stage
        if part == QUESTION:
            width = self.bubble.width() - 2 * stage.sizes.bubble_pad_x
            return render_runs(plain_runs(self.turn.ask.question), stage.look, width)
        if part == STEPS:
            return render_runs(
                plain_runs(steps_words(self.steps)), stage.look, self.steps_body.width(), is_small=True
            )
        block = self.answer[part]
        previous = self.answer[part - 1] if part else None
        columns = self._columns_of(block, part) if block.kind is BlockKind.TABLE else None
        rendered = render(
            block, self.answer.context, stage.look, stage.width, previous=previous, columns=columns
        )
        if rendered.natural_width > rendered.room:
            widest = self.natural_widths.get(block.group, 0)
            self.natural_widths[block.group] = max(widest, rendered.natural_width)
        return rendered

    def _columns_of(self, block: Block, part: int) -> list[int]:
        """The widths that the segments of a table share; a wider cell draws those before it anew."""
        first = self._groups.get(block.group, part)
        columns = self._columns.of(self.answer, first, self.stage.look)
        before = self._used_columns.get(block.group)
        self._used_columns[block.group] = columns
        if before is not None and before != columns:
            self.stage.cache.drop(self, range(first, part))
            self._measured[first:part] = bytes(part - first)
        return columns

    # -- what is where ---------------------------------------------------------------------------

    def shift_of(self, part: int) -> int:
        return self.shifts.get(self.answer[part].group, 0) if part >= 0 and self.shifts else 0

    def scroll_sideways(self, part: int, pixels: int) -> bool:
        """Moves wide code or a wide table; whether it did."""
        if not 0 <= part < len(self.answer):
            return False
        group = self.answer[part].group
        most = self.natural_widths.get(group, 0) - self.rendered(part).room
        before = self.shifts.get(group, 0)
        after = min(max(0, before + pixels), max(0, most))
        self.shifts[group] = after
        return after != before

    def position_at(self, point: QPoint) -> tuple[int, int]:
        """The part and the position nearest to a point."""
        part = self.section_at(point.y())
        section = self.section(part)
        assert section is not None
        inside = point - section.rect.topLeft()
        return part, self.rendered(part).position_at(inside, shift=self.shift_of(part))

    def line_top(self, part: int, position: int) -> int:
        """Where the line with a position begins."""
        section = self.section(part)
        top = section.rect.top() if section is not None else self.block_top(part)
        return top + self.rendered(part).rect_of(position).top()

    def group_of(self, part: int) -> range:
        """The blocks that belong together with this one: all segments of a fence, table or paragraph."""
        group = self.answer[part].group
        first = last = part
        while first > 0 and self.answer[first - 1].group == group:
            first -= 1
        while last + 1 < len(self.answer) and self.answer[last + 1].group == group:
            last += 1
        return range(first, last + 1)

    @property
    def codes(self) -> list[int]:
        """The first blocks of all code in the answer."""
        answer = self.answer
        return [
            index
            for index in range(len(answer))
            if answer[index].kind is BlockKind.CODE and answer[index].is_first
        ]

    def code_of(self, part: int) -> str:
        """The whole code that a block is a segment of."""
        code = ""
        for index in self.group_of(part):
            block = self.answer[index]
            code += block.content if block.is_first or block.continues_line else f"\n{block.content}"
        return code


def plain_runs(text: str) -> list[Run]:
    """Text that is shown as it was written."""
    return laid_out([TextRun(clean(text))])
