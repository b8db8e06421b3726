"""Where a person's data lives, and that it is theirs alone."""

import stat
import sys
from pathlib import Path

import pytest

from trackside.domain.failure import FailureKind, TracksideError
from trackside.storage.paths import DATA_DIR_VARIABLE, DataPaths, data_paths


def test_the_chosen_folder_goes_before_the_environment_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "environment"))
    assert data_paths(str(tmp_path / "chosen")).root == tmp_path / "chosen"
    assert data_paths().root == tmp_path / "environment"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert data_paths("~/x").root.is_absolute()
    monkeypatch.chdir(tmp_path)
    assert data_paths("here").database == tmp_path / "here" / "sessions.db"


def test_without_either_the_system_s_place_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE)
    paths = data_paths()
    assert "trackside" in str(paths.root).lower()
    assert paths.log.name == "trackside.log"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such permissions")
def test_new_folders_are_private(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path / "data", tmp_path / "logs")
    paths.create()
    paths.create()
    for folder in (paths.root, paths.log_root):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["data", "logs"])
def test_a_folder_that_can_not_be_made_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("in the way")
    paths = DataPaths(tmp_path / "data" / "deep", tmp_path / "logs" / "deep")
    with pytest.raises(TracksideError) as raised:
        paths.create()
    failure = raised.value.failure
    assert failure.kind is FailureKind.STORAGE
    assert "--data-dir" in failure.advice
