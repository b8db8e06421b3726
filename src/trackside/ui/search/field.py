"""The palette's line."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit


class SearchField(QLineEdit):
    """A line whose arrow and page keys move in the list; with Shift or Ctrl they stay the line's own."""

    moved = Signal(int)
    """So many lines, down or up."""
    paged = Signal(int)
    ended = Signal(int)
    """To the first line (-1) or the last (1)."""
    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        match event.key():
            case Qt.Key.Key_Up if plain:
                self.moved.emit(-1)
            case Qt.Key.Key_Down if plain:
                self.moved.emit(1)
            case Qt.Key.Key_PageUp if plain:
                self.paged.emit(-1)
            case Qt.Key.Key_PageDown if plain:
                self.paged.emit(1)
            case Qt.Key.Key_Home if plain:
                self.ended.emit(-1)
            case Qt.Key.Key_End if plain:
                self.ended.emit(1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.entered.emit()
            case _:
                super().keyPressEvent(event)
