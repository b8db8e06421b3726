"""The composer: the message, the chips of what goes with it, and the one control Send / Stop / Retry."""

from enum import Enum

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from trackside.domain.settings import Settings
from trackside.domain.turn import QUESTION_LIMIT, RECAP_BREAK
from trackside.ui.composer.message import MessageEdit
from trackside.ui.composer.recap_card import RecapCard
from trackside.ui.flow import FlowLayout
from trackside.ui.labels import plain_label
from trackside.ui.shortcuts import Shortcuts
from trackside.ui.theme import COLUMN_PX, Theme, repolish

_LOW_PX = 420
"""In a window that is lower there are less words and less air."""
_COUNTED_FROM = 0.8
"""The share of the limit from which on a low window says how long the question is."""


class Control(Enum):
    """What the one button does now."""

    SEND = "Send"
    STOP = "Stop"
    RETRY = "Retry"


class Composer(QWidget):
    """Where a question is written. It shows what it is told and asks for what was pressed."""

    send_wanted = Signal(str)
    stop_wanted = Signal()
    retry_wanted = Signal()
    draft_changed = Signal(str)
    steps_toggled = Signal(bool)
    web_search_toggled = Signal(bool)
    instructions_wanted = Signal()
    schema_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("composerArea")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._is_low = False
        self._is_running = False
        self._can_retry = False
        self._control = Control.SEND
        self._shortcuts: Shortcuts | None = None

        self._card = QFrame()
        self._card.setObjectName("composer")
        self.recap = RecapCard(theme)
        self.recap.unfolded.connect(self._make_room)
        self.limit = plain_label(role="small", wraps=True)
        self.limit.hide()
        self.message = MessageEdit(theme)
        self.message.setPlaceholderText("Ask about your videos and images")
        self.message.send_wanted.connect(self._send)
        self.message.textChanged.connect(self._on_text)
        self.message.focus_changed.connect(self._show_focus)
        self._instructions = self._chip("Instructions: off", checkable=False)
        self._instructions.clicked.connect(self.instructions_wanted)
        self._schema = self._chip("Schema: off", checkable=False)
        self._schema.clicked.connect(self.schema_wanted)
        self._steps = self._chip("Show steps", checkable=True)
        self._steps.toggled.connect(self._on_steps)
        self._web = self._chip("Web search", checkable=True)
        self._web.toggled.connect(self._on_web)
        self._count = QLabel()
        self._count.setProperty("role", "small")
        self.button = QPushButton()
        self.button.clicked.connect(self._press)
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self.show_length()

    # -- what is shown ---------------------------------------------------------------------------

    def show_text(self, text: str) -> None:
        """Puts a draft in, without telling that it changed."""
        was_blocked = self.blockSignals(True)
        if self.message.toPlainText() != text:
            self.message.setPlainText(text)
            self.message.moveCursor(self.message.textCursor().MoveOperation.End)
        self.blockSignals(was_blocked)
        self.show_length()

    def show_chips(self, *, instructions: bool, schema: bool, steps: bool, web_search: bool) -> None:
        """Says what the next question will carry."""
        self._instructions.setText("Instructions: on" if instructions else "Instructions: off")
        self._schema.setText("Schema: on" if schema else "Schema: off")
        for chip, is_on in ((self._instructions, instructions), (self._schema, schema)):
            if chip.property("isOn") != ("true" if is_on else "false"):
                chip.setProperty("isOn", "true" if is_on else "false")
                repolish(chip)
        for chip, is_on in ((self._steps, steps), (self._web, web_search)):
            was_blocked = chip.blockSignals(True)
            chip.setChecked(is_on)
            chip.blockSignals(was_blocked)
        self._word_toggles()

    def use_settings(self, settings: Settings) -> None:
        """Which Enter sends."""
        if self.message.enter_sends != settings.enter_sends:
            self.message.enter_sends = settings.enter_sends
            self._show_control()

    def show_state(self, *, is_running: bool, can_retry: bool) -> None:
        """`can_retry`: whether the last answer was stopped or failed."""
        self._is_running, self._can_retry = is_running, can_retry
        self._choose_control()

    def show_follow_up(self, is_follow_up: bool) -> None:
        words = "Ask a follow-up" if is_follow_up else "Ask about your videos and images"
        self.message.setPlaceholderText(words)

    @property
    def is_low(self) -> bool:
        """Whether there is so little height that every line counts."""
        return self._is_low

    def fit_into(self, window_px: int) -> bool:
        """Takes over how high the window is; tells whether that is little."""
        is_low = window_px < self._theme.px(_LOW_PX)
        if is_low != self._is_low:
            self._is_low = is_low
            self.recap.set_low(is_low)
            self.message.least_lines = 1 if is_low else 2
            self._dress()
            self.show_length()
        self._make_room()
        return is_low

    # -- inside ----------------------------------------------------------------------------------

    def _make_room(self, _is_unfolded: bool = False) -> None:
        """In a low window the recap is edited instead of the message, not above it."""
        is_shown = not self.recap.needs_room
        for part in (self.message, self._instructions, self._schema, self._steps, self._web, self.button):
            part.setVisible(is_shown)

    def _lay_out(self) -> None:
        self._chips = FlowLayout()
        for chip in (self._instructions, self._schema, self._steps, self._web):
            self._chips.addWidget(chip)
        self._row = QHBoxLayout()
        self._row.addLayout(self._chips, 1)
        bottom = Qt.AlignmentFlag.AlignBottom
        self._row.addWidget(self._count, 0, bottom)
        self._row.addWidget(self.button, 0, bottom)
        self._card_column = QVBoxLayout(self._card)
        self._card_column.addWidget(self.recap)
        self._card_column.addWidget(self.limit)
        self._card_column.addWidget(self.message)
        self._card_column.addLayout(self._row)
        self._outer = QHBoxLayout(self)
        self._outer.addStretch(1)
        self._outer.addWidget(self._card, 100)
        self._outer.addStretch(1)

    def _chip(self, words: str, *, checkable: bool) -> QPushButton:
        chip = QPushButton(words)
        chip.setProperty("kind", "pill")
        chip.setCheckable(checkable)
        # A click leaves the cursor in the message; Tab still reaches the chip.
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return chip

    def _dress(self) -> None:
        px = self._theme.px
        above, below, inner = (6, 8, 7) if self._is_low else (12, 14, 11)
        self._outer.setContentsMargins(px(20), px(above), px(20), px(below))
        self._card.setMaximumWidth(px(COLUMN_PX))
        self._card_column.setContentsMargins(px(12), px(inner), px(12), px(inner))
        self._card_column.setSpacing(px(8))
        self._row.setSpacing(px(8))
        self._chips.set_gap(px(6))
        self._count.setMinimumHeight(px(32))
        self.message.setFont(self._theme.font())
        self.message.fit()
        self._show_control()

    def _on_text(self) -> None:
        self.show_length()
        self.draft_changed.emit(self.message.toPlainText())

    def show_length(self) -> None:
        """Counts what will be sent: the question, and the recap before it."""
        count, recap = len(self.message.toPlainText()), self.recap.recap
        if recap:
            count += len(recap) + len(RECAP_BREAK)
        self._count.setText(f"{count:,} / {QUESTION_LIMIT:,}")
        with_recap = ", the recap included" if recap else ""
        self._count.setAccessibleName(f"{count:,} of {QUESTION_LIMIT:,} characters{with_recap}")
        self._count.setToolTip("The question and the recap together" if recap else "")
        # Where there is little height the chips need its room, or else more lines.
        self._count.setVisible(not self._is_low or count >= _COUNTED_FROM * QUESTION_LIMIT)
        role = "error" if count > QUESTION_LIMIT else "small"
        if self._count.property("role") != role:
            self._count.setProperty("role", role)
            repolish(self._count)
        self._choose_control()

    def _on_steps(self, is_on: bool) -> None:
        self._word_toggles()
        self.steps_toggled.emit(is_on)

    def _on_web(self, is_on: bool) -> None:
        self._word_toggles()
        self.web_search_toggled.emit(is_on)

    def _word_toggles(self) -> None:
        """A checked chip also says so in a sign, not in colour alone."""
        for chip, words in ((self._steps, "Show steps"), (self._web, "Web search")):
            chip.setText(f"{words} ✓" if chip.isChecked() else words)
            chip.setAccessibleName(words)

    def _send(self) -> None:
        if not self._is_running:
            self.send_wanted.emit(self.message.toPlainText())

    def _press(self) -> None:
        match self._control:
            case Control.SEND:
                self._send()
            case Control.STOP:
                self.stop_wanted.emit()
            case Control.RETRY:
                self.retry_wanted.emit()
        self.message.setFocus()

    def _choose_control(self) -> None:
        is_empty = not self.message.toPlainText().strip()
        if self._is_running:
            control = Control.STOP
        elif is_empty and self._can_retry:
            control = Control.RETRY
        else:
            control = Control.SEND
        if control is not self._control:
            self._control = control
            self._show_control()
        is_enabled = control is not Control.SEND or not is_empty
        if is_enabled != self.button.isEnabled():
            self.button.setEnabled(is_enabled)
            self._show_control()

    def show_keys(self, shortcuts: Shortcuts) -> None:
        """Says which keys do the same as the button."""
        self._shortcuts = shortcuts
        self._show_control()

    def _keys_of(self, command: str) -> str:
        return self._shortcuts.words_of(command) if self._shortcuts is not None else ""

    def _show_control(self) -> None:
        px = self._theme.px
        enter = "Enter" if self.message.enter_sends else "Ctrl+Enter"
        kind, icon, role, keys = {
            Control.SEND: ("primary", "send", "on_accent", enter),
            Control.STOP: ("danger", "stop", "error", self._keys_of("stop")),
            Control.RETRY: ("primary", "retry", "on_accent", self._keys_of("retry")),
        }[self._control]
        words = self._control.value
        role = role if self.button.isEnabled() else "muted"
        self.button.setText(f"{words}  {keys}" if keys and self._control is Control.STOP else words)
        self.button.setAccessibleName(words)
        self.button.setToolTip(f"{words} ({keys})" if keys else words)
        self.button.setIcon(self._theme.icon(icon, role))
        self.button.setIconSize(QSize(px(15), px(15)))
        self.button.setProperty("kind", kind)
        repolish(self.button)
        self.button.setMinimumWidth(px(92))

    def _show_focus(self, has_focus: bool) -> None:
        self._card.setProperty("isFocused", "true" if has_focus else "false")
        repolish(self._card)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.message.fit()
