"""The JSON export: versioned, complete, and without a key."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import msgspec

from trackside import __version__
from trackside.domain.answer import SavedAnswer
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session
from trackside.domain.stream import Response, ResponseStatus, ResponseUpdated, TextDelta, Usage
from trackside.domain.turn import AnswerSchema, Ask, Attempt, AttemptState, Turn
from trackside.export.json import FORMAT, FORMAT_VERSION, sessions_json

WHEN = datetime(2026, 7, 11, 3, 13, 47, 123456, UTC)


def example() -> tuple[Session, Turn]:
    session = Session("s1", "twelvelabs", WHEN, WHEN, title="Grüße 🎬", server_session_id="sess_1")
    ask = Ask("Why?", "ks_1", "Be brief.", AnswerSchema("answer", '{"type": "object"}'))
    attempt = Attempt("a1", "t1", 1, state=AttemptState.FAILED, started_at=WHEN, tries=2)
    attempt.answer.fold(TextDelta(0, "msg_0", 0, "Because “é”."))
    attempt.answer.fold(
        ResponseUpdated(Response("resp_1", ResponseStatus.FAILED, usage=Usage(3, 4)), is_end=True)
    )
    attempt.failure = Failure(FailureKind.ANSWER_FAILED, "It failed.", headers={"x-request-id": "r"})
    attempt.first_token_s, attempt.duration_s = 0.5, 1.25
    return session, Turn("t1", "s1", 0, ask, WHEN, [attempt])


def test_every_fact_comes_back() -> None:
    session, turn = example()
    document = json.loads(sessions_json([(session, [turn])]))
    assert (document["format"], document["version"]) == (FORMAT, FORMAT_VERSION)
    assert document["program"] == f"trackside {__version__}"
    (told,) = document["sessions"]
    (told_turn,) = told.pop("turns")
    assert msgspec.convert(told, Session, strict=False) == session
    assert msgspec.convert(told_turn["ask"], Ask) == turn.ask
    assert told_turn["asked_at"] == "2026-07-11T03:13:47.123456Z"
    (told_attempt,) = told_turn["attempts"]
    attempt = turn.attempts[0]
    assert told_attempt["text"] == "Because “é”."
    assert msgspec.convert(told_attempt["answer"], SavedAnswer) == attempt.answer.saved()
    assert msgspec.convert(told_attempt["failure"], Failure) == attempt.failure
    assert (told_attempt["tries"], told_attempt["first_token_s"], told_attempt["duration_s"]) == (
        2,
        0.5,
        1.25,
    )
    assert set(told_attempt) >= {f.name for f in fields(Attempt)} - {"turn_id", "answer"}


def test_the_document_can_be_read_by_a_person() -> None:
    session, turn = example()
    text = sessions_json([(session, [turn])])
    assert "Grüße 🎬" in text
    assert text.endswith("}\n")
    assert '\n  "format"' in text


def test_nothing_is_a_document_too() -> None:
    assert json.loads(sessions_json([]))["sessions"] == []
    session, _ = example()
    assert json.loads(sessions_json([(session, [])]))["sessions"][0]["turns"] == []


def test_no_setting_that_could_hold_a_key_is_in_it() -> None:
    session, turn = example()
    text = sessions_json([(replace(session, draft="x"), [turn])]).lower()
    for word in ("api_key", "x-api-key", "authorization", "tlk_"):
        assert word not in text
