"""The connections' keys while the window runs: from the keyring, the environment, or typed for this run."""

import asyncio
import json
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from trackside.chat.held_secrets import NO_SECRETS, Held, bound, fill, missing_accounts
from trackside.domain.connection import DEFAULT_ID, Connection, KeySource, Secrets
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.key_place import key_place, proxy_place
from trackside.storage.key_vault import HEADERS_MARK, PROXY_MARK, KeyVault, ReluctantKeyringError, VaultState

_MARKS = (PROXY_MARK, HEADERS_MARK)
"""What is put after a connection's id for its accounts beside the key's."""
_SLOW_S = 0.5
"""After so long the window says that the keyring is waited for."""
_ASK_AGAIN_S = 10.0


class ConnectionKeys(QObject):
    """Holds keys in memory while they are used, and never shows one.

    `changed` follows every change of a key or of what is known of the keyring; `problem` carries what the
    keyring could not do, with what is done instead, and `solved` the same when it could after all.
    """

    changed = Signal()
    problem = Signal(Failure)
    solved = Signal(Failure)

    def __init__(self, vault: KeyVault, environment_key: str, environment_place: str = "") -> None:
        """`environment_key` is the default connection's, used and never kept, and for `environment_place`."""
        super().__init__()
        self._vault = vault
        self._held: dict[str, Held] = {}
        self._environment_key = environment_key
        self._environment_place = environment_place
        if environment_key:
            held = Held(Secrets(key=environment_key), KeySource.ENVIRONMENT, place=environment_place)
            self._held[DEFAULT_ID] = held

    @property
    def vault_state(self) -> VaultState | None:
        """The keyring as it was found last; None until it was first needed."""
        return self._vault.known

    def source_of(self, connection_id: str) -> KeySource:
        return self._of(connection_id).source

    def has_key(self, connection_id: str) -> bool:
        return self.source_of(connection_id) is not KeySource.NONE

    def can_remove(self, connection_id: str) -> bool:
        """Whether there is a key that can be forgotten here: the environment's can't."""
        return self.source_of(connection_id) in (KeySource.KEYRING, KeySource.THIS_RUN)

    def has_looked(self, connection_id: str) -> bool:
        """Whether the keyring was asked for the key, or need not be."""
        held = self._of(connection_id)
        return connection_id in held.looked_up or held.source is not KeySource.NONE

    def is_looking(self, connection_id: str) -> bool:
        """Whether the keyring is being asked for something of this connection."""
        return bool(self._of(connection_id).readings)

    def is_waiting(self, connection_id: str) -> bool:
        """Whether the keyring is waited for, and has been for so long that it should be said."""
        return self._of(connection_id).waits > 0

    def failure_of(self, connection_id: str) -> Failure | None:
        """Why a keyring that may hold the key didn't give it when it was asked; None when it gave one, has
        none, or isn't there at all."""
        return self._of(connection_id).failure if self._can_keep() else None

    def secrets_of(self, connection_id: str) -> Secrets:
        """What is in memory; an empty key where none is known."""
        return self._of(connection_id).secrets

    def secrets_for(self, connection: Connection) -> Secrets:
        """Of what is in memory that which may go where this connection leads, saved or not."""
        held = self._of(connection.id)
        secrets = held.secrets
        if held.place not in (None, key_place(connection.base_url)):
            secrets = replace(secrets, key="", headers=())
        if held.proxy_place not in ("", proxy_place(connection.proxy_url)):
            secrets = replace(secrets, proxy_password="")
        return secrets

    async def find(self, connection: Connection, *, is_asked_for: bool = False) -> Secrets:
        """A connection's secrets. Looks into the keyring once, whoever asks; again only when it is wanted."""
        held = self._of(connection.id)
        if held.place is None:
            self.fit(connection)
        if held.place != key_place(connection.base_url):
            return self.secrets_for(connection)  # it leads elsewhere by now
        missing = missing_accounts(connection, held.secrets)
        if is_asked_for:
            self._solve(held)
        may_ask_again = is_asked_for or asyncio.get_running_loop().time() >= held.ask_again_s
        if not may_ask_again or held.readings:
            missing = [account for account in missing if account not in held.looked_up]
        if missing:
            held.looked_up.update(missing)
            held.ask_again_s = math.inf
            work = self._read(connection, held, missing)
            reading = asyncio.get_running_loop().create_task(work, name="keyring")
            held.readings.add(reading)
            reading.add_done_callback(held.readings.discard)
        if held.readings:
            await asyncio.wait(set(held.readings))
        return self.secrets_for(connection)

    def fit(self, connection: Connection) -> None:
        """Lets go, here and not in the keyring, of what was given for another host or proxy than the
        connection leads to by now."""
        held = self._of(connection.id)
        if held.place != (place := key_place(connection.base_url)):
            is_other, held.place = held.place is not None, place
            if is_other:
                self._let_go(held, connection.id, connection.id + HEADERS_MARK)
                held.secrets, held.source = replace(held.secrets, key="", headers=()), KeySource.NONE
                self._take_environment_key(connection.id, held)
        if held.proxy_place != (place := proxy_place(connection.proxy_url)):
            is_other, held.proxy_place = bool(held.proxy_place), place
            if is_other:
                self._let_go(held, connection.id + PROXY_MARK)
                held.secrets = replace(held.secrets, proxy_password="")

    def give_up(self, connection_id: str) -> bool:
        """Ends the waiting for the keyring, as if it had taken too long; says whether there was any. What it
        answers later is still used."""
        return self._vault.give_up(connection_id)

    def use_for_this_run(self, connection_id: str, key: str) -> None:
        """Uses a key without keeping it anywhere."""
        held = self._of(connection_id)
        self._solve(held)
        held.versions[connection_id] += 1
        held.secrets, held.source = replace(held.secrets, key=key), KeySource.THIS_RUN
        self.changed.emit()

    async def keep(self, connection_id: str, key: str) -> None:
        """Uses a key and keeps it in the keyring. One that fails leaves it for this run only, and `problem`
        says so."""
        held = self._of(connection_id)
        was_kept = held.source is KeySource.KEYRING
        self.use_for_this_run(connection_id, key)
        version = held.versions[connection_id]

        def kept(_: None = None) -> None:
            if held.versions[connection_id] == version:
                held.source = KeySource.KEYRING
                self.changed.emit()

        try:
            with self._waiting(held):
                text = bound(key, held.place)
                await self._vault.set(connection_id, text, late=kept, group=connection_id)
        except TracksideError as error:
            # One that was replaced meanwhile is no longer of interest.
            if held.versions[connection_id] == version:
                self.problem.emit(_with_older(error.failure) if was_kept else error.failure)
            self.changed.emit()
        else:
            kept()

    async def keep_more(
        self,
        connection_id: str,
        *,
        proxy_password: str | None = None,
        headers: tuple[tuple[str, str], ...] | None = None,
    ) -> None:
        """Keeps a proxy's password or the secret headers; empty ones are removed, None leaves what is there.
        As `keep` when the keyring fails."""
        held = self._of(connection_id)
        texts: dict[str, str] = {}
        if proxy_password is not None:
            held.secrets = replace(held.secrets, proxy_password=proxy_password)
            texts[connection_id + PROXY_MARK] = bound(proxy_password, held.proxy_place)
        if headers is not None:
            held.secrets = replace(held.secrets, headers=headers)
            text = json.dumps(dict(headers)) if headers else ""
            texts[connection_id + HEADERS_MARK] = bound(text, held.place)
        for account in texts:
            held.versions[account] += 1
            held.looked_up.add(account)
        for account, text in texts.items():
            await self._put(held, connection_id, account, text)
        self.changed.emit()

    async def remove(self, connection_id: str, *, with_more: bool = False) -> None:
        """Forgets the key, here and in the keyring; with `with_more` all that is kept of the connection.
        Raises TracksideError when the keyring keeps one that it had, and for the environment's key, which
        only `with_more` leaves alone."""
        if not with_more and self.source_of(connection_id) is KeySource.ENVIRONMENT:
            raise TracksideError(_IN_ENVIRONMENT)
        accounts = self._accounts_of(connection_id) if with_more else [connection_id]
        was_kept = self._forget(connection_id, accounts)
        try:
            with self._waiting(self._of(connection_id)):
                await self._vault.delete_all(accounts, group=connection_id)
        except TracksideError:
            # One that was never kept is not missed; one that was must be told of.
            if was_kept or (with_more and self._can_keep()):
                raise
        finally:
            self.changed.emit()

    async def forget_all(self, connection_ids: Iterable[str]) -> None:
        """Removes all that is kept of these connections, and whatever else of ours the keyring can name.
        Raises TracksideError when it keeps some; here they are forgotten all the same."""
        ids = list(dict.fromkeys((*connection_ids, *self._held)))
        accounts = [account for connection_id in ids for account in self._accounts_of(connection_id)]
        for connection_id in ids:
            self._forget(connection_id, self._accounts_of(connection_id))
        self.changed.emit()
        try:
            await self._vault.delete_all(accounts)
            await self._vault.forget_others()
        finally:
            self.changed.emit()

    async def look_at_vault(self) -> VaultState:
        """Asks which back end there is, for whoever wants to know; one that came since is found, too. No
        entry is read, so nothing is prompted for."""
        before = self.vault_state
        state = await self._vault.state(afresh=True)
        if state != before:
            self.changed.emit()
        return state

    def allow_plaintext(self, is_allowed: bool) -> None:
        """Whether a back end that writes plain files may keep keys. What it keeps already stays there until
        it is removed."""
        self._vault.allows_plaintext = is_allowed

    async def aclose(self) -> None:
        readings = {reading for held in self._held.values() for reading in held.readings}
        for reading in readings:
            reading.cancel()
        if readings:
            await asyncio.wait(readings)
        self._vault.drop_late()
        await asyncio.to_thread(self._vault.close)

    # -- inside ----------------------------------------------------------------------------------

    def _of(self, connection_id: str) -> Held:
        return self._held.setdefault(connection_id, Held())

    @staticmethod
    def _accounts_of(connection_id: str) -> list[str]:
        return [connection_id, *(connection_id + mark for mark in _MARKS)]

    def _can_keep(self) -> bool:
        """Whether the keyring may hold something: one that isn't there or is switched off doesn't."""
        state = self.vault_state
        return state is None or state.is_usable or state.name not in ("none", "null")

    def _forget(self, connection_id: str, accounts: list[str]) -> bool:
        """Forgets in memory what stands under these accounts, and whatever is still being read of them; says
        whether the key was a kept one."""
        held = self._of(connection_id)
        was_kept = held.source is KeySource.KEYRING
        self._solve(held)
        held.versions.update(accounts)
        held.ask_again_s = math.inf
        held.looked_up.update(accounts)  # whoever wants it meanwhile must not find it there once more
        held.secrets = NO_SECRETS if len(accounts) > 1 else replace(held.secrets, key="")
        held.source = KeySource.NONE
        if len(accounts) > 1:
            self._take_environment_key(connection_id, held)
        return was_kept

    def _take_environment_key(self, connection_id: str, held: Held) -> None:
        is_its = connection_id == DEFAULT_ID and held.place in (None, self._environment_place)
        if is_its and self._environment_key:
            held.secrets = replace(held.secrets, key=self._environment_key)
            held.source = KeySource.ENVIRONMENT

    def _let_go(self, held: Held, *accounts: str) -> None:
        self._solve(held)
        held.versions.update(accounts)
        held.looked_up.difference_update(accounts)

    async def _put(self, held: Held, connection_id: str, account: str, text: str) -> None:
        try:
            with self._waiting(held):
                if text:
                    await self._vault.set(account, text, group=connection_id)
                else:
                    await self._vault.delete_all([account], group=connection_id)
        except TracksideError as error:
            if text or self._can_keep():
                self.problem.emit(error.failure)

    async def _read(self, connection: Connection, held: Held, accounts: list[str]) -> None:
        asked = {account: held.versions[account] for account in accounts}

        def take(found: dict[str, str]) -> None:
            current = {a: text for a, text in found.items() if held.versions[a] == asked[a]}
            self._solve(held)
            try:
                fill(held, connection, current)
            except TracksideError as error:
                self._fail(held, error.failure)
            self.changed.emit()

        try:
            with self._waiting(held):
                take(await self._vault.get_all(accounts, late=take, group=connection.id))
        except TracksideError as error:
            if not isinstance(error, ReluctantKeyringError):
                # It is not there just now; asking again, after a while, costs its user nothing.
                held.ask_again_s = asyncio.get_running_loop().time() + _ASK_AGAIN_S
            self._fail(held, error.failure)
            self.changed.emit()

    def _fail(self, held: Held, failure: Failure) -> None:
        if failure != held.failure:
            self._solve(held)
            held.failure = failure
            self.problem.emit(failure)

    def _solve(self, held: Held) -> None:
        if held.failure is not None:
            failure, held.failure = held.failure, None
            self.solved.emit(failure)

    @contextmanager
    def _waiting(self, held: Held) -> Iterator[None]:
        """Says so when this takes a while. Whoever waits says at its end that things changed."""
        said = 0

        def say() -> None:
            nonlocal said
            said = 1
            held.waits += 1
            self.changed.emit()

        timer = asyncio.get_running_loop().call_later(_SLOW_S, say)
        try:
            yield
        finally:
            timer.cancel()
            held.waits -= said


_IN_ENVIRONMENT = Failure(
    FailureKind.KEY,
    "This key comes from the environment.",
    "Unset TWELVELABS_API_KEY and start Trackside again.",
)


def _with_older(failure: Failure) -> Failure:
    return replace(failure, advice=f"{failure.advice} The keyring may still hold the key before it.")
