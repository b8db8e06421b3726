"""What lies over the window while the palette is open."""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from trackside.ui.theme import Theme

_REACH_PX, _DROP_PX, _RINGS = 14, 4, 8


class Ground(QWidget):
    """Nothing but the shadow of the card, so that all else can still be read."""

    pressed = Signal()
    """A click beside the card."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self.card = QRect()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.pressed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 4))
        radius, drop = self._theme.px(12), self._theme.px(_DROP_PX)
        for number in range(_RINGS):
            grown = self._theme.px(_REACH_PX * (number + 1) / _RINGS)
            around = self.card.adjusted(-grown, drop - grown, grown, drop + grown)
            painter.drawRoundedRect(around, radius + grown, radius + grown)
        painter.end()
