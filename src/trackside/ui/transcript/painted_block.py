"""One block of an answer, laid out at one width, as it is painted wherever the view wants it."""

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from trackside.markup.blocks import Block, BlockKind
from trackside.ui.transcript.code_grounds import code_rects, paint_code_grounds
from trackside.ui.transcript.documents import BlockDocument, text_units
from trackside.ui.transcript.look import Face, Look
from trackside.ui.transcript.margins import Margin, paint_margins
from trackside.ui.transcript.panel import CopyButton, copy_place, header_height, paint_panel
from trackside.ui.transcript.selecting import Selection, paint_document
from trackside.ui.transcript.table_lines import TableLines
from trackside.ui.transcript.tables import TableDocument
from trackside.ui.transcript.text_lines import TextLines

Content = BlockDocument | TextLines | TableLines
FULL = BlockKind.CODE, BlockKind.TABLE
"""Blocks that take all the room, whatever is in them."""
_ANTIALIASING = QPainter.RenderHint.Antialiasing
_INTERSECT = Qt.ClipOperation.IntersectClip
_NOWHERE, _ORIGIN = QRectF(), QPointF()


class PaintedBlock:
    """A block's looks. Points are relative to its left top."""

    def __init__(
        self,
        block: Block,
        content: Content,
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
            high, wide = content.height, content.natural_width
        elif isinstance(content, TableLines):
            self.text = content.text
            high, wide = content.height, content.width
        else:
            self.text = text_units(content.toRawText())
            size = content.size()
            high = size.height()
            wide = content.idealWidth() if block.kind is BlockKind.CODE else size.width()
            direction = content.firstBlock().textDirection()
            self._is_rtl = block.kind not in FULL and direction is Qt.LayoutDirection.RightToLeft
        indent = sum([strip.width for strip in strips])
        padding = look.code_padding if block.kind is BlockKind.CODE else 0
        left = 0 if self._is_rtl else indent
        self.room: int = max(1, width - indent - 2 * padding)
        self.room_left: int = left + padding
        """Where the content begins: together with `room`, the window that code and tables are moved in."""
        self.natural_width: int = self.room
        inner = ceil(high)
        x, y = self.room_left, air - face.lift_px
        match block.kind:
            case BlockKind.CODE:
                self.natural_width = ceil(wide)
                header = header_height(block, look)
                y += header
                inner += header + (look.px(9) if block.is_last or block.is_open else 0)
            case BlockKind.TABLE:
                self.natural_width = ceil(wide) - 2 * look.cell_padding_x
                x -= look.cell_padding_x
            case BlockKind.RULE:
                inner = 1
        self._left, self._top = x, y
        """Where the content's own left top is."""
        self.height: int = air + inner
        self._body = QRect(left, air, width - indent, inner)
        self.copy_rect: QRect | None = copy_place(self._body, block, look)
        """The button that copies code, in the header of the first segment. `paint` is told how it looks."""
        self._grounds: list[QRectF] | None = None
        is_quoted = any(not strip.container.is_item for strip in strips)
        is_muted = face is look.small or (is_quoted and block.kind is not BlockKind.CODE)
        self._color = look.muted if is_muted else look.text
        self._prose: TextLines | None = None
        """The content, if that is all there is to paint."""
        if isinstance(content, TextLines) and not (strips or content.code_spans or block.kind in FULL):
            self._prose = content

    @property
    def _document(self) -> BlockDocument:
        content = self._content
        return content if isinstance(content, BlockDocument) else content.document

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
        look, prose, height = self._look, self._prose, self.height
        above, below = clip.top() - top, clip.bottom() + 1 - top
        if above >= height or below <= 0:
            return
        is_whole = above <= 0 and below >= height
        if prose is not None and is_whole and not selections:
            # Most blocks of prose, for which the rest would cost as much as the text.
            painter.setPen(self._color)
            prose.paint(painter, QPointF(self._left + left, self._top + top), _NOWHERE)
            return
        is_full = self.block.kind in FULL
        shift = shift if is_full else 0
        overhang = look.overhang
        visible = QRect(
            -overhang, max(above, 0), self.width + 2 * overhang, min(below, height) - max(above, 0)
        )
        # The grounds of inline code would stand out of a table.
        is_cut = is_full and (shift != 0 or self.natural_width > self.room or bool(self._code_grounds()))
        if is_cut or not is_whole:
            painter.save()
            painter.setClipRect(clip, _INTERSECT)
        painter.translate(left, top)
        if self._strips:
            place = QRect(0, 0, self.width, height)
            paint_margins(
                painter,
                self._strips,
                look,
                place=place,
                air=self._air,
                baseline=self._baseline(),
                is_rtl=self._is_rtl,
            )
        match self.block.kind:
            case BlockKind.RULE:
                painter.fillRect(self._body, look.line)
            case BlockKind.CODE:
                paint_panel(painter, self._body, self.block, look, copy_button, visible)
                if is_cut:
                    painter.setClipRect(self._body.adjusted(1, 0, -1, 0), _INTERSECT)
            case BlockKind.TABLE:
                if is_cut:
                    painter.setClipRect(self._body, _INTERSECT)
                self._paint_rows(painter, shift)
            case _:
                pass
        if self.block.kind is not BlockKind.RULE:
            self._paint_content(painter, visible, shift, selections)
        if is_cut or not is_whole:
            painter.restore()
        else:
            painter.translate(-left, -top)
            painter.setRenderHint(_ANTIALIASING, False)

    def _paint_content(
        self, painter: QPainter, visible: QRect, shift: int, selections: Sequence[Selection]
    ) -> None:
        content, look = self._content, self._look
        x, y = self._left - shift, self._top
        painter.translate(x, y)
        grounds = self._code_grounds()
        if grounds:
            paint_code_grounds(painter, grounds, look)
        if selections or isinstance(content, BlockDocument):
            paint_document(
                painter,
                self._document,
                selections,
                clip=QRectF(visible.translated(-x, -y)),
                palette=look.palette if self._color is look.text else look.muted_palette,
                lift=self._face.lift_px,
            )
        else:
            painter.setPen(self._color)
            if isinstance(content, TableLines):
                content.paint(painter)
            else:
                is_whole = visible.height() == self.height
                clip = _NOWHERE if is_whole else QRectF(visible.translated(-x, -y))
                content.paint(painter, _ORIGIN, clip)
        painter.translate(-x, -y)

    def _code_grounds(self) -> list[QRectF]:
        if self._grounds is None:
            content = self._content
            if isinstance(content, TableLines):
                self._grounds = content.code_grounds if content.has_code else []
            else:
                self._grounds = code_rects(content, self._face, self._look) if content.code_spans else []
        return self._grounds

    def _paint_rows(self, painter: QPainter, shift: int) -> None:
        rows = self._content
        assert isinstance(rows, (TableLines, TableDocument))
        left, top, color = self._body.left() - shift, self._top - 1, self._look.line
        for y in rows.row_tops():
            painter.fillRect(left, top + y, self.natural_width, 1, color)

    def _baseline(self) -> int:
        """Of the first line: where a list's marker stands."""
        if self.block.kind is BlockKind.CODE and self.block.is_first:
            return self._air + header_height(self.block, self._look) * 2 // 3
        if isinstance(self._content, TextLines):
            return self._top + round(self._content.baseline())
        if isinstance(self._content, TableLines):
            return self._top + round(self._content.baseline)
        # A table's first cell stands after an empty block that Qt keeps before it.
        block = self._document.findBlock(1 if self.block.kind is BlockKind.TABLE else 0)
        layout = block.layout()
        if not layout.lineCount():
            return self._air
        line = layout.lineAt(0)
        top = self._document.documentLayout().blockBoundingRect(block).top()
        return self._top + round(top + line.y() + line.ascent())
