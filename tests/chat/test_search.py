"""Searching as the window does: what was just said is found, a newer search ends an older one."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.searching import ANSWER, QUESTION, TITLE, Archive
from storage.support import opened
from storage.test_search_index import check_index
from trackside.chat import search as chat_search
from trackside.chat.search import SessionSearch
from trackside.domain.backup import BackupKind
from trackside.domain.failure import TracksideError
from trackside.domain.search import SearchHit, SearchQuery
from trackside.storage.backup import back_up, reader
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.indexing import has_work, index_slice
from trackside.storage.migrations import MIGRATIONS
from trackside.storage.restoring import prepared, restored


@pytest.fixture(params=["file", "memory"])
async def archive(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Archive]:
    async with opened(tmp_path / "sessions.db" if request.param == "file" else None) as database:
        made = Archive(database)
        yield made
        await made.check()


@pytest.fixture
async def search(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SessionSearch]:
    monkeypatch.setattr(chat_search, "_PATIENCE_S", 5.0)
    made = SessionSearch(archive.database)
    yield made
    await made.aclose()


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_search, "_QUIET_S", 0.001)


def fields(hits: list[SearchHit]) -> list[str]:
    return sorted(hit.field.value for hit in hits)


async def until_indexed(archive: Archive) -> None:
    async with asyncio.timeout(5):
        while await archive.database.fetch(has_work):  # noqa: ASYNC110 -- no event tells of it
            await asyncio.sleep(0.002)


async def test_what_was_just_saved_is_found(archive: Archive, search: SessionSearch) -> None:
    session = archive.session("Goals")
    turn = archive.turn(session, "A goal?", "The goal.")
    assert fields(await search.find(SearchQuery("goal"))) == [ANSWER, QUESTION, TITLE]
    archive.store.trash_sessions([session.id])
    assert await search.find(SearchQuery("goal")) == []
    archive.store.trash_sessions([session.id], is_trashed=False)
    archive.store.update_session(session.id, {"title": "Penalties"})
    archive.retry(turn, "No goal.")
    assert fields(await search.find(SearchQuery("goal"))) == [ANSWER, ANSWER, QUESTION]
    assert len(await search.find(SearchQuery("goal"), limit=1)) == 1


async def test_the_index_follows_what_is_saved(
    archive: Archive, search: SessionSearch, in_no_time: None
) -> None:
    search.begin()
    for round_ in range(3):
        archive.turn(archive.session(f"Goal {round_}"), "A goal?", "The goal.")
        await archive.check()
        await until_indexed(archive)
        assert len(await search.find(SearchQuery("goal"))) == 3 * (round_ + 1)


async def test_a_newer_search_ends_an_older_one(archive: Archive, search: SessionSearch) -> None:
    archive.turn(archive.session(), "A goal, a pass?")
    older = asyncio.ensure_future(search.find(SearchQuery("goal")))
    await asyncio.sleep(0)
    newer = asyncio.ensure_future(search.find(SearchQuery("pass")))
    with pytest.raises(asyncio.CancelledError):
        await older
    assert fields(await newer) == [QUESTION]


async def test_a_search_under_way_is_interrupted(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        search = SessionSearch(database)
        reader = search._reader
        assert reader is not None
        began = threading.Event()

        def endless(db: sqlite3.Connection) -> int:
            began.set()
            endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
            return int(db.execute(endless).fetchone()[0])

        for is_cancelled in (False, True):
            began.clear()
            reading = asyncio.ensure_future(reader.read(endless))
            await asyncio.to_thread(began.wait, 5)
            if is_cancelled:
                reading.cancel()
            else:
                reader.leave()
            (result,) = await asyncio.gather(reading, return_exceptions=True)
            assert isinstance(result, asyncio.CancelledError) if is_cancelled else result is None
        assert await search.find(SearchQuery("goal")) == []
        began.clear()
        reading = asyncio.ensure_future(reader.read(endless))
        await asyncio.to_thread(began.wait, 5)
        await search.aclose()
        assert await reading is None


async def test_a_search_waits_for_no_save_and_no_save_for_it(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        archive = Archive(database)
        archive.turn(archive.session(), "A goal?")
        await archive.index()
        search = SessionSearch(database)
        reader = search._reader
        assert reader is not None
        go_on = threading.Event()
        saving = database.write(lambda _: go_on.wait(5))
        assert fields(await search.find(SearchQuery("goal"))) == [QUESTION]
        assert not saving.done()
        go_on.set()
        await asyncio.wrap_future(saving)
        go_on.clear()
        reading = asyncio.ensure_future(
            reader.read(lambda db: (db.execute("SELECT 1").fetchone(), go_on.wait(5)))
        )
        archive.turn(archive.session(), "Another goal?")
        await archive.check()
        assert not reading.done()
        go_on.set()
        await reading
        assert fields(await search.find(SearchQuery("goal"))) == [QUESTION, QUESTION]
        await search.aclose()


async def test_a_search_does_not_wait_for_an_old_database_to_be_indexed(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        archive = Archive(database)
        session = archive.session("Goal")
        archive.turn(session, "A goal?", "One goal.")
        await archive.check()
    db = sqlite3.connect(path)
    with db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for name in ("unindexed", "unindexed_sessions", "search_titles", "search_cited", "search_places",
                     "search_shards", "search_documents", "search_sessions", "days_seen",
                     "rate_limits", "unsigning", "session_uses"):  # fmt: skip
            db.execute(f"DROP TABLE {name}")
        db.execute("ALTER TABLE sessions DROP COLUMN moved_turns")
        db.execute("PRAGMA user_version = 2")
    db.close()
    async with opened(path) as database:
        assert len(MIGRATIONS) >= 3
        search = SessionSearch(database)
        assert fields(await search.find(SearchQuery("goal"))) == [TITLE]
        await Archive(database).index()
        assert fields(await search.find(SearchQuery("goal"))) == [ANSWER, QUESTION, TITLE]
        await search.aclose()


async def test_a_full_disk_delays_the_index_and_says_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_no_time: None
) -> None:
    monkeypatch.setattr(chat_search, "_AGAIN_S", 0.001)
    async with opened(tmp_path / "sessions.db") as database:
        archive = Archive(database)
        archive.turn(archive.session(), "A goal?")
        await archive.check()
        refused: list[None] = []
        index_slice = chat_search.index_slice

        def full(db: sqlite3.Connection) -> bool:
            if len(refused) < 3:
                refused.append(None)
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorname = "SQLITE_FULL"
                raise error
            return index_slice(db)

        monkeypatch.setattr(chat_search, "index_slice", full)
        search = SessionSearch(database)
        search.begin()
        await until_indexed(archive)
        assert len(refused) == 3
        assert fields(await search.find(SearchQuery("goal"))) == [QUESTION]
        await search.aclose()


async def test_a_search_of_what_cannot_be_read_fails_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        search = SessionSearch(database)

        def broken(*_: object) -> list[SearchHit]:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR"
            raise error

        monkeypatch.setattr(chat_search, "search", broken)
        with pytest.raises(TracksideError, match="Check the disk"):
            await search.find(SearchQuery("goal"))
        await search.aclose()


async def test_closing_twice_and_without_a_search_is_fine(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        search = SessionSearch(database)
        search.begin()
        await search.aclose()
        assert await database.fetch(lambda _: True)


async def test_a_full_disk_hinders_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_search, "_PATIENCE_S", 5.0)
    async with opened(tmp_path / "sessions.db") as database:
        archive = Archive(database)
        archive.turn(archive.session(), "A goal?")
        await archive.index()
        archive.turn(archive.session(), "A goal of which the index has not heard?")

        def full(_: sqlite3.Connection) -> bool:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error

        monkeypatch.setattr(chat_search, "index_slice", full)
        search = SessionSearch(database)
        assert fields(await search.find(SearchQuery("goal"))) == [QUESTION]
        await search.aclose()


async def test_what_a_search_did_not_wait_for_is_not_done_once_more_for_each_key(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        await Archive(database).index()
        search = SessionSearch(database)
        changes: list[None] = []
        go_on = threading.Event()
        saving = database.write(lambda _: go_on.wait(5))
        for text in ("g", "go", "goal"):
            await search.find(SearchQuery(text))
        database.on_change = lambda: changes.append(None)
        go_on.set()
        await asyncio.wrap_future(saving)
        await database.fetch(lambda _: None)
        assert len(changes) == 1, "nothing but the save itself"
        await search.aclose()


def damage_index(path: Path, where: str) -> None:
    db = sqlite3.connect(path)
    tables = "SELECT name FROM sqlite_master WHERE name LIKE 'search_%_data'"
    with db:
        for (name,) in db.execute(tables).fetchall():
            db.execute(f"UPDATE {name} SET block = x'00112233' WHERE {where}")
    db.close()


@pytest.mark.parametrize(("where", "is_searched_first"), [("id > 10", True), ("id >= 10", False)])
async def test_a_damaged_index_is_made_anew(
    where: str, is_searched_first: bool, tmp_path: Path, in_no_time: None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        archive = Archive(database)
        for number in range(30):
            archive.turn(archive.session(f"Goal {number}"), "A goal?", "The goal.")
        await archive.index()
    damage_index(path, where)
    async with opened(path) as database:
        archive = Archive(database)
        search = SessionSearch(database)
        if is_searched_first:
            assert set(fields(await search.find(SearchQuery("goal")))) == {TITLE}
        archive.turn(archive.session(), "One more?", "One more goal.")
        search.begin()
        await until_indexed(archive)
        assert len(await search.find(SearchQuery("goal"), limit=200)) == 8 + 61
        await search.aclose()
    assert "made anew" in caplog.text


async def test_a_restore_while_it_is_searched_and_indexed(tmp_path: Path, in_no_time: None) -> None:
    """The index comes from the backup along with what it is an index of."""
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        archive = Archive(database)
        kept = [archive.session(f"Kept {n}") for n in range(20)]
        for session in kept:
            archive.turn(session, "A goal?", "The goal.")
        await database.store(lambda db: index_slice(db, 200))
        folder = BackupFolder(tmp_path / "backups")
        with closing(reader(path)) as connection:
            backup = back_up(connection, folder, BackupKind.BY_HAND)
        search = SessionSearch(database)
        search.begin()
        for number in range(40):
            archive.turn(archive.session(f"Gone {number}"), "A goal?", "The goal.")
        await archive.check()
        await search.find(SearchQuery("goal"))
        assert search._reader is not None
        inside, go_on = threading.Event(), threading.Event()

        def read_on(db: sqlite3.Connection) -> int:
            db.execute("SELECT count(*) FROM sessions").fetchone()
            inside.set()
            go_on.wait(5)
            return int(db.execute("SELECT count(*) FROM sessions").fetchone()[0])

        reading = asyncio.ensure_future(search._reader.read(read_on))
        await asyncio.to_thread(inside.wait, 5)
        with prepared(backup.path) as content:
            restoring = asyncio.wrap_future(database.bare(lambda db: restored(content, db)))
            await asyncio.wait({restoring}, timeout=0.05)
            go_on.set()
            assert await reading == 60
            await restoring
        archive.turn(kept[0], "A goal after it?")
        await until_indexed(archive)
        hits = await search.find(SearchQuery("goal"), limit=200)
        assert {hit.session_id for hit in hits} == {session.id for session in kept}
        assert len(hits) == 41
        await check_index(archive)
        await search.aclose()
