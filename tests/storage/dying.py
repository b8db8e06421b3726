"""Dies by SIGKILL at one place of a turn's life in the database after the other, and looks at what is left.

`python -m storage.dying FOLDER` (with the tests on the path) prints how often it died, and a line for each
fault. Each death is a fork of this process, so that none waits for imports. A place is the beginning of an
SQL statement, or so many steps of SQLite's virtual machine into one.
"""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from storage.support import a_session, a_turn, created, delta
from trackside.domain.session import new_id
from trackside.domain.turn import Attempt, AttemptState
from trackside.storage.database import Database
from trackside.storage.sessions import SessionStore

ONE, TWO = "What came first, ", "and what came then. " * 300
S = AttemptState
Deadly = Callable[[sqlite3.Connection], None]


def live(path: Path, deadly: Deadly, promises: int) -> None:
    """A turn from its question to its end, its second attempt, and a copy; each step is promised when its
    future is done."""
    database = Database(path)
    database.bare(_hasten).result()
    database.bare(deadly).result()
    store = SessionStore(database, "me")

    def kept(word: str, future: Future[None]) -> None:
        future.result()
        os.write(promises, f"{word}\n".encode())

    session = a_session(id="session")
    turn = replace(a_turn(session), id="turn")
    attempt = turn.attempts[0] = Attempt("first", "turn", 1)
    kept("turn", store.add_turn(session, {"draft": ""}, turn))
    for state in (S.CONNECTING, S.WAITING, S.CONNECTING, S.STREAMING):
        attempt.move_to(state)
        store.save_attempt(attempt)
    kept("one", store.append_journal(attempt.id, 0, [created(), delta(ONE)]))
    kept("server session", store.save_server_session(session.id, "sess_1"))
    kept("two", store.append_journal(attempt.id, 2, [delta(TWO)]))
    for event in (created(), delta(ONE), delta(TWO)):
        attempt.answer.fold(event)
    attempt.move_to(S.COMPLETED)
    kept("end", store.save_attempt(attempt))
    again = Attempt("second", "turn", 2)
    kept("second", store.add_attempt(again))
    again.move_to(S.CONNECTING)
    again.move_to(S.STREAMING)
    store.save_attempt(again)
    kept("second one", store.append_journal(again.id, 0, [created(), delta(ONE)]))
    copy = a_session(id="copy")
    asyncio.run(_branched(store, copy))
    os.write(promises, b"copy\n")
    again.answer.fold(delta(ONE))
    again.move_to(S.STOPPED)
    kept("second end", store.save_attempt(again))
    database.close()


async def _branched(store: SessionStore, copy: object) -> None:
    assert await store.branch("session", copy, 1) is not None  # type: ignore[arg-type]


def faults(path: Path, promised: set[str]) -> list[str]:
    """What is not as it was promised, after the recovery of the next start."""
    database = Database(path)
    try:
        database.bare(_hasten).result()
        store = SessionStore(database, "next")
        return asyncio.run(_faults(database, store, promised))
    finally:
        database.close()


async def _faults(database: Database, store: SessionStore, promised: set[str]) -> list[str]:
    await database.opened()
    await store.recover(lambda _: False)
    found = [f"{row}" for row in await database.fetch(_damages)]
    attempts: dict[str, Attempt] = {}
    sessions = {s.id: s for s in await store.sessions()}
    for session_id in sessions:
        detail = await store.session(session_id)
        assert detail is not None
        for turn in detail.turns:
            if not turn.attempts:
                found.append(f"{turn.id} has no attempt")
            if session_id == "session":
                attempts |= {attempt.id: attempt for attempt in turn.attempts}
            for attempt in turn.attempts:
                if not attempt.state.is_final:
                    found.append(f"{attempt.id} is still {attempt.state}")
                if not (ONE + TWO).startswith(attempt.answer.text):
                    found.append(f"{attempt.id} has another text")
    first, second = attempts.get("first"), attempts.get("second")
    text, state = (first.answer.text, first.state) if first else ("", None)
    again, again_state = (second.answer.text, second.state) if second else ("", None)
    kept = {
        "turn": first is not None,
        "one": text.startswith(ONE),
        "server session": "session" in sessions and sessions["session"].server_session_id == "sess_1",
        "two": text == ONE + TWO,
        "end": (text, state) == (ONE + TWO, S.COMPLETED),
        "second": second is not None,
        "second one": again == ONE,
        "copy": "copy" in sessions,
        "second end": again_state is S.STOPPED,
    }
    return [*found, *(f"{word!r} was promised and is gone" for word in promised if not kept[word])]


def _hasten(db: sqlite3.Connection) -> None:
    """What a process has written survives its death, whether it has reached the disk or not."""
    db.execute("PRAGMA synchronous = OFF")


def _damages(db: sqlite3.Connection) -> list[object]:
    found = [row for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    found += db.execute("PRAGMA foreign_key_check").fetchall()
    return found + db.execute("SELECT 'left in the journal', attempt_id FROM journal").fetchall()


# -- dying ----------------------------------------------------------------------------------------------


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_statement(number: int) -> Deadly:
    left = iter(range(number))

    def count(_statement: str) -> None:
        if next(left, None) is None:
            _die()

    return lambda connection: connection.set_trace_callback(count)


def at_step(number: int, stride: int = 40) -> Deadly:
    left = iter(range(number))

    def count() -> int:
        if next(left, None) is None:
            _die()
        return 0

    return lambda connection: connection.set_progress_handler(count, stride)


def died(folder: Path, deadly: Deadly) -> tuple[bool, list[str]]:
    """Whether it died before it was through, and the faults found then."""
    path = folder / f"{new_id()}.db"
    shutil.copy(folder / "empty.db", path)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            live(path, deadly, writing)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        promised = set(pipe.read().splitlines())
    _, status = os.waitpid(child, 0)
    is_dead = os.WIFSIGNALED(status)
    found = faults(path, promised)
    if not is_dead and "second end" not in promised:
        found.append("it neither died nor came to its end")
    return is_dead, found


def main(folder: Path) -> None:
    Database(folder / "empty.db").close()
    deaths = 0
    for deadly, first, step in ((at_statement, 0, 1), (at_step, 4, 6)):
        number = first
        while True:
            is_dead, found = died(folder, deadly(number))
            for fault in found:
                sys.stdout.write(f"{deadly.__name__} {number}: {fault}\n")
            if not is_dead:
                break
            deaths, number = deaths + 1, number + step
    sys.stdout.write(f"{deaths}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
