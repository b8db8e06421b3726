"""Limits in the window: who waits says so and for how long, and what was refused is kept."""

import re

from PySide6.QtCore import Qt

from desktop.hand import Hand
from trackside.domain.session import SessionState
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from ui.support import OpenWindow, choose, tries, until_rows

CTRL = Qt.KeyboardModifier.ControlModifier
FIRST, SECOND = "What does the crane load?", "Who is in the harbour?"
W, F, U = SessionState.WAITING, SessionState.FAILED, SessionState.UNREAD


async def until_pattern(hand: Hand, pattern: str) -> None:
    await hand.until(lambda: re.search(pattern, hand.words), pattern)


async def queue_two(hand: Hand, service: SandboxServer) -> None:
    """Asks in two sessions of which the first is refused; the second is shown."""
    service.set_fault("rate-limit=40")
    await hand.ask(FIRST)
    await until_pattern(hand, r"Rate limited \(429\)\. Asked again in (40|39) s\.")
    await hand.press(Qt.Key.Key_N, CTRL)
    await hand.ask(SECOND)
    await until_pattern(hand, r"Queued, second in line, in \d\d s\.")
    service.set_fault(None)


def test_two_sessions_wait_in_line_with_a_countdown(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await queue_two(hand, service)
        await until_pattern(hand, r"2 of 2 questions used this minute, next in \d\d s\.")
        await until_rows(hand, (SECOND, W), (FIRST, W))
        assert tries(service) == 1
        left = int(re.findall(r"in line, in (\d+) s", hand.words)[0])
        await until_pattern(hand, rf"Queued, second in line, in ({left - 1}|{left - 2}) s\.")
        await choose(hand, FIRST)
        await until_pattern(hand, r"Rate limited \(429\)\. Asked again in \d\d s, first in line\.")
        await choose(hand, SECOND)
        # The one before it is stopped from its own notice.
        await choose(hand, FIRST)
        await until_pattern(hand, "first in line")
        await hand.press(Qt.Key.Key_Escape)
        await hand.until_words("Answer stopped.")
        await choose(hand, SECOND)
        await until_pattern(hand, r"Queued, first in line, in \d\d s\.")
        await hand.click("Ask now")
        await hand.until_answered()
        assert "in line" not in hand.words
        assert hand.answers
        assert tries(service) == 2

    at_service(work)


def test_one_that_is_asked_now_and_taken_lets_the_others_go(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await queue_two(hand, service)
        await hand.click("Ask now")
        await hand.until(lambda: tries(service) == 3, "both questions")
        await hand.until_answered()
        await until_rows(hand, (FIRST, U), (SECOND, SessionState.IDLE))
        assert "questions used" not in hand.words

    at_service(work)


def test_daily_limit_ends_the_line_and_stays_said(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await queue_two(hand, service)
        service.set_fault("plan-limit;times=1")
        await hand.click("Ask now")
        await hand.until_words("The plan's limit is used up.")
        await until_rows(hand, (FIRST, F), (SECOND, F))
        assert hand.has("Retry")
        await until_pattern(
            hand, r"Daily limit reached, resets at \d\d:\d\d\. Nothing is tried again by itself"
        )
        await hand.press(Qt.Key.Key_N, CTRL)
        await until_pattern(hand, r"Daily limit reached, resets at \d\d:\d\d\.")
        assert tries(service) == 2
        # One that is asked all the same is sent, in its turn, and tells the truth.
        await hand.ask("/echo all the same")
        await until_pattern(hand, r"Queued, first in line")
        await hand.click("Ask now")
        await hand.until_answered()
        assert "all the same" in hand.answers[-1]
        assert "Daily limit" not in hand.words

    at_service(work)


def test_what_waits_at_the_end_is_kept_and_the_limit_is_known_again(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def first(hand: Hand) -> None:
        await queue_two(hand, service)

    async def second(hand: Hand) -> None:
        await hand.until_words("Trackside was closed before the question was sent.")
        await until_pattern(
            hand, r"2 of 2 questions used this minute, next in \d\d s\. A question asked now waits"
        )
        await until_rows(hand, (SECOND, F), (FIRST, F))
        await hand.press(Qt.Key.Key_R, CTRL)
        await until_pattern(hand, r"Queued, first in line, in \d\d s\.")
        assert tries(service) == 1

    at_service(first)
    at_service(second)


def test_how_often_is_tried_again_follows_the_settings(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("server-error")
        await hand.ask(FIRST)
        await hand.until_words("attempt 2 of 2.")
        await hand.click("Try now")
        await hand.until_words("The service has trouble of its own (500). The service says")
        assert tries(service) == 2

    at_service(work, settings=Settings(automatic_retries=1))


def test_nothing_is_tried_again_where_that_is_not_wanted(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("rate-limit=40")
        await hand.ask(FIRST)
        await hand.until_words("Rate limited (429). The service takes a few questions a minute.")
        assert tries(service) == 1
        await until_pattern(hand, r"next in \d\d s\.")

    at_service(work, settings=Settings(automatic_retries=0))
