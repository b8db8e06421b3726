"""Pictures of citations as pixmaps: decoded aside, cut to size, and a hostile one is only not there."""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from PySide6.QtCore import QBuffer, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage

from chat.support import soon
from trackside.chat.connections import Connections
from trackside.chat.preferences import Preferences
from trackside.chat.sources import Sources
from trackside.chat.thumbnails import Thumbnails, picture_key
from trackside.domain.citation import Citation
from trackside.sandbox.sample import default_sample_dir
from trackside.storage.key_vault import KeyVault
from trackside.storage.settings import LoadedSettings
from trackside.ui.transcript import thumbnails as module
from trackside.ui.transcript.thumbnails import ChipPictures, chip_image

WHOLE = QSize(78, 45)
ITEM = Citation("ksi_1")


def encoded(size: QSize, kind: str = "PNG", left: str = "red", right: str = "red") -> bytes:
    """A picture whose left and right halves have these colours."""
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(QColor(right))
    for x in range(size.width() // 2):
        for y in range(size.height()):
            image.setPixelColor(x, y, QColor(left))
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.ReadWrite)
    image.save(buffer, kind)
    return bytes(buffer.data().data())


def huge_png(width: int, height: int) -> bytes:
    """Says that it is huge, and would fill memory with what is in it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


class FakeThumbnails(QObject):
    arrived = Signal(str)
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.pictures: dict[str, bytes] = {}
        self.asked: list[str] = []

    def picture_of(self, citation: Citation) -> bytes | None:
        self.asked.append(picture_key(citation))
        return self.pictures.get(picture_key(citation))

    def kept(self, key: str) -> bytes | None:
        return self.pictures.get(key)

    def bring(self, key: str, picture: bytes) -> None:
        self.pictures[key] = picture
        self.arrived.emit(key)


Work = Callable[[ChipPictures, FakeThumbnails, list[None]], Awaitable[None]]


@pytest.fixture
def with_pictures(run_in_loop: Any) -> Callable[[Work], None]:
    """Runs a test on the window's loop with pictures, their source, and how often they told of a change."""

    def run_one(work: Work) -> None:
        async def main() -> None:
            source = FakeThumbnails()
            pictures = ChipPictures(cast("Any", source))
            changes: list[None] = []
            pictures.changed.connect(lambda: changes.append(None))
            await work(pictures, source, changes)
            await pictures.aclose()

        run_in_loop(main)

    return run_one


@pytest.mark.parametrize("kind", ["PNG", "JPG", "WEBP"])
@pytest.mark.parametrize(
    "size", [QSize(320, 180), QSize(180, 320), QSize(8, 6), QSize(78, 45), QSize(800, 200)]
)
def test_any_shape_is_cut_to_the_chips(kind: str, size: QSize) -> None:
    image = chip_image(encoded(size, kind, "red", "blue"))
    assert image is not None
    assert image.size() == WHOLE
    left, right = image.pixelColor(6, 22), image.pixelColor(71, 22)
    assert (left.red() > 150, right.blue() > 150) == (True, True)
    assert (left.alpha(), right.alpha()) == (255, 255)


def test_the_samples_pictures_can_be_shown() -> None:
    pictures = [file for file in default_sample_dir().iterdir() if file.name.endswith(".jpg")]
    assert len(pictures) >= 4
    for file in pictures:
        image = chip_image(file.read_bytes())
        assert image is not None
        assert image.size() == WHOLE


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        b"%PDF-1.4",
        b"BM" + bytes(200),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"RIFF\0\0\0\0WEBP",
        huge_png(100_000, 100_000),
        huge_png(2_147_483_647, 2_147_483_647),
        huge_png(5_000, 5_000),
        encoded(QSize(1, 5_000)),
        encoded(QSize(100, 100), "JPG") + b"\xff\xda" * 100,
    ],
    ids=[
        "empty",
        "svg",
        "pdf",
        "bmp",
        "cut png",
        "cut jpeg",
        "cut webp",
        "huge",
        "huger",
        "large",
        "strip",
        "scans",
    ],
)
def test_what_should_not_be_decoded_is_no_picture(
    picture: bytes, expected_log: Callable[[str], None]
) -> None:
    assert chip_image(picture) is None


def test_a_turned_photograph_stands_upright() -> None:
    plain = encoded(QSize(200, 100), "JPG", "red", "blue")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    turned = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    image = chip_image(turned)
    assert image is not None
    assert image.size() == WHOLE
    assert image.pixelColor(39, 3).red() > 150
    assert image.pixelColor(39, 41).blue() > 150


def test_a_picture_is_there_after_it_arrived_and_the_view_is_told(
    with_pictures: Callable[[Work], None],
) -> None:
    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        assert pictures.pixmap_of(ITEM) is None
        source.bring("ksi_1", encoded(QSize(320, 180)))
        assert pictures.pixmap_of(ITEM) is None
        await soon(lambda: changes)
        pixmap = pictures.pixmap_of(Citation("ksi_1", start_s=4.0))
        assert pixmap is not None
        assert pixmap.size() == WHOLE
        asked = len(source.asked)
        assert pictures.pixmap_of(ITEM) is pixmap
        assert len(source.asked) == asked

    with_pictures(work)


