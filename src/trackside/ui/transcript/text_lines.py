"""Text as lines without a document, which costs half as much; who selects in it gets the document, too."""

import re
from collections.abc import Sequence
from functools import cached_property

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QTextLayout

from trackside.markup.runs import Run, Style, TextRun
from trackside.ui.transcript.documents import (
    BlockDocument,
    Target,
    add_link,
    code_document,
    fit,
    has_long_line,
    prose_document,
    text_units,
)
from trackside.ui.transcript.look import Face, Look

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufefc\ud802-\ud83b]")
"""What may run from right to left. Hebrew is the first script that does."""
_LONGEST = 8_192
"""Longer texts are a document's at once: here each line costs some Python."""
_ENDLESS = 1e6


class TextLines:
    """Prose or code without chips, all of it from left to right. It looks just as its document does."""

    def __init__(self, runs: Sequence[TextRun], text: str, face: Face, look: Look, room: int) -> None:
        is_code = face.base is Style.CODE
        self.text = text_units(text)
        self.targets: list[Target] = []
        self.code_spans: list[tuple[int, int]] = []
        self._runs, self._face, self._look, self._room = runs, face, look, room
        self.layout = layout = QTextLayout(text, face.font)
        layout.setTextOption(look.code_lines if is_code else look.wrapping)
        layout.setFormats(self._formats())
        # Shaped once, not again for each painting.
        layout.setCacheEnabled(True)
        layout.beginLayout()
        least, y, widest = float(face.line_px), 0.0, 0.0
        width = _ENDLESS if is_code else float(room)
        while (line := layout.createLine()).isValid():
            line.setLeadingIncluded(True)
            line.setLineWidth(width)
            height = line.height()
            # As a document has it: what a line is taller than its text is above that.
            y += max(least, height)
            line.setPosition(QPointF(0.0, y - height))
            if is_code:
                widest = max(widest, line.naturalTextWidth())
        layout.endLayout()
        self.height = y
        self.natural_width = widest
        """Of code: of its longest line."""

    @cached_property
    def document(self) -> BlockDocument:
        """The same as a document, for what only that can do."""
        runs: list[Run] = [*self._runs]
        if self._face.base is Style.CODE:
            document = code_document(runs, self._look, self._room)
        else:
            document = prose_document(runs, self._face, self._look, self._room)
        document.size()  # lays it out: a caret goes nowhere before
        return document

    def baseline(self) -> float:
        """Of the first line, from the top."""
        line = self.layout.lineAt(0)
        return line.y() + line.ascent()

    def paint(self, painter: QPainter, at: QPointF, clip: QRectF) -> None:
        """Paints with the painter's pen."""
        self.layout.draw(painter, at, [], clip)

    def _formats(self) -> list[QTextLayout.FormatRange]:
        face, look = self._face, self._look
        formats: list[QTextLayout.FormatRange] = []
        at = 0
        for run in self._runs:
            text, style = run.text, run.style
            length = len(text) if text.isascii() else len(text_units(text))
            if style is not Style.PLAIN or run.href or run.role or face.is_bold:
                span = QTextLayout.FormatRange()
                span.start, span.length = at, length
                span.format = look.char_format(face, style, is_link=bool(run.href), role=run.role)
                formats.append(span)
                if run.href:
                    add_link(self.targets, at, at + length, run.href)
                if Style.CODE in style and face.base is not Style.CODE:
                    self.code_spans.append((at, at + length))
            at += length
        return formats


def prose(runs: list[Run], face: Face, look: Look, room: int) -> TextLines | BlockDocument:
    """A paragraph, heading or formula, wrapped at the room: as lines if that will do."""
    # Formulas are centred, which is the document's affair.
    lines = _lines(runs, face, look, room) if face.base is Style.PLAIN else None
    return lines or prose_document(runs, face, look, room)


def code(runs: list[Run], look: Look, room: int) -> TextLines | BlockDocument:
    """Code, each line as wide as it is: as lines if that will do."""
    lines = None if has_long_line(runs) else _lines(runs, look.fence, look, room)
    return lines or code_document(runs, look, room)


def _lines(runs: list[Run], face: Face, look: Look, room: int) -> TextLines | None:
    texts = [run for run in runs if isinstance(run, TextRun)]
    if len(texts) < len(runs):
        return None
    text = fit("".join([run.text for run in texts]))
    if not 0 < len(text) <= _LONGEST or not (text.isascii() or not RIGHT_TO_LEFT.search(text)):
        return None
    return TextLines(texts, text, face, look, room)
