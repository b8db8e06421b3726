"""Exports sessions from the window: in a process of their own, so that no long answer holds the window up.

Python runs one thread at a time: one that writes an answer of a megabyte as HTML would stall the window for
as long as its longest step takes, and at every step by up to the interpreter's switch interval.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from trackside.chat.environment import without_secrets
from trackside.chat.export_request import COMMAND, ExportReport, ExportRequest
from trackside.chat.export_writing import ExportJob, clear_away
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.database import Database
from trackside.storage.files import new_mark

_GRACE_S = 5.0
"""How long a cancelled process may take to clear away what it has written."""
_DETAIL_LENGTH = 2_000
_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(
    subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0
)
"""No console, and the window goes first where processors are short; nothing on other systems."""

Progress = Callable[[int, int], None]
"""Turns that are done, and of how many."""


class Exporter:
    """Writes sessions of one database to files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def export(self, job: ExportJob, path: Path, progress: Progress = lambda *_: None) -> None:
        """Writes the job's sessions to a file, as they are on the disk by now. Raises TracksideError when
        that can't be done. If it is cancelled, the file is what it was before.

        `progress` is called in this thread.
        """
        if self._database.unsaved:
            await asyncio.to_thread(self._database.settle)
        async with self._readable_file() as database:
            mark = new_mark()
            request = ExportRequest(os.fsencode(database), os.fsencode(path), job, mark)
            loop = asyncio.get_running_loop()

            def tell(report: ExportReport) -> None:
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(progress, report.done, report.of)

            child = _Child(msgspec.json.encode(request) + b"\n", tell, partial(clear_away, path, mark))
            running = asyncio.ensure_future(asyncio.to_thread(child.run))
            try:
                last = await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.to_thread(child.cancel)
                await asyncio.wait({running})
                raise
        if last.failure is not None:
            raise TracksideError(last.failure)

    @asynccontextmanager
    async def _readable_file(self) -> AsyncIterator[Path]:
        """The database as a file. One that is kept in memory is copied into one for the time being."""
        # What was handed over to be written stands before this in the database's row.
        await self._database.fetch(lambda _: None)
        if self._database.path is not None:
            yield self._database.path
            return
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="trackside-"))
        try:
            await self._database.fetch(lambda db: _copy(db, folder / "sessions.db"))
            yield folder / "sessions.db"
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class _Child:
    """The process: `run` sees it through, and `cancel` ends it early. Both block; call them in threads."""

    def __init__(
        self, request: bytes, tell: Callable[[ExportReport], None], clear_away: Callable[[], None]
    ) -> None:
        """`clear_away` is for when the process has died before it could do that itself."""
        self._request = request
        self._tell = tell
        self._clear_away = clear_away
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._limit: threading.Timer | None = None

    def run(self) -> ExportReport:
        """Its last report."""
        last = ExportReport()
        with tempfile.TemporaryFile() as errors:
            with self._lock:
                if self._is_cancelled:
                    return last
                process = self._process = _started(errors.fileno())
                assert process.stdin is not None
                with suppress(OSError):  # it has ended already, and says why
                    process.stdin.write(self._request)
                    process.stdin.flush()
            assert process.stdout is not None
            for line in process.stdout:
                with suppress(msgspec.DecodeError):  # half a line is the last word of one that was killed
                    last = msgspec.json.decode(line, type=ExportReport)
                    self._tell(last)
            process.wait()
            if not last.is_whole:
                self._clear_away()
            with self._lock:
                self._close_stdin(process)
                process.stdout.close()
                if self._limit is not None:
                    self._limit.cancel()
            if last.is_whole or last.failure is not None or self._is_cancelled:
                return last
            errors.seek(0)
            return ExportReport(failure=_crashed(process.returncode, errors.read()))

    def cancel(self) -> None:
        """Asks it to end: it clears away what it has written and goes. It is killed if it doesn't."""
        with self._lock:
            self._is_cancelled = True
            if self._process is not None and self._process.poll() is None:
                self._limit = threading.Timer(_GRACE_S, self._process.kill)
                self._limit.daemon = True
                self._limit.start()
                self._close_stdin(self._process)

    def _close_stdin(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()


def _started(errors: int) -> subprocess.Popen[bytes]:
    # An installed program has no interpreter to ask for a module: it is the interpreter.
    is_frozen = bool(getattr(sys, "frozen", False))
    # -P: nothing is imported from the folder that the window happened to be started in.
    command = [sys.executable, COMMAND] if is_frozen else [sys.executable, "-P", "-m", "trackside", COMMAND]
    # It asks nobody anything, so it needs neither the key nor a proxy's password.
    environment = {
        name: value
        for name, value in without_secrets(os.environ).items()
        if not name.lower().endswith("_proxy")
    }
    return subprocess.Popen(  # noqa: S603 -- ourselves
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        creationflags=_WINDOWS_FLAGS,
    )


def _copy(db: sqlite3.Connection, path: Path) -> None:
    target = sqlite3.connect(path)
    try:
        db.backup(target)
    finally:
        target.close()


def _crashed(code: int, said: bytes) -> Failure:
    detail = f"Exit code {code}.\n{said.decode(errors='replace')[-_DETAIL_LENGTH:]}".strip()
    return Failure(FailureKind.BUG, "The export ended unexpectedly.", "Nothing was written.", detail)
