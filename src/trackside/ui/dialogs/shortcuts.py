"""F1: all shortcuts."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from trackside.ui.actions import COMMANDS, keys_of
from trackside.ui.theme import Theme

_TYPED = (("Enter", "Send the question"), ("Shift+Enter", "Break the line"), ("F2", "Rename a session"))


def open_shortcuts(theme: Theme, parent: QWidget) -> QDialog:
    """Shows the list; the dialog deletes itself when closed."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Shortcuts")
    px = theme.px
    grid = QGridLayout()
    grid.setHorizontalSpacing(px(32))
    grid.setVerticalSpacing(px(6))
    lines = [(keys_of(command), command.words) for command in COMMANDS if command.keys] + list(_TYPED)
    half = (len(lines) + 1) // 2
    for number, (keys, words) in enumerate(lines):
        column = 2 * (number // half)
        key_label = QLabel(keys)
        key_label.setProperty("role", "muted")
        grid.addWidget(key_label, number % half, column)
        grid.addWidget(QLabel(words), number % half, column + 1)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    outer = QVBoxLayout(dialog)
    outer.setContentsMargins(px(20), px(20), px(20), px(16))
    outer.setSpacing(px(16))
    outer.addLayout(grid)
    outer.addWidget(buttons)
    dialog.open()
    return dialog
