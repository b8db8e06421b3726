"""What can be done with turns: retry, copy, steps, code that is too wide, the menu, what keys do."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop.hand import Hand, settle
from desktop.reader import CTRL, FOX, OTHER, SHIFT, Reader, answered, selected, tell
from trackside.sandbox.server import SandboxServer
from trackside.ui.transcript.places import STEPS
from ui.support import OpenWindow, asked, copied

# -- actions ------------------------------------------------------------------------------------------


def test_actions_stand_at_the_turn_that_is_pointed_at(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        view = reader.view

        def row_of(name: str) -> int:
            button = hand.find(name, within=view)
            return view.nodes.row_at(button.mapTo(view.viewport(), button.rect().center()))

        assert row_of("Retry") == row_of("Copy") == 1
        await reader.point_at_end(0)
        assert row_of("Retry") == row_of("Copy") == 0
        reader.move(view.nodes.row_rect(1).center())
        await settle()
        assert row_of("Retry") == 1

    at_service(work)


def test_keys_lead_to_a_turn_and_its_actions(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER, "A third one.")
        view = reader.view
        await reader.enter()
        assert view.current_row() == 2
        await hand.press(Qt.Key.Key_Up)
        await hand.press(Qt.Key.Key_Up)
        assert view.current_row() == 0
        await hand.press(Qt.Key.Key_Down)
        assert view.current_row() == 1
        await hand.press(Qt.Key.Key_Tab)
        assert hand.find("Retry", within=view).hasFocus()
        await hand.press(Qt.Key.Key_Tab)
        assert hand.find("Copy", within=view).hasFocus()
        await hand.press(Qt.Key.Key_Space)
        assert copied() == OTHER
        await hand.press(Qt.Key.Key_Backtab, SHIFT)
        await hand.press(Qt.Key.Key_Space)
        await hand.until(lambda: len(asked(service)) == 4, "another try")
        await hand.until_answered()
        assert asked(service)[-1]["input"][0]["content"] == "/long 2"
        assert len(view.rows.turns[1].attempts) == 2

    at_service(work)


def test_focus_stays_with_a_turn_that_is_asked_again(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button that was pressed goes; the focus must not be lost with it."""

    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        view = reader.view
        await reader.enter()
        await hand.press(Qt.Key.Key_Up)
        await hand.press(Qt.Key.Key_Tab)
        await hand.press(Qt.Key.Key_Space)
        await hand.until(lambda: len(view.rows.turns[0].attempts) == 2, "another try")
        await hand.until_answered()
        focused = QApplication.focusWidget()
        assert focused is view or (focused is not None and view.isAncestorOf(focused)), str(focused)
        assert view.current_row() == 0
        assert "2 / 2" in hand.words

    at_service(work)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_presses_a_turns_action(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch, key: Qt.Key
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX)
        await reader.enter()
        await hand.press(Qt.Key.Key_Tab)
        await hand.press(Qt.Key.Key_Tab)
        assert hand.find("Copy", within=reader.view).hasFocus()
        await hand.press(key)
        assert copied() == FOX

    at_service(work)


