"""What we write is its user's alone, also where it was somebody else's to read before."""

import sys
from pathlib import Path

import pytest

from trackside.storage.paths import DataPaths
from trackside.storage.privacy import tighten, too_open

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def wide(tmp_path: Path) -> DataPaths:
    """A data directory that everybody may read, as a careless copy leaves it."""
    root = tmp_path / "data"
    paths = DataPaths(root, root / "logs")
    for folder in (root, paths.log_root, paths.backups, paths.sandbox):
        folder.mkdir()
        folder.chmod(0o755)
    for name in ("sessions.db", "sessions.db-wal", "settings.json", "backups/b.db", "logs/trackside.log.1"):
        (root / name).write_text("x")
        (root / name).chmod(0o644)
    return paths


def test_our_folder_is_closed_with_all_that_is_in_it(wide: DataPaths) -> None:
    assert len(too_open(wide)) == 9
    assert tighten(wide) == ()
    for path in (wide.root, *wide.root.rglob("*")):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_with_other_things_stays_as_it_is_and_is_named(wide: DataPaths) -> None:
    other = wide.root / "holiday.txt"
    other.write_text("not ours")
    other.chmod(0o644)
    assert tighten(wide) == (wide.root,)
    assert (mode(wide.root), mode(other)) == (0o755, 0o644)
    assert mode(wide.database) == 0o600


def test_a_log_folder_elsewhere_is_closed_too(wide: DataPaths, tmp_path: Path) -> None:
    elsewhere = tmp_path / "state"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (elsewhere / "trackside.log").write_text("x")
    (elsewhere / "trackside.log").chmod(0o644)
    paths = DataPaths(wide.root, elsewhere)
    assert tighten(paths) == ()
    assert (mode(elsewhere), mode(elsewhere / "trackside.log")) == (0o700, 0o600)


def test_what_a_link_leads_to_is_not_touched(wide: DataPaths, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("x")
    target.chmod(0o644)
    (wide.backups / "sessions-link.db").symlink_to(target)
    tighten(wide)
    assert mode(target) == 0o644


def test_a_folder_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path / "nowhere", tmp_path / "nowhere" / "logs")
    assert tighten(paths) == ()
    assert not paths.root.exists()
