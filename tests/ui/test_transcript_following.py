"""The line being read stays where it is, whatever grows, shrinks or is corrected around it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyleOptionSlider

from desktop.hand import Hand, settle
from desktop.reader import CTRL, LEFT, NOTCH_PX, Reader, tell
from trackside.sandbox.answering.hooks import long_text
from trackside.sandbox.server import SandboxServer
from trackside.ui.tokens import DARK, LIGHT
from trackside.ui.transcript.places import Place
from ui.support import OpenWindow

A_LINE_PX = 30
LONG_PARAGRAPH = " ".join(f"word{number}" for number in range(2_000))


async def by_wheel(reader: Reader) -> None:
    await reader.wheel(1)


async def by_page_up(reader: Reader) -> None:
    await reader.enter()
    await reader.hand.press(Qt.Key.Key_PageUp)


async def by_bar(reader: Reader) -> None:
    """Takes the scroll bar's handle and pulls it up."""
    bar = reader.view.verticalScrollBar()
    option = QStyleOptionSlider()
    bar.initStyleOption(option)
    handle = bar.style().subControlRect(
        QStyle.ComplexControl.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarSlider, bar
    )
    start = handle.center()
    QTest.mousePress(bar, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for step in (5, 10, 20):
        QTest.mouseMove(bar, start - QPoint(0, step))
        await settle()
    QTest.mouseRelease(bar, LEFT, Qt.KeyboardModifier.NoModifier, start - QPoint(0, 20))
    await settle()


async def by_tiny_touchpad_move(reader: Reader) -> None:
    await reader.wheel(0.1)


async def back_by_button(reader: Reader) -> None:
    await reader.hand.click("Jump to latest")


async def back_by_end_key(reader: Reader) -> None:
    await reader.enter()
    await reader.hand.press(Qt.Key.Key_End)


async def back_by_wheel(reader: Reader) -> None:
    """Down to the end by hand: from there on it is followed again."""
    for _ in range(60):
        if not reader.hand.has("Jump to latest"):
            return
        await reader.wheel(-20)
    raise AssertionError("the wheel does not lead to the end")


@pytest.mark.parametrize(
    ("go_up", "go_back"),
    [
        (by_wheel, back_by_button),
        (by_page_up, back_by_end_key),
        (by_bar, back_by_button),
        (by_tiny_touchpad_move, back_by_wheel),
    ],
)
def test_any_way_up_lets_go_of_the_end(
    at_service: OpenWindow,
    service: SandboxServer,
    go_up: Callable[[Reader], Awaitable[None]],
    go_back: Callable[[Reader], Awaitable[None]],
) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        service.set_pace(4_000)
        await hand.ask("/long 100")
        bar = hand.transcript.verticalScrollBar()
        await hand.until(lambda: bar.maximum() > 1_500 and bar.value() == bar.maximum(), "the end")
        await go_up(reader)
        grown = bar.maximum()
        place = reader.seen_place(100)
        y = reader.y_of(place)
        await hand.until(lambda: bar.maximum() > grown + 300, "growth")
        assert abs(reader.y_of(place) - y) <= 1
        assert hand.has("Jump to latest")
        service.set_pace(100)
        await go_back(reader)
        assert not hand.has("Jump to latest")
        grown = bar.maximum()
        service.set_pace(4_000)
        await hand.until(lambda: bar.maximum() > grown + 200 and bar.value() == bar.maximum(), "following")
        assert not hand.has("Jump to latest")
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)


@contextmanager
def watched(reader: Reader, place: Place) -> Iterator[list[int]]:
    """Notes where a line stands each time that the view has been drawn anew."""
    seen: list[int] = []
    viewpoint = reader.view.viewpoint
    note = viewpoint.placed.connect(lambda: seen.append(reader.y_of(place)))
    yield seen
    viewpoint.placed.disconnect(note)


def on_screen(reader: Reader) -> tuple[QImage, QImage]:
    """What has been painted piece by piece, and what it would be all at once."""
    window, viewport = reader.hand.window, reader.view.viewport()
    place = QRect(viewport.mapTo(window, QPoint(0, 0)), viewport.size())
    kept = window.screen().grabWindow(window.winId()).copy(place)
    size = QImage.Format.Format_RGB32
    return kept.toImage().convertToFormat(size), window.grab(place).toImage().convertToFormat(size)


