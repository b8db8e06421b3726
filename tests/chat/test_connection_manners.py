"""The keyring is asked once, waited for, and left alone after a key was removed."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from chat.support import soon
from conftest import FakeKeyring
from trackside.chat.connections import KEY_VARIABLE, Connections
from trackside.chat.preferences import Preferences
from trackside.domain.connection import DEFAULT_ID, SANDBOX_ID, SERVICE_URL, KeySource
from trackside.domain.failure import Failure, TracksideError
from trackside.domain.settings import Settings
from trackside.storage.key_vault import SERVICE_NAME, KeyVault
from trackside.storage.settings import LoadedSettings

KEY = "tlk_BBBBBBBBBBBB"
ENTRY = (SERVICE_NAME, DEFAULT_ID)


class PromptingKeyring(FakeKeyring):
    """Answers a question for a key only when its own password has been typed."""

    def __init__(self) -> None:
        super().__init__()
        self.typed = threading.Event()
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.typed.wait(5)
        return super().get_password(service, username)


def connections_with(keyring: FakeKeyring, environment: dict[str, str] | None = None) -> Connections:
    preferences = Preferences(LoadedSettings(Settings(connection_id=DEFAULT_ID)))
    return Connections(preferences, KeyVault(lambda: keyring, limit_s=0.05), environment=environment or {})


@pytest.fixture
async def prompting() -> AsyncIterator[PromptingKeyring]:
    keyring = PromptingKeyring()
    keyring.keys[ENTRY] = KEY
    yield keyring
    keyring.typed.set()


async def test_a_key_that_comes_after_its_prompt_is_used(
    prompting: PromptingKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    connections = connections_with(prompting)
    told: list[Failure] = []
    connections.key_problem.connect(told.append)
    await connections.load()
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.NONE
    assert "type it there" in told[0].advice
    changed = asyncio.Event()
    connections.changed.connect(changed.set)
    prompting.typed.set()
    await asyncio.wait_for(changed.wait(), 5)
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.KEYRING
    await connections.aclose()


async def test_nobody_asks_the_keyring_twice_unasked(
    prompting: PromptingKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    connections = connections_with(prompting)
    await asyncio.gather(connections.load(), connections.load())
    for _ in range(3):
        with pytest.raises(TracksideError):
            await connections.client(DEFAULT_ID)
    assert prompting.asked == 1
    prompting.typed.set()
    await soon(lambda: connections.has_key)
    await connections.aclose()


async def test_a_removed_key_does_not_bring_an_older_one_into_use(fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys[ENTRY] = KEY
    connections = connections_with(fake_keyring)
    connections.keys.use_for_this_run(DEFAULT_ID, "tlk_CCCCCCCCCCCC")
    await connections.remove_key(DEFAULT_ID)
    with pytest.raises(TracksideError):
        await connections.client(DEFAULT_ID)
    assert connections.keys.source_of(DEFAULT_ID) is KeySource.NONE
    assert fake_keyring.keys == {}
    await connections.aclose()


async def test_a_key_in_the_environment_can_not_be_removed_here(fake_keyring: FakeKeyring) -> None:
    connections = connections_with(fake_keyring, {KEY_VARIABLE: KEY})
    await connections.load()
    assert connections.has_key
    assert not connections.keys.can_remove(DEFAULT_ID)
    with pytest.raises(TracksideError):
        await connections.remove_key(DEFAULT_ID)
    assert connections.has_key
    await connections.aclose()


async def test_the_address_is_the_one_that_is_asked(fake_keyring: FakeKeyring) -> None:
    connections = connections_with(fake_keyring, {KEY_VARIABLE: KEY})
    await connections.load()
    assert connections.describe() == f"TwelveLabs · key from {KEY_VARIABLE}"
    assert connections.address_of(DEFAULT_ID) == SERVICE_URL
    await connections.use_sandbox()
    assert connections.address_of(SANDBOX_ID).startswith("http://127.0.0.1:")
    await connections.aclose()


async def test_the_connection_chosen_last_wins(fake_keyring: FakeKeyring) -> None:
    connections = connections_with(fake_keyring, {KEY_VARIABLE: KEY})
    await connections.load()
    slow = asyncio.ensure_future(connections.use(SANDBOX_ID))
    await asyncio.sleep(0)
    await connections.use(DEFAULT_ID)
    await slow
    assert connections.active_id == DEFAULT_ID
    await connections.aclose()
