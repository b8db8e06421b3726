"""The window's start, until its event loop runs.

The window is painted three times on its way: as a frame with nothing in it, with its parts, and with the
newest sessions. Whatever a step doesn't need is imported after it: the parts behind the frame, the database
behind a window that looks finished, and event loop, answers and the wire behind the list.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from trackside.hardening import harden
from trackside.instance.place import WindowPlace
from trackside.storage.erasing import finish_if_begun
from trackside.storage.paths import DataPaths, data_paths, private_umask
from trackside.storage.settings import LoadedSettings, load_settings
from trackside.ui.main_window import MainWindow

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

_SETTINGS_WAIT_S = 0.15
_STEP_LIMIT_MS = 1_000
"""After which the start goes on: nothing may depend on a paint or on a fast disk."""


def run_window(data_dir: str | None, base_url: str | None, *, in_sandbox: bool = False) -> int:
    """Opens the window and returns its exit code when it is closed."""
    harden()
    private_umask()
    paths = data_paths(data_dir)
    loading = _SettingsLoading(paths)
    place = None
    if base_url is None:  # a window for another address is one of its own
        place = WindowPlace(paths)
        if place.is_taken() and _has_handed_over(paths, place, in_sandbox=in_sandbox):
            return 0
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setStyle("fusion")
    application.setApplicationName("Trackside")
    application.setApplicationDisplayName("Trackside")
    QGuiApplication.setDesktopFileName("trackside")
    application.setQuitOnLastWindowClosed(False)
    loaded = loading.result(_SETTINGS_WAIT_S)
    window = MainWindow(loaded.settings)
    if loaded.settings.window_maximized:
        window.showMaximized()
    else:
        window.show()
    _run_until(application, window.painted)

    from trackside.ui.theme import Theme

    theme = Theme(application, loaded.settings)
    window.furnish(theme)
    if not (loaded.settings.connection_id or in_sandbox):
        window.show_first_run()
    _run_until(application, window.painted)

    from trackside.startup import DataOpening

    opening = DataOpening(paths)
    QTimer.singleShot(0, opening.begin)
    _run_until(application, opening.done)
    if opening.newest:
        window.sidebar.show_first(opening.newest)
        application.processEvents()

    from trackside.life import live
    from trackside.loop import run

    return run(
        live(
            window,
            theme,
            paths,
            loading.result,
            base_url=base_url,
            in_sandbox=in_sandbox,
            place=place,
            data_opening=opening,
        ),
        application,
    )


def _has_handed_over(paths: DataPaths, place: WindowPlace, *, in_sandbox: bool) -> bool:
    import os

    from trackside.instance.asking import has_handed_over
    from trackside.instance.wire import wish_of

    return has_handed_over(paths, place, wish_of(os.environ, in_sandbox=in_sandbox))


class _SettingsLoading:
    """Reads the settings while Qt starts; a slow disk delays them, not the window."""

    def __init__(self, paths: DataPaths) -> None:
        self.loaded: LoadedSettings | None = None
        self._paths = paths
        self._thread = threading.Thread(target=self._load, name="trackside-settings", daemon=True)
        self._thread.start()

    def result(self, timeout_s: float) -> LoadedSettings:
        self._thread.join(timeout_s)
        return self.loaded or LoadedSettings()

    def _load(self) -> None:
        finish_if_begun(self._paths)  # else what was to be deleted would be in use once more
        self.loaded = load_settings(self._paths.settings)


def _run_until(application: QApplication, signal: SignalInstance) -> None:
    """Runs Qt alone until something has happened, without asyncio and all that hangs on it."""

    def leave() -> None:
        application.exit()  # not quit(), which would ask the window to close

    signal.connect(leave, Qt.ConnectionType.QueuedConnection)  # it may come from another thread
    limit = QTimer(singleShot=True)
    limit.timeout.connect(leave)
    limit.start(_STEP_LIMIT_MS)
    application.exec()
    limit.stop()
    signal.disconnect(leave)
