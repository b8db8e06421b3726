"""What could be wrong here, as text that can be read, copied and saved; it fills as the parts come."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from trackside.domain.diagnosis import LEFT_OUT, Part, PartName, as_text
from trackside.ui.labels import plain_label
from trackside.ui.settings.page import page_button
from trackside.ui.theme import Theme

_WIDTH_PX = 680
_HEIGHT_PX = 620
_EDGE_PX = 24
_MOST_TROUBLES = 4


class DiagnosticsDialog(QDialog):
    """Shows what it is given; what is wanted leaves as a signal."""

    test_wanted = Signal()
    copy_wanted = Signal(str)
    save_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget, now: Callable[[], str]) -> None:
        """`now` says in words when the report is made."""
        super().__init__(parent)
        self.setWindowTitle("Diagnostics")
        self.setAccessibleName("Diagnostics")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._now = now
        self._parts: dict[PartName, Part] = {}
        px = theme.px
        self._summary = plain_label("", "heading", wraps=True)
        self._summary.setAccessibleName("Summary")
        self._troubles = plain_label("", wraps=True, is_selectable=True)
        self._card = QFrame()
        self._card.setProperty("kind", "warning")
        inner = QVBoxLayout(self._card)
        inner.setContentsMargins(px(12), px(8), px(12), px(8))
        inner.addWidget(self._troubles)
        self._card.hide()
        self._text = QPlainTextEdit()
        self._text.setProperty("kind", "code")
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setAccessibleName("Report")
        self._test = page_button("Test the connection")
        self._test.clicked.connect(self.test_wanted)
        self._copy = page_button("Copy")
        self._copy.clicked.connect(lambda: self.copy_wanted.emit(self.report))
        self._save = page_button("Save…")
        self._save.clicked.connect(lambda: self.save_wanted.emit(self.report))
        close = page_button("Close")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addWidget(self._test)
        row.addStretch(1)
        for button in (self._copy, self._save, close):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(20), px(20), px(20), px(16))
        column.setSpacing(px(12))
        column.addWidget(self._summary)
        column.addWidget(plain_label(LEFT_OUT, "muted", wraps=True))
        column.addWidget(self._card)
        column.addWidget(self._text, 1)
        column.addLayout(row)
        window = parent.window()
        self.resize(
            min(px(_WIDTH_PX), window.width() - _EDGE_PX), min(px(_HEIGHT_PX), window.height() - _EDGE_PX)
        )
        self._last = self._copy

    @property
    def report(self) -> str:
        """All that is known by now, in the parts' order."""
        return as_text([self._parts[name] for name in PartName if name in self._parts], self._now())

    def begin(self, *, with_test: bool) -> None:
        """Something is being gathered from now on; what is known stays until it comes anew."""
        self._summary.setText("Testing the connection…" if with_test else "Looking around…")
        # The focus comes back to where it was: a button that can't be pressed loses it.
        buttons = (self._test, self._save, self._copy)
        self._last = next((button for button in buttons if button.hasFocus()), self._last)
        for button in buttons:
            button.setEnabled(False)

    def show_part(self, part: Part) -> None:
        """One more part; the reader's place in the text stays."""
        self._parts[part.name] = part
        bar = self._text.verticalScrollBar()
        place = bar.value()
        self._text.setPlainText(self.report)
        self._text.moveCursor(QTextCursor.MoveOperation.Start)
        bar.setValue(place)
        troubles = [words for one in self._parts.values() for words in one.troubles]
        more = (
            [f"… and {len(troubles) - _MOST_TROUBLES} more, below."] if len(troubles) > _MOST_TROUBLES else []
        )
        self._troubles.setText("\n".join(troubles[:_MOST_TROUBLES] + more))
        self._card.setVisible(bool(troubles))

    def end(self) -> None:
        """All that was to be gathered is here."""
        count = sum(not part.is_fine for part in self._parts.values())
        self._summary.setText(
            "Nothing is wrong as far as can be seen."
            if not count
            else "One thing needs a look."
            if count == 1
            else f"{count} things need a look."
        )
        for button in (self._test, self._save, self._copy):
            button.setEnabled(True)
        if not self._text.hasFocus():
            self._last.setFocus()
