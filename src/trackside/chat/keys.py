"""The connections' keys while the window runs: from the keyring, the environment, or typed for this run."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from trackside.domain.connection import DEFAULT_ID, Connection, KeySource, ProxyChoice, Secrets
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.key_vault import KeyVault, VaultState

_PROXY = "#proxy"
_HEADERS = "#headers"
"""What is put after a connection's id for its accounts beside the key's."""
_NO_SECRETS = Secrets()


@dataclass(slots=True)
class _Held:
    """What is known of one connection's secrets."""

    secrets: Secrets = field(default=_NO_SECRETS, repr=False)
    source: KeySource = KeySource.NONE
    has_read: bool = False
    """Whether the keyring was looked into: each look can be a prompt, so nobody looks twice unasked."""
    reading: asyncio.Task[None] | None = None


class ConnectionKeys(QObject):
    """Holds keys in memory while they are used, and never shows one.

    `changed` follows every change of a key or of what is known of the keyring; `problem` carries what the
    keyring could not do, with what is done instead.
    """

    changed = Signal()
    problem = Signal(Failure)

    def __init__(self, vault: KeyVault, environment_key: str) -> None:
        """`environment_key` is the default connection's, used and never kept."""
        super().__init__()
        self._vault = vault
        self._held: dict[str, _Held] = {}
        self.vault_state: VaultState | None = None
        """None until the keyring was first needed."""
        if environment_key:
            self._held[DEFAULT_ID] = _Held(Secrets(key=environment_key), KeySource.ENVIRONMENT)

    def source_of(self, connection_id: str) -> KeySource:
        return self._of(connection_id).source

    def has_key(self, connection_id: str) -> bool:
        return self.source_of(connection_id) is not KeySource.NONE

    def secrets_of(self, connection_id: str) -> Secrets:
        """What is in memory; an empty key where none is known."""
        return self._of(connection_id).secrets

    async def find(self, connection: Connection, *, is_asked_for: bool = False) -> Secrets:
        """A connection's secrets. Looks into the keyring once, whoever asks; again only when it is wanted."""
        held = self._of(connection.id)
        needs_more = not held.secrets.key or _wants_more(connection)
        is_free = held.reading is None or held.reading.done()
        if (needs_more and not held.has_read) or (is_asked_for and not held.secrets.key and is_free):
            held.has_read = True
            work = self._read(connection, held)
            held.reading = asyncio.get_running_loop().create_task(work, name="keyring")
        if held.reading is not None:
            await asyncio.shield(held.reading)
        return held.secrets

    def use_for_this_run(self, connection_id: str, key: str) -> None:
        """Uses a key without keeping it anywhere."""
        held = self._of(connection_id)
        held.secrets, held.source = replace(held.secrets, key=key), KeySource.THIS_RUN
        self.changed.emit()

    async def keep(self, connection_id: str, key: str) -> None:
        """Uses a key and keeps it in the keyring. One that fails leaves it for this run only, and `problem`
        says so."""
        held = self._of(connection_id)
        held.secrets, held.source = replace(held.secrets, key=key), KeySource.THIS_RUN
        try:
            await self._vault.set(connection_id, key)
            if held.secrets.key == key:
                held.source = KeySource.KEYRING
        except TracksideError as error:
            self.problem.emit(error.failure)
        self.vault_state = await self._vault.state()
        self.changed.emit()

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
        if proxy_password is not None:
            held.secrets = replace(held.secrets, proxy_password=proxy_password)
            await self._put(connection_id + _PROXY, proxy_password)
        if headers is not None:
            held.secrets = replace(held.secrets, headers=headers)
            await self._put(connection_id + _HEADERS, json.dumps(dict(headers)) if headers else "")
        self.changed.emit()

    async def remove(self, connection_id: str, *, with_more: bool = False) -> None:
        """Forgets the key, here and in the keyring; with `with_more` all that is kept of the connection.
        Raises TracksideError when the keyring keeps one that it had."""
        held = self._of(connection_id)
        was_kept = held.source is KeySource.KEYRING
        held.secrets = _NO_SECRETS if with_more else replace(held.secrets, key="")
        held.source = KeySource.NONE
        held.has_read = True  # whoever wants it meanwhile must not find it there once more
        held.reading = None
        accounts = [connection_id]
        if with_more:
            accounts += [connection_id + _PROXY, connection_id + _HEADERS]
        try:
            await self._vault.delete_all(accounts)
        except TracksideError:
            # One that was never kept is not missed; one that was must be told of.
            if was_kept or with_more:
                raise
        finally:
            self.changed.emit()

    async def forget_all(self, connection_ids: Iterable[str]) -> None:
        """Removes all that is kept of these connections. Raises the first TracksideError at its end."""
        failure: TracksideError | None = None
        for connection_id in connection_ids:
            try:
                await self.remove(connection_id, with_more=True)
            except TracksideError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    async def look_again(self) -> VaultState:
        """Asks which back end there is, for whoever wants to know."""
        self.vault_state = await self._vault.state()
        self.changed.emit()
        return self.vault_state

    async def aclose(self) -> None:
        readings = {held.reading for held in self._held.values() if held.reading is not None}
        if readings:
            await asyncio.wait(readings)
        self._vault.drop_late()
        await asyncio.to_thread(self._vault.close)

    # -- inside ----------------------------------------------------------------------------------

    def _of(self, connection_id: str) -> _Held:
        return self._held.setdefault(connection_id, _Held())

    async def _put(self, account: str, text: str) -> None:
        try:
            if text:
                await self._vault.set(account, text)
            else:
                await self._vault.delete(account)
        except TracksideError as error:
            if text:
                self.problem.emit(error.failure)

    async def _read(self, connection: Connection, held: _Held) -> None:
        self.vault_state = await self._vault.state()
        if not self.vault_state.is_usable:
            advice = "The key can be used for this run only."
            self.problem.emit(Failure(FailureKind.KEYRING, self.vault_state.reason, advice))
            return

        def take(found: dict[str, str]) -> None:
            _fill(held, connection.id, found)

        def take_late(found: dict[str, str]) -> None:
            """The keyring answered after all, once its password was typed."""
            if self._held.get(connection.id) is held and held.reading is not None:
                take(found)
                self.changed.emit()

        try:
            take(await self._vault.get_all(_accounts(connection, held), late=take_late))
        except TracksideError as error:
            self.problem.emit(error.failure)


