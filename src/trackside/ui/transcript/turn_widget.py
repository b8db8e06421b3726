"""One turn: the question's bubble, the steps, the answer, and what can be done with it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from trackside.chat.run import Run
from trackside.domain.answer import Step, StepKind
from trackside.domain.citation import Citation
from trackside.domain.failure import FailureAction
from trackside.domain.turn import Attempt, Turn
from trackside.ui.flow import FlowLayout
from trackside.ui.labels import button_words, plain_label
from trackside.ui.tab_order import put_in_order
from trackside.ui.theme import COLUMN_PX, Theme, repolish
from trackside.ui.transcript.answer_text import AnswerText
from trackside.ui.transcript.words import Notice, facts_line, notice_of, status_line, steps_line

_ACTION_WORDS = {
    FailureAction.RETRY: "Retry",
    FailureAction.OPEN_CONNECTION: "Open connection settings",
    FailureAction.NEW_SERVER_SESSION: "Go on in a new conversation",
    FailureAction.CHOOSE_STORE: "Choose another store",
}
_STEP_LENGTH = 600


class TurnWidget(QWidget):
    """Shows a turn. What a person wants of it leaves as signals."""

    action_wanted = Signal(Turn, FailureAction)
    try_now_wanted = Signal()
    stop_wanted = Signal()
    attempt_wanted = Signal(Turn, int)
    copy_wanted = Signal(str, str)
    """What to copy, and the word for it."""
    citation_clicked = Signal(Citation)
    link_clicked = Signal(str)

    def __init__(
        self,
        turn: Turn,
        theme: Theme,
        name_of: Callable[[str | None], str],
        run_of: Callable[[Attempt], Run | None],
        max_tries: int,
    ) -> None:
        super().__init__()
        self.turn = turn
        self._theme = theme
        self._run_of = run_of
        self._max_tries = max_tries
        self._notice_shown: Notice | None = None
        self._steps_shown: list[Step] = []

        self._bubble = QFrame()
        self._bubble.setObjectName("bubble")
        self._question = plain_label(_breakable(turn.ask.question), wraps=True, is_selectable=True)
        self._question.setAccessibleName(f"Question: {turn.ask.question}")
        self._steps_button = QToolButton()
        self._steps_button.setProperty("kind", "flat")
        self._steps_button.setCheckable(True)
        self._steps_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._steps_button.toggled.connect(self._show_steps)
        self._steps = QFrame()
        self._steps.setObjectName("steps")
        self._steps_text = plain_label(role="small", wraps=True, is_selectable=True)
        self.answer = AnswerText(theme, name_of)
        self.answer.citation_clicked.connect(self.citation_clicked)
        self.answer.link_clicked.connect(self.link_clicked)
        self._status = plain_label(role="small")
        self._notice = QFrame()
        self._notice_text = plain_label(wraps=True, is_selectable=True)
        self._notice_buttons: list[QWidget] = []
        self._notice_row = FlowLayout()
        self._actions = QWidget()
        self._retry = self._flat_button("Retry", "retry", lambda: self._want(FailureAction.RETRY))
        self._copy = self._flat_button("Copy", "copy", self._copy_answer)
        self._previous = self._flat_button("", "chevron-left", lambda: self._page(-1))
        self._previous.setAccessibleName("Previous attempt")
        self._next = self._flat_button("", "chevron-right", lambda: self._page(1))
        self._next.setAccessibleName("Next attempt")
        self._place = plain_label(role="small")
        self._facts = plain_label(role="small")
        self._facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._lay_out()
        self.restyle()

    @property
    def tab_stops(self) -> list[QWidget]:
        """What Tab stops at, as it is read."""
        row = (self._retry, self._copy, self._previous, self._next)
        return [self._steps_button, self.answer, *self._notice_buttons, *row]

    # -- showing ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the chosen attempt as it stands now."""
        attempt = self.turn.shown_attempt
        if attempt is None:
            return
        has_text = attempt.answer.has_text
        self.answer.setVisible(has_text)
        if has_text:
            self.answer.show_answer(attempt.answer, is_final=not attempt.is_running)
        self._refresh_steps(attempt)
        self.refresh_state()
        several = len(self.turn.attempts) > 1
        is_running = any(each.is_running for each in self.turn.attempts)
        self._actions.setVisible(several or (has_text and not is_running))
        # A notice that offers it has it already.
        notice = self._notice_shown
        self._retry.setVisible(not is_running and not (notice and FailureAction.RETRY in notice.actions))
        self._copy.setVisible(has_text and not attempt.is_running)
        self._facts.setText(facts_line(attempt))
        shown = self.turn.attempts.index(attempt)
        self._previous.setVisible(several)
        self._next.setVisible(several)
        self._place.setVisible(several)
        self._previous.setEnabled(shown > 0)
        self._next.setEnabled(shown < len(self.turn.attempts) - 1)
        self._place.setText(f"{shown + 1} / {len(self.turn.attempts)}")
        self._place.setAccessibleName(f"Attempt {shown + 1} of {len(self.turn.attempts)}")

    def refresh_state(self) -> None:
        """Shows what changes with time alone: the state's line and a countdown."""
        attempt = self.turn.shown_attempt
        if attempt is None:
            return
        run = self._run_of(attempt)
        line = status_line(attempt, run)
        self._status.setText(line)
        self._status.setVisible(bool(line))
        self._show_notice(notice_of(attempt, run, self._max_tries))

    def restyle(self) -> None:
        px, theme = self._theme.px, self._theme
        self.setMaximumWidth(px(COLUMN_PX))
        self._column.setSpacing(px(8))
        # Flat buttons are wider than their words by `inset`; with it, all words start at one edge.
        inset = px(7)
        self._column.setContentsMargins(px(20) - inset, px(10), px(20), px(10))
        for row in self._insets:
            row.setContentsMargins(inset, 0, 0, 0)
        self._bubble_row.setContentsMargins(px(60) + inset, 0, 0, px(8))
        self._bubble_column.setContentsMargins(px(14), px(11), px(14), px(11))
        self._steps_column.setContentsMargins(px(10), px(2), 0, px(2))
        self._notice_column.setContentsMargins(px(10) - inset, px(8), px(10), px(8))
        self._notice_column.setSpacing(px(4))
        self._notice_text.setIndent(inset)
        self._notice_row.set_gap(px(6))
        self._action_row.setSpacing(px(2))
        for button, icon in (
            (self._retry, "retry"),
            (self._copy, "copy"),
            (self._previous, "chevron-left"),
            (self._next, "chevron-right"),
        ):
            button.setIcon(theme.icon(icon, "muted", 15))
            button.setIconSize(QSize(px(15), px(15)))
        self._dress_steps_button()
        self.answer.restyle()

    # -- parts -----------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._bubble_row = QHBoxLayout()
        self._bubble_row.addStretch(1)
        self._bubble_row.addWidget(self._bubble, 100)
        self._bubble_column = QVBoxLayout(self._bubble)
        self._bubble_column.addWidget(self._question)
        self._steps_column = QVBoxLayout(self._steps)
        self._steps_column.addWidget(self._steps_text)
        self._notice_column = QVBoxLayout(self._notice)
        self._notice_column.addWidget(self._notice_text)
        self._notice_column.addLayout(self._notice_row)
        self._action_row = QHBoxLayout(self._actions)
        self._action_row.setContentsMargins(0, 0, 0, 0)
        for part in (self._retry, self._copy, self._previous, self._place, self._next):
            self._action_row.addWidget(part)
        self._action_row.addWidget(self._facts, 1)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._bubble_row)
        self._column.addWidget(self._steps_button)
        self._insets = []
        for widget in (self._steps, self.answer, self._status, self._notice):
            row = QHBoxLayout()
            row.addWidget(widget)
            self._insets.append(row)
            self._column.addLayout(row)
        self._column.addWidget(self._actions)
        for hidden in (
            self._steps_button,
            self._steps,
            self.answer,
            self._status,
            self._notice,
            self._actions,
        ):
            hidden.hide()

    def _flat_button(self, words: str, icon: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(words)
        button.setProperty("kind", "flat")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the cursor in the message
        button.setIcon(self._theme.icon(icon, "muted", 15))
        button.clicked.connect(slot)
        return button

    def _refresh_steps(self, attempt: Attempt) -> None:
        steps = attempt.answer.steps
        if steps == self._steps_shown:
            return
        self._steps_shown = steps
        self._steps_button.setVisible(bool(steps))
        self._steps_button.setText(button_words(steps_line(attempt)))
        self._steps_text.setText("\n\n".join(map(_step_words, steps)))
        self._steps.setVisible(bool(steps) and self._steps_button.isChecked())

    def _show_steps(self, is_open: bool) -> None:
        self._steps.setVisible(is_open and bool(self._steps_shown))
        self._dress_steps_button()

    def _dress_steps_button(self) -> None:
        name = "chevron-down" if self._steps_button.isChecked() else "chevron-right"
        self._steps_button.setIcon(self._theme.icon(name, "muted", 14))

    def _show_notice(self, notice: Notice | None) -> None:
        if notice == self._notice_shown:
            return
        old, self._notice_shown = self._notice_shown, notice
        self._notice.setVisible(notice is not None)
        if notice is None:
            return
        self._notice_text.setText(notice.text)
        if old is not None and (old.is_waiting, old.is_error, old.actions) == (
            notice.is_waiting,
            notice.is_error,
            notice.actions,
        ):
            return  # only the countdown moved: the buttons keep their focus
        self._notice.setProperty("kind", "error" if notice.is_error else "warning")
        repolish(self._notice)
        self._notice_buttons = []
        while (item := self._notice_row.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()  # hands the focus on, if it has it
                widget.deleteLater()
        if notice.is_waiting:
            self._add_notice_button("Try now", self.try_now_wanted.emit, is_main=True)
            self._add_notice_button("Stop", self.stop_wanted.emit)
        for number, action in enumerate(notice.actions):
            self._add_notice_button(_ACTION_WORDS[action], partial(self._want, action), is_main=number == 0)
        if notice.detail:
            self._add_notice_button("Copy details", lambda: self.copy_wanted.emit(notice.detail, "details"))
        put_in_order(*self.tab_stops)

    def _add_notice_button(self, words: str, slot: Callable[[], None], *, is_main: bool = False) -> None:
        button = QPushButton(words)
        button.setProperty("isMain", "true" if is_main else "false")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: slot())
        self._notice_row.addWidget(button)
        button.show()  # now, not in the next round of the loop
        self._notice_buttons.append(button)

    def _want(self, action: FailureAction) -> None:
        self.action_wanted.emit(self.turn, action)

    def _page(self, step: int) -> None:
        attempt = self.turn.shown_attempt
        if attempt is not None:
            self.attempt_wanted.emit(self.turn, self.turn.attempts.index(attempt) + step)

    def _copy_answer(self) -> None:
        attempt = self.turn.shown_attempt
        if attempt is not None:
            self.copy_wanted.emit(attempt.answer.text, "answer")


def _step_words(step: Step) -> str:
    match step.kind:
        case StepKind.COMMENTARY:
            return step.detail.strip()
        case StepKind.WEB_SEARCH:
            head = "Searched the web" if step.is_done else "Searching the web"
            return f"{head}\n{step.detail}".strip()
        case _:
            words = step.title + ("" if step.is_done else " …")
            for text in (step.detail, step.result):
                if text:
                    words += f"\n{text[:_STEP_LENGTH]}{'…' if len(text) > _STEP_LENGTH else ''}"
            return words


def _breakable(text: str) -> str:
    """A label breaks at spaces only; a word longer than the line gets places to break at."""
    words = []
    for word in text.split(" "):
        if len(word) > 48 and "\n" not in word:
            word = "\u200b".join(word[i : i + 24] for i in range(0, len(word), 24))
        words.append(word)
    return " ".join(words)
