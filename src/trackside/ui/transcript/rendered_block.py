"""One block of an answer, laid out at one width and painted wherever the view wants it."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QTextCursor

from trackside.domain.citation import Citation
from trackside.markup.blocks import Block, BlockKind
from trackside.markup.runs import Run
from trackside.ui.transcript.caret import line_at, moved, word_at
from trackside.ui.transcript.code_grounds import code_rects, paint_code_grounds, rects_in
from trackside.ui.transcript.documents import BlockDocument, text_units
from trackside.ui.transcript.look import Face, Look
from trackside.ui.transcript.margins import Margin, distance, margins, paint_margins
from trackside.ui.transcript.panel import CopyButton, copy_place, header_height, paint_panel
from trackside.ui.transcript.selecting import Selection, paint_document
from trackside.ui.transcript.spans import caret_x
from trackside.ui.transcript.tables import TableDocument, table_columns
from trackside.ui.transcript.text_lines import TextLines, code, prose

if TYPE_CHECKING:
    from trackside.markup.inline import InlineContext

__all__ = ["CopyButton", "RenderedBlock", "Selection", "render", "render_runs", "table_columns"]

_FULL = BlockKind.CODE, BlockKind.TABLE
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
    room = max(1, width - sum(strip.width for strip in strips) - 2 * padding)
    match block.kind:
        case BlockKind.TABLE:
            content: BlockDocument | TextLines = TableDocument(block, context, look, columns)
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


class RenderedBlock:
    """A block laid out. Points are relative to its left top; positions are its document's."""

    def __init__(
        self,
        block: Block,
        content: BlockDocument | TextLines,
        face: Face,
        strips: list[Margin],
        look: Look,
        width: int,
        air: int,
    ) -> None:
        self.block = block
        self.width = width
        self._content, self._face, self._strips, self._look = content, face, strips, look
        self._air = air
        self._is_rtl = False
        if isinstance(content, TextLines):
            self.text: str = content.text
            size = QSizeF(0.0, content.height)
        else:
            self.text = text_units(content.toRawText())
            size = content.size()
            direction = content.firstBlock().textDirection()
            self._is_rtl = block.kind not in _FULL and direction is Qt.LayoutDirection.RightToLeft
        indent = sum(strip.width for strip in strips)
        padding = look.code_padding if block.kind is BlockKind.CODE else 0
        left = 0 if self._is_rtl else indent
        self.room: int = max(1, width - indent - 2 * padding)
        self.room_left: int = left + padding
        """Where the content begins: together with `room`, the window that code and tables are moved in."""
        self.natural_width: int = self.room
        inner = ceil(size.height())
        self._origin = QPoint(self.room_left, air - face.lift_px)
        match block.kind:
            case BlockKind.CODE:
                natural = content.natural_width if isinstance(content, TextLines) else content.idealWidth()
                self.natural_width = ceil(natural)
                self._origin += QPoint(0, header_height(block, look))
                inner += header_height(block, look) + (look.px(9) if block.is_last or block.is_open else 0)
            case BlockKind.TABLE:
                self.natural_width = ceil(size.width()) - 2 * look.cell_padding_x
                self._origin -= QPoint(look.cell_padding_x, 0)
            case BlockKind.RULE:
                inner = 1
        self.height: int = air + inner
        self._body = QRect(left, air, width - indent, inner)
        self.copy_rect: QRect | None = copy_place(self._body, block, look)
        """The button that copies code, in the header of the first segment. `paint` is told how it looks."""
        self._target_rects: list[tuple[QRectF, str | Citation]] | None = None
        self._code_rects: list[QRectF] | None = None

    @property
    def _document(self) -> BlockDocument:
        content = self._content
        return content.document if isinstance(content, TextLines) else content

    # -- painting --------------------------------------------------------------------------------

    def paint(
        self,
        painter: QPainter,
        left: int,
        top: int,
        clip: QRect,
        *,
        shift: int = 0,
        selections: Sequence[Selection] = (),
        copy_button: CopyButton = CopyButton.RESTING,
    ) -> None:
        """Paints at `left`, `top` what is within `clip`; code and tables moved `shift` pixels sideways."""
        look, content = self._look, self._content
        overhang = look.overhang
        place = QRect(left - overhang, top, self.width + 2 * overhang, self.height)
        visible = clip.intersected(place)
        if visible.isEmpty():
            return
        if (
            isinstance(content, TextLines)
            and not (self._strips or selections or content.code_spans)
            and self.block.kind is not BlockKind.CODE
            and visible == place
        ):
            # Most blocks of prose, for which the rest would cost as much as the text.
            painter.setPen(look.muted if self._face is look.small else look.text)
            content.paint(painter, QPointF(self._origin + QPoint(left, top)), QRectF())
            return
        visible.translate(-left, -top)
        painter.save()
        painter.translate(left, top)
        painter.setClipRect(visible, Qt.ClipOperation.IntersectClip)
        if self._strips:
            place = QRect(0, 0, self.width, self.height)
            baseline = self._baseline()
            paint_margins(
                painter,
                self._strips,
                self._look,
                place=place,
                air=self._air,
                baseline=baseline,
                is_rtl=self._is_rtl,
            )
        match self.block.kind:
            case BlockKind.RULE:
                painter.fillRect(self._body, self._look.line)
            case BlockKind.CODE:
                paint_panel(painter, self._body, self.block, self._look, copy_button)
                painter.setClipRect(self._body.adjusted(1, 0, -1, 0), Qt.ClipOperation.IntersectClip)
                self._paint_document(painter, visible, shift, selections)
            case BlockKind.TABLE:
                painter.setClipRect(self._body, Qt.ClipOperation.IntersectClip)
                self._paint_rows(painter, shift)
                self._paint_document(painter, visible, shift, selections)
            case _:
                self._paint_document(painter, visible, 0, selections)
        painter.restore()

    def _paint_document(
        self, painter: QPainter, visible: QRect, shift: int, selections: Sequence[Selection]
    ) -> None:
        content, look = self._content, self._look
        origin = self._origin - QPoint(shift, 0)
        painter.translate(origin)
        if content.code_spans:
            if self._code_rects is None:
                self._code_rects = code_rects(content, self._face, look)
            paint_code_grounds(painter, self._code_rects, look)
        is_quoted = any(not strip.container.is_item for strip in self._strips)
        is_muted = self._face is look.small or (is_quoted and self.block.kind is not BlockKind.CODE)
        clip = QRectF(visible.translated(-origin))
        if isinstance(content, TextLines) and not selections:
            painter.setPen(look.muted if is_muted else look.text)
            content.paint(painter, QPointF(), clip)
            return
        paint_document(
            painter,
            self._document,
            selections,
            clip=clip,
            palette=look.muted_palette if is_muted else look.palette,
            lift=self._face.lift_px,
        )

    def _paint_rows(self, painter: QPainter, shift: int) -> None:
        document = self._document
        assert isinstance(document, TableDocument)
        for y in document.row_tops():
            line = QRect(self._body.left() - shift, self._origin.y() + y - 1, self.natural_width, 1)
            painter.fillRect(line, self._look.line)

    def _baseline(self) -> int:
        """Of the first line: where a list's marker stands."""
        if self.block.kind is BlockKind.CODE and self.block.is_first:
            return self._air + header_height(self.block, self._look) * 2 // 3
        if isinstance(self._content, TextLines):
            return self._origin.y() + round(self._content.baseline())
        # A table's first cell stands after an empty block that Qt keeps before it.
        block = self._document.findBlock(1 if self.block.kind is BlockKind.TABLE else 0)
        layout = block.layout()
        if not layout.lineCount():
            return self._air
        line = layout.lineAt(0)
        top = self._document.documentLayout().blockBoundingRect(block).top()
        return self._origin.y() + round(top + line.y() + line.ascent())

    # -- positions -------------------------------------------------------------------------------

    def position_at(self, point: QPoint, *, shift: int = 0) -> int:
        """The position next to a point, however far away the point is."""
        inner = self._inner(point, shift)
        inner.setY(min(max(inner.y(), 0.0), max(0.0, self._document.size().height() - 1)))
        found = self._document.documentLayout().hitTest(inner, Qt.HitTestAccuracy.FuzzyHit)
        return min(max(found, 0), len(self.text))

    def target_at(self, point: QPoint, *, shift: int = 0) -> str | Citation | None:
        """The link or chip at just this point."""
        if self.block.kind in _FULL and not self._body.contains(point):
            return None
        inner = self._inner(point, shift)
        return next((target for rect, target in self._placed_targets() if rect.contains(inner)), None)

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
        inner_x = None if x is None else x - self._origin.x()
        return moved(self._document, self.text, position, operation, inner_x)

    def links(self) -> list[tuple[str | Citation, str, QRect]]:
        """All links and chips: target, words, and where the first line of each stands."""
        found: list[tuple[str | Citation, str, QRect]] = []
        for one in self._content.targets:
            rects = rects_in(self._content, one.start, one.end)
            if rects:
                place = QRect(self._outer(rects[0].topLeft(), 0), rects[0].size().toSize())
                place.translate(0, self._face.lift_px)
                found.append((one.target, self.plain_text(one.start, one.end), place))
        return found

    def plain_text(self, start: int = 0, end: int | None = None) -> str:
        """What a stretch says: chips as their labels, cells apart by tabs, nothing that can't be seen."""
        return self._document.plain_text(start, len(self.text) if end is None else end)

    def _placed_targets(self) -> list[tuple[QRectF, str | Citation]]:
        if self._target_rects is None:
            lift = self._face.lift_px
            self._target_rects = [
                (rect.translated(0, lift), one.target)
                for one in self._content.targets
                for rect in rects_in(self._content, one.start, one.end)
            ]
        return self._target_rects

    def _inner(self, point: QPoint, shift: int) -> QPointF:
        return QPointF(point - self._origin + QPoint(shift, 0))

    def _outer(self, point: QPointF, shift: int) -> QPoint:
        return point.toPoint() + self._origin - QPoint(shift, 0)
