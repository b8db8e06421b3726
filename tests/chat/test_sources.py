"""Stores and items: fetched when asked for, kept until the connection changes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chat.support import soon
from trackside.chat.connections import Connections
from trackside.chat.preferences import Preferences
from trackside.chat.sources import Sources
from trackside.domain.connection import DEFAULT_ID, TWELVELABS
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import KeyVault
from trackside.storage.settings import LoadedSettings


@pytest.fixture(autouse=True)
def mended(shared_sandbox: SandboxServer) -> Iterator[None]:
    yield
    shared_sandbox.set_fault(None)


@pytest.fixture
async def connections(shared_sandbox: SandboxServer) -> AsyncIterator[Connections]:
    settings = Settings(
        connections=(replace(TWELVELABS, base_url=shared_sandbox.base_url),), connection_id=DEFAULT_ID
    )
    made = Connections(Preferences(LoadedSettings(settings)), KeyVault(), environment={})
    made.keys.use_for_this_run(DEFAULT_ID, "key")
    yield made
    await made.aclose()


@pytest.fixture
async def sources(connections: Connections) -> AsyncIterator[Sources]:
    made = Sources(connections)
    yield made
    await made.aclose()


async def loaded(sources: Sources) -> None:
    sources.refresh()
    assert sources.is_loading
    await soon(lambda: not sources.is_loading)


async def test_stores_are_listed(sources: Sources) -> None:
    changes: list[None] = []
    sources.stores_changed.connect(lambda: changes.append(None))
    await loaded(sources)
    assert sources.failure is None
    (store,) = [store for store in sources.stores if store.item_count]
    assert sources.store(store.id) is store
    assert sources.store("ks_nowhere") is None
    assert len(changes) == 2


async def test_items_come_with_the_names_that_people_know(
    sources: Sources, shared_sandbox: SandboxServer
) -> None:
    await loaded(sources)
    store_id = sources.stores[0].id
    told: list[str] = []
    sources.items_changed.connect(told.append)
    assert sources.items(store_id) is None
    before = len(shared_sandbox.requests)
    sources.load_items(store_id)
    sources.load_items(store_id)
    await soon(lambda: told)
    asked = len(shared_sandbox.requests) - before
    sources.load_items(store_id)
    items = sources.items(store_id)
    assert items
    assert all("." in item.name for item in items)
    assert sources.name_of(items[0].item.id) == items[0].name
    assert sources.name_of(None) == sources.name_of("ksi_nowhere") == ""
    assert (told, asked) == ([store_id], 2)
    sources.reload_items(store_id)
    await soon(lambda: len(told) == 2)


async def test_a_failure_is_told_and_the_next_try_may_do(
    sources: Sources, shared_sandbox: SandboxServer
) -> None:
    told: list[Failure] = []
    sources.failed.connect(told.append)
    shared_sandbox.set_fault("server-error;path=/")
    await loaded(sources)
    assert sources.failure is told[0]
    assert (told[0].kind, sources.stores) == (FailureKind.SERVICE, [])
    shared_sandbox.set_fault(None)
    await loaded(sources)
    assert sources.failure is None
    store_id = sources.stores[0].id
    shared_sandbox.set_fault("server-error;path=/")
    sources.load_items(store_id)
    await soon(lambda: len(told) == 2)
    assert sources.items(store_id) is None
    asked = len(shared_sandbox.requests)
    sources.load_items(store_id)  # as every change of the session does; only the user tries again
    await asyncio.sleep(0.05)
    assert len(shared_sandbox.requests) == asked
    shared_sandbox.set_fault(None)
    sources.reload_items(store_id)
    await soon(lambda: sources.items(store_id))


async def test_another_connection_has_other_stores(sources: Sources, connections: Connections) -> None:
    await loaded(sources)
    sources.load_items(sources.stores[0].id)
    await soon(lambda: sources.items(sources.stores[0].id))
    connections._preferences.change(connection_id="")
    sources.refresh()
    assert (sources.stores, sources.is_loading) == ([], False)
    connections._preferences.change(connection_id=DEFAULT_ID)
    await loaded(sources)
    assert sources.items(sources.stores[0].id) is None


async def test_what_comes_late_for_a_connection_that_was_left_is_dropped(
    sources: Sources, connections: Connections
) -> None:
    sources.refresh()
    connections._preferences.change(connection_id="")
    sources.refresh()
    await asyncio.sleep(0.1)
    assert sources.stores == []


async def test_an_earlier_fetch_that_comes_later_is_dropped(
    sources: Sources, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = asyncio.Event()
    client = connections.client
    told: list[Failure] = []
    sources.failed.connect(told.append)

    async def slow(_: str) -> Any:
        await held.wait()
        raise TracksideError(Failure(FailureKind.CONNECTION, "The address before was wrong."))

    monkeypatch.setattr(connections, "client", slow)
    sources.refresh()
    await asyncio.sleep(0)
    monkeypatch.setattr(connections, "client", client)  # as when the connection's address is changed
    await loaded(sources)
    held.set()
    await asyncio.sleep(0.01)
    assert (told, sources.failure) == ([], None)
    assert sources.stores


async def test_closing_leaves_no_request_behind(
    connections: Connections, shared_sandbox: SandboxServer
) -> None:
    sources = Sources(connections)
    sources.refresh()
    await asyncio.sleep(0)
    await sources.aclose()
    assert sources.stores == []


def test_nothing_is_asked_before_it_is_wanted(shared_sandbox: SandboxServer, qapp: object) -> None:
    before = len(shared_sandbox.requests)
    settings = LoadedSettings(Settings(connections=(replace(TWELVELABS, base_url=shared_sandbox.base_url),)))
    sources = Sources(Connections(Preferences(settings), KeyVault(), environment={}))
    sources.load_items("")
    sources.refresh()
    assert len(shared_sandbox.requests) == before
