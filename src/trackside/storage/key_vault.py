"""Keys in the operating system's keyring, and nowhere else. Never on the caller's thread.

A keyring call can block for minutes behind a prompt, or for ever when its daemon hangs, so each call
runs on a thread of ours with a limit. A thread that hangs is left behind and replaced.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from trackside.domain.failure import Failure, FailureKind, TracksideError

SERVICE_NAME = "trackside"
"""Under which our entries stand in the keyring; the account name is the connection's id."""
CALL_LIMIT_S = 5.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


class KeyringBackend(Protocol):
    """The part of keyring's backends that is used."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(frozen=True, slots=True)
class VaultState:
    """Whether keys can be kept, and the sentence for when they can't. `name` is the back end's own."""

    is_usable: bool
    name: str
    reason: str = ""


class KeyVault:
    """Reads, writes and removes keys. Failures are TracksideErrors of kind KEYRING."""

    def __init__(
        self, load_backend: Callable[[], KeyringBackend] | None = None, *, limit_s: float = CALL_LIMIT_S
    ) -> None:
        self._load_backend = load_backend or _system_backend
        self._limit_s = limit_s
        self._work: queue.SimpleQueue[Callable[[], None] | None] | None = None
        self._thread: threading.Thread | None = None
        self._late: set[asyncio.Future[Any]] = set()

    async def state(self) -> VaultState:
        """What back end there is. Never raises: a hanging one is an unusable one."""
        try:
            return await self._call(lambda: judge_backend(_safe_member(self._load_backend())))
        except TracksideError as error:
            return VaultState(is_usable=False, name="keyring", reason=error.failure.headline)

    async def get(
        self, connection_id: str, *, late: Callable[[str | None], None] | None = None
    ) -> str | None:
        """The key. A keyring that asks for its password first takes longer than the limit: what it then
        answers goes to `late`, on the loop."""
        return await self._call(lambda: self._usable().get_password(SERVICE_NAME, connection_id), late)

    async def get_all(
        self, accounts: Sequence[str], *, late: Callable[[dict[str, str]], None] | None = None
    ) -> dict[str, str]:
        """What stands under these accounts, of those that there are, in one call. As `get` in all else."""

        def work() -> dict[str, str]:
            backend = self._usable()
            found = {account: backend.get_password(SERVICE_NAME, account) for account in accounts}
            return {account: text for account, text in found.items() if text is not None}

        return await self._call(work, late)

    async def set(self, connection_id: str, key: str) -> None:
        """Saves the key, then reads it back: a back end that forgets must not be trusted."""

        def work() -> None:
            backend = self._usable()
            backend.set_password(SERVICE_NAME, connection_id, key)
            if backend.get_password(SERVICE_NAME, connection_id) != key:
                raise _keyring_error("The keyring did not keep the key.")

        await self._call(work)

    async def delete(self, account: str) -> None:
        """Removes an entry; one that isn't there is removed already."""
        await self.delete_all([account])

    async def delete_all(self, accounts: Sequence[str]) -> None:
        """Removes several in one call."""

        def work() -> None:
            backend = self._usable()
            for account in accounts:
                if backend.get_password(SERVICE_NAME, account) is not None:
                    backend.delete_password(SERVICE_NAME, account)

        await self._call(work)

    def close(self) -> None:
        """Lets the thread end. Doesn't wait for one that hangs in the keyring."""
        if self._work is not None:
            self._work.put(None)
            thread, self._work, self._thread = self._thread, None, None
            if thread is not None:
                thread.join(timeout=0.5)

    def _usable(self) -> KeyringBackend:
        backend: KeyringBackend = _safe_member(self._load_backend())
        state = judge_backend(backend)
        if not state.is_usable:
            raise _keyring_error(state.reason)
        return backend

    def drop_late(self) -> None:
        """Nobody waits any more for what a slow keyring may yet answer. Called on the loop."""
        for waiting in self._late:
            waiting.cancel()
        self._late.clear()

    async def _call(self, work: Callable[[], T], late: Callable[[T], None] | None = None) -> T:
        future: Future[T] = Future()
        jobs = self._queue()
        jobs.put(lambda: _settle(future, work))
        waiting = asyncio.wrap_future(future)
        # A caller that is cancelled leaves the outcome to nobody, which asyncio would log.
        waiting.add_done_callback(_note_outcome)
        done, _ = await asyncio.wait({waiting}, timeout=self._limit_s)
        if done:
            return waiting.result()
        if jobs is self._work:
            self._abandon_thread()
        if late is None:
            waiting.cancel()
            raise _keyring_error(f"The keyring did not answer within {self._limit_s:g} s.")
        self._late.add(waiting)
        waiting.add_done_callback(lambda done: self._hand_late(done, late))
        raise TracksideError(
            Failure(
                FailureKind.KEYRING,
                f"The keyring has not answered for {self._limit_s:g} s.",
                "If it asks for its password, type it there: the key is used as soon as it comes.",
            )
        )

    def _hand_late(self, waiting: "asyncio.Future[T]", late: Callable[[T], None]) -> None:
        self._late.discard(waiting)
        if not waiting.cancelled() and waiting.exception() is None:
            late(waiting.result())

    def _queue(self) -> "queue.SimpleQueue[Callable[[], None] | None]":
        if self._work is None:
            self._work = queue.SimpleQueue()
            self._thread = threading.Thread(
                target=_serve, args=(self._work,), name="trackside-keyring", daemon=True
            )
            self._thread.start()
        return self._work

    def _abandon_thread(self) -> None:
        _log.warning("the keyring hangs; its thread is left behind")
        if self._work is not None:
            self._work.put(None)
        self._work = None
        self._thread = None


