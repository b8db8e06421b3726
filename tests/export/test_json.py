"""The JSON export: versioned, complete, as its published schema says, and without a key."""

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from export.made_up import sessions as made_up_sessions
from export.telling import SIGNED, a_story
from trackside import __version__
from trackside.domain.answer import SavedAnswer
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.session import Session
from trackside.domain.stream import Response, ResponseStatus, ResponseUpdated, TextDelta, Usage
from trackside.domain.turn import AnswerSchema, Ask, Attempt, AttemptState, Turn
from trackside.export.json import FORMAT, FORMAT_VERSION, LOSES, pieces
from trackside.export.story import ExportedSession


def exported(sessions: Sequence[ExportedSession]) -> str:
    return "".join(pieces(sessions))


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
    document = json.loads(exported([(session, [turn])]))
    assert (document["format"], document["version"]) == (FORMAT, FORMAT_VERSION)
    assert document["program"] == f"trackside {__version__}"
    (told,) = document["sessions"]
    (told_turn,) = told.pop("turns")
    assert set(told) == {f.name for f in fields(Session)} - {"turn_count"}
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
    text = exported([(session, [turn])])
    assert "Grüße 🎬" in text
    assert text.endswith("}\n")
    assert '\n  "format"' in text


def test_nothing_is_a_document_too() -> None:
    assert json.loads(exported([]))["sessions"] == []
    session, _ = example()
    assert json.loads(exported([(session, [])]))["sessions"][0]["turns"] == []


def test_no_setting_that_could_hold_a_key_is_in_it() -> None:
    session, turn = example()
    text = exported([(replace(session, draft="x"), [turn])]).lower()
    for word in ("api_key", "x-api-key", "authorization", "tlk_"):
        assert word not in text


# -- the published schema --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    name = f"trackside-sessions-{FORMAT_VERSION}.schema.json"
    text = files("trackside.resources").joinpath("schemas", name).read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))


def test_an_export_is_as_its_schema_says(schema: Draft202012Validator) -> None:
    schema.validate(json.loads(exported([a_story(), a_story()])))
    schema.validate(json.loads(exported([])))


@settings(max_examples=40, deadline=None)
@given(made_up_sessions())
def test_any_export_is_as_its_schema_says(
    schema: Draft202012Validator, sessions: Sequence[tuple[Session, Sequence[Turn]]]
) -> None:
    schema.validate(json.loads(exported(sessions)))


def test_the_schema_takes_nothing_that_is_not_in_an_export(schema: Draft202012Validator) -> None:
    document = json.loads(exported([a_story()]))
    session = document["sessions"][0]
    for place in (document, session, session["turns"][0], session["turns"][0]["attempts"][0]["answer"]):
        place["extra"] = 1
        assert not schema.is_valid(document)
        del place["extra"]
        for name in [name for name in place if name not in ("program", "leaves_out")]:
            taken = place.pop(name)
            assert not schema.is_valid(document), name
            place[name] = taken
    assert schema.is_valid(document)


# -- what is left out ------------------------------------------------------------------------------


def test_signed_addresses_are_left_out_and_that_is_said() -> None:
    text = exported([a_story()])
    assert SIGNED not in text
    assert "X-Amz" not in text
    assert json.loads(text)["leaves_out"] == list(LOSES)
    (_, broken, *_) = json.loads(text)["sessions"][0]["turns"]
    items = broken["attempts"][0]["answer"]["items"]
    assert '"hits": 3' in items[1]["item"]["output"]
    assert items[2]["item"]["content"][0]["annotations"][0]["title"] == "Yard plan"


def test_each_turn_is_a_piece_at_least() -> None:
    session, turns = a_story()
    assert len(list(pieces([(session, turns)]))) >= len(turns)
