"""The order in which Tab goes through the window."""

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def tab_stops(part: QWidget) -> list[QWidget]:
    """What Tab stops at in a part of the window, in the order it was made."""
    tab = Qt.FocusPolicy.TabFocus.value
    return [widget for widget in part.findChildren(QWidget) if widget.focusPolicy().value & tab]


def put_in_order(*widgets: QWidget) -> None:
    """Tab goes from each of them to the next. All are in one window."""
    for first, second in pairwise(widgets):
        QWidget.setTabOrder(first, second)
