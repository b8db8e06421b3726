"""Marks of processes: held while they live, free when they die."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from trackside.storage.owners import Owner

HOLDER = """
import sys
from pathlib import Path
from trackside.storage.owners import Owner
owner = Owner(Path(sys.argv[1]), "other")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_mark_lives_as_long_as_its_process(tmp_path: Path) -> None:
    owner = Owner(tmp_path / "instances", "me")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "instances")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        assert owner.is_alive("other")
        assert owner.is_alive("me")
        process.kill()
        process.wait()
    assert not owner.is_alive("other")
    assert not owner.is_alive("other")
    assert not (tmp_path / "instances" / "other.lock").exists()
    owner.release()
    owner.release()
    assert list((tmp_path / "instances").iterdir()) == []


def test_a_mark_is_private(tmp_path: Path) -> None:
    owner = Owner(tmp_path / "instances", "me")
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "instances").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "instances" / "me.lock").stat().st_mode) == 0o600
    owner.release()


def test_a_mark_is_given_once(tmp_path: Path) -> None:
    owner = Owner(tmp_path, "me")
    with pytest.raises(OSError):
        Owner(tmp_path, "me")
    other = Owner(tmp_path, "you")
    assert other.is_alive("me")
    owner.release()
    assert not other.is_alive("me")
    other.release()


def test_where_nothing_can_be_written_only_this_process_lives(tmp_path: Path) -> None:
    owner = Owner(None, "me")
    assert owner.is_alive("me")
    assert not owner.is_alive("other")
    owner.release()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileExistsError):
        Owner(tmp_path / "file", "me")
