"""The connections there are and the one in use; where their answers come from."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal

from trackside.chat.clients import Clients, new_client
from trackside.chat.embedded_sandbox import EmbeddedSandbox
from trackside.chat.environment import KEY_VARIABLE as KEY_VARIABLE
from trackside.chat.environment import taken_environment
from trackside.chat.held_secrets import meant_for_another
from trackside.chat.keys import ConnectionKeys
from trackside.chat.preferences import Preferences
from trackside.domain.connection import (
    DEFAULT_ID,
    SANDBOX_ID,
    SERVICE_URL,
    TWELVELABS,
    Connection,
    KeySource,
    Secrets,
    checked_base_url,
)
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.key_place import key_place
from trackside.domain.pasted_key import key_in
from trackside.domain.turn import Ask
from trackside.storage.key_vault import KeyVault

if TYPE_CHECKING:
    from trackside.protocol.client import ServiceClient

URL_VARIABLE = "TWELVELABS_BASE_URL"
_SANDBOX_SECRETS = Secrets(key="sandbox")


class Connections(QObject):
    """Knows where answers come from. `changed` follows every change of a connection, a key or the keyring.

    The environment's key and address are the default connection's, so that no key goes to another host.
    """

    changed = Signal()
    renewed = Signal(str)
    """A connection's id: it is gone or has another key, so the limits that were told hold no longer."""

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
        environment = taken_environment() if environment is None else environment
        self._environment_key = environment.get(KEY_VARIABLE, "").strip()
        self._chosen_url = base_url or environment.get(URL_VARIABLE) or None
        self._sandbox = EmbeddedSandbox(sandbox_dir)
        self._clients = Clients()
        self._environment_url = self._chosen_url or SERVICE_URL
        self.keys = ConnectionKeys(vault, self._environment_key, key_place(self._environment_url))
        self.key_problem = self.keys.problem
        self.key_problem_solved = self.keys.solved
        self.keys.changed.connect(self.changed)
        self._allow_plaintext()
        preferences.changed.connect(self._allow_plaintext)
        self._fit_keys()
        preferences.changed.connect(self._fit_keys)
        self._wanted_id = ""

    # -- what there is ---------------------------------------------------------------------------

    @property
    def all(self) -> tuple[Connection, ...]:
        """Every connection but the sandbox, in the user's order."""
        found = tuple(map(self._resolved, self._preferences.settings.connections))
        is_missing = all(one.id != DEFAULT_ID for one in found)
        if is_missing and (self._environment_key or self._chosen_url):
            return (self._resolved(TWELVELABS), *found)
        return found

    def get(self, connection_id: str) -> Connection | None:
        """A connection as it is used, with what the settings say of all; None for one that is not there. The
        sandbox has no address before it runs."""
        if connection_id == SANDBOX_ID:
            return Connection(SANDBOX_ID, "Sandbox", self._sandbox.running_url or "")
        return next((one for one in self.all if one.id == connection_id), None)

    @property
    def active_id(self) -> str:
        """The id of the connection in use; empty before the first run's choice."""
        return self._preferences.settings.connection_id

    @property
    def active(self) -> Connection | None:
        """The connection in use."""
        return self.get(self.active_id) if self.active_id else None

    @property
    def is_sandbox(self) -> bool:
        return self.active_id == SANDBOX_ID

    @property
    def has_key(self) -> bool:
        """Whether the connection in use has one in memory."""
        return self.keys.has_key(self.active_id)

    def describe(self) -> str:
        """The connection in use and where its key is kept, as the foot of the sidebar says it."""
        active = self.active
        if active is None:
            return "Not connected"
        if active.is_sandbox:
            return "Sandbox · no key needed"
        return f"{active.name} · {self.key_words(active.id)}"

    def key_words(self, connection_id: str) -> str:
        """Where a connection's key is kept."""
        match self.keys.source_of(connection_id):
            case KeySource.KEYRING:
                state = self.keys.vault_state
                if state is None or not state.is_usable:
                    return "key in system keyring"
                if state.is_plaintext:
                    return f"key unprotected in a plain file: {state.name}"
                return f"system keyring: {state.name}"
            case KeySource.ENVIRONMENT:
                return f"key from {KEY_VARIABLE}"
            case KeySource.THIS_RUN:
                return "key for this run only"
            case _ if self.keys.is_looking(connection_id):
                return "asking the keyring…"
            case _:
                return "no key" if self.keys.has_looked(connection_id) else "key not looked for yet"

    def address_of(self, connection_id: str) -> str:
        """The address that a connection's questions go to; the sandbox has one while it runs."""
        if connection_id == SANDBOX_ID:
            return self._sandbox.running_url or "the sandbox"
        found = self.get(connection_id)
        return found.base_url if found is not None else ""

    # -- editing them ----------------------------------------------------------------------------

    def save(self, connection: Connection) -> None:
        """Adds a connection, or changes the one with its id. Raises TracksideError for an address that can't
        be used."""
        url = checked_base_url(connection.base_url, allow_plain_http=connection.allow_plain_http)
        settings = self._preferences.settings
        self._preferences.apply(settings.with_connection(replace(connection, base_url=url)))
        self.changed.emit()

    async def remove(self, connection_id: str) -> None:
        """Removes a connection with all that the keyring keeps of it; its sessions stay. Raises
        TracksideError when the keyring keeps it, and then the connection stays, too."""
        await self.keys.remove(connection_id, with_more=True)
        await self._clients.forget(connection_id)
        settings = self._preferences.settings
        rest = tuple(one for one in settings.connections if one.id != connection_id)
        active_id = "" if settings.connection_id == connection_id else settings.connection_id
        self._preferences.change(connections=rest, connection_id=active_id)
        self.renewed.emit(connection_id)
        self.changed.emit()

    # -- which one is in use ---------------------------------------------------------------------

    def expected_id(self, *, in_sandbox: bool = False) -> str:
        """The connection that `load` is going to make the one in use; empty before the first run's choice."""
        if in_sandbox:
            return SANDBOX_ID
        if self._environment_key:
            return DEFAULT_ID
        return self.active_id if self.active is not None else ""

    async def load(self, *, in_sandbox: bool = False) -> None:
        """Finds the key for the connection in use: the environment first, then the keyring.

        A key in the environment means that the service is wanted, whatever was in use before.
        """
        if in_sandbox:
            await self.use_sandbox()
            return
        if self._environment_key:
            self._preferences.change(connection_id=DEFAULT_ID)
        active = self.active
        if active is None:
            self._preferences.change(connection_id="")
        elif not active.is_sandbox:
            await self.keys.find(active)
        self.changed.emit()

    async def use(self, connection_id: str) -> None:
        """Makes a connection the one in use, and looks for its key. Raises TracksideError when the sandbox
        can't start or the connection is not there."""
        if connection_id == SANDBOX_ID:
            await self.use_sandbox()
            return
        connection = self._known(connection_id)
        self._wanted_id = connection_id
        self._preferences.change(connection_id=connection_id)
        if not self.keys.has_key(connection_id):
            await self.keys.find(connection, is_asked_for=True)
        self.changed.emit()

    async def stop_sandbox(self) -> None:
        """Ends the embedded service, if it runs, and lets go of what it remembers."""
        await self._clients.forget(SANDBOX_ID)
        await self._sandbox.aclose()

    async def use_sandbox(self) -> None:
        """Starts the embedded service and makes it the connection in use."""
        self._wanted_id = SANDBOX_ID
        await self._sandbox.url()
        if self._wanted_id != SANDBOX_ID:
            return  # another was chosen while it started
        self._preferences.change(connection_id=SANDBOX_ID)
        self.changed.emit()

    # -- keys ------------------------------------------------------------------------------------

    async def connect_with_key(self, key: str, connection_id: str = DEFAULT_ID) -> None:
        """Uses a key that was typed: tested against the service first, then kept in the keyring.

        Raises TracksideError when the service refuses it. A keyring that fails does not: the key then
        serves for this run only, and `key_problem` says so.
        """
        settings = self._preferences.settings
        if connection_id == DEFAULT_ID and self.get(DEFAULT_ID) is None:
            self._preferences.apply(settings.with_connection(TWELVELABS))
        await self.give_key(key, connection_id)
        self._preferences.change(connection_id=connection_id)
        self.changed.emit()

    async def give_key(
        self, key: str, connection_id: str, *, for_this_run: bool = False, untested: bool = False
    ) -> None:
        """As `connect_with_key`, but for that the connection in use stays. A key `for_this_run` is kept
        nowhere."""
        key = key_in(key)
        if not untested:
            tested = self._known(connection_id)
            await self._test_key(key, connection_id)
            now = self._known(connection_id)  # it may have been removed meanwhile, or lead elsewhere
            if (place := key_place(now.base_url)) != (given_for := key_place(tested.base_url)):
                raise TracksideError(meant_for_another("The key", given_for, place))
        if key != self.keys.secrets_of(connection_id).key:
            self.renewed.emit(connection_id)
        if for_this_run:
            self.keys.use_for_this_run(connection_id, key)
        else:
            await self.keys.keep(connection_id, key)

    async def _test_key(self, key: str, connection_id: str) -> None:
        """Raises TracksideError when the service refuses the key."""
        connection = self._usable(self._known(connection_id))
        if connection.proxy_user or any(header.is_secret for header in connection.headers):
            await self.keys.find(connection)
        secrets = replace(self.keys.secrets_for(connection), key=key)
        client = await asyncio.to_thread(new_client, connection, secrets)
        try:
            await client.stores()
        finally:
            await client.aclose()

    async def remove_key(self, connection_id: str) -> None:
        """Forgets a key, here and in the keyring; answers that stream with it are broken off. Raises
        TracksideError when the keyring keeps it."""
        try:
            await self.keys.remove(connection_id)
        finally:
            await self._clients.forget(connection_id)
            self.changed.emit()

    async def forget_all_keys(self) -> None:
        """Removes whatever the keyring keeps of any connection, of those that were removed earlier, too,
        where it can name them. Raises TracksideError when it keeps some. The environment's key stays in
        use."""
        ids = list(dict.fromkeys((DEFAULT_ID, *(one.id for one in self.all))))
        try:
            await self.keys.forget_all(ids)
        finally:
            for connection_id in ids:
                await self._clients.forget(connection_id)
            self.changed.emit()

    # -- clients ---------------------------------------------------------------------------------

    async def client(self, connection_id: str) -> "ServiceClient":
        """The client of a connection, made when first needed. Raises TracksideError without a key."""
        if connection_id == SANDBOX_ID:
            url = await self._sandbox.url()
            return await self._clients.get(Connection(SANDBOX_ID, "Sandbox", url), _SANDBOX_SECRETS)
        connection = self._known(connection_id)
        secrets = await self.keys.find(connection)
        while (now := self._known(connection_id)) != connection:
            # Changed while the keyring was asked: what is known by now may be for another host.
            connection, secrets = now, await self.keys.find(now)
        if not secrets.key and (failure := self.keys.failure_of(connection_id)) is not None:
            raise TracksideError(failure)
        if not secrets.key and connection_id == DEFAULT_ID and self._environment_key:
            given_for, place = key_place(self._environment_url), key_place(connection.base_url)
            raise TracksideError(meant_for_another(f"{KEY_VARIABLE}'s key", given_for, place))
        if not secrets.key:
            raise TracksideError(
                Failure(FailureKind.KEY, "There is no API key.", "Enter one in the connection's settings.")
            )
        return await self._clients.get(self._usable(connection), secrets)

    def request_body(
        self, ask: Ask, server_session_id: str | None, recap: str = "", connection_id: str = ""
    ) -> dict[str, object]:
        """What a question is sent as, for looking at; the key travels in a header and is not in it."""
        from trackside.protocol.requests import response_request

        connection = self.get(connection_id or self.active_id)
        model = connection.model or None if connection is not None else None
        try:
            return response_request(ask, server_session_id=server_session_id, recap=recap, model=model)
        except TracksideError:
            return {}

    async def aclose(self) -> None:
        """Closes all clients and the sandbox."""
        await self._clients.aclose()
        await self._sandbox.aclose()
        await self.keys.aclose()

    # -- inside ----------------------------------------------------------------------------------

    def _allow_plaintext(self) -> None:
        self.keys.allow_plaintext(self._preferences.settings.allow_plaintext_keyring)

    def _fit_keys(self) -> None:
        for connection in self.all:
            self.keys.fit(connection)

    def _resolved(self, connection: Connection) -> Connection:
        """With what the command line, the environment and the settings say of it."""
        if connection.id == DEFAULT_ID and self._chosen_url:
            host = urlsplit(self._chosen_url).netloc
            connection = replace(connection, base_url=self._chosen_url, name=host or connection.name)
        limit_s = connection.silence_limit_s or self._preferences.settings.silence_limit_s
        return replace(connection, silence_limit_s=limit_s)

    def _known(self, connection_id: str) -> Connection:
        if (connection := self.get(connection_id)) is not None:
            return connection
        raise TracksideError(
            Failure(
                FailureKind.INPUT,  # nothing that passes by itself
                "This session's connection is no longer there.",
                "Choose another connection for it.",
            )
        )

    def _usable(self, connection: Connection) -> Connection:
        """Raises TracksideError when its address can't be used."""
        url = checked_base_url(connection.base_url, allow_plain_http=connection.allow_plain_http)
        return replace(connection, base_url=url)
