"""Deleting everything: nothing of the user's stays, and a death on the way is made good by the next start."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trackside.startup import open_data
from trackside.storage.erasing import begun, erase, finish_if_begun, finished, mark_of
from trackside.storage.paths import DataPaths

SECRET = "xyzzy-plugh-5309"
OURS = (
    "sessions.db",
    "sessions.db-wal",
    "sessions.db-shm",
    "sessions.db.damaged",
    "sessions.db.broken-20260101-000000",
    ".sessions-abc",
    "settings.json",
    "settings.json.broken-20260101-000000",
    ".settings.json-0123",
    "backups/sessions-2026-01-01.db",
    "backups/.lock",
    "backups/.restoring-x/sessions.db",
    "sandbox/state.json",
    "sandbox/in-use.lock",
    "logs/trackside.log",
    "logs/trackside.log.1",
)
STAYS = ("window.lock", "window.address", "instances/me.lock", "notes of mine.txt", "photos/1.jpg")


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    root = tmp_path / "data"
    for name in (*OURS, *STAYS):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SECRET)
    return DataPaths(root, root / "logs")


def left(paths: DataPaths) -> set[str]:
    """The files that still have something in them."""
    found = (path for path in paths.root.rglob("*") if path.is_file() and path.stat().st_size)
    return {str(path.relative_to(paths.root)) for path in found}


def erased(paths: DataPaths) -> None:
    mark = begun(paths)
    assert mark is not None
    erase(paths)
    finished(paths, mark)


def test_all_that_is_ours_goes_and_nothing_else(paths: DataPaths) -> None:
    erased(paths)
    assert left(paths) == set(STAYS)
    assert paths.log.exists(), "it is open, and goes on from its beginning"
    assert not mark_of(paths).exists()
    assert finish_if_begun(paths) is None


def test_what_a_link_leads_to_stays(paths: DataPaths, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text(SECRET)
    (paths.backups / "link").symlink_to(elsewhere)
    erased(paths)
    assert (elsewhere / "file").read_text() == SECRET
    assert not paths.backups.exists()


_DYING = """
import os, signal, sys
from pathlib import Path
from trackside.storage import erasing
from trackside.storage.paths import DataPaths

root, count = Path(sys.argv[1]), int(sys.argv[2])
unlink = Path.unlink

def dying(path, missing_ok=False):
    global count
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    count -= 1
    unlink(path, missing_ok)

Path.unlink = dying
paths = DataPaths(root, root / "logs")
mark = erasing.begun(paths)
erasing.erase(paths)
erasing.finished(paths, mark)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("count", [0, 1, 4, 9, 15])
def test_a_process_that_was_killed_is_finished_by_the_next_start(
    paths: DataPaths, count: int, expected_log: Any
) -> None:
    expected_log("other users may look into")  # the folder has files of the user's own
    dying = [sys.executable, "-c", _DYING, str(paths.root), str(count)]
    killed = subprocess.run(dying, timeout=30, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert mark_of(paths).exists()
    opened = open_data(paths)
    try:
        assert opened.problem is None
        assert opened.newest is not None
        assert opened.newest.sessions == ()
    finally:
        opened.close()
    assert not mark_of(paths).exists()
    files = [path for path in paths.root.rglob("*") if path.is_file()]
    kept = {str(path.relative_to(paths.root)) for path in files if SECRET.encode() in path.read_bytes()}
    assert kept == set(STAYS)
    assert not paths.settings.exists()


def test_while_another_process_is_at_it_it_is_left_alone(paths: DataPaths) -> None:
    mark = begun(paths)
    assert mark is not None
    assert begun(paths) is None
    assert finish_if_begun(paths) is None
    assert paths.settings.exists()
    mark.release()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may delete anything")
def test_what_cannot_be_deleted_is_told_and_hinders_nothing_else(paths: DataPaths) -> None:
    paths.backups.chmod(0o500)
    mark = begun(paths)
    assert mark is not None
    with pytest.raises(OSError, match="ermission"):
        erase(paths)
    mark.release()
    paths.backups.chmod(0o700)
    assert not paths.database.exists()
    assert finish_if_begun(paths) is None
    assert left(paths) == set(STAYS)


def test_a_refusal_leaves_the_mark_for_the_next_start(
    paths: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "rmdir", refuse)
    error = finish_if_begun(paths)
    assert error is None, "nothing was begun"
    mark = begun(paths)
    assert mark is not None
    mark.release()
    error = finish_if_begun(paths)
    assert isinstance(error, PermissionError)
    assert mark_of(paths).exists()
    assert not paths.database.exists()
    monkeypatch.undo()
    assert finish_if_begun(paths) is None
    assert left(paths) == set(STAYS)
