"""What can be done with an answer: the row of buttons under the one that is pointed at or walked to."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from trackside.domain.failure import FailureAction
from trackside.domain.turn import Turn
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme
from trackside.ui.transcript.words import Notice, facts_line


class ActionBar(QWidget):
    """Retry, Copy, paging through attempts, and the answer's facts."""

    retry_wanted = Signal(Turn)
    copy_wanted = Signal(Turn)
    attempt_wanted = Signal(Turn, int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.turn: Turn | None = None
        self._retry = self._flat_button("Retry", lambda: self._tell(self.retry_wanted))
        self._copy = self._flat_button("Copy", lambda: self._tell(self.copy_wanted))
        self._previous = self._flat_button("", lambda: self._page(-1))
        self._previous.setAccessibleName("Previous attempt")
        self._previous.setToolTip("Previous attempt")
        self._next = self._flat_button("", lambda: self._page(1))
        self._next.setAccessibleName("Next attempt")
        self._next.setToolTip("Next attempt")
        self._place = plain_label(role="small")
        self._facts = plain_label(role="small")
        self._facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self._retry, self._copy, self._previous, self._place, self._next):
            self._row.addWidget(part)
        self._row.addWidget(self._facts, 1)
        self.restyle()

    @property
    def buttons(self) -> list[QPushButton]:
        return [self._retry, self._copy, self._previous, self._next]

    def show_turn(self, turn: Turn, notice: Notice | None) -> None:
        """Shows what can be done with a turn whose attempt has ended. A notice that offers a retry has it
        already."""
        attempt = turn.shown_attempt
        if attempt is None:
            return
        self.turn = turn
        self._retry.setVisible(not turn.is_running and not (notice and FailureAction.RETRY in notice.actions))
        self._copy.setVisible(attempt.answer.has_text and not attempt.is_running)
        self._facts.setText(facts_line(attempt))
        several, shown = len(turn.attempts) > 1, turn.attempts.index(attempt)
        for part in (self._previous, self._next, self._place):
            part.setVisible(several)
        self._previous.setEnabled(shown > 0)
        self._next.setEnabled(shown < len(turn.attempts) - 1)
        self._place.setText(f"{shown + 1} / {len(turn.attempts)}")
        self._place.setAccessibleName(f"Attempt {shown + 1} of {len(turn.attempts)}")

    def restyle(self) -> None:
        theme = self._theme
        self._row.setSpacing(theme.px(2))
        size = theme.px(15)
        for button, icon in zip(
            self.buttons, ("retry", "copy", "chevron-left", "chevron-right"), strict=True
        ):
            button.setIcon(theme.icon(icon, "muted", 15))
            button.setIconSize(QSize(size, size))

    def _flat_button(self, words: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(words, self)
        button.setProperty("kind", "flat")
        button.setAutoDefault(True)  # Enter presses it, as Space does
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the cursor in the message
        button.clicked.connect(slot)
        return button

    def _tell(self, signal: SignalInstance) -> None:
        if self.turn is not None:
            signal.emit(self.turn)

    def _page(self, step: int) -> None:
        turn = self.turn
        attempt = turn.shown_attempt if turn is not None else None
        if turn is not None and attempt is not None:
            self.attempt_wanted.emit(turn, turn.attempts.index(attempt) + step)
