"""The request panel: what was sent for the shown answer, and what came of it. Never a key."""

import json

from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from trackside.domain.turn import Attempt, Turn
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme
from trackside.ui.transcript.words import facts_line


class RequestPanel(QWidget):
    """Read-only facts about the last turn's shown attempt."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: tuple[object, ...] = ()
        self._facts = plain_label(role="muted", wraps=True, is_selectable=True)
        self.body = QPlainTextEdit()
        self.body.setProperty("kind", "code")
        self.body.setReadOnly(True)
        self.body.setTabChangesFocus(True)
        self.body.setAccessibleName("Request")
        self._unknown = QPlainTextEdit()
        self._unknown.setProperty("kind", "code")
        self._unknown.setReadOnly(True)
        self._unknown.setTabChangesFocus(True)
        self._unknown.setAccessibleName("Events that were passed over")
        self._unknown_label = plain_label("Events that were passed over", "muted")
        self._column = QVBoxLayout(self)
        for widget in (self._facts, self.body, self._unknown_label, self._unknown):
            self._column.addWidget(widget)
        self._column.setStretch(1, 2)
        self._column.setStretch(3, 1)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_turn(None, "", {})

    def show_turn(self, turn: Turn | None, address: str, request: dict[str, object]) -> None:
        """Shows the turn's chosen attempt; `request` is the body as it was sent."""
        attempt = turn.shown_attempt if turn is not None else None
        state = (attempt.id, attempt.state, len(attempt.answer.unknown), address) if attempt else ()
        if state and state == self._shown:
            return
        self._shown = state
        unknown = attempt.answer.unknown if attempt else []
        for widget in (self._unknown_label, self._unknown):
            widget.setVisible(bool(unknown))
        self._unknown.setPlainText("\n\n".join(f"{event.type}\n{event.data}" for event in unknown))
        self.body.setVisible(attempt is not None)
        if attempt is None:
            self._facts.setText("Nothing has been asked in this session yet.")
            return
        self._facts.setText(_facts(attempt, address))
        self.body.setPlainText(json.dumps(request, indent=2, ensure_ascii=False))

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(14), px(14), px(14), px(14))
        self._column.setSpacing(px(9))


def _facts(attempt: Attempt, address: str) -> str:
    answer = attempt.answer
    lines = [f"POST {address}/responses"]
    if answer.response_id:
        lines.append(f"Response {answer.response_id}")
    if answer.server_session_id:
        lines.append(f"Session {answer.server_session_id}")
    lines.append(f"Attempt {attempt.number}, {attempt.state.value}, {attempt.tries} sent")
    if attempt.recap:
        lines.append(f"With a recap of {len(attempt.recap):,} characters before the question")
    if attempt.first_token_s is not None:
        deltas = f", {answer.delta_count} deltas" if answer.delta_count else ""
        lines.append(f"First token after {attempt.first_token_s:.2f} s{deltas}")
    if facts := facts_line(attempt):
        lines.append(facts)
    return "\n".join(lines)
