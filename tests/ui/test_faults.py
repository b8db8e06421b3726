"""Every way in which the service can break, through the window: the words, what is kept, Stop and Retry."""

import pytest
from PySide6.QtCore import Qt

from desktop.hand import Hand
from trackside.domain.settings import Settings
from trackside.sandbox.faults import FaultName, parse_fault
from trackside.sandbox.server import SandboxServer
from ui.support import OpenWindow, asked, copied, tries

QUESTION = "What happens in the harbour?"
CTRL = Qt.KeyboardModifier.ControlModifier

UNHARMED = [
    "slow-first-byte=0.2",
    "no-done",
    "held-open",
    "malformed-event",
    "unknown-event",
    "interleaved",
    "byte-by-byte",
    "no-event-lines",
    "no-sequence",
    "json-body",
    "crlf",
    "window-used-up=0",
]
WAITING = {
    "rate-limit=40": "Rate limited (429). Asked again in 40 s.",
    "rate-limit-date=40": "Rate limited (429). Asked again in",
    "rate-limit-message=40": "Rate limited (429). Asked again in",
    "rate-limit-bare": "Rate limited (429). Asked again in 3",
    "server-error": "The service has trouble of its own (500). Trying again in 1 s, attempt 2 of 4.",
    "unavailable-html": "The service has trouble of its own (503). Trying again in 1 s, attempt 2 of 4.",
}
REFUSED = {
    "plan-limit": "The plan's limit is used up. The service says: You have reached the daily limit",
    "unauthorized": "The service refused the key. The service says: The API key is missing or invalid.",
    "forbidden": "The key lacks the right to do this. The service says: Your key is not allowed",
    "not-found-endpoint": "The key has no access to this family of endpoints. Ask for access to Jockey",
    "lost-session": "The service no longer knows this conversation. Go on in a new one",
    "html-body": "A web page came instead of an answer. A proxy or a wrong address often causes this",
    "empty-body": "The service answered with nothing at all.",
    "drop=2": "Interrupted before the first word. The connection dropped before the answer's end.",
}
FAILED = "The service could not finish the answer. It says: The sandbox was asked to let this answer fail"
BROKEN = {
    "silence=12": "the part above is saved. Nothing came for 1 s, so the connection was given up.",
    "drop=14": "the part above is saved. The connection dropped before the answer's end.",
    "drop-in-character=14": "the part above is saved. The connection dropped before the answer's end.",
    "failed": FAILED,
    "error-event=nested": FAILED,
    "error-event=flat": FAILED,
    "incomplete=completed": "Cut off at the length limit.",
    "incomplete=event": "Cut off at the length limit.",
}


def test_no_fault_is_forgotten() -> None:
    driven = {parse_fault(spec).name for spec in (*UNHARMED, *WAITING, *REFUSED, *BROKEN)}
    assert driven | {FaultName.GIANT_EVENT} == set(FaultName)


async def answer_again(hand: Hand, service: SandboxServer, expected: str) -> None:
    """Asks again with Ctrl+R, without the fault."""
    service.set_fault(None)
    sent = tries(service)
    await hand.press(Qt.Key.Key_R, CTRL)
    await hand.until(lambda: tries(service) == sent + 1, "a second request")
    await hand.until_answered()
    assert expected in hand.answers[-1]
    assert not hand.find_all("Copy details")


@pytest.mark.parametrize("fault", UNHARMED)
def test_oddity_is_not_noticed(at_service: OpenWindow, service: SandboxServer, fault: str) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask(QUESTION)
        await hand.until_answered()
        service.set_fault(fault)
        await hand.press(Qt.Key.Key_N, CTRL)
        await hand.ask(QUESTION)
        await hand.until_answered()
        (answer,) = hand.answers
        assert answer.startswith("This is Trackside’s sandbox")
        assert "\ufffd" not in answer
        assert answer.count("“Good morning all, the red fishing boat") == 1
        assert "saved" not in hand.words
        await answer_again(hand, service, "“Good morning all")

    at_service(work)


