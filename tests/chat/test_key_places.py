"""A key goes only where it was given for, whoever changes the address."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from chat.support import soon
from conftest import FakeKeyring
from trackside.chat.connections import KEY_VARIABLE, URL_VARIABLE, Connections
from trackside.chat.preferences import Preferences
from trackside.domain.connection import (
    DEFAULT_ID,
    TWELVELABS,
    Connection,
    ExtraHeader,
    KeySource,
    ProxyChoice,
    Secrets,
)
from trackside.domain.failure import TracksideError
from trackside.domain.settings import Settings
from trackside.storage.key_vault import SERVICE_NAME, KeyVault
from trackside.storage.settings import LoadedSettings

KEY = "tlk_AAAAAAAAAAAA"
ENTRY = (SERVICE_NAME, DEFAULT_ID)
GATE = replace(TWELVELABS, base_url="https://gate.example/v1.3")
OTHER = replace(TWELVELABS, base_url="https://evil.example/v1.3")
Make = Callable[..., Connections]


@pytest.fixture
async def make(fake_keyring: FakeKeyring) -> AsyncIterator[Make]:
    made: list[Connections] = []

    def connections(*given: Connection, **environment: str) -> Connections:
        preferences = Preferences(LoadedSettings(Settings(connections=given)))
        vault = KeyVault(lambda: fake_keyring, limit_s=5.0)
        made.append(Connections(preferences, vault, environment=environment))
        return made[-1]

    yield connections
    for entry in made:
        await entry.aclose()


async def refused(connections: Connections) -> str:
    with pytest.raises(TracksideError) as raised:
        await connections.client(DEFAULT_ID)
    return raised.value.failure.sentence


async def test_a_key_stays_with_its_host_when_the_address_is_changed(
    make: Make, fake_keyring: FakeKeyring
) -> None:
    fake_keyring.keys[ENTRY] = KEY
    connections = make(TWELVELABS)
    await connections.client(DEFAULT_ID)
    connections.save(OTHER)
    assert not connections.keys.has_key(DEFAULT_ID)
    said = await refused(connections)
    assert "was given for api.twelvelabs.io and is not sent to evil.example" in said
    assert fake_keyring.keys[ENTRY] == KEY
    connections.save(TWELVELABS)
    await connections.client(DEFAULT_ID)
    assert connections.keys.secrets_of(DEFAULT_ID).key == KEY


async def test_a_file_that_was_changed_meanwhile_gets_no_key(make: Make, fake_keyring: FakeKeyring) -> None:
    connections = make(GATE)
    await connections.give_key(KEY, DEFAULT_ID, untested=True)
    await make(GATE).client(DEFAULT_ID)
    for address in (OTHER, TWELVELABS, replace(GATE, base_url="http://gate.example", allow_plain_http=True)):
        assert "was given for gate.example" in await refused(make(address))
    assert KEY in fake_keyring.keys[ENTRY]


async def test_a_key_of_one_run_stays_with_its_host(make: Make) -> None:
    connections = make(TWELVELABS)
    await connections.give_key(KEY, DEFAULT_ID, untested=True, for_this_run=True)
    connections.save(OTHER)
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.NONE
    assert await refused(connections)


async def test_the_environment_s_address_gets_no_kept_key(make: Make, fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys[ENTRY] = KEY
    assert "is not sent to gate.example" in await refused(make(TWELVELABS, **{URL_VARIABLE: GATE.base_url}))


async def test_the_environment_s_key_goes_to_the_environment_s_address(make: Make) -> None:
    connections = make(TWELVELABS, **{KEY_VARIABLE: KEY, URL_VARIABLE: GATE.base_url})
    await connections.client(DEFAULT_ID)
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.ENVIRONMENT
    connections = make(GATE, **{KEY_VARIABLE: KEY})
    assert "TWELVELABS_API_KEY" in await refused(connections)
    await connections.keys.remove(DEFAULT_ID, with_more=True)
    assert not connections.keys.has_key(DEFAULT_ID)
    connections.save(TWELVELABS)
    await connections.client(DEFAULT_ID)


async def test_secret_headers_and_the_proxy_s_password_stay_with_theirs(
    make: Make, fake_keyring: FakeKeyring
) -> None:
    headers = (ExtraHeader("X-Gate", is_secret=True),)
    gate = replace(GATE, headers=headers, proxy_url="http://proxy.lan:3128", proxy_user="anna")
    connections = make(gate)
    await connections.keys.keep_more(DEFAULT_ID, proxy_password="sesame", headers=(("X-Gate", "open"),))
    full = replace(gate, proxy=ProxyChoice.MANUAL)
    found = await make(full).keys.find(full)
    assert (found.proxy_password, found.headers) == ("sesame", (("X-Gate", "open"),))
    elsewhere = replace(full, base_url=OTHER.base_url, proxy_url="http://proxy.evil:3128")
    for asked in (make(elsewhere), connections):
        if asked is connections:
            connections.save(elsewhere)
        found = await asked.keys.find(elsewhere)
        assert (found.proxy_password, found.headers) == ("", ())


async def test_an_address_that_changes_while_the_keyring_is_asked(
    make: Make, fake_keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked for the old address must not get the key of the new one."""
    connections = make(TWELVELABS)
    asked: list[Connection] = []
    find = connections.keys.find

    async def slow(connection: Connection, **named: Any) -> Secrets:
        if not asked:
            asked.append(connection)
            connections.save(GATE)
            connections.keys.use_for_this_run(DEFAULT_ID, KEY)
        return await find(connection, **named)

    monkeypatch.setattr(connections.keys, "find", slow)
    client = await connections.client(DEFAULT_ID)
    assert client._http.connection.base_url == GATE.base_url
    assert connections.keys.secrets_for(TWELVELABS).key == ""


async def test_a_key_that_was_tested_at_another_address_is_not_kept(
    make: Make, fake_keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = make(TWELVELABS)
    go = asyncio.Event()

    async def tested(*_: object) -> None:
        go.set()
        await soon(lambda: connections.get(DEFAULT_ID).base_url == OTHER.base_url)  # type: ignore[union-attr]

    monkeypatch.setattr(connections, "_test_key", tested)
    giving = asyncio.ensure_future(connections.give_key(KEY, DEFAULT_ID))
    await go.wait()
    connections.save(OTHER)
    with pytest.raises(TracksideError, match="not sent to evil"):
        await giving
    assert fake_keyring.keys == {}
