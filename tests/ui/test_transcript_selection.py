"""Selecting words with the mouse and with keys, within a turn, across turns and beyond the screen."""

import pytest
from PySide6.QtCore import QPoint, Qt

from desktop.hand import Hand, settle
from desktop.reader import CTRL, FOX, OTHER, SHIFT, answered, selected, tell
from trackside.sandbox.answering.hooks import long_text
from trackside.sandbox.server import SandboxServer
from ui.support import OpenWindow, copied


def test_clicks_select_words_lines_and_paragraphs(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX)
        await reader.double_click((await reader.show("brown")).middle)
        assert await selected(hand) == "brown"
        await reader.triple_click((await reader.show("jumps")).middle)
        assert await selected(hand) == "The quick brown fox jumps over it."
        code = (await reader.show("one_two")).middle
        await reader.double_click(code)
        assert await selected(hand) == "one_two"
        await reader.triple_click(code)
        assert await selected(hand) == "alpha = one_two"
        # After a double click, a drag takes whole words, in both directions.
        quick, over = (await reader.show("uic")).middle, (await reader.show("ump")).middle
        await reader.double_click(quick, drag_to=over)
        assert await selected(hand) == "quick brown fox jumps"
        await reader.double_click(over, drag_to=quick)
        assert await selected(hand) == "quick brown fox jumps"

    at_service(work)


def test_shift_and_click_selects_from_the_first_click_on(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX)
        await reader.click((await reader.show("quick")).start)
        await reader.click((await reader.show("fox")).end, SHIFT)
        assert await selected(hand) == "quick brown fox"
        await reader.click((await reader.show("paragraph")).end, SHIFT)
        assert await selected(hand) == "quick brown fox jumps over it.\n\nSecond paragraph"
        await reader.click((await reader.show("The")).start, SHIFT)
        assert await selected(hand) == "The "
        # A plain click ends it; nothing is copied then.
        await reader.click((await reader.show("fox")).middle)
        assert await selected(hand) == "The "

    at_service(work)