def _wants_more(connection: Connection) -> bool:
    """Whether there is more than a key to be had of the keyring."""
    has_login = connection.proxy is ProxyChoice.MANUAL and connection.proxy_user
    return bool(has_login) or any(header.is_secret for header in connection.headers)


def _accounts(connection: Connection, held: _Held) -> list[str]:
    accounts = [] if held.secrets.key else [connection.id]
    if connection.proxy is ProxyChoice.MANUAL and connection.proxy_user:
        accounts.append(connection.id + _PROXY)
    if any(header.is_secret for header in connection.headers):
        accounts.append(connection.id + _HEADERS)
    return accounts


def _fill(held: _Held, connection_id: str, found: dict[str, str]) -> None:
    secrets = held.secrets
    if (key := found.get(connection_id)) and not secrets.key:
        secrets, held.source = replace(secrets, key=key), KeySource.KEYRING
    if password := found.get(connection_id + _PROXY):
        secrets = replace(secrets, proxy_password=secrets.proxy_password or password)
    if (text := found.get(connection_id + _HEADERS)) and not secrets.headers:
        secrets = replace(secrets, headers=_headers_in(text))
    held.secrets = secrets


def _headers_in(text: str) -> tuple[tuple[str, str], ...]:
    try:
        value = json.loads(text)
    except ValueError:
        return ()
    if not isinstance(value, dict):
        return ()
    return tuple((name, part) for name, part in value.items() if isinstance(part, str))
