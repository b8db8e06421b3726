"""`trackside export`: sessions to a file or to stdout."""

import argparse
import sys
from pathlib import Path

from trackside.chat.exporting import export_sessions, exported_text
from trackside.commands.core import opened_core
from trackside.commands.outcome import DONE, usage
from trackside.storage.paths import data_paths


async def export(options: argparse.Namespace) -> int:
    if bool(options.session) == options.all:
        return usage("name one session, or --all.")
    async with opened_core(data_paths(options.data_dir), options.base_url) as core:
        ids = [s.id for s in await core.store.sessions()] if options.all else [options.session]
        if options.out == "-":
            sys.stdout.write(await exported_text(core.store, ids, options.format))
            sys.stdout.flush()  # a reader that has gone is noticed here, not at the interpreter's end
        else:
            await export_sessions(core.store, ids, options.format, Path(options.out))
    return DONE
