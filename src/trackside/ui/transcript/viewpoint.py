"""Where the reader is: an anchor in the rows, or their end; the scroll bar is derived from it."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea

from trackside.ui.transcript.rows import Anchor, Rows

AT_END_PX = 2
_SETTLE_ROUNDS = 24
_AHEAD_MS = 40


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
        self.y = 0
        self.follows = True
        """Whether the end is shown, and goes on being shown while it moves."""
        self._ahead = QTimer(self, singleShot=True, interval=_AHEAD_MS)
        self._ahead.timeout.connect(self._look_ahead)

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

    def place(self, dirty: tuple[int, int] | None = None, *, everything: bool = False) -> None:
        """Puts the anchor, or the end, where it belongs. What looks different is everything from `dirty`
        on (a row, and pixels into it), or `everything`."""
        rows, view = self._rows, self._view
        before = self._anchor
        everything = self._settle(dirty) or everything or before is None
        moved = 0
        if len(rows):
            moved = rows.y_of(before) - self.y if before is not None else 0
            self._anchor = rows.anchor_at(self.y)
        self._derive_scroll_bar()
        if everything or abs(moved) >= self.height:
            view.viewport().update()
        else:
            if moved:
                view.viewport().scroll(0, moved)
            if dirty is not None:
                top = max(0, rows.top(dirty[0]) + dirty[1] - self.y)
                if top < self.height:
                    view.viewport().update(QRect(0, top, view.viewport().width(), self.height - top))
        self.placed.emit()
        rows.shrink()

    def _settle(self, dirty: tuple[int, int] | None) -> bool:
        """Lays out what is on the screen until its heights stand. Whether that moved what stood above
        `dirty`, or anything if that is None."""
        rows, has_moved = self._rows, False
        for _ in range(_SETTLE_ROUNDS):
            y = self._wanted()
            changed = rows.measure(y, y + self.height)
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

    def _derive_scroll_bar(self) -> None:
        bar = self._view.verticalScrollBar()
        self._is_placing = True
        bar.setPageStep(self.height)
        bar.setSingleStep(self._line_step())
        bar.setRange(0, self.limit)
        bar.setValue(self.y)
        self._is_placing = False

    # -- moving ----------------------------------------------------------------------------------

    def on_scroll_bar(self) -> None:
        """Someone moved the scroll bar, by whatever means; going up lets go of the end."""
        if not self._is_placing and len(self._rows):
            self.scroll_to(self._view.verticalScrollBar().value())

    def scroll_to(self, wanted: int) -> None:
        """Shows what stands at `wanted`."""
        rows, view = self._rows, self._view
        if not len(rows):
            return
        wanted = min(max(0, wanted), self.limit)
        before = self.y
        self.follows = wanted >= before and wanted >= self.limit - AT_END_PX
        self._anchor = rows.anchor_at(wanted)
        is_new = self._settle(None) or abs(self.y - before) >= self.height
        self._anchor = rows.anchor_at(self.y)
        self._derive_scroll_bar()
        if is_new:
            view.viewport().update()
        elif self.y != before:
            view.viewport().scroll(0, before - self.y)
        self.placed.emit()
        rows.shrink()
        self._ahead.start()

    def show_row(self, row: int, inside: int = 0, height: int | None = None) -> None:
        """Scrolls no further than it takes to have a stretch of a row on the screen."""
        rows = self._rows
        content = rows.content(row)
        content.measure(inside - self.height, inside + 2 * self.height)
        rows.sync(row)
        top = rows.top(row) + inside
        bottom = top + min(self.height, content.height if height is None else height)
        if top < self.y:
            self.scroll_to(top)
        elif bottom > self.y + self.height:
            self.scroll_to(bottom - self.height)

    def _look_ahead(self) -> None:
        """Lays out a screen above and below, so that the next steps find it done."""
        rows, height = self._rows, self.height
        below = rows.measure(self.y + height, self.y + 2 * height)
        if below is not None:
            self.place()
        if self.y > 0 and rows.measure(max(0, self.y - height), self.y) is not None:
            self.place()
