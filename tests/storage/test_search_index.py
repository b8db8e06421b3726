"""The search index follows what is saved, in slices, whatever happens meanwhile."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from storage.searching import ANSWER, QUESTION, TITLE, Archive, answer_of, call, message
from storage.support import WHEN, opened
from trackside.domain.turn import Ask, AttemptState, Turn
from trackside.storage import rows, shards
from trackside.storage.importing import receive
from trackside.storage.indexing import has_work, index_slice
from trackside.storage.migrations import MIGRATIONS
from trackside.storage.rebuilding import begin_anew

ROWS = "SELECT count(*) FROM search_documents"
OLD_TURN = "INSERT INTO turns (id, session_id, position, question, ask, asked_at) VALUES (?,?,?,?,?,?)"
DEAD = "SELECT coalesce(sum(dead), 0) FROM search_shards"


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of 16 texts, so that there are many."""
    monkeypatch.setattr(shards, "_BITS", 4)
    monkeypatch.setattr(shards, "SHARD_SIZE", 16)
    monkeypatch.setattr("trackside.storage.rebuilding.SHARD_SIZE", 16)
    monkeypatch.setattr("trackside.storage.search_filters.SHARD_SIZE", 16)


async def ids_found(archive: Archive, text: str, **filters: str) -> set[str]:
    return {hit.session_id for hit in await archive.hits(text, limit=1_000, **filters)}


async def check_index(archive: Archive) -> None:
    """Every table of words is whole, and there is one for each shard and no other."""

    def look(db: sqlite3.Connection) -> None:
        names = {
            name
            for (name,) in db.execute(
                "SELECT name FROM sqlite_master WHERE name LIKE 'search_words%' AND sql LIKE '%fts5%'"
            )
        }
        known = db.execute("SELECT number, generation, size FROM search_shards").fetchall()
        assert names == {shards.table_of(number, generation) for number, generation, _ in known}
        for number, generation, size in known:
            table = shards.table_of(number, generation)
            db.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
            assert db.execute(f"SELECT count(*) FROM {table}_docsize").fetchone() == (size,)

    await archive.database.store(look)


# -- what changes -------------------------------------------------------------------------------------


async def test_a_renamed_session_is_found_by_its_new_title_only() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        session = archive.session("Monaco")
        await archive.index()
        archive.store.update_session(session.id, {"title": "Le Mans"})
        await archive.index()
        assert await archive.found("mans") == [TITLE]
        assert await archive.found("monaco") == []
        archive.store.update_session(session.id, {"title": ""})
        await archive.index()
        assert await archive.count("SELECT count(*) FROM search_titles") == 0
        await archive.check()


async def test_a_deleted_session_is_gone_at_once_and_from_the_index_in_time() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        kept, gone = archive.session("Goal kept"), archive.session("Goal gone")
        for session in (kept, gone):
            for number in range(30):
                archive.turn(session, f"Goal {number}?", "[00:10] a goal")
        await archive.index()
        archive.store.trash_sessions([gone.id])
        archive.store.delete_trashed([gone.id])
        assert await ids_found(archive, "goal") == {kept.id}
        assert await archive.count(ROWS) == 120
        await archive.index()
        assert await archive.count(ROWS) == 60
        assert await archive.count(DEAD) == 0
        assert await archive.count("SELECT sum(size) FROM search_shards") == 60
        assert await archive.count("SELECT count(*) FROM search_titles") == 1
        assert await archive.count("SELECT count(*) FROM search_sessions") == 1
        assert await archive.count("SELECT count(*) FROM search_cited") == 30
        await check_index(archive)
        assert await ids_found(archive, "goal") == {kept.id}
        await archive.check()


async def test_a_deleted_turn_or_attempt_is_gone_too() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        session = archive.session()
        first = archive.turn(session, "Goal?", "First goal.")
        second = archive.turn(session, "More?", "Second goal.")
        archive.retry(second, "Third goal.")
        await archive.index()
        await database.store(lambda db: db.execute("DELETE FROM turns WHERE id = ?", (first.id,)))
        await database.store(lambda db: db.execute("DELETE FROM attempts WHERE number = 2"))
        assert [hit.snippet for hit in await archive.hits("goal")] == ["Second goal."]
        await archive.index()
        assert await archive.count(ROWS) == 2
        await check_index(archive)


