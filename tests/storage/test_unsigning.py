"""Signed addresses: none is written, and those that earlier versions have written are taken out for good."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from storage.support import a_session, a_store, a_turn, created, delta, opened
from storage.test_restoring import VERSION_1
from trackside.domain.answer import Answer, SavedAnswer, SavedItem
from trackside.domain.backup import BackupKind
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.stream import (
    Annotation,
    AnnotationKind,
    ContentPart,
    ItemDone,
    ItemKind,
    OutputItem,
    PartDone,
    StreamEvent,
    TextDone,
    UnknownEvent,
)
from trackside.domain.turn import AttemptState
from trackside.storage import unsigned_backups, unsigning
from trackside.storage.backup import NoRoomError, back_up, reader
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.database import Database
from trackside.storage.indexing import index_slice
from trackside.storage.journal import Journal, encoded, replayed
from trackside.storage.restoring import prepared, restored
from trackside.storage.unsigned_backups import clean_backups, unclean
from trackside.storage.unsigning import Progress, has_work, unsign_slice, vacuumed

SECRET = "5ec7e75ec7e75ec7e7"
PLAIN = "https://cdn.example/a.m3u8"
SIGNED = f"{PLAIN}?Expires=1&X-Amz-Signature={SECRET}"
MEMBER = json.dumps({"thumbnail_url": SIGNED, "score": 0.5})
TEXT = f"See {SIGNED} for it."
CITED = Annotation(
    AnnotationKind.VIDEO, len(TEXT) - 7, len(TEXT) - 5, "i", thumbnail_url=SIGNED, hls_url=SIGNED
)
ITEMS = (
    OutputItem(ItemKind.FUNCTION_CALL_OUTPUT, "g", "function_call_output", is_final=False, output=MEMBER),
    OutputItem(ItemKind.MESSAGE, "m", "message", content=(ContentPart(TEXT, (CITED,)),)),
)
SAVED = SavedAnswer(
    tuple(SavedItem(n, item) for n, item in enumerate(ITEMS)), unknown=(UnknownEvent("x", MEMBER, "?"),)
)


def kept(folder: Path) -> list[str]:
    """The files below a folder that the secret stands in."""
    return [
        path.name for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


def words_of(answer: Answer) -> list[str]:
    return [answer.text[one.start_index : one.end_index + 1] for one in answer.annotations]


# -- what is written ---------------------------------------------------------------------------------


async def test_nothing_that_is_saved_has_one_while_memory_keeps_it(tmp_path: Path) -> None:
    session = a_session(snippet=TEXT, recap=TEXT)
    turn = a_turn(session)
    attempt = turn.attempts[0]
    async with a_store(tmp_path / "sessions.db") as store:
        store.add_turn(session, {"snippet": TEXT}, turn)
        journal = Journal()
        events: list[StreamEvent] = [
            created(),
            ItemDone(0, ITEMS[0]),
            delta(TEXT[:70], 1),
            delta(TEXT[70:], 1),
        ]
        events += [PartDone(1, "msg_1", 0, ITEMS[1].content[0]), UnknownEvent("x", MEMBER, "?")]
        for number, event in enumerate(events):
            journal.add(event, attempt.answer)
            attempt.answer.fold(event)
            store.append_journal(attempt.id, number * 10, journal.take())
        assert kept(tmp_path) == []
        assert SECRET in attempt.answer.text
        attempt.state = AttemptState.FAILED
        attempt.failure = Failure(FailureKind.SERVICE, "It failed.", detail=MEMBER)
        attempt.recap = TEXT
        store.save_attempt(attempt)
        detail = await store.session(session.id)
        assert detail is not None
        answer = detail.turns[0].attempts[0].answer
        assert answer.text == f"See {PLAIN} for it."
        assert words_of(answer) == words_of(attempt.answer) == ["for"]
        assert detail.session.snippet == answer.text
        assert kept(tmp_path) == []


def journalled(events: Iterable[StreamEvent]) -> list[tuple[str, str | bytes]]:
    """Saved after each event, as if it took a second."""
    answer, journal, rows = Answer(), Journal(), []
    for event in events:
        journal.add(event, answer)
        answer.fold(event)
        rows += encoded(journal.take())
    return rows


@pytest.mark.parametrize("length", [1, 7, 30])
def test_a_crash_leaves_no_half_of_a_signature(length: int) -> None:
    pieces = [TEXT[at : at + length] for at in range(0, len(TEXT), length)]
    for count in range(len(pieces) + 1):
        rows = journalled(delta(piece) for piece in pieces[:count])
        answer = replayed(rows)
        assert "X-Amz" not in repr(rows)
        assert f"See {PLAIN} for it.".startswith(answer.text.removesuffix("?"))


def test_two_texts_that_come_by_turns_have_none_either() -> None:
    other = f"Also {SIGNED}, too."
    pieces = [delta(text[at : at + 9], n) for at in range(0, 120, 9) for n, text in enumerate((TEXT, other))]
    rows = journalled(pieces)
    assert "X-Amz" not in repr(rows)
    assert replayed(rows).text == f"See {PLAIN} for it.\n\nAlso {PLAIN}, too."


def test_places_told_after_a_crash_are_those_of_the_words() -> None:
    part = ITEMS[1].content[0]
    told: list[StreamEvent] = [
        delta(TEXT[:60]),
        delta(TEXT[60:]),
        TextDone(0, "msg_0", 0, TEXT),
        PartDone(0, "msg_0", 0, part),
    ]
    answer = replayed(journalled(told))
    assert answer.text == f"See {PLAIN} for it."
    assert words_of(answer) == ["for"]


# -- what was written --------------------------------------------------------------------------------


def an_earlier(db: sqlite3.Connection, count: int = 3) -> None:
    """Sessions as earlier versions have written them, and found by their words."""
    answer = msgspec.json.encode(SAVED).decode()
    failure = json.dumps({"kind": "service", "headline": "F", "detail": SIGNED})
    for n in range(count):
        db.execute(
            "INSERT INTO sessions (id, connection_id, created_at, updated_at, snippet) VALUES (?,?,?,?,?)",
            (f"s{n}", "twelvelabs", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00", TEXT),
        )
        db.execute(
            "INSERT INTO turns (id, session_id, position, question, ask, asked_at) VALUES (?,?,0,'Q?',?,?)",
            (f"t{n}", f"s{n}", '{"question":"Q?","store_id":"ks"}', "2026-01-01T00:00:00+00:00"),
        )
        db.execute(
            "INSERT INTO attempts (id, turn_id, number, state, owner, answer, failure, recap) "
            "VALUES (?,?,1,'failed','x',?,?,?)",
            (
                f"a{n}",
                f"t{n}",
                answer,
                failure,
                TEXT,
            ),
        )
        db.execute("INSERT INTO journal VALUES (?,1,'TextDone',?)", (f"a{n}", json.dumps(TEXT * 500)))
    db.execute("DELETE FROM journal")
    db.execute("INSERT INTO unsigning SELECT 'answers', max(rowid) + 1 FROM attempts")


async def indexed(database: Database) -> None:
    while await database.store(index_slice):
        pass


async def cleaned(database: Database) -> list[Progress]:
    told = []
    while (progress := await database.store(unsign_slice)) is not Progress.DONE:
        told.append(progress)
        if progress is Progress.WAITS:
            await indexed(database)
        if progress is Progress.TO_VACUUM:
            database.bare(unsigning.vacuumed).result()
    database.bare(unsigning.without_log).result()
    return told


@pytest.mark.parametrize("is_large", [False, True])
async def test_what_was_written_is_taken_out_of_all_pages(
    tmp_path: Path, is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_large:
        monkeypatch.setattr(unsigning, "_VACUUMED_BYTES", 0)
    async with opened(tmp_path / "sessions.db") as database:
        await database.store(an_earlier)
        await indexed(database)
        assert kept(tmp_path)
        assert await database.fetch(has_work)
        await cleaned(database)
        assert kept(tmp_path) == []
        assert not await database.fetch(has_work)
        tables = await database.fetch(lambda db: db.execute("SELECT name FROM sqlite_master").fetchall())
        assert ("unsigning_room",) not in tables
        words = f'"{SECRET}"'
        for (name,) in tables:
            if name.startswith("search_words_") and name.count("_") == 3:
                query = f"SELECT count(*) FROM {name} WHERE {name} MATCH ?"
                assert await database.fetch(lambda db, q=query: db.execute(q, (words,)).fetchone()) == (0,)
    async with a_store(tmp_path / "sessions.db") as store:
        for n in range(3):
            detail = await store.session(f"s{n}")
            assert detail is not None
            answer = detail.turns[0].attempts[0].answer
            assert answer.text == f"See {PLAIN} for it."
            assert words_of(answer) == ["for"]
            assert answer.items[0].value.output == '{"thumbnail_url": "", "score": 0.5}'


async def test_it_goes_on_where_it_was_when_the_program_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsigning, "_SLICE_BYTES", 1)
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        await database.store(an_earlier)
        await database.store(unsign_slice)
    with closing(sqlite3.connect(path)) as db:
        answers = [SECRET in row[0] for row in db.execute("SELECT answer FROM attempts ORDER BY rowid")]
    assert answers == [True, True, False], "the latest first"
    async with opened(path) as database:
        await indexed(database)
        await cleaned(database)
    assert kept(tmp_path) == []


async def test_writing_it_anew_is_given_up_for_who_closes_and_done_the_next_time(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        await database.store(lambda db: an_earlier(db, 300))
        assert not await asyncio.wrap_future(database.bare(lambda db: vacuumed(db, lambda: True)))
        assert await database.fetch(has_work)
        assert await database.fetch(lambda db: db.execute("SELECT count(*) FROM attempts").fetchone()) == (
            300,
        )
        assert await asyncio.wrap_future(database.bare(vacuumed))
        assert not await database.fetch(has_work)


async def test_what_is_copied_meanwhile_is_cleaned_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsigning, "_SLICE_BYTES", 1)
    async with a_store(tmp_path / "sessions.db") as store:
        database = store._database
        await database.store(an_earlier)
        await database.store(unsign_slice)
        await store.branch("s0", a_session(), 1)
        await indexed(database)
        await cleaned(database)
        assert kept(tmp_path) == []


async def test_a_damaged_answer_keeps_what_can_be_read_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        await database.store(an_earlier)
        broken = f'{{"items": [broken {MEMBER} and {SIGNED} and more'
        await database.store(lambda db: db.execute("UPDATE attempts SET answer = ?", (broken,)).rowcount)
        await indexed(database)
        await cleaned(database)
        (text,) = await database.fetch(lambda db: db.execute("SELECT answer FROM attempts").fetchone())
    assert text == f'{{"items": [broken {{"thumbnail_url": "", "score": 0.5}} and {PLAIN} and more'
    assert kept(tmp_path) == []
    assert SECRET not in caplog.text


async def test_a_new_database_has_nothing_to_clean(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        assert not await database.fetch(has_work)


async def test_the_first_version_is_brought_along_with_all_to_be_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1.read_text(encoding="utf-8"))
        db.execute(
            "UPDATE attempts SET answer = ? WHERE answer IS NOT NULL", (msgspec.json.encode(SAVED).decode(),)
        )
        db.commit()
    async with opened(path) as database:
        await indexed(database)
        assert kept(path.parent / "backups"), "made before it was brought along"
        await cleaned(database)
    folder = BackupFolder(tmp_path / "backups")
    (before,) = folder.backups()
    assert clean_backups(folder) == 1
    assert kept(tmp_path) == []
    assert folder.backups() == [replace(before, size_bytes=before.path.stat().st_size)]
    with closing(reader(before.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,), "an earlier program can still use it"
        assert db.execute("SELECT count(*) FROM sessions").fetchone()[0] > 0


# -- backups -----------------------------------------------------------------------------------------


async def a_backup(database: Database, folder: BackupFolder, path: Path) -> Path:
    await database.store(an_earlier)
    await indexed(database)
    with closing(reader(path)) as db:
        return back_up(db, folder, BackupKind.DAILY, today=date(2026, 1, 2)).path


async def test_backups_are_cleaned_in_their_places(tmp_path: Path) -> None:
    path, folder = tmp_path / "sessions.db", BackupFolder(tmp_path / "backups")
    async with opened(path) as database:
        made = await a_backup(database, folder, path)
        time_ns = made.stat().st_mtime_ns
        assert kept(folder.path) == [made.name]
        assert clean_backups(folder) == 1
        assert kept(folder.path) == []
        assert made.stat().st_mtime_ns == time_ns, "its time is its place among the others"
        assert made.stat().st_mode & 0o077 == 0
        assert clean_backups(folder) == 0
        # And back: whole, searchable again, and clean.
        with prepared(made) as content:
            database.bare(lambda db: restored(content, db)).result()
        await indexed(database)
        await cleaned(database)
        assert await database.fetch(lambda db: db.execute("SELECT count(*) FROM attempts").fetchone()) == (3,)
        (found,) = await database.fetch(
            lambda db: db.execute("SELECT count(*) FROM search_documents").fetchone()
        )
        assert found == 9
        assert kept(tmp_path) == []


async def test_one_that_is_restored_as_it_was_is_cleaned_here(tmp_path: Path) -> None:
    path, folder = tmp_path / "sessions.db", BackupFolder(tmp_path / "backups")
    async with opened(path) as database:
        made = await a_backup(database, folder, path)
        await cleaned(database)
        with prepared(made) as content:
            database.bare(lambda db: restored(content, db)).result()
        assert await database.fetch(has_work)
        await indexed(database)
        await cleaned(database)
    made.unlink()
    assert kept(tmp_path) == []


@pytest.mark.parametrize("trouble", ["no room", "given up", "refused"])
async def test_a_backup_that_cannot_be_cleaned_stays_as_it_was(
    tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "sessions.db", BackupFolder(tmp_path / "backups")
    async with opened(path) as database:
        made = await a_backup(database, folder, path)
    before = made.read_bytes()
    if trouble == "refused":

        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(unsigned_backups.os, "fsync", refuse)
        with pytest.raises(OSError, match="No space"):
            clean_backups(folder)
    elif trouble == "no room":
        with pytest.raises(NoRoomError):
            clean_backups(folder, room=lambda _: 1_000)
    else:
        with pytest.raises(unsigned_backups.GivenUp):
            clean_backups(folder, lambda: True)
    assert made.read_bytes() == before
    assert [one.path for one in unclean(folder)] == [made]
    assert [p.name for p in folder.path.iterdir() if p.name.startswith(".sessions-")] == []


def test_what_is_no_backup_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sessions-2026-01-01.db").write_bytes(b"not a database at all" * 100)
    assert clean_backups(BackupFolder(tmp_path)) == 0
