"""A field that takes keys instead of text: Enter begins, then whatever is pressed is taken."""

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton

from trackside.ui.theme import repolish

_MODIFIERS = (
    Qt.Key.Key_Control,
    Qt.Key.Key_Shift,
    Qt.Key.Key_Alt,
    Qt.Key.Key_Meta,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_unknown,
)
_NONE = "None"
_WAITING = "Press keys…"
_CLEARING = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class KeyField(QPushButton):
    """Shows a command's keys. Pressed, it waits for others: Esc, Tab or a click elsewhere leave the old ones,
    Backspace leaves none."""

    given = Signal(QKeySequence)
    """What was pressed; empty for none."""

    def __init__(self, command: str) -> None:
        """`command` is what the keys are for, in words."""
        super().__init__()
        self._command = command
        self._words = ""
        self._is_waiting = False
        self.setAutoDefault(False)
        self.setProperty("kind", "keys")
        self.setAccessibleDescription("Press Enter, then the keys. Backspace leaves none, Esc the old ones.")
        self.clicked.connect(self._begin)
        self.show_keys("")

    def show_keys(self, words: str) -> None:
        """The keys as the system writes them; empty for none."""
        self._words = words
        if not self._is_waiting:
            self.setText(words or _NONE)
        self.setAccessibleName(f"Keys of {self._command}: {words or 'none'}")

    def _begin(self) -> None:
        self._wait(is_waiting=True)

    def _wait(self, *, is_waiting: bool) -> None:
        self._is_waiting = is_waiting
        self.setText(_WAITING if is_waiting else self._words or _NONE)
        self.setProperty("isOn", "true" if is_waiting else "false")
        repolish(self)

    def event(self, event: QEvent) -> bool:
        # While it waits every key is its own: shortcuts, the dialog's Esc and Tab among them.
        if self._is_waiting and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() not in (
                Qt.Key.Key_Tab,
                Qt.Key.Key_Backtab,
            ):
                self._take(event)
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._is_waiting:
            self._wait(is_waiting=False)

    def _take(self, event: QKeyEvent) -> None:
        if event.key() in _MODIFIERS or event.isAutoRepeat():
            return
        self._wait(is_waiting=False)
        # The keypad's digits are the same keys to a person.
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        has_modifiers = modifiers != Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_Escape and not has_modifiers:
            return
        if event.key() in _CLEARING and not has_modifiers:
            self.given.emit(QKeySequence())
            return
        key = event.key()
        if key == Qt.Key.Key_Backtab:
            key = Qt.Key.Key_Tab
        self.given.emit(QKeySequence(QKeyCombination(modifiers, Qt.Key(key))))
