"""Citations in a text: small cards with a picture, a title and times."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QPainter,
    QPainterPath,
    QPixmap,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)

from trackside.domain.citation import Citation

if TYPE_CHECKING:
    from trackside.ui.transcript.look import Look

CHIP_OBJECT = QTextFormat.ObjectTypes.UserObject.value + 1
CHIP_NUMBER = QTextFormat.Property.UserProperty.value + 1
"""The format's property that says which of its document's chips this is."""
CHIP_IS_SELECTED = QTextFormat.Property.UserProperty.value + 2
"""Set in a selection's format, which Qt merges with the chip's."""
_OBJECT_NAME = "chip painter"
_THUMBNAIL = (26, 15)
_HEIGHT_PX = 21
_MOST_PX = 380
_MOST_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class Chip:
    """A citation as it is shown at one place: the title is cut to the room there."""

    citation: Citation
    title: str
    times: str
    width: float
    size: QSizeF
    """What it takes of its line. Qt asks for that half a dozen times."""


class PaintedChips:
    """Chips as they were painted, up to so much memory."""

    def __init__(self) -> None:
        self._pictures: dict[Hashable, QPixmap] = {}
        self._bytes = 0

    def get(self, key: Hashable) -> QPixmap | None:
        return self._pictures.get(key)

    def keep(self, key: Hashable, picture: QPixmap) -> QPixmap:
        size = picture.width() * picture.height() * 4
        if self._bytes + size > _MOST_BYTES:
            self._pictures.clear()
            self._bytes = 0
        self._pictures[key] = picture
        self._bytes += size
        return picture


class ChipDocument(QTextDocument):
    """A document that has chips in its text."""

    def __init__(self, look: "Look") -> None:
        super().__init__()
        self.look = look
        self.chips: list[Chip] = []
        self._numbers: dict[int, int] = {}

    def add_chip(self, citation: Citation, position: int, room: float) -> QTextCharFormat:
        """The format for the chip's character, which goes to `position`."""
        if not self.chips:
            self.documentLayout().registerHandler(CHIP_OBJECT, self.look.chip_painter)
        chip = QTextCharFormat()
        chip.setObjectType(CHIP_OBJECT)
        chip.setProperty(CHIP_NUMBER, len(self.chips))
        self._numbers[position] = len(self.chips)
        self.chips.append(fitted_chip(citation, self.look, room))
        return chip

    def chip_width(self, position: int) -> float:
        """What the chip at a position takes; nothing where there is none."""
        number = self._numbers.get(position)
        return 0.0 if number is None else self.chips[number].width + self.look.px(1)


def chip_ascent(look: "Look") -> float:
    """What a chip takes above the baseline.

    All of a chip's height counts as ascent: what hangs below is painted into the line's descent and the air
    under it. So that chips on two lines stay apart, it is more than what really is above.
    """
    return look.px(_HEIGHT_PX) + look.px(3) - look.chip_metrics.descent()


def fitted_chip(citation: Citation, look: "Look", room: float) -> Chip:
    """A chip no wider than the room."""
    title, times = look.chip_label(citation)
    metrics, px = look.chip_metrics, look.px
    frame = px(3) + px(_THUMBNAIL[0]) + px(6) + px(6)
    times_width = metrics.horizontalAdvance(times)
    between = px(6) if title and times else 0
    most = min(room, px(_MOST_PX)) - 1
    left = most - frame - times_width - between
    title_width = metrics.horizontalAdvance(title)
    if title_width > left:
        title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, max(0.0, left))
        title_width = metrics.horizontalAdvance(title)
    width = min(most, frame + title_width + between + times_width)
    return Chip(citation, title, times, width, QSizeF(width + px(1), chip_ascent(look)))


