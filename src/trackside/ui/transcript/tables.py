"""Tables: columns that all segments of a table share, and a segment's document."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextLength, QTextTable, QTextTableFormat

from trackside.markup.blocks import Block
from trackside.markup.runs import LINE_BREAK, ChipRun, Run, TextRun
from trackside.ui.transcript.chips import chip_ascent, fitted_chip
from trackside.ui.transcript.documents import BREAK, BlockDocument, keep_shapes
from trackside.ui.transcript.look import CELL_ALIGNMENTS, Face, Look

if TYPE_CHECKING:
    from trackside.markup.inline import InlineContext

_LEAST_PX = 110
"""Of a column that gives way to others."""
_ENOUGH = 240
"""Characters of a run that are measured; more are wider than any column."""


def table_columns(blocks: Iterable[Block], context: "InlineContext", look: Look) -> list[int]:
    """The widths, padding included, that the columns of some segments want. Merge those of more by `max`."""
    columns: list[int] = []
    for block in blocks:
        columns = merged(columns, _columns(block, _rows(block, context), look))
    return columns


def fitted(columns: Sequence[int], room: int, look: Look) -> list[int]:
    """The columns in the room that there is: the widest give way, all down to one width, as long as words
    still fit into it. Beyond that the table is scrolled sideways."""
    room += 2 * look.cell_padding_x  # the outermost paddings stand beyond the edges
    least = look.px(_LEAST_PX) + 2 * look.cell_padding_x
    if sum(columns) <= room or sum(min(width, least) for width in columns) > room:
        return list(columns)
    narrow, rest = 0, sorted(columns)
    while rest and rest[0] * len(rest) <= room - narrow:
        narrow += rest.pop(0)
    level = (room - narrow) // max(1, len(rest))
    return [min(width, level) for width in columns]


def merged(some: Sequence[int], others: Sequence[int]) -> list[int]:
    """The wider of each two columns."""
    return [max(pair) for pair in zip_longest(some, others, fillvalue=0)]


class TableDocument(BlockDocument):
    """A segment's rows, laid out in columns of given widths."""

    def __init__(self, block: Block, rows: list[list[list[Run]]], look: Look, columns: Sequence[int]) -> None:
        super().__init__(look, look.cell)
        self.width = sum(columns)
        self.has_header = block.is_first
        self.setDefaultTextOption(look.wrapping)
        self.setTextWidth(self.width)
        self._formats: dict[tuple[int, str, bool], QTextBlockFormat] = {}
        self._table = self._fill(block, rows, columns)
        self._row_tops: list[int] | None = None

    def _fill(self, block: Block, rows: list[list[list[Run]]], columns: Sequence[int]) -> QTextTable:
        look = self.look
        shape = QTextTableFormat()
        shape.setBorder(0)
        shape.setCellSpacing(0)
        shape.setTopMargin(0)
        shape.setBottomMargin(0)
        shape.setColumnWidthConstraints(
            [QTextLength(QTextLength.Type.FixedLength, width) for width in columns]
        )
        shape.setCellPadding(look.cell_padding)
        cursor = QTextCursor(self)
        cursor.beginEditBlock()
        table = cursor.insertTable(max(1, len(rows)), len(columns), shape)
        cursor = table.cellAt(0, 0).firstCursorPosition()
        for number, row in enumerate(rows):
            face = look.header_cell if self.has_header and number == 0 else look.cell
            has_chips = any(map(has_chip, row))
            for column, width in enumerate(columns):
                runs = row[column] if column < len(row) else []
                alignment = block.alignments[column] if column < len(block.alignments) else ""
                room = width - 2 * look.cell_padding_x
                is_lowered = has_chips and not has_chip(runs) and text_width(runs, face, look, room) <= room
                cursor.setBlockFormat(self._lines(face, alignment, is_lowered=is_lowered))
                self.insert(cursor, runs, face, room)
                keep_shapes(cursor.block())
                cursor.movePosition(QTextCursor.MoveOperation.NextBlock)
        cursor.endEditBlock()
        return table

    def _lines(self, face: Face, alignment: str, *, is_lowered: bool) -> QTextBlockFormat:
        """How a cell's lines stand. `is_lowered` puts a single one on the baseline of chips beside it."""
        key = (id(face), alignment, is_lowered)
        if (found := self._formats.get(key)) is None:
            found = self._formats[key] = QTextBlockFormat(face.lines)
            if alignment in CELL_ALIGNMENTS:
                found.setAlignment(CELL_ALIGNMENTS[alignment])
            if is_lowered:
                # Not by a margin: above the first block of a cell, Qt ignores it.
                height = lowered_px(face, self.look)
                found.setLineHeight(height, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        return found

    def parting(self, position: int) -> str:
        """What stands between two cells in plain text: a tab, or a new line where a row begins."""
        cell = self._table.cellAt(position + 1)
        if not cell.isValid() or position < self._table.firstPosition():
            return ""
        return "\t" if cell.column() else "\n"

    def row_tops(self) -> list[int]:
        """Where rows begin, from the second on, and where the last ends: there stand the lines between."""
        if self._row_tops is None:
            layout, padding = self.documentLayout(), self.look.cell_padding
            tops = []
            for row in range(1, self._table.rows()):
                place: QRectF = layout.blockBoundingRect(
                    self._table.cellAt(row, 0).firstCursorPosition().block()
                )
                tops.append(round(place.top()) - padding)
            self._row_tops = [*tops, round(self.size().height())]
        return self._row_tops


def lowered_px(face: Face, look: Look) -> float:
    """The least height of a single line beside chips."""
    return max(face.line_px, chip_ascent(look) + face.descent)


def rows_and_columns(
    block: Block, context: "InlineContext", look: Look, columns: Sequence[int] | None
) -> tuple[list[list[list[Run]]], list[int]]:
    """A segment's cells, and the widths of its columns, of which there is one at least."""
    rows = _rows(block, context)
    if columns is None:
        columns = _columns(block, rows, look)
    count = max(1, len(columns), *(len(row) for row in rows))
    return rows, [*columns, *[2 * look.cell_padding_x] * (count - len(columns))]


def _rows(block: Block, context: "InlineContext") -> list[list[list[Run]]]:
    from trackside.markup.inline import cell_runs  # brings a parser along, which the start does without

    last = len(block.rows) - 1
    return [
        [cell_runs(cell, context, is_open=block.is_open and number == last) for cell in row]
        for number, row in enumerate(block.rows)
    ]


def _columns(block: Block, rows: list[list[list[Run]]], look: Look) -> list[int]:
    columns: list[int] = []
    room = look.column_cap - 2 * look.cell_padding_x
    for number, row in enumerate(rows):
        face = look.header_cell if block.is_first and number == 0 else look.cell
        widths = [min(room, text_width(runs, face, look, room)) for runs in row]
        # A pixel more than measured: the layout rounds up what it adds up.
        columns = merged(columns, [int(width) + 2 + 2 * look.cell_padding_x for width in widths])
    return columns


def text_width(runs: list[Run], face: Face, look: Look, room: int) -> float:
    """How wide the longest line of a cell is; of a text wider than the room, no less than that."""
    widest = width = 0.0
    for run in runs:
        if not isinstance(run, TextRun):
            width += fitted_chip(run.citation, look, room).width + look.px(1)
            continue
        first, *others = run.text[:_ENOUGH].replace(BREAK, "").split(LINE_BREAK)
        width += look.text_width(face, run.style, first)
        for line in others:
            widest = max(widest, width)
            width = look.text_width(face, run.style, line)
        if width > room:
            return width
    return max(widest, width)


def has_chip(runs: list[Run]) -> bool:
    """Whether a cell has one."""
    return any(isinstance(run, ChipRun) for run in runs)
