"""Where a conversation at the service begins anew: the recap's card, dividers, branches, another store."""

import json
import urllib.request

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QMessageBox, QPlainTextEdit

from desktop.hand import Hand, settle
from trackside.sandbox.server import SandboxServer
from ui.support import KEY, OpenWindow, asked, choose, copied

SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
CARRY, UNFOLD = "Carry a recap", "Show and edit the recap"
FORGOTTEN = "The service has forgotten this conversation. What is asked next begins a new one."
HEAD = "Earlier in this conversation:\n\nQuestion: /echo one\nAnswer: "


def content(service: SandboxServer, number: int = -1) -> str:
    """What stood in the message of a request."""
    text = asked(service)[number]["input"][0]["content"]
    assert isinstance(text, str)
    return text


def dividers(hand: Hand) -> list[str]:
    """What stands above the turns, from the first to the last; empty for nothing."""
    contents = [hand.transcript.rows.content(row) for row in range(len(hand.transcript.rows))]
    return [c.divider.divider.words if c.divider is not None else "" for c in contents]


async def ask(hand: Hand, *questions: str) -> None:
    for question in questions:
        await hand.ask(question)
        await hand.until_answered()


async def lose(hand: Hand, service: SandboxServer) -> None:
    """One question is answered; at the second the service has forgotten the conversation."""
    await ask(hand, "/echo one")
    service.set_fault("lost-session;times=1")
    await ask(hand, "/echo two")
    service.set_fault(None)


async def choose_in_menu(hand: Hand, words: str, row: int) -> None:
    """Walks to a turn and chooses in its menu, by keys alone."""
    view = hand.transcript
    view.setFocus(Qt.FocusReason.TabFocusReason)
    view.row_focus.go_to(row)
    await hand.press(Qt.Key.Key_F10, SHIFT)
    menu = next(m for m in view.findChildren(QMenu) if m.isVisible())
    for _ in menu.actions():
        action = menu.activeAction()
        if action is not None and action.text() == words:
            break
        QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    await settle()


def second_store(service: SandboxServer) -> None:
    request = urllib.request.Request(
        f"{service.base_url}/knowledge-stores",
        json.dumps({"name": "Land & <b>sea</b>"}).encode(),
        {"x-api-key": KEY, "content-type": "application/json"},
    )
    urllib.request.urlopen(request).close()


async def choose_store(hand: Hand, name: str) -> None:
    header = hand.window.header
    await hand.until(lambda: any(s.name == name for s in header._stores[0]), name)
    await hand.click_on(header.store)
    menu = next(m for m in header.store.findChildren(QMenu) if m.isVisible())
    action = next(a for a in menu.actions() if name in a.text().replace("&&", "&"))
    action.trigger()
    menu.close()
    await settle()


def box() -> QMessageBox | None:
    return next(
        (b for b in QApplication.topLevelWidgets() if isinstance(b, QMessageBox) and b.isVisible()), None
    )


# -- the card ---------------------------------------------------------------------------------------


