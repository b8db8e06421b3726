"""Where on the screen a span of a document's text stands."""

from collections.abc import Callable, Iterator

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QTextBlock, QTextLayout, QTextLine

from trackside.markup.runs import CHIP
from trackside.ui.transcript.documents import BREAK, BlockDocument
from trackside.ui.transcript.text_lines import RIGHT_TO_LEFT, TextLines, caret_x


def span_rects(document: BlockDocument, start: int, end: int) -> list[QRectF]:
    """The rectangles of `start` to `end`, one a line and more where directions mix.

    Each is as high as its line with the air above it, so that those of neighbouring lines touch.
    """
    rects: list[QRectF] = []
    block = document.findBlock(start)
    while block.isValid() and block.position() < end:
        _add_block(rects, document, block, start - block.position(), end - block.position())
        block = block.next()
    return rects


def text_rects(lines: TextLines, start: int, end: int) -> list[QRectF]:
    """The same in lines without a document, all of one direction."""
    rects: list[QRectF] = []
    if start < end:
        _add_lines(rects, lines.layout, QPointF(), start, end, None, lines.bottoms)
    return rects


def _add_block(rects: list[QRectF], document: BlockDocument, block: QTextBlock, start: int, end: int) -> None:
    layout = block.layout()
    text = document.block_text(block)
    start, end = max(start, 0), min(end, len(text))
    # A chip and the break after it are one to a layout: it has no place between them.
    start += text[start : start + 1] == BREAK
    end += text[end : end + 1] == BREAK
    if start >= end or not layout.lineCount():
        return

    def chip_widths(from_: int, to: int) -> dict[int, float]:
        widths = {at: document.chip_width(block.position() + at) for at in _chips(text, from_, to)}
        return {at: width for at, width in widths.items() if width}

    origin = document.documentLayout().blockBoundingRect(block).topLeft()
    _add_lines(rects, layout, origin, start, end, chip_widths if _is_mixed(text) else None)


def _add_lines(
    rects: list[QRectF],
    layout: QTextLayout,
    origin: QPointF,
    start: int,
    end: int,
    chip_widths: Callable[[int, int], dict[int, float]] | None,
    bottoms: list[float] | None = None,
) -> None:
    """`chip_widths` is given where directions may mix, `bottoms` where lines don't end where Qt would say."""

    def bottom_of(number: int) -> float:
        if bottoms is not None:
            return bottoms[number]
        line = layout.lineAt(number)
        return line.y() + line.height()

    first, last = layout.lineForTextPosition(start), layout.lineForTextPosition(end - 1)
    top = bottom_of(first.lineNumber() - 1) if first.lineNumber() else 0.0
    for number in range(first.lineNumber(), last.lineNumber() + 1):
        line = layout.lineAt(number)
        bottom = bottom_of(number)
        from_, to = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
        if from_ == line.textStart() and end >= line.textStart() + line.textLength():
            whole = line.naturalTextRect()
            edges = [(whole.left(), whole.right())]
        elif chip_widths:
            edges = _mixed(layout, line, from_, to, chip_widths(from_, to))
        else:
            edges = [(caret_x(line, from_), caret_x(line, to))]
        rects += [
            QRectF(min(pair) + origin.x(), top + origin.y(), abs(pair[1] - pair[0]), bottom - top)
            for pair in edges
        ]
        top = bottom


def _mixed(
    layout: QTextLayout, line: QTextLine, start: int, end: int, chips: dict[int, float]
) -> list[tuple[float, float]]:
    """Stretches of a line with both directions, where a caret's place doesn't tell the side of its text."""
    stretches: list[tuple[float, float]] = []
    for run in line.glyphRuns(start, end - start):
        place = run.boundingRect()
        stretches.append((place.left(), place.right()))
    is_rtl = layout.textOption().textDirection() is Qt.LayoutDirection.RightToLeft
    for at, width in chips.items():
        x, following = caret_x(line, at), caret_x(line, at + 2)
        to_left = abs(following - (x - width)) < 2 or (is_rtl and abs(following - (x + width)) >= 2)
        stretches.append((x - width, x) if to_left else (x, x + width))
    joined: list[tuple[float, float]] = []
    for left, right in sorted(stretches):
        if joined and left <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(right, joined[-1][1]))
        else:
            joined.append((left, right))
    return joined


def _chips(text: str, start: int, end: int) -> Iterator[int]:
    at = text.find(CHIP, start, end)
    while at >= 0:
        yield at
        at = text.find(CHIP, at + 1, end)


def _is_mixed(text: str) -> bool:
    """Whether any of it may run from right to left."""
    return not text.isascii() and RIGHT_TO_LEFT.search(text) is not None
