"""Reading an export back: strictly, and with a sentence that says what is wrong where."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from export.telling import a_story
from trackside.domain.failure import FailureKind, TracksideError
from trackside.domain.session import Session
from trackside.export.json import pieces
from trackside.export.parting import parted
from trackside.export.reading import SessionsFile
from trackside.export.story import ExportedSession


def exported(sessions: Sequence[ExportedSession]) -> str:
    return "".join(pieces(sessions))


def document() -> Any:
    return json.loads(exported([a_story()]))


def refusal(content: bytes | Any) -> str:
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(TracksideError) as raised:
        SessionsFile(content)
    assert raised.value.failure.kind is FailureKind.INPUT
    assert raised.value.failure.advice
    return raised.value.failure.headline


def version_1() -> Any:
    """What the first version wrote: other members, and signed addresses."""
    text = document()
    text["version"] = 1
    del text["leaves_out"]
    (session,) = text["sessions"]
    session["turn_count"] = len(session["turns"])
    new = ("archived", "tags", "recap", "branched_from", "branched_turns", "reading_place", "inspector_tab")
    new += ("moved_turns",)
    for name in new:
        del session[name]
    for turn in session["turns"]:
        for attempt in turn["attempts"]:
            del attempt["recap"]
            for entry in attempt["answer"]["items"]:
                for part in entry["item"]["content"]:
                    for annotation in part["annotations"]:
                        annotation["hls_url"] = "https://signed.example"
    return text


def test_a_file_of_version_1_is_read() -> None:
    file = SessionsFile(json.dumps(version_1()).encode())
    session, turns = file.session(0)
    assert session.title == "The final quarter"
    assert (session.tags, session.inspector_tab, session.turn_count) == ((), -1, 5)
    assert turns[0].attempts[1].answer.text.startswith("They score")
    assert all(a.hls_url is None for turn in turns for a in turn.attempts[-1].answer.annotations)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no whole JSON"),
        (b"\x89PNG\r\n", "no whole JSON"),
        (b"[" * 100_000, "no whole JSON"),
        (b'{"format": "' + b'\\"' * 100_000, "no whole JSON"),
        (b"[1, 2]", "no export of Trackside"),
        (b"{}", "no export of Trackside"),
        (b'{"format": "har", "sessions": [{"turns": [{}]}]}', "no export of Trackside"),
        (b'{"format": "trackside-sessions", "version": 3, "new": 1}', "newer version"),
        (b'{"format": "trackside-sessions", "version": 0, "sessions": []}', "no version 0"),
        (b'{"format": "trackside-sessions", "version": 2}', "sessions"),
        (b'{"format": "trackside-sessions", "version": 2, "sessions": [1]}', "sessions"),
        (b'{"format": "trackside-sessions", "version": 2, "sessions": [null]}', "list of sessions"),
        (b'{"format": "trackside-sessions", "version": 2, "sessions": [{"turns": [null]}]}', "session 1"),
        (b'{"format": "trackside-sessions", "version": 2, "sessions": [], "x": 1}', "unknown field x"),
    ],
)
def test_what_is_no_export_is_named(content: bytes, words: str) -> None:
    assert words in refusal(content)


def test_what_does_not_begin_like_one_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackside.export.reading.parted", None)
    assert "no whole JSON" in refusal(b"\0" * 1_000)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_ends_too_early_is_damaged(part: float) -> None:
    content = exported([a_story(), a_story()]).encode().rstrip()
    assert "no whole JSON" in refusal(content[: int(len(content) * part)])


def changed(path: list[Any], value: Any) -> Any:
    text = document()
    place = text["sessions"][0]
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return text


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["title"], 5, ("session 1", "expected str, got int", "title")),
        (["id"], "", ("session 1", "id")),
        (["id"], "x" * 201, ("session 1", "201 characters")),
        (["created_at"], "yesterday", ("session 1", "created_at")),
        (["created_at"], "0001-01-01T00:00:00+10:00", ("session 1", "time")),
        (["created_at"], "0001-01-01T12:00:00Z", ("session 1", "time")),
        (["updated_at"], "9999-12-31T12:00:00Z", ("session 1", "time")),
        (["surprise"], 1, ("session 1", "surprise")),
        (["connection_id"], ..., ("session 1", "connection_id")),
        (["inspector_tab"], 2**70, ("session 1", "inspector_tab")),
        (["turns"], {"a": 1}, ("session 1",)),
        (["turns", 2, "ask", "question"], None, ("question 3 of session 1", "ask.question")),
        (["turns", 2, "position"], 10**30, ("question 3 of session 1",)),
        (["turns", 2, "position"], 1, ("position", "question 3 of session 1")),
        (["turns", 2, "id"], "t1", ("twice", "question 3 of session 1")),
        (["turns", 0, "attempts", 1, "number"], -1, ("number", "question 1 of session 1")),
        (["turns", 0, "attempts", 1, "id"], "t0", ("twice", "question 1 of session 1")),
        (["turns", 0, "attempts", 1, "state"], "happy", ("question 1 of session 1", "happy")),
        (["turns", 0, "attempts", 1, "answer"], None, ("question 1 of session 1", "attempts[")),
        (["turns", 0, "attempts", 1, "duration_s"], 1e300, ("question 1 of session 1", "duration_s")),
        (["turns", 0, "attempts", 1, "first_token_s"], -1, ("question 1 of session 1", "first_token_s")),
        (["turns", 0, "attempts", 1, "more"], 1, ("question 1 of session 1", "more")),
    ],
)
def test_what_was_changed_is_named_with_its_place(
    path: list[Any], value: Any, words: tuple[str, ...]
) -> None:
    said = refusal(changed(path, value))
    for word in words:
        assert word.casefold() in said.casefold(), said


def test_a_foreign_text_does_not_fill_the_sentence() -> None:
    said = refusal(changed(["turns", 0, "attempts", 1, "state"], "happy\n" * 10_000))
    assert "happy" in said
    assert len(said) < 500


def test_a_byte_order_mark_and_another_layout_do_no_harm() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(document(), separators=(",", ":")).encode()
    assert SessionsFile(content).session(0)[0].title == "The final quarter"


def test_names_of_the_format_in_texts_do_not_mislead() -> None:
    text = document()
    text["sessions"][0]["title"] = '"turns": [{"sessions": [{'
    text["sessions"][0]["tags"] = ["turns", "sessions"]
    text["sessions"][0]["turns"][0]["ask"]["question"] = 'x\\"]}]} "turns"'
    session, turns = SessionsFile(json.dumps(text).encode()).session(0)
    assert (session.tags, len(turns)) == (("turns", "sessions"), 5)
    assert turns[0].ask.question == 'x\\"]}]} "turns"'


def test_tags_are_one_line_each_and_stand_once() -> None:
    (session, turns) = a_story()
    text = json.loads(exported([(session, turns)]))
    text["sessions"][0]["tags"] = ["a\nb", "a b", " ", "c"]
    assert SessionsFile(json.dumps(text).encode()).session(0)[0].tags == ("a b", "c")


def test_a_title_of_a_megabyte_is_cut() -> None:
    file = SessionsFile(json.dumps(changed(["title"], "x" * 1_000_000)).encode())
    assert file.session(0)[0].title == "x" * 1_000


def test_times_are_read_as_utc_whatever_their_zone() -> None:
    session: Session = SessionsFile(
        json.dumps(changed(["updated_at"], "2026-07-11T05:13:47+02:00")).encode()
    ).session(0)[0]
    assert session.updated_at.isoformat() == "2026-07-11T03:13:47+00:00"


def test_parts_are_the_turns_of_each_session() -> None:
    content = exported([a_story(), a_story()]).encode()
    found = parted(content)
    assert [len(session.parts) for session in found.parts] == [5, 5]
    for turn in found.parts[1].parts:
        assert set(json.loads(content[turn.start : turn.end])) >= {"id", "ask", "attempts"}
