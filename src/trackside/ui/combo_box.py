"""A combo box with an arrow that follows theme and zoom."""

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox

from trackside.ui.chevron import paint_chevron
from trackside.ui.theme import Theme


class ComboBox(QComboBox):
    """Its frame is the style sheet's, its arrow an icon of ours."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_chevron(self, self._theme)