def test_line_stands_still_over_a_fast_stream(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        service.set_pace(5_000)
        await hand.ask("/long 25")
        bar = hand.transcript.verticalScrollBar()
        await hand.until(lambda: bar.maximum() > 800)
        await reader.wheel(2)
        place = reader.seen_place(120)
        y = reader.y_of(place)
        with watched(reader, place) as seen:
            await hand.until_answered()
        assert len(seen) > 15
        assert {min(seen), max(seen)} <= {y - 1, y, y + 1}
        kept, whole = on_screen(reader)
        assert kept == whole

    at_service(work)


def test_what_is_painted_in_pieces_is_the_whole(at_service: OpenWindow, service: SandboxServer) -> None:
    """Scrolling moves what is painted already; nothing of it may be out of date."""

    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        service.set_pace(5_000)
        await hand.ask("/long 16")
        bar = hand.transcript.verticalScrollBar()
        await hand.until(lambda: bar.maximum() > 800)
        for notches in (1, 0.3, -0.4, 2, -1, 3, -0.1):
            await reader.wheel(notches)
        await hand.click("Jump to latest")
        await hand.until_answered()
        for notches in (1, 0.3, 7, -2.2, 0.1):
            await reader.wheel(notches)
            await reader.until_still()
            kept, whole = on_screen(reader)
            assert kept == whole, notches

    at_service(work)


def test_earlier_turn_that_is_asked_again_moves_nothing(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        tell(monkeypatch, long_text(3_000), long_text(6_000))
        for question in ("/long 1", "/long 2"):
            await hand.ask(question)
            await hand.until_answered()
        await reader.point_at_end(0)
        service.set_pace(50)
        await hand.click("Retry", within=hand.transcript)
        await hand.until(lambda: 0 < len(hand.answers[0]) < 100, "the first words")
        view = reader.view
        while view.nodes.row_rect(1).top() > -200:
            await reader.wheel(-1)
        await reader.until_still()
        place = reader.seen_place(100)
        assert place.row == 1
        y = reader.y_of(place)
        height = view.nodes.row_rect(0).height()
        with watched(reader, place) as seen:
            service.set_pace(1_000)
            await hand.until_answered()
        assert view.nodes.row_rect(0).height() > height + 500
        assert len(seen) > 20
        assert {min(seen), max(seen)} <= {y - 1, y, y + 1}

    at_service(work)


def test_corrected_estimates_move_nothing(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a session that nobody has laid out yet, each notch goes as far as any other."""
    texts = [long_text(900 + 700 * (number % 4)) + "x " * 200 * (number % 3) for number in range(4)]

    async def before(hand: Hand) -> None:
        tell(monkeypatch, *texts)
        for number in range(1, 5):
            await hand.ask(f"/long {number}")
            await hand.until_answered()

    async def after(hand: Hand) -> None:
        reader = Reader(hand)
        await hand.until(lambda: len(hand.transcript.rows) == 4 and hand.has("Message"))
        await reader.until_still()
        view, notches = reader.view, 0
        while view.viewpoint.y > 2 * NOTCH_PX:
            place = reader.seen_place(150)
            y = reader.y_of(place)
            await reader.wheel(1)
            assert abs(reader.y_of(place) - y - NOTCH_PX) <= 1, f"notch {notches}"
            notches += 1
            if notches % 8 == 0:
                await reader.until_still()
                assert abs(reader.y_of(place) - y - NOTCH_PX) <= 1, f"rest after notch {notches}"
        assert notches > 30

    at_service(before)
    at_service(after)


def narrow(hand: Hand) -> None:
    hand.window.resize(hand.window.minimumSizeHint().width(), hand.window.height())


@pytest.mark.parametrize("is_long", [False, True], ids=["short blocks", "long paragraph"])
def test_line_stays_at_the_top_when_the_window_changes_its_width(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch, is_long: bool
) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        tell(monkeypatch, LONG_PARAGRAPH if is_long else long_text(8_000))
        await hand.ask("/long 1")
        await hand.until_answered()
        await reader.wheel(9.5)
        await reader.until_still()
        view = reader.view
        width, size = view.nodes.row_rect(0).width(), hand.window.size()
        place = reader.seen_place(4)
        y = reader.y_of(place)
        narrow(hand)
        await reader.until_still()
        assert view.nodes.row_rect(0).width() < width - 100, "the window is as wide as before"
        assert abs(reader.y_of(place) - y) <= A_LINE_PX
        hand.window.resize(size)
        await reader.until_still()
        assert view.nodes.row_rect(0).width() == width
        assert abs(reader.y_of(place) - y) <= A_LINE_PX

    at_service(work)


def test_end_stays_the_end_when_the_window_changes_its_size(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        await hand.ask("/long 6")
        await hand.until_answered()
        bar = hand.transcript.verticalScrollBar()
        for size in ((900, 500), (500, 700), (1200, 760)):
            hand.window.resize(*size)
            await reader.until_still()
            assert bar.value() == bar.maximum()
            assert not hand.has("Jump to latest")

    at_service(work)


def test_line_being_read_stays_when_zoom_and_theme_change(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        await hand.ask("/long 8")
        await hand.until_answered()
        words_before = hand.answers
        await reader.wheel(9.5)
        await reader.until_still()
        place = reader.seen_place(4)
        y = reader.y_of(place)
        for key in (Qt.Key.Key_Equal, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_Minus, Qt.Key.Key_Minus):
            await hand.press(key, CTRL)
            await reader.until_still()
            assert abs(reader.y_of(place) - y) <= A_LINE_PX
            assert hand.answers == words_before
        await hand.press(Qt.Key.Key_0, CTRL)
        await hand.click("Settings")
        for words, tokens in (("Theme: Dark", DARK), ("Theme: Light", LIGHT)):
            await hand.click(words)
            await reader.until_still()
            assert hand.theme.color("background").name() == tokens.background
            assert abs(reader.y_of(place) - y) <= A_LINE_PX
            assert hand.answers == words_before
            image = hand.transcript.viewport().grab().toImage()
            assert image.pixelColor(2, 2).name() == tokens.background
        await hand.press(Qt.Key.Key_Escape)
        kept, whole = on_screen(reader)
        assert kept == whole

    at_service(work)
