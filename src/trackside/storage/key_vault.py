"""Keys in the operating system's keyring, and nowhere else. Never on the caller's thread.

An account is a connection's id, or that with “#proxy” or “#headers” behind it. In the keyring each stands
under a name that says to a person what it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from trackside.domain.connection import DEFAULT_ID
from trackside.domain.failure import TracksideError
from trackside.storage.keyring_backends import (
    FOR_THIS_RUN,
    KeyringBackend,
    chosen_by,
    safe_member,
    system_backend,
)
from trackside.storage.keyring_backends import ReluctantKeyringError as ReluctantKeyringError
from trackside.storage.keyring_backends import VaultState as VaultState
from trackside.storage.keyring_backends import judge_backend as judge_backend
from trackside.storage.keyring_calls import KeyringCalls
from trackside.storage.keyring_entries import HEADERS_MARK as HEADERS_MARK
from trackside.storage.keyring_entries import (
    OLD_SERVICE_NAME,
    SERVICES,
    entry_of,
    forget_service,
    put_account,
    read_entry,
    remove_account,
    worded,
)
from trackside.storage.keyring_entries import PROXY_MARK as PROXY_MARK
from trackside.storage.keyring_entries import SERVICE_NAME as SERVICE_NAME

CALL_LIMIT_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class _Intent:
    """What an account is to hold from now on; None for nothing."""

    text: str | None = field(repr=False)


class KeyVault:
    """Reads, writes and removes secrets. Failures are TracksideErrors of kind KEYRING.

    Used on the loop's thread. What was written last is what stands in the end: a call that hung and goes on
    later than another one that was made after it does that one's work again.
    """

    def __init__(
        self, load_backend: Callable[[], KeyringBackend] | None = None, *, limit_s: float = CALL_LIMIT_S
    ) -> None:
        self._load_backend = load_backend
        self._calls = KeyringCalls(worded, limit_s)
        self._intents: dict[str, _Intent] = {}
        self.allows_plaintext = False
        """Whether a back end that writes plain files may be used, as the settings say."""
        self.known: VaultState | None = None
        """The back end as it was found last; None until it was first needed."""

    async def state(self, *, afresh: bool = False) -> VaultState:
        """What back end there is. Never raises: a hanging one is an unusable one. With `afresh` one that
        came since is found, too."""
        allows = self.allows_plaintext

        def work() -> VaultState:
            self.known = self._judged(self._loaded(afresh=afresh), allows)[1]
            return self.known

        try:
            return await self._calls.run(work)
        except TracksideError as error:
            failure = error.failure
            name = self.known.name if self.known is not None else "keyring"
            advice = failure.advice or FOR_THIS_RUN
            state = VaultState(is_usable=False, name=name, reason=failure.headline, advice=advice)
            if self.known is None:
                self.known = state
            return state

    async def get(self, account: str, *, late: Callable[[str | None], None] | None = None) -> str | None:
        """What stands under an account. A keyring that asks for its password first takes longer than the
        limit: what it then answers goes to `late`, on the loop."""

        def hand(found: dict[str, str]) -> None:
            if late is not None:
                late(found.get(account))

        return (await self.get_all([account], late=hand if late is not None else None)).get(account)

    async def get_all(
        self,
        accounts: Sequence[str],
        *,
        late: Callable[[dict[str, str]], None] | None = None,
        group: str = "",
    ) -> dict[str, str]:
        """What stands under these accounts, of those that there are, in one call. As `get` in all else;
        `group` is what `give_up` ends the waiting by."""
        allows = self.allows_plaintext

        def work() -> dict[str, str]:
            backend = self._usable(allows)
            found = {account: self._found(backend, account) for account in accounts}
            return {account: text for account, text in found.items() if text is not None}

        advice = "If it asks for its password, type it there: the key is used as soon as it comes."
        return await self._calls.run(work, late=late, group=group, advice=advice if late else FOR_THIS_RUN)

    async def set(
        self, account: str, text: str, *, late: Callable[[None], None] | None = None, group: str = ""
    ) -> None:
        """Saves a text, then reads it back: a back end that forgets must not be trusted. `late` is called
        when one that took too long has kept it after all."""
        intent = self._intents[account] = _Intent(text)
        allows = self.allows_plaintext

        def work() -> None:
            self._carry_out(self._usable(allows), account, intent)

        advice = "The key is used for this run, and kept if the keyring still answers."
        await self._calls.run(work, late=late, group=group, advice=advice, is_wanted_late=True)

    async def delete(self, account: str) -> None:
        """Removes an entry; one that isn't there is removed already."""
        await self.delete_all([account])

    async def delete_all(self, accounts: Sequence[str], *, group: str = "") -> None:
        """Removes several in one call. One that can't be removed doesn't keep the others."""
        intents = {account: _Intent(None) for account in accounts}
        self._intents.update(intents)

        def work() -> None:
            # What is to go is looked for in a back end that may no longer be written to, too.
            backend = self._usable(allows_plaintext=True)
            self._each(accounts, lambda account: self._carry_out(backend, account, intents[account]))

        advice = "It is no longer used here, and removed if the keyring still answers."
        await self._calls.run(work, group=group, advice=advice, is_wanted_late=True)

    async def forget_others(self) -> None:
        """Removes all entries of ours that the back end can name, of whatever connection. Raises when one
        stays. Secret Service can name all of them, Credential Manager one, others none."""

        def work() -> None:
            backend = self._usable(allows_plaintext=True)
            for service in SERVICES:
                forget_service(backend, service)

        await self._calls.run(work, is_wanted_late=True)

    def give_up(self, group: str) -> bool:
        """Ends the waiting for this group's calls now, as if the limit were over; says whether any waited."""
        return self._calls.give_up(group)

    def drop_late(self) -> None:
        """Nobody waits any more for what a slow keyring may yet answer."""
        self._calls.drop_late()

    def close(self) -> None:
        """Lets the thread end. Doesn't wait for one that hangs in the keyring. Blocks for half a second."""
        self._calls.close()

    # -- inside, on the keyring's thread ------------------------------------------------------------

    def _loaded(self, *, afresh: bool = False) -> KeyringBackend:
        return self._load_backend() if self._load_backend is not None else system_backend(afresh=afresh)

    def _judged(self, backend: KeyringBackend, allows_plaintext: bool) -> tuple[KeyringBackend, VaultState]:
        found: KeyringBackend = safe_member(backend, allows_plaintext=allows_plaintext)
        state = judge_backend(found, allows_plaintext=allows_plaintext)
        if not state.is_usable and self._load_backend is None and (chooser := chosen_by()):
            state = replace(state, advice=f"{chooser} chooses it. {state.advice}")
        return found, state

    def _usable(self, allows_plaintext: bool) -> KeyringBackend:
        """The back end, if it may be used. Raises TracksideError if it may not."""
        try:
            backend, state = self._judged(self._loaded(), allows_plaintext)
        except BaseException as error:
            failure = error.failure if isinstance(error, TracksideError) else worded(error).failure
            self.known = VaultState(is_usable=False, name="keyring", reason=failure.headline)
            raise
        if not state.is_plaintext or allows_plaintext == self.allows_plaintext:
            self.known = state
        if not state.is_usable:
            raise TracksideError(state.failure)
        return backend

    def _carry_out(self, backend: KeyringBackend, account: str, intent: _Intent) -> None:
        """Does what is wanted of an account, and once more when that changed while the keyring was at it."""
        while True:
            newest = self._intents.get(account, intent)
            if newest.text is None:
                remove_account(backend, account)
            else:
                put_account(backend, account, newest.text)
            if self._intents.get(account, newest) is newest:
                return

    def _found(self, backend: KeyringBackend, account: str) -> str | None:
        text = read_entry(backend, *entry_of(account))
        if text is None and account == DEFAULT_ID:
            text = read_entry(backend, OLD_SERVICE_NAME, account)
            if text is not None:
                self._move(backend, account, text)
        return text

    def _move(self, backend: KeyringBackend, account: str, text: str) -> None:
        """Puts an entry from before under today's name; one that can't be put there stays where it is."""
        if account in self._intents:
            return
        try:
            put_account(backend, account, text)
        except Exception as error:  # noqa: BLE001 -- back ends raise whatever they like; the key was read
            _log.info("a key stays under its old name: %s", type(error).__name__)

    @staticmethod
    def _each(accounts: Sequence[str], do: Callable[[str], None]) -> None:
        failed: BaseException | None = None
        for account in accounts:
            try:
                do(account)
            except Exception as error:  # noqa: BLE001 -- the first is raised when all were tried
                failed = failed or error
        if failed is not None:
            raise failed
