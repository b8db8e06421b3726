"""`trackside import`: the sessions of a JSON export into the database."""

import argparse
import sys
from pathlib import Path

from trackside.chat.importing import Importer
from trackside.commands.core import opened_core
from trackside.commands.outcome import DONE
from trackside.storage.paths import data_paths


async def import_(options: argparse.Namespace) -> int:
    async with opened_core(data_paths(options.data_dir), options.base_url) as core:
        result = await Importer(core.database).read(Path(options.path))
    sys.stdout.write(f"{result.sentence}\n")
    return DONE
