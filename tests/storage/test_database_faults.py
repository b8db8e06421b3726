"""What befalls the database: a full disk, a read-only one, a program that holds it for long, a cut log."""

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.support import a_session, a_turn, opened
from trackside.domain.failure import TracksideError
from trackside.storage import database as database_module
from trackside.storage.database import Database
from trackside.storage.sessions import SessionStore

_LINUX_ROOT = sys.platform == "linux" and not os.geteuid()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, where the system lets us have one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if not _LINUX_ROOT or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 -- anything else is no full disk


def remount(place: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True)


async def until_saved(database: Database) -> None:
    async with asyncio.timeout(10):
        while database.unsaved:  # noqa: ASYNC110 -- it tries by itself
            await asyncio.sleep(0.01)


async def titles(database: Database) -> list[str]:
    return await database.fetch(
        lambda db: [title for (title,) in db.execute("SELECT title FROM sessions ORDER BY rowid")]
    )


async def test_what_a_full_disk_held_up_is_saved_once_there_is_room(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_AGAIN_S", 0.02)
    told: list[BaseException] = []
    async with opened(small_disk / "sessions.db") as database:
        store = SessionStore(database, "me")
        store.on_failure = told.append
        store.add_session(a_session(title="Before"))
        await store.session("")
        ballast = small_disk / "ballast"
        fill(ballast)
        session = a_session(title="While it was full", draft="x" * 100_000)
        store.add_turn(session, {}, a_turn(session))
        store.update_session(session.id, {"title": "And then"})
        assert await titles(database) == ["Before"]
        assert database.unsaved == 2
        assert "disk is full" in str(told[0])
        ballast.unlink()
        await until_saved(database)
        assert await titles(database) == ["Before", "And then"]
    assert len(told) == 1, "it is told once"


async def test_what_a_disk_that_became_read_only_held_up_is_saved_when_it_can_be_written(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is open for writing keeps a disk from becoming read-only, so SQLite alone is told so."""
    monkeypatch.setattr(database_module, "_AGAIN_S", 0.02)
    async with opened(small_disk / "sessions.db") as database:
        store = SessionStore(database, "me")
        await asyncio.wrap_future(database.bare(lambda db: db.execute("PRAGMA query_only = ON").fetchone()))
        saving = store.add_session(a_session(title="Held up"))
        with pytest.raises(TracksideError, match="can't be written"):
            await asyncio.wrap_future(saving)
        await asyncio.wrap_future(database.bare(lambda db: db.execute("PRAGMA query_only = OFF").fetchone()))
        await until_saved(database)
        assert await titles(database) == ["Held up"]


async def test_a_disk_that_is_read_only_at_the_start_is_told_and_left_alone(small_disk: Path) -> None:
    path = small_disk / "sessions.db"
    async with opened(path) as database:
        store = SessionStore(database, "me")
        store.add_session(a_session())
        await store.session("")
    before = path.read_bytes()
    remount(small_disk, "ro")
    try:
        database = Database(path)
        with pytest.raises(TracksideError, match=r"can't be written\. Mend its permissions"):
            await database.opened()
        database.close()
        assert path.read_bytes() == before
    finally:
        remount(small_disk, "rw")


HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
db.execute("COMMIT")
"""


async def test_saves_wait_for_a_program_that_holds_it_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_AGAIN_S", 0.02)
    path = tmp_path / "sessions.db"
    told: list[BaseException] = []
    async with opened(path, busy_timeout_s=0.01) as database:
        store = SessionStore(database, "me")
        store.on_failure = told.append
        holder = subprocess.Popen(  # noqa: ASYNC220 -- a moment
            [sys.executable, "-c", HOLDER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with holder:
            assert holder.stdin is not None
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            for number in range(3):
                store.add_session(a_session(title=str(number)))
            assert await titles(database) == [], "reading goes on"
            await asyncio.sleep(0.1)
            assert database.unsaved == 3
            holder.stdin.write("\n")
            holder.stdin.flush()
            await until_saved(database)
        assert await titles(database) == ["0", "1", "2"]
    assert ["Another program holds" in str(error) for error in told] == [True]


async def test_a_log_that_was_cut_takes_no_more_than_what_it_ends_in(tmp_path: Path) -> None:
    """After a power cut the log may end in the middle of a commit: what was committed before stands."""
    path = tmp_path / "sessions.db"
    async with opened(path) as database:
        store = SessionStore(database, "me")
        for number in range(5):
            store.add_session(a_session(title=str(number)))
        await store.session("")
        copy = tmp_path / "cut" / "sessions.db"
        copy.parent.mkdir()
        copy.write_bytes(path.read_bytes())
        log = path.with_name("sessions.db-wal").read_bytes()
        copy.with_name("sessions.db-wal").write_bytes(log[:-2000])
    async with opened(copy) as database:
        found = await titles(database)
        assert found == [str(number) for number in range(len(found))]
        assert len(found) >= 3
        assert database.set_aside is None
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
