"""The window's composition root: builds, wires, runs, closes.

The first paint comes before everything that it doesn't need: event loop, database, HTTP and keyring are
imported and opened behind a window that can already be seen.
"""

import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from trackside.diagnostics import catch_exceptions, catch_qt_messages, open_log, private_umask
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.paths import DataPaths, data_paths
from trackside.storage.settings import LoadedSettings, load_settings
from trackside.ui.main_window import MainWindow
from trackside.ui.theme import Theme

if TYPE_CHECKING:
    import asyncio

    from trackside.storage.database import Database
    from trackside.storage.key_vault import KeyVault
    from trackside.storage.owners import Owner

_SETTINGS_WAIT_S = 0.15
_SETTINGS_LIMIT_S = 5.0
_FIRST_PAINT_LIMIT_MS = 1_000


def run_window(data_dir: str | None, base_url: str | None, *, in_sandbox: bool = False) -> int:
    """Opens the window and returns its exit code when it is closed."""
    private_umask()
    paths = data_paths(data_dir)
    loading = _SettingsLoading(paths)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setStyle("fusion")
    application.setApplicationName("Trackside")
    application.setApplicationDisplayName("Trackside")
    QGuiApplication.setDesktopFileName("trackside")
    application.setQuitOnLastWindowClosed(False)
    loaded = loading.result(_SETTINGS_WAIT_S)
    theme = Theme(application, loaded.settings)
    window = MainWindow(theme, loaded.settings)
    if loaded.settings.window_maximized:
        window.showMaximized()
    else:
        window.show()
    _paint_once(application, window)

    from trackside.loop import run

    return run(
        live(window, theme, paths, loading.result, base_url=base_url, in_sandbox=in_sandbox), application
    )


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
        self.loaded = load_settings(self._paths.settings)


def _paint_once(application: QApplication, window: MainWindow) -> None:
    """Runs Qt alone until the window has been painted, without asyncio and all that hangs on it."""

    def leave() -> None:
        application.exit()  # not quit(), which would ask the window to close

    window.painted.connect(leave)
    limit = QTimer(window, singleShot=True)
    limit.timeout.connect(leave)
    limit.start(_FIRST_PAINT_LIMIT_MS)
    application.exec()
    limit.stop()
    window.painted.disconnect(leave)


async def live(
    window: MainWindow,
    theme: Theme,
    paths: DataPaths,
    settings: Callable[[float], LoadedSettings],
    *,
    base_url: str | None = None,
    in_sandbox: bool = False,
    vault: "KeyVault | None" = None,
    environment: dict[str, str] | None = None,
) -> int:
    """The window's life from its first paint until it is closed and everything is saved.

    `settings` reads them within as many seconds as it is given. `vault` and `environment` replace the
    system's keyring and environment in tests.
    """
    import asyncio

    from trackside.signals import EndSignals

    closing = asyncio.Event()
    window.close_wanted.connect(closing.set)
    signals = EndSignals(closing.set)
    catch_qt_messages()
    problem = await asyncio.to_thread(_prepare_folders, paths)
    loaded = await asyncio.to_thread(settings, _SETTINGS_LIMIT_S)
    open_log(None if problem else paths.log)

    def tell(name: str) -> None:
        window.notices.show_failure(
            Failure(
                FailureKind.BUG, "Something went wrong inside Trackside.", "The log has the details.", name
            )
        )

    catch_exceptions(tell)
    # The heavy modules, off the loop: the window answers meanwhile.
    await asyncio.to_thread(_import_the_rest)
    from trackside.chat.connections import Connections
    from trackside.chat.library import SessionLibrary
    from trackside.chat.preferences import Preferences, saver
    from trackside.chat.sources import Sources
    from trackside.chat.turn_runner import TurnRunner
    from trackside.protocol.retry import RetryPolicy
    from trackside.storage.journal import Journal
    from trackside.storage.key_vault import KeyVault
    from trackside.storage.sessions import SessionStore
    from trackside.ui.commands import WindowCommands
    from trackside.ui.desk import Desk
    from trackside.ui.panels.inspector import Inspector
    from trackside.ui.transcript.view import TranscriptView

    save = None if problem else saver(paths.settings, loaded.foreign)
    preferences = Preferences(loaded, save)
    theme.use(preferences.settings)
    preferences.changed.connect(theme.use)
    database, owner, problem = await open_database(paths, problem)
    store = SessionStore(database, owner.token)
    policy = RetryPolicy()
    sandbox_folder = _SandboxFolder(None if problem else paths.sandbox)
    runner = TurnRunner(store, lambda: policy, Journal)
    connections = Connections(
        preferences,
        vault or KeyVault(),
        base_url=base_url,
        environment=environment,
        sandbox_dir=sandbox_folder.take,
    )
    sources = Sources(connections)
    library = SessionLibrary(store, runner, connections.client)
    transcript = TranscriptView(theme, sources.name_of, runner.run_of, policy.max_tries)
    inspector = Inspector(theme)
    window.setWindowIcon(theme.picture("trackside"))
    window.put_transcript(transcript)
    window.put_inspector(inspector)
    inspector.show_tab(preferences.settings.inspector_tab)
    desk = Desk(window, transcript, inspector, preferences, connections, sources, library, runner)
    commands = WindowCommands(desk, theme, store, str(paths.root))
    commands.join_first_run()
    preferences.changed.connect(lambda s: setattr(window.composer.message, "enter_sends", s.enter_sends))
    window.composer.message.enter_sends = preferences.settings.enter_sends
    loop = asyncio.get_running_loop()
    store.on_failure = lambda error: _tell_in_loop(loop, window, error)
    for failure in _start_problems(problem, loaded, database):
        window.notices.show_failure(failure)
    try:
        await store.recover(owner.is_alive)
    except TracksideError as error:
        window.notices.show_failure(error.failure)
    desk.tasks.start(desk.open_first(in_sandbox=in_sandbox))
    await closing.wait()

    preferences.change(
        window_width=window.normalGeometry().width(),
        window_height=window.normalGeometry().height(),
        window_maximized=window.isMaximized(),
    )
    window.hide()
    library.flush()
    await runner.aclose()
    await desk.aclose()
    await sources.aclose()
    await connections.aclose()
    await preferences.aclose()
    await asyncio.to_thread(database.close)
    await asyncio.to_thread(owner.release)
    await asyncio.to_thread(sandbox_folder.release)
    signals.release()
    window.allow_close()
    window.close()
    return 0


