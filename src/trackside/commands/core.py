"""The application's core, put together without its window."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from trackside.chat.connections import Connections
from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.rate_limits import RateLimits
from trackside.chat.turn_runner import TurnRunner
from trackside.commands.outcome import complain_of
from trackside.domain.connection import DEFAULT_ID
from trackside.domain.session import new_id
from trackside.protocol.retry import RetryPolicy
from trackside.storage.database import Database
from trackside.storage.journal import Journal
from trackside.storage.key_vault import KeyVault
from trackside.storage.owners import Owner
from trackside.storage.paths import DataPaths, unwritable
from trackside.storage.privacy import tighten
from trackside.storage.rate_limits import KeptRateLimits
from trackside.storage.sessions import SessionStore
from trackside.storage.settings import load_settings


@dataclass(frozen=True, slots=True)
class Core:
    """What a command works with: the chat, its storage and its connections."""

    database: Database
    store: SessionStore
    runner: TurnRunner
    connections: Connections
    library: SessionLibrary


@asynccontextmanager
async def opened_core(paths: DataPaths, base_url: str | None) -> AsyncIterator[Core]:
    """Opens the data directory for one command, and closes it again whatever happens."""
    await asyncio.to_thread(paths.create)
    await asyncio.to_thread(tighten, paths)
    database = Database(paths.database)
    owner: Owner | None = None
    connections: Connections | None = None
    runner: TurnRunner | None = None
    try:
        await database.opened()
        try:
            owner = await asyncio.to_thread(Owner, paths.instances, new_id())
        except OSError as error:
            raise unwritable(paths.instances, error) from error
        store = SessionStore(database, owner.token)
        store.on_failure = complain_of
        loaded = await asyncio.to_thread(load_settings, paths.settings)
        preferences = Preferences(
            replace(loaded, settings=replace(loaded.settings, connection_id=DEFAULT_ID))
        )
        policy = RetryPolicy(max_tries=loaded.settings.automatic_retries + 1)
        limits = RateLimits(KeptRateLimits(database))
        runner = TurnRunner(store, lambda: policy, Journal, limits=limits)
        await limits.load()
        connections = Connections(preferences, KeyVault(), base_url=base_url)
        yield Core(database, store, runner, connections, SessionLibrary(store, runner, connections.client))
    finally:
        if runner is not None:
            await runner.aclose()
        if connections is not None:
            await connections.aclose()
        await asyncio.to_thread(database.close)
        if owner is not None:
            owner.release()
