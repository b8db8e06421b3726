"""The settings in use: applied at once, saved soon, and never lost at the end."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from chat.support import soon
from trackside.chat import preferences as preferences_module
from trackside.chat.preferences import Preferences, saver
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.settings import Settings, ThemeChoice
from trackside.storage.settings import LoadedSettings, load_settings


async def test_a_change_applies_at_once_and_is_saved_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    preferences = Preferences(LoadedSettings(), saver(path, LoadedSettings(foreign={"theirs": 1})))
    told: list[Settings] = []
    preferences.changed.connect(told.append)
    preferences.change(zoom=125)
    preferences.change(zoom=125)
    preferences.change(theme=ThemeChoice.DARK)
    assert [s.zoom for s in told] == [125, 125]
    assert not path.exists()
    await preferences.aclose()
    loaded = load_settings(path)
    assert loaded.settings == preferences.settings == Settings(zoom=125, theme=ThemeChoice.DARK)
    assert loaded.foreign == {"theirs": 1}


async def test_many_changes_are_saved_once_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preferences_module, "_SAVE_DELAY_S", 0.01)
    saved: list[tuple[int, threading.Thread]] = []
    done = threading.Event()

    def save(settings: Settings) -> None:
        saved.append((settings.window_width, threading.current_thread()))
        done.set()

    preferences = Preferences(LoadedSettings(), save)
    for width in range(500, 600):
        preferences.change(window_width=width)
    await asyncio.to_thread(done.wait, 2)
    await preferences.aclose()
    ((width, thread),) = saved
    assert width == 599
    assert thread is not threading.main_thread()


async def test_nothing_changed_is_nothing_saved() -> None:
    saved: list[Settings] = []
    preferences = Preferences(LoadedSettings(), saved.append)
    preferences.change(zoom=100)
    await preferences.aclose()
    assert saved == []


def test_what_was_changed_before_the_loop_ran_is_saved_too(run_in_loop: Callable[..., None]) -> None:
    saved: list[Settings] = []
    preferences = Preferences(LoadedSettings(), saved.append)
    preferences.change(zoom=150)
    run_in_loop(preferences.aclose)
    assert [s.zoom for s in saved] == [150]


async def test_settings_that_can_not_be_saved_go_on_to_apply(
    tmp_path: Path, expected_log: Callable[[str], None]
) -> None:
    expected_log("could not be saved")
    (tmp_path / "file").write_text("in the way")
    preferences = Preferences(LoadedSettings(), saver(tmp_path / "file" / "settings.json", LoadedSettings()))
    told: list[Failure] = []
    preferences.failed.connect(told.append)
    preferences.change(zoom=80)
    await preferences.aclose()
    assert preferences.settings.zoom == 80
    (failure,) = told
    assert failure.kind is FailureKind.STORAGE


async def test_without_a_place_they_only_apply() -> None:
    preferences = Preferences(LoadedSettings(problem="A sentence."))
    preferences.change(zoom=80)
    await preferences.aclose()
    assert (preferences.settings.zoom, preferences.problem) == (80, "A sentence.")


def test_an_unknown_setting_is_a_bug() -> None:
    with pytest.raises(TypeError):
        Preferences(LoadedSettings()).change(nonsense=1)


async def test_what_another_window_changed_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    first = Preferences(LoadedSettings(), saver(path, LoadedSettings()))
    first.change(zoom=125)
    await first.aclose()
    loaded = load_settings(path)
    one, other = Preferences(loaded, saver(path, loaded)), Preferences(loaded, saver(path, loaded))
    one.change(zoom=80)
    await one.aclose()
    other.change(theme=ThemeChoice.DARK)
    await other.aclose()
    one.change(language="de")
    await one.aclose()
    assert load_settings(path).settings == Settings(zoom=80, theme=ThemeChoice.DARK, language="de")


async def test_a_file_that_broke_meanwhile_is_told(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    preferences = Preferences(LoadedSettings(), saver(path, LoadedSettings()))
    told: list[Failure] = []
    preferences.failed.connect(told.append)
    path.write_text("{half", encoding="utf-8")
    preferences.change(zoom=80)
    await preferences.aclose()
    assert "set aside" in told[0].headline
    assert load_settings(path).settings.zoom == 80


async def test_what_one_listener_changes_reaches_the_others_last() -> None:
    preferences = Preferences(LoadedSettings())
    told: list[int] = []
    preferences.changed.connect(lambda settings: preferences.change(zoom=min(settings.zoom, 150)))
    preferences.changed.connect(lambda settings: told.append(settings.zoom))
    preferences.change(zoom=200)
    assert (told[-1], preferences.settings.zoom) == (150, 150)


async def test_what_could_not_be_saved_is_tried_once_more_at_the_end(
    monkeypatch: pytest.MonkeyPatch, expected_log: Callable[[str], None]
) -> None:
    expected_log("could not be saved")
    monkeypatch.setattr(preferences_module, "_SAVE_DELAY_S", 0.0)
    saved: list[Settings] = []

    def save(settings: Settings) -> None:
        saved.append(settings)
        if len(saved) == 1:
            raise OSError(28, "No space left on device")

    preferences = Preferences(LoadedSettings(), save)
    preferences.change(zoom=150)
    await soon(lambda: preferences._saving is not None and preferences._saving.done())
    await preferences.aclose()
    assert [settings.zoom for settings in saved] == [150, 150]