def _safe_member(backend: Any) -> Any:
    """The back end itself, or of a chain the first that keeps keys safely: the chain would ask and tell all
    of its members, plain files among them."""
    while _is_chain(backend):
        safe = [member for member in backend.backends if judge_backend(member).is_usable]
        if not safe:
            break
        backend = safe[0]
    return backend


def _is_chain(backend: Any) -> bool:
    return type(backend).__module__.startswith("keyring.backends.chainer")


def judge_backend(backend: Any) -> VaultState:
    """Whether a back end keeps keys safely: fail, null and plaintext ones don't."""
    module = type(backend).__module__
    name = type(backend).__qualname__
    if _is_chain(backend):
        states = [judge_backend(member) for member in backend.backends]
        nothing = VaultState(is_usable=False, name="none", reason="This system has no keyring.")
        # A usable member, else why the first one isn't.
        return next((state for state in states if state.is_usable), next(iter(states), nothing))
    if module.startswith("keyring.backends.fail"):
        return VaultState(is_usable=False, name="none", reason="This system has no keyring.")
    if module.startswith("keyring.backends.null"):
        return VaultState(is_usable=False, name="null", reason="The keyring is switched off.")
    if module.startswith("keyrings.alt") or "plaintext" in f"{module}.{name}".lower():
        return VaultState(
            is_usable=False, name=name, reason="The only keyring here would write keys to a plain file."
        )
    for part, words in _KNOWN_BACKENDS.items():
        if part in module:
            return VaultState(is_usable=True, name=words)
    return VaultState(is_usable=True, name=str(getattr(backend, "name", name)))


_KNOWN_BACKENDS = {
    "SecretService": "Secret Service",
    "libsecret": "Secret Service",
    "kwallet": "KWallet",
    "macOS": "Keychain",
    "Windows": "Credential Manager",
}


def _system_backend() -> KeyringBackend:
    import keyring  # 90 ms: on the keyring's thread, when a key is first needed

    return keyring.get_keyring()


def _serve(work: "queue.SimpleQueue[Callable[[], None] | None]") -> None:
    while (job := work.get()) is not None:
        job()


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        result = work()
    except TracksideError as error:
        outcome: BaseException = error
    except BaseException as error:  # noqa: BLE001 -- back ends raise whatever their bus raises; worded here
        outcome = _worded(error)
    else:
        with contextlib.suppress(Exception):
            future.set_result(result)
        return
    with contextlib.suppress(Exception):
        future.set_exception(outcome)


def _note_outcome(waiting: "asyncio.Future[T]") -> None:
    if not waiting.cancelled():
        waiting.exception()


def _worded(error: BaseException) -> TracksideError:
    name = type(error).__name__
    # The text of a keyring's exception is not passed on: some back ends put the entry into it.
    match name:
        case "KeyringLocked":
            return _keyring_error("The keyring is locked.", name)
        case "NoKeyringError" | "InitError":
            return _keyring_error("This system has no keyring.", name)
        case "PasswordDeleteError":
            return _keyring_error("The keyring did not remove the key.", name)
        case "PasswordSetError":
            return _keyring_error("The keyring did not take the key.", name)
        case _:
            return _keyring_error("The keyring can't be reached.", name)


def _keyring_error(headline: str, detail: str = "") -> TracksideError:
    return TracksideError(
        Failure(FailureKind.KEYRING, headline, "The key can be used for this run only.", detail)
    )