def _prepare_folders(paths: DataPaths) -> Failure | None:
    try:
        paths.create()
    except TracksideError as error:
        return error.failure
    return None


def _import_the_rest() -> None:
    import httpx  # noqa: F401
    import msgspec  # noqa: F401

    import trackside.protocol.client
    import trackside.storage.sessions
    import trackside.ui.desk  # noqa: F401


async def open_database(
    paths: DataPaths, problem: Failure | None
) -> "tuple[Database, Owner, Failure | None]":
    """The session database, or one in memory with the reason why nothing is kept."""
    import asyncio

    from trackside.domain.session import new_id
    from trackside.storage.database import Database
    from trackside.storage.owners import Owner

    token = new_id()
    if problem is None:
        database = Database(paths.database)
        try:
            await database.opened()
            return database, await asyncio.to_thread(Owner, paths.instances, token), None
        except TracksideError as error:
            problem = error.failure
        except OSError as error:
            problem = Failure(FailureKind.STORAGE, f"{paths.root} can't be used.", detail=str(error))
        await asyncio.to_thread(database.close)
    database = Database(None)
    await database.opened()
    return database, Owner(None, token), problem


def _start_problems(problem: Failure | None, loaded: LoadedSettings, database: "Database") -> list[Failure]:
    """What has to be said of the data directory before anything is asked."""
    found = []
    if problem is not None:
        advice = f"{problem.advice} Until then, nothing of this run is kept.".strip()
        found.append(replace(problem, advice=advice))
    if loaded.problem:
        found.append(Failure(FailureKind.STORAGE, loaded.problem))
    if database.set_aside is not None:
        found.append(
            Failure(
                FailureKind.STORAGE,
                "The session database was damaged, so a new one was begun.",
                f"The damaged one is kept as {database.set_aside.name}.",
                str(database.set_aside),
            )
        )
    return found


class _SandboxFolder:
    """Where the sandbox remembers its sessions; used by one window at a time."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock: Owner | None = None

    def take(self) -> Path | None:
        """The folder, or None while another window's sandbox uses it, or nothing can be kept."""
        from trackside.storage.owners import Owner

        if self._folder is None:
            return None
        try:
            self._lock = self._lock or Owner(self._folder, "in-use")
        except OSError:
            return None
        return self._folder

    def release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _tell_in_loop(loop: "asyncio.AbstractEventLoop", window: MainWindow, error: BaseException) -> None:
    """A failed save is reported on the database's thread; widgets live on this one."""
    if isinstance(error, TracksideError):
        loop.call_soon_threadsafe(window.notices.show_failure, error.failure)
    else:
        logging.getLogger(__name__).error("saving failed unexpectedly", exc_info=error)
