"""A slim scroll bar that costs next to nothing to paint."""

from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractSlider, QScrollBar, QStyle, QWidget

from trackside.ui.theme import Theme

_LEAST_PX = 36


class SlimScrollBar(QScrollBar):
    """Upright. Its handle is drawn here, since a style's costs more than a frame of text does, and only
    when it is another: most frames of a long answer don't move it by a pixel."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._theme = theme
        self._drawn = QRect()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        if self._handle() != self._drawn:
            super().sliderChange(change)

    def _handle(self) -> QRect:
        """Where the style has it, by its own arithmetic: asking costs more than painting."""
        span, page = self.maximum() - self.minimum(), self.pageStep()
        if span <= 0:
            return QRect()
        room = self.height()
        length = min(room, max(self._theme.px(_LEAST_PX), room * page // (span + page)))
        place = QStyle.sliderPositionFromValue(0, span, self.sliderPosition(), room - length)
        return QRect(0, place, self.width(), length)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("background"))
        self._drawn = handle = self._handle()
        if not handle.isEmpty():
            margin = theme.px(2)
            is_lively = self.underMouse() or self.isSliderDown()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("faint" if is_lively else "control_line"))
            shape = QRectF(handle).adjusted(margin, margin, -margin, -margin)
            painter.drawRoundedRect(shape, theme.px(3), theme.px(3))
        painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()
