"""The panel behind code: a ground over all segments, with the language and a button to copy."""

from enum import Enum, auto

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from trackside.markup.blocks import Block, BlockKind
from trackside.ui.transcript.look import Look

_LONGEST_LANGUAGE = 40
_ANTIALIASING = QPainter.RenderHint.Antialiasing
_INTERSECT = Qt.ClipOperation.IntersectClip


class CopyButton(Enum):
    """What the button for copying code shows."""

    RESTING = auto()
    HOVERED = auto()
    DONE = auto()


def header_height(block: Block, look: Look) -> int:
    """What stands above the first line of code; nothing in a later segment."""
    return look.code_header if block.is_first else 0


def copy_place(body: QRect, block: Block, look: Look) -> QRect | None:
    """Where the button is: in the header of the first segment."""
    if block.kind is not BlockKind.CODE or not block.is_first:
        return None
    size, inset = look.px(24), look.px(3)
    return QRect(body.right() + 1 - size - inset, body.top() + inset, size, size)


def paint_panel(
    painter: QPainter, body: QRect, block: Block, look: Look, button: CopyButton, visible: QRect
) -> None:
    """The ground with its border, round only where the code begins and ends. Only what is visible of it."""
    _paint_ground(painter, body, block, look, visible)
    if not block.is_first or visible.top() > body.top() + look.code_header:
        return
    painter.setRenderHint(_ANTIALIASING)
    header = QRect(body.left(), body.top(), body.width(), look.code_header)
    painter.setFont(look.label_font)
    painter.setPen(look.muted)
    place = header.adjusted(look.code_padding, look.px(2), -look.px(36), 0)
    words = painter.fontMetrics().elidedText(
        block.language[:_LONGEST_LANGUAGE], Qt.TextElideMode.ElideRight, place.width()
    )
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
    painter.drawText(place, flags, words)
    _paint_button(painter, copy_place(body, block, look), look, button)
    painter.setRenderHint(_ANTIALIASING, False)


def _paint_ground(painter: QPainter, body: QRect, block: Block, look: Look, visible: QRect) -> None:
    radius = look.px(8)
    has_end = block.is_last or block.is_open
    top, bottom = max(body.top(), visible.top()), min(body.bottom(), visible.bottom()) + 1
    left, width = body.left(), body.width()
    corner = radius + 1
    is_round_above = block.is_first and top < body.top() + corner
    is_round_below = has_end and bottom > body.bottom() + 1 - corner
    if is_round_above or is_round_below:
        painter.save()
        painter.setRenderHint(_ANTIALIASING)
        painter.setPen(look.line)
        painter.setBrush(look.code)
        if is_round_above:
            _paint_end(painter, QRect(left, body.top(), width, corner), corner, 0, radius)
            top = max(top, body.top() + corner)
        if is_round_below:
            end = body.bottom() + 1 - corner
            _paint_end(painter, QRect(left, end, width, corner), 0, -corner, radius)
            bottom = min(bottom, end)
        painter.restore()
    if top < bottom:
        painter.fillRect(left + 1, top, width - 2, bottom - top, look.code)
        painter.fillRect(left, top, 1, bottom - top, look.line)
        painter.fillRect(left + width - 1, top, 1, bottom - top, look.line)


def _paint_end(painter: QPainter, end: QRect, below: int, above: int, radius: int) -> None:
    """One end of the ground. All of a large one with its corners would cost thrice as much."""
    painter.save()
    painter.setClipRect(end, _INTERSECT)
    shape = QRectF(end.adjusted(0, above, 0, below)).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(shape, radius, radius)
    painter.restore()


def _paint_button(painter: QPainter, place: QRect | None, look: Look, button: CopyButton) -> None:
    if place is None:
        return
    if button is CopyButton.HOVERED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.inline_code)
        painter.drawRoundedRect(place, look.px(5), look.px(5))
    name, role = {
        CopyButton.RESTING: ("copy", "muted"),
        CopyButton.HOVERED: ("copy", "text"),
        CopyButton.DONE: ("check", "accent"),
    }[button]
    look.icon(name, role, 14).paint(painter, place)
