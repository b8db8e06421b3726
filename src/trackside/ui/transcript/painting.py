"""Draws turns: bubble, steps, blocks and the state's line, and only what has to be drawn."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTextCharFormat

from trackside.ui.theme import Theme
from trackside.ui.transcript.panel import CopyButton
from trackside.ui.transcript.places import STEPS
from trackside.ui.transcript.turn_content import TurnContent
from trackside.ui.transcript.words import steps_line

Marks = Callable[[int, int, str], Sequence[tuple[int, int, QTextCharFormat]]]
"""What is selected or found in a part: (row, part, its text) → (from, to, format)."""
CopyButtons = Callable[[int, int], CopyButton]
"""What the button of a part shows: (row, part)."""


class TurnPainter:
    """Paints one turn after the other with the theme's colours."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.restyle()

    def restyle(self) -> None:
        """Takes over the theme's colours and sizes; asking for each at each frame would cost more than it."""
        theme = self._theme
        self.ground = theme.color("background")
        self._bubble = theme.color("bubble")
        self._line = theme.color("line")
        self._muted = theme.color("muted")
        self._status_font = theme.font(12)
        self._radius = theme.px(12)
        self._extent = QColor(theme.color("control_line"))
        self._extent.setAlpha(130)

    def paint(
        self,
        painter: QPainter,
        row: int,
        content: TurnContent,
        origin: QPoint,
        clip: QRect,
        marks: Marks,
        copy_button: CopyButtons,
    ) -> None:
        """`origin` is where the turn's left top stands, `clip` what has to be painted: the viewport's."""
        left, top = origin.x(), origin.y()
        above, below = clip.top() - top, clip.bottom() + 1 - top
        if above < content.answer_top:
            self._paint_head(painter, content, origin, clip)
        for part, inside_left, inside_top in content.places(above, below):
            rendered = content.rendered(part)
            x, y = left + inside_left, top + inside_top
            if part == STEPS:
                painter.fillRect(left + content.stage.sizes.half_gap, y, 2, content.steps_height, self._line)
            has_button = rendered.copy_rect is not None
            rendered.paint(
                painter,
                x,
                y,
                clip,
                shift=content.shift_of(part) if content.shifts else 0,
                selections=marks(row, part, rendered.text),
                copy_button=copy_button(row, part) if has_button else CopyButton.RESTING,
            )
            if content.natural_widths and part >= 0:
                self._paint_extent(painter, content, part, QPoint(x, y), rendered.height)
        if content.status and content.status_rect.intersects(clip.translated(-origin)):
            painter.setPen(self._muted)
            painter.setFont(self._status_font)
            painter.drawText(
                content.status_rect.translated(origin),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                content.status,
            )

    def _paint_head(self, painter: QPainter, content: TurnContent, origin: QPoint, clip: QRect) -> None:
        """What parts it from the turn before, the question's bubble and the line of the steps."""
        inside = clip.translated(-origin)
        if content.divider is not None and content.divider_rect.intersects(inside):
            content.divider.paint(painter, QPoint(origin.x(), origin.y() + content.stage.sizes.pad))
        bubble = content.bubble
        if bubble.intersects(inside):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._bubble)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(bubble.translated(origin), self._radius, self._radius)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if content.steps and content.steps_line.intersects(inside):
            self._paint_steps_line(painter, content, origin)

    def paint_focus(self, painter: QPainter, content: TurnContent, origin: QPoint) -> None:
        """The ring around the turn that the keyboard is at."""
        theme = self._theme
        frame = QRect(origin, content.bubble.bottomRight() + origin)
        frame.setTop(frame.top() + content.divider_height)
        frame.setBottom(origin.y() + content.height - theme.px(3))
        frame = frame.adjusted(-theme.px(10), theme.px(3), theme.px(10), 0)
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(QRectF(frame).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(12), theme.px(12))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_steps_line(self, painter: QPainter, content: TurnContent, origin: QPoint) -> None:
        theme, line = self._theme, content.steps_line.translated(origin)
        assert content.attempt is not None
        painter.fillRect(
            QRect(line.left() + theme.px(4), line.top(), 2, line.height() + theme.px(2)), theme.color("line")
        )
        name = "chevron-down" if content.are_steps_open else "chevron-right"
        size = theme.px(14)
        left = line.left() + content.stage.sizes.steps_indent
        theme.icon(name, "muted", 14).paint(
            painter, QRect(left, line.top() + (line.height() - size) // 2, size, size)
        )
        painter.setPen(theme.color("muted"))
        painter.setFont(theme.font(12.5))
        words = painter.fontMetrics().elidedText(
            steps_line(content.attempt), Qt.TextElideMode.ElideRight, line.width() - theme.px(40)
        )
        painter.drawText(
            line.adjusted(content.stage.sizes.steps_indent + theme.px(18), 0, 0, 0),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            words,
        )

    def _paint_extent(
        self, painter: QPainter, content: TurnContent, part: int, place: QPoint, height: int
    ) -> None:
        """A slim bar below a wide block that shows which part of it is seen."""
        block = content.answer[part]
        natural = content.natural_widths.get(block.group, 0)
        if not natural or not (block.is_last or part + 1 == len(content.answer)):
            return
        rendered = content.rendered(part)
        room = rendered.room
        if natural <= room:
            return
        theme = self._theme
        width = max(theme.px(24), room * room // natural)
        travel = room - width
        at = travel * content.shift_of(part) // max(1, natural - room)
        bar = QRect(place.x() + rendered.room_left + at, place.y() + height - theme.px(5), width, theme.px(3))
        painter.fillRect(bar, self._extent)
