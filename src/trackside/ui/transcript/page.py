"""What stands where on the viewport: from points to rows, spots and places in the text."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

from trackside.ui.transcript.places import Place
from trackside.ui.transcript.pointing import Spot, Zone
from trackside.ui.transcript.rows import Rows
from trackside.ui.transcript.spots import spot_in
from trackside.ui.transcript.turn_content import TurnContent
from trackside.ui.transcript.viewpoint import Viewpoint


class Page:
    """Points and rectangles are the viewport's."""

    def __init__(self, viewport: QWidget, rows: Rows, viewpoint: Viewpoint) -> None:
        self._viewport = viewport
        self.rows = rows
        self._viewpoint = viewpoint

    def seen(self, top: int, bottom: int) -> Iterator[tuple[int, TurnContent, QPoint]]:
        """The rows between two heights, with their left tops."""
        left, y = self.rows.stage.left, self._viewpoint.y
        for row, row_top in self.rows.between(y + top, y + bottom):
            yield row, self.rows.content(row), QPoint(left, row_top - y)

    @property
    def first_row(self) -> int:
        """The row at the top; 0 when there is none."""
        return self.rows.at(self._viewpoint.y) if len(self.rows) else 0

    @property
    def last_row(self) -> int:
        """The row at the bottom; -1 when there is none."""
        return self.rows.at(self._viewpoint.y + self._viewpoint.height - 1) if len(self.rows) else -1

    def row_at(self, point: QPoint) -> int:
        """The row at a point, or -1."""
        found = next(self.seen(point.y(), point.y() + 1), None)
        return -1 if found is None else found[0]

    def row_rect(self, row: int) -> QRect:
        """Where a row is, on the viewport or not."""
        stage = self.rows.stage
        return QRect(stage.left, self.rows.top(row) - self._viewpoint.y, stage.width, self.rows.heights[row])

    def spot_at(self, point: QPoint) -> Spot:
        found = next(self.seen(point.y(), point.y() + 1), None)
        if found is None:
            return Spot(Zone.GROUND)
        row, content, origin = found
        return spot_in(row, content, point - origin)

    def place_at(self, point: QPoint) -> Place | None:
        """The place in the text that is nearest to a point; None when there is no text."""
        if not len(self.rows):
            return None
        y = min(max(point.y(), 0), self._viewport.height() - 1)
        row = self.rows.at(self._viewpoint.y + y)
        content = self.rows.content(row)
        part, position = content.position_at(QPoint(point.x(), y) - self.row_rect(row).topLeft())
        return Place(row, part, position)

    def overshoot(self, point: QPoint) -> int:
        """How far a point is below the viewport (positive) or above it (negative)."""
        if point.y() < 0:
            return point.y()
        return max(0, point.y() - self._viewport.height() + 1)

    def scroll_by(self, pixels: int) -> None:
        self._viewpoint.scroll_to(self._viewpoint.y + pixels)
