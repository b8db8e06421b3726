"""`trackside export-job`: an export for the window, which asks on stdin and hears of it on stdout.

It ends early when stdin does: the window has cancelled, or is gone.
"""

import os
import sys
import threading
import time
from pathlib import Path

import msgspec

from trackside.chat.export_request import ExportReport, ExportRequest
from trackside.chat.export_writing import export_to_file
from trackside.commands.outcome import DONE, REFUSED, STOPPED
from trackside.commands.printing import print_for
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.session_reader import SessionReader

_REPORT_EVERY_S = 0.1
_CHUNK = 65_536
_NICE = 5
"""The window goes first where processors are short."""


class _Cancelled(Exception):  # noqa: N818 -- no error
    """Nobody waits for the export any more."""


def export_job() -> int:
    """Does what stdin asks for. Returns the exit code."""
    if sys.platform != "win32":  # there the window starts it as less urgent than itself
        os.nice(_NICE)
    try:
        request = msgspec.json.decode(_first_line(), type=ExportRequest)
    except msgspec.MsgspecError:
        sys.stderr.write("trackside: this command is for Trackside's window; use “export”.\n")
        return REFUSED
    is_cancelled = threading.Event()
    threading.Thread(target=_await_end, args=(is_cancelled,), daemon=True).start()
    next_report = 0.0

    def note(done: int, of: int) -> None:
        nonlocal next_report
        if is_cancelled.is_set():
            raise _Cancelled
        if time.monotonic() >= next_report:
            next_report = time.monotonic() + _REPORT_EVERY_S
            _report(ExportReport(done, of))

    path = Path(os.fsdecode(request.path))
    try:
        with SessionReader.opened(Path(os.fsdecode(request.database))) as reader:
            print_ = print_for(request.job.format_name)
            export_to_file(reader, request.job, path, note, print_, request.mark)
    except _Cancelled:
        return STOPPED
    except TracksideError as error:
        _report(ExportReport(failure=error.failure))
        return REFUSED
    except MemoryError:
        words = ("There is not enough memory for this export.", "Export fewer sessions at once.")
        _report(ExportReport(failure=Failure(FailureKind.STORAGE, *words)))
        return REFUSED
    _report(ExportReport(is_whole=True))
    return DONE


def _first_line() -> bytes:
    """What is asked for. Read past Python's buffers, which a thread that still reads would hold locked at the
    interpreter's end."""
    read = bytearray()
    while not read.endswith(b"\n"):
        chunk = os.read(0, _CHUNK)
        if not chunk:
            break
        read += chunk
    return bytes(read)


def _await_end(is_cancelled: threading.Event) -> None:
    while os.read(0, _CHUNK):
        pass
    is_cancelled.set()


def _report(report: ExportReport) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()
