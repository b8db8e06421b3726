"""The window's life once its event loop runs: what it is composed of, and how it ends.

Whatever a window that only lists sessions doesn't need is imported here, off the loop.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from trackside.collecting import QuietCollection
from trackside.diagnostics import catch_exceptions, catch_qt_messages
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.signals import EndSignals
from trackside.startup import (
    UNANSWERED,
    DataOpening,
    SandboxFolder,
    answer_later_starts,
    damage_found,
    start_problems,
    tell_in_loop,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from trackside.instance.place import WindowPlace
    from trackside.instance.wire import Wish
    from trackside.storage.database import Database
    from trackside.storage.key_vault import KeyVault
    from trackside.storage.paths import DataPaths
    from trackside.storage.settings import LoadedSettings
    from trackside.ui.main_window import MainWindow
    from trackside.ui.theme import Theme

_SETTINGS_LIMIT_S = 5.0


async def live(
    window: MainWindow,
    theme: Theme,
    paths: DataPaths,
    settings: Callable[[float], LoadedSettings],
    *,
    base_url: str | None = None,
    in_sandbox: bool = False,
    vault: KeyVault | None = None,
    environment: dict[str, str] | None = None,
    place: WindowPlace | None = None,
    data_opening: DataOpening | None = None,
) -> int:
    """The window's life from its first paint until it is closed and everything is saved.

    `settings` reads them within as many seconds as it is given. With a `place`, later starts hand over to
    this window, or it says that the one which has the place doesn't answer. `vault` and `environment` replace
    the system's keyring and environment in tests. `data_opening` is
    under way already, else it is begun here.
    """
    loop = asyncio.get_running_loop()
    closing = asyncio.Event()
    window.close_wanted.connect(closing.set)
    if window.is_close_wanted:
        closing.set()
    if data_opening is None:
        data_opening = DataOpening(paths)
        data_opening.begin()
    # What has been opened is closed in the reverse order, also when something fails on the way.
    async with AsyncExitStack() as life:
        if place is not None:
            life.callback(place.release)
        life.callback(_let_go, window)
        life.callback(EndSignals(closing.set).release)
        life.push_async_callback(asyncio.to_thread, data_opening.close)
        catch_qt_messages()
        # The heavy modules, off the loop: the window answers meanwhile.
        await asyncio.to_thread(_import_the_rest)
        data = await asyncio.to_thread(data_opening.result)
        loaded = await asyncio.to_thread(settings, _SETTINGS_LIMIT_S)

        def tell(name: str) -> None:
            bug = "Something went wrong inside Trackside."
            failure = Failure(FailureKind.BUG, bug, "The log has the details.", name)
            loop.call_soon_threadsafe(window.notices.show_failure, failure)

        life.callback(catch_exceptions(tell))
        from trackside.chat.backups import Backups
        from trackside.chat.connections import Connections
        from trackside.chat.diagnosis import Diagnosis
        from trackside.chat.erasing import Erasing
        from trackside.chat.exporting import Exporter
        from trackside.chat.importing import Importer
        from trackside.chat.last_failures import LastFailures
        from trackside.chat.library import SessionLibrary
        from trackside.chat.preferences import Preferences, saver
        from trackside.chat.rate_limits import RateLimits
        from trackside.chat.retention import Retention
        from trackside.chat.search import SessionSearch
        from trackside.chat.sources import Sources
        from trackside.chat.thumbnails import Thumbnails
        from trackside.chat.turn_runner import TurnRunner
        from trackside.chat.unsigning import Unsigning
        from trackside.protocol.retry import RetryPolicy
        from trackside.storage.journal import Journal
        from trackside.storage.key_vault import KeyVault
        from trackside.storage.rate_limits import KeptRateLimits
        from trackside.storage.sessions import SessionStore
        from trackside.ui.branching import Branching
        from trackside.ui.commands import WindowCommands
        from trackside.ui.composer.spell_check import SpellCheck
        from trackside.ui.desk import Desk
        from trackside.ui.diagnosing import Diagnosing
        from trackside.ui.erasing import EverythingDeletion
        from trackside.ui.importing import SessionImport
        from trackside.ui.notifications import notifier_for
        from trackside.ui.notifications.finished import FinishedAnswers
        from trackside.ui.panels.inspector import Inspector
        from trackside.ui.raising import bring_forward
        from trackside.ui.safekeeping import Safekeeping, keep_for_days
        from trackside.ui.settings.opening import SettingsOpening
        from trackside.ui.sidebar.drag_out import DragOut
        from trackside.ui.transcript.excerpts import settle_clipboard
        from trackside.ui.transcript.thumbnails import ChipPictures
        from trackside.ui.transcript.view import TranscriptView

        database, owner, problem = data.database, data.owner, data.problem
        save = saver(paths.settings, loaded) if data.is_folder_usable else None
        preferences = Preferences(loaded, save)
        theme.use(preferences.settings)
        preferences.changed.connect(theme.use)
        life.push_async_callback(preferences.aclose)
        backups = Backups(database, owner, None if problem else paths.backups, paths.log_root)
        life.push_async_callback(backups.aclose)
        unsigning = Unsigning(database, None if problem else paths.backups)
        life.push_async_callback(unsigning.aclose)
        backups.changed.connect(unsigning.look_again)
        store = SessionStore(database, owner.token)
        sandbox_folder = SandboxFolder(None if problem else paths.sandbox)
        life.push_async_callback(asyncio.to_thread, sandbox_folder.release)
        limits = RateLimits(KeptRateLimits(database))
        runner = TurnRunner(
            store,
            lambda: RetryPolicy(max_tries=preferences.settings.automatic_retries + 1),
            Journal,
            limits=limits,
        )
        connections = Connections(
            preferences,
            vault or KeyVault(),
            base_url=base_url,
            environment=environment,
            sandbox_dir=sandbox_folder.take,
        )
        connections.renewed.connect(limits.forget)
        life.push_async_callback(connections.aclose)
        sources = Sources(connections)
        life.push_async_callback(sources.aclose)
        thumbnails = Thumbnails(connections, sources)
        life.push_async_callback(thumbnails.aclose)
        pictures = ChipPictures(thumbnails)
        life.push_async_callback(pictures.aclose)
        library = SessionLibrary(store, runner, connections.client)
        retention = Retention(database, preferences, library)
        life.push_async_callback(retention.aclose)
        transcript = TranscriptView(
            theme,
            sources.name_of_cited,
            runner.run_of,
            # An answer's text must not make the window ask the service for whatever looks like an id.
            lambda citation: pictures.pixmap_of(citation) if sources.is_cited_known(citation) else None,
        )
        pictures.changed.connect(transcript.viewport().update)
        life.callback(settle_clipboard)
        inspector = Inspector(theme)
        window.setWindowIcon(theme.picture("trackside"))
        window.put_transcript(transcript)
        window.put_inspector(inspector)
        inspector.show_tab(preferences.settings.inspector_tab)
        desk = Desk(window, transcript, inspector, preferences, connections, sources, library, runner)
        desk.search = SessionSearch(database)
        life.push_async_callback(desk.search.aclose)
        notifier = notifier_for(theme.picture("trackside"))
        life.push_async_callback(notifier.aclose)  # after the tasks that show notes
        life.push_async_callback(desk.aclose)
        life.push_async_callback(runner.aclose)
        desk.all_listed = retention.begin
        safekeeping = Safekeeping(desk, backups, str(paths.root), retention)
        importing = SessionImport(desk, Importer(database))
        exporter = Exporter(database)
        drag_out = DragOut(window.sidebar, exporter, desk.tasks.start)
        life.push_async_callback(drag_out.aclose)

        def show_session(session_id: str, token: str) -> None:
            bring_forward(window, token)
            if session_id:
                desk.open(session_id)

        finished = FinishedAnswers(window, preferences, library, notifier, desk.tasks, show_session)
        settings_opening = SettingsOpening(desk, theme, safekeeping, finished, str(paths.root))
        erasing = Erasing(
            paths,
            database,
            owner,
            preferences,
            connections,
            backups,
            desk.search,
            sandbox_folder.release,
        )
        deletion = EverythingDeletion(desk, theme, erasing, settings_opening.close, safekeeping.dialog)
        safekeeping.erasing_wanted.connect(deletion.ask)
        keep_for_days(preferences, library, backups, window.sidebar)
        commands = WindowCommands(desk, theme, exporter, importing, settings_opening)
        failures = LastFailures()
        window.notices.failure_shown.connect(failures.note)
        runner.attempt_ended.connect(lambda one: failures.note_attempt(one.failure) if one.failure else None)
        commands.diagnosing = Diagnosing(
            desk,
            theme,
            lambda desktop: Diagnosis(
                paths,
                connections,
                lambda: preferences.settings,
                failures,
                desktop=desktop,
                limits=limits.words_of,
                is_window=True,
            ),
        )
        Branching(desk, theme)
        settings_opening.diagnostics_wanted.connect(commands.diagnosing.open)
        preferences.changed.connect(transcript.use_settings)
        transcript.use_settings(preferences.settings)
        preferences.changed.connect(window.composer.use_settings)
        preferences.changed.connect(lambda settings: window.shortcuts.use(settings.shortcuts))
        window.shortcuts.use(preferences.settings.shortcuts)
        window.composer.use_settings(preferences.settings)
        own_words = paths.own_words if data.is_folder_usable else None
        spell_check = SpellCheck(window.composer.message, theme, preferences, desk.tasks, own_words)
        life.push_async_callback(spell_check.aclose)
        settings_opening.spelling = spell_check.spelling
        store.on_failure = lambda error: tell_in_loop(loop, window, error)
        for failure in start_problems(problem, loaded):
            window.notices.show_failure(failure)
        if (damage := damage_found(database)) is not None:
            await safekeeping.offer_latest(damage)
        try:
            await store.recover(owner.is_alive)
            await limits.load()
            await asyncio.to_thread(owner.sweep)
        except TracksideError as error:
            window.notices.show_failure(error.failure)
        desk.search.begin()
        opening = desk.tasks.start(desk.open_first(in_sandbox=in_sandbox))
        backups.begin()
        unsigning.begin()
        listener = None
        if place is not None and place.is_taken():
            window.notices.show_failure(UNANSWERED)
        elif place is not None and place.is_ours:

            def come_forward(wish: Wish) -> None:
                bring_forward(window, wish.token)
                if wish.in_sandbox:
                    desk.tasks.start(_then(opening, commands.open_sandbox))

            listener = await answer_later_starts(paths, come_forward)
        if not gc.isenabled():
            collection = QuietCollection(window)
            collection.begin()
            transcript.viewpoint.placed.connect(collection.postpone)
            window.composer.message.textChanged.connect(collection.postpone)
        await closing.wait()
        unsigning.end_soon()
        if listener is not None:
            # From here on there is nothing to come forward; who starts now waits for the place.
            listener.close()

        preferences.change(
            window_width=window.normalGeometry().width(),
            window_height=window.normalGeometry().height(),
            window_maximized=window.isMaximized(),
        )
        library.flush()
        await runner.aclose()
        await _save_all(database, window, closing)
        window.hide()
    return 0


async def _then(before: asyncio.Task[None], do: Callable[[], None]) -> None:
    await asyncio.wait({before})
    do()


def _let_go(window: MainWindow) -> None:
    """Lets the window really close, whatever became of the rest."""
    window.allow_close()
    window.close()


async def _save_all(database: Database, window: MainWindow, closing: asyncio.Event) -> None:
    """Keeps the window open while something could not be saved; closing it again gives that up."""
    closing.clear()
    try:
        await asyncio.to_thread(database.settle)
    except TracksideError as error:
        advice = "Close the window again to give the unsaved changes up."
        window.notices.show_failure(replace(error.failure, advice=advice))
        given_up = asyncio.ensure_future(closing.wait())
        while database.unsaved and not given_up.done():
            await asyncio.wait({given_up}, timeout=1.0)
        given_up.cancel()


def _import_the_rest() -> None:
    """All but the wire, which a connection brings along when its first client is made."""
    import trackside.chat.backups
    import trackside.chat.diagnosis
    import trackside.chat.exporting
    import trackside.instance.answering
    import trackside.storage.sessions
    import trackside.ui.commands
    import trackside.ui.desk  # noqa: F401
