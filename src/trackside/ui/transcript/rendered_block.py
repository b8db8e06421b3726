"""One block of an answer, laid out at one width: where its text stands, and what is at a point."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QTextCursor

from trackside.domain.citation import Citation
from trackside.markup.blocks import Block, BlockKind
from trackside.markup.runs import Run
from trackside.ui.transcript.caret import line_at, moved, word_at
from trackside.ui.transcript.code_grounds import rects_in
from trackside.ui.transcript.documents import BlockDocument
from trackside.ui.transcript.look import Look
from trackside.ui.transcript.margins import distance, margins
from trackside.ui.transcript.painted_block import FULL, Content, PaintedBlock
from trackside.ui.transcript.panel import CopyButton
from trackside.ui.transcript.selecting import Selection
from trackside.ui.transcript.table_lines import TableLines, table
from trackside.ui.transcript.tables import fitted, table_columns
from trackside.ui.transcript.text_lines import caret_x, code, prose

if TYPE_CHECKING:
    from trackside.markup.inline import InlineContext

__all__ = ["CopyButton", "RenderedBlock", "Selection", "render", "render_runs", "table_columns"]

_PLAIN = Block(BlockKind.PARAGRAPH, 0, 0)


def render(
    block: Block,
    context: "InlineContext",
    look: Look,
    width: int,
    *,
    previous: Block | None,
    columns: Sequence[int] | None = None,
) -> "RenderedBlock":
    """Lays a block out below `previous`. `columns` are what all segments of its table share."""
    from trackside.markup.inline import block_runs  # brings a parser along, which the start does without

    face = look.face_of(block)
    strips = margins(block, look, width)
    padding = look.code_padding if block.kind is BlockKind.CODE else 0
    room = max(1, width - sum([strip.width for strip in strips]) - 2 * padding)
    match block.kind:
        case BlockKind.TABLE:
            columns = fitted(
                table_columns([block], context, look) if columns is None else columns, room, look
            )
            content: Content = table(block, context, look, columns)
        case BlockKind.CODE:
            content = code(block_runs(block, context), look, room)
        case BlockKind.RULE:
            content = BlockDocument(look, face)
        case _:
            content = prose(block_runs(block, context), face, look, room)
    return RenderedBlock(block, content, face, strips, look, width, distance(block, previous, look))


def render_runs(runs: list[Run], look: Look, width: int, *, is_small: bool = False) -> "RenderedBlock":
    """Lays out a text that is no answer's: a question, or, small and muted, a step."""
    face = look.small if is_small else look.body
    return RenderedBlock(_PLAIN, prose(runs, face, look, max(1, width)), face, [], look, width, 0)


class RenderedBlock(PaintedBlock):
    """A block laid out. Points are relative to its left top; positions are its document's."""

    def position_at(self, point: QPoint, *, shift: int = 0) -> int:
        """The position next to a point, however far away the point is."""
        inner = self._inner(point, shift)
        inner.setY(min(max(inner.y(), 0.0), max(0.0, self._document.size().height() - 1)))
        found = self._document.documentLayout().hitTest(inner, Qt.HitTestAccuracy.FuzzyHit)
        return min(max(found, 0), len(self.text))

    def target_at(self, point: QPoint, *, shift: int = 0) -> str | Citation | None:
        """The link or chip at just this point."""
        if self.block.kind in FULL and not self._body.contains(point):
            return None
        inner = self._inner(point, shift)
        return next((target for rect, target in self._placed_targets if rect.contains(inner)), None)

    def rect_of(self, position: int, *, shift: int = 0) -> QRect:
        """Where the caret stands at a position."""
        block = self._document.findBlock(min(max(position, 0), len(self.text)))
        layout = block.layout()
        origin = self._document.documentLayout().blockBoundingRect(block).topLeft()
        line = layout.lineForTextPosition(position - block.position())
        if not line.isValid():
            return QRect(self._outer(origin, shift), QPoint(0, 0)).normalized()
        x = caret_x(line, position - block.position())
        place = self._outer(origin + QPointF(x, line.y()), shift)
        # As high as text, at the line's foot, whatever makes the line higher.
        height = min(line.height(), self._face.text_px)
        return QRect(place.x(), place.y() + round(line.height() - height), 1, round(height))

    def word_at(self, position: int) -> tuple[int, int]:
        """The word around a position, for a double click."""
        return word_at(self._document, position)

    def line_at(self, position: int) -> tuple[int, int]:
        """For a triple click: a line of code, a table's cell, or the whole of a paragraph."""
        return line_at(self.text, position, is_code=self.block.kind is BlockKind.CODE)

    def moved(self, position: int, operation: QTextCursor.MoveOperation, x: int | None = None) -> int | None:
        """Where a key takes the caret; None out of the block. `x` is kept while going up or down."""
        inner_x = None if x is None else x - self._left
        return moved(self._document, self.text, position, operation, inner_x)

    def links(self) -> list[tuple[str | Citation, str, QRect]]:
        """All links and chips: target, words, and where the first line of each stands."""
        found: list[tuple[str | Citation, str, QRect]] = []
        for one in self._content.targets:
            rects = self._rects_in(one.start, one.end)
            if rects:
                place = QRect(self._outer(rects[0].topLeft(), 0), rects[0].size().toSize())
                place.translate(0, self._face.lift_px)
                found.append((one.target, self.plain_text(one.start, one.end), place))
        return found

    def plain_text(self, start: int = 0, end: int | None = None) -> str:
        """What a stretch says: chips as their labels, cells apart by tabs, nothing that can't be seen."""
        return self._document.plain_text(start, len(self.text) if end is None else end)

    @cached_property
    def _placed_targets(self) -> list[tuple[QRectF, str | Citation]]:
        lift = self._face.lift_px
        return [
            (rect.translated(0, lift), one.target)
            for one in self._content.targets
            for rect in self._rects_in(one.start, one.end)
        ]

    @property
    def _origin(self) -> QPoint:
        return QPoint(self._left, self._top)

    def _rects_in(self, start: int, end: int) -> list[QRectF]:
        content = self._content
        return rects_in(content.document if isinstance(content, TableLines) else content, start, end)

    def _inner(self, point: QPoint, shift: int) -> QPointF:
        return QPointF(point - self._origin + QPoint(shift, 0))

    def _outer(self, point: QPointF, shift: int) -> QPoint:
        return point.toPoint() + self._origin - QPoint(shift, 0)
