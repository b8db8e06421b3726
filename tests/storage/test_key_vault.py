"""Keys: in a keyring that keeps them safely or nowhere, and never on the caller's thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from conftest import FakeKeyring
from trackside.domain.failure import FailureKind, TracksideError
from trackside.storage.key_vault import SERVICE_NAME, KeyVault, judge_backend

KEY = "tlk_SECRETSECRET"


def backend(module: str, name: str = "Keyring", **members: Any) -> Any:
    """A back end as keyring's or another package's, told by where its class is from."""
    made = type(name, (FakeKeyring,), {"__module__": module, "__qualname__": name})()
    for member, value in members.items():
        setattr(made, member, value)
    return made


def chain(*backends: Any) -> Any:
    return backend("keyring.backends.chainer", "ChainerBackend", backends=list(backends))


FAIL = backend("keyring.backends.fail")
NULL = backend("keyring.backends.null")
PLAIN = backend("keyrings.alt.file", "PlaintextKeyring")
SECRET_SERVICE = backend("keyring.backends.SecretService")


@pytest.fixture
def vault(fake_keyring: FakeKeyring) -> Iterator[KeyVault]:
    vault = KeyVault(lambda: fake_keyring, limit_s=0.05)
    yield vault
    if fake_keyring.hold is not None:
        fake_keyring.hold.set()
    vault.close()


async def refused(work: Awaitable[object]) -> str:
    """The sentence of a call that fails; the key is nowhere in it."""
    with pytest.raises(TracksideError) as raised:
        await work
    failure = raised.value.failure
    assert failure.kind is FailureKind.KEYRING
    told = f"{raised.value!r} {failure!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert KEY not in told
    return failure.headline


# -- which back ends are trusted --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judged", "is_usable", "name"),
    [
        (FAIL, False, "none"),
        (NULL, False, "null"),
        (PLAIN, False, "PlaintextKeyring"),
        (backend("keyrings.alt.Windows", "RegistryKeyring"), False, "RegistryKeyring"),
        (backend("somewhere.else", "PlainTextFile"), False, "PlainTextFile"),
        (SECRET_SERVICE, True, "Secret Service"),
        (backend("keyring.backends.libsecret"), True, "Secret Service"),
        (backend("keyring.backends.kwallet", "DBusKeyring"), True, "KWallet"),
        (backend("keyring.backends.macOS"), True, "Keychain"),
        (backend("keyring.backends.Windows", "WinVaultKeyring"), True, "Credential Manager"),
        (backend("onepassword_keyring"), True, "Fake"),
        (chain(), False, "none"),
        (chain(FAIL, NULL), False, "none"),
        (chain(NULL, PLAIN), False, "null"),
        (chain(PLAIN, SECRET_SERVICE), True, "Secret Service"),
    ],
)
async def test_a_back_end_is_judged_by_where_it_keeps_keys(judged: Any, is_usable: bool, name: str) -> None:
    state = judge_backend(judged)
    assert (state.is_usable, state.name) == (is_usable, name)
    assert bool(state.reason) == (not is_usable)
    vault = KeyVault(lambda: judged)
    assert await vault.state() == state
    if is_usable:
        await vault.set("c", KEY)
        assert await vault.get("c") == KEY
    else:
        for call in (vault.get("c"), vault.set("c", KEY), vault.delete("c")):
            assert await refused(call) == state.reason
    vault.close()


async def test_a_chain_never_reaches_its_unsafe_members() -> None:
    plain, safe = backend("keyrings.alt.file", "PlaintextKeyring"), backend("keyring.backends.SecretService")
    vault = KeyVault(lambda: chain(plain, safe))
    await vault.set("c", KEY)
    assert await vault.get("c") == KEY
    await vault.delete("c")
    assert plain.calls == []
    assert safe.keys == {}
    vault.close()


async def test_without_a_keyring_on_this_system_that_is_said() -> None:
    vault = KeyVault()  # the tests' environment names keyring's own fail back end
    state = await vault.state()
    assert (state.is_usable, state.reason) == (False, "This system has no keyring.")
    vault.close()


# -- saving, reading, removing ----------------------------------------------------------------------


async def test_a_key_is_saved_read_replaced_and_removed(vault: KeyVault, fake_keyring: FakeKeyring) -> None:
    assert await vault.get("c") is None
    await vault.set("c", KEY)
    assert fake_keyring.keys == {(SERVICE_NAME, "c"): KEY}
    await vault.set("c", KEY + "2")
    assert await vault.get("c") == KEY + "2"
    assert await vault.get("other") is None
    await vault.delete("c")
    assert await vault.get("c") is None
    await vault.delete("c")


async def test_a_key_that_was_not_kept_is_told(vault: KeyVault, fake_keyring: FakeKeyring) -> None:
    fake_keyring.forgets = True
    assert await refused(vault.set("c", KEY)) == "The keyring did not keep the key."


async def test_no_call_runs_on_the_loop_s_thread(fake_keyring: FakeKeyring) -> None:
    threads: list[threading.Thread] = []

    def load() -> FakeKeyring:
        threads.append(threading.current_thread())
        return fake_keyring

    vault = KeyVault(load)
    await vault.state()
    await vault.get("c")
    vault.close()
    assert {thread.name for thread in threads} == {"trackside-keyring"}


# -- what goes wrong --------------------------------------------------------------------------------


def raised_by_keyring(name: str) -> Exception:
    """Named like one of keyring's own, since words are chosen by the name; and it tells the key."""
    return type(name, (Exception,), {})(f"failed with {KEY}")


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (raised_by_keyring("KeyringLocked"), "The keyring is locked."),
        (raised_by_keyring("NoKeyringError"), "This system has no keyring."),
        (raised_by_keyring("PasswordSetError"), "The keyring did not take the key."),
        (raised_by_keyring("SecretServiceNotAvailableException"), "The keyring can't be reached."),
        (OSError(5, KEY), "The keyring can't be reached."),
        (SystemExit(KEY), "The keyring can't be reached."),
        (KeyboardInterrupt(), "The keyring can't be reached."),
    ],
)
async def test_whatever_a_keyring_raises_becomes_a_sentence(
    failure: BaseException, words: str, vault: KeyVault, fake_keyring: FakeKeyring
) -> None:
    fake_keyring.failure = failure
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: vault.get("c"),
        lambda: vault.set("c", KEY),
        lambda: vault.delete("c"),
    ]
    for call in calls:
        assert await refused(call()) == words
    fake_keyring.failure = None
    await vault.set("c", KEY)
    assert await vault.get("c") == KEY


