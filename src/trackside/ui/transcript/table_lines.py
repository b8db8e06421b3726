"""A table's rows as lines of text in columns, without a document until someone selects in it."""

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from trackside.markup.blocks import Block
from trackside.markup.runs import ChipRun, Run
from trackside.ui.transcript.code_grounds import code_rects
from trackside.ui.transcript.documents import Target
from trackside.ui.transcript.look import Face, Look
from trackside.ui.transcript.tables import (
    TableDocument,
    has_chip,
    lowered_px,
    rows_and_columns,
    text_width,
)
from trackside.ui.transcript.text_lines import TextLines, lines_text

if TYPE_CHECKING:
    from trackside.markup.inline import InlineContext

_MOST_CELLS = 192
"""Laid-out cells that are kept for when the same are wanted again."""
_CELL, _END = "\ufdd0", "\ufdd1"
_LEFT = "", "left"
_NOWHERE = QRectF()


class TableLines:
    """Cells beside and below each other. They look just as their document does."""

    def __init__(self, block: Block, rows: list[list[list[Run]]], look: Look, columns: Sequence[int]) -> None:
        """Raises ValueError for text that only a document can show."""
        self._block, self._rows, self._look, self._columns = block, rows, look, columns
        self._placed: list[tuple[QPointF, TextLines]] = []
        self._tops: list[int] = []
        self.width = sum(columns)
        self.height = 0.0
        empty = look.cell
        self.baseline = (
            look.cell_padding + empty.line_px - ceil(empty.text_px) + empty.text_px - empty.descent
        )
        """Of the first cell's first line, from the top."""
        self.has_code = False
        lefts = [left + look.cell_padding_x for left in accumulate(columns[:-1], initial=0)]
        texts: list[str] = []
        for number, row in enumerate(rows or [[]]):
            face = look.header_cell if block.is_first and number == 0 else look.cell
            self._add_row(row, face, lefts, texts)
        self.text = f"{''.join(texts)}{_END}"

    def _add_row(self, row: list[list[Run]], face: Face, lefts: list[int], texts: list[str]) -> None:
        look, columns, alignments = self._look, self._columns, self._block.alignments
        padding, padding_x = look.cell_padding, look.cell_padding_x
        top, height = self.height + padding, float(look.cell.line_px)
        are_lowered = any(map(has_chip, row))
        for column, left in enumerate(lefts):
            texts.append(_CELL)
            runs = row[column] if column < len(row) else []
            if not runs:
                continue
            alignment = alignments[column] if column < len(alignments) else ""
            lines = _cell(runs, face, look, columns[column] - 2 * padding_x, alignment, is_beside=are_lowered)
            texts.append(lines.text)
            if not self._tops and column == 0:
                self.baseline = padding + lines.baseline()
            self.has_code |= bool(lines.code_spans)
            self._placed.append((QPointF(left, top), lines))
            height = max(height, lines.height)
        self.height += height + 2 * padding
        self._tops.append(round(self.height))

    @cached_property
    def document(self) -> TableDocument:
        """The same as a document, for what only that can do."""
        document = TableDocument(self._block, self._rows, self._look, self._columns)
        document.size()  # lays it out: a caret goes nowhere before
        return document

    @property
    def targets(self) -> list[Target]:
        return self.document.targets

    @property
    def code_spans(self) -> list[tuple[int, int]]:
        return self.document.code_spans

    def row_tops(self) -> list[int]:
        """Where rows begin, from the second on, and where the last ends: there stand the lines between."""
        return self._tops

    @cached_property
    def code_grounds(self) -> list[QRectF]:
        """The places behind inline code."""
        return [
            rect.translated(at)
            for at, lines in self._placed
            if lines.code_spans
            for rect in code_rects(lines, self._look.cell, self._look)
        ]

    def paint(self, painter: QPainter) -> None:
        """Paints with the painter's pen."""
        for at, lines in self._placed:
            lines.paint(painter, at, _NOWHERE)


def table(
    block: Block, context: "InlineContext", look: Look, columns: Sequence[int] | None
) -> TableLines | TableDocument:
    """A segment of a table: as lines if that will do."""
    rows, widths = rows_and_columns(block, context, look, columns)
    try:
        return TableLines(block, rows, look, widths)
    except ValueError:
        return TableDocument(block, rows, look, widths)


def _cell(
    runs: list[Run], face: Face, look: Look, room: int, alignment: str, *, is_beside: bool
) -> TextLines:
    """`is_beside`: there are chips in the row, on whose baseline a single line is to stand."""
    width = text_width(runs, face, look, room)
    labels = [look.chip_label(run.citation) for run in runs if isinstance(run, ChipRun)] if is_beside else ()
    is_lowered = is_beside and not labels and width <= room
    least = lowered_px(face, look) if is_lowered else 0.0
    # Where lines begin at the left and are not wrapped, the room doesn't matter.
    wrapped_at = 0 if width < room and alignment in _LEFT else room
    key = (tuple(runs), *labels, face is look.cell, least, alignment, wrapped_at)
    kept = look.cell_lines
    if (lines := kept.get(key)) is None:
        text = lines_text(runs)
        if not text:
            raise ValueError("Only a document can show this.")
        if len(kept) >= _MOST_CELLS:
            kept.clear()
        lines = TextLines(runs, text, face, look, room, wrapping=look.aligned[alignment], least_px=least)
        kept[key] = lines
    return lines
