"""Keys: in a keyring that keeps them safely or nowhere, and never on the caller's thread."""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from keyring.backend import KeyringBackend as LibraryBackend

from chat.support import soon
from conftest import FakeKeyring
from trackside.domain.failure import FailureKind, TracksideError
from trackside.storage.key_vault import SERVICE_NAME, KeyVault, judge_backend
from trackside.storage.keyring_calls import MOST_LEFT_BEHIND

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
SUBCLASSED_PLAIN = type("Ours", (type(PLAIN),), {"__module__": "ours"})()


@pytest.fixture
def vault(fake_keyring: FakeKeyring) -> Iterator[KeyVault]:
    vault = KeyVault(lambda: fake_keyring, limit_s=0.05)
    yield vault
    if fake_keyring.hold is not None:
        fake_keyring.hold.set()
    vault.close()


class SafeKeyring(LibraryBackend):
    """One of the library's kind, as a plug-in may bring one."""

    priority = -1.0

    def get_password(self, service: str, username: str) -> str | None:
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


class NamingKeyring(FakeKeyring):
    """Can name an entry of a service, as Secret Service can."""

    def get_credential(self, service: str, username: str | None) -> SimpleNamespace | None:
        names = [name for kept, name in self.keys if kept == service]
        return SimpleNamespace(username=names[0]) if names else None


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
        (backend("keyring.backends.file", "Keyring"), False, "Keyring"),
        (SUBCLASSED_PLAIN, False, "Ours"),
        (backend("keyrings.alt.file", "EncryptedKeyring"), False, "EncryptedKeyring"),
        (backend("keyrings.cryptfile.cryptfile", "CryptFileKeyring"), False, "CryptFileKeyring"),
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
        (chain(backend("package_server_tokens"), SECRET_SERVICE), True, "Secret Service"),
        (chain(chain(PLAIN), chain(SECRET_SERVICE)), True, "Secret Service"),
    ],
)
async def test_a_back_end_is_judged_by_where_it_keeps_keys(judged: Any, is_usable: bool, name: str) -> None:
    state = judge_backend(judged)
    assert (state.is_usable, state.name) == (is_usable, name)
    assert bool(state.reason) == (not is_usable)
    vault = KeyVault(lambda: judged)
    assert await vault.state() == vault.known == state
    if is_usable:
        await vault.set("c", KEY)
        assert await vault.get("c") == KEY
        await vault.delete("c")
    else:
        for call in (vault.get("c"), vault.set("c", KEY)):
            assert await refused(call) == state.reason
        assert judged.keys == {} if not hasattr(judged, "backends") else True
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


async def test_plain_files_are_used_only_when_that_was_chosen_and_named_so() -> None:
    plain = backend("keyrings.alt.file", "PlaintextKeyring")
    vault = KeyVault(lambda: chain(NULL, plain))
    assert await refused(vault.set("c", KEY)) == "The keyring is switched off."
    vault.allows_plaintext = True
    await vault.set("c", KEY)
    assert plain.keys == {(SERVICE_NAME, "c"): KEY}
    state = await vault.state()
    assert (state.is_usable, state.is_plaintext, state.name) == (True, True, "PlaintextKeyring")
    vault.allows_plaintext = False
    assert not (await vault.state()).is_usable
    assert await refused(vault.get("c")) == "The keyring is switched off."
    await vault.delete("c")  # what was kept there can go all the same
    assert plain.keys == {}
    vault.close()


async def test_a_safe_keyring_goes_before_a_plain_one_that_was_chosen() -> None:
    plain, safe = backend("keyrings.alt.file", "PlaintextKeyring"), backend("keyring.backends.SecretService")
    vault = KeyVault(lambda: chain(plain, safe))
    vault.allows_plaintext = True
    await vault.set("c", KEY)
    assert (plain.calls, list(safe.keys.values())) == ([], [KEY])
    vault.close()


async def test_without_a_keyring_on_this_system_that_is_said() -> None:
    vault = KeyVault()  # the tests' environment names keyring's own fail back end
    state = await vault.state()
    assert (state.is_usable, state.reason) == (False, "This system has no keyring.")
    assert "PYTHON_KEYRING_BACKEND chooses it." in state.advice
    vault.close()


@pytest.fixture
def unset_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.core

    monkeypatch.setattr(keyring.core, "_keyring_backend", None)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("keyring.backends.null.Keyring", "The keyring is switched off."),
        ("nowhere.Keyring", "The keyring that was chosen can't be used."),
        ("keyring.backends.SecretService.Missing", "The keyring that was chosen can't be used."),
        ("nodots", "The keyring that was chosen can't be used."),
        ("", "The keyring that was chosen can't be used."),
    ],
)
async def test_a_choice_that_can_not_be_used_is_told_with_who_made_it(
    chosen: str, words: str, monkeypatch: pytest.MonkeyPatch, unset_keyring: None
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", chosen)
    vault = KeyVault()
    state = await vault.state()
    assert (state.is_usable, state.reason) == (False, words)
    assert "PYTHON_KEYRING_BACKEND" in state.advice
    assert await refused(vault.set("c", KEY)) == words
    vault.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the file stands elsewhere")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[backend]\ndefault-keyring=keyring.backends.null.Keyring", "The keyring is switched off."),
        ("[backend]\ndefault-keyring=nowhere.Keyring", "The keyring that was chosen can't be used."),
        ("no section", "The keyring that was chosen can't be used."),
    ],
)
async def test_a_file_s_choice_is_told_too(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unset_keyring: None
) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(text, encoding="utf-8")
    vault = KeyVault()
    state = await vault.state()
    assert (state.is_usable, state.reason) == (False, words)
    assert "keyringrc.cfg" in state.advice
    vault.close()


