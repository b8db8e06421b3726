"""A keyring that keeps the window waiting: said, ended by a click, and its answer used all the same."""

import threading
from typing import Any

from conftest import FakeKeyring
from desktop.hand import Hand
from trackside.domain.connection import DEFAULT_ID
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.storage.key_vault import SERVICE_NAME, KeyVault
from ui.support import KEY, OpenWindow

WAITING = "Waiting for the system keyring…"


def test_waiting_for_the_keyring_is_said_and_can_be_ended(
    open_window: OpenWindow, service: SandboxServer, fake_keyring: FakeKeyring
) -> None:
    held = fake_keyring.hold = threading.Event()
    fake_keyring.keys[SERVICE_NAME, DEFAULT_ID] = KEY

    async def work(hand: Hand) -> None:
        await hand.until(lambda: WAITING in hand.words, "that the keyring is waited for")
        await hand.click("Stop waiting")
        await hand.until(lambda: "The keyring was not waited for." in hand.words, "the end of it")
        assert WAITING not in hand.words
        held.set()
        await hand.until(lambda: "system keyring: Fake" in hand.words, "the key that came late")
        assert "The keyring was not waited for." not in hand.words

    how: dict[str, Any] = {"settings": Settings(connection_id=DEFAULT_ID), "base_url": service.base_url}
    open_window(work, vault=KeyVault(lambda: fake_keyring, limit_s=30), **how)