async def test_an_answer_that_is_written_anew_is_found_by_its_new_words_only() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        turn = archive.turn(archive.session(), "Who?", "The goalkeeper [00:10].")
        await archive.index()
        archive.end(turn.attempts[0], "The referee.")
        await archive.index()
        assert await archive.found("goalkeeper") == []
        assert await archive.found("referee") == [ANSWER]
        assert await archive.found("referee", with_citations=True) == []
        await archive.check()


async def test_saving_the_same_again_indexes_nothing_again() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        turn = archive.turn(archive.session("Title"), "Goal?", "A goal.")
        await archive.index()
        archive.store.save_attempt(turn.attempts[0])
        archive.store.update_session(turn.session_id, {"title": "Title", "draft": "x"})
        assert not await database.fetch(has_work)


async def test_branches_are_found_beside_what_they_were_taken_from() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        source = archive.session("Source")
        archive.turn(source, "Goal?", "A goal.")
        branch = archive.session("Branch")
        await archive.store.branch(source.id, branch, 1)
        await archive.index()
        assert await ids_found(archive, "goal") == {source.id, branch.id}
        assert await archive.found("goal") == [ANSWER, ANSWER, QUESTION, QUESTION]


# -- slices ------------------------------------------------------------------------------------------


async def test_much_is_indexed_in_slices_and_the_latest_is_found_first(small_shards: None) -> None:
    async with opened(None) as database:
        archive = Archive(database)
        session = archive.session()
        turns = [archive.turn(session, f"Number {n}?", "goal " * 100, minutes=n) for n in range(100)]
        await database.store(lambda db: index_slice(db, 2_000))
        found = {hit.turn_id for hit in await archive.hits("goal")}
        assert turns[-1].id in found
        assert turns[0].id not in found
        assert await archive.index(2_000) > 10
        assert {hit.turn_id for hit in await archive.hits("goal", limit=200)} == {turn.id for turn in turns}
        assert await archive.count("SELECT count(*) FROM search_shards") > 10
        await check_index(archive)


