"""Deleting everything: sessions, backups, logs, the sandbox's state, settings, keys; the window stays."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace

from trackside.chat.backups import Backups
from trackside.chat.connections import Connections
from trackside.chat.preferences import Preferences, saver
from trackside.chat.search import SessionSearch
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage import erasing
from trackside.storage.database import Database
from trackside.storage.owners import Owner
from trackside.storage.paths import DataPaths
from trackside.storage.settings import LoadedSettings


class Erasing:
    """Needs a database that is a file, and nothing that runs or is shown."""

    def __init__(
        self,
        paths: DataPaths,
        database: Database,
        owner: Owner,
        preferences: Preferences,
        connections: Connections,
        backups: Backups,
        search: SessionSearch,
        release_sandbox: Callable[[], None],
    ) -> None:
        """`release_sandbox` lets go of the sandbox's folder."""
        self._paths = paths
        self._database = database
        self._owner = owner
        self._preferences = preferences
        self._connections = connections
        self._backups = backups
        self._search = search
        self._release_sandbox = release_sandbox

    async def everything(self) -> Failure | None:
        """Deletes all of it; returns what is to be said of keys that the keyring would not give up. What was
        opened of the sessions has to be forgotten afterwards, also when this raises.

        Raises TracksideError: before anything is deleted, or with what could not be, which the next start
        tries again.
        """
        await asyncio.to_thread(self._check)
        kept_keys = await self._forget_keys()
        async with self._backups.standing_still():
            # From here on it is done to its end, whoever stops waiting for it.
            await asyncio.shield(asyncio.ensure_future(self._erase()))
        self._backups.changed.emit()
        return kept_keys

    def _check(self) -> None:
        if self._owner.has_company():
            raise TracksideError(
                Failure(
                    FailureKind.INPUT,
                    "Another Trackside uses this data just now.",
                    "Close it, then delete everything. Nothing was deleted.",
                )
            )
        if not os.access(self._paths.root, os.W_OK | os.X_OK):
            raise _refused(
                PermissionError(13, "no permission to write", str(self._paths.root)), "Nothing was deleted."
            )

    async def _forget_keys(self) -> Failure | None:
        """First, while it is known which connections there are. A keyring that refuses must not keep the rest
        from being deleted."""
        try:
            await self._connections.forget_all_keys()
        except TracksideError as error:
            advice = f"{error.failure.advice} All else was deleted; remove the key in the keyring itself."
            return replace(error.failure, advice=advice.strip())
        return None

    async def _erase(self) -> None:
        await self._connections.stop_sandbox()
        await asyncio.to_thread(self._release_sandbox)
        await self._search.forget_file()
        await self._preferences.forget(saver(self._paths.settings, LoadedSettings()))
        await asyncio.wrap_future(self._database.begun_anew(self._clear))

    def _clear(self) -> None:
        """On the database's thread, while the database is closed."""
        try:
            mark = erasing.begun(self._paths)
            if mark is None:
                raise OSError(11, "another program is at it")
            try:
                erasing.erase(self._paths)
            except OSError:
                mark.release()
                raise
            erasing.finished(self._paths, mark)
        except OSError as error:
            raise _refused(error, "The next start of Trackside tries again.") from error


def _refused(error: OSError, advice: str) -> TracksideError:
    where = f" ({error.filename})" if error.filename else ""
    return TracksideError(
        Failure(
            FailureKind.STORAGE,
            f"Not everything could be deleted: {error.strerror or error}{where}.",
            advice,
            str(error),
        )
    )
