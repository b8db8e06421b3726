"""`trackside export`: sessions to a file or to stdout."""

import argparse
import asyncio
import sys
import threading
from functools import partial
from pathlib import Path

from trackside.chat.export_formats import FORMATS, ExportOptions
from trackside.chat.export_writing import ExportJob, export_to, export_to_file
from trackside.commands.core import opened_core
from trackside.commands.outcome import DONE, usage
from trackside.commands.printing import print_for
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
            work = partial(export_to, reader, job, sys.stdout.buffer, note)
        else:
            work = partial(export_to_file, reader, job, Path(options.out), note, print_for(options.format))
        try:
            await asyncio.to_thread(work)
        except asyncio.CancelledError:
            is_stopped.set()
            raise
        sys.stdout.flush()  # a reader that has gone is noticed here, not at the interpreter's end
    return DONE


class _Stopped(Exception):  # noqa: N818 -- no error
    """Ctrl+C: whoever asked has been told already."""
