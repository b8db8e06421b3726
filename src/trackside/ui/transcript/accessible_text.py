"""The text of the turn with the focus, as screen readers read and walk it."""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtGui import QAccessible, QAccessibleTextInterface, QTextCursor
from PySide6.QtWidgets import QAbstractScrollArea, QTextEdit


class HasWords(Protocol):
    """A node that stands for a text."""

    @property
    def words(self) -> str: ...


@dataclass(frozen=True, slots=True)
class TextChange:
    """How a text changed. `position` counts UTF-16 units, as Qt's text interface does."""

    position: int
    removed: str
    inserted: str


class BorrowedText:
    """Lends one node at a time the text interface of a read-only editor that is never shown.

    Qt's own text interface can't be written in Python: PySide doesn't bind all that Qt calls on it.
    """

    def __init__(self) -> None:
        self._edit: QTextEdit | None = None
        self._node: HasWords | None = None
        self._words = ""

    def of(self, node: HasWords, view: QAbstractScrollArea) -> QAccessibleTextInterface:
        """A node's text as it was when it was last refreshed."""
        if self._edit is None:
            self._edit = QTextEdit(view)
            self._edit.hide()
            self._edit.setReadOnly(True)
            self._edit.setUndoRedoEnabled(False)
        if self._node is not node:
            self._node, self._words = node, _plain(node.words)
            self._replace(0, self._words)
        return QAccessible.queryAccessibleInterface(self._edit).textInterface()

    def refresh(self, node: HasWords) -> TextChange | None:
        """Takes over a node's text; says what changed if a client has met the old one."""
        if self._node is not node:
            return None
        old, new = self._words, _plain(node.words)
        if old == new:
            return None
        same = _common_length(old, new)
        change = TextChange(_units(old[:same]), old[same:], new[same:])
        self._words = new
        self._replace(change.position, change.inserted)
        return change

    def let_go(self) -> None:
        """The node goes; the editor is the view's child and goes with it."""
        self._node = None

    def _replace(self, position: int, words: str) -> None:
        """Sets all text from a position on, without a word from the editor itself."""
        assert self._edit is not None
        document = self._edit.document()
        was_quiet = document.blockSignals(True)
        cursor = QTextCursor(document)
        cursor.setPosition(min(position, document.characterCount() - 1))
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(words)
        document.blockSignals(was_quiet)


def _plain(words: str) -> str:
    # A document has one character for a line's end, whatever it was.
    return words.replace("\r\n", "\n").replace("\r", "\n")


def _units(words: str) -> int:
    return len(words) + sum(char > "\uffff" for char in words)


def _common_length(one: str, other: str) -> int:
    """How much both begin with, by halves: comparing slices costs next to nothing."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