def test_keys_walk_through_a_tall_turn_first(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        for question in ("/echo one", "/long 3", "/echo two"):
            await hand.ask(question)
            await hand.until_answered()
        reader = Reader(hand)
        view = reader.view
        await reader.enter()
        rows = [view.current_row()]
        tops = []
        for _ in range(200):
            await hand.press(Qt.Key.Key_Up)
            rows.append(view.current_row())
            tops.append(view.viewpoint.y)
            if rows[-1] == 0:
                break
        assert rows.count(1) > 5
        assert sorted(rows, reverse=True) == rows
        steps = {before - after for before, after in pairwise(tops)}
        assert max(steps) <= view.viewpoint.height
        await hand.press(Qt.Key.Key_End)
        assert view.viewpoint.follows
        await hand.press(Qt.Key.Key_Home)
        assert view.viewpoint.y == 0

    at_service(work)


def test_letters_typed_at_a_turn_go_into_the_message(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        reader = Reader(hand)
        await hand.type("Well ")
        await reader.enter()
        await reader.type("w")
        message = hand.find("Message")
        assert message.hasFocus()
        await reader.type("hy?")
        assert message.toPlainText() == "Well why?"
        await reader.click((await reader.show("one", 0)).middle)
        await reader.type("!")
        assert message.toPlainText() == "Well why?!"

    at_service(work)


def test_attempts_are_paged_by_keys(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX)
        for text in ("The second.", "The third."):
            tell(monkeypatch, text)
            await hand.press(Qt.Key.Key_R, CTRL)
            await hand.until(lambda text=text: hand.answers == [text], text)
            await hand.until_answered()
        await reader.enter()
        for _ in range(3):
            await hand.press(Qt.Key.Key_Tab)
        previous = hand.find("Previous attempt")
        assert previous.hasFocus()
        for shown in ("2 / 3", "1 / 3"):
            await hand.press(Qt.Key.Key_Space)
            await hand.until_words(shown)
        assert hand.answers[0].startswith("The quick")
        assert not previous.isEnabled()
        focused = QApplication.focusWidget()
        assert focused is not None
        assert reader.view.isAncestorOf(focused), str(focused)

    at_service(work)


# -- steps --------------------------------------------------------------------------------------------


def test_steps_unfold_by_click_and_keys(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Show steps")
        await hand.ask("harbour")
        await hand.until_answered()
        reader = Reader(hand)
        content = reader.view.rows.content(0)
        assert "search captions" in hand.words
        assert STEPS not in content.parts
        await hand.click_in_turn("search captions")
        assert "looking through the captions" in content.rendered(STEPS).plain_text()
        await hand.click_in_turn("search captions")
        assert STEPS not in content.parts
        await reader.enter()
        for key, is_open in (
            (Qt.Key.Key_Right, True),
            (Qt.Key.Key_Right, True),
            (Qt.Key.Key_Left, False),
            (Qt.Key.Key_Left, False),
            (Qt.Key.Key_Return, True),
            (Qt.Key.Key_Return, False),
            (Qt.Key.Key_Enter, True),
        ):
            await hand.press(key)
            assert (STEPS in content.parts) == is_open

    at_service(work)


@pytest.mark.parametrize("is_left_open", [True, False])
def test_steps_stay_as_they_were_left_while_the_answer_goes_on(
    at_service: OpenWindow, service: SandboxServer, is_left_open: bool
) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Show steps")
        service.set_pace(60)
        await hand.ask("harbour")
        reader = Reader(hand)
        view = reader.view
        content = view.rows.content(0)
        await hand.until(lambda: content.steps, "the first step")
        assert hand.has("Stop")
        for _ in range(1 if is_left_open else 2):
            await reader.click(content.steps_line.center() + view.nodes.row_rect(0).topLeft())
        await hand.until(lambda: hand.answers and len(hand.answers[0]) > 40, "the answer")
        assert (STEPS in content.parts) == is_left_open
        service.set_pace(0)
        await hand.until_answered()
        assert (STEPS in content.parts) == is_left_open
        assert "2 steps" in hand.words

    at_service(work)


# -- code ---------------------------------------------------------------------------------------------


def test_wide_code_alone_goes_sideways(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        code = "short\n" + "wide " * 100 + "end"
        reader = await answered(hand, monkeypatch, f"A paragraph.\n\n```text\n{code}\n```\n\nAnother.")
        paragraph, line = await reader.show("A paragraph"), await reader.show("short")
        y = reader.view.viewpoint.y
        await reader.wheel(-3, line.middle, SHIFT)
        moved = reader.rect_of(line.first).left() - line.start.x()
        assert moved < -100
        assert reader.rect_of(paragraph.first).left() == paragraph.start.x()
        assert reader.view.viewpoint.y == y
        await reader.wheel(-100, line.middle, SHIFT)
        last = reader.rect_of(reader.places_of("end")[1]).left()
        assert 0 < last < reader.view.viewport().width()
        # What is clicked is what stands there now.
        end = (await reader.show("end")).middle
        await reader.double_click(end)
        assert await selected(hand) == "end"
        await reader.wheel(100, line.middle, SHIFT)
        assert reader.rect_of(line.first).left() == line.start.x()
        await reader.wheel(-3, paragraph.middle, SHIFT)
        assert reader.rect_of(paragraph.first).left() == paragraph.start.x()

    at_service(work)


# -- the menu -----------------------------------------------------------------------------------------


def test_menu_offers_what_can_be_done_where_it_opens(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        text = f"{FOX}\n\nSee [the page](https://a.example/x)."
        reader = await answered(hand, monkeypatch, text)
        usual = {"Select all", "Copy question", "Copy answer", "Copy code", "Retry", "Find…"}
        await reader.open_menu((await reader.show("quick")).middle)
        offered = reader.entries()
        assert usual <= set(offered)
        assert not offered["Copy"]
        assert not offered["Copy as Markdown"]
        await reader.choose("Select all")
        await reader.open_menu((await reader.show("quick")).middle)
        assert reader.entries()["Copy"]
        await reader.choose("Copy")
        assert copied().startswith("You:\n/long 1\n\nJockey:\nThe quick")
        await reader.open_menu((await reader.show("quick")).middle)
        await reader.choose("Copy as Markdown")
        assert copied() == f"**You**\n\n/long 1\n\n**Jockey**\n\n{text}"
        await reader.open_menu((await reader.show("quick")).middle)
        await reader.choose("Copy question")
        assert copied() == "/long 1"
        await reader.open_menu((await reader.show("quick")).middle)
        await reader.choose("Copy answer")
        assert copied() == text
        await reader.open_menu((await reader.show("alpha")).middle)
        await reader.choose("Copy code")
        assert copied() == "alpha = one_two\nbeta = 2"
        await reader.open_menu((await reader.show("the page")).middle)
        assert {"Open link…", "Copy link"} <= set(reader.entries())
        await reader.choose("Copy link")
        assert copied() == "https://a.example/x"
        await reader.open_menu((await reader.show("quick")).middle)
        await reader.choose("Find…")
        assert hand.has("Find in session")
        await hand.press(Qt.Key.Key_Escape)
        await reader.open_menu((await reader.show("quick")).middle)
        await reader.choose("Retry")
        await hand.until_words("2 / 2")
        await hand.until_answered()

    at_service(work)


@pytest.mark.parametrize(
    ("key", "modifiers"), [(Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_F10, SHIFT)]
)
def test_menu_opens_by_key_at_the_current_turn(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch, key: Qt.Key, modifiers: Qt.KeyboardModifier
) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        await reader.enter()
        await hand.press(Qt.Key.Key_Up)
        await hand.press(key, modifiers)
        viewport = reader.view.viewport()
        assert viewport.rect().contains(viewport.mapFromGlobal(reader.menu.pos()))
        await reader.choose("Copy answer")
        assert copied() == FOX
        assert reader.view.hasFocus()
        assert reader.view.current_row() == 0

    at_service(work)
