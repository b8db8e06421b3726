"""Sessions, turns and attempts on disk: what is saved comes back, in order, and nothing is undone."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storage.support import WHEN, a_session, a_store, a_turn, created, delta, opened
from trackside.domain.answer import Answer
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.session import Session
from trackside.domain.stream import StreamEvent
from trackside.domain.turn import AnswerSchema, Attempt, AttemptState, Selection, SelectionKind, Turn
from trackside.storage.rows import SessionDetail
from trackside.storage.sessions import SessionStore


async def detail_of(store: SessionStore, session: Session) -> SessionDetail:
    detail = await store.session(session.id)
    assert detail is not None
    return detail


def answered(attempt: Attempt, *events: StreamEvent, state: AttemptState = AttemptState.COMPLETED) -> None:
    for event in events:
        attempt.answer.fold(event)
    for step in (AttemptState.CONNECTING, AttemptState.STREAMING, state):
        attempt.move_to(step)


async def test_a_session_comes_back_as_it_was(tmp_path: Path) -> None:
    session = a_session(
        title_is_own=True,
        store_name="Sea 🌊",
        server_session_id="sess_1",
        snippet="snip",
        draft="half a ques",
        instructions="Be brief.",
        schema_text='{"type": "object"}',
        include_steps=True,
        web_search=True,
        pinned=True,
        unread=True,
        failed=True,
    )
    async with a_store(tmp_path / "sessions.db") as store:
        store.add_session(session)
    async with a_store(tmp_path / "sessions.db") as store:
        assert await store.sessions() == [session]
        assert (await detail_of(store, session)).session == session


async def test_a_turn_comes_back_with_all_it_was_asked_with(tmp_path: Path) -> None:
    session = a_session()
    turn = a_turn(
        session,
        question="Who’s there?\n{{sel:0}} 🎬",
        instructions="Be brief.",
        schema=AnswerSchema("answer", '{"type": "object"}'),
        selections=(Selection(SelectionKind.COLLECTION, "ksic_1", "Sea"),),
        include_steps=True,
        web_search=True,
    )
    async with a_store(tmp_path / "sessions.db") as store:
        store.add_turn(session, {}, turn)
    async with a_store(tmp_path / "sessions.db") as store:
        detail = await detail_of(store, session)
        assert detail.session.turn_count == 1
        (kept,) = detail.turns
        assert (kept.id, kept.ask, kept.asked_at, kept.chosen) == (turn.id, turn.ask, WHEN, -1)
        (attempt,) = kept.attempts
        assert (attempt.id, attempt.number, attempt.state) == (turn.attempts[0].id, 1, AttemptState.QUEUED)


async def test_an_ended_attempt_comes_back_whole() -> None:
    session = a_session()
    turn = a_turn(session)
    attempt = turn.attempts[0]
    failure = Failure(FailureKind.INTERRUPTED, "It broke.", "Retry.", "detail", 200, "code", 1.5, {"a": "b"})
    async with a_store(None) as store:
        store.add_turn(session, {}, turn)
        answered(attempt, created(), delta("Hel"), delta("lo"), state=AttemptState.INTERRUPTED)
        attempt.failure, attempt.started_at, attempt.first_token_s = failure, WHEN, 0.25
        attempt.duration_s, attempt.tries, attempt.sent_session_id = 1.75, 3, "sess_0"
        store.save_attempt(attempt)
        (kept,) = (await detail_of(store, session)).turns[0].attempts
        assert kept.answer.saved() == attempt.answer.saved()
        assert kept.answer.text == "Hello"
        facts = ("state", "failure", "started_at", "first_token_s", "duration_s", "tries", "sent_session_id")
        assert [getattr(kept, f) for f in facts] == [getattr(attempt, f) for f in facts]


async def test_a_running_attempt_comes_back_from_its_journal_until_it_ends() -> None:
    session = a_session()
    turn = a_turn(session)
    attempt = turn.attempts[0]
    async with opened(None) as database:
        store = SessionStore(database, "me")
        store.add_turn(session, {}, turn)
        store.append_journal(attempt.id, 0, [created(), delta("Hel")])
        store.append_journal(attempt.id, 2, [delta("lo")])
        (kept,) = (await detail_of(store, session)).turns[0].attempts
        assert (kept.answer.text, kept.answer.server_session_id) == ("Hello", "sess_1")
        answered(attempt, created(), delta("Hello, all of it"))
        store.save_attempt(attempt)
        (kept,) = (await detail_of(store, session)).turns[0].attempts
        assert kept.answer.text == "Hello, all of it"
        assert await database.fetch(lambda db: db.execute("SELECT count(*) FROM journal").fetchone()) == (0,)


async def test_an_attempt_is_saved_as_it_was_when_it_was_handed_over() -> None:
    session = a_session()
    turn = a_turn(session)
    attempt = turn.attempts[0]
    async with a_store(None) as store:
        store.add_turn(session, {}, turn)
        answered(attempt, delta("one"))
        store.save_attempt(attempt)
        attempt.answer = Answer()
        attempt.tries = 99
        (kept,) = (await detail_of(store, session)).turns[0].attempts
        assert (kept.answer.text, kept.tries) == ("one", 0)


async def test_attempts_and_turns_come_back_in_order_and_the_shown_one_is_kept() -> None:
    session = a_session()
    turns = [a_turn(session, position=number, question=f"{number}?") for number in range(3)]
    async with a_store(None) as store:
        for turn in turns:
            store.add_turn(session, {}, turn)
        more = [Attempt(f"attempt {number}", turns[1].id, number) for number in (2, 3)]
        for attempt in more:
            store.add_attempt(attempt)
        store.choose_attempt(turns[1].attempts[0].id)
        kept = (await detail_of(store, session)).turns
        assert [turn.ask.question for turn in kept] == ["0?", "1?", "2?"]
        assert [a.id for a in kept[1].attempts] == [turns[1].attempts[0].id, "attempt 2", "attempt 3"]
        assert [a.number for a in kept[1].attempts] == [1, 2, 3]
        assert kept[1].shown_attempt is kept[1].attempts[0]
        store.add_attempt(Attempt("attempt 4", turns[1].id, 4))
        turn = (await detail_of(store, session)).turns[1]
        assert turn.shown_attempt is not None
        assert turn.shown_attempt.id == "attempt 4"


async def test_two_processes_may_ask_in_one_session(tmp_path: Path) -> None:
    session = a_session()
    mine, theirs = a_turn(session, question="mine"), a_turn(session, question="theirs")
    async with a_store(tmp_path / "s.db", "me") as one, a_store(tmp_path / "s.db", "you") as other:
        one.add_turn(session, {}, mine)
        await one.sessions()
        other.add_turn(session, {}, theirs)  # it knew of no turn yet, and gave the same position
        other.add_attempt(Attempt("retry", mine.id, 1))
        turns = (await detail_of(other, session)).turns
        assert [turn.ask.question for turn in turns] == ["mine", "theirs"]
        assert [attempt.number for attempt in turns[0].attempts] == [1, 2]


# -- what must not be undone ------------------------------------------------------------------------


async def test_a_stale_copy_does_not_undo_the_server_session() -> None:
    session = a_session()
    async with a_store(None) as store:
        store.add_turn(session, {}, a_turn(session))
        store.save_server_session(session.id, "sess_1")
        store.update_session(session.id, {"title": "Another", "draft": "x"})
        store.add_turn(session, {"title": "A third"}, a_turn(session, position=1))
        kept = (await detail_of(store, session)).session
        assert (kept.title, kept.server_session_id) == ("A third", "sess_1")
        store.save_server_session(session.id, None)
        assert (await detail_of(store, session)).session.server_session_id is None


async def test_saving_a_session_keeps_when_it_was_created_and_that_it_is_in_the_trash() -> None:
    session = a_session()
    async with a_store(None) as store:
        store.add_session(session)
        store.trash_sessions([session.id])
        store.update_session(session.id, {"title": "Later"})
        assert await store.sessions() == []
        store.trash_sessions([session.id], is_trashed=False)
        (kept,) = await store.sessions()
        assert (kept.title, kept.created_at) == ("Later", WHEN)


async def test_sessions_come_the_latest_first() -> None:
    async with a_store(None) as store:
        for number in (2, 0, 1):
            store.add_session(a_session(title=str(number), updated_at=WHEN + timedelta(seconds=number)))
        assert [session.title for session in await store.sessions()] == ["2", "1", "0"]


async def test_a_session_that_is_not_there_is_none() -> None:
    async with a_store(None) as store:
        assert await store.session("nowhere") is None


# -- what fails is told -----------------------------------------------------------------------------


async def test_a_save_that_fails_is_told_and_done_later(tmp_path: Path) -> None:
    session = a_session()
    told: list[BaseException] = []
    path = tmp_path / "sessions.db"
    async with opened(path, busy_timeout_s=0.01) as database:
        store = SessionStore(database, "me")
        store.on_failure = told.append
        turn, later = a_turn(session), a_turn(session, position=1)
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TracksideError) as raised:
                store.add_turn(session, {}, turn).result(5)
            store.add_turn(session, {"title": "Later"}, later)
            assert await store.sessions() == []
            assert database.unsaved == 2
            other.execute("ROLLBACK")
        other.close()
        await asyncio.to_thread(database.settle)
        detail = await store.session(session.id)
        assert database.unsaved == 0
    assert told == [raised.value]
    assert raised.value.failure.kind is FailureKind.STORAGE
    assert "kept in memory" in raised.value.failure.sentence
    assert detail is not None
    assert (detail.session.title, [t.id for t in detail.turns]) == ("Later", [turn.id, later.id])


async def test_what_waits_is_tried_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackside.storage.database._AGAIN_S", 0.02)
    path = tmp_path / "sessions.db"
    async with opened(path, busy_timeout_s=0.01) as database:
        store = SessionStore(database, "me")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TracksideError):
            await asyncio.wrap_future(store.add_session(a_session()))
        other.execute("ROLLBACK")
        other.close()
        async with asyncio.timeout(5):
            while database.unsaved:  # noqa: ASYNC110 -- nobody tells of it
                await asyncio.sleep(0.005)
        assert len(await store.sessions()) == 1


async def test_only_what_changed_is_written(tmp_path: Path) -> None:
    session = a_session(draft="mine")
    async with (
        a_store(tmp_path / "sessions.db", "one") as one,
        a_store(tmp_path / "sessions.db", "two") as two,
    ):
        await asyncio.wrap_future(one.add_session(session))
        await asyncio.wrap_future(two.update_session(session.id, {"title": "Theirs", "draft": "theirs"}))
        await asyncio.wrap_future(one.update_session(session.id, {"unread": True}))
        (kept,) = await one.sessions()
    assert (kept.title, kept.draft, kept.unread) == ("Theirs", "theirs", True)


async def test_a_turn_is_kept_whole_or_not_at_all(expected_log: Callable[[str], None]) -> None:
    expected_log("refused some work")
    session, turn = a_session(), Turn("t", "nowhere", 0, a_turn(a_session()).ask, WHEN)
    async with opened(None) as database:
        store = SessionStore(database, "me")
        with pytest.raises(TracksideError):
            store.add_turn(session, {}, turn).result(5)
        assert await store.sessions() == []
