"""Writing a question: what sends it, what does not, what goes with it."""

from typing import Any

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from desktop.hand import Hand, settle
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.ui.composer.message import MessageEdit
from ui.support import OpenWindow, asked

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def message(hand: Hand) -> MessageEdit:
    return hand.find("Message", MessageEdit)


def test_enter_sends_and_shift_enter_breaks_the_line(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.type("/echo one")
        await hand.press(Qt.Key.Key_Return, SHIFT)
        await hand.type("two")
        assert not asked(service)
        await hand.press(Qt.Key.Key_Enter)
        await hand.until_answered()
        assert asked(service)[0]["input"][0]["content"] == "/echo one\ntwo"
        assert message(hand).toPlainText() == ""

    at_service(work)


def test_with_control_enter_every_other_enter_breaks_the_line(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.type("/echo one")
        await hand.press(Qt.Key.Key_Return)
        await hand.type("two")
        await hand.press(Qt.Key.Key_Return, SHIFT)
        await hand.type("three")
        assert not asked(service)
        assert "Ctrl+Enter" in hand.find("Send").toolTip()
        await hand.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await hand.until_answered()
        assert asked(service)[0]["input"][0]["content"] == "/echo one\ntwo\nthree"

    at_service(work, settings=Settings(enter_sends=False))


def test_nothing_is_sent_while_an_input_method_composes(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.compose(message(hand), preedit="ferī")
        await hand.press(Qt.Key.Key_Return)
        assert not asked(service)
        assert hand.window.composer.message.toPlainText().strip() == ""
        await hand.compose(message(hand), commit="フェリー")
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: len(asked(service)) == 1)
        await hand.until_answered()
        assert asked(service)[0]["input"][0]["content"] == "フェリー"

    at_service(work)


def test_paste_takes_plain_text_alone(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        rich = QMimeData()
        rich.setHtml("<b>bold</b> and <img src='x.png'>")
        rich.setText("bold and plain")
        QApplication.clipboard().setMimeData(rich)
        await hand.press(Qt.Key.Key_V, CTRL)
        assert message(hand).toPlainText() == "bold and plain"

    at_service(work)


def test_grows_to_eight_lines(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        line = message(hand).fontMetrics().lineSpacing()
        heights = []
        for _ in range(12):
            heights.append(message(hand).height())
            await hand.press(Qt.Key.Key_Return, SHIFT)
        assert heights[0] == heights[1] < heights[2] < heights[7] == heights[11]
        assert 8 * line <= heights[11] < 9 * line
        message(hand).clear()
        await settle()
        assert message(hand).height() == heights[0]

    at_service(work)


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_empty_question_is_not_sent(at_service: OpenWindow, service: SandboxServer, text: str) -> None:
    async def work(hand: Hand) -> None:
        await hand.paste(text)
        assert not hand.find("Send").isEnabled()
        await hand.press(Qt.Key.Key_Return)
        assert not asked(service)
        assert "There is no question to send. Type one first." in hand.words
        await hand.type("h")
        assert "There is no question" not in hand.words
        assert hand.find("Send").isEnabled()

    at_service(work)


def test_question_that_is_too_long_is_refused_and_kept(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.paste("x" * 10_000)
        assert "10,000 / 10,000" in hand.words
        assert hand.find("10,000 of 10,000 characters").property("role") == "small"
        await hand.type("y")
        assert "10,001 / 10,000" in hand.words
        assert hand.find("10,001 of 10,000 characters").property("role") == "error"
        await hand.press(Qt.Key.Key_Return)
        assert "The question has 10,001 characters; the service takes 10,000." in hand.words
        assert len(message(hand).toPlainText()) == 10_001
        assert not asked(service)
        await hand.press(Qt.Key.Key_Backspace)
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: len(asked(service)) == 1)
        await hand.until_answered()
        assert len(asked(service)[0]["input"][0]["content"]) == 10_000
        assert "The question has 10,001" not in hand.words

    at_service(work)


def test_draft_is_kept_for_each_session(at_service: OpenWindow) -> None:
    async def before(hand: Hand) -> None:
        await hand.ask("/echo first")
        await hand.until_answered()
        await hand.type("draft of the first")
        await hand.press(Qt.Key.Key_N, CTRL)
        assert message(hand).toPlainText() == ""
        await hand.type("draft of the second")
        await hand.press(Qt.Key.Key_PageDown, CTRL)
        await hand.until(lambda: message(hand).toPlainText() == "draft of the first")

    async def after(hand: Hand) -> None:
        assert message(hand).toPlainText() == "draft of the first"
        await hand.press(Qt.Key.Key_PageUp, CTRL)
        await hand.until(lambda: message(hand).toPlainText() == "draft of the second")

    at_service(before)
    at_service(after)


def test_chips_are_sent(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Show steps")
        await hand.click("Web search")
        assert hand.has("Show steps ✓")
        assert hand.has("Web search ✓")
        assert hand.window.composer.message.hasFocus()
        await hand.ask("harbour")
        await hand.until_answered()
        body = asked(service)[0]
        assert body["include"] or body.get("include_intermediate_outputs")
        assert "web_search" in str(body["tools"])
        await hand.click("Web search")
        await hand.ask("harbour")
        await hand.until_answered()
        assert "web_search" not in str(asked(service)[1])

    at_service(work)


def test_turn_keeps_the_instructions_and_schema_it_was_asked_with(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    schema = '{"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}'

    async def work(hand: Hand) -> None:
        await hand.click("Instructions: off")
        await hand.click_on(hand.find("Instructions", QPlainTextEdit))
        await hand.type("Be brief.", "Instructions")
        assert hand.has("Instructions: on")
        await hand.click("Schema: off")
        await hand.click_on(hand.find("Schema", QPlainTextEdit))
        await hand.paste(schema)
        assert hand.has("Schema: on")
        assert "Valid JSON" in hand.words
        await hand.click_on(message(hand))
        await hand.ask("harbour")
        await hand.until_answered()
        await hand.press(Qt.Key.Key_1, ALT)
        await hand.click("Clear")
        await hand.press(Qt.Key.Key_2, ALT)
        await hand.click("Clear")
        assert hand.has("Instructions: off")
        await hand.click_on(message(hand))
        await hand.press(Qt.Key.Key_R, CTRL)
        await hand.until_words("2 / 2")
        await hand.until_answered()
        first, again = asked(service)
        assert first["instructions"] == again["instructions"] == "Be brief."
        assert first["text"] == again["text"]
        await hand.ask("harbour")
        await hand.until_answered()
        assert not asked(service)[2].get("instructions")
        assert "text" not in asked(service)[2]

    at_service(work)


@pytest.mark.parametrize(
    ("schema", "state", "sentence"),
    [
        ('{"type": ', "Line 1, column", "The schema"),
        ("[1, 2]", "A schema is a JSON object, in braces", "The schema"),
    ],
)
def test_schema_that_is_no_json_object_is_refused(
    at_service: OpenWindow, service: SandboxServer, schema: str, state: str, sentence: str
) -> None:
    async def work(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_2, ALT)
        await hand.click_on(hand.find("Schema", QPlainTextEdit))
        await hand.paste(schema)
        assert state in hand.words
        await hand.click_on(message(hand))
        await hand.ask("harbour")
        assert sentence in hand.words
        assert message(hand).toPlainText() == "harbour"
        assert not asked(service)

    at_service(work)


def test_instructions_that_are_too_long_are_refused(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.click_on(hand.find("Instructions", QPlainTextEdit))
        await hand.paste("x" * 2_001)
        assert "2,001 / 2,000 characters" in hand.words
        await hand.click_on(message(hand))
        await hand.ask("harbour")
        assert "The instructions have 2,001 characters; the service takes 2,000." in hand.words
        assert message(hand).toPlainText() == "harbour"
        assert not asked(service)

    at_service(work)


def test_key_presses_reach_the_message_wherever_a_click_went(at_service: OpenWindow) -> None:
    """A click into the transcript's ground or on a chip leaves the cursor where one types."""

    async def work(hand: Hand) -> None:
        for target in ("Transcript", "Show steps"):
            widget: Any = hand.find(target)
            await hand.click_on(widget)
            assert message(hand).hasFocus()

    at_service(work)
