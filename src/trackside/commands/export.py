"""`trackside export`: sessions to a file or to stdout."""

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from trackside.chat.export_formats import FORMATS, ExportOptions
from trackside.chat.export_writing import ExportJob, Note, export_to, export_to_file
from trackside.commands.core import opened_core
from trackside.commands.outcome import DONE, STOPPED, leave_stdout, usage
from trackside.commands.printing import print_for
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.settings import DEFAULT_FRAME_RATE
from trackside.storage.paths import data_paths
from trackside.storage.session_reader import SessionReader


async def export(options: argparse.Namespace) -> int:
    chosen = FORMATS[options.format]
    if bool(options.session) == options.all:
        return usage("name one session, or --all.")
    if options.out == "-" and chosen.pieces is None:
        return usage(f"{chosen.title} goes to a file: name one with --out.")
    if options.fps and not chosen.has_frame_rate:
        return usage(f"--fps is for the edl, and {options.format} has no frames.")
    job = ExportJob(
        options.format,
        (options.session,) if options.session else (),
        options=ExportOptions(options.fps or DEFAULT_FRAME_RATE),
    )
    is_stopped = threading.Event()

    def note(_done: int, _of: int) -> None:
        if is_stopped.is_set():
            raise _Stopped

    async with opened_core(data_paths(options.data_dir), options.base_url) as core:
        reader = SessionReader.of(core.database)
        if options.out == "-":
            work = partial(_to_stdout, reader, job, note)
        else:
            work = partial(export_to_file, reader, job, Path(options.out), note, print_for(options.format))
        try:
            with _noting_signals(is_stopped):
                await asyncio.to_thread(work)
        except asyncio.CancelledError:
            is_stopped.set()
            raise
        except _Stopped:
            return STOPPED
    return DONE


def _to_stdout(reader: SessionReader, job: ExportJob, note: Note) -> None:
    """Raises BrokenPipeError when nobody reads any more, and TracksideError for all else."""
    if sys.stdout is None:
        raise _unwritable("it is closed")
    try:
        export_to(reader, job, sys.stdout.buffer, note)
        sys.stdout.flush()  # a reader that has gone is noticed here, not at the interpreter's end
    except BrokenPipeError:
        raise
    except OSError as error:
        leave_stdout()
        raise _unwritable(error.strerror or str(error)) from error


def _unwritable(why: str) -> TracksideError:
    headline = f"The standard output can't be written: {why}."
    return TracksideError(Failure(FailureKind.STORAGE, headline, "Name a file with --out."))


@contextmanager
def _noting_signals(is_stopped: threading.Event) -> Iterator[None]:
    """A polite kill and a closed terminal end it as Ctrl+C does: nothing half written stays. A second one
    finds nobody who listens, and kills."""
    loop = asyncio.get_running_loop()
    numbers = [
        number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
    ]

    def stop() -> None:
        is_stopped.set()
        release()

    def release() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)

    try:
        for number in numbers:
            loop.add_signal_handler(number, stop)
    except NotImplementedError:  # Windows: they kill
        yield
        return
    try:
        yield
    finally:
        release()


class _Stopped(Exception):  # noqa: N818 -- no error
    """Ctrl+C: whoever asked has been told already."""
