"""Answers that are huge, broken or mean harm: the window stays alive and answers the next question."""

import pytest
from PySide6.QtCore import Qt

from desktop.hand import Hand
from desktop.reader import CTRL, Reader, tell
from trackside.sandbox.server import SandboxServer
from trackside.sandbox.streaming import spoiling
from trackside.sandbox.streaming.script import Broken
from ui.support import OpenWindow, copied

HUGE = {
    "items": "- x\n" * 100_000,
    "one line": "word " * 200_000,
    "rows": "|a|b|\n|-|-|\n" + "| 1 | 2 |\n" * 30_000,
    "JSON": '{"a": "' + "\\u00e9" * 30_000,
}
LARGE = {
    "deeper and deeper": "\n".join("  " * (n % 50) + f"{n}. x" for n in range(5_000)),
    "one word": "w" * 300_000,
    "one line of code": "```\n" + "x = 1; " * 50_000,
    "one cell": "|a|b|\n|-|-|\n|" + "cell " * 60_000,
    "brackets": "[" * 300_000,
    "stars": "*a " * 100_000,
    "back-ticks": " ".join("`" * (n % 900 + 1) for n in range(900)),
    "quotes": "> " * 100_000,
    "tags": "<vref id='" * 30_000,
    "entities": "&amp;" * 50_000,
    "formulas": "$x" * 100_000,
    "emoji": "👩\u200d👩\u200d👧" * 20_000,
    "empty lines": "\n" * 300_000 + "end",
}


@pytest.mark.parametrize("kind", HUGE)
def test_huge_answer_does_not_stop_the_window(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("giant-event=1")
        monkeypatch.setattr(spoiling, "long_text", lambda size: HUGE[kind])
        await hand.ask("harbour")
        await hand.until(lambda: not hand.has("Stop"), "the end of the answer")
        service.set_fault(None)
        reader = Reader(hand)
        for notches in (3, 200, -1):
            await reader.wheel(notches)
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/echo there")
        await hand.until_answered()
        assert hand.answers == ["there"]

    at_service(work)


def test_large_answers_do_not_stop_the_window(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        told = ""
        reader = Reader(hand)
        # Called on the service's thread, which must not ask the window anything.
        monkeypatch.setattr(spoiling, "long_text", lambda size: told)
        service.set_fault("giant-event=1")
        for number, (kind, told) in enumerate(LARGE.items(), 1):  # noqa: B007 -- the lambda reads it
            await hand.ask("harbour")
            await hand.until(lambda: not hand.has("Stop"), kind)
            assert len(reader.view.rows) == number
            for notches in (3, 200, -1):
                await reader.wheel(notches)
        service.set_fault(None)
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask("/echo there")
        await hand.until_answered()
        assert hand.answers == ["there"]

    at_service(work)


@pytest.mark.parametrize("kind", ["items", "rows"])
def test_window_goes_on_while_a_huge_answer_is_read(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Keys get through in between, and what is copied is the whole."""

    async def work(hand: Hand) -> None:
        service.set_fault("giant-event=1")
        monkeypatch.setattr(spoiling, "long_text", lambda size: HUGE[kind])
        await hand.ask("harbour")
        await hand.until(lambda: not hand.has("Stop"), "the end of the answer")
        assert hand.transcript._session_rows._reading.isActive(), "all of it was read at once"
        await hand.type("abc")
        assert hand.find("Message").toPlainText() == "abc"
        assert hand.transcript._session_rows._reading.isActive(), "typing waited for the reading"
        await hand.click("Copy", within=hand.transcript)
        assert copied() == HUGE[kind]

    at_service(work)


LONE = (
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"x",'
    b'"output_index":0,"content_index":0,"delta":"one \\ud83d two \\udc00 three"}\n\n'
)


def test_halves_of_characters_do_no_harm(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        plain = spoiling._with_one_more
        monkeypatch.setattr(spoiling, "_with_one_more", lambda plan, extra: plain(plan, Broken(LONE)))
        service.set_fault("unknown-event")
        await hand.ask("/echo some words that come in more than three pieces")
        await hand.until_answered()
        service.set_fault(None)
        assert not any(0xD800 <= ord(letter) < 0xE000 for letter in "".join(hand.answers))
        reader = Reader(hand)
        await reader.enter()
        await hand.press(Qt.Key.Key_A, CTRL)
        await hand.press(Qt.Key.Key_C, CTRL)
        assert "some words" in copied()
        await hand.click("Message")
        await hand.ask("/echo there")
        await hand.until_answered()
        assert hand.answers[-1] == "there"

    at_service(work)


UNCLOSED = "\n".join(
    [
        "# **a",
        "- `b",
        "> *c",
        "1. [d](",
        "```x",
        "e",
        "| f |",
        "|--|",
        "<vref id='",
        "$$",
        "\\[",
        "~~g",
        "![h",
    ]
)


def test_everything_unclosed_is_text(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        for text in (UNCLOSED, UNCLOSED.replace("```x\n", ""), "\n\n".join(UNCLOSED.split("\n"))):
            tell(monkeypatch, text)
            await hand.ask("/long 1")
            await hand.until_answered()
            said = hand.answers[-1]
            for word in ("a", "b", "c", "d", "e", "f", "g"):
                assert word in said
        await hand.ask("/echo there")
        await hand.until_answered()
        assert hand.answers[-1] == "there"

    at_service(work)