async def test_a_back_end_that_does_not_even_load_is_unusable() -> None:
    def load() -> FakeKeyring:
        raise ImportError(KEY)

    vault = KeyVault(load)
    state = await vault.state()
    assert (state.is_usable, state.reason) == (False, "The keyring can't be reached.")
    vault.close()


async def test_a_keyring_that_hangs_is_given_up_and_later_calls_work(
    vault: KeyVault, fake_keyring: FakeKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    held = fake_keyring.hold = threading.Event()
    both = await asyncio.gather(refused(vault.get("c")), refused(vault.set("c", KEY)))
    assert both == ["The keyring did not answer within 0.05 s."] * 2
    fake_keyring.hold = None
    await vault.set("c", KEY)
    assert await vault.get("c") == KEY
    held.set()


async def test_a_keyring_that_hangs_while_it_loads_is_unusable(expected_log: Callable[[str], None]) -> None:
    expected_log("the keyring hangs")
    held = threading.Event()

    def load() -> FakeKeyring:
        held.wait(2)
        return FakeKeyring()

    vault = KeyVault(load, limit_s=0.02)
    state = await vault.state()
    assert (state.is_usable, state.reason) == (False, "The keyring did not answer within 0.02 s.")
    held.set()
    vault.close()


async def test_a_caller_that_gives_up_leaves_nothing_to_complain_about(
    vault: KeyVault, fake_keyring: FakeKeyring
) -> None:
    held = fake_keyring.hold = threading.Event()
    fake_keyring.failure = raised_by_keyring("KeyringLocked")
    waiting = asyncio.ensure_future(vault.get("c"))
    await asyncio.sleep(0.005)
    waiting.cancel()
    await asyncio.wait({waiting})
    held.set()
    assert await refused(vault.get("c")) == "The keyring is locked."


async def test_a_vault_can_be_closed_twice_and_used_again(vault: KeyVault) -> None:
    vault.close()
    await vault.set("c", KEY)
    vault.close()
    vault.close()
    assert await vault.get("c") == KEY