async def test_a_library_that_does_not_load_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    vault = KeyVault()
    state = await vault.state()
    assert (state.is_usable, state.reason) == (False, "The keyring's library can't be loaded.")
    vault.close()


async def test_a_keyring_that_came_since_is_found_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, unset_keyring: None
) -> None:
    vault = KeyVault()
    assert not (await vault.state(afresh=True)).is_usable
    module = ModuleType("ours_for_tests")
    module.Keyring = SafeKeyring  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ours_for_tests", module)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "ours_for_tests.Keyring")
    assert not (await vault.state()).is_usable
    assert (await vault.state(afresh=True)).is_usable
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


@pytest.mark.parametrize("kept", ["another", None, 7, b"\xff", b"another"])
async def test_a_back_end_that_gives_something_else_is_not_trusted(
    kept: Any, vault: KeyVault, fake_keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake_keyring, "get_password", lambda *_: kept)
    await refused(vault.set("c", KEY))


async def test_bytes_are_read_as_text_and_what_is_none_is_told(
    vault: KeyVault, fake_keyring: FakeKeyring
) -> None:
    kept: dict[Any, Any] = fake_keyring.keys
    kept[SERVICE_NAME, "c"] = KEY.encode()
    assert await vault.get("c") == KEY
    kept[SERVICE_NAME, "c"] = b"\xff"
    assert await refused(vault.get("c")) == "The keyring's entry can't be read."


async def test_what_the_credential_manager_can_not_take_is_told_before() -> None:
    windows = backend("keyring.backends.Windows", "WinVaultKeyring")
    vault = KeyVault(lambda: windows)
    await vault.set("c", "k" * 1_280)
    words = await refused(vault.set("c", "k" * 1_281))
    assert words == "The Credential Manager takes no more than 1,280 characters."
    assert windows.keys == {(SERVICE_NAME, "c"): "k" * 1_280}
    vault.close()


async def test_entries_stand_under_names_that_say_what_they_are(
    vault: KeyVault, fake_keyring: FakeKeyring
) -> None:
    for account in ("c", "c#proxy", "c#headers"):
        await vault.set(account, account)
    assert fake_keyring.keys == {
        ("Trackside API key", "c"): "c",
        ("Trackside proxy password", "c"): "c#proxy",
        ("Trackside secret headers", "c"): "c#headers",
    }
    assert await vault.get_all(["c", "c#proxy", "d"]) == {"c": "c", "c#proxy": "c#proxy"}
    await vault.delete_all(["c", "c#proxy", "c#headers", "d"])
    assert fake_keyring.keys == {}


async def test_a_key_under_its_old_name_is_found_and_moved(
    vault: KeyVault, fake_keyring: FakeKeyring
) -> None:
    fake_keyring.keys["trackside", "twelvelabs"] = KEY
    assert await vault.get("twelvelabs") == KEY
    assert fake_keyring.keys == {(SERVICE_NAME, "twelvelabs"): KEY}


async def test_an_old_key_that_can_not_be_moved_is_used_where_it_stands(
    vault: KeyVault, fake_keyring: FakeKeyring
) -> None:
    fake_keyring.keys["trackside", "twelvelabs"] = KEY
    fake_keyring.forgets = True
    assert await vault.get("twelvelabs") == KEY
    assert fake_keyring.keys == {("trackside", "twelvelabs"): KEY}


@pytest.mark.parametrize("do", ["set", "delete"])
async def test_no_old_key_is_left_behind(do: str, vault: KeyVault, fake_keyring: FakeKeyring) -> None:
    fake_keyring.keys["trackside", "twelvelabs"] = "older"
    await (vault.set("twelvelabs", KEY) if do == "set" else vault.delete("twelvelabs"))
    assert set(fake_keyring.keys.values()) <= {KEY}


async def test_entries_of_forgotten_connections_are_found_where_they_can_be_named(
    fake_keyring: FakeKeyring,
) -> None:
    naming = NamingKeyring()
    naming.keys = {(SERVICE_NAME, "x"): KEY, ("Trackside proxy password", "y"): KEY, ("other", "z"): "theirs"}
    vault = KeyVault(lambda: naming)
    await vault.forget_others()
    assert naming.keys == {("other", "z"): "theirs"}
    vault.close()


