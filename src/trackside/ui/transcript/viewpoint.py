"""Where the reader is: an anchor in the rows, or their end; the scroll bar is derived from it."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea

from trackside.ui.transcript.places import Place
from trackside.ui.transcript.rows import Anchor, Rows

AT_END_PX = 2
_SETTLE_ROUNDS = 24
_AHEAD_MS = 40
_DERIVED_EVERY_MS = 100


class Viewpoint(QObject):
    """Moves the view over the rows and has drawn what looks different. `y` is what stands at its top."""

    placed = Signal()
    """Rows may stand elsewhere by now."""

    def __init__(self, view: QAbstractScrollArea, rows: Rows, line_step: Callable[[], int]) -> None:
        super().__init__(view)
        self._view = view
        self._rows = rows
        self._line_step = line_step
        self._anchor: Anchor | None = None
        self._is_placing = False
        self._foot = -1
        self.y = 0
        self.follows = True
        """Whether the end is shown, and goes on being shown while it moves."""
        self.may_follow = True
        """Whether the end is followed at all, however long the reader is there."""
        self._ahead = QTimer(self, singleShot=True)
        self._ahead.timeout.connect(self._look_ahead)
        self._deriving = QTimer(self, singleShot=True, interval=_DERIVED_EVERY_MS)
        self._deriving.timeout.connect(self._derive_scroll_bar)

    @property
    def height(self) -> int:
        return self._view.viewport().height()

    @property
    def limit(self) -> int:
        """The largest `y` there is."""
        return max(0, self._rows.total - self.height)

    @property
    def is_at_end(self) -> bool:
        return self.y >= self.limit - AT_END_PX

    def restart(self) -> None:
        """Other rows are shown, from their end."""
        self._anchor = None
        self._ahead.stop()
        self.go_to_end()

    def go_to_end(self) -> None:
        self.follows = True
        self.place(everything=True)
        self.follows = self.may_follow

    def place(
        self, dirty: tuple[int, int] | None = None, *, foot: int | None = None, everything: bool = False
    ) -> None:
        """Puts the anchor, or the end, where it belongs. What looks different is everything from `dirty`
        on (a row, and pixels into it), or `everything`. `foot` says from where on (in the same row) it
        looks as it did, if that stands where it stood."""
        rows, view = self._rows, self._view
        before, old_foot = self._anchor, self._foot
        everything = self._settle(dirty) or everything or before is None
        moved = 0
        if len(rows):
            moved = rows.y_of(before) - self.y if before is not None else 0
            # One that there is no room for below is kept, for when there is.
            if self.follows or not moved:
                self._anchor = rows.anchor_at(self.y)
        if everything:
            self._derive_scroll_bar()
        else:
            self._derive_scroll_bar_soon()
        self._foot = -1
        if everything or abs(moved) >= self.height:
            view.viewport().update()
        elif dirty is None:
            if moved:
                view.viewport().scroll(0, moved)
        else:
            row_top = rows.top(dirty[0]) - self.y
            top, bottom = row_top + dirty[1], self.height
            if foot is not None:
                self._foot = row_top + foot
                if self._foot == old_foot:
                    bottom = min(bottom, old_foot)
            self._draw(max(0, top), bottom, moved)
        self.placed.emit()
        rows.shrink()

    def _draw(self, top: int, bottom: int, moved: int) -> None:
        """Has all between two heights drawn, after what stood above it has moved."""
        viewport = self._view.viewport()
        width = viewport.width()
        if moved:
            # Only what is above, so that what is below need not be drawn anew.
            viewport.scroll(0, moved, QRect(0, 0, width, min(self.height, max(top, top - moved))))
        if top < bottom:
            viewport.update(QRect(0, top, width, bottom - top))

    def _settle(self, dirty: tuple[int, int] | None) -> bool:
        """Lays out what is on the screen until its heights stand. Whether that moved what stood above
        `dirty`, or anything if that is None."""
        rows, has_moved, height = self._rows, False, self.height
        known, total = self._rows.total + height, rows.total  # nothing: it is below all there is
        for _ in range(_SETTLE_ROUNDS):
            y = self._wanted()
            # What was measured the last time is, as far down as it reached then.
            shrunk = max(0, total - rows.total)
            first = y if y < known else max(y, known + height - shrunk)
            known, total = y, rows.total
            changed = rows.measure(first, y + height)
            if changed is None:
                break
            if dirty is None or changed < rows.top(dirty[0]) + dirty[1]:
                has_moved = True
        self.y = self._wanted()
        return has_moved

    def _wanted(self) -> int:
        if self.follows or self._anchor is None:
            return self.limit
        return min(max(0, self._rows.y_of(self._anchor)), self.limit)

    def _derive_scroll_bar_soon(self) -> None:
        """While an answer grows at the end, its handle stands still for all that one can see: several times
        a second is enough, and a tenth of a frame's cost is saved."""
        if not self.follows:
            self._derive_scroll_bar()
        elif not self._deriving.isActive():
            self._deriving.start()

    def _derive_scroll_bar(self) -> None:
        self._deriving.stop()
        bar, height = self._view.verticalScrollBar(), self.height
        self._is_placing = True
        if bar.pageStep() != height:
            bar.setPageStep(height)
            bar.setSingleStep(self._line_step())
        bar.setRange(0, self.limit)
        bar.setValue(self.y)
        self._is_placing = False

    # -- moving ----------------------------------------------------------------------------------

    def on_scroll_bar(self) -> None:
        """Someone moved the scroll bar, by whatever means; going up lets go of the end."""
        if not self._is_placing and len(self._rows):
            bar = self._view.verticalScrollBar()
            # The bar may lag behind an answer that grows: its end means the end there is now.
            self.scroll_to(bar.value() if bar.value() < bar.maximum() else self.limit)

    def scroll_to(self, wanted: int) -> None:
        """Shows what stands at `wanted`."""
        rows, view = self._rows, self._view
        if not len(rows):
            return
        wanted = min(max(0, wanted), self.limit)
        is_step = self._anchor is not None and abs(wanted - self.y) < self.height
        if is_step:
            wanted = self._measured_step(wanted - self.y)
        before = self.y
        self.follows = self.may_follow and wanted >= before and wanted >= self.limit - AT_END_PX
        self._anchor = rows.anchor_at(wanted)
        is_new = self._settle(None) or not is_step
        self._anchor = rows.anchor_at(self.y)
        self._derive_scroll_bar()
        if is_new:
            view.viewport().update()
        elif self.y != before:
            view.viewport().scroll(0, before - self.y)
        self.placed.emit()
        rows.shrink()
        self._ahead.start(_AHEAD_MS)

    def _measured_step(self, step: int) -> int:
        """Where a step leads once all that comes into view by it is measured: what is seen already moves by
        just the step, however wrong the estimates were."""
        rows, anchor = self._rows, self._anchor
        assert anchor is not None
        for _ in range(_SETTLE_ROUNDS):
            y = rows.y_of(anchor)
            if rows.measure(y + min(step, 0), y + self.height + max(step, 0)) is None:
                break
        self.y = rows.y_of(anchor)
        return min(max(0, self.y + step), self.limit)

    def place_of_line(self) -> tuple[Place, int] | None:
        """The text at the top and how far below it is, so that `show_line` brings just this line back."""
        rows = self._rows
        if self.follows or not len(rows):
            return None
        row = rows.at(self.y)
        content = rows.content(row)
        inside = self.y - rows.top(row)
        part, position = content.position_at(QPoint(0, inside))
        line = content.line_top(part, position)
        return Place(row, part, position), line - inside

    def show_line(self, line: tuple[Place, int] | None) -> None:
        """Shows a line where it was, after everything was laid out anew."""
        if line is not None:
            (row, part, position), below = line
            content = self._rows.content(row)
            content.measure(content.block_top(part), content.block_top(part) + 1)
            offset = content.line_top(part, position) - content.block_top(part) - below
            self._anchor = Anchor(row, part, offset)
        self.place(everything=True)

    def show_row(self, row: int, *, from_end: bool = False) -> None:
        """Scrolls no further than it takes to have a row on the screen, or its end if there is no room."""
        rows = self._rows
        content = rows.content(row)
        content.measure(0, 2 * self.height)
        if from_end:
            content.measure(content.height - 2 * self.height, content.height)
        rows.sync(row)
        beyond = content.height - self.height
        top = rows.top(row) + (beyond if from_end and beyond > 0 else 0)
        self._show(top, top + min(self.height, content.height))

    def show_place(self, place: Place, *, above: int, below: int) -> None:
        """Scrolls no further than it takes to have a line on the screen, with so much air."""
        row, part, position = place
        rows = self._rows
        content = rows.content(row)
        for _ in range(_SETTLE_ROUNDS):
            # What stands above is laid out with it, or the line would move once that comes into view.
            line = content.line_top(part, position)
            if content.measure(line - self.height, line + self.height) is None:
                break
        rows.sync(row)
        top = rows.top(row) + content.line_top(part, position)
        self._show(top - above, top + below)

    def _show(self, top: int, bottom: int) -> None:
        if top < self.y:
            self.scroll_to(top)
        elif bottom > self.y + self.height:
            self.scroll_to(bottom - self.height)
        else:
            self.place(everything=True)  # heights may have changed on the way here

    def let_go(self) -> None:
        """Stays where it is, whatever grows at the end."""
        self.follows = False

    def hold_on(self) -> None:
        """Follows the end again if that is what is seen."""
        self.follows = self.may_follow and (self.follows or self.is_at_end)

    def _look_ahead(self) -> None:
        """Lays out a screen above and below, a part at a time, so that the next steps find it done."""
        a_part = max(1, self.height // 4)
        for number in range(4):
            for y in (self.y + self.height + number * a_part, self.y - (number + 1) * a_part):
                if 0 <= y < self._rows.total and self._rows.measure(y, y + a_part) is not None:
                    self.place()
                    self._ahead.start(0)
                    return
