"""F1: all shortcuts."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from trackside.ui.actions import COMMANDS
from trackside.ui.shortcuts import FIXED, Shortcuts
from trackside.ui.theme import Theme

_EDGE_PX = 24
"""What is left of the window around the dialog."""


class ShortcutsDialog(QDialog):
    """Lists what there is; `change_wanted` leads to where they are chosen."""

    change_wanted = Signal()

    def __init__(self, theme: Theme, shortcuts: Shortcuts, enter_sends: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Shortcuts")
        px = theme.px
        ground = QWidget()
        ground.setObjectName("column")
        grid = QGridLayout(ground)
        grid.setContentsMargins(px(20), px(20), px(20), px(16))
        grid.setHorizontalSpacing(px(32))
        grid.setVerticalSpacing(px(6))
        lines = [(keys, c.words) for c in COMMANDS if (keys := shortcuts.words_of(c.name))]
        lines.append((_native("Enter" if enter_sends else "Ctrl+Enter"), "Send the question"))
        lines += [(_native(keys), words) for keys, words in FIXED]
        half = (len(lines) + 1) // 2
        for number, (keys, words) in enumerate(lines):
            column = 2 * (number // half)
            key_label = QLabel(keys)
            key_label.setProperty("role", "muted")
            grid.addWidget(key_label, number % half, column)
            grid.addWidget(QLabel(words), number % half, column + 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName("Shortcuts")
        scroll.setWidget(ground)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        change = buttons.addButton("Change…", QDialogButtonBox.ButtonRole.ActionRole)
        change.clicked.connect(self._change)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(px(20), px(12), px(20), px(16))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)
        wanted = ground.sizeHint()
        room = parent.window().size()
        width = min(wanted.width() + px(4), room.width() - _EDGE_PX)
        height = min(wanted.height() + buttons.sizeHint().height() + px(4), room.height() - _EDGE_PX)
        self.resize(width, height)

    def _change(self) -> None:
        self.accept()
        self.change_wanted.emit()


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
