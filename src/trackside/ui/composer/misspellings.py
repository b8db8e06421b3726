"""Underlines misspelt words of the message, and offers others in its menu."""

import re
from collections.abc import Iterator
from itertools import takewhile

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QTextBlock, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QTextEdit

from trackside.chat.spelling import Spelling
from trackside.chat.tasks import OwnedTasks
from trackside.domain.turn import QUESTION_LIMIT
from trackside.ui.theme import Theme

_FENCE = "```"
_CODE = re.compile(r"`[^`]*`?")
_TOKEN = re.compile(r"\S+")
_NO_WORDS = re.compile(r"[/\\_@\d]|\w[.:]\w|^www\.", re.IGNORECASE)
"""What addresses, paths, commands, file names and names with digits have, and words don't."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LAST_LATIN = "\u024f"
_LONGEST_WORD = 60
_MOST = 2 * QUESTION_LIMIT
"""Characters; a longer text can't be sent, and is not looked at."""


def words_in(text: str, *, latin_only: bool) -> Iterator[tuple[int, str]]:
    """The words of a line that can be misspelt, each with its place. With `latin_only` those in another
    script are left alone: no dictionary of a language that is written in Latin letters has them."""
    text = _CODE.sub(lambda code: " " * len(code[0]), text)
    for token in _TOKEN.finditer(text):
        if _NO_WORDS.search(token[0]):
            continue
        for match in _WORD.finditer(token[0]):
            word = match[0].replace("’", "'")
            if not 1 < len(word) <= _LONGEST_WORD or word[1:] != word[1:].lower():
                continue  # a letter, no word at all, or a name: NASA, TwelveLabs
            if not latin_only or word.isascii() or max(word) <= _LAST_LATIN:
                yield token.start() + match.start(), word


class Misspellings(QObject):
    """Looks at the lines that can be seen. The word that is being written is left alone.

    The marks are the field's, not the document's: a document that is formatted says that its text changed.
    """

    def __init__(
        self, edit: QPlainTextEdit, spelling: Spelling, theme: Theme, tasks: OwnedTasks, *, latin_only: bool
    ) -> None:
        super().__init__(edit)
        self._edit = edit
        self._spelling = spelling
        self._tasks = tasks
        self._latin_only = latin_only
        self._theme = theme
        self._wrong: list[QTextCursor] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)
        bar = edit.verticalScrollBar()
        for happened in (
            *(edit.textChanged, edit.cursorPositionChanged, spelling.changed, theme.changed),
            *(bar.valueChanged, bar.rangeChanged),
        ):
            happened.connect(self._look_soon)
        self._look_soon()

    def word_at(self, place: QPoint) -> QTextCursor | None:
        """The misspelt word at a place in the field, selected; None where there is none."""
        self._look()
        at = self._edit.cursorForPosition(place).position()
        found = (word for word in self._wrong if word.selectionStart() <= at <= word.selectionEnd())
        return next(found, None)

    def open_menu(self, menu: QMenu, cursor: QTextCursor, place: QPoint) -> None:
        """Opens the field's menu with what may be meant on top; that comes a moment later."""
        first = menu.actions()[0]
        waiting = menu.addAction("Looking for words…")
        waiting.setEnabled(False)
        menu.insertAction(first, waiting)
        add = menu.addAction("Add to the dictionary")
        word = cursor.selectedText().replace("’", "'")
        add.triggered.connect(lambda: self._tasks.start(self._spelling.add(word)))
        menu.insertAction(first, add)
        menu.insertSeparator(first)
        open_ = [True]
        menu.aboutToHide.connect(lambda: open_.clear())
        menu.popup(place)

        async def fill() -> None:
            found = await self._spelling.suggestions(word)
            if not open_:
                return
            for guess in found:
                action = menu.addAction(guess.replace("&", "&&"))
                action.triggered.connect(lambda _=False, guess=guess: cursor.insertText(guess))
                menu.insertAction(waiting, action)
            if found:
                menu.removeAction(waiting)
            else:
                waiting.setText("No similar word is known")

        self._tasks.start(fill())

    # -- inside ----------------------------------------------------------------------------------

    def _look_soon(self) -> None:
        """Once for all that happens together."""
        if (self._spelling.is_on or self._wrong) and not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        self._wrong = list(self._wrong_words()) if self._spelling.is_on else []
        here = self._edit.textCursor().position()
        marks = []
        for word in self._wrong:
            if word.selectionEnd() == here and self._edit.hasFocus():
                continue  # more of it may come
            mark = QTextEdit.ExtraSelection()
            mark.cursor, mark.format = word, self._format
            marks.append(mark)
        self._edit.setExtraSelections(marks)

    @property
    def _format(self) -> QTextCharFormat:
        wave = QTextCharFormat()
        wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SpellCheckUnderline)
        wave.setUnderlineColor(self._theme.color("error"))
        return wave

    def _wrong_words(self) -> Iterator[QTextCursor]:
        document = self._edit.document()
        if document.characterCount() > _MOST:
            return
        first = self._edit.cursorForPosition(QPoint(0, 0)).position()
        last = self._edit.cursorForPosition(self._edit.viewport().rect().bottomRight()).position()
        is_code = False
        for block in takewhile(lambda block: block.position() <= last, _blocks(document.begin())):
            text = block.text()
            if text.lstrip().startswith(_FENCE):
                is_code = not is_code
            elif not is_code and block.position() + block.length() > first:
                yield from self._wrong_in(block, text, first, last)

    def _wrong_in(self, block: QTextBlock, text: str, first: int, last: int) -> Iterator[QTextCursor]:
        # Qt counts in UTF-16 units, and so does a text without rare letters and emoji.
        units = len if text.isascii() or max(text) <= "\uffff" else _units
        for start, word in words_in(text, latin_only=self._latin_only):
            begin = block.position() + (start if units is len else units(text[:start]))
            end = begin + units(text[start : start + len(word)])
            if end >= first and begin <= last and self._spelling.is_wrong(word):
                cursor = QTextCursor(block)
                cursor.setPosition(begin)
                cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                yield cursor


def _blocks(block: QTextBlock) -> Iterator[QTextBlock]:
    while block.isValid():
        yield block
        block = block.next()


def _units(text: str) -> int:
    """How long a text is in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
