"""The pictures of citations as pixmaps, decoded beside the event loop and within bounds."""

import asyncio
from collections import OrderedDict

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader, QPixmap

from trackside.chat.tasks import OwnedTasks
from trackside.chat.thumbnails import KEPT_PICTURES, Thumbnails, picture_key
from trackside.domain.citation import Citation

PICTURE_SIZE = QSize(26, 15)
"""How large a chip shows its picture, in design pixels."""
_SHARPNESS = 3
"""Pixels a design pixel, so that zoom and dense screens have enough of them."""
_MOST_PIXELS = 9_000_000
"""A 4K picture; some formats are decoded whole before they are scaled."""
_MOST_SCANS = 64
"""Passes over a progressive JPEG: a dozen is usual, and each of a million empty ones would cost time."""
_GATHER_MS = 40


class ChipPictures(QObject):
    """Answers at once with what it has, and tells when there is more to paint."""

    changed = Signal()
    """Pictures have come, or must be asked for anew; at most once in 40 ms."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self._tasks = OwnedTasks()
        self._turn = asyncio.Lock()
        self._pixmaps: OrderedDict[str, QPixmap] = OrderedDict()
        self._tried: set[str] = set()
        """Keys of pictures that are being decoded, or can't be."""
        self._telling = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._telling.timeout.connect(self.changed)
        self._is_closed = False
        thumbnails.arrived.connect(self._take)
        thumbnails.cleared.connect(self._forget)

    def pixmap_of(self, citation: Citation) -> QPixmap | None:
        """The citation's picture, 26 to 15 and three pixels a design pixel, or None while there is none.

        Cheap enough for every painting; draw it into a rectangle with a smooth transform.
        """
        key = picture_key(citation)
        pixmap = self._pixmaps.get(key)
        if pixmap is not None:
            self._pixmaps.move_to_end(key)
            return pixmap
        if key and key not in self._tried and (picture := self._thumbnails.picture_of(citation)) is not None:
            self._decode(key, picture)
        return None

    async def aclose(self) -> None:
        self._is_closed = True
        self._telling.stop()
        await self._tasks.aclose()

    def _take(self, key: str) -> None:
        picture = self._thumbnails.kept(key)
        if picture is not None and key not in self._tried and key not in self._pixmaps:
            self._decode(key, picture)

    def _forget(self) -> None:
        self._tried = set()
        self._pixmaps.clear()
        self._tell()

    def _decode(self, key: str, picture: bytes) -> None:
        if not self._is_closed:
            self._tried.add(key)
            self._tasks.start(self._decoded(key, picture, self._tried))

    async def _decoded(self, key: str, picture: bytes, tried: set[str]) -> None:
        async with self._turn:  # a large one takes memory while it is decoded
            image = await asyncio.to_thread(chip_image, picture) if tried is self._tried else None
        if image is None or tried is not self._tried:
            return
        self._pixmaps[key] = QPixmap.fromImage(image)
        tried.discard(key)
        if len(self._pixmaps) > KEPT_PICTURES:
            self._pixmaps.popitem(last=False)
        self._tell()

    def _tell(self) -> None:
        if not self._telling.isActive() and not self._is_closed:
            self._telling.start()


def chip_image(picture: bytes) -> QImage | None:
    """The picture scaled and cut to what a chip shows; None if it is broken, of an unusual format, or so
    large that it can only be meant ill. For a worker's thread: Qt decodes without Python's lock."""
    name = _format_of(picture)
    if name is None or (name == b"jpeg" and not 0 < picture.count(b"\xff\xda") <= _MOST_SCANS):
        return None
    buffer = QBuffer()
    buffer.setData(QByteArray(picture))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(name))
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    wanted = PICTURE_SIZE * _SHARPNESS
    size = reader.size()
    if size.isEmpty() or size.width() * size.height() > _MOST_PIXELS:
        return None
    is_turned = bool(reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90)
    covering = size.scaled(
        wanted.transposed() if is_turned else wanted, Qt.AspectRatioMode.KeepAspectRatioByExpanding
    )
    if covering.width() * covering.height() > 20 * wanted.width() * wanted.height():
        return None  # a strip, of which nothing could be seen
    reader.setScaledSize(covering)
    image = reader.read()
    if image.isNull():
        return None
    cut = QRect(0, 0, wanted.width(), wanted.height())
    cut.moveCenter(image.rect().center())
    return image.copy(cut).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _format_of(picture: bytes) -> bytes | None:
    """What a preview can be. Qt reads much more, some of it with readers that nobody should give a
    stranger's bytes to."""
    if picture.startswith(b"\xff\xd8\xff"):
        return b"jpeg"
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"png"
    if picture.startswith(b"RIFF") and picture[8:12] == b"WEBP":
        return b"webp"
    return None
