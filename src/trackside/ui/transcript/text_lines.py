"""Text as lines without a document, which costs half as much; who selects in it gets the document, too."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from math import ceil
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from trackside.domain.citation import Citation
from trackside.markup.runs import CHIP, Run, Style, TextRun
from trackside.ui.transcript.chips import Chip, chip_ascent, fitted_chip, paint_chip
from trackside.ui.transcript.documents import (
    BREAK,
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
_PIXEL_SIZE = QTextCharFormat.Property.FontPixelSize


class TextLines:
    """Prose or code, all of it from left to right. It looks just as its document does.

    A chip is a character here as well, with room around it: letter spacing that makes it as wide as the chip.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        text: str,
        face: Face,
        look: Look,
        room: int,
        *,
        wrapping: QTextOption | None = None,
        least_px: float = 0.0,
    ) -> None:
        """`wrapping` says what the look doesn't; lines are as high as their face wants, or `least_px`."""
        is_code = face.base is Style.CODE
        self.text = text_units(text)
        self.targets: list[Target] = []
        self.code_spans: list[tuple[int, int]] = []
        self.chips: list[tuple[int, Chip]] = []
        self._runs, self._face, self._look, self._room = runs, face, look, room
        self.layout = layout = QTextLayout(text, face.font)
        layout.setTextOption(wrapping or (look.code_lines if is_code else look.wrapping))
        if formats := self._formats():
            layout.setFormats(formats)
        # Shaped once, not again for each painting.
        layout.setCacheEnabled(True)
        layout.beginLayout()
        least, y, widest = max(least_px, float(face.line_px)), 0.0, 0.0
        width = _ENDLESS if is_code else float(room)
        chips = [at for at, _ in self.chips]
        self.bottoms: list[float] | None = [] if chips else None
        """Where lines end, if that isn't where Qt would say."""
        self._chip_places: list[tuple[int, int, Chip]] | None = None
        below = 0.0
        while (line := layout.createLine()).isValid():
            line.setLeadingIncluded(True)
            line.setLineWidth(width)
            if self.bottoms is None:
                height = line.height()
                # As a document has it: what a line is taller than its text is above that.
                y += max(least, height)
                line.setPosition(QPointF(0.0, y - height))
            else:
                start = line.textStart()
                has_chip = bisect_left(chips, start) < bisect_left(chips, start + line.textLength())
                y, below = self._place(line, y, least, has_chip=has_chip)
                self.bottoms.append(y)
            if is_code:
                widest = max(widest, line.naturalTextWidth())
        layout.endLayout()
        self.height = y + below
        self.natural_width = widest
        """Of code: of its longest line."""

    def _place(self, line: QTextLine, y: float, least: float, *, has_chip: bool) -> tuple[float, float]:
        """Places a line of a text with chips. Where it ends, and what more it takes as the last."""
        ascent, descent, leading = line.ascent(), line.descent(), line.leading()
        above = 0.0
        if has_chip:
            chip = chip_ascent(self._look)
            above = max(chip - ascent, 0.0)
            # Qt gives an object that much leading.
            leading = max(ascent + leading, chip - 1) - ascent - above
        whole = ceil(above + ascent + descent) + max(0.0, leading)
        taken = max(least, ceil(above + ascent + descent + leading))
        line.setPosition(QPointF(0.0, y + taken - whole + above))
        return y + taken, max(least, whole) - taken

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
        """Paints with the painter's pen, at whole pixels. Of a clip that isn't empty, what is in it."""
        if clip.isEmpty():
            self.layout.draw(painter, at)
        else:
            self.layout.draw(painter, at, [], clip)
        if self.chips:
            left, top = int(at.x()), int(at.y())
            for x, baseline, chip in self._placed_chips():
                paint_chip(painter, left + x, top + baseline, chip, self._look)

    def _placed_chips(self) -> list[tuple[int, int, Chip]]:
        """The chips with their left ends on their baselines."""
        if self._chip_places is None:
            self._chip_places = []
            for at, chip in self.chips:
                line = self.layout.lineForTextPosition(at)
                x = caret_x(line, at)
                self._chip_places.append((round(x), round(line.y() + line.ascent()), chip))
        return self._chip_places

    def _formats(self) -> list[QTextLayout.FormatRange]:
        face, look = self._face, self._look
        formats: list[QTextLayout.FormatRange] = []
        at = 0
        for run in self._runs:
            if not isinstance(run, TextRun):
                formats.append(self._chip_room(run.citation, at))
                at += len(CHIP + BREAK)
                continue
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

    def _chip_room(self, citation: Citation, at: int) -> QTextLayout.FormatRange:
        chip = fitted_chip(citation, self._look, self._room)
        self.chips.append((at, chip))
        self.targets.append(Target(at, at + 1, citation))
        room = QTextLayout.FormatRange()
        room.start, room.length = at, 1
        form = QTextCharFormat()
        # So small that a line's height doesn't depend on it, whatever font this character comes from.
        form.setProperty(_PIXEL_SIZE, 1)
        form.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
        form.setFontLetterSpacing(chip.size.width())
        room.format = form
        return room


def caret_x(line: QTextLine, position: int, *, is_trailing: bool = False) -> float:
    """Where on its line a position of a block stands, or ends."""
    edge = QTextLine.Edge.Trailing if is_trailing else QTextLine.Edge.Leading
    # Bound as a pair of the place and the position; the stubs know only the place.
    found: Any = line.cursorToX(position, edge)
    return float(found[0] if isinstance(found, tuple) else found)


def prose(runs: list[Run], face: Face, look: Look, room: int) -> TextLines | BlockDocument:
    """A paragraph, heading or formula, wrapped at the room: as lines if that will do."""
    # Formulas are centred, which is the document's affair.
    lines = _lines(runs, face, look, room) if face.base is Style.PLAIN else None
    return lines or prose_document(runs, face, look, room)


def code(runs: list[Run], look: Look, room: int) -> TextLines | BlockDocument:
    """Code, each line as wide as it is: as lines if that will do."""
    # Rarely a chip stands in code, and a pixel is lost where one does.
    is_plain = not has_long_line(runs) and all(isinstance(run, TextRun) for run in runs)
    lines = _lines(runs, look.fence, look, room) if is_plain else None
    return lines or code_document(runs, look, room)


def _lines(runs: list[Run], face: Face, look: Look, room: int) -> TextLines | None:
    text = lines_text(runs)
    if not text:
        return None
    return TextLines(runs, text, face, look, room)


def lines_text(runs: Sequence[Run]) -> str:
    """The text that lines can be made of; empty where they can't, or where there is nothing to show."""
    text = "".join([fit(run.text) if isinstance(run, TextRun) else CHIP + BREAK for run in runs])
    if len(text) > _LONGEST or not (text.isascii() or not RIGHT_TO_LEFT.search(text)):
        return ""
    return text