@pytest.mark.parametrize("fault", WAITING)
def test_passing_trouble_is_waited_for(at_service: OpenWindow, service: SandboxServer, fault: str) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault(f"{fault};times=2")
        await hand.ask(QUESTION)
        await hand.until_words(WAITING[fault])
        assert hand.has("Stop")
        assert "<" not in hand.words
        now, waits = ("Ask now", "Asked again") if "429" in WAITING[fault] else ("Try now", "Trying again")
        await hand.click(now)
        await hand.until(lambda: tries(service) == 2 and waits in hand.words, "the second refusal")
        await hand.click(now)
        await hand.until_answered()
        assert hand.answers
        assert waits not in hand.words
        service.set_fault(fault)
        await hand.ask("/echo again")
        await hand.until_words(waits)
        await hand.press(Qt.Key.Key_Escape)
        assert "Answer stopped." in hand.words
        assert waits not in hand.words
        service.set_fault(None)
        await hand.press(Qt.Key.Key_R, CTRL)
        if waits == "Asked again":  # the refusal holds for this one, too
            await hand.until_words("Queued, first in line, in")
            await hand.click("Ask now")
        await hand.until_answered()
        assert "again" in hand.answers[-1]

    at_service(work)


def test_wait_ends_by_itself(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("rate-limit=1;times=1")
        await hand.ask(QUESTION)
        await hand.until_words("Asked again")
        await hand.until_answered()
        assert hand.answers

    at_service(work)


def test_last_try_says_what_to_do(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("server-error=502")
        await hand.ask(QUESTION)
        for number in (2, 3, 4):
            await hand.until_words(f"attempt {number} of 4.")
            await hand.click("Try now")
        await hand.until_words("The service has trouble of its own (502). The service says: Some")
        assert not hand.has("Stop")
        await answer_again(hand, service, "harbour")

    at_service(work)


@pytest.mark.parametrize("fault", REFUSED)
def test_refusal_is_said_in_words(at_service: OpenWindow, service: SandboxServer, fault: str) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault(fault)
        await hand.ask(QUESTION)
        await hand.until_words(REFUSED[fault])
        assert not hand.has("Stop")
        assert not hand.answers
        assert "<" not in hand.words
        await hand.click("Copy details")
        assert copied()
        assert tries(service) == 1
        await answer_again(hand, service, "harbour")

    at_service(work)


@pytest.mark.parametrize("fault", BROKEN)
def test_part_that_came_is_kept(at_service: OpenWindow, service: SandboxServer, fault: str) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault(fault)
        await hand.ask(QUESTION)
        await hand.until_words(BROKEN[fault])
        assert not hand.has("Stop")
        (part,) = hand.answers
        assert part.startswith("This")
        assert "\ufffd" not in part
        if "saved" in BROKEN[fault]:
            assert "Interrupted after" in hand.words
        await answer_again(hand, service, "harbour")
        await hand.click("Previous attempt")
        await hand.until(lambda: hand.answers == [part])  # drawn with the next frame
        assert BROKEN[fault] in hand.words

    at_service(work, settings=Settings(silence_limit_s=1.0))


def test_giant_event_does_not_stop_the_window(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("giant-event=1")
        await hand.ask(QUESTION)
        await hand.until_answered()
        content = hand.transcript.rows.content(0)
        first, last = content.rendered(0), content.rendered(content.last_part)
        assert first.plain_text() == "Part 1: what the cameras saw"
        assert last.plain_text()
        assert len(content.answer) > 1_000
        await hand.click("Copy")
        assert len(copied().encode()) > 1_000_000
        await answer_again(hand, service, "harbour")

    at_service(work)


def test_refused_key_leads_to_the_settings(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("unauthorized")
        await hand.ask(QUESTION)
        await hand.until_words("The service refused the key.")
        await hand.click("Open connection settings")
        await hand.until(lambda: hand.has("API key"))

    at_service(work)


def test_lost_conversation_goes_on_in_a_new_one(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask(QUESTION)
        await hand.until_answered()
        service.set_fault("lost-session;times=1")
        await hand.ask("/echo still there?")
        await hand.until_words("The service no longer knows this conversation.")
        await hand.click("Go on in a new conversation")
        await hand.until(lambda: len(hand.answers) == 2)
        await hand.until_answered()
        assert tries(service) == 3
        content = asked(service)[-1]["input"][0]["content"]
        assert content.startswith("Earlier in this conversation:")
        assert content.endswith("\n\n/echo still there?")
        assert "session_id" not in asked(service)[-1]

    at_service(work)


def test_unknown_event_is_shown_beside_the_request(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("unknown-event")
        await hand.ask(QUESTION)
        await hand.until_answered()
        await hand.press(Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
        assert "response.storyboard.frame" in hand.words
        assert "Events that were passed over" in hand.words

    at_service(work)
