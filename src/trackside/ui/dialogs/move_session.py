"""Where a session goes on whose connection was removed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QSizePolicy, QVBoxLayout, QWidget

from trackside.domain.recap import shortened
from trackside.ui.combo_box import ComboBox
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_WIDTH_PX = 440
_LONGEST_TITLE = 60


class MoveSession(QDialog):
    """Says what moving means, and moves only when that is confirmed."""

    move_wanted = Signal(str)
    """The id of the connection that it shall go on with."""

    def __init__(
        self, theme: Theme, title: str, connections: Sequence[tuple[str, str, str]], parent: QWidget
    ) -> None:
        """`connections`: the id, name and host of each that is there."""
        super().__init__(parent)
        px = theme.px
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Move session")
        self.setAccessibleName("Move session")
        question = plain_label(
            f"The connection of “{shortened(title, _LONGEST_TITLE)}” was removed. "
            "Which connection shall it go on with?",
            wraps=True,
        )
        meaning = plain_label(
            "The next question begins a new conversation at that service. It can carry a recap of the turns "
            "so far, which stay here as they are.",
            "muted",
            wraps=True,
        )
        self._choice = ComboBox(theme)
        self._choice.setAccessibleName("Connection")
        # A long name is cut rather than that it makes the dialog wide.
        self._choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for id_, name, host in connections:
            self._choice.addItem(f"{name} · {host}" if host else name, id_)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        move = buttons.addButton("Move", QDialogButtonBox.ButtonRole.AcceptRole)
        move.setProperty("kind", "primary")
        move.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(20), px(20), px(20), px(16))
        column.setSpacing(px(12))
        for widget in (question, self._choice, meaning, buttons):
            column.addWidget(widget)
        width = min(px(_WIDTH_PX), parent.window().width() - px(24))
        self.setFixedWidth(width)
        self._choice.setFocus()

    def _accept(self) -> None:
        self.move_wanted.emit(self._choice.currentData())
        self.accept()
