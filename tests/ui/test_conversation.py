"""The main job: asked, streamed, stopped, retried, continued, and still there after a restart."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop.hand import Hand
from trackside.domain.session import SessionState
from trackside.sandbox.server import SandboxServer
from trackside.storage.paths import DataPaths
from ui.support import OpenWindow, asked, choose, rows, until_rows

CTRL = Qt.KeyboardModifier.ControlModifier


def test_sandbox_door_leads_to_an_answer(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        assert "Connect to TwelveLabs" in hand.words
        assert "Look around in the sandbox" in hand.words
        await hand.click("Open the sandbox")
        await hand.until(lambda: hand.has("Message"))
        assert QApplication.focusWidget() is hand.find("Message")
        assert "Sandbox: answers are quoted from captions, not made by a model." in hand.words
        await hand.until_connected()
        await hand.ask("What happens in the harbour?")
        lengths: set[int] = set()
        await hand.until(lambda: bool(hand.answers))
        while hand.has("Stop"):
            lengths.add(len(hand.answers[0]))
            await asyncio.sleep(0.02)
        assert len(lengths) > 5, "the answer did not come piece by piece"
        assert "no model is at work" in hand.answers[0]
        assert "Harbour, early morning" in hand.answers[0]
        await until_rows(hand, ("What happens in the harbour?", SessionState.IDLE))

    open_window(work)


def test_stop_is_at_once_and_keeps_what_came(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(50)
        await hand.ask("/long 20")
        await hand.until(lambda: hand.answers and len(hand.answers[0]) > 20)
        await hand.press(Qt.Key.Key_Escape)
        assert "Answer stopped." in hand.words
        assert not hand.has("Stop")
        kept = hand.answers[0]
        assert "Part 1" in kept
        await hand.until(lambda: service.open_streams == 0, "the socket's end")
        assert hand.answers[0] == kept

    at_service(work)


def test_retry_keeps_the_first_attempt(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(50)
        await hand.ask("/long 20")
        await hand.until(lambda: hand.answers and len(hand.answers[0]) > 20)
        await hand.click("Stop")
        first = hand.answers[0]
        await hand.click_on(hand.window.composer.button)
        await hand.until_words("2 / 2")
        await hand.until(lambda: hand.answers and len(hand.answers[0]) > len(first))
        await hand.press(Qt.Key.Key_Escape)
        await hand.press(Qt.Key.Key_R, CTRL)
        await hand.until_words("3 / 3")
        await hand.until(lambda: bool(hand.answers))
        await hand.press(Qt.Key.Key_Escape)
        await hand.click("Previous attempt")
        await hand.click("Previous attempt")
        assert "1 / 3" in hand.words
        assert hand.answers == [first]
        assert not hand.find("Previous attempt").isEnabled()
        assert [body["input"][0]["content"] for body in asked(service)] == ["/long 20"] * 3

    at_service(work)


def test_any_turn_can_be_asked_again_from_its_own_row(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        for question in ("/echo one", "/echo two"):
            await hand.ask(question)
            await hand.until_answered()
        await hand.point_at(0)
        await hand.click("Retry", within=hand.transcript)
        await hand.until_words("2 / 2")
        await hand.until(lambda: hand.answers == ["one", "two"])
        await hand.until_answered()
        assert asked(service)[-1]["input"][0]["content"] == "/echo one"

    at_service(work)


def test_ctrl_r_asks_an_answered_question_again(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_R, CTRL)
        await hand.until_words("2 / 2")
        await hand.until_answered()

    at_service(work)


def test_follow_up_goes_on_in_the_server_session(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("What happens in the harbour?")
        await hand.until_answered()
        await hand.ask("And then?")
        await hand.until_answered()
        first, second = asked(service)
        assert "session_id" not in first
        assert second["session_id"].startswith("sess_")
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/echo anew")
        await hand.until_answered()
        assert "session_id" not in asked(service)[-1]

    at_service(work)


def test_two_sessions_stream_side_by_side(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(400)
        await hand.ask("/long 2")
        await hand.until(lambda: bool(hand.answers))
        await hand.press(Qt.Key.Key_N, CTRL)
        assert not hand.answers
        assert QApplication.focusWidget() is hand.find("Message")
        await hand.ask("/long 12")
        await hand.until(lambda: bool(hand.answers))
        await until_rows(hand, ("/long 12", SessionState.STREAMING), ("/long 2", SessionState.STREAMING))
        await hand.until(lambda: ("/long 2", SessionState.UNREAD) in rows(hand), "an unread session")
        assert ("/long 12", SessionState.STREAMING) in rows(hand)
        await choose(hand, "/long 2")
        await hand.until(lambda: hand.answers and "frames" in hand.answers[0])
        await hand.until(lambda: ("/long 2", SessionState.IDLE) in rows(hand), "a session that was read")
        assert hand.words.count("part 1 waits with us") == 1
        await choose(hand, "/long 12")
        await hand.until(lambda: hand.has("Stop"))
        service.set_pace(0)
        await hand.until_answered()
        await hand.until(lambda: "Part 10" in hand.answers[0])
        assert "part 1 waits with us" in hand.answers[0]

    at_service(work)


def test_everything_is_back_after_closing_in_mid_stream(
    at_service: OpenWindow, service: SandboxServer, data_paths: DataPaths
) -> None:
    kept: list[str] = []

    async def before(hand: Hand) -> None:
        await hand.ask("What happens in the harbour?")
        await hand.until_answered()
        service.set_pace(50)
        await hand.ask("/long 20")
        await hand.until(lambda: len(hand.answers) == 2 and len(hand.answers[1]) > 30)
        await hand.type("a draft")
        kept.extend(hand.answers)

    async def after(hand: Hand) -> None:
        await hand.until(lambda: len(hand.answers) == 2)
        assert hand.answers[0] == kept[0]
        assert hand.answers[1].startswith(kept[1][:20])
        assert "Trackside was closed before the answer's end." in hand.words
        assert "the part above is saved" in hand.words
        assert hand.find("Message").toPlainText() == "a draft"
        await until_rows(hand, ("What happens in the harbour?", SessionState.FAILED))
        await hand.press(Qt.Key.Key_R, CTRL)
        await hand.until_words("2 / 2")
        await hand.until_answered()
        assert asked(service)[-1]["session_id"] == asked(service)[1]["session_id"]

    at_service(before)
    service.set_pace(0)
    at_service(after)


def test_nothing_else_can_be_asked_while_an_answer_comes(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(50)
        await hand.ask("/long 20")
        await hand.until(lambda: bool(hand.answers))
        await hand.ask("Too early")
        assert hand.find("Message").toPlainText() == "Too early"
        assert len(asked(service)) == 1
        await hand.press(Qt.Key.Key_Escape)
        assert hand.find("Message").toPlainText() == "Too early"
        assert hand.has("Send")
        service.set_pace(0)
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: len(asked(service)) == 2)
        await hand.until_answered()

    at_service(work)
