"""An answer's text: Markdown with citations as chips, refreshed calmly while it grows."""

import re
import secrets
import time
from collections.abc import Callable

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from trackside.domain.answer import Answer
from trackside.domain.citation import Citation, clock_range, find_citations, showable_length
from trackside.ui.theme import BODY_PX, Theme
from trackside.ui.transcript.dress import dress

_LIVE_FORMAT_LIMIT = 3_000
"""Characters up to which a growing answer is formatted as it grows; rendering all of it anew costs the
square of its length, so a longer one grows as plain text and is formatted at its end."""
_SHOWN_LIMIT = 200_000
"""Characters of one answer that are shown; laying out megabytes would stop the window for seconds. Copy
and export hold all of it."""
_LIVE_EVERY_MS = 90
_COST_FACTOR = 6
_MARK = "\ue100{}\ue101"
_MARKS = re.compile("\ue100(\\d+)\ue101")
_LONG_WORD = re.compile("[^\\s\ue100\ue101]{1000}")
_BREAK = "\u200b"
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ue100\ue101]")


class AnswerText(QTextBrowser):
    """Read-only text as tall as it is. `citation_clicked` carries what a chip points at."""

    citation_clicked = Signal(Citation)
    link_clicked = Signal(str)

    def __init__(self, theme: Theme, name_of: Callable[[str | None], str]) -> None:
        super().__init__()
        self.setObjectName("answer")
        self._theme = theme
        self._name_of = name_of
        self._citations: list[Citation] = []
        self._labels: list[str] = []
        # Unguessable, so that no link in an answer can pose as a chip.
        self._scheme = f"cite-{secrets.token_hex(8)}"
        self._answer: Answer | None = None
        self._is_final = False
        self._shown = ("", -1, False)
        self._plain_length = -1
        self._next_ms = 0.0
        self._late = QTimer(self, singleShot=True)
        self._late.timeout.connect(self._render_live)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAccessibleName("Answer")
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.anchorClicked.connect(self._on_anchor)

    # -- showing ---------------------------------------------------------------------------------

    def show_answer(self, answer: Answer, *, is_final: bool) -> None:
        """Shows what there is by now. Cheap to call once a frame."""
        self._answer, self._is_final = answer, is_final
        if is_final:
            self._late.stop()
            self._render(answer.text)
            return
        if self._late.isActive():
            return
        wait_ms = self._next_ms - time.monotonic() * 1000
        self._late.start(max(0, int(wait_ms)))

    def refresh_titles(self) -> None:
        """Renders anew if a chip has a better title by now."""
        if [self.label_of(citation) for citation in self._citations] != self._labels:
            self.restyle()

    def restyle(self) -> None:
        """Renders anew after a change of theme, zoom or titles."""
        self._shown = ("", -1, False)
        self._plain_length = -1
        if self._answer is not None:
            self._render(self._answer.text)

    def _render_live(self) -> None:
        if self._answer is None:
            return
        if self.textCursor().hasSelection():
            self._late.start(_LIVE_EVERY_MS)
            return
        began = time.perf_counter()
        text = self._answer.text
        text = text[: showable_length(text)]
        if len(text) <= _LIVE_FORMAT_LIMIT:
            self._render(text)
        else:
            self._append_plain(text)
        cost_ms = (time.perf_counter() - began) * 1000
        self._next_ms = time.monotonic() * 1000 + max(_LIVE_EVERY_MS, cost_ms * _COST_FACTOR)

    def _render(self, text: str) -> None:
        answer = self._answer
        assert answer is not None
        state = (text, answer.revision, self._is_final)
        if state == self._shown:
            return
        self._shown = state
        self._plain_length = -1
        annotations = answer.annotations if text == answer.text else ()
        text = text[:_SHOWN_LIMIT]
        self._citations = []
        pieces: list[str] = []
        at = 0
        for span in find_citations(text, [a for a in annotations if a.end_index < len(text)]):
            pieces.append(_HIDDEN.sub("", text[at : span.start]))
            if span.citation is not None:
                pieces.append(_MARK.format(len(self._citations)))
                self._citations.append(span.citation)
            at = max(at, span.end)
        pieces.append(_HIDDEN.sub("", text[at:]))
        self._set_markdown(_as_markdown(_breakable("".join(pieces))))
        if len(text) < len(answer.text) and self._is_final:
            self._say_that_more_came(len(answer.text))

    def _say_that_more_came(self, length: int) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
        words = (
            f"The first {_SHOWN_LIMIT:,} of {length:,} characters are shown. Copy and export hold them all."
        )
        muted = QTextCharFormat()
        muted.setForeground(self._theme.color("muted"))
        cursor.insertText(words, muted)

    def _set_markdown(self, markdown: str) -> None:
        document = self.document()
        # Each lays out anew what is still there, so only when it changes.
        font, indent = self._theme.font(BODY_PX), self._theme.px(20)
        if document.defaultFont() != font:
            document.setDefaultFont(font)
        if document.indentWidth() != indent:
            document.setIndentWidth(indent)
        features = QTextDocument.MarkdownFeature
        document.setMarkdown(markdown, features.MarkdownDialectGitHub | features.MarkdownNoHTML)
        dress(document, self._theme)
        self._place_chips(document)

    def _append_plain(self, text: str) -> None:
        text = text[:_SHOWN_LIMIT]
        if self._plain_length < 0 or self._plain_length > len(text):
            self.setPlainText(_breakable(text))
        else:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(_breakable(text[self._plain_length :]))
        self._plain_length = len(text)
        self._shown = ("", -1, False)

    def _place_chips(self, document: QTextDocument) -> None:
        """Tokens become links that look like chips, from the end so that positions stay true."""
        self._labels = [self.label_of(citation) for citation in self._citations]
        if not self._citations:
            return
        found: list[tuple[int, int, int]] = []
        block = document.begin()
        while block.isValid():
            for match in _MARKS.finditer(block.text()):
                start = block.position() + match.start()
                found.append((start, match.end() - match.start(), int(match[1])))
            block = block.next()
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for start, length, number in reversed(found):
            if number >= len(self._citations):
                continue
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(f"\u00a0{self._labels[number]}\u00a0", self._chip_format(number))
        cursor.endEditBlock()

    def label_of(self, citation: Citation) -> str:
        """What a chip says: the title and the time."""
        title = citation.title or self._name_of(citation.item_id)
        if not title and citation.url:
            title = QUrl(citation.url).host()
        if not title:
            title = "collection" if citation.collection_id else ("note" if citation.text_id else "clip")
        title = " ".join(title.split())
        shown = title if len(title) <= 40 else f"{title[:38]}…"
        times = clock_range(citation)
        return f"{shown}\u2002{times}".replace(" ", "\u00a0") if times else shown.replace(" ", "\u00a0")

    def _chip_format(self, number: int) -> QTextCharFormat:
        chip = QTextCharFormat()
        chip.setAnchor(True)
        chip.setAnchorHref(f"{self._scheme}:{number}")
        chip.setForeground(self._theme.color("on_accent_soft"))
        chip.setBackground(self._theme.color("accent_soft"))
        chip.setFontUnderline(False)
        chip.setProperty(QTextCharFormat.Property.FontPixelSize, self._theme.px(12.5))
        chip.setToolTip("Click copies this reference")
        return chip

    # -- behaving like a label -------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(600), self.height())

    def loadResource(self, _type: int, _name: QUrl | str) -> object:
        """Nothing is loaded for an answer: no remote image, no local file."""
        return None

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def createMimeDataFromSelection(self) -> QMimeData:
        copied = super().createMimeDataFromSelection()
        copied.setText(copied.text().replace("\u00a0", " ").replace("\u2002", " ").replace(_BREAK, ""))
        return copied

    def _fit(self) -> None:
        self.setFixedHeight(int(self.document().size().height() + 1))

    def _on_anchor(self, url: QUrl) -> None:
        if url.scheme() == self._scheme:
            number = int(url.path()) if url.path().isdecimal() else len(self._citations)
            if number < len(self._citations):
                self.citation_clicked.emit(self._citations[number])
        else:
            self.link_clicked.emit(url.toString())


def _breakable(text: str) -> str:
    """With places to break in endless words: Qt takes the square of a word's length."""
    return _LONG_WORD.sub(lambda word: word[0] + _BREAK, text)


def _as_markdown(text: str) -> str:
    """The text as Markdown; a whole JSON document (a structured answer) becomes a code block."""
    stripped = text.strip()
    if stripped[:1] in "{[" and stripped[1:2] in ('"', "{", "[", "\n", " ", "}", "]", ""):
        return f"```json\n{stripped}\n```" if stripped else text
    return text
