"""What the storage's tests share: sessions, turns, and a database that is closed again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trackside.domain.session import Session, new_id
from trackside.domain.stream import Response, ResponseStatus, ResponseUpdated, TextDelta
from trackside.domain.turn import Ask, Attempt, Turn
from trackside.storage.database import Database
from trackside.storage.sessions import SessionStore

WHEN = datetime(2026, 7, 11, 3, 13, 47, 123456, UTC)


def a_session(**facts: Any) -> Session:
    return replace(Session(new_id(), "twelvelabs", WHEN, WHEN, title="A title", store_id="ks_1"), **facts)


def a_turn(session: Session, *, position: int = 0, question: str = "What happens?", **ask: Any) -> Turn:
    turn = Turn(new_id(), session.id, position, Ask(question, session.store_id, **ask), WHEN)
    turn.attempts.append(Attempt(new_id(), turn.id, 1))
    return turn


def created(server_session_id: str = "sess_1") -> ResponseUpdated:
    response = Response("resp_1", ResponseStatus.IN_PROGRESS, session_id=server_session_id, output=())
    return ResponseUpdated(response, is_end=False)


def delta(text: str, index: int = 0) -> TextDelta:
    return TextDelta(index, f"msg_{index}", 0, text)


@asynccontextmanager
async def opened(path: Path | None, **options: Any) -> AsyncIterator[Database]:
    database = Database(path, **options)
    try:
        await database.opened()
        yield database
    finally:
        database.close()


@asynccontextmanager
async def a_store(path: Path | None, owner: str = "me") -> AsyncIterator[SessionStore]:
    """A store whose failed saves fail the test."""
    failures: list[BaseException] = []
    async with opened(path) as database:
        store = SessionStore(database, owner)
        store.on_failure = failures.append
        yield store
        await store.sessions()
    assert not failures, failures
