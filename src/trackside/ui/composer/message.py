"""The message field: grows with its text, sends on Enter, never while an input method composes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QInputMethodEvent, QKeyEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from trackside.ui.theme import Theme

if TYPE_CHECKING:
    from trackside.ui.composer.misspellings import Misspellings

_MAX_LINES = 8


class MessageEdit(QPlainTextEdit):
    """Plain text only. `send_wanted` follows Ctrl+Enter, and Enter alone unless `enter_sends` is off."""

    send_wanted = Signal()
    focus_changed = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._is_composing = False
        self.enter_sends = True
        self.misspellings: Misspellings | None = None
        """Underlines words, once that was switched on."""
        self.least_lines = 2
        """As low as it gets; `fit` heeds it."""
        self.setObjectName("message")
        self.setAccessibleName("Message")
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.textChanged.connect(self.fit)

    def fit(self) -> None:
        """As tall as its text, within limits."""
        lines = max(self.least_lines, min(self._line_count(), _MAX_LINES))
        height = lines * self.fontMetrics().lineSpacing() + self._theme.px(6)
        if height != self.height():
            self.setFixedHeight(height)
        is_full = self._line_count() > _MAX_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if is_full else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(400), self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._is_composing:
            has_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            has_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if has_ctrl or (self.enter_sends and not has_shift):
                self.send_wanted.emit()
                return
            # Every other Enter breaks the line as a paragraph, so that the text has no odd separators.
            self.insertPlainText("\n")
            return
        super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._is_composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.createStandardContextMenu(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # The Menu key gives the middle of the field; what is meant then is the word at the cursor.
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self.cursorRect().center() if by_key else event.pos()
        word = self.misspellings.word_at(place) if self.misspellings is not None else None
        if word is None or self.misspellings is None:
            menu.popup(self.viewport().mapToGlobal(place))
        else:
            self.misspellings.open_menu(menu, word, self.viewport().mapToGlobal(place))

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasText():
            self.insertPlainText(source.text())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def _line_count(self) -> int:
        # QPlainTextDocumentLayout measures its size in lines.
        return max(1, int(self.document().size().height()))
