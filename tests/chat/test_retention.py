"""Sessions that are not used go into the trash when the settings say so, and no others."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.support import a_session, a_turn, opened
from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.retention import Retention
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import TracksideError
from trackside.domain.session import now
from trackside.domain.settings import Settings
from trackside.protocol.retry import RetryPolicy
from trackside.storage.database import Database
from trackside.storage.importing import receive
from trackside.storage.journal import Journal
from trackside.storage.sessions import SessionStore
from trackside.storage.settings import LoadedSettings


async def nobody(_: str) -> Any:
    raise AssertionError("nothing is asked here")


@dataclass
class World:
    database: Database
    store: SessionStore
    preferences: Preferences
    library: SessionLibrary
    retention: Retention
    moved: list[str] = field(default_factory=list)

    async def kept(self, **ages: int | tuple[int, dict[str, Any]]) -> None:
        """Sessions by their ids, last changed so many days ago, some with other facts."""
        for id_, age in ages.items():
            days, facts = age if isinstance(age, tuple) else (age, {})
            time = now() - timedelta(days=days, minutes=5)
            self.store.add_session(a_session(id=id_, created_at=time, updated_at=time, **facts))
        await self.library.load()
        await self.library.load_rest()

    @property
    def listed(self) -> set[str]:
        return {session.id for session in self.library.sessions}


@asynccontextmanager
async def a_world(path: Path, days: int = 90) -> AsyncIterator[World]:
    async with opened(path / "sessions.db") as database:
        store = SessionStore(database, "me")
        runner = TurnRunner(store, RetryPolicy, Journal)
        preferences = Preferences(LoadedSettings(Settings(retention_days=days)))
        library = SessionLibrary(store, runner, nobody)
        retention = Retention(database, preferences, library)
        world = World(database, store, preferences, library, retention)
        retention.moved.connect(world.moved.extend)
        try:
            yield world
        finally:
            await retention.aclose()
            await runner.aclose()


async def test_unused_ones_go_and_pinned_ones_stay(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(
            old=91, young=89, pinned=(400, {"pinned": True}), tagged=(100, {"tags": ("a",)}), ancient=1_000
        )
        assert await world.retention.count(90) == 3
        assert await world.retention.count(0) == 0
        moved = await world.retention.sweep(is_sure=True)
        assert sorted(moved) == sorted(world.moved) == ["ancient", "old", "tagged"]
        assert world.listed == {"young", "pinned"}
        assert {s.id for s in world.library.trashed.sessions} == {"old", "tagged", "ancient"}
        assert await world.retention.sweep(is_sure=True) == []


async def test_never_means_never(tmp_path: Path) -> None:
    async with a_world(tmp_path, days=0) as world:
        await world.kept(ancient=5_000)
        assert await world.retention.sweep(is_sure=True) == []
        assert world.listed == {"ancient"}


async def test_what_comes_back_or_is_looked_at_counts_as_used(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(seen=100, undone=100, other=100)
        world.preferences.change(session_id="seen")
        await world.retention.aclose()  # it is noted at the latest now
        assert sorted(await world.retention.sweep(is_sure=True)) == ["other", "undone"]
        world.library.restore(["undone"])
        await world.retention.aclose()
        assert await world.retention.sweep(is_sure=True) == []
        assert world.listed == {"seen", "undone"}
        assert world.library.sessions[0].updated_at < now() - timedelta(days=99), "it moves nowhere"


async def test_what_has_just_come_back_or_been_left_stays(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(undone=100, left=100, before=100)
        world.library.trash(["undone"])
        world.library.restore(["undone"])
        assert await world.retention.count(90) == 2
        assert sorted(await world.retention.sweep(is_sure=True)) == ["before", "left"]


async def test_one_that_was_open_for_long_is_not_due_when_it_is_left(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(left=100, next=100)
        world.preferences.change(session_id="left")
        await world.retention.count(90)
        long_ago = (now() - timedelta(days=95)).isoformat()
        await world.database.store(lambda db: db.execute("UPDATE session_uses SET used_at = ?", (long_ago,)))
        world.preferences.change(session_id="next")
        assert await world.retention.sweep(is_sure=True) == []


async def test_a_shown_session_stays(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(shown=100, other=100)
        session = await world.library.open("shown")
        assert session is not None
        session.set_shown(True)
        assert await world.retention.sweep(is_sure=True) == ["other"]


async def test_an_imported_session_has_its_time_from_the_import_on(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        time = now() - timedelta(days=300)
        session = a_session(id="imported", updated_at=time)
        await world.database.store(lambda db: receive(db, session, [a_turn(session)]))
        await world.kept()
        assert await world.retention.sweep(is_sure=True) == []


async def test_by_itself_it_waits_until_the_clock_is_proved(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(old=95, young=80)
        present = now()
        assert await world.retention.sweep(present=present) == []
        assert await world.retention.sweep(present=present + timedelta(days=1)) == []
        assert await world.retention.sweep(present=present + timedelta(days=2)) == ["old"]


async def test_a_clock_that_was_far_ahead_for_a_day_moves_nothing(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(fresh=1)
        present = now()
        for day in (0, 1, 2, 4_000):
            assert await world.retention.sweep(present=present + timedelta(days=day)) == []
        assert world.listed == {"fresh"}


async def test_switching_it_on_moves_at_once(tmp_path: Path) -> None:
    async with a_world(tmp_path, days=0) as world:
        await world.kept(old=95, young=1)
        world.preferences.change(retention_days=90)
        while not world.moved:
            await world.store.sessions()
        assert world.listed == {"young"}


async def test_a_database_that_is_held_keeps_all_where_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world(tmp_path) as world:
        await world.kept(old=95)
        with closing(sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)) as other:
            world.database.bare(lambda db: db.execute("PRAGMA busy_timeout = 10").fetchone()).result()
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TracksideError):
                await world.retention.sweep()
            world.retention.begin()
            async with asyncio.timeout(10):
                while "unused sessions stay" not in caplog.text:
                    await world.store.sessions()
            other.execute("ROLLBACK")
        assert world.listed == {"old"}
