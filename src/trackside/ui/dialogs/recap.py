"""The recap that was sent with a question, to read and to copy."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme


def open_recap(theme: Theme, recap: str, parent: QWidget) -> QDialog:
    """Shows it; the dialog deletes itself when closed."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Recap")
    px = theme.px
    words = plain_label(
        f"This was sent before the question, since the service did not know the turns above it: "
        f"{len(recap):,} characters.",
        "muted",
        wraps=True,
    )
    text = QPlainTextEdit(recap)
    text.setProperty("kind", "code")
    text.setReadOnly(True)
    text.setTabChangesFocus(True)
    text.setAccessibleName("Recap that was sent")
    text.setMinimumSize(px(420), px(220))
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(px(20), px(20), px(20), px(16))
    column.setSpacing(px(12))
    column.addWidget(words)
    column.addWidget(text, 1)
    column.addWidget(buttons)
    screen = parent.screen().availableGeometry()
    dialog.resize(min(px(560), screen.width() - px(40)), min(px(420), screen.height() - px(80)))
    dialog.open()
    return dialog
