"""The state of an answer, always in words."""

import re

import pytest
from PySide6.QtCore import Qt

from desktop.hand import Hand
from trackside.domain.answer import Answer
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.turn import Attempt, AttemptState
from trackside.sandbox.limits import Limits
from trackside.sandbox.server import SandboxServer
from trackside.ui.transcript.words import facts_line, notice_of, status_line, steps_line
from ui.support import OpenWindow

QUIET = (AttemptState.COMPLETED, AttemptState.QUEUED, AttemptState.CONNECTING, AttemptState.STREAMING)


async def until_pattern(hand: Hand, pattern: str) -> None:
    await hand.until(lambda: re.search(pattern, hand.words), pattern)


def test_connecting_is_said(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("slow-first-byte=60")
        await hand.ask("harbour")
        await hand.until_words("Connecting · 1 s")
        await hand.press(Qt.Key.Key_Escape)
        assert "Answer stopped." in hand.words
        assert "Connecting" not in hand.words

    at_service(work)


def test_working_says_for_how_long_and_when_it_was_heard(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        service.set_limits(Limits(keepalive_s=60.0))
        await hand.ask("/think 60 harbour")
        await until_pattern(hand, r"Working 1 s, last sign of life 1 s ago")
        await hand.press(Qt.Key.Key_Escape)
        assert "Answer stopped." in hand.words

    at_service(work)
    service.set_limits(Limits())


def test_streaming_says_how_fast(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_pace(80)
        await hand.ask("/long 20")
        await until_pattern(hand, r"Streaming, (under )?\d\.\d s to first token, \d+ tokens/s")
        await hand.press(Qt.Key.Key_Escape)
        assert "Streaming" not in hand.words

    at_service(work)


def test_wait_can_be_stopped_and_cut_short(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("rate-limit=40")
        await hand.ask("harbour")
        await until_pattern(hand, r"Rate limited \(429\)\. Asked again in (40|39) s\.")
        await until_pattern(hand, r"Asked again in 3\d s\.")
        assert hand.has("Ask now")
        notice = next(w for w in hand.find_all("Stop") if w is not hand.window.composer.button)
        await hand.click_on(notice)
        assert "Answer stopped." in hand.words
        assert not hand.has("Ask now")

    at_service(work)


def test_interruption_counts_what_came(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("drop=20")
        await hand.ask("harbour")
        await until_pattern(hand, r"Interrupted after \d+ tokens, the part above is saved\.")
        assert "The service does not resume a stream, so a retry asks again." in hand.words

    at_service(work)


def test_end_says_tokens_and_time(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("harbour")
        await hand.until_answered()
        await until_pattern(hand, r"\d+ in · \d+ out · \d+\.\d s")

    at_service(work)


@pytest.mark.parametrize("state", AttemptState)
def test_every_state_has_words_or_none_by_intent(state: AttemptState) -> None:
    attempt = Attempt("a", "t", 1, state, failure=Failure(FailureKind.SERVICE, "It broke.", "Ask again."))
    notice = notice_of(attempt, None)
    assert status_line(attempt, None) == ""
    if state in QUIET:
        assert notice is None
    else:
        assert notice is not None
        assert notice.text.endswith(".")
        assert "!" not in notice.text


def test_nothing_to_say_of_an_empty_answer() -> None:
    attempt = Attempt("a", "t", 1, answer=Answer())
    assert facts_line(attempt) == ""
    assert steps_line(attempt) == ""
