"""Asks whether everything is to be deleted: names what goes, and wants a word typed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

WORD = "delete"
_WIDTH_PX = 460
_MARGIN_PX = 24
_EDGE_PX = 24


class DeleteEverythingDialog(QDialog):
    """Nothing is deleted before the word stands in the field."""

    decided = Signal()

    def __init__(self, theme: Theme, what: tuple[str, ...], parent: QWidget) -> None:
        """`what` goes, a sentence each."""
        super().__init__(parent)
        self.setWindowTitle("Delete everything")
        self.setAccessibleName("Delete everything")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        px = theme.px
        ground = QWidget()
        ground.setObjectName("column")
        column = QVBoxLayout(ground)
        column.setContentsMargins(px(_MARGIN_PX), px(20), px(_MARGIN_PX), 0)
        column.setSpacing(px(8))
        title = plain_label("Delete everything Trackside keeps on this computer?", "heading", wraps=True)
        column.addWidget(title)
        for sentence in what:
            column.addWidget(plain_label(f"•  {sentence}", wraps=True))
        column.addWidget(plain_label("This can’t be taken back.", wraps=True))
        column.addStretch(1)
        texts = QScrollArea()  # large type in a small window has no room for all of them
        texts.setWidgetResizable(True)
        texts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        texts.setWidget(ground)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(texts, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(px(_MARGIN_PX), px(8), px(_MARGIN_PX), px(16))
        foot.setSpacing(px(8))
        outer.addLayout(foot)
        asked = plain_label(f"Type “{WORD}” to go on:", "muted", wraps=True)
        foot.addWidget(asked)
        self._word = QLineEdit()
        self._word.setAccessibleName(f"Type “{WORD}” to go on")
        self._word.textChanged.connect(self._follow)
        self._word.returnPressed.connect(self._go_on)
        foot.addWidget(self._word)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._delete = QPushButton("Delete everything")
        self._delete.setProperty("kind", "danger")
        self._delete.setAutoDefault(False)
        self._delete.setEnabled(False)
        self._delete.clicked.connect(self._go_on)
        buttons.addButton(self._delete, QDialogButtonBox.ButtonRole.DestructiveRole)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        foot.addWidget(buttons)
        room = parent.window().size()
        width = min(px(_WIDTH_PX), room.width() - _EDGE_PX)
        self.setFixedWidth(width)
        height = column.totalHeightForWidth(width) + foot.totalHeightForWidth(width) + px(8)
        self.resize(width, min(height, room.height() - _EDGE_PX))
        self._word.setFocus()

    @property
    def _is_agreed(self) -> bool:
        return self._word.text().strip().casefold() == WORD

    def _follow(self) -> None:
        self._delete.setEnabled(self._is_agreed)

    def _go_on(self) -> None:
        if self._is_agreed:
            self.decided.emit()
            self.accept()
