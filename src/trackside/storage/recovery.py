"""What a process that died has left: attempts without an end, and their journals."""

import logging
import sqlite3
from collections.abc import Callable

import msgspec

from trackside.domain.addresses import without_signatures
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import snippet_of
from trackside.domain.stream import ResponseStatus
from trackside.domain.turn import Ask, AttemptState
from trackside.storage.kept_attempt import kept_json
from trackside.storage.rows import answer_of

_log = logging.getLogger(__name__)


def recover(db: sqlite3.Connection, is_alive: Callable[[str], bool]) -> int:
    unfinished = db.execute(
        "SELECT attempts.id, owner, session_id, CAST(ask AS BLOB), state "
        "FROM attempts JOIN turns ON turns.id = turn_id "
        "WHERE state IN ('queued', 'connecting', 'waiting', 'streaming')"
    ).fetchall()
    lost = [(row[0], *row[2:]) for row in unfinished if not is_alive(row[1])]
    for attempt_id, session_id, ask, left_as in lost:
        failure = _UNSENT if left_as == AttemptState.QUEUED else _UNANSWERED
        answer = answer_of(db, attempt_id, None)
        # All of it may have come just before the end.
        state = _WHOLE.get(answer.status, AttemptState.INTERRUPTED)
        is_broken = state is AttemptState.INTERRUPTED
        db.execute(
            "UPDATE attempts SET state = ?, answer = ?, failure = ? WHERE id = ?",
            (
                state.value,
                kept_json(answer.saved()),
                msgspec.json.encode(failure).decode() if is_broken else None,
                attempt_id,
            ),
        )
        db.execute("DELETE FROM journal WHERE attempt_id = ?", (attempt_id,))
        db.execute(
            "UPDATE sessions SET failed = ?, snippet = ? WHERE id = ?",
            (is_broken, snippet_of(without_signatures(answer.text)) or failure.headline, session_id),
        )
        # The service ties a conversation to its store, and another may have been chosen meanwhile. One that
        # an earlier turn was asked again in doesn't know those after it.
        db.execute(
            "UPDATE sessions SET server_session_id = coalesce(server_session_id, ?) "
            "WHERE id = ? AND store_id = ? AND NOT EXISTS ("
            "SELECT 1 FROM turns AS later, attempts, turns AS its "
            "WHERE attempts.id = ? AND its.id = attempts.turn_id "
            "AND later.session_id = its.session_id AND later.position > its.position)",
            (answer.server_session_id, session_id, _store_of(ask), attempt_id),
        )
    return len(lost)


def _store_of(ask: bytes) -> str | None:
    """None for what can't be read: one damaged row must not keep all others from being recovered."""
    try:
        return msgspec.json.decode(ask, type=Ask).store_id
    except msgspec.DecodeError as error:
        _log.error("what was asked can't be read: %s", type(error).__name__)
        return None


_UNANSWERED = Failure(
    FailureKind.INTERRUPTED,
    "Trackside ended before the answer did.",
    "The service does not resume a stream, so a retry asks again.",
)
_UNSENT = Failure(
    FailureKind.INTERRUPTED,
    "Trackside ended before the question was sent.",
    "It is kept; a retry asks it.",
)
_WHOLE = {
    ResponseStatus.COMPLETED: AttemptState.COMPLETED,
    ResponseStatus.INCOMPLETE: AttemptState.INCOMPLETE,
}
