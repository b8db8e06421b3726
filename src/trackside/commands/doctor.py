"""`trackside doctor`: what could be wrong here, as text to copy into a mail or an issue."""

import argparse
import asyncio
import json
import sys

from trackside.chat.connections import Connections
from trackside.chat.diagnosis import Diagnosis, now_in_words
from trackside.chat.last_failures import LastFailures
from trackside.chat.preferences import Preferences
from trackside.commands.outcome import DONE, REFUSED, usage
from trackside.domain.connection import DEFAULT_ID
from trackside.domain.diagnosis import Part, PartName, as_document, as_text
from trackside.storage.key_vault import KeyVault
from trackside.storage.paths import data_paths
from trackside.storage.settings import load_settings


async def doctor(options: argparse.Namespace) -> int:
    """3 when a part has failed. Neither a folder nor a database is made or changed; settings that can't be
    read are set aside, as at any start."""
    paths = data_paths(options.data_dir)
    loaded = await asyncio.to_thread(load_settings, paths.settings)
    preferences = Preferences(loaded)
    connections = Connections(preferences, KeyVault(), base_url=options.base_url)
    try:
        connection_id = options.connection or connections.expected_id() or DEFAULT_ID
        if connections.get(connection_id) is None:
            known = ", ".join(one.id for one in connections.all) or "none"
            return usage(f"there is no connection “{connection_id}”. Known are: {known}.")
        diagnosis = Diagnosis(
            paths, connections, lambda: preferences.settings, LastFailures(), limits=_limits_words
        )
        gathered = {
            part.name: part async for part in diagnosis.gather(connection_id, with_test=not options.no_test)
        }
    finally:
        await connections.aclose()
    parts = [gathered[name] for name in PartName if name in gathered]
    if loaded.problem:
        parts = [_with_trouble(part) if part.name is PartName.SETTINGS else part for part in parts]
    made_at = now_in_words()
    if options.json:
        sys.stdout.write(json.dumps(as_document(parts, made_at), ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(as_text(parts, made_at))
    sys.stdout.flush()
    return DONE if all(part.is_fine for part in parts) else REFUSED


def _limits_words(_connection_id: str) -> str:
    return "the window’s diagnostics tell them"


def _with_trouble(part: Part) -> Part:
    return Part(part.name, part.facts, (*part.troubles, "The settings’ file was not understood as a whole."))
