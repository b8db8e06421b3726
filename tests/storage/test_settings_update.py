"""settings.json written again: what was not changed here survives, whoever wrote it."""

import json
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trackside.domain.connection import TWELVELABS, Connection, ExtraHeader
from trackside.domain.settings import Settings, ThemeChoice
from trackside.storage import settings_update
from trackside.storage.file_lock import FileLock
from trackside.storage.settings import load_settings, save_settings
from trackside.storage.settings_update import update_settings

NEWER = {
    "zoom": 150,
    "theme": "sepia",
    "shortcuts": {"fold": "Ctrl+K"},
    "holograms": {"depth": 3},
    "connections": [
        "not even an object",
        {
            "id": "twelvelabs",
            "name": "Work",
            "base_url": "https://example.com/v1.3",
            "proxy": "pac",
            "pac_url": "http://wpad/",
            "headers": [{"name": "X-Team", "value": "films", "scope": "all"}],
        },
        {"id": 7, "name": "numbered"},
        {"id": "twelvelabs", "name": "twice"},
        {"id": "a#proxy", "name": "an account"},
    ],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "settings.json", NEWER)


def written(path: Path, values: Any) -> Path:
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def read(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_a_newer_version_s_file_survives_this_one(path: Path) -> None:
    loaded = load_settings(path)
    assert [one.name for one in loaded.settings.connections] == ["Work"]
    changed = replace(loaded.settings, zoom=80)
    assert update_settings(path, changed, loaded.settings, loaded.foreign) == ""
    values = read(path)
    assert {name: values[name] for name in NEWER if name not in ("zoom", "connections")} == {
        name: value for name, value in NEWER.items() if name not in ("zoom", "connections")
    }
    assert values["zoom"] == 80
    kept, before = values["connections"], NEWER["connections"]
    assert isinstance(before, list)
    assert [kept[0], *kept[2:]] == [before[0], *before[2:]]
    assert kept[1].items() >= before[1].items()
    assert load_settings(path).settings == changed


def test_a_changed_part_of_a_connection_leaves_its_unknown_ones(path: Path) -> None:
    loaded = load_settings(path)
    (before,) = loaded.settings.connections
    headers = (ExtraHeader("X-Team", "series"), ExtraHeader("X-Gate", is_secret=True))
    changed = loaded.settings.with_connection(replace(before, name="Mine", headers=headers))
    update_settings(path, changed, loaded.settings, {})
    entry = read(path)["connections"][1]
    assert (entry["name"], entry["proxy"], entry["pac_url"]) == ("Mine", "pac", "http://wpad/")
    assert entry["headers"] == [
        {"name": "X-Team", "value": "series", "is_secret": False, "scope": "all"},
        {"name": "X-Gate", "value": "", "is_secret": True},
    ]


def test_two_windows_don_t_undo_each_other_s_changes(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    a, b = Connection("a", "A", "https://a.example"), Connection("b", "B", "https://b.example")
    start = Settings(connections=(TWELVELABS, a), shortcuts={"new": "Ctrl+N", "find": "Ctrl+F"})
    save_settings(path, start, {})
    first = replace(start, zoom=80, connections=(replace(TWELVELABS, name="First"), a, b))
    first = replace(first, shortcuts={"new": "Ctrl+1", "find": "Ctrl+F"})
    update_settings(path, first, start, {})
    second = replace(start, theme=ThemeChoice.DARK, connections=(TWELVELABS,), shortcuts={"new": "Ctrl+N"})
    update_settings(path, second, start, {})
    merged = load_settings(path).settings
    assert (merged.zoom, merged.theme) == (80, ThemeChoice.DARK)
    assert merged.connections == (replace(TWELVELABS, name="First"), b)
    assert merged.shortcuts == {"new": "Ctrl+1"}


def test_what_two_windows_write_at_the_same_moment_is_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"

    def write(name: str) -> None:
        settings = Settings()
        for number in range(20):
            before, settings = settings, settings.with_connection(replace(TWELVELABS, id=f"{name}{number}"))
            update_settings(path, settings, before, {})

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(write, "abc"))
    found = {one.id for one in load_settings(path).settings.connections}
    assert found >= {f"{name}{number}" for name in "abc" for number in range(20)}


def test_a_window_that_stands_still_holds_no_other_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_update, "_PATIENCE_S", 0.05)
    held = FileLock(tmp_path / ".settings.lock")
    assert held.take()
    update_settings(tmp_path / "settings.json", Settings(zoom=80), Settings(), {})
    held.release()
    assert load_settings(tmp_path / "settings.json").settings.zoom == 80


