"""Everything that the sandbox can break, met by a runner on the window's loop over a real socket."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from chat.support import S, World, a_turn, soon
from trackside.chat.session import ChatSession
from trackside.domain.connection import Connection, Secrets
from trackside.domain.failure import FailureKind
from trackside.domain.session import SessionState
from trackside.domain.turn import Attempt, AttemptState
from trackside.protocol.client import ServiceClient
from trackside.sandbox.faults import FaultName, parse_fault
from trackside.sandbox.server import SandboxServer

K = FailureKind
TEXT = "The harbour wakes: nets are hauled in, gulls circle, and the café opens its shutters. 🎬 " * 3
TEXT = TEXT.strip()


@pytest.fixture(autouse=True)
def mended(shared_sandbox: SandboxServer) -> Iterator[None]:
    yield
    shared_sandbox.set_fault(None)
    shared_sandbox.set_pace(0.0)


@pytest.fixture
async def live(
    request: pytest.FixtureRequest, world: World, shared_sandbox: SandboxServer
) -> AsyncIterator[World]:
    """The chat with a real client of the sandbox."""
    # Short where silence is what a test is about: on a busy machine a moment's silence is nothing odd.
    limit_s = 0.3 if "silence" in request.node.name else 10.0
    connection = Connection("c", "Sandbox", shared_sandbox.base_url, silence_limit_s=limit_s)
    client = ServiceClient(connection, Secrets("key"), after_done_s=0.05, after_end_s=0.1)
    world.service = client
    yield world
    await world.runner.aclose()
    await client.aclose()


async def in_sample(world: World) -> ChatSession:
    assert isinstance(world.service, ServiceClient)
    stores = await world.service.stores()
    return world.session(stores.entries[0].id)


async def asked(world: World, question: str = f"/echo {TEXT}") -> Attempt:
    return await world.ended((await in_sample(world)).ask(question))


@dataclass(frozen=True)
class Met:
    """What becomes of an answer: its state, why, how much of the text is kept, after how many tries."""

    state: AttemptState
    kind: FailureKind | None = None
    text: str = "whole"
    tries: int = 1


WHOLE, REFUSED = Met(S.COMPLETED), "nothing"
MET = {
    "slow-first-byte=0.05": WHOLE,
    "silence=8": Met(S.INTERRUPTED, K.SILENCE, "part"),
    "silence=0": Met(S.INTERRUPTED, K.SILENCE, REFUSED),
    "drop=8": Met(S.INTERRUPTED, K.INTERRUPTED, "part"),
    "drop-in-character=6": Met(S.INTERRUPTED, K.INTERRUPTED, "part"),
    "no-done": WHOLE,
    "held-open": WHOLE,
    "rate-limit": Met(S.FAILED, K.RATE_LIMIT, REFUSED, 20),
    "rate-limit;times=1": Met(S.COMPLETED, tries=2),
    "rate-limit-date;times=2": Met(S.COMPLETED, tries=3),
    "rate-limit-message;times=1": Met(S.COMPLETED, tries=2),
    "rate-limit-bare;times=3": Met(S.COMPLETED, tries=4),
    "window-used-up=0": WHOLE,
    "plan-limit": Met(S.FAILED, K.PLAN_LIMIT, REFUSED),
    "server-error": Met(S.FAILED, K.SERVICE, REFUSED, 4),
    "server-error=503;times=1": Met(S.COMPLETED, tries=2),
    "unavailable-html": Met(S.FAILED, K.SERVICE, REFUSED, 4),
    "unavailable-html;times=2": Met(S.COMPLETED, tries=3),
    "unauthorized": Met(S.FAILED, K.KEY, REFUSED),
    "forbidden": Met(S.FAILED, K.KEY, REFUSED),
    "not-found-endpoint": Met(S.FAILED, K.NO_ACCESS, REFUSED),
    "lost-session": Met(S.FAILED, K.DEAD_SESSION, REFUSED),
    "malformed-event": WHOLE,
    "unknown-event": WHOLE,
    "interleaved": WHOLE,
    "failed": Met(S.FAILED, K.ANSWER_FAILED, "part"),
    "error-event": Met(S.FAILED, K.ANSWER_FAILED, "part"),
    "error-event=flat": Met(S.FAILED, K.ANSWER_FAILED, "part"),
    "incomplete": Met(S.INCOMPLETE, None, "part"),
    "incomplete=event": Met(S.INCOMPLETE, None, "part"),
    "byte-by-byte": WHOLE,
    "giant-event=1": Met(S.COMPLETED, None, "another"),
    "no-event-lines": WHOLE,
    "no-sequence": WHOLE,
    "json-body": WHOLE,
    "html-body": Met(S.FAILED, K.BAD_ANSWER, REFUSED),
    "empty-body": Met(S.FAILED, K.BAD_ANSWER, REFUSED),
    "crlf": WHOLE,
}


def test_every_fault_is_met() -> None:
    assert {parse_fault(spec).name for spec in MET} == set(FaultName)


@pytest.mark.parametrize("fault", MET)
async def test_a_fault_ends_as_it_should_and_what_came_is_kept(
    fault: str, live: World, shared_sandbox: SandboxServer
) -> None:
    met = MET[fault]
    opened = await in_sample(live)
    shared_sandbox.set_fault(fault)
    attempt = await live.ended(opened.ask(f"/echo {TEXT}"))
    assert (attempt.state, attempt.tries) == (met.state, met.tries)
    assert (attempt.failure.kind if attempt.failure else None) == met.kind
    text = attempt.answer.text
    match met.text:
        case "whole":
            assert text == TEXT
        case "part":
            assert TEXT.startswith(text)
            assert 0 < len(text) < len(TEXT)
        case "nothing":
            assert text == ""
        case _:
            assert len(text.encode()) == 1024 * 1024
    detail = await live.store.session(opened.session.id)
    assert detail is not None
    kept = detail.turns[0].attempts[0]
    assert (kept.state, kept.answer.text, kept.failure) == (attempt.state, text, attempt.failure)
    assert live.seen.ends == [attempt.id]
    # Whatever it was, another question can be asked, and a retry as well.
    shared_sandbox.set_fault(None)
    opened.retry()
    again = await live.ended(opened.turns[0])
    assert (again.state, again.answer.text) == (S.COMPLETED, TEXT)
    assert attempt.answer.text == text


@pytest.mark.parametrize("fault", ["malformed-event", "unknown-event"])
async def test_what_nobody_understands_is_kept_for_the_inspector(
    fault: str, live: World, shared_sandbox: SandboxServer
) -> None:
    opened = await in_sample(live)
    shared_sandbox.set_fault(fault)
    attempt = await live.ended(opened.ask(f"/echo {TEXT}"))
    assert len(attempt.answer.unknown) == 1


async def test_interleaved_commentary_is_a_step_and_not_the_answer(
    live: World, shared_sandbox: SandboxServer
) -> None:
    opened = await in_sample(live)
    shared_sandbox.set_fault("interleaved")
    attempt = await live.ended(opened.ask(f"/echo {TEXT}"))
    assert attempt.answer.text == TEXT
    assert any("commentary" in step.detail for step in attempt.answer.steps)


async def test_a_silent_start_can_be_stopped(live: World, shared_sandbox: SandboxServer) -> None:
    opened = await in_sample(live)
    shared_sandbox.set_fault("slow-first-byte=100")
    left = len(shared_sandbox.disconnects)
    turn = opened.ask(f"/echo {TEXT}")
    await soon(lambda: shared_sandbox.open_streams)
    opened.stop()
    attempt = await live.ended(turn)
    assert (attempt.state, attempt.answer.text) == (S.STOPPED, "")
    await soon(lambda: len(shared_sandbox.disconnects) == left + 1)


async def test_stopping_a_stream_closes_its_socket(live: World, shared_sandbox: SandboxServer) -> None:
    opened = await in_sample(live)
    shared_sandbox.set_pace(100.0)
    left = len(shared_sandbox.disconnects)
    turn = opened.ask(f"/echo {TEXT}")
    await live.seen.until(lambda: turn.attempts[0].answer.has_text)
    opened.stop()
    attempt = await live.ended(turn)
    assert attempt.state is S.STOPPED
    assert TEXT.startswith(attempt.answer.text)
    await soon(lambda: len(shared_sandbox.disconnects) == left + 1)
    assert shared_sandbox.open_streams == 0
    # The first turn was cancelled, and can be followed up in the same server session all the same.
    shared_sandbox.set_pace(0.0)
    server_session = opened.session.server_session_id
    assert server_session is not None
    await live.ended(opened.ask("/echo go on"))
    assert shared_sandbox.requests[-1].body["session_id"] == server_session  # type: ignore[index]


async def test_nobody_at_the_address_is_tried_again_and_told(live: World) -> None:
    client = ServiceClient(Connection("c", "Nobody", "http://127.0.0.1:1/v1.3"), Secrets("key"))
    live.service = client
    turn = a_turn()
    live.store.on_failure = lambda _: None  # this turn belongs to no session
    live.runner.start(turn, turn.attempts[0], live.client_of, None)
    attempt = await live.ended(turn)
    await client.aclose()
    assert attempt.failure is not None
    assert (attempt.state, attempt.failure.kind, attempt.tries) == (S.FAILED, K.CONNECTION, 4)


# -- many at once -----------------------------------------------------------------------------------


async def test_many_sessions_at_once_do_not_mix(live: World, shared_sandbox: SandboxServer) -> None:
    base = await in_sample(live)
    store_id = base.session.store_id
    texts = [" ".join(f"{number}:{word}" for word in range(150)) for number in range(30)]
    sessions = [live.session(store_id) for _ in texts]
    shared_sandbox.set_pace(300.0)
    turns = [s.ask(f"/echo {text}") for s, text in zip(sessions, texts, strict=True)]
    stopped = turns[3::7]
    for session in sessions[3::7]:
        session.attempt_changed.connect(lambda a, s=session: s.stop() if a.answer.has_text else None)
    for turn, text in zip(turns, texts, strict=True):
        attempt = await live.ended(turn)
        if turn in stopped:
            assert attempt.state is S.STOPPED
            assert text.startswith(attempt.answer.text)
        else:
            assert (attempt.state, attempt.answer.text) == (S.COMPLETED, text)
    assert len({s.session.server_session_id for s in sessions}) == len(sessions)
    assert len(live.seen.ends) == len(set(live.seen.ends)) == len(turns)


async def test_shutting_down_while_many_stream_saves_them_all(
    live: World, shared_sandbox: SandboxServer
) -> None:
    base = await in_sample(live)
    sessions = [live.session(base.session.store_id) for _ in range(10)]
    shared_sandbox.set_pace(100.0)
    turns = [s.ask(f"/echo {number} {TEXT}") for number, s in enumerate(sessions)]
    await soon(lambda: all(len(turn.attempts[0].answer.text) > 20 for turn in turns))
    await live.runner.aclose()
    for number, (session, turn) in enumerate(zip(sessions, turns, strict=True)):
        detail = await live.store.session(session.session.id)
        assert detail is not None
        kept = detail.turns[0].attempts[0]
        assert kept.state is S.INTERRUPTED
        assert f"{number} {TEXT}".startswith(kept.answer.text)
        assert kept.answer.text == turn.attempts[0].answer.text
        assert len(kept.answer.text) > 20
    await soon(lambda: shared_sandbox.open_streams == 0)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("attempt")]


async def test_headers_of_an_answer_close_the_connection_until_the_window_ends(
    live: World, shared_sandbox: SandboxServer
) -> None:
    limits = live.runner.limits
    shared_sandbox.set_fault("window-used-up=30;times=1")
    first = await asked(live)
    assert first.state is S.COMPLETED
    words = limits.words_of("twelvelabs")
    assert re.fullmatch(r"2 of 2 questions used this minute, next in (30|29) s", words), words
    waiting = (await in_sample(live)).ask(f"/echo {TEXT}").latest_attempt
    assert waiting is not None
    await soon(lambda: (run := live.runner.run_of(waiting)) and run.place)
    before = len(shared_sandbox.requests)
    live.runner.try_now(waiting)
    assert (await live.seen.end_of(waiting)).state is S.COMPLETED
    assert len(shared_sandbox.requests) == before + 1


async def test_two_limited_questions_go_one_after_the_other(
    live: World, shared_sandbox: SandboxServer
) -> None:
    live.runner.limits.block("twelvelabs", 0.05)
    first, second = await in_sample(live), await in_sample(live)
    shared_sandbox.set_fault("rate-limit;times=1")
    turns = [first.ask("/echo one"), second.ask("/echo two")]
    await soon(lambda: second.state is SessionState.WAITING)
    for turn in turns:
        await live.ended(turn)
    asked_in_order = [
        r.body["input"][0]["content"]
        for r in shared_sandbox.requests
        if r.path.endswith("/responses") and isinstance(r.body, dict)
    ]
    assert asked_in_order[-2:] == ["/echo one", "/echo two"]
    assert [turn.attempts[0].tries for turn in turns] == [2, 1]