def test_a_picture_that_is_here_already_needs_no_arrival(with_pictures: Callable[[Work], None]) -> None:
    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        source.pictures["ksi_1"] = encoded(QSize(320, 180), "JPG")
        assert pictures.pixmap_of(ITEM) is None
        await soon(lambda: pictures.pixmap_of(ITEM))
        await soon(lambda: changes)

    with_pictures(work)


def test_many_pictures_are_told_of_together(with_pictures: Callable[[Work], None]) -> None:
    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        pictures._telling.setInterval(400)
        for number in range(20):
            source.bring(f"ksi_{number}", encoded(QSize(32, 18)))
        await soon(lambda: all(pictures.pixmap_of(Citation(f"ksi_{n}")) for n in range(20)))
        await soon(lambda: changes)
        await asyncio.sleep(0.02)
        assert len(changes) == 1

    with_pictures(work)


def test_a_broken_picture_is_decoded_once_only(
    with_pictures: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[bytes] = []

    def counting(picture: bytes) -> QImage | None:
        decoded.append(picture)
        return chip_image(picture)

    monkeypatch.setattr(module, "chip_image", counting)

    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        source.bring("ksi_1", huge_png(60_000, 60_000))
        await soon(lambda: not pictures._tasks._tasks)
        for _ in range(3):
            assert pictures.pixmap_of(ITEM) is None
            await asyncio.sleep(0)
        assert (len(decoded), changes) == (1, [])

    with_pictures(work)


def test_pictures_are_asked_for_anew_after_the_connection_changed(
    with_pictures: Callable[[Work], None],
) -> None:
    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        source.bring("ksi_1", encoded(QSize(320, 180)))
        source.bring("ksi_2", b"broken")
        await soon(lambda: pictures.pixmap_of(ITEM) and changes and not pictures._tasks._tasks)
        changes.clear()
        source.bring("ksi_3", encoded(QSize(320, 180)))  # still being decoded when all is forgotten
        source.pictures.clear()
        source.cleared.emit()
        await soon(lambda: changes and not pictures._tasks._tasks)
        source.asked.clear()
        for number in (1, 2, 3):
            assert pictures.pixmap_of(Citation(f"ksi_{number}")) is None
        assert source.asked == ["ksi_1", "ksi_2", "ksi_3"]

    with_pictures(work)


def test_few_pixmaps_are_kept(with_pictures: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_PICTURES", 2)

    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        for number in range(4):
            source.bring(f"ksi_{number}", encoded(QSize(32, 18)))
        await soon(lambda: not pictures._tasks._tasks)
        assert list(pictures._pixmaps) == ["ksi_2", "ksi_3"]
        await soon(lambda: changes)

    with_pictures(work)


def test_a_citation_without_an_item_has_no_picture(with_pictures: Callable[[Work], None]) -> None:
    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        assert pictures.pixmap_of(Citation(start_s=3.0)) is None
        assert source.asked == []

    with_pictures(work)


def test_nothing_is_decoded_after_the_end(with_pictures: Callable[[Work], None]) -> None:
    async def work(pictures: ChipPictures, source: FakeThumbnails, changes: list[None]) -> None:
        source.bring("ksi_1", encoded(QSize(320, 180)))
        await pictures.aclose()
        source.bring("ksi_2", encoded(QSize(320, 180)))
        await asyncio.sleep(0.05)
        assert (len(pictures._pixmaps), changes) == (0, [])

    with_pictures(work)


def test_a_pixmap_has_the_chips_proportions() -> None:
    assert WHOLE.scaled(module.PICTURE_SIZE, Qt.AspectRatioMode.KeepAspectRatio) == module.PICTURE_SIZE


def test_the_sandbox_shows_its_pictures(run_in_loop: Any) -> None:
    async def main() -> None:
        connections = Connections(Preferences(LoadedSettings()), KeyVault(), environment={})
        sources = Sources(connections)
        thumbnails = Thumbnails(connections, sources)
        pictures = ChipPictures(thumbnails)
        changes: list[None] = []
        pictures.changed.connect(lambda: changes.append(None))
        await connections.use_sandbox()
        sources.refresh()
        await soon(lambda: sources.stores)
        store_id = next(store.id for store in sources.stores if store.item_count)
        sources.load_items(store_id)
        await soon(lambda: sources.items(store_id))
        citations = [Citation(entry.item.id) for entry in sources.items(store_id) or ()]
        await soon(lambda: all([pictures.pixmap_of(citation) for citation in citations]))  # noqa: C419 -- asks for all
        await soon(lambda: changes)
        await pictures.aclose()
        await thumbnails.aclose()
        await sources.aclose()
        await connections.aclose()

    run_in_loop(main)
