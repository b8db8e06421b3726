"""The instructions and schema panels: plain editors of what goes with every question."""

import json

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from trackside.domain.turn import INSTRUCTIONS_LIMIT, Turn
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme, repolish


class EditorPanel(QWidget):
    """A text editor with a line about its content, a clear button and a hint."""

    edited = Signal(str)

    def __init__(self, theme: Theme, name: str, label: str, placeholder: str, hint: str) -> None:
        super().__init__()
        self._theme = theme
        self._label = plain_label(label, "muted")
        self.editor = QPlainTextEdit()
        self.editor.setProperty("kind", "code")
        self.editor.setAccessibleName(name)
        self.editor.setPlaceholderText(placeholder)
        self.editor.setTabChangesFocus(True)
        self.editor.textChanged.connect(self._on_text)
        self._label.setBuddy(self.editor)
        self._state = plain_label(role="small", wraps=True)
        self._clear = QPushButton("Clear")
        self._clear.clicked.connect(self.editor.clear)
        hint_card = QFrame()
        hint_card.setProperty("kind", "hint")
        hint_text = plain_label(hint, wraps=True)
        self._hint_column = QVBoxLayout(hint_card)
        self._hint_column.addWidget(hint_text)
        self._used_label = plain_label("Used by the last answer", "muted")
        self._used = QFrame()
        self._used.setProperty("kind", "card")
        self._used_text = plain_label(role="muted", wraps=True)
        self._used_column = QVBoxLayout(self._used)
        self._used_column.addWidget(self._used_text)
        self._row = QHBoxLayout()
        self._row.addWidget(self._state, 1)
        self._row.addWidget(self._clear)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._label)
        self._column.addWidget(self.editor)
        self._column.addLayout(self._row)
        for widget in (hint_card, self._used_label, self._used):
            self._column.addWidget(widget)
        self._column.addStretch(1)
        theme.changed.connect(self._dress)
        self._dress()
        self._on_text()

    def show_text(self, text: str) -> None:
        """Puts a session's text in, without telling that it changed."""
        if self.editor.toPlainText() != text:
            was_blocked = self.blockSignals(True)
            self.editor.setPlainText(text)
            self.blockSignals(was_blocked)

    def show_used(self, turn: Turn | None) -> None:
        """Says what the last question was asked with."""
        words = self.used_words(turn) if turn is not None else ""
        self._used_label.setVisible(bool(words))
        self._used.setVisible(bool(words))
        self._used_text.setText(words)

    def used_words(self, turn: Turn) -> str:
        raise NotImplementedError

    def state_words(self, text: str) -> tuple[str, bool]:
        """The line under the editor, and whether it says that something is wrong."""
        raise NotImplementedError

    def _on_text(self) -> None:
        text = self.editor.toPlainText()
        words, is_wrong = self.state_words(text)
        self._state.setText(words)
        role = "error" if is_wrong else "small"
        if self._state.property("role") != role:
            self._state.setProperty("role", role)
            repolish(self._state)
        self._clear.setEnabled(bool(text))
        self.edited.emit(text)

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(14), px(14), px(14), px(14))
        self._column.setSpacing(px(9))
        self._hint_column.setContentsMargins(px(10), px(8), px(10), px(8))
        self._used_column.setContentsMargins(px(12), px(9), px(12), px(9))
        self.editor.setMinimumHeight(px(120))
        self.editor.setMaximumHeight(px(260))


class InstructionsPanel(EditorPanel):
    """The system prompt that goes with every question of the session."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            "Instructions",
            "Instructions for this session",
            "For example: name the moment first, then say what changed.",
            "Sent with every turn of this session. Each answer keeps the instructions it was made with.",
        )

    def state_words(self, text: str) -> tuple[str, bool]:
        return f"{len(text):,} / {INSTRUCTIONS_LIMIT:,} characters", len(text) > INSTRUCTIONS_LIMIT

    def used_words(self, turn: Turn) -> str:
        words = "no schema" if turn.ask.schema is None else "with a schema"
        store = short_id(turn.ask.store_id)
        return f"{_short(turn.ask.instructions) or 'No instructions'} · {words} · store {store}"


class SchemaPanel(EditorPanel):
    """The JSON Schema that answers have to fulfil."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            "Schema",
            "JSON Schema for the answers",
            '{"type": "object", "properties": {"title": {"type": "string"}}}',
            "Answers come as JSON that fulfils this schema. Leave it empty for text.",
        )

    def state_words(self, text: str) -> tuple[str, bool]:
        if not text.strip():
            return "No schema: answers are text", False
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            return f"Line {error.lineno}, column {error.colno}: {error.msg}", True
        except RecursionError:
            return "Nested too deeply", True
        if not isinstance(value, dict):
            return "A schema is a JSON object, in braces", True
        return "Valid JSON", False

    def used_words(self, turn: Turn) -> str:
        return _short(turn.ask.schema.text) if turn.ask.schema is not None else "No schema"


def short_id(identity: str) -> str:
    """An id as it fits a line: its beginning and its end."""
    return identity if len(identity) <= 16 else f"{identity[:8]}…{identity[-4:]}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:119]}…"
