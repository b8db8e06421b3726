"""The turn that the keyboard is at."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from trackside.ui.transcript.page import Page
from trackside.ui.transcript.viewpoint import Viewpoint

_WALKED_LINES = 3


class RowFocus(QObject):
    """`moved` carries the row that it came to; `is_shown` says whether a ring is drawn around it."""

    moved = Signal(int)

    def __init__(
        self, page: Page, viewpoint: Viewpoint, line_step: Callable[[], int], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._viewpoint = viewpoint
        self._line_step = line_step
        self.row = -1
        self.is_shown = False

    def forget(self) -> None:
        self.row = -1

    def enter(self, *, by_key: bool) -> None:
        """The view got the focus; by a key, a turn on the screen has it then."""
        self.is_shown = by_key
        if by_key and self.row < 0:
            self.row = self._page.last_row
        if self.row >= 0:
            self.moved.emit(self.row)

    def leave(self) -> None:
        self.is_shown = False

    def walk(self, step: int) -> None:
        """Goes to the next turn, or first to the rest of a tall one."""
        page, rows, height = self._page, self._page.rows, self._viewpoint.height
        if not len(rows):
            return
        self.is_shown = True
        if self.row < 0:
            self.go_to(page.last_row if step < 0 else page.first_row)
            return
        rect = page.row_rect(self.row)
        is_more = rect.bottom() >= height if step > 0 else rect.top() < 0
        is_near = rect.bottom() >= 0 and rect.top() < height
        if is_more and is_near:
            page.scroll_by(step * _WALKED_LINES * self._line_step())
        else:
            self.go_to(min(max(0, self.row + step), len(rows) - 1), from_end=step < 0)

    def go_to(self, row: int, *, from_end: bool = False) -> None:
        """Makes a turn the current one and shows as much of it as there is room for."""
        self.row = row
        self._viewpoint.show_row(row, from_end=from_end)
        self.moved.emit(row)
