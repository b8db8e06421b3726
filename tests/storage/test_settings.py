"""settings.json: what was set comes back, what isn't ours stays, and what is broken is named."""

import json
import os
import stat
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from trackside.domain.connection import Connection, ExtraHeader, ProxyChoice
from trackside.domain.settings import Density, Settings, ThemeChoice
from trackside.storage.settings import load_settings, save_settings
from trackside.storage.settings_update import update_settings

CHANGED = Settings(
    theme=ThemeChoice.DARK,
    zoom=125,
    enter_sends=False,
    font_family="Inter",
    density=Density.COMPACT,
    reduced_motion=True,
    spell_check=True,
    follow_answers=False,
    steps_by_default=True,
    silence_limit_s=42.5,
    automatic_retries=1,
    trash_days=7,
    retention_days=365,
    backups_kept=3,
    allow_plaintext_keyring=True,
    shortcuts={"new": "Ctrl+Shift+N"},
    notify_long_answers=False,
    notify_after_s=60.0,
    language="de",
    sidebar_visible=False,
    inspector_visible=False,
    inspector_tab=3,
    window_width=900,
    window_height=700,
    window_maximized=True,
    connection_id="sandbox",
    connections=(
        Connection(
            "twelvelabs",
            "Work",
            "https://example.com/v1.3",
            model="jockey1.0",
            headers=(ExtraHeader("X-Team", "films"), ExtraHeader("X-Gate", is_secret=True)),
            connect_timeout_s=5.0,
            silence_limit_s=60.0,
            proxy=ProxyChoice.MANUAL,
            proxy_url="http://proxy.lan:3128",
            proxy_user="anna",
            ca_file="/etc/ca.pem",
            allow_plain_http=True,
        ),
        Connection("b", "Private", "https://example.org/v1.3"),
    ),
    session_id="abc",
    export_format="edl",
    export_frame_rate="29.97df",
)


def written(path: Path, values: Any) -> Path:
    path.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
    return path


def test_everything_that_can_be_set_comes_back(tmp_path: Path) -> None:
    assert all(getattr(CHANGED, f.name) != getattr(Settings(), f.name) for f in fields(Settings))
    save_settings(tmp_path / "settings.json", CHANGED, {})
    loaded = load_settings(tmp_path / "settings.json")
    assert (loaded.settings, loaded.foreign, loaded.problem) == (CHANGED, {}, "")


def test_without_a_file_the_defaults_apply_and_nothing_is_said(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path / "settings.json")
    assert (loaded.settings, loaded.problem) == (Settings(), "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_is_kept(tmp_path: Path) -> None:
    foreign = {"future": {"deep": [1, None, "é"]}, "half": "\ud83c"}
    path = written(tmp_path / "settings.json", {"zoom": 150, **foreign})
    loaded = load_settings(path)
    assert (loaded.settings.zoom, loaded.problem) == (150, "")
    save_settings(path, CHANGED, loaded.foreign)
    again = load_settings(path)
    assert (again.settings, again.foreign) == (CHANGED, foreign)


def test_the_file_can_be_read_by_a_person_and_holds_no_key(tmp_path: Path) -> None:
    save_settings(tmp_path / "settings.json", CHANGED, {"note": "Grüße"})
    text = (tmp_path / "settings.json").read_text(encoding="utf-8")
    assert "Grüße" in text
    assert text.count("\n") > 15
    assert "api_key" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such permissions")
def test_the_file_is_private(tmp_path: Path) -> None:
    save_settings(tmp_path / "settings.json", CHANGED, {})
    assert stat.S_IMODE((tmp_path / "settings.json").stat().st_mode) == 0o600


def test_an_editor_s_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"zoom": 150}', encoding="utf-8-sig")
    loaded = load_settings(path)
    assert (loaded.settings.zoom, loaded.problem) == (150, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("theme", ["dark"]),
        ("theme", None),
        ("zoom", 79),
        ("zoom", 201),
        ("zoom", "100"),
        ("zoom", 100.5),
        ("zoom", True),
        ("enter_sends", 1),
        ("enter_sends", "yes"),
        ("silence_limit_s", 0),
        ("silence_limit_s", -5),
        ("silence_limit_s", True),
        ("silence_limit_s", "300"),
        ("silence_limit_s", 1e300),
        ("inspector_tab", -1),
        ("inspector_tab", 4),
        ("window_width", 0),
        ("window_height", 10**30),
        ("automatic_retries", 11),
        ("shortcuts", {"new": 1}),
        ("connection_id", None),
        ("session_id", {}),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: object, tmp_path: Path) -> None:
    path = written(tmp_path / "settings.json", {"export_format": "kept", name: value})
    loaded = load_settings(path)
    assert loaded.settings == Settings(export_format="kept")
    assert loaded.problem.endswith(f": {name}.")
    assert path.exists()


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN"])
def test_no_number_at_all_is_refused_too(number: str, tmp_path: Path) -> None:
    path = written(tmp_path / "settings.json", f'{{"silence_limit_s": {number}}}')
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert "silence_limit_s" in loaded.problem


