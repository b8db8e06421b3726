"""Selected and found text: its ground, and its words in another colour."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QPainter,
    QPalette,
    QRegion,
    QTextCharFormat,
    QTextCursor,
)

from trackside.ui.transcript.chips import CHIP_IS_SELECTED
from trackside.ui.transcript.documents import BlockDocument
from trackside.ui.transcript.spans import span_rects

Selection = tuple[int, int, QTextCharFormat]
"""From, to, and a format whose ground and colour are used."""
_FAR = 1e6


def paint_document(
    painter: QPainter,
    document: BlockDocument,
    selections: Sequence[Selection],
    *,
    clip: QRectF,
    palette: QPalette,
    lift: int,
) -> None:
    """Paints what is within the clip. `lift` is what the text stands below the middle of its lines.

    Qt would paint selections as well, but leaves out the air between lines, takes several cells of a table
    for the rectangle around them, and its cost grows with the square of the number. So a colour's places
    are filled here, and one more pass paints the words in them, all of the document being selected.
    """
    over: list[tuple[QTextCharFormat, list[QRect]]] = []
    for form, rects in _grouped(document, selections, clip, lift):
        if form.hasProperty(QTextCharFormat.Property.ForegroundBrush):
            over.append((form, rects))
        else:
            _fill(painter, rects, form)
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette = palette
    context.clip = clip
    layout = document.documentLayout()
    layout.draw(painter, context)
    for form, rects in over:
        region = _region(rects)
        _fill(painter, rects, form)
        painter.save()
        painter.setClipRegion(region, Qt.ClipOperation.IntersectClip)
        context.clip = clip.intersected(QRectF(region.boundingRect()))
        # Assigned as a whole: what is appended to the list is lost.
        context.selections = [_everything(document, form)]
        layout.draw(painter, context)
        painter.restore()


def _grouped(
    document: BlockDocument, selections: Sequence[Selection], clip: QRectF, lift: int
) -> Iterator[tuple[QTextCharFormat, list[QRect]]]:
    """What of the selections can be seen: formats, and the rectangles of each."""
    if not selections:
        return
    first, last = _seen(document, clip)
    least = document.look.px(4)
    form, rects = selections[0][2], list[QRect]()
    for start, end, look in selections:
        if look is not form and look != form:
            yield form, rects
            form, rects = look, []
        if end < first or start > last:
            continue
        for rect in span_rects(document, max(start, first), min(end, last)):
            rect.translate(0, lift)
            rect.setWidth(max(rect.width(), least))
            rects.append(rect.toAlignedRect())
    yield form, rects


def _seen(document: BlockDocument, clip: QRectF) -> tuple[int, int]:
    """From where to where the text is that stands within the clip, with a line to spare."""
    layout, spare = document.documentLayout(), document.look.px(40)
    fuzzy = Qt.HitTestAccuracy.FuzzyHit
    top, bottom = clip.top() - spare, clip.bottom() + spare
    height = document.size().height()
    first = min(layout.hitTest(QPointF(x, top), fuzzy) for x in (-_FAR, _FAR)) if top > 0 else 0
    last = max(layout.hitTest(QPointF(x, bottom), fuzzy) for x in (-_FAR, _FAR)) if bottom < height else -1
    return max(first, 0), last if last >= 0 else document.characterCount()


def _fill(painter: QPainter, rects: list[QRect], form: QTextCharFormat) -> None:
    ground = form.background()
    for rect in rects:
        painter.fillRect(rect, ground)


def _region(rects: list[QRect]) -> QRegion:
    region = QRegion()
    for rect in rects:
        region += rect
    return region


def _everything(document: BlockDocument, form: QTextCharFormat) -> QAbstractTextDocumentLayout.Selection:
    shown = QTextCharFormat(form)
    shown.clearBackground()
    shown.setProperty(CHIP_IS_SELECTED, True)
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    whole = QAbstractTextDocumentLayout.Selection()
    whole.cursor, whole.format = cursor, shown
    return whole
