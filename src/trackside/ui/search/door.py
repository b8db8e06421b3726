"""The sidebar's way to the search: a field that hands over to the palette whatever is done to it."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_OPENING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down)


class SearchDoor(QLineEdit):
    """Keeps nothing that is typed or pasted into it. Tab only passes by; Esc leads on to the message."""

    wanted = Signal(str)
    """The palette shall open, with these words behind what stands in it."""
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName("Search sessions")
        self.setAccessibleDescription("Opens search and commands.")
        self.setPlaceholderText("Search all sessions")
        self._keys = plain_label("", "small")
        self._keys.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._row = QHBoxLayout(self)
        self._row.addStretch(1)
        self._row.addWidget(self._keys)
        self.textChanged.connect(self._hand_over)
        theme.changed.connect(self._dress)
        self._dress()

    def show_keys(self, words: str) -> None:
        """The keys that open the palette from anywhere; empty for none."""
        self._keys.setText(words)

    def _hand_over(self, text: str) -> None:
        if text:
            self.clear()
            self.wanted.emit(text)

    def _dress(self) -> None:
        self._row.setContentsMargins(0, 0, self._theme.px(10), 0)

    def event(self, event: QEvent) -> bool:
        # Else the window takes Esc to stop an answer.
        if event.type() == QEvent.Type.ShortcutOverride and _key(event) == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in _OPENING_KEYS:
            self.wanted.emit("")
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.wanted.emit("")


def _key(event: QEvent) -> int:
    return event.key() if isinstance(event, QKeyEvent) else 0
