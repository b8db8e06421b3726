"""Searching as the window does: what was just said is found, a newer search ends an older one."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.searching import ANSWER, QUESTION, TITLE, Archive
from storage.support import opened
from trackside.chat import search as chat_search
from trackside.chat.search import SessionSearch
from trackside.domain.failure import TracksideError
from trackside.domain.search import SearchHit, SearchQuery
from trackside.storage.indexing import has_work
from trackside.storage.migrations import MIGRATIONS


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
                     "search_shards", "search_documents", "search_sessions"):  # fmt: skip
            db.execute(f"DROP TABLE {name}")
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
