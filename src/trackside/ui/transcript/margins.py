"""What stands beside and above a block: the marks of its lists and quotations, and its distance."""

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from trackside.markup.blocks import Block, BlockKind, Container
from trackside.ui.transcript.look import Look

_LEAST_ROOM = 160
_TASKS = ("☐", "☑")
_ANTIALIASING = QPainter.RenderHint.Antialiasing
_NO_PEN = Qt.PenStyle.NoPen
_SOLID = (BlockKind.CODE, BlockKind.TABLE, BlockKind.MATH)


@dataclass(frozen=True, slots=True)
class Margin:
    """The strip that one container takes, `offset` from the side where its text begins."""

    container: Container
    offset: int
    width: int
    depth: int
    """How many lists with bullets are around it."""


def margins(block: Block, look: Look, width: int) -> list[Margin]:
    """The strips of a block's containers from the outermost. Too deep a nesting gets none outside."""
    if not block.containers:
        return []
    widths: list[int] = []
    left = width - look.px(_LEAST_ROOM)
    for container in reversed(block.containers):
        wanted = _width(container, look)
        widths.insert(0, wanted if wanted <= left else 0)
        left = left - wanted if wanted <= left else 0
    strips: list[Margin] = []
    offset = depth = 0
    for container, taken in zip(block.containers, widths, strict=True):
        strips.append(Margin(container, offset, taken, depth))
        offset += taken
        depth += container.is_item and not _is_number(container.marker)
    return strips


def _width(container: Container, look: Look) -> int:
    if not container.is_item:
        return look.quote_indent
    if not _is_number(container.marker):
        return look.indent
    if len(container.marker) <= 3:
        return look.number_indent
    return max(look.number_indent, round(_number_width(container.marker, look)) + look.px(6))


def _is_number(marker: str) -> bool:
    return marker[:1].isdigit()


def _number_width(marker: str, look: Look) -> float:
    return look.body_metrics.horizontalAdvance(marker)


def distance(block: Block, previous: Block | None, look: Look) -> int:
    """The air above a block, in pixels."""
    if previous is None or (block.group == previous.group and not block.is_first):
        return 0
    kinds = (block.kind, previous.kind)
    if _is_in_same_list(block, previous) and BlockKind.HEADING not in kinds:
        if any(kind in kinds for kind in _SOLID):
            return look.gap(7)
        return look.gap(8 if block.follows_gap else 2)
    if block.kind is BlockKind.HEADING:
        return look.gap(20 if block.level <= 2 else 16)
    if previous.kind is BlockKind.HEADING:
        return look.gap(6)
    if BlockKind.RULE in kinds:
        return look.gap(14)
    return look.gap(11 if any(kind in kinds for kind in _SOLID) else 9)


def _is_in_same_list(block: Block, previous: Block) -> bool:
    """Whether both stand in items at one depth, or the block begins a list within the other's item."""
    if not block.containers or not previous.containers:
        return False
    return any(a.is_item and b.is_item for a, b in zip(block.containers, previous.containers, strict=False))


def paint_margins(
    painter: QPainter,
    strips: list[Margin],
    look: Look,
    *,
    place: QRect,
    air: int,
    baseline: int,
    is_rtl: bool,
) -> None:
    """Bars and markers of a block. `place` is the whole block's, `air` of it above the first line."""
    painter.setRenderHint(_ANTIALIASING)
    for strip in strips:
        if not strip.width or (strip.container.is_item and not strip.container.starts):
            continue
        left = place.right() + 1 - strip.offset - strip.width if is_rtl else place.left() + strip.offset
        whole = QRect(left, place.top(), strip.width, place.height())
        if not strip.container.is_item:
            _paint_bar(painter, whole, look, 0 if not strip.container.starts else air, is_rtl=is_rtl)
        else:
            _paint_marker(painter, strip, whole, look, baseline, is_rtl=is_rtl)


def _paint_bar(painter: QPainter, whole: QRect, look: Look, air: int, *, is_rtl: bool) -> None:
    width = look.quote_bar
    left = whole.right() + 1 - width if is_rtl else whole.left()
    painter.fillRect(QRect(left, whole.top() + air, width, whole.height() - air), look.line)


def _paint_marker(
    painter: QPainter, strip: Margin, whole: QRect, look: Look, baseline: int, *, is_rtl: bool
) -> None:
    marker = strip.container.marker
    metrics = look.body_metrics
    if _is_number(marker):
        painter.setFont(look.body.font)
        painter.setPen(look.muted)
        gap = look.px(6)
        width = metrics.horizontalAdvance(marker)
        x = whole.left() + gap if is_rtl else whole.right() + 1 - gap - width
        # The marks turn the dot's side as well.
        painter.drawText(QPointF(x, baseline), f"\u200f{marker}\u200f" if is_rtl else marker)
        return
    middle = baseline - metrics.xHeight() / 2
    if marker in _TASKS:
        size = look.px(13)
        left = whole.right() + 1 - size if is_rtl else whole.left()
        top = round(baseline - metrics.capHeight() / 2 - size / 2)
        _paint_box(
            painter, QRectF(left + 0.5, top + 0.5, size - 1, size - 1), look, is_done=marker == _TASKS[1]
        )
        return
    size = look.px(5)
    x = whole.left() + look.px(9) if is_rtl else whole.right() + 1 - look.px(9) - size
    _paint_bullet(painter, QRectF(x, round(middle - size / 2), size, size), look, strip.depth)


def _paint_bullet(painter: QPainter, place: QRectF, look: Look, depth: int) -> None:
    painter.setPen(_NO_PEN)
    painter.setBrush(look.text)
    match depth:
        case 0:
            painter.drawEllipse(place)
        case 1:
            painter.setPen(QPen(look.text, look.px(1.2)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(place)
        case _:
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))


def _paint_box(painter: QPainter, box: QRectF, look: Look, *, is_done: bool) -> None:
    painter.setPen(look.accent if is_done else look.control_line)
    painter.setBrush(look.accent if is_done else look.card)
    painter.drawRoundedRect(box, look.px(3), look.px(3))
    if is_done:
        pen = QPen(look.on_accent, box.width() / 7)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(list(_tick(box)))


def _tick(box: QRectF) -> Iterator[QPointF]:
    for x, y in ((0.24, 0.53), (0.43, 0.71), (0.77, 0.32)):
        yield QPointF(box.left() + box.width() * x, box.top() + box.height() * y)