def test_a_conversation_that_goes_on_has_no_card(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        assert not hand.has(CARRY)
        await ask(hand, "/echo one", "/echo two")
        assert not hand.has(CARRY)
        assert dividers(hand) == ["", ""]

    at_service(work)


def test_one_click_goes_on_with_the_recap_and_the_transcript_says_so(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        assert f"{FORGOTTEN} It does not know the turn above." in hand.words
        counter = hand.window.composer._count
        assert "the recap included" in counter.accessibleName()
        assert not counter.text().startswith("0 /")
        await hand.click("Go on in a new conversation")
        await hand.until_answered()
        assert content(service).startswith(HEAD)
        assert content(service).endswith("The question now:\n\n/echo two")
        assert "session_id" not in asked(service)[-1]
        assert not hand.has(CARRY)
        assert counter.text() == "0 / 10,000"
        assert dividers(hand) == [
            "",
            "The service had forgotten this conversation; a new one begins here, with a recap.",
        ]
        await ask(hand, "/echo three")
        assert content(service) == "/echo three"
        assert dividers(hand)[-1] == ""

    at_service(work)


def test_a_recap_is_left_out_by_its_check(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        await hand.click(CARRY)
        assert not hand.has(UNFOLD)
        assert hand.window.composer._count.text() == "0 / 10,000"
        await ask(hand, "/echo three")
        assert content(service) == "/echo three"
        assert dividers(hand)[-1].endswith("a new one begins here, without a recap.")

    at_service(work)


def test_a_recap_is_edited_by_keys_alone_and_survives_a_restart(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        for name in (UNFOLD, CARRY):  # backwards from the message
            await hand.press(Qt.Key.Key_Backtab, SHIFT)
            assert QApplication.focusWidget() is hand.find(name)
        await hand.press(Qt.Key.Key_Tab)
        await hand.press(Qt.Key.Key_Return)
        editor = hand.find("Recap", QPlainTextEdit)
        assert editor.hasFocus()
        assert editor.toPlainText().startswith(HEAD)
        await hand.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        await hand.press(Qt.Key.Key_Delete)
        assert not hand.find(CARRY).isChecked()
        await hand.type("We spoke of ships.", "Recap")
        assert hand.find(CARRY).isChecked()
        assert "18 characters, edited" in hand.words
        assert hand.window.composer._count.text() == "20 / 10,000"

    async def later(hand: Hand) -> None:
        assert f"{FORGOTTEN} It does not know the turn above." in hand.words
        assert not hand.has("Recap")
        await hand.click(UNFOLD)
        assert hand.find("Recap", QPlainTextEdit).toPlainText() == "We spoke of ships."
        # Taken out and put in again, it is as it was.
        await hand.click(CARRY)
        await hand.click(CARRY)
        await hand.until(lambda: hand.window.composer._count.text() == "20 / 10,000")
        await hand.click_on(hand.window.composer.message)
        await ask(hand, "/echo three")
        assert content(service) == "We spoke of ships.\n\n/echo three"

    at_service(work)
    at_service(later)


def test_an_edited_recap_can_be_made_anew(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        await hand.click(UNFOLD)
        assert not hand.has("Make it anew")
        await hand.type("x", "Recap")
        await hand.click("Make it anew")
        assert hand.find("Recap", QPlainTextEdit).toPlainText().startswith(HEAD)
        assert "edited" not in hand.words

    at_service(work)


def test_a_long_question_takes_room_from_the_recap(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "/long 12")
        service.set_fault("lost-session;times=1")
        await ask(hand, "Why?")
        service.set_fault(None)
        before = len(hand.window.composer.recap.recap)
        await hand.paste("x" * 9_000)
        assert 0 < len(hand.window.composer.recap.recap) < before
        assert len(hand.window.composer.recap.recap) + 9_002 <= 10_000
        await hand.paste("x" * 900)
        assert "No room beside this question" in hand.words
        assert hand.window.composer._count.text() == "9,900 / 10,000"
        hand.window.composer.message.clear()
        await settle()
        assert len(hand.window.composer.recap.recap) == before

    at_service(work)


def test_in_a_low_window_the_recap_is_edited_in_place_of_the_message(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        hand.window.resize(900, 410)
        await settle()
        assert FORGOTTEN not in hand.words
        assert FORGOTTEN in hand.find(CARRY).accessibleDescription()
        assert hand.has("Message")
        await hand.click(UNFOLD)
        assert not hand.has("Message")
        assert not hand.has("Retry")
        await hand.type("1", "Recap")
        await hand.click("Fold the recap")
        assert hand.has("Message")
        await hand.click(UNFOLD)
        await hand.press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        await hand.until_answered()
        assert hand.has("Message")
        assert content(service).startswith("1Earlier")

    at_service(work)


def test_two_sessions_keep_their_recaps_apart(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        await hand.click(UNFOLD)
        await hand.type("1", "Recap")
        await hand.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert not hand.has(CARRY)
        await ask(hand, "/echo other")
        await choose(hand, "/echo one")
        await hand.until(lambda: hand.has(CARRY))
        assert not hand.has("Recap"), "it was left folded"
        assert "edited" in hand.words

    at_service(work)


# -- what was sent ----------------------------------------------------------------------------------


def test_the_recap_that_was_sent_can_be_read(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        await hand.click("Go on in a new conversation")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_4, ALT)
        assert "With a recap of" in hand.words
        assert HEAD.split("\n", maxsplit=1)[0] in hand.find("Request", QPlainTextEdit).toPlainText()
        view = hand.transcript
        assert "Show the recap that was sent" in [t.words for t in view.nodes.row_targets(1)]
        for way in ("click", "keys"):
            if way == "click":
                await hand.click_in_turn("Show the recap that was sent", 1)
            else:
                await choose_in_menu(hand, "Show the recap that was sent…", 1)
            dialog = next(d for d in hand.window.findChildren(QDialog) if d.windowTitle() == "Recap")
            sent = hand.find("Recap that was sent", QPlainTextEdit)
            assert sent.toPlainText().startswith(HEAD)
            assert sent.isReadOnly()
            dialog.reject()
            hand.window.activateWindow()
            await settle()

    at_service(work)


def test_a_divider_is_read_aloud_but_neither_copied_nor_found(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await lose(hand, service)
        await hand.click("Go on in a new conversation")
        await hand.until_answered()
        view = hand.transcript
        words = dividers(hand)[1]
        row = QAccessible.queryAccessibleInterface(view).child(1)
        assert row.text(QAccessible.Text.Name).startswith(words)
        assert words not in view.texts.raw_text(1)
        view.setFocus()
        await hand.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        await hand.press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert "/echo two" in copied()
        assert "forgotten" not in copied()

    at_service(work)


@pytest.mark.parametrize("zoom", [100, 200])
def test_a_divider_has_room_of_its_own(at_service: OpenWindow, service: SandboxServer, zoom: int) -> None:
    async def work(hand: Hand) -> None:
        hand.window.resize(700, 620)
        if zoom != 100:
            for _ in range(8):
                await hand.press(Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
        await lose(hand, service)
        await hand.press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        await hand.until_answered()
        await hand.until_drawn()
        rows = hand.transcript.rows
        lost = rows.content(1)
        assert lost.divider is not None
        assert lost.divider_rect.bottom() < lost.bubble.top()
        assert lost.divider_rect.left() >= 0
        assert lost.divider_rect.right() <= lost.stage.width
        assert rows.heights[1] == lost.height

    at_service(work)


# -- branches ---------------------------------------------------------------------------------------


def test_branch_from_here_goes_on_in_a_copy(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_1, ALT)
        await hand.type("Be brief.", "Instructions")
        await hand.click_on(hand.window.composer.message)
        await ask(hand, "/echo one", "/echo two", "/echo three")
        await choose_in_menu(hand, "Branch from here", 1)
        await hand.until(lambda: len(hand.transcript.rows) == 2, "the branch")
        assert hand.window.windowTitle().startswith("/echo one (branch)")
        assert QApplication.focusWidget() is hand.find("Message")
        assert "It does not know the 2 turns above." in hand.words
        assert "“/echo one” stays as it is." in hand.words
        await ask(hand, "/echo else")
        assert content(service).startswith(HEAD)
        assert "three" not in content(service)
        assert asked(service)[-1]["instructions"] == "Be brief."
        assert dividers(hand)[-1] == (
            "Branched from “/echo one”; what is above was taken over. "
            "A new conversation begins here, with a recap."
        )
        await choose(hand, "/echo one")
        await hand.until(lambda: len(hand.transcript.rows) == 3)
        assert dividers(hand) == ["", "", ""]
        await ask(hand, "/echo four")
        assert asked(service)[-1]["session_id"] == asked(service)[1]["session_id"]

    at_service(work)


def test_edit_and_ask_again_fills_the_message_of_a_copy(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Show steps")
        await ask(hand, "/echo one", "/echo two")
        await hand.click("Show steps ✓")
        await hand.type("half a thought")
        await choose_in_menu(hand, "Edit and ask again…", 1)
        await hand.until(lambda: len(hand.transcript.rows) == 1, "the copy")
        message = hand.window.composer.message
        assert message.toPlainText() == "/echo two"
        assert "The service can't rewind a conversation, so this goes on in a copy." in hand.words
        assert hand.has("Show steps ✓")
        await ask(hand, ", better")
        assert content(service).endswith("\n\n/echo two, better")
        await choose(hand, "/echo one")
        await hand.until(lambda: len(hand.transcript.rows) == 2)
        assert message.toPlainText() == "half a thought"

    at_service(work)


def test_the_first_question_is_edited_in_an_empty_copy(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await ask(hand, "/echo one")
        await choose_in_menu(hand, "Edit and ask again…", 0)
        await hand.until(lambda: not len(hand.transcript.rows), "the copy")
        assert hand.window.composer.message.toPlainText() == "/echo one"
        assert not hand.has(CARRY)
        await hand.press(Qt.Key.Key_Return)
        await hand.until_answered()
        assert content(service) == "/echo one"
        assert dividers(hand) == [""]

    at_service(work)


# -- stores -----------------------------------------------------------------------------------------


def test_another_store_is_warned_of_and_begins_anew(at_service: OpenWindow, service: SandboxServer) -> None:
    second_store(service)

    async def work(hand: Hand) -> None:
        name = "Land & <b>sea</b>"
        await choose_store(hand, name)
        assert box() is None, "nothing was asked yet"
        await choose_store(hand, "Sample footage")
        await ask(hand, "/echo one")
        await choose_store(hand, name)
        warning = box()
        assert warning is not None
        assert "Another store means a new conversation at the service." in warning.text()
        await hand.click("Cancel", within=warning)
        await ask(hand, "/echo two")
        assert asked(service)[-1]["session_id"]
        await choose_store(hand, name)
        warning = box()
        assert warning is not None
        await hand.click("Switch", within=warning)
        assert "It does not know the 2 turns above." in hand.words
        await hand.click_on(hand.window.composer.message)
        await ask(hand, "/echo three")
        assert "session_id" not in asked(service)[-1]
        assert content(service).startswith(HEAD)
        assert asked(service)[-1]["knowledge_store_id"] != asked(service)[0]["knowledge_store_id"]
        assert dividers(hand)[-1] == (
            f"From here on, the store {name} is asked. A new conversation begins here, with a recap."
        )

    at_service(work)
