"""The line for finding words in the session: a field, where one is among the matches, and how to look."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QToolButton, QWidget

from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme
from trackside.ui.transcript.query import Query

_MOST_CHARACTERS = 1_000
_FIELD_PX = 200
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FindBar(QFrame):
    """A card to lay over the transcript's top. It hides itself when it is closed.

    `query_changed` comes with each keystroke. Enter and F3 ask for the next match, with Shift for the one
    before; the field keeps the focus.
    """

    query_changed = Signal(Query)
    next_wanted = Signal()
    previous_wanted = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("kind", "card")
        self.setAccessibleName("Find in session")
        self.field = QLineEdit()
        self.field.setAccessibleName("Find in session")
        self.field.setPlaceholderText("Find in session")
        self.field.setMaxLength(_MOST_CHARACTERS)
        self._place = plain_label(role="small")
        self._place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._place.setAccessibleName("Matches")
        self._case = self._button("Match case", is_toggle=True)
        self._whole = self._button("Whole word", is_toggle=True)
        self._previous = self._button("Previous match", "Shift+Enter")
        self._next = self._button("Next match", "Enter")
        self._close = self._button("Close", "Esc")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.field, 1)
        for widget in (self._place, self._case, self._whole, self._previous, self._next, self._close):
            self._row.addWidget(widget)
        self.setFocusProxy(self.field)
        self.setTabOrder(self.field, self._case)

        self.field.textChanged.connect(self._tell_query)
        for toggle in (self._case, self._whole):
            toggle.toggled.connect(self._on_toggled)
        self._previous.clicked.connect(self.previous_wanted)
        self._next.clicked.connect(self.next_wanted)
        self._close.clicked.connect(self.close_bar)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_state(0, 0, is_complete=True)
        self.hide()

    # -- what is looked for ----------------------------------------------------------------------

    @property
    def query(self) -> Query:
        return Query(self.field.text(), self._case.isChecked(), self._whole.isChecked())

    def open(self, words: str = "", *, is_plain: bool = False) -> None:
        """Shows the bar with the field ready to be typed in. `words` replace what stood there last;
        `is_plain` takes them in any case and as parts of words."""
        words = " ".join(words.split())[:_MOST_CHARACTERS]
        if is_plain:
            for toggle in (self._case, self._whole):
                toggle.blockSignals(True)
                toggle.setChecked(False)
                toggle.blockSignals(False)
            self._dress_toggles()
        self.field.blockSignals(True)
        self.field.setText(words or self.field.text())
        self.field.blockSignals(False)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._tell_query()

    def close_bar(self) -> None:
        """Hides the bar. Whoever laid it over something gives that the focus."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def _tell_query(self) -> None:
        self.query_changed.emit(self.query)

    def _on_toggled(self) -> None:
        self._dress_toggles()
        self._tell_query()

    # -- what was found --------------------------------------------------------------------------

    def show_state(self, number: int, count: int, is_complete: bool) -> None:
        """Says where one is: the current match's number of how many, as far as all are counted."""
        words = self._words_for(number, count, is_complete)
        for button in (self._previous, self._next):
            button.setEnabled(count > 0)
        if words == self._place.text():
            return
        self._place.setText(words)
        self._fit_place()
        if words and is_complete and self.isVisible() and QAccessible.isActive():
            event = QAccessibleAnnouncementEvent(self.field, words)
            QAccessible.updateAccessibility(event)

    def _words_for(self, number: int, count: int, is_complete: bool) -> str:
        if self.query.is_empty:
            return ""
        if not is_complete:
            return f"{count:,}+" if count else "Searching…"
        return f"{number:,} of {count:,}" if count else "No results"

    # -- keys ------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Else the window takes Esc to stop an answer.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F3)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the field and the buttons have no use for come here."""
        is_back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() == Qt.Key.Key_F3 or (event.key() in _ENTER and self.field.hasFocus()):
            (self.previous_wanted if is_back else self.next_wanted).emit()
        else:
            # A key in the bar is never one for the transcript under it.
            event.accept()

    # -- look ------------------------------------------------------------------------------------

    def _button(self, name: str, keys: str = "", *, is_toggle: bool = False) -> QToolButton:
        button = QToolButton()
        button.setProperty("kind", "flat")
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({keys})" if keys else name)
        button.setCheckable(is_toggle)
        # A click leaves the cursor in the field; Tab reaches the buttons.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _dress(self) -> None:
        theme, px = self._theme, self._theme.px
        self._row.setContentsMargins(px(8), px(6), px(8), px(6))
        self._row.setSpacing(px(4))
        self.field.setMinimumWidth(px(_FIELD_PX // 2))
        for button, icon in (
            (self._previous, "chevron-up"),
            (self._next, "chevron-down"),
            (self._close, "close"),
        ):
            button.setIcon(theme.icon(icon, "muted"))
            button.setIconSize(QSize(px(16), px(16)))
        self._dress_toggles()
        self._fit_place()

    def _dress_toggles(self) -> None:
        for button, icon in ((self._case, "match-case"), (self._whole, "whole-word")):
            button.setIcon(self._theme.icon(icon, "accent" if button.isChecked() else "muted"))
            button.setIconSize(QSize(self._theme.px(16), self._theme.px(16)))

    def _fit_place(self) -> None:
        """Room for the usual words, so that nothing moves while one types."""
        metrics = QFontMetrics(self._theme.font(12))
        usual = max(
            metrics.horizontalAdvance(words) for words in ("No results", "Searching…", "999 of 9,999")
        )
        self._place.setMinimumWidth(
            max(usual, metrics.horizontalAdvance(self._place.text())) + self._theme.px(8)
        )

    def sizeHint(self) -> QSize:
        """As wide as the field wants to be; it gets along with half of that."""
        hint = super().sizeHint()
        missing = self._theme.px(_FIELD_PX) - self.field.sizeHint().width()
        return QSize(hint.width() + max(0, missing), hint.height())