def test_all_refused_values_are_named_at_once(tmp_path: Path) -> None:
    loaded = load_settings(written(tmp_path / "settings.json", {"zoom": 1, "theme": 2, "export_format": "m"}))
    assert "zoom, theme" in loaded.problem


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"7", b"", b"{'zoom': 1}", b'{"zoom": \xff}', b"[" * 100_000, b"\0" * 50]
)
def test_a_broken_file_is_set_aside_and_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == content
    assert aside.name in loaded.problem


def test_a_second_broken_file_does_not_overwrite_the_first(tmp_path: Path) -> None:
    for content in ("{1", "{2", "{3"):
        load_settings(written(tmp_path / "settings.json", content))
    assert {file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == {"{1", "{2", "{3"}


def test_a_file_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    loaded = load_settings(tmp_path / "settings.json")
    assert loaded.settings == Settings()
    assert "can't be read" in loaded.problem


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_while_saving_leaves_the_old_file(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.json"
    save_settings(path, Settings(export_format="old"), {})

    def crash(*_: object) -> None:
        raise OSError("no power")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), crash)
    with pytest.raises(OSError, match="no power"):
        save_settings(path, Settings(export_format="new"), {})
    monkeypatch.undo()
    assert load_settings(path).settings.export_format == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_a_place_that_can_not_be_written_raises(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="directory"):
        save_settings(tmp_path / "file" / "settings.json", CHANGED, {})


@pytest.mark.skipif(os.name != "posix", reason="pipes have no path there")
def test_a_pipe_in_its_place_holds_nothing_up(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    os.mkfifo(path)
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert "no ordinary file" in loaded.problem


def test_there_are_bounds_to_what_is_taken_from_a_hostile_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    refused = [{"id": "x" * 100_000}, *({"id": 5} for _ in range(1_000))]
    entries = [*refused, *({"id": f"c{n}"} for n in range(300))]
    path.write_text(json.dumps({"connections": entries}), encoding="utf-8")
    loaded = load_settings(path)
    assert [one.id for one in loaded.settings.connections] == [f"c{n}" for n in range(200)]
    assert len(loaded.problem) < 400
    # What was not taken stays in the file all the same.
    update_settings(path, replace(loaded.settings, zoom=110), loaded.settings, loaded.foreign)
    assert json.loads(path.read_bytes())["connections"][-1]["id"] == "c299"


@pytest.mark.parametrize("id_", ["a#proxy", "a\nb", "a\u202eb", "", "sandbox", " \t"])
def test_an_id_that_could_mean_another_entry_is_refused(id_: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"connections": [{"id": id_}]}), encoding="utf-8")
    assert load_settings(path).settings.connections == ()


@pytest.mark.skipif(os.name != "posix", reason="rights are otherwise there")
def test_what_is_set_aside_is_private_too(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{broken", encoding="utf-8")
    path.chmod(0o644)
    assert "set aside" in load_settings(path).problem
    (aside,) = tmp_path.iterdir()
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
