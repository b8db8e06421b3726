"""Keeps the state in a file: read at the start, written a moment after a change and at the end."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from trackside.sandbox.state import Snapshot

_log = logging.getLogger(__name__)

DEBOUNCE_S = 0.4
_VERSION = 1


def load_snapshot(path: Path) -> Snapshot | None:
    """What the file holds; None when there is none. A broken file is set aside, so that nothing is lost."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        snapshot = msgspec.json.decode(content, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError):
        snapshot = None
    if snapshot is not None and snapshot.version == _VERSION:
        return snapshot
    aside = _free_name(path)
    path.replace(aside)
    _log.warning("The sandbox's state file could not be read and was set aside as %s", aside.name)
    return None


def write_snapshot(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class StateFile:
    """Writes snapshots to a file, at most one every `DEBOUNCE_S` seconds and never on the loop."""

    def __init__(self, path: Path, take_snapshot: Callable[[], Snapshot]) -> None:
        self._path = path
        self._take_snapshot = take_snapshot
        self._writing: asyncio.Task[None] | None = None
        self._in_flight: asyncio.Future[None] | None = None
        self._is_dirty = False

    def note_change(self) -> None:
        """Let the file follow in a moment. Called on the loop."""
        self._is_dirty = True
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_soon())

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        if self._in_flight is not None:
            await asyncio.wait([self._in_flight])
        if self._is_dirty:
            await self._write(self._encode())

    async def _write_soon(self) -> None:
        while self._is_dirty:
            await asyncio.sleep(DEBOUNCE_S)
            # Shielded: a write that has begun ends, so that no second one meets it in the same file.
            self._in_flight = asyncio.ensure_future(self._write(self._encode()))
            await asyncio.shield(self._in_flight)

    async def _write(self, content: bytes) -> None:
        try:
            await asyncio.to_thread(write_snapshot, self._path, content)
        except OSError as error:
            _log.warning("The sandbox's state could not be saved: %s", error)

    def _encode(self) -> bytes:
        self._is_dirty = False
        return msgspec.json.encode(self._take_snapshot())


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_suffix(f".broken-{number}.json")).exists():
        number += 1
    return aside