async def test_a_giant_answer_is_indexed_in_several_slices(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as database:
        archive = Archive(database)
        archive.turn(archive.session(), "", " ".join(f"w{n}" for n in range(60_000)))
        sizes = []
        while await database.fetch(has_work):
            await database.store(index_slice)
            sizes.append(await archive.count(ROWS))
        assert max(after - before for before, after in zip([0, *sizes], sizes, strict=False)) == 1
        assert len(await archive.hits("w59999")) == 1


async def test_a_slice_that_fails_is_done_again_and_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        archive = Archive(database)
        session = archive.session("Goal")
        for number in range(20):
            archive.turn(session, f"Goal {number}?", "A goal.")
        await archive.check()

        def dies(db: sqlite3.Connection) -> None:
            index_slice(db, 200)
            raise KeyboardInterrupt

        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                await database.store(dies)
            await database.store(lambda db: index_slice(db, 200))
    async with opened(path) as database:
        archive = Archive(database)
        await archive.index(200)
        assert await archive.count(ROWS) == 40
        assert len(await archive.hits("goal", limit=100)) == 41
        await check_index(archive)


# -- shards made anew --------------------------------------------------------------------------------


async def test_shards_are_made_anew_while_more_is_said_and_deleted(small_shards: None) -> None:
    async with opened(None) as database:
        archive = Archive(database)
        sessions = [archive.session() for _ in range(12)]
        for session in sessions:
            for number in range(5):
                archive.turn(session, f"Goal {number}", "goal " * 20)
        await archive.index()
        gone = {session.id for session in sessions[::2]}
        archive.store.trash_sessions(sorted(gone))
        archive.store.delete_trashed(sorted(gone))
        for round_ in range(30):
            await database.store(lambda db: index_slice(db, 150))
            if round_ == 10:
                archive.turn(sessions[1], "One more goal", "goal")
            if round_ == 20:
                archive.store.trash_sessions([sessions[3].id])
                archive.store.delete_trashed([sessions[3].id])
            expected = {session.id for session in sessions[1::2]} - (
                {sessions[3].id} if round_ >= 20 else set()
            )
            assert await ids_found(archive, "goal") == expected
        await archive.index(150)
        assert await ids_found(archive, "goal") == expected
        assert await archive.count(ROWS) == 52
        assert await archive.count(DEAD + " WHERE dead * 8 > size") == 0
        await check_index(archive)
        await archive.check()


async def test_an_emptied_index_leaves_no_tables_and_is_used_again() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        session = archive.session("Goal")
        archive.turn(session, "Goal?", "A goal.")
        await archive.index()
        archive.store.trash_sessions([session.id])
        archive.store.delete_trashed([session.id])
        await archive.index()
        assert await archive.count("SELECT count(*) FROM search_shards") == 0
        await check_index(archive)
        archive.turn(archive.session(), "Goal?", "Another goal.")
        await archive.index()
        assert [hit.snippet for hit in await archive.hits("another")] == ["Another goal."]


# -- databases from before ----------------------------------------------------------------------------


def write_old(path: Path, version: int, write: Callable[[sqlite3.Connection], None]) -> None:
    db = sqlite3.connect(path)
    for script in MIGRATIONS[:version]:
        db.executescript(script)
    db.execute(f"PRAGMA user_version = {version}")
    with db:
        write(db)
    db.close()


@pytest.mark.parametrize("version", [1, 2])
async def test_a_database_from_before_the_index_is_indexed_bit_by_bit(
    version: int, tmp_path: Path, small_shards: None
) -> None:
    path = tmp_path / "sessions.db"
    saved = msgspec.json.encode(
        answer_of(*call("find", "{}", "a step"), message("The goal [00:10].")).saved()
    )

    def write(db: sqlite3.Connection) -> None:
        for number in range(8):
            when = WHEN.replace(minute=number).isoformat()
            db.execute(
                "INSERT INTO sessions (id, connection_id, created_at, updated_at, title) VALUES (?,?,?,?,?)",
                (f"s{number}", "c", when, when, f"Title {number}"),
            )
            for position in range(5):
                turn = f"t{number}.{position}"
                db.execute(
                    OLD_TURN,
                    (turn, f"s{number}", position, "Which goal?", '{"question":"","store_id":""}', when),
                )
                db.execute(
                    "INSERT INTO attempts (id, turn_id, number, state, owner, answer) VALUES (?,?,1,?,?,?)",
                    (f"a{number}.{position}", turn, AttemptState.COMPLETED.value, "me", saved.decode()),
                )

    write_old(path, version, write)
    async with opened(path) as database:
        archive = Archive(database)
        assert await archive.count(ROWS) == 0
        assert await archive.count("SELECT count(*) FROM search_shards") == 0
        while await archive.count("SELECT count(*) FROM unindexed"):
            await database.store(index_slice)
        assert len(await archive.hits("title")) == 8
        await database.store(lambda db: index_slice(db, 60))
        assert await ids_found(archive, "goal") == {"s7"}
        archive.turn((await archive.store.sessions())[-1], "A new goal?", "x")
    for _ in range(200):  # as if killed after every slice
        async with opened(path) as database:
            archive = Archive(database)
            await database.store(lambda db: index_slice(db, 60))
            if not await database.fetch(has_work):
                break
    async with opened(path) as database:
        archive = Archive(database)
        assert await archive.count(ROWS) == 8 * 5 * 3 + 2
        hits = await archive.hits("goal", limit=200)
        assert len(hits) == 81
        assert len(await archive.hits("step", limit=200)) == 40
        assert len(await archive.hits("goal", limit=200, with_citations=True)) == 80
        newest = await archive.hits(limit=7, store_id="")
        assert newest == []
        await check_index(archive)


async def test_a_session_deleted_before_it_was_indexed_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"

    def write(db: sqlite3.Connection) -> None:
        for number in range(2):
            when = WHEN.replace(minute=number).isoformat()
            db.execute(
                "INSERT INTO sessions (id, connection_id, created_at, updated_at, trashed_at) "
                "VALUES (?,?,?,?,?)",
                (f"s{number}", "c", when, when, when),
            )
            db.execute(
                "INSERT INTO turns (id, session_id, position, question, ask, asked_at) VALUES (?,?,0,?,?,?)",
                (f"t{number}", f"s{number}", "A goal?", '{"question":"","store_id":""}', when),
            )

    write_old(path, 2, write)
    async with opened(path) as database:
        archive = Archive(database)
        archive.store.delete_trashed(["s1"])
        archive.store.trash_sessions(["s0"], is_trashed=False)
        await archive.index()
        assert await ids_found(archive, "goal") == {"s0"}
        assert await archive.count("SELECT count(*) FROM search_sessions") == 1
        assert await database.fetch(lambda db: rows.session(db, "s1")) is None


# -- damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["'{bad'", "CAST(x'7bff' AS TEXT)", "'[]'"])
async def test_a_damaged_answer_keeps_no_other_from_being_found(
    damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(None) as database:
        archive = Archive(database)
        session = archive.session()
        turn = archive.turn(session, "Goal?", "A goal.")
        archive.turn(session, "More?", "Another goal.")
        sql = f"UPDATE attempts SET answer = {damage} WHERE turn_id = ?"
        await database.store(lambda db: db.execute(sql, (turn.id,)))
        await archive.index()
        assert await archive.found("goal") == [ANSWER, QUESTION]
        assert await database.fetch(lambda db: rows.detail(db, session.id)) is not None
    assert "can't be read" in caplog.text


async def test_a_damaged_question_keeps_no_other_from_being_found() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        session = archive.session()
        turn = archive.turn(session, "Goal?", "A goal.")
        archive.turn(session, "Another goal?", "")
        sql = "UPDATE turns SET question = CAST(x'676f616cff' AS TEXT) WHERE id = ?"
        await database.store(lambda db: db.execute(sql, (turn.id,)))
        await archive.index()
        assert await archive.found("goal") == [ANSWER, QUESTION, QUESTION]
        assert len(await archive.hits(store_id="ks_1")) == 2


async def test_an_index_begun_anew_finds_the_same(small_shards: None) -> None:
    async with opened(None) as database:
        archive = Archive(database)
        for number in range(20):
            archive.turn(archive.session(f"Goal {number}"), "Goal?", "A goal [00:10].", minutes=number)
        await archive.index()
        before = set(await archive.hits("goal", limit=200))
        archive.turn(archive.session(), "Not yet?", "The last goal.", minutes=99)
        await database.store(begin_anew)
        assert await archive.count("SELECT count(*) FROM search_documents") == 0
        await archive.index()
        found = set(await archive.hits("goal", limit=200))
        assert before < found
        assert len(found - before) == 1
        assert len(await archive.hits("goal", limit=200, with_citations=True)) == 40
        await check_index(archive)


async def test_what_an_import_puts_between_unindexed_turns_hides_none_of_them(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"

    def write(db: sqlite3.Connection) -> None:
        when = WHEN.isoformat()
        db.execute(
            "INSERT INTO sessions (id, connection_id, created_at, updated_at) VALUES ('s','c',?,?)",
            (when, when),
        )
        for position in range(10):
            asked = WHEN.replace(minute=position + 10).isoformat()
            ask = '{"question":"","store_id":""}'
            db.execute(OLD_TURN, (f"t{position}", "s", position, f"Goal {position}?", ask, asked))

    write_old(path, 2, write)
    async with opened(path) as database:
        archive = Archive(database)
        while not await archive.count(ROWS):
            await database.store(lambda db: index_slice(db, 20))
        session = (await archive.store.sessions())[0]
        assert 0 < len(await archive.hits("goal")) < 5
        earlier = [
            Turn(f"new{n}", "s", n, Ask(f"Goal, new {n}?", ""), WHEN.replace(minute=n)) for n in range(6)
        ]
        received = await database.store(lambda db: receive(db, session, earlier))
        assert received.turns == 6
        await archive.index(20)
        assert {hit.turn_id for hit in await archive.hits("goal")} == {
            *(f"t{n}" for n in range(10)),
            *(f"new{n}" for n in range(6)),
        }
        assert await archive.count(ROWS) == 16
