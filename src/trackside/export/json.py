"""JSON export: everything that is kept of a session, versioned, and no key."""

from collections.abc import Iterable
from typing import Any

import msgspec

from trackside import __version__
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, Turn

FORMAT = "trackside-sessions"
FORMAT_VERSION = 1


def sessions_json(sessions: Iterable[tuple[Session, Iterable[Turn]]]) -> str:
    """The sessions with all their turns and attempts as one indented JSON document."""
    document = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "program": f"trackside {__version__}",
        "sessions": [_session(session, turns) for session, turns in sessions],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _session(session: Session, turns: Iterable[Turn]) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(session)
    return {**facts, "turns": [_turn(turn) for turn in turns]}


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "position": turn.position,
        "asked_at": turn.asked_at,
        "chosen": turn.chosen,
        "ask": turn.ask,
        "attempts": [_attempt(attempt) for attempt in turn.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "number": attempt.number,
        "state": attempt.state,
        "text": attempt.answer.text,
        "answer": attempt.answer.saved(),
        "failure": attempt.failure,
        "started_at": attempt.started_at,
        "first_token_s": attempt.first_token_s,
        "duration_s": attempt.duration_s,
        "tries": attempt.tries,
        "sent_session_id": attempt.sent_session_id,
    }