def test_one_that_another_window_removed_stays_removed_until_it_is_changed_here(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    a = Connection("a", "A", "https://a.example")
    start = Settings(connections=(TWELVELABS, a))
    save_settings(path, replace(start, connections=(TWELVELABS,)), {})
    update_settings(path, replace(start, zoom=80), start, {})
    assert load_settings(path).settings.connections == (TWELVELABS,)
    changed = start.with_connection(replace(a, name="Mine"))
    update_settings(path, changed, start, {})
    assert load_settings(path).settings.connections == changed.connections


def test_a_new_order_is_kept_around_what_is_not_understood(path: Path) -> None:
    loaded = load_settings(path)
    work = loaded.settings.connections[0]
    b = Connection("b", "B", "https://b.example")
    two = replace(loaded.settings, connections=(work, b))
    update_settings(path, two, loaded.settings, {})
    update_settings(path, replace(two, connections=(b, work)), two, {})
    entries = read(path)["connections"]
    assert [entry["id"] if isinstance(entry, dict) else entry for entry in entries] == [
        "not even an object",
        "b",
        7,
        "twelvelabs",
        "a#proxy",
        "twelvelabs",
    ]
    assert [one.id for one in load_settings(path).settings.connections] == ["b", "twelvelabs"]


def test_a_secret_that_somebody_wrote_into_the_file_goes(tmp_path: Path) -> None:
    header = {"name": "X-Gate", "value": "sesame", "is_secret": True}
    values = {"connections": [{"id": "twelvelabs", "headers": [header]}]}
    path = written(tmp_path / "settings.json", values)
    loaded = load_settings(path)
    assert "sesame" not in repr(loaded.settings)
    update_settings(path, replace(loaded.settings, zoom=80), loaded.settings, {})
    assert "sesame" not in path.read_text(encoding="utf-8")


def test_a_file_from_before_there_were_several_gets_today_s_shape(tmp_path: Path) -> None:
    path = written(tmp_path / "settings.json", {"base_url": "https://example.com/v1.3", "model": "m"})
    loaded = load_settings(path)
    update_settings(path, replace(loaded.settings, zoom=80), loaded.settings, loaded.foreign)
    values = read(path)
    assert "base_url" not in values
    assert (values["connections"][0]["base_url"], values["connections"][0]["model"]) == (
        "https://example.com/v1.3",
        "m",
    )


@pytest.mark.parametrize("found", ["broken", None, {"a": 1}])
def test_connections_that_are_none_stay_until_they_are_changed(found: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "settings.json", {"connections": found})
    loaded = load_settings(path)
    assert loaded.settings.connections == (TWELVELABS,)
    update_settings(path, replace(loaded.settings, zoom=80), loaded.settings, {})
    assert read(path)["connections"] == (found if found is not None else read(path)["connections"])
    changed = loaded.settings.with_connection(replace(TWELVELABS, name="Mine"))
    update_settings(path, changed, loaded.settings, {})
    assert load_settings(path).settings.connections[0].name == "Mine"


def test_a_file_that_broke_meanwhile_is_set_aside_and_named(path: Path) -> None:
    loaded = load_settings(path)
    path.write_text("{half", encoding="utf-8")
    problem = update_settings(path, loaded.settings, loaded.settings, loaded.foreign)
    (aside,) = path.parent.glob("settings.json.*")
    assert aside.read_text(encoding="utf-8") == "{half"
    assert aside.name in problem
    assert load_settings(path).settings == loaded.settings


def test_a_file_that_went_missing_is_made_anew_with_what_was_not_ours(path: Path) -> None:
    loaded = load_settings(path)
    path.unlink()
    update_settings(path, loaded.settings, loaded.settings, loaded.foreign)
    assert read(path)["holograms"] == {"depth": 3}
    assert load_settings(path).settings == loaded.settings


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such permissions")
def test_it_is_private_again_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = written(tmp_path / "real.json", NEWER)
    real.chmod(0o644)
    link = tmp_path / "settings.json"
    link.symlink_to(real)
    loaded = load_settings(link)
    update_settings(link, replace(loaded.settings, zoom=80), loaded.settings, {})
    assert link.is_symlink()
    assert read(real)["zoom"] == 80
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_a_file_too_large_to_be_ours_is_set_aside_unread(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b" " * 8_000_001 + b"{}")
    loaded = load_settings(path)
    assert (loaded.settings, "too large" in loaded.problem) == (Settings(), True)
