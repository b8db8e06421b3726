"""A check box with a mark that follows theme and zoom."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from trackside.ui.theme import Theme


class CheckBox(QCheckBox):
    """Its box is the style sheet's, its mark an icon of ours."""

    def __init__(self, theme: Theme, words: str) -> None:
        super().__init__(words)
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        self._theme.icon("check", "on_accent", 14).paint(QPainter(self), box)
