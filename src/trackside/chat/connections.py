"""The connection in use, its key and its client; the embedded sandbox as one of them."""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal

from trackside.chat.preferences import Preferences
from trackside.domain.connection import (
    SANDBOX_ID,
    SERVICE_URL,
    Connection,
    KeySource,
    checked_base_url,
)
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.turn import Ask
from trackside.storage.key_vault import KeyVault, VaultState

if TYPE_CHECKING:
    from trackside.protocol.client import ServiceClient
    from trackside.sandbox.server import SandboxServer

KEY_VARIABLE = "TWELVELABS_API_KEY"
URL_VARIABLE = "TWELVELABS_BASE_URL"
_SANDBOX_KEY = "sandbox"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Client:
    """A client and what it was made for: with another key or other settings it is another client."""

    connection: Connection
    key: str = field(repr=False)
    making: "asyncio.Task[ServiceClient]"


class Connections(QObject):
    """Knows where answers come from. Keys are held in memory while they are used, and never shown.

    `changed` follows every change of connection, key or vault; `key_problem` carries what the keyring
    could not do, with what is done instead.
    """

    changed = Signal()
    key_problem = Signal(Failure)

    def __init__(
        self,
        preferences: Preferences,
        vault: KeyVault,
        *,
        base_url: str | None = None,
        sandbox_dir: Callable[[], Path | None] = lambda: None,
        environment: dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._preferences = preferences
        self._vault = vault
        self._environment = dict(os.environ) if environment is None else environment
        self._chosen_url = base_url or self._environment.get(URL_VARIABLE) or None
        self._sandbox_dir = sandbox_dir
        self._sandbox: SandboxServer | None = None
        self._sandbox_start: asyncio.Task[str] | None = None
        self._clients: dict[str, _Client] = {}
        self._retired: list[_Client] = []
        """Made for a key or an address that is no longer in use; answers may still stream from them."""
        self._key = ""
        self.key_source = KeySource.NONE
        self.vault_state: VaultState | None = None
        self._wanted_id = ""
        self._reading: asyncio.Task[None] | None = None
        self._has_read = False
        """Whether the keyring was looked into: each look can be a prompt, so nobody looks twice unasked."""

    # -- what is in use --------------------------------------------------------------------------

    @property
    def active_id(self) -> str:
        """The id of the connection in use; empty before the first run's choice."""
        return self._preferences.settings.connection_id

    @property
    def is_sandbox(self) -> bool:
        return self.active_id == SANDBOX_ID

    @property
    def has_key(self) -> bool:
        return self.key_source is not KeySource.NONE

    @property
    def base_url(self) -> str:
        return self._chosen_url or self._preferences.settings.base_url

    def describe(self) -> str:
        """The connection and where its key is kept, as the foot of the sidebar says it."""
        if not self.active_id:
            return "Not connected"
        if self.is_sandbox:
            return "Sandbox · no key needed"
        match self.key_source:
            case KeySource.KEYRING:
                name = self.vault_state.name if self.vault_state else ""
                where = f"key in system keyring ({name})" if name else "key in system keyring"
            case KeySource.ENVIRONMENT:
                where = f"key from {KEY_VARIABLE}"
            case KeySource.THIS_RUN:
                where = "key for this run only"
            case _:
                where = "no key"
        host = urlsplit(self.base_url).netloc
        name = "TwelveLabs" if host == urlsplit(SERVICE_URL).netloc else host
        return f"{name} · {where}"

    @property
    def can_remove_key(self) -> bool:
        """Whether there is a key that can be removed here; one in the environment can't."""
        return self.key_source in (KeySource.KEYRING, KeySource.THIS_RUN)

    def address_of(self, connection_id: str) -> str:
        """The address that a connection's questions go to; the sandbox has one while it runs."""
        if connection_id == SANDBOX_ID:
            return self._sandbox.base_url if self._sandbox is not None else "the sandbox"
        return self.base_url

    # -- keys ------------------------------------------------------------------------------------

    def expected_id(self, *, in_sandbox: bool = False) -> str:
        """The connection that `load` is going to make the one in use; empty before the first run's choice."""
        if in_sandbox:
            return SANDBOX_ID
        has_key = bool(self._environment.get(KEY_VARIABLE, "").strip())
        return self._service_id() if has_key else self.active_id

    async def load(self, *, in_sandbox: bool = False) -> None:
        """Finds the key for the connection in use: the environment first, then the keyring.

        A key in the environment means that the service is wanted, whatever was in use before.
        """
        from_environment = self._environment.get(KEY_VARIABLE, "").strip()
        if from_environment:
            self._key, self.key_source = from_environment, KeySource.ENVIRONMENT
        if in_sandbox:
            await self.use_sandbox()
            return
        if from_environment:
            self._preferences.change(connection_id=self._service_id())
        elif self.active_id and not self.is_sandbox:
            await self._read_vault()
        self.changed.emit()

    async def connect_with_key(self, key: str) -> None:
        """Uses a key that was typed: tested against the service first, then kept in the keyring.

        Raises TracksideError when the service refuses it. A keyring that fails does not: the key then
        serves for this run only, and `key_problem` says so.
        """
        key = key.strip()
        if not key or not key.isascii() or any(c.isspace() for c in key):
            raise TracksideError(
                Failure(FailureKind.KEY, "This is no API key.", "Paste it whole, without spaces.")
            )
        connection = self._service_connection()
        client = await asyncio.to_thread(_new_client, connection, key)
        try:
            await client.stores()
        finally:
            await client.aclose()
        self._key, self.key_source = key, KeySource.THIS_RUN
        try:
            await self._vault.set(connection.id, key)
            self.key_source = KeySource.KEYRING
        except TracksideError as error:
            self.key_problem.emit(error.failure)
        self.vault_state = await self._vault.state()
        self._preferences.change(connection_id=connection.id)
        self.changed.emit()

    def use_key_for_this_run(self, key: str) -> None:
        """Uses a key without keeping it anywhere."""
        self._key, self.key_source = key, KeySource.THIS_RUN
        self.changed.emit()

    async def remove_key(self) -> None:
        """Forgets the key, here and in the keyring; answers that stream with it are broken off. Raises
        TracksideError when the keyring keeps it."""
        connection_id = self._service_id()
        was_kept = self.key_source is KeySource.KEYRING
        self._key, self.key_source = "", KeySource.NONE
        self._has_read = True  # whoever wants a client meanwhile must not find a key there once more
        self._reading = None
        try:
            await self._vault.delete(connection_id)
        except TracksideError:
            # One that was never kept is not missed; one that was must be told of.
            if was_kept:
                raise
        finally:
            await self._forget_clients(connection_id)
            self.changed.emit()

    async def use_sandbox(self) -> None:
        """Starts the embedded service and makes it the connection in use."""
        self._wanted_id = SANDBOX_ID
        await self._sandbox_url()
        if self._wanted_id != SANDBOX_ID:
            return  # another was chosen while it started
        self._preferences.change(connection_id=SANDBOX_ID)
        self.changed.emit()

    async def use(self, connection_id: str) -> None:
        """Makes a connection the one in use."""
        if connection_id == SANDBOX_ID:
            await self.use_sandbox()
        else:
            await self.use_service()

    async def use_service(self) -> None:
        """Goes back to the service itself, with the key that is kept for it."""
        self._wanted_id = self._service_id()
        self._preferences.change(connection_id=self._wanted_id)
        if not self._key:
            await self._read_vault(is_asked_for=True)
        self.changed.emit()

    # -- clients ---------------------------------------------------------------------------------

    async def client(self, connection_id: str) -> "ServiceClient":
        """The client of a connection, made when first needed. Raises TracksideError without a key."""
        if connection_id == SANDBOX_ID:
            url = await self._sandbox_url()
            return await self._client_for(Connection(SANDBOX_ID, "Sandbox", url), _SANDBOX_KEY)
        if not self._key:
            await self._read_vault()
        if not self._key:
            raise TracksideError(
                Failure(FailureKind.KEY, "There is no API key.", "Enter one in the connection's settings.")
            )
        return await self._client_for(self._service_connection(), self._key)

    def request_body(self, ask: Ask, server_session_id: str | None, recap: str = "") -> dict[str, object]:
        """What a question is sent as, for looking at; the key travels in a header and is not in it."""
        from trackside.protocol.requests import response_request

        model = self._preferences.settings.model or None
        try:
            return response_request(ask, server_session_id=server_session_id, recap=recap, model=model)
        except TracksideError:
            return {}

    async def aclose(self) -> None:
        """Closes all clients and the sandbox."""
        for connection_id in {client.connection.id for client in (*self._clients.values(), *self._retired)}:
            await self._forget_clients(connection_id)
        if self._sandbox_start is not None:
            await asyncio.gather(self._sandbox_start, return_exceptions=True)
        if self._sandbox is not None:
            await asyncio.to_thread(self._sandbox.stop)
            self._sandbox = None
        if self._reading is not None:
            await asyncio.wait({self._reading})
        self._vault.drop_late()
        await asyncio.to_thread(self._vault.close)

    async def _client_for(self, connection: Connection, key: str) -> "ServiceClient":
        kept = self._clients.get(connection.id)
        if kept is None or (kept.connection, kept.key) != (connection, key):
            if kept is not None:
                self._retired.append(kept)
            making = asyncio.to_thread(_new_client, connection, key)
            task = asyncio.get_running_loop().create_task(making, name=f"client {connection.id}")
            kept = self._clients[connection.id] = _Client(connection, key, task)
        return await asyncio.shield(kept.making)

    async def _forget_clients(self, connection_id: str) -> None:
        forgotten = [client for client in self._retired if client.connection.id == connection_id]
        self._retired = [client for client in self._retired if client not in forgotten]
        if kept := self._clients.pop(connection_id, None):
            forgotten.append(kept)
        for client in forgotten:
            await asyncio.wait({client.making})
            if not client.making.cancelled() and client.making.exception() is None:
                await client.making.result().aclose()

    def _service_id(self) -> str:
        return self._preferences.settings.service_connection().id

    def _service_connection(self) -> Connection:
        settings = self._preferences.settings
        url = checked_base_url(self.base_url, allow_plain_http=settings.allow_plain_http)
        return replace(settings.service_connection(), base_url=url)

    async def _read_vault(self, *, is_asked_for: bool = False) -> None:
        """Looks into the keyring once, whoever asks; again only when the user wants it."""
        if not self._has_read or (is_asked_for and (self._reading is None or self._reading.done())):
            self._has_read = True
            self._reading = asyncio.get_running_loop().create_task(self._load_from_vault(), name="keyring")
        if self._reading is not None:
            await asyncio.shield(self._reading)

    async def _load_from_vault(self) -> None:
        self.vault_state = await self._vault.state()
        if not self.vault_state.is_usable:
            advice = "The key can be used for this run only."
            self.key_problem.emit(Failure(FailureKind.KEYRING, self.vault_state.reason, advice))
            return
        try:
            self._take_key(await self._vault.get(self._service_id(), late=self._take_late_key))
        except TracksideError as error:
            self.key_problem.emit(error.failure)

    def _take_key(self, key: str | None) -> None:
        if key and not self._key:
            self._key, self.key_source = key, KeySource.KEYRING

    def _take_late_key(self, key: str | None) -> None:
        """The keyring answered after all, once its password was typed."""
        self._take_key(key)
        self.changed.emit()

    async def _sandbox_url(self) -> str:
        if self._sandbox_start is None:
            starting = asyncio.to_thread(self._start_sandbox)
            self._sandbox_start = asyncio.get_running_loop().create_task(starting, name="sandbox")
        try:
            return await asyncio.shield(self._sandbox_start)
        except Exception as error:
            self._sandbox_start = None
            _log.warning("the sandbox could not start", exc_info=error)
            raise TracksideError(
                Failure(FailureKind.CONNECTION, "The sandbox could not start.", "Try again.", str(error))
            ) from error

    def _start_sandbox(self) -> str:
        from trackside.sandbox.server import SandboxServer  # starlette and uvicorn: 0.2 s, when needed

        server = SandboxServer(state_dir=self._sandbox_dir())
        url: str = server.start()
        self._sandbox = server
        return url


def _new_client(connection: Connection, key: str) -> "ServiceClient":
    import anyio._backends._asyncio  # noqa: F401 -- httpx would import it on the loop, at its first request

    from trackside.protocol.client import ServiceClient  # httpx: 0.1 s, off the loop

    return ServiceClient(connection, key)
