"""Where answers come from: the key's way from typing to the keyring, and the clients made with it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from conftest import FakeKeyring
from trackside.chat.clients import Clients
from trackside.chat.connections import KEY_VARIABLE, URL_VARIABLE, Connections
from trackside.chat.preferences import Preferences
from trackside.domain.connection import DEFAULT_ID, SANDBOX_ID, TWELVELABS, KeySource, Secrets
from trackside.domain.failure import Failure, FailureKind, FailureLayer, TracksideError
from trackside.domain.settings import Settings
from trackside.domain.turn import Ask
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import SERVICE_NAME, KeyVault
from trackside.storage.settings import LoadedSettings

KEY = "tlk_AAAAAAAAAAAA"
ENTRY = (SERVICE_NAME, DEFAULT_ID)
Make = Callable[..., Connections]


@pytest.fixture
async def make(fake_keyring: FakeKeyring, shared_sandbox: SandboxServer) -> AsyncIterator[Make]:
    """Makes connections to the sandbox in the role of the service, with the fake keyring."""
    made: list[Connections] = []

    def connections(*, environment: dict[str, str] | None = None, **settings: Any) -> Connections:
        url = settings.pop("base_url", shared_sandbox.base_url)
        settings = {"connections": (replace(TWELVELABS, base_url=url),), **settings}
        preferences = Preferences(LoadedSettings(Settings(**settings)))
        vault = KeyVault(lambda: fake_keyring, limit_s=0.05)
        made.append(Connections(preferences, vault, environment=environment or {}))
        return made[-1]

    yield connections
    for entry in made:
        await entry.aclose()


def problems(connections: Connections) -> list[Failure]:
    told: list[Failure] = []
    connections.key_problem.connect(told.append)
    return told


async def refused(work: Awaitable[object]) -> Failure:
    with pytest.raises(TracksideError) as raised:
        await work
    assert KEY not in f"{raised.value!r} {raised.value.failure!r}"
    return raised.value.failure


# -- which key --------------------------------------------------------------------------------------


async def test_the_environment_s_key_is_used_and_never_stored(make: Make, fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys[ENTRY] = "another"
    connections = make(environment={KEY_VARIABLE: f" {KEY}\n"}, connection_id=SANDBOX_ID)
    await connections.load()
    assert (connections.keys.source_of(DEFAULT_ID), connections.active_id) == (
        KeySource.ENVIRONMENT,
        DEFAULT_ID,
    )
    assert (await (await connections.client(DEFAULT_ID)).stores()).entries
    assert KEY_VARIABLE in connections.describe()
    assert KEY not in connections.describe()
    assert fake_keyring.calls == []


async def test_the_keyring_s_key_is_found(make: Make, fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys[ENTRY] = KEY
    connections = make(connection_id=DEFAULT_ID)
    await connections.load()
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.KEYRING
    assert connections.describe().endswith(" · system keyring: Fake")


async def test_before_the_first_choice_the_keyring_is_left_alone(
    make: Make, fake_keyring: FakeKeyring
) -> None:
    connections = make()
    await connections.load()
    assert (connections.active_id, connections.describe()) == ("", "Not connected")
    assert fake_keyring.calls == []


async def test_without_a_key_there_is_no_client(make: Make) -> None:
    connections = make(connection_id=DEFAULT_ID)
    await connections.load()
    assert not connections.has_key
    assert (await refused(connections.client(DEFAULT_ID))).kind is FailureKind.KEY


# -- typing, replacing and removing one --------------------------------------------------------------


async def test_a_typed_key_is_tested_kept_replaced_and_removed(make: Make, fake_keyring: FakeKeyring) -> None:
    connections = make()
    changes: list[None] = []
    connections.changed.connect(lambda: changes.append(None))
    await connections.connect_with_key(f" {KEY} ")
    assert fake_keyring.keys == {ENTRY: KEY}
    assert (connections.keys.source_of(DEFAULT_ID), connections.active_id) == (KeySource.KEYRING, DEFAULT_ID)
    first = await connections.client(DEFAULT_ID)
    await connections.connect_with_key(KEY + "B")
    assert fake_keyring.keys == {ENTRY: KEY + "B"}
    assert await connections.client(DEFAULT_ID) is not first
    await connections.remove_key(DEFAULT_ID)
    assert fake_keyring.keys == {}
    assert not connections.has_key
    assert (await refused(connections.client(DEFAULT_ID))).kind is FailureKind.KEY
    assert changes


@pytest.mark.parametrize("key", ["", "  ", "two words", "naïve", "tab\there", "line\nbreak"])
async def test_what_is_no_key_is_refused_without_a_request(
    key: str, make: Make, fake_keyring: FakeKeyring, shared_sandbox: SandboxServer
) -> None:
    before = len(shared_sandbox.requests)
    assert (await refused(make().connect_with_key(key))).kind is FailureKind.KEY
    assert (fake_keyring.calls, len(shared_sandbox.requests)) == ([], before)


@pytest.mark.parametrize("key", ["sandbox-invalid", "sandbox-no-jockey"])
async def test_a_key_that_the_service_refuses_is_not_stored(
    key: str, make: Make, fake_keyring: FakeKeyring
) -> None:
    connections = make()
    failure = await refused(connections.connect_with_key(key))
    assert failure.kind in (FailureKind.KEY, FailureKind.NO_ACCESS)
    assert fake_keyring.keys == {}
    assert (connections.has_key, connections.active_id) == (False, "")


async def test_a_wrong_new_key_leaves_the_good_old_one(make: Make, fake_keyring: FakeKeyring) -> None:
    connections = make()
    await connections.connect_with_key(KEY)
    await refused(connections.connect_with_key("sandbox-invalid"))
    assert fake_keyring.keys == {ENTRY: KEY}
    assert (await (await connections.client(DEFAULT_ID)).stores()).entries


async def test_a_keyring_that_fails_makes_it_a_key_for_this_run(
    make: Make, fake_keyring: FakeKeyring
) -> None:
    fake_keyring.failure = OSError(f"no bus for {KEY}")
    connections = make()
    told = problems(connections)
    await connections.connect_with_key(KEY)
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.THIS_RUN
    assert connections.describe().endswith(" · key for this run only")
    assert [failure.kind for failure in told] == [FailureKind.KEYRING]
    assert KEY not in repr(told)
    assert (await (await connections.client(DEFAULT_ID)).stores()).entries


async def test_a_keyring_that_hangs_does_not_hold_the_key_up(
    make: Make, fake_keyring: FakeKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("keyring hangs")
    held = fake_keyring.hold = threading.Event()
    connections = make()
    told = problems(connections)
    async with asyncio.timeout(2):
        await connections.connect_with_key(KEY)
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.THIS_RUN
    assert len(told) == 1
    held.set()


async def test_a_keyring_that_keeps_the_key_is_told_and_the_key_not_used(
    make: Make, fake_keyring: FakeKeyring
) -> None:
    connections = make()
    await connections.connect_with_key(KEY)
    fake_keyring.failure = OSError("locked")
    assert (await refused(connections.remove_key(DEFAULT_ID))).kind is FailureKind.KEYRING
    assert not connections.has_key


async def test_a_key_for_this_run_reaches_no_keyring(make: Make, fake_keyring: FakeKeyring) -> None:
    connections = make(connection_id=DEFAULT_ID)
    connections.keys.use_for_this_run(DEFAULT_ID, KEY)
    assert (await (await connections.client(DEFAULT_ID)).stores()).entries
    assert fake_keyring.calls == []


# -- clients ----------------------------------------------------------------------------------------


async def test_one_client_serves_until_key_or_settings_change(make: Make) -> None:
    connections = make()
    connections.keys.use_for_this_run(DEFAULT_ID, KEY)
    first, same = await asyncio.gather(connections.client(DEFAULT_ID), connections.client(DEFAULT_ID))
    assert first is same
    connections._preferences.change(silence_limit_s=42.0)
    second = await connections.client(DEFAULT_ID)
    assert second is not first
    assert second.connection.silence_limit_s == 42.0
    elsewhere = replace(TWELVELABS, model="jockey1.0", base_url="http://127.0.0.1:1/v1.3")
    connections.save(elsewhere)
    third = await connections.client(DEFAULT_ID)
    assert (third.connection.model, third.connection.base_url) == ("jockey1.0", "http://127.0.0.1:1/v1.3")


async def test_an_answer_goes_on_while_the_key_is_replaced(make: Make, shared_sandbox: SandboxServer) -> None:
    connections = make()
    await connections.connect_with_key(KEY)
    client = await connections.client(DEFAULT_ID)
    store = (await client.stores()).entries[0].id
    shared_sandbox.set_pace(100.0)
    events = client.stream_answer(Ask("/echo " + "word " * 40, store))
    await anext(events)
    await connections.connect_with_key(KEY + "B")
    shared_sandbox.set_pace(0.0)
    rest = [event async for event in events]
    assert type(rest[-1]).__name__ == "StreamDone"


async def test_a_plain_address_elsewhere_is_refused_unless_allowed(make: Make) -> None:
    connections = make(base_url="http://service.example/v1.3")
    connections.keys.use_for_this_run(DEFAULT_ID, KEY)
    failure = await refused(connections.client(DEFAULT_ID))
    assert (failure.kind, "unencrypted" in failure.headline) == (FailureKind.INPUT, True)
    assert (await refused(connections.connect_with_key(KEY))).kind is FailureKind.INPUT
    plain = replace(TWELVELABS, base_url="http://service.example/v1.3", allow_plain_http=True)
    connections.save(plain)
    client = await connections.client(DEFAULT_ID)
    assert client.connection.base_url == "http://service.example/v1.3"


@pytest.mark.parametrize(
    "url", ["", "api.example/v1.3", "ftp://x", "https://", "https://a b", "https://u:p@x"]
)
async def test_an_address_with_a_typo_is_a_sentence(url: str, make: Make) -> None:
    connections = make(base_url=url)
    connections.keys.use_for_this_run(DEFAULT_ID, KEY)
    assert (await refused(connections.client(DEFAULT_ID))).kind is FailureKind.INPUT


async def test_the_environment_s_address_goes_before_the_settings(
    make: Make, shared_sandbox: SandboxServer
) -> None:
    address = {URL_VARIABLE: shared_sandbox.base_url, KEY_VARIABLE: KEY}
    connections = make(environment=address, base_url="https://elsewhere.example")
    await connections.load()
    assert connections.address_of(DEFAULT_ID) == shared_sandbox.base_url
    assert (await (await connections.client(DEFAULT_ID)).stores()).entries


async def test_the_shown_request_has_no_key(make: Make) -> None:
    connections = make()
    connections.save(replace(TWELVELABS, model="jockey1.0"))
    connections.keys.use_for_this_run(DEFAULT_ID, KEY)
    body = connections.request_body(Ask("Why?", "ks_1"), "sess_1", connection_id=DEFAULT_ID)
    assert (body["session_id"], body["model"]) == ("sess_1", "jockey1.0")
    assert KEY not in repr(body)


# -- the embedded sandbox ---------------------------------------------------------------------------


async def test_the_sandbox_starts_once_and_needs_no_key(
    make: Make, fake_keyring: FakeKeyring, tmp_path: Path
) -> None:
    connections = make()
    await asyncio.gather(connections.use_sandbox(), connections.use_sandbox())
    assert (connections.is_sandbox, connections.describe()) == (True, "Sandbox · no key needed")
    assert (await (await connections.client(SANDBOX_ID)).stores()).entries
    assert fake_keyring.calls == []
    fake_keyring.keys[ENTRY] = KEY
    await connections.use(DEFAULT_ID)
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.KEYRING
    await connections.use(SANDBOX_ID)
    assert connections.is_sandbox


async def test_a_sandbox_that_can_not_start_is_told_and_tried_again(
    make: Make, expected_log: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_log("the sandbox could not start")
    connections = make()
    monkeypatch.setattr(SandboxServer, "start", lambda _: (_ for _ in ()).throw(OSError("no sockets left")))
    assert (await refused(connections.use_sandbox())).headline == "The sandbox could not start."
    assert not connections.is_sandbox
    monkeypatch.undo()
    await connections.use_sandbox()
    assert connections.is_sandbox


async def test_a_ca_file_that_is_there_at_last_is_used_with_the_next_question(tmp_path: Path) -> None:
    clients = Clients()
    connection = replace(TWELVELABS, ca_file=str(tmp_path / "ca.pem"))
    first = await clients.get(connection, Secrets(key=KEY))
    assert (await refused(first.stores())).layer is FailureLayer.CA_FILE
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    second = await clients.get(connection, Secrets(key=KEY))
    assert second.is_usable
    assert await clients.get(connection, Secrets(key=KEY)) is second
    await clients.aclose()


async def test_a_client_whose_connection_was_removed_says_so(make: Make) -> None:
    connections = make()
    connections.keys.use_for_this_run(DEFAULT_ID, KEY)
    client = await connections.client(DEFAULT_ID)
    await connections.remove(DEFAULT_ID)
    assert (await refused(client.stores())).kind is FailureKind.CONNECTION
    answer = client.stream_answer(Ask("Why?", "store"))
    assert (await refused(anext(answer))).kind is FailureKind.CONNECTION
    assert (await refused(connections.client(DEFAULT_ID))).kind is FailureKind.INPUT