async def test_an_entry_that_is_there_twice_is_removed_twice(vault: KeyVault) -> None:
    class Twice(FakeKeyring):
        def delete_password(self, service: str, username: str) -> None:
            if self.calls.count("delete"):
                super().delete_password(service, username)
            else:
                self._meet("delete")

    twice = Twice()
    twice.keys[SERVICE_NAME, "c"] = KEY
    vault = KeyVault(lambda: twice)
    await vault.delete("c")
    assert twice.keys == {}
    vault.close()


async def test_an_entry_that_another_program_removed_meanwhile_is_no_failure() -> None:
    class Raced(FakeKeyring):
        def delete_password(self, service: str, username: str) -> None:
            del self.keys[service, username]
            raise raised_by_keyring("ItemNotFoundException")

    raced = Raced()
    raced.keys[SERVICE_NAME, "c"] = KEY
    vault = KeyVault(lambda: raced)
    await vault.delete("c")
    vault.close()


async def test_an_entry_that_stays_is_told() -> None:
    class Stays(FakeKeyring):
        def delete_password(self, service: str, username: str) -> None:
            pass

    stays = Stays()
    stays.keys = {(SERVICE_NAME, "c"): KEY}
    vault = KeyVault(lambda: stays)
    assert await refused(vault.delete("c")) == "The keyring did not remove the key."
    vault.close()


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
        (raised_by_keyring("SecretServiceNotAvailableException"), "The system's keyring is not running."),
        (
            raised_by_keyring("PromptDismissedException"),
            "The keyring's question for its password was dismissed.",
        ),
        (raised_by_keyring("InitError"), "The system's keyring could not be opened."),
        (type("Own", (type(raised_by_keyring("KeyringLocked")),), {})(KEY), "The keyring is locked."),
        (NotImplementedError(KEY), "The keyring here can't keep keys."),
        (asyncio.CancelledError(KEY), "The keyring can't be reached."),
        (type("PanicException", (BaseException,), {})(KEY), "The keyring can't be reached."),
        (StopIteration(KEY), "The keyring can't be reached."),
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
    assert both == ["The keyring has not answered for 0.05 s."] * 2
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
    assert (state.is_usable, state.reason) == (False, "The keyring has not answered for 0.02 s.")
    held.set()
    vault.close()


async def test_what_is_behind_a_hanging_call_is_told_with_it_and_done_late(
    vault: KeyVault, fake_keyring: FakeKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    held = fake_keyring.hold = threading.Event()
    fake_keyring.keys[SERVICE_NAME, "b"] = KEY
    came: list[Any] = []
    both = await asyncio.gather(
        refused(vault.get("a", late=came.append)),
        refused(vault.get("b", late=came.append)),
        refused(vault.set("c", KEY, late=came.append)),
    )
    assert len(set(both)) == 1
    held.set()
    await soon(lambda: len(came) == 3)
    assert came == [None, KEY, None]
    assert fake_keyring.keys[SERVICE_NAME, "c"] == KEY


async def test_where_several_hang_no_more_are_begun(
    vault: KeyVault, fake_keyring: FakeKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    held = fake_keyring.hold = threading.Event()
    for _ in range(MOST_LEFT_BEHIND):
        assert "has not answered" in await refused(vault.get("c"))
    begun = len(fake_keyring.calls)
    for _ in range(20):
        assert await refused(vault.get("c")) == "The keyring still does not answer."
    assert (await vault.state()).reason == "The keyring still does not answer."
    assert len(fake_keyring.calls) == begun == MOST_LEFT_BEHIND
    ours = [thread for thread in threading.enumerate() if thread.name == "trackside-keyring"]
    assert len(ours) == MOST_LEFT_BEHIND
    held.set()
    await soon(lambda: not any(thread.is_alive() for thread in ours))
    fake_keyring.keys[SERVICE_NAME, "c"] = KEY
    assert await vault.get("c") == KEY


@pytest.mark.parametrize("newest", ["tlk_newer", None])
async def test_a_write_that_hung_does_not_undo_a_later_one(
    newest: str | None, vault: KeyVault, fake_keyring: FakeKeyring, expected_log: Callable[[str], None]
) -> None:
    expected_log("the keyring hangs")
    held = fake_keyring.hold = threading.Event()
    late = threading.Event()
    await refused(vault.set("c", KEY, late=lambda _: late.set()))
    fake_keyring.hold = None
    await (vault.set("c", newest) if newest else vault.delete("c"))
    held.set()
    await soon(late.is_set)
    assert fake_keyring.keys == ({(SERVICE_NAME, "c"): newest} if newest else {})


async def test_waiting_can_be_given_up_at_once(fake_keyring: FakeKeyring) -> None:
    vault = KeyVault(lambda: fake_keyring, limit_s=30)
    held = fake_keyring.hold = threading.Event()
    came: list[dict[str, str]] = []
    fake_keyring.keys[SERVICE_NAME, "c"] = KEY
    waiting = asyncio.ensure_future(refused(vault.get_all(["c"], group="c", late=came.append)))
    await soon(lambda: fake_keyring.calls)
    assert not vault.give_up("another")
    assert vault.give_up("c")
    assert await waiting == "The keyring was not waited for."
    assert not vault.give_up("c")
    held.set()
    await soon(lambda: came)
    assert came == [{"c": KEY}]
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
