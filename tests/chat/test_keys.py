"""Keys in memory against a keyring that is slow, asked twice, or answers what is no longer wanted."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from chat.support import soon
from conftest import FakeKeyring
from trackside.chat import keys as keys_module
from trackside.chat.keys import ConnectionKeys
from trackside.domain.connection import DEFAULT_ID, TWELVELABS, ExtraHeader, KeySource, ProxyChoice
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.key_vault import SERVICE_NAME, KeyVault

KEY = "tlk_CCCCCCCCCCCC"
ENTRY = (SERVICE_NAME, DEFAULT_ID)
FULL = replace(
    TWELVELABS,
    proxy=ProxyChoice.MANUAL,
    proxy_user="anna",
    headers=(ExtraHeader("X-Team", "films"), ExtraHeader("X-Gate", is_secret=True)),
)
PROXY_ENTRY = ("Trackside proxy password", DEFAULT_ID)
HEADERS_ENTRY = ("Trackside secret headers", DEFAULT_ID)


class SlowKeyring(FakeKeyring):
    """Each call waits for `go`; `asked` names what was asked for, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.asked: list[str] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(username)
        found = super().get_password(service, username)
        self.go.wait(5)
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        self.go.wait(5)
        super().set_password(service, username, password)


@pytest.fixture
async def slow() -> AsyncIterator[SlowKeyring]:
    keyring = SlowKeyring()
    yield keyring
    keyring.go.set()


@asynccontextmanager
async def keys_of(
    keyring: FakeKeyring, *, environment_key: str = "", limit_s: float = 30.0
) -> AsyncIterator[tuple[ConnectionKeys, list[Failure]]]:
    keys = ConnectionKeys(KeyVault(lambda: keyring, limit_s=limit_s), environment_key)
    told: list[Failure] = []
    keys.problem.connect(told.append)
    yield keys, told
    await keys.aclose()


# -- reading ----------------------------------------------------------------------------------------


async def test_two_who_ask_at_once_cost_one_look(slow: SlowKeyring) -> None:
    slow.keys[ENTRY] = KEY
    async with keys_of(slow) as (keys, _):
        both = asyncio.gather(keys.find(TWELVELABS), keys.find(TWELVELABS, is_asked_for=True))
        await soon(lambda: slow.asked)
        slow.go.set()
        assert [found.key for found in await both] == [KEY, KEY]
        assert slow.asked == [DEFAULT_ID]


async def test_one_who_gives_up_asking_leaves_the_answer_to_the_other(slow: SlowKeyring) -> None:
    slow.keys[ENTRY] = KEY
    async with keys_of(slow) as (keys, _):
        first, second = (
            asyncio.ensure_future(keys.find(TWELVELABS)),
            asyncio.ensure_future(keys.find(TWELVELABS)),
        )
        await soon(lambda: slow.asked)
        first.cancel()
        await asyncio.wait({first})
        slow.go.set()
        assert (await second).key == KEY


