"""A combo box with an arrow that follows theme and zoom."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle

from trackside.ui.theme import Theme


class ComboBox(QComboBox):
    """Its frame is the style sheet's, its arrow an icon of ours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        size = self._theme.px(14)
        place = QRect(self.width() - size - self._theme.px(9), (self.height() - size) // 2, size, size)
        painter = QPainter(self)
        place = QStyle.visualRect(self.layoutDirection(), self.rect(), place)
        self._theme.icon("chevron-down", "muted", 14).paint(painter, place)
        painter.end()
