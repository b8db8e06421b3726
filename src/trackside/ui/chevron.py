"""The arrow at the end of a control that opens a menu or a list: our icon, following theme and zoom."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QWidget

from trackside.ui.theme import Theme


def paint_chevron(control: QWidget, theme: Theme, role: str = "muted", inset: int = 9) -> None:
    """Paints it over what the control has painted of itself, where a line ends in the control's direction.

    `inset` is how far from the control's edge it stands, in pixels at 100 %.
    """
    size = theme.px(14)
    place = QRect(control.width() - size - theme.px(inset), (control.height() - size) // 2, size, size)
    painter = QPainter(control)
    place = QStyle.visualRect(control.layoutDirection(), control.rect(), place)
    theme.icon("chevron-down", role, 14).paint(painter, place)
    painter.end()
