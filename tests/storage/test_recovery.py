"""After a crash: attempts of dead processes are interrupted, with what their journals hold."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.support import a_session, a_store, a_turn, created, delta, opened
from trackside.domain.failure import FailureKind
from trackside.domain.stream import Response, ResponseStatus, ResponseUpdated
from trackside.domain.turn import Attempt, AttemptState
from trackside.storage.owners import Owner
from trackside.storage.sessions import SessionStore

OTHER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from storage.support import a_session, a_turn, created, delta, opened
from trackside.storage.owners import Owner
from trackside.storage.sessions import SessionStore

async def main(folder):
    owner = Owner(folder / "instances", "other")
    async with opened(folder / "sessions.db") as database:
        store = SessionStore(database, owner.token)
        session = a_session(id="theirs")
        turn = a_turn(session)
        store.add_turn(session, {}, turn)
        store.save_server_session(session.id, "sess_1")
        store.append_journal(turn.attempts[0].id, 0, [created(), delta("What came ")])
        store.append_journal(turn.attempts[0].id, 2, [delta("so far")])
        await store.sessions()
        print("streaming", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that streams an answer into the same data directory."""
    tests = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path), tests], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"streaming"
        yield process
        process.kill()


async def the_attempt(store: SessionStore, session_id: str = "theirs") -> Attempt:
    detail = await store.session(session_id)
    assert detail is not None
    return detail.turns[0].attempts[0]


async def test_only_attempts_of_dead_processes_are_interrupted(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    owner = Owner(tmp_path / "instances", "me")
    mine = a_session()
    async with a_store(tmp_path / "sessions.db", "me") as store:
        store.add_turn(mine, {}, a_turn(mine))
        assert await store.recover(owner.is_alive) == 0
        assert (await the_attempt(store)).state is AttemptState.QUEUED
        other.kill()
        other.wait()
        assert await store.recover(owner.is_alive) == 1
        attempt = await the_attempt(store)
        assert (attempt.state, attempt.answer.text) == (AttemptState.INTERRUPTED, "What came so far")
        assert attempt.failure is not None
        assert attempt.failure.kind is FailureKind.INTERRUPTED
        (theirs,) = [s for s in await store.sessions() if s.id == "theirs"]
        assert theirs.server_session_id == "sess_1"
        assert theirs.snippet == "What came so far"
        assert theirs.failed
        assert (await the_attempt(store, mine.id)).state is AttemptState.QUEUED
        assert await store.recover(owner.is_alive) == 0
    owner.release()


UNFINISHED = [s for s in AttemptState if not s.is_final]


@pytest.mark.parametrize("state", list(AttemptState))
async def test_ended_attempts_are_left_alone_and_no_unfinished_one_is(state: AttemptState) -> None:
    session = a_session()
    turn = a_turn(session)
    turn.attempts[0].state = state
    async with a_store(None) as store:
        store.add_turn(session, {}, turn)
        assert await store.recover(lambda _: False) == (state in UNFINISHED)
        kept = await the_attempt(store, session.id)
        assert kept.state is (AttemptState.INTERRUPTED if state in UNFINISHED else state)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (ResponseStatus.COMPLETED, AttemptState.COMPLETED),
        (ResponseStatus.INCOMPLETE, AttemptState.INCOMPLETE),
        (ResponseStatus.FAILED, AttemptState.INTERRUPTED),
    ],
)
async def test_an_answer_that_had_come_whole_is_not_called_broken(
    status: ResponseStatus, state: AttemptState
) -> None:
    session = a_session()
    turn = a_turn(session)
    attempt_id = turn.attempts[0].id
    end = ResponseUpdated(Response("resp_1", status), is_end=True)
    async with a_store(None) as store:
        store.add_turn(session, {}, turn)
        store.append_journal(attempt_id, 0, [created(), delta("All of it."), end])
        assert await store.recover(lambda _: False) == 1
        kept = await the_attempt(store, session.id)
        assert (kept.state, kept.answer.text) == (state, "All of it.")
        assert (kept.failure is not None) == (state is AttemptState.INTERRUPTED)
        (session,) = await store.sessions()
        assert session.failed == (state is AttemptState.INTERRUPTED)


@pytest.mark.parametrize(
    ("state", "headline"),
    [
        (AttemptState.QUEUED, "Trackside ended before the question was sent."),
        (AttemptState.WAITING, "Trackside ended before the answer did."),
    ],
)
async def test_an_attempt_without_a_journal_is_interrupted_with_nothing(
    state: AttemptState, headline: str
) -> None:
    session = a_session()
    turn = a_turn(session)
    turn.attempts[0].state = state
    async with a_store(None) as store:
        store.add_turn(session, {}, turn)
        assert await store.recover(lambda _: False) == 1
        kept = await the_attempt(store, session.id)
        assert (kept.state, kept.answer.text) == (AttemptState.INTERRUPTED, "")
        (session,) = await store.sessions()
        assert session.snippet == headline


async def test_a_server_session_of_another_store_is_not_brought_back() -> None:
    session = a_session()
    turn = a_turn(session)
    async with a_store(None) as store:
        store.add_turn(session, {}, turn)
        store.append_journal(turn.attempts[0].id, 0, [created("sess_old")])
        store.update_session(session.id, {"store_id": "ks_2"})
        await store.recover(lambda _: False)
        (kept,) = await store.sessions()
        assert kept.server_session_id is None


async def test_a_server_session_that_does_not_know_the_last_turn_is_not_brought_back() -> None:
    session = a_session(server_session_id=None)
    first, second = a_turn(session), a_turn(session)
    async with a_store(None) as store:
        for turn in (first, second):
            store.add_turn(session, {}, turn)
        second.attempts[0].state = AttemptState.COMPLETED
        store.save_attempt(second.attempts[0])
        store.append_journal(first.attempts[0].id, 0, [created("sess_again")])
        await store.recover(lambda _: False)
        (kept,) = await store.sessions()
        assert kept.server_session_id is None


async def test_a_damaged_journal_row_costs_that_row_alone() -> None:
    session = a_session()
    turn = a_turn(session)
    attempt_id = turn.attempts[0].id
    async with a_store(None) as store:
        store.add_turn(session, {}, turn)
        store.append_journal(attempt_id, 0, [created(), delta("one "), delta("two "), delta("three")])
        for harm in (
            "UPDATE journal SET body = '{\"output_index\": ' WHERE seq = 2",
            "INSERT INTO journal SELECT id, 9, 'FutureEvent', '{}' FROM attempts",
        ):
            await store._database.store(lambda db, harm=harm: db.execute(harm))
        await store.recover(lambda _: False)
        assert (await the_attempt(store, session.id)).answer.text == "one three"


async def test_a_damaged_question_keeps_no_other_answer_from_being_recovered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        store = SessionStore(database, "dead")
        for name in ("damaged", "sound"):
            session = a_session(id=name)
            turn = a_turn(session)
            store.add_turn(session, {}, turn)
            store.append_journal(turn.attempts[0].id, 0, [created(), delta("What came")])
        damage = "UPDATE turns SET ask = CAST(x'7bff' AS TEXT) WHERE session_id = 'damaged'"
        await database.store(lambda db: db.execute(damage))
        assert await store.recover(lambda _: False) == 2
        attempt = await the_attempt(store, "sound")
        assert (attempt.state, attempt.answer.text) == (AttemptState.INTERRUPTED, "What came")
        rest = "SELECT count(*) FROM journal"
        assert await database.fetch(lambda db: db.execute(rest).fetchone()) == (0,)
    assert "can't be read" in caplog.text
