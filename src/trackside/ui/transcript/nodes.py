"""What the view tells a screen reader."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

from trackside.ui.transcript.accessible import NodeTarget
from trackside.ui.transcript.page import Page
from trackside.ui.transcript.pointing import Spot
from trackside.ui.transcript.row_focus import RowFocus
from trackside.ui.transcript.spots import targets_in
from trackside.ui.transcript.texts import TurnTexts


class ViewNodes:
    """Answers for the view; see `TranscriptNodes`."""

    def __init__(
        self,
        page: Page,
        texts: TurnTexts,
        focus: RowFocus,
        press: Callable[[Spot], None],
        widgets: Callable[[], list[QWidget]],
    ) -> None:
        self._page = page
        self._texts = texts
        self._focus = focus
        self._press = press
        self._widgets = widgets

    def row_count(self) -> int:
        return len(self._page.rows)

    def row_words(self, row: int) -> str:
        return self._texts.row_words(row)

    def row_rect(self, row: int) -> QRect:
        return self._page.row_rect(row)

    def row_at(self, point: QPoint) -> int:
        return self._page.row_at(point)

    def row_targets(self, row: int) -> list[NodeTarget]:
        content = self._page.rows.realised(row)
        if content is None:
            return []
        return list(targets_in(row, content, self._page.row_rect(row).topLeft(), self._press))

    def current_row(self) -> int:
        return self._focus.row

    def focus_row(self, row: int) -> None:
        self._focus.go_to(row)

    def child_widgets(self) -> list[QWidget]:
        return [widget for widget in self._widgets() if not widget.isHidden()]