class ChipPainter(QPyTextObject):
    """Measures and paints the chips of all documents."""

    def intrinsicSize(self, document: QTextDocument, _position: int, format: QTextFormat) -> QSizeF:  # noqa: A002, N802
        if not isinstance(document, ChipDocument):
            return QSizeF()
        return document.chips[format.intProperty(CHIP_NUMBER)].size

    def drawObject(  # noqa: N802
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        document: QTextDocument,
        _position: int,
        format: QTextFormat,  # noqa: A002
    ) -> None:
        if not isinstance(document, ChipDocument):
            return
        chip = document.chips[format.intProperty(CHIP_NUMBER)]
        is_selected = format.boolProperty(CHIP_IS_SELECTED)
        place = QRectF(rect)
        left, baseline = round(place.left()), round(place.bottom())
        paint_chip(painter, left, baseline, chip, document.look, is_selected=is_selected)


def chip_painter() -> ChipPainter:
    """The one of this application. A layout doesn't keep its handlers alive, so the application does."""
    application = QCoreApplication.instance()
    assert application is not None
    found = application.findChild(ChipPainter, _OBJECT_NAME)
    if found is None:
        found = ChipPainter(application)
        found.setObjectName(_OBJECT_NAME)
    return found


def paint_chip(
    painter: QPainter, left: int, baseline: int, chip: Chip, look: "Look", *, is_selected: bool = False
) -> None:
    """Pastes a picture: under a selection Qt clips to a path, in which curves cost half a millisecond."""
    ratio = painter.device().devicePixelRatio()
    picture = look.thumbnail_of(chip.citation)
    shown = picture.cacheKey() if picture is not None else _icon_name(chip.citation)
    key = (chip.title, chip.times, chip.width, shown, is_selected, ratio)
    drawn = look.painted_chips.get(key)
    if drawn is None:
        drawn = look.painted_chips.keep(key, _drawn(chip, picture, look, ratio, is_selected=is_selected))
    above = round((look.px(_HEIGHT_PX) + look.chip_metrics.ascent() - look.chip_metrics.descent()) / 2)
    painter.drawPixmap(left, baseline - above, drawn)


def _drawn(chip: Chip, picture: QPixmap | None, look: "Look", ratio: float, *, is_selected: bool) -> QPixmap:
    px, metrics = look.px, look.chip_metrics
    size = QSize(round(chip.width), px(_HEIGHT_PX))
    drawn = QPixmap(size * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(look.selected_line if is_selected else look.line)
    painter.setBrush(look.accent if is_selected else look.card)
    painter.drawRoundedRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1), px(5), px(5))
    width, height = px(_THUMBNAIL[0]), px(_THUMBNAIL[1])
    _draw_thumbnail(painter, QRect(px(3), (size.height() - height) // 2, width, height), chip, picture, look)
    x = float(px(3) + width + px(6))
    baseline = round((size.height() + metrics.ascent() - metrics.descent()) / 2)
    painter.setFont(look.chip_font)
    for words, color in ((chip.title, look.text), (chip.times, look.accent)):
        painter.setPen(look.on_accent if is_selected else color)
        painter.drawText(QPointF(x, baseline), words)
        x += metrics.horizontalAdvance(words) + px(6) if words else 0
    painter.end()
    return drawn


def _draw_thumbnail(
    painter: QPainter, place: QRect, chip: Chip, picture: QPixmap | None, look: "Look"
) -> None:
    """The picture, filling its place; a neutral sign of the same size as long as there is none."""
    corner = look.px(2.5)
    if picture is None or picture.isNull():
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.inline_code)
        painter.drawRoundedRect(place, corner, corner)
        look.icon(_icon_name(chip.citation), "muted", 12).paint(painter, place)
        return
    ratio = painter.device().devicePixelRatio()
    filled = picture.scaled(
        place.size() * ratio,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    filled.setDevicePixelRatio(ratio)
    shape = QPainterPath()
    shape.addRoundedRect(place, corner, corner)
    painter.setClipPath(shape)
    size = filled.deviceIndependentSize()
    left, top = (place.width() - size.width()) / 2, (place.height() - size.height()) / 2
    painter.drawPixmap(QPointF(place.left() + left, place.top() + top), filled)
    painter.setClipping(False)


def _icon_name(citation: Citation) -> str:
    return "store" if citation.collection_id and not citation.item_id else "video"