def test_drag_goes_across_turns_and_names_who_speaks(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        start = (await reader.show("beta", 0)).start
        end = (await reader.show("bold", 1)).end
        await reader.drag(start, end)
        expected = (
            "Jockey:\nbeta = 2\n\nAfter the code.\n\nYou:\n/long 2\n\nJockey:\nAnother answer with bold"
        )
        assert await selected(hand) == expected
        await reader.drag(end, start)
        assert await selected(hand) == expected

    at_service(work)


def test_drag_beyond_the_edge_scrolls_on(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, long_text(3_500))
        view = reader.view
        viewport = view.viewport()
        bottom = QPoint(viewport.width() // 2, viewport.height() - 60)
        await reader.press(bottom)
        reader.move(bottom - QPoint(0, 60), pressed=True)
        above = QPoint(bottom.x(), -150)
        reader.move(above, pressed=True)
        await hand.until(lambda: view.viewpoint.y == 0, "the top")
        await reader.release(above)
        await settle()
        text = await selected(hand)
        assert "what the cameras saw" in text
        assert len(text) > 1_500
        # Back down, and up again when the mouse comes back in.
        top = QPoint(viewport.width() // 2, 80)
        await reader.press(top)
        below = QPoint(top.x(), viewport.height() + 150)
        reader.move(below, pressed=True)
        await hand.until(lambda: view.viewpoint.y > 300, "scrolling")
        reader.move(viewport.rect().center(), pressed=True)
        await settle()
        assert not view.selector._scrolling.isActive()
        await reader.release(viewport.rect().center())

    at_service(work)


def test_keys_select_across_blocks(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        second = (await reader.show("Second", 0)).start
        await reader.click(second)
        for _ in range(3):
            await hand.press(Qt.Key.Key_Right, SHIFT)
        assert await selected(hand) == "Sec"
        await hand.press(Qt.Key.Key_Left, SHIFT)
        assert await selected(hand) == "Se"
        await reader.click(second)
        await hand.press(Qt.Key.Key_Right, CTRL | SHIFT)
        assert (await selected(hand)).strip() == "Second"
        await hand.press(Qt.Key.Key_Right, CTRL | SHIFT)
        assert (await selected(hand)).strip() == "Second paragraph"
        await hand.press(Qt.Key.Key_Left, CTRL | SHIFT)
        assert (await selected(hand)).strip() == "Second"
        await reader.click(second)
        await hand.press(Qt.Key.Key_End, SHIFT)
        assert await selected(hand) == "Second paragraph here."
        await reader.click(second)
        await hand.press(Qt.Key.Key_Down, SHIFT)
        assert await selected(hand) == "Second paragraph here."
        await hand.press(Qt.Key.Key_Down, SHIFT)
        assert await selected(hand) == "Second paragraph here.\n\nalpha = one_two\n"
        await reader.click(second)
        await hand.press(Qt.Key.Key_Up, SHIFT)
        assert await selected(hand) == "The quick brown fox jumps over it."
        await reader.click(second)
        await hand.press(Qt.Key.Key_End, CTRL | SHIFT)
        text = await selected(hand)
        assert text.startswith("Jockey:\nSecond paragraph here.")
        assert text.endswith("You:\n/long 2\n\nJockey:\nAnother answer with bold words inside.")

    at_service(work)


def test_up_and_down_keep_their_column(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a shorter line, the caret comes back to where it was."""

    async def work(hand: Hand) -> None:
        reader = await answered(
            hand,
            monkeypatch,
            "A first paragraph of some length.\n\nShort.\n\nA third paragraph of some length.",
        )
        await reader.click((await reader.show("A first para")).end)
        await hand.press(Qt.Key.Key_Down, SHIFT)
        await hand.press(Qt.Key.Key_Down, SHIFT)
        assert await selected(hand) == "graph of some length.\n\nShort.\n\nA third par"
        await hand.press(Qt.Key.Key_Up, SHIFT)
        await hand.press(Qt.Key.Key_Up, SHIFT)
        before = copied()
        assert await selected(hand) == before, "nothing is selected, so nothing is copied"

    at_service(work)


def test_select_all_takes_all_turns(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        await reader.enter()
        await hand.press(Qt.Key.Key_A, CTRL)
        assert await selected(hand) == (
            "You:\n/long 1\n\nJockey:\nThe quick brown fox jumps over it.\n\nSecond paragraph here.\n\n"
            "alpha = one_two\nbeta = 2\n\nAfter the code.\n\n"
            "You:\n/long 2\n\nJockey:\nAnother answer with bold words inside."
        )
        # Shift and an arrow go on from the end.
        for _ in range(7):
            await hand.press(Qt.Key.Key_Left, SHIFT)
        assert (await selected(hand)).endswith("Another answer with bold words ")

    at_service(work)


def test_selection_in_a_finished_turn_survives_the_next_answer(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX)
        tell(monkeypatch, FOX, long_text(3_000))
        start, end = (await reader.show("quick")).start, (await reader.show("paragraph")).end
        await reader.drag(start, end)
        service.set_pace(600)
        await hand.click("Message")
        await hand.ask("/long 2")
        await hand.until(lambda: len(hand.answers) == 2 and len(hand.answers[1]) > 300)
        await reader.enter()
        assert hand.has("Stop")
        assert await selected(hand) == "quick brown fox jumps over it.\n\nSecond paragraph"
        service.set_pace(0)
        await hand.until_answered()
        assert await selected(hand) == "quick brown fox jumps over it.\n\nSecond paragraph"

    at_service(work)


def test_other_attempt_ends_a_selection_in_its_turn(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its places mean nothing in another text."""

    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX)
        await reader.drag((await reader.show("quick")).start, (await reader.show("paragraph")).end)
        assert await selected(hand) == "quick brown fox jumps over it.\n\nSecond paragraph"
        tell(monkeypatch, "Quite another text that is long enough to be selected in.")
        await reader.point_at_end(0)
        await hand.click("Retry", within=hand.transcript)
        await hand.until_words("2 / 2")
        await hand.until_answered()
        await reader.enter()
        before = copied()
        assert await selected(hand) == before, "a selection of something else was copied"

    at_service(work)