async def test_what_is_needed_since_is_looked_for_beside_what_was(fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys = {ENTRY: KEY, PROXY_ENTRY: "pw", HEADERS_ENTRY: '{"X-Gate": "sesame"}'}
    async with keys_of(fake_keyring) as (keys, told):
        assert (await keys.find(TWELVELABS)).key == KEY
        calls = len(fake_keyring.calls)
        assert (await keys.find(TWELVELABS)).proxy_password == ""
        assert len(fake_keyring.calls) == calls
        found = await keys.find(FULL)
        assert (found.proxy_password, found.headers) == ("pw", (("X-Gate", "sesame"),))
        assert told == []
        assert KEY not in f"{found!r}{keys._held!r}"


async def test_a_key_that_was_removed_while_it_was_read_stays_removed(slow: SlowKeyring) -> None:
    slow.keys[ENTRY] = KEY
    async with keys_of(slow) as (keys, _):
        finding = asyncio.ensure_future(keys.find(TWELVELABS))
        await soon(lambda: slow.asked)
        removing = asyncio.ensure_future(keys.remove(DEFAULT_ID))
        await asyncio.sleep(0.01)
        slow.go.set()
        await removing
        assert (await finding).key == ""
        assert (keys.has_key(DEFAULT_ID), slow.keys) == (False, {})


async def test_a_late_answer_from_before_a_removal_is_not_used(
    slow: SlowKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    slow.keys[ENTRY] = KEY
    async with keys_of(slow, limit_s=0.05) as (keys, _):
        await keys.find(TWELVELABS)
        with pytest.raises(TracksideError):
            await keys.remove(DEFAULT_ID, with_more=True)
        slow.keys.clear()
        slow.go.set()
        assert (await keys.find(TWELVELABS, is_asked_for=True)).key == ""
        await asyncio.sleep(0.02)
        assert not keys.has_key(DEFAULT_ID)


async def test_a_typed_key_goes_before_what_is_read_later(slow: SlowKeyring) -> None:
    slow.keys[ENTRY] = "tlk_older"
    async with keys_of(slow) as (keys, _):
        finding = asyncio.ensure_future(keys.find(TWELVELABS))
        await soon(lambda: slow.asked)
        keys.use_for_this_run(DEFAULT_ID, KEY)
        slow.go.set()
        assert (await finding).key == KEY
        assert keys.source_of(DEFAULT_ID) is KeySource.THIS_RUN


@pytest.mark.parametrize("text", ["two words", "tab\there", "naïve", "\x7f"])
async def test_what_is_no_key_is_not_taken_from_the_keyring(text: str, fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys[ENTRY] = text
    async with keys_of(fake_keyring) as (keys, told):
        assert (await keys.find(TWELVELABS)).key == ""
        assert [failure.headline for failure in told] == ["What the keyring holds is no API key."]
        assert text not in repr(told)


async def test_a_key_that_was_typed_into_the_keyring_may_end_in_a_line_break(
    fake_keyring: FakeKeyring,
) -> None:
    fake_keyring.keys[ENTRY] = KEY + "\n"
    async with keys_of(fake_keyring) as (keys, _):
        assert (await keys.find(TWELVELABS)).key == KEY


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"X": 5}'])
async def test_headers_that_can_not_be_read_are_none(text: str, fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys = {ENTRY: KEY, HEADERS_ENTRY: text}
    async with keys_of(fake_keyring) as (keys, _):
        assert (await keys.find(FULL)).headers == ()


# -- waiting ----------------------------------------------------------------------------------------


async def test_the_window_is_told_while_it_waits_and_can_end_that(
    slow: SlowKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_module, "_SLOW_S", 0.005)
    slow.keys[ENTRY] = KEY
    async with keys_of(slow) as (keys, told):
        seen: list[bool] = []
        keys.changed.connect(lambda: seen.append(keys.is_waiting(DEFAULT_ID)))
        finding = asyncio.ensure_future(keys.find(TWELVELABS))
        assert not keys.is_waiting(DEFAULT_ID)
        await soon(lambda: keys.is_waiting(DEFAULT_ID))
        assert keys.is_looking(DEFAULT_ID)
        assert keys.give_up(DEFAULT_ID)
        assert (await finding).key == ""
        assert [failure.headline for failure in told] == ["The keyring was not waited for."]
        assert (seen, keys.is_looking(DEFAULT_ID)) == ([True, False], False)
        slow.go.set()
        await soon(lambda: keys.has_key(DEFAULT_ID))
        assert keys.source_of(DEFAULT_ID) is KeySource.KEYRING


async def test_the_end_of_the_window_waits_for_nobody(slow: SlowKeyring) -> None:
    slow.keys[ENTRY] = KEY
    async with keys_of(slow) as (keys, _):
        finding = asyncio.ensure_future(keys.find(TWELVELABS))
        await soon(lambda: slow.asked)
    assert (await finding).key == ""


# -- failing ----------------------------------------------------------------------------------------


async def test_what_failed_is_told_once_asked_again_and_taken_back(
    fake_keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_keyring.keys[ENTRY] = KEY
    fake_keyring.failure = OSError("the daemon has ended")
    async with keys_of(fake_keyring) as (keys, told):
        solved: list[Failure] = []
        keys.solved.connect(solved.append)
        for _ in range(3):
            await keys.find(TWELVELABS)
        assert [failure.headline for failure in told] == ["The keyring can't be reached."]
        assert keys.failure_of(DEFAULT_ID) == told[0]
        assert fake_keyring.calls == ["get"]  # not again and again
        monkeypatch.setattr(keys_module, "_ASK_AGAIN_S", 0.0)
        await keys.find(TWELVELABS, is_asked_for=True)
        fake_keyring.failure = None
        assert (await keys.find(TWELVELABS)).key == KEY
        assert (solved, keys.failure_of(DEFAULT_ID)) == (told, None)
        assert len(told) == 2


async def test_a_locked_keyring_is_asked_again_by_a_person_only(fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys[ENTRY] = KEY
    fake_keyring.failure = type("KeyringLocked", (Exception,), {})()
    async with keys_of(fake_keyring) as (keys, told):
        for _ in range(3):
            await keys.find(TWELVELABS)
        assert fake_keyring.calls == ["get"]
        await keys.find(TWELVELABS, is_asked_for=True)
        assert [failure.headline for failure in told] == ["The keyring is locked."] * 2
        fake_keyring.failure = None
        assert (await keys.find(TWELVELABS, is_asked_for=True)).key == KEY


# -- keeping ----------------------------------------------------------------------------------------


async def test_a_key_that_is_kept_late_is_said_to_be_kept(
    slow: SlowKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    async with keys_of(slow, limit_s=0.05) as (keys, told):
        await keys.keep(DEFAULT_ID, KEY)
        assert (keys.source_of(DEFAULT_ID), len(told)) == (KeySource.THIS_RUN, 1)
        slow.go.set()
        await soon(lambda: keys.source_of(DEFAULT_ID) is KeySource.KEYRING)
        assert slow.keys == {ENTRY: KEY}


async def test_a_key_that_is_replaced_while_it_is_kept_leaves_the_last_one(slow: SlowKeyring) -> None:
    async with keys_of(slow) as (keys, told):
        both = asyncio.gather(keys.keep(DEFAULT_ID, "tlk_first"), keys.keep(DEFAULT_ID, KEY))
        await asyncio.sleep(0.01)
        slow.go.set()
        await both
        assert (slow.keys, told) == ({ENTRY: KEY}, [])
        assert keys.secrets_of(DEFAULT_ID).key == KEY
        assert keys.source_of(DEFAULT_ID) is KeySource.KEYRING


async def test_a_key_that_is_removed_while_it_is_kept_is_nowhere(slow: SlowKeyring) -> None:
    async with keys_of(slow) as (keys, _):
        both = asyncio.gather(keys.keep(DEFAULT_ID, KEY), keys.remove(DEFAULT_ID))
        await asyncio.sleep(0.01)
        slow.go.set()
        await both
        assert (slow.keys, keys.has_key(DEFAULT_ID)) == ({}, False)


async def test_a_new_key_that_is_not_kept_says_that_the_old_one_may_be(fake_keyring: FakeKeyring) -> None:
    async with keys_of(fake_keyring) as (keys, told):
        await keys.keep(DEFAULT_ID, "tlk_older")
        fake_keyring.failure = OSError("full")
        await keys.keep(DEFAULT_ID, KEY)
        assert keys.source_of(DEFAULT_ID) is KeySource.THIS_RUN
        assert told[0].advice.endswith("The keyring may still hold the key before it.")


async def test_more_than_a_key_is_kept_replaced_and_removed(fake_keyring: FakeKeyring) -> None:
    async with keys_of(fake_keyring) as (keys, told):
        await keys.keep_more(DEFAULT_ID, proxy_password="pw", headers=(("X-Gate", "sesame"),))
        assert fake_keyring.keys == {PROXY_ENTRY: "pw", HEADERS_ENTRY: '{"X-Gate": "sesame"}'}
        await keys.keep_more(DEFAULT_ID, proxy_password="")
        assert fake_keyring.keys == {HEADERS_ENTRY: '{"X-Gate": "sesame"}'}
        await keys.keep_more(DEFAULT_ID, headers=())
        assert (fake_keyring.keys, told) == ({}, [])


async def test_a_password_that_stays_in_the_keyring_is_told(fake_keyring: FakeKeyring) -> None:
    async with keys_of(fake_keyring) as (keys, told):
        await keys.keep_more(DEFAULT_ID, proxy_password="pw")
        fake_keyring.failure = OSError("gone")
        await keys.keep_more(DEFAULT_ID, proxy_password="")
        assert [failure.kind for failure in told] == [FailureKind.KEYRING]


# -- removing ---------------------------------------------------------------------------------------


async def test_all_that_is_kept_is_forgotten_of_every_connection(fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys = {ENTRY: KEY, PROXY_ENTRY: "pw", HEADERS_ENTRY: "{}", ("other", "x"): "theirs"}
    async with keys_of(fake_keyring) as (keys, _):
        await keys.keep("b", KEY)
        await keys.forget_all([DEFAULT_ID])
        assert fake_keyring.keys == {("other", "x"): "theirs"}
        assert not keys.has_key("b")


async def test_forgetting_all_forgets_here_even_where_the_keyring_fails(fake_keyring: FakeKeyring) -> None:
    async with keys_of(fake_keyring) as (keys, _):
        await keys.keep(DEFAULT_ID, KEY)
        fake_keyring.failure = OSError("locked")
        with pytest.raises(TracksideError):
            await keys.forget_all([DEFAULT_ID])
        assert not keys.has_key(DEFAULT_ID)


async def test_the_environment_s_key_is_neither_removed_nor_forgotten(fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys[ENTRY] = "tlk_kept"
    async with keys_of(fake_keyring, environment_key=KEY) as (keys, _):
        assert not keys.can_remove(DEFAULT_ID)
        with pytest.raises(TracksideError, match="environment"):
            await keys.remove(DEFAULT_ID)
        await keys.forget_all([DEFAULT_ID])
        assert (keys.secrets_of(DEFAULT_ID).key, fake_keyring.keys) == (KEY, {})


async def test_a_connection_can_be_removed_where_there_is_no_keyring() -> None:
    nothing: Any = type("Keyring", (FakeKeyring,), {"__module__": "keyring.backends.fail"})()
    async with keys_of(nothing) as (keys, _):
        keys.use_for_this_run("b", KEY)
        await keys.remove("b", with_more=True)
        assert not keys.has_key("b")


async def test_the_keyring_s_name_is_known_once_it_was_asked(fake_keyring: FakeKeyring) -> None:
    async with keys_of(fake_keyring) as (keys, _):
        changes: list[None] = []
        keys.changed.connect(lambda: changes.append(None))
        assert keys.vault_state is None
        assert (await keys.look_at_vault()).name == "Fake"
        assert (await keys.look_at_vault()) == keys.vault_state
        assert len(changes) == 1
