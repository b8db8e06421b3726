"""Backups while the program runs: made off the loop, told once when they fail, and back from one."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from storage.support import a_session, a_turn, created, delta, opened
from trackside.chat import backups as backups_module
from trackside.chat.backups import Backups
from trackside.domain.backup import BackupKind
from trackside.domain.failure import Failure, TracksideError
from trackside.domain.turn import AttemptState
from trackside.storage import backup as backup_module
from trackside.storage.backup_folder import BackupFolder
from trackside.storage.database import Database
from trackside.storage.journal import Journal
from trackside.storage.owners import Owner
from trackside.storage.sessions import SessionStore


@dataclass
class Kept:
    """A database with its backups, and what they told."""

    root: Path
    database: Database
    store: SessionStore
    owner: Owner
    backups: Backups
    told: list[Failure] = field(default_factory=list)
    changes: list[None] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [backup.path.name for backup in BackupFolder(self.root / "backups").backups()]

    async def add(self, title: str) -> None:
        session = a_session(title=title)
        self.store.add_turn(session, {}, a_turn(session))
        await self.store.session(session.id)

    async def titles(self) -> list[str]:
        work = "SELECT title FROM sessions ORDER BY rowid"
        return await self.database.fetch(lambda db: [title for (title,) in db.execute(work)])


@asynccontextmanager
async def a_place(root: Path, token: str = "me") -> AsyncIterator[Kept]:
    async with opened(root / "sessions.db", busy_timeout_s=0.1) as database:
        owner = Owner(root / "instances", token)
        backups = Backups(database, owner, root / "backups")
        place = Kept(root, database, SessionStore(database, token), owner, backups)
        backups.failed.connect(place.told.append)
        backups.changed.connect(lambda: place.changes.append(None))
        try:
            yield place
        finally:
            await backups.aclose()
            owner.release()


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with a_place(tmp_path) as place:
        yield place


def no_room(monkeypatch: pytest.MonkeyPatch, free: int = 0) -> None:
    usage = backup_module.shutil.disk_usage("/")._replace(free=free)  # type: ignore[attr-defined]
    monkeypatch.setattr(backup_module.shutil, "disk_usage", lambda _: usage)  # type: ignore[attr-defined]


# -- each day ---------------------------------------------------------------------------------------


async def test_the_days_backup_is_made_after_a_while_and_looked_for_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups_module, "_FIRST_S", 0.01)
    monkeypatch.setattr(backups_module, "_EVERY_S", 0.01)
    kept.backups.begin()
    await kept.add("One")
    async with asyncio.timeout(5):
        while not kept.changes:  # noqa: ASYNC110 -- as its user would
            await asyncio.sleep(0.01)
    assert len(kept.names) == 1
    for file in (kept.root / "backups").glob("*.db"):
        # As if it had been made on another day, while the machine slept.
        file.rename(file.with_name("sessions-2001-01-01.db"))
    await kept.add("Two")
    async with asyncio.timeout(5):
        while len(kept.names) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert kept.told == []


async def test_a_failure_is_told_once_until_it_works_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.add("One")
    with monkeypatch.context() as full:
        no_room(full)
        for _ in range(3):
            await kept.backups.look_at_the_day()
        (failure,) = kept.told
        assert "no room for a backup" in failure.headline
        assert "The earlier backups are kept" in failure.advice
    await kept.backups.look_at_the_day()
    assert len(kept.names) == 1
    (kept.root / "backups" / kept.names[0]).unlink()
    no_room(monkeypatch)
    await kept.backups.look_at_the_day()
    assert len(kept.told) == 2


async def test_damage_that_a_backup_finds_is_told_and_looked_into_at_the_next_start(
    tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("set aside")
    async with a_place(tmp_path) as kept:
        for number in range(40):
            await kept.add(f"{number} " * 2_000)
    with (tmp_path / "sessions.db").open("r+b") as file:
        file.seek(60 * 4096)
        file.write(b"\xa5" * 20 * 4096)
    async with a_place(tmp_path) as kept:
        await kept.backups.look_at_the_day()
        (failure,) = kept.told
        assert "damaged, so no backup was made" in failure.headline
        assert kept.names == []
    async with a_place(tmp_path) as kept:
        assert kept.database.set_aside is not None


async def test_ending_gives_up_what_is_under_way(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_module, "_STEP_PAGES", 1)
    monkeypatch.setattr(backups_module, "_FIRST_S", 0.0)
    for number in range(40):
        await kept.add(f"{number} " * 2_000)
    kept.backups.begin()
    await asyncio.sleep(0.002)
    await kept.backups.aclose()
    assert not list((kept.root / "backups").glob(".sessions-*"))
    assert kept.told == []


# -- by hand ----------------------------------------------------------------------------------------


async def test_one_by_hand_and_what_is_listed(kept: Kept) -> None:
    await kept.add("One")
    await kept.add("Two")
    backup = await kept.backups.back_up_now()
    found = await kept.backups.kept()
    (entry,) = found.backups
    assert (entry.backup, entry.session_count) == (backup, 2)
    assert found.backup_bytes == backup.size_bytes
    assert found.database_bytes >= backup.size_bytes
    assert len(kept.changes) == 1
    assert await kept.backups.latest() == backup


async def test_nothing_is_kept_in_memory() -> None:
    async with opened(None) as database:
        backups = Backups(database, Owner(None, "me"), None)
        backups.begin()
        assert not backups.is_possible
        with pytest.raises(TracksideError, match="Nothing of this run is kept"):
            await backups.back_up_now()
        assert await backups.latest() is None
        await backups.aclose()


async def test_keys_are_no_part_of_it(kept: Kept, data_paths: Any) -> None:
    """What lies beside the database stays there."""
    for name in ("settings.json", "keys.json", ".env"):
        (kept.root / name).write_text("tlk_ThisKeyMustNotTravel")
    await kept.add("One")
    backup = await kept.backups.back_up_now()
    assert b"tlk_" not in backup.path.read_bytes()


# -- back -------------------------------------------------------------------------------------------


async def test_restoring_keeps_what_was_there(kept: Kept) -> None:
    await kept.add("Then")
    backup = await kept.backups.back_up_now()
    await kept.add("Later")
    before = await kept.backups.restore(backup)
    assert await kept.titles() == ["Then"]
    assert before is not None
    assert before.kind is BackupKind.BEFORE_RESTORE
    await kept.backups.restore(before)
    assert await kept.titles() == ["Then", "Later"]


async def test_the_oldest_that_was_kept_before_a_restore_can_be_gone_back_to(kept: Kept) -> None:
    await kept.add("Then")
    backup = await kept.backups.back_up_now()
    oldest = None
    for number in range(3):
        await kept.add(f"{number}")
        oldest = oldest or await kept.backups.restore(backup)
    assert oldest is not None
    await kept.backups.restore(backup)
    await kept.backups.restore(oldest)
    assert await kept.titles() == ["Then", "0"]
    assert oldest.path.exists()


async def test_an_empty_database_is_not_kept_before(kept: Kept) -> None:
    await kept.add("Then")
    backup = await kept.backups.back_up_now()
    await kept.database.store(lambda db: db.execute("DELETE FROM sessions"))
    assert await kept.backups.restore(backup) is None
    assert await kept.titles() == ["Then"]


async def test_an_answer_that_ran_while_it_was_made_is_interrupted_afterwards(kept: Kept) -> None:
    """It was this very process that ran it, which is alive."""
    session = a_session()
    turn = a_turn(session)
    attempt = turn.attempts[0]
    kept.store.add_turn(session, {}, turn)
    attempt.move_to(AttemptState.CONNECTING)
    attempt.move_to(AttemptState.STREAMING)
    kept.store.save_attempt(attempt)
    journal = Journal()
    for event in (created(), delta("As far as it came")):
        journal.add(event, attempt.answer)
        attempt.answer.fold(event)
    kept.store.append_journal(attempt.id, 0, journal.take())
    backup = await kept.backups.back_up_now()
    await kept.backups.restore(backup)
    detail = await kept.store.session(session.id)
    assert detail is not None
    (found,) = detail.turns[0].attempts
    assert (found.state, found.answer.text) == (AttemptState.INTERRUPTED, "As far as it came")


async def test_while_another_window_uses_them_nothing_is_restored(kept: Kept) -> None:
    await kept.add("Then")
    backup = await kept.backups.back_up_now()
    await kept.add("Later")
    other = Owner(kept.root / "instances", "another")
    try:
        with pytest.raises(TracksideError, match="Another Trackside uses these sessions"):
            await kept.backups.restore(backup)
    finally:
        other.release()
    assert await kept.titles() == ["Then", "Later"]
    await kept.backups.restore(backup)


async def test_without_room_for_what_is_there_nothing_is_restored(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.add("Then")
    backup = await kept.backups.back_up_now()
    await kept.add("Later")
    no_room(monkeypatch)
    with pytest.raises(TracksideError, match="no room for a backup"):
        await kept.backups.restore(backup)
    assert await kept.titles() == ["Then", "Later"]


async def test_what_could_not_be_saved_is_saved_before_or_nothing_is_restored(kept: Kept) -> None:
    await kept.add("Then")
    backup = await kept.backups.back_up_now()
    with closing(sqlite3.connect(kept.root / "sessions.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        kept.store.add_session(a_session(title="Waiting"))
        with pytest.raises(TracksideError, match="Another program holds"):
            await kept.backups.restore(backup)
        other.execute("ROLLBACK")
    before = await kept.backups.restore(backup)
    assert before is not None
    with closing(sqlite3.connect(before.path)) as copy:
        assert copy.execute("SELECT title FROM sessions ORDER BY rowid").fetchall() == [
            ("Then",),
            ("Waiting",),
        ]


async def test_one_that_another_process_makes_meanwhile_is_said(kept: Kept) -> None:
    await kept.add("One")
    with (
        BackupFolder(kept.root / "backups").held(),
        pytest.raises(TracksideError, match="Another Trackside makes a backup"),
    ):
        await kept.backups.back_up_now()
    await kept.backups.back_up_now()


async def test_the_programs_end_is_no_failure_of_a_restore(kept: Kept) -> None:
    await kept.add("One")
    backup = await kept.backups.back_up_now()
    kept.backups._is_ending.set()
    with pytest.raises(asyncio.CancelledError):
        await kept.backups.restore(backup)
    assert await kept.titles() == ["One"]
