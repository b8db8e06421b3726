"""The panel behind code: a ground over all segments, with the language and a button to copy."""

from enum import Enum, auto

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from trackside.markup.blocks import Block, BlockKind
from trackside.ui.transcript.look import Look

_LONGEST_LANGUAGE = 40


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


def paint_panel(painter: QPainter, body: QRect, block: Block, look: Look, button: CopyButton) -> None:
    """The ground with its border, round only where the code begins and ends."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    beyond = look.px(20)
    has_end = block.is_last or block.is_open
    whole = body.adjusted(0, 0 if block.is_first else -beyond, 0, 0 if has_end else beyond)
    painter.save()
    painter.setClipRect(body, Qt.ClipOperation.IntersectClip)
    painter.setPen(look.line)
    painter.setBrush(look.code)
    painter.drawRoundedRect(QRectF(whole).adjusted(0.5, 0.5, -0.5, -0.5), look.px(8), look.px(8))
    painter.restore()
    if not block.is_first:
        return
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
