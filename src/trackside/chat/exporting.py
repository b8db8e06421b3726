"""Writes sessions to a file, off the loop, whole or not at all."""

import asyncio
from pathlib import Path

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.files import write_whole
from trackside.storage.sessions import SessionStore

FORMATS = ("json",)


class Exporter:
    """Writes sessions of one store; what the window has of it."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store

    async def export(self, session_ids: list[str], format_name: str, path: Path) -> None:
        """Writes them to a file; raises TracksideError when that can't be done."""
        await export_sessions(self._store, session_ids, format_name, path)


async def exported_text(store: SessionStore, session_ids: list[str], format_name: str) -> str:
    """Sessions in a format; raises TracksideError for a session that isn't there."""
    if format_name not in FORMATS:
        raise _failed(f"“{format_name}” is no export format.", f"There is: {', '.join(FORMATS)}.")
    details = []
    for session_id in session_ids:
        detail = await store.session(session_id)
        if detail is None:
            raise _failed(f"There is no session {session_id}.", "Its id stands in the JSON export of all.")
        details.append((detail.session, detail.turns))

    def make() -> str:
        from trackside.export.json import sessions_json

        return sessions_json(details)

    return await asyncio.to_thread(make)


async def export_sessions(store: SessionStore, session_ids: list[str], format_name: str, path: Path) -> None:
    """Writes them to a file; raises TracksideError when that can't be done."""
    text = await exported_text(store, session_ids, format_name)
    try:
        await asyncio.to_thread(_write_whole, path, text)
    except OSError as error:
        raise _failed(f"{path} can't be written: {error.strerror}.", "Choose another place.") from error


def _write_whole(path: Path, text: str) -> None:
    path = path.resolve()  # what a link points at is written, not the link
    if path.exists() and not path.is_file():
        # A pipe or a device is written to; a file in its place would do harm.
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return
    write_whole(path, text.encode())


def _failed(headline: str, advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.STORAGE, headline, advice))
