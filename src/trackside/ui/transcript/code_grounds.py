"""The grounds behind inline code."""

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from trackside.ui.transcript.documents import BlockDocument
from trackside.ui.transcript.look import Face, Look
from trackside.ui.transcript.spans import span_rects, text_rects
from trackside.ui.transcript.text_lines import TextLines

_ANTIALIASING = QPainter.RenderHint.Antialiasing
_NO_PEN = Qt.PenStyle.NoPen


def rects_in(content: TextLines | BlockDocument, start: int, end: int) -> list[QRectF]:
    """Where a span stands, whatever the text is laid out with."""
    if isinstance(content, TextLines):
        return text_rects(content, start, end)
    return span_rects(content, start, end)


def code_rects(content: TextLines | BlockDocument, face: Face, look: Look) -> list[QRectF]:
    """As high as the code itself, without the air above it."""
    inset = max(0, face.lift_px - look.px(1))
    return [
        rect.adjusted(-look.overhang, face.lift_px + inset, look.overhang, face.lift_px - inset)
        for start, end in content.code_spans
        for rect in rects_in(content, start, end)
    ]


def paint_code_grounds(painter: QPainter, rects: Iterable[QRectF], look: Look) -> None:
    painter.setRenderHint(_ANTIALIASING)
    painter.setPen(_NO_PEN)
    painter.setBrush(look.inline_code)
    radius = look.px(4)
    for rect in rects:
        painter.drawRoundedRect(rect, radius, radius)
