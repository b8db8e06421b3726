"""The settings' rows: a label, and beside it what it is about; above it where there is no room for both."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from trackside.ui.theme import Theme

_LABEL_PX = 150
_ROOM_PX = 560
"""Narrower than this, at 100 %, a row's label takes a line of its own."""


class SettingRows:
    """Adds rows to a column. `width` is what there is for them, in pixels."""

    def __init__(self, theme: Theme, column: QVBoxLayout, width: int) -> None:
        self._theme = theme
        self._column = column
        self._is_narrow = width < theme.px(_ROOM_PX)

    def add(self, words: str, *parts: QWidget, stretch: QWidget | None = None, is_tall: bool = False) -> None:
        """`stretch` is the part that takes the room that is left; beside a tall one all others stand at its
        top. Without words the parts stand below those of the row above."""
        px = self._theme.px
        place = Qt.AlignmentFlag.AlignTop if is_tall else Qt.AlignmentFlag.AlignVCenter
        row = QHBoxLayout()
        row.setSpacing(px(8))
        if words:
            label = QLabel(words)
            if stretch is not None:
                label.setBuddy(stretch)
            if self._is_narrow:
                self._column.addWidget(label)
                self._column.addSpacing(px(-5))  # nearer to what it is about than to the row above
            else:
                label.setFixedWidth(px(_LABEL_PX))
                row.addWidget(label, 0, place)
        elif not self._is_narrow:
            # Not an empty label, which would keep its line when all parts are hidden.
            row.addSpacing(px(_LABEL_PX) + px(8))
        for part in parts:
            if part is stretch:
                row.addWidget(part, 1)
            else:
                row.addWidget(part, 0, place)
        if stretch is None:
            row.addStretch(1)
        self._column.addLayout(row)
