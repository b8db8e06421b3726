"""The open session: what is asked, with what, and what is kept of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from chat.support import DONE, DROPPED, WHOLE, S, World, created, soon, words
from trackside.chat.session import ChatSession
from trackside.domain.failure import Failure, FailureAction, FailureKind, TracksideError
from trackside.domain.session import SessionState
from trackside.domain.turn import Attempt, Turn

SCHEMA = '{"type": "object", "properties": {"title": {"type": "string"}}}'
LOST = Failure(FailureKind.DEAD_SESSION, "The service no longer knows this conversation.", status=400)


async def kept(world: World, opened: ChatSession) -> tuple[Any, tuple[Turn, ...]]:
    detail = await world.store.session(opened.session.id)
    assert detail is not None
    return detail.session, detail.turns


def last_attempt(opened: ChatSession) -> Attempt:
    assert opened.last_turn is not None
    assert opened.last_turn.latest_attempt is not None
    return opened.last_turn.latest_attempt


# -- asking -----------------------------------------------------------------------------------------


async def test_a_question_is_saved_before_it_is_sent(world: World) -> None:
    service, opened = world.use(WHOLE), world.session()
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The database's thread is busy; nothing may go out before it got to the turn.
    world.database.read(lambda _: asyncio.run_coroutine_threadsafe(release.wait(), loop).result(5))
    turn = opened.ask("  What happens?\n")
    await asyncio.sleep(0.02)
    assert service.requests == []
    release.set()
    await world.ended(turn)
    assert [ask.question for ask, _ in service.requests] == ["What happens?"]
    session, turns = await kept(world, opened)
    assert turns[0].ask == turn.ask
    assert (session.title, session.snippet, session.draft) == ("What happens?", "Allofit.", "")
    assert session.server_session_id == "sess_1"


async def test_a_save_that_fails_is_told_and_the_question_goes_out(world: World) -> None:
    service, opened = world.use(WHOLE), world.session()
    told: list[BaseException] = []
    world.store.on_failure = told.append
    await world.database.fetch(lambda db: db.execute("PRAGMA query_only = ON").fetchone())
    turn = opened.ask("What happens?")
    attempt = await world.ended(turn)
    assert attempt.state is S.COMPLETED
    assert len(service.requests) == 1
    assert told
    await world.database.fetch(lambda db: db.execute("PRAGMA query_only = OFF").fetchone())


@pytest.mark.parametrize(
    ("prepare", "question"),
    [
        (lambda s: None, ""),
        (lambda s: None, " \n\t"),
        (lambda s: None, "x" * 10_001),
        (lambda s: s.set_instructions("x" * 2_001), "Why?"),
        (lambda s: s.set_schema("{"), "Why?"),
        (lambda s: s.set_schema("[]"), "Why?"),
        (lambda s: s.set_schema('{"maximum": NaN}'), "Why?"),
        (lambda s: s.set_store("", ""), "Why?"),
    ],
)
async def test_what_can_not_be_sent_is_refused_and_leaves_no_trace(
    prepare: Callable[[ChatSession], None], question: str, world: World
) -> None:
    service, opened = world.use(WHOLE), world.session()
    prepare(opened)
    with pytest.raises(TracksideError) as raised:
        opened.ask(question)
    assert raised.value.failure.kind is FailureKind.INPUT
    assert (opened.turns, service.requests, world.runner.running) == ([], [], [])
    assert await world.store.sessions() == []


async def test_ten_thousand_characters_may_be_asked(world: World) -> None:
    world.use(WHOLE)
    assert (await world.ended(world.session().ask("🎬" * 10_000))).state is S.COMPLETED


async def test_half_a_character_does_not_cost_the_turn(world: World) -> None:
    service, opened = world.use(WHOLE), world.session()
    opened.set_instructions("Be \udc00 brief")
    opened.rename("T\ud83c")
    await world.ended(opened.ask("What \ud83c happens 🎬?"))
    session, turns = await kept(world, opened)
    assert turns[0].ask.question == service.requests[0][0].question == "What \ufffd happens 🎬?"
    assert (session.instructions, session.title) == ("Be \ufffd brief", "T\ufffd")


async def test_a_second_question_waits_for_the_first(world: World) -> None:
    world.use([created(), *words("x"), asyncio.Event()])
    opened = world.session()
    opened.ask("One?")
    for again in (lambda: opened.ask("Two?"), opened.retry):
        with pytest.raises(TracksideError, match="still coming"):
            again()
    assert not opened.can_retry
    assert opened.state is SessionState.STREAMING
    opened.stop()
    assert opened.can_retry
    assert [turn.ask.question for turn in opened.turns] == ["One?"]


# -- what it is asked with --------------------------------------------------------------------------


async def test_a_retry_sends_the_turn_s_own_instructions(world: World) -> None:
    service, opened = world.use(WHOLE), world.session()
    opened.set_instructions("  Be brief. ")
    opened.set_schema(SCHEMA)
    opened.set_include_steps(True)
    opened.set_web_search(True)
    turn = opened.ask("Why?")
    await world.ended(turn)
    opened.set_instructions("Be long.")
    opened.set_schema("")
    opened.set_include_steps(False)
    opened.set_web_search(False)
    opened.retry()
    await world.ended(turn)
    first, second = (ask for ask, _ in service.requests)
    assert first == second == turn.ask
    assert (first.instructions, first.include_steps, first.web_search) == ("Be brief.", True, True)
    assert first.schema is not None
    assert first.schema.text == SCHEMA
    await world.ended(opened.ask("And now?"))
    assert service.requests[-1][0].instructions == "Be long."
    assert service.requests[-1][0].schema is None


async def test_a_follow_up_goes_on_in_the_server_session(world: World) -> None:
    service, opened = world.use(WHOLE), world.session()
    await world.ended(opened.ask("One?"))
    await world.ended(opened.ask("Two?"))
    assert [session for _, session in service.requests] == [None, "sess_1"]
    assert last_attempt(opened).sent_session_id == "sess_1"
    assert [turn.position for turn in opened.turns] == [0, 1]


async def test_a_first_turn_that_was_stopped_can_be_followed_up(world: World) -> None:
    service = world.use([created("sess_7"), *words("x"), asyncio.Event()], WHOLE)
    opened = world.session()
    opened.ask("One?")
    await soon(lambda: last_attempt(opened).answer.has_text)
    opened.stop()
    await world.ended(opened.ask("Two?"))
    assert service.requests[-1][1] == "sess_7"


async def test_a_dead_session_is_gone_on_from_in_a_new_one(world: World) -> None:
    service = world.use(WHOLE, [LOST], [created("sess_2"), *words("New"), DONE])
    opened = world.session()
    await world.ended(opened.ask("One?"))
    turn = opened.ask("Two?")
    failed = await world.ended(turn)
    assert failed.failure is not None
    assert failed.failure.actions == (FailureAction.NEW_SERVER_SESSION,)
    opened.retry(turn)
    attempt = await world.ended(turn)
    assert attempt.state is S.COMPLETED
    assert [session for _, session in service.requests] == [None, "sess_1", None]
    session, _ = await kept(world, opened)
    assert session.server_session_id == opened.session.server_session_id == "sess_2"


async def test_another_store_is_another_conversation(world: World) -> None:
    service, opened = world.use(WHOLE), world.session("ks_1")
    await world.ended(opened.ask("One?"))
    opened.set_store("ks_1", "Sea")
    assert opened.session.server_session_id == "sess_1"
    opened.set_store("ks_2", "Land")
    await world.ended(opened.ask("Two?"))
    assert [(ask.store_id, session) for ask, session in service.requests] == [("ks_1", None), ("ks_2", None)]


async def test_a_store_chosen_while_an_answer_comes_does_not_inherit_its_conversation(world: World) -> None:
    begin = asyncio.Event()
    service = world.use([begin, *WHOLE], WHOLE)
    opened = world.session("ks_1")
    turn = opened.ask("One?")
    await soon(lambda: service.requests)
    opened.set_store("ks_2", "Land")
    begin.set()
    await world.ended(turn)
    assert opened.session.server_session_id is None
    assert (await kept(world, opened))[0].server_session_id is None
    await world.ended(opened.ask("Two?"))
    assert service.requests[-1][1] is None


# -- attempts ---------------------------------------------------------------------------------------


async def test_a_retry_keeps_the_earlier_attempt_and_either_can_be_shown(world: World) -> None:
    world.use([created(), *words("First"), DROPPED], WHOLE)
    opened = world.session()
    turn = opened.ask("Why?")
    await world.ended(turn)
    assert opened.state is SessionState.FAILED
    told: list[Turn] = []
    opened.attempt_added.connect(told.append)
    opened.retry()
    await world.ended(turn)
    opened.choose_attempt(turn, 0)
    assert told == [turn, turn]
    _, (kept_turn,) = await kept(world, opened)
    assert [(a.number, a.state, a.answer.text) for a in kept_turn.attempts] == [
        (1, S.INTERRUPTED, "First"),
        (2, S.COMPLETED, "Allofit."),
    ]
    assert kept_turn.shown_attempt is kept_turn.attempts[0]


async def test_retrying_nothing_does_nothing(world: World) -> None:
    opened = world.session()
    opened.retry()
    opened.stop()
    opened.try_now()
    assert not opened.can_retry
    assert opened.is_blank


async def test_signals_tell_of_this_session_alone(world: World) -> None:
    world.use(WHOLE)
    one, other = world.session(), world.session()
    told: list[str] = []
    one.attempt_changed.connect(lambda a: told.append(a.id))
    one.attempt_ended.connect(lambda a: told.append(a.id))
    await world.ended(other.ask("Not yours"))
    assert told == []
    turn = one.ask("Yours")
    await world.ended(turn)
    assert set(told) == {turn.attempts[0].id}
    assert other.session.server_session_id == "sess_1"
