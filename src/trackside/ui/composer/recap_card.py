"""The card above the message: what a new conversation at the service is told of the turns above."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout

from trackside.ui.check_box import CheckBox
from trackside.ui.labels import plain_label, plain_tooltip
from trackside.ui.theme import Theme

_EDITOR_PX, _LEAST_EDITOR_PX = 132, 52


class RecapCard(QFrame):
    """Shows the recap that the next question will carry, and lets one leave it out or put it otherwise.

    `recap_changed` carries what is wanted: a text, empty for none, or None for the one made from the turns.
    """

    recap_changed = Signal(object)
    unfolded = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._recap = ""
        self._own: str | None = None
        """What the user made of it, for when the check comes back."""
        self._is_edited = False
        self._is_low = False
        self.setObjectName("recap")
        self._words = plain_label(role="muted", wraps=True)
        self.carries = CheckBox(theme, "Carry a recap")
        self.carries.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the cursor in the message
        self.carries.toggled.connect(self._on_toggled)
        self.unfolds = self._flat("Show and edit", self._toggle)
        self._anew = self._flat("Make it anew", self._make_anew)
        self._count = plain_label(role="small")
        self.editor = QPlainTextEdit()
        self.editor.setProperty("kind", "code")
        self.editor.setAccessibleName("Recap")
        self.editor.setTabChangesFocus(True)
        self.editor.setPlaceholderText("What the service should know of the turns above.")
        self.editor.textChanged.connect(self._on_text)
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.editor.hide()
        self._row = QHBoxLayout()
        for widget in (self.carries, self.unfolds, self._anew):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._row.addWidget(self._count)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._words)
        self._column.addLayout(self._row)
        self._column.addWidget(self.editor)
        self.hide()
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def recap(self) -> str:
        """What is sent before the next question; empty while the card is not shown."""
        return "" if self.isHidden() else self._recap.strip()

    def show_recap(self, words: str, recap: str, *, is_edited: bool, is_wanted: bool) -> None:
        """`words` say why; a recap that is wanted may yet be empty, for want of room."""
        self._words.setText(words)
        self.carries.setToolTip(plain_tooltip(words))
        self.carries.setAccessibleDescription(words)
        self._recap, self._is_edited = recap, is_edited
        if is_edited and recap:
            self._own = recap
        was_blocked = self.carries.blockSignals(True)
        self.carries.setChecked(is_wanted)
        self.carries.blockSignals(was_blocked)
        if self.editor.toPlainText() != recap:
            was_blocked = self.editor.blockSignals(True)
            self.editor.setPlainText(recap)
            self.editor.blockSignals(was_blocked)
        self._show_state()
        self.show()

    def set_low(self, is_low: bool) -> None:
        """Whether there is little height: what can be said in a tooltip is then."""
        self._words.setVisible(not is_low)
        self._is_low = is_low
        self._dress()

    @property
    def needs_room(self) -> bool:
        """Whether it is edited where there is no height for anything beside it."""
        return self._is_low and not self.isHidden() and not self.editor.isHidden()

    def leave(self) -> None:
        """There is nothing to choose now."""
        self._own = None
        self._fold()
        self.hide()
        self.unfolded.emit(False)

    # -- inside ----------------------------------------------------------------------------------

    def _on_toggled(self, is_on: bool) -> None:
        if not is_on:
            self._fold()
        self.recap_changed.emit(self._own if is_on else "")

    def _on_text(self) -> None:
        self._recap = self.editor.toPlainText()
        self._own, self._is_edited = self._recap or None, True
        was_blocked = self.carries.blockSignals(True)
        self.carries.setChecked(bool(self._recap.strip()))
        self.carries.blockSignals(was_blocked)
        self._show_state()
        self.recap_changed.emit(self._recap)

    def _make_anew(self) -> None:
        self._own = None
        if self._anew.hasFocus():
            self.editor.setFocus()
        self.recap_changed.emit(None)

    def _toggle(self) -> None:
        if self.editor.isHidden():
            self.editor.show()
            self.editor.setFocus()
            self.unfolded.emit(True)
        else:
            self._fold()
        self._show_state()

    def _fold(self) -> None:
        if self.editor.hasFocus():
            self.unfolds.setFocus()
        self.editor.hide()
        self.unfolded.emit(False)

    def _show_state(self) -> None:
        is_on, is_open = self.carries.isChecked(), not self.editor.isHidden()
        length = len(self._recap.strip())
        self.unfolds.setVisible(is_on or is_open)
        self.unfolds.setText("Fold" if is_open else "Show and edit")
        self.unfolds.setAccessibleName("Fold the recap" if is_open else "Show and edit the recap")
        self._anew.setVisible(self._is_edited and is_open)
        if not is_on:
            words = ""
        elif length:
            words = f"{length:,} characters{', edited' if self._is_edited else ''}"
        else:
            words = "No room beside this question"
        self._count.setText(words)
        self._count.setAccessibleName(f"Recap: {words}" if words else "")

    def _flat(self, words: str, slot: object) -> QPushButton:
        assert callable(slot)
        button = QPushButton(words)
        button.setProperty("kind", "flat")
        button.setAutoDefault(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: slot())
        return button

    def _dress(self) -> None:
        px = self._theme.px
        edge = px(3 if self._is_low else 8)
        self._column.setContentsMargins(px(11), edge, px(11), edge)
        self._column.setSpacing(px(6))
        self._row.setSpacing(px(8))
        # In a low window it gives way before the message does.
        self.editor.setMinimumHeight(px(_LEAST_EDITOR_PX))
        self.editor.setMaximumHeight(px(_EDITOR_PX))
