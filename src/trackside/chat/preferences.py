"""The settings in use: changed here, saved off the loop, told to everybody."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from trackside.domain.failure import Failure, FailureKind
from trackside.domain.settings import Settings
from trackside.storage.settings import LoadedSettings
from trackside.storage.settings_update import update_settings

_SAVE_DELAY_S = 0.5
_log = logging.getLogger(__name__)


class Preferences(QObject):
    """Holds the settings. `failed` carries a Failure when they can't be saved; they go on to apply."""

    changed = Signal(Settings)
    failed = Signal(Failure)

    def __init__(self, loaded: LoadedSettings, save: Callable[[Settings], str | None] | None = None) -> None:
        """`save` may return a sentence to be told, and raises OSError."""
        super().__init__()
        self.settings = loaded.settings
        self.problem = loaded.problem
        self._save = save
        self._timer: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None
        self._is_unsaved = False
        self._is_telling = False

    def change(self, **changes: Any) -> None:
        """Applies and soon saves. Unknown names raise TypeError."""
        settings = replace(self.settings, **changes)
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        if settings == self.settings:
            return
        self.settings = settings
        self._is_unsaved = True
        self._tell()
        if self._save is not None and self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # before the loop runs or after it ended; aclose saves what is current
            self._timer = loop.call_later(_SAVE_DELAY_S, self._begin_save)

    def _tell(self) -> None:
        """Everybody hears of a change that one of them makes meanwhile after what came before it."""
        if self._is_telling:
            return
        self._is_telling = True
        try:
            told = None
            while told is not self.settings:
                told = self.settings
                self.changed.emit(told)
        finally:
            self._is_telling = False

    async def forget(self, save: Callable[[Settings], str] | None) -> None:
        """Waits until nothing is saved any more; from here on all is at its default, and `save` saves what is
        changed after that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._saving is not None:
            await asyncio.wait({self._saving})
        self._save = None
        self.apply(Settings())
        self._is_unsaved = False
        self._save = save

    async def aclose(self) -> None:
        """Saves what is current."""
        if self._timer is not None:
            self._timer.cancel()
        if self._is_unsaved:
            self._begin_save()
        if self._saving is not None:
            await self._saving

    def _begin_save(self) -> None:
        self._timer = None
        self._is_unsaved = False
        before = self._saving
        self._saving = asyncio.get_running_loop().create_task(self._save_now(before), name="save settings")

    async def _save_now(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        if self._save is None:
            return
        try:
            if problem := await asyncio.to_thread(self._save, self.settings):
                self.failed.emit(Failure(FailureKind.STORAGE, problem))
        except OSError as error:
            self._is_unsaved = True  # it may do at the end
            _log.warning("the settings could not be saved: %s", error.strerror)
            self.failed.emit(
                Failure(
                    FailureKind.STORAGE,
                    "The settings could not be saved.",
                    "They apply until Trackside is closed.",
                    str(error),
                )
            )


class _Saver:
    """Writes to settings.json what changed since the last time."""

    def __init__(self, path: Path, loaded: LoadedSettings) -> None:
        self._path = path
        self._saved = loaded.settings
        self._foreign = loaded.foreign

    def __call__(self, settings: Settings) -> str:
        problem = update_settings(self._path, settings, self._saved, self._foreign)
        self._saved = settings
        return problem


def saver(path: Path, loaded: LoadedSettings) -> Callable[[Settings], str]:
    """What Preferences saves with: settings.json at `path`, where whatever was not changed here stays."""
    return _Saver(path, loaded)
