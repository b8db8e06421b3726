"""What the settings' page about connections says of them: no secret is ever among it."""

from collections.abc import Callable

from trackside.chat.connections import Connections
from trackside.chat.preferences import Preferences
from trackside.domain.connection import DEFAULT_ID, SANDBOX_ID, TWELVELABS, Connection
from trackside.ui.settings.connection_editor import ShownConnection
from trackside.ui.settings.connection_list import ListedConnection
from trackside.ui.settings.connections_page import KeyringFacts

SANDBOX = Connection(SANDBOX_ID, "Sandbox", "")


class ConnectionWords:
    """Puts together what the page shows, from the connections as they are set and as they are used."""

    def __init__(
        self, connections: Connections, preferences: Preferences, limit_words: Callable[[str], str]
    ) -> None:
        """`limit_words` say what is known of a connection's rate limits; empty for nothing."""
        self._connections = connections
        self._keys = connections.keys
        self._preferences = preferences
        self._limit_words = limit_words

    @property
    def order(self) -> list[Connection]:
        """The connections as they are set, in the user's order; the sandbox is not among them."""
        kept = list(self._preferences.settings.connections)
        is_missing = all(one.id != DEFAULT_ID for one in kept)
        return [TWELVELABS, *kept] if is_missing and self._connections.get(DEFAULT_ID) else kept

    def is_known(self, connection_id: str) -> bool:
        return connection_id == SANDBOX_ID or any(one.id == connection_id for one in self.order)

    def raw(self, connection_id: str) -> Connection:
        """As it is set; the sandbox where there is none of this id."""
        return next((one for one in self.order if one.id == connection_id), SANDBOX)

    def listed(self) -> list[ListedConnection]:
        """All of them as the list shows them, the sandbox last."""
        return [self._listed(connection) for connection in (*self.order, SANDBOX)]

    def _listed(self, connection: Connection) -> ListedConnection:
        is_in_use = connection.id == self._connections.active_id
        if connection.id == SANDBOX_ID:
            return ListedConnection(SANDBOX_ID, "Sandbox", "on this computer · no key needed", is_in_use)
        used = self._connections.get(connection.id) or connection
        parts = [used.host, self._connections.key_words(connection.id), self._limit_words(connection.id)]
        words = " · ".join(part for part in parts if part)
        return ListedConnection(connection.id, connection.name, words, is_in_use)

    def shown(self, connection_id: str) -> ShownConnection:
        """One as the editor shows it."""
        connection = self.raw(connection_id)
        id_ = connection.id
        secrets = self._keys.secrets_of(id_)
        used = self._connections.get(id_) or connection
        return ShownConnection(
            connection,
            is_in_use=id_ == self._connections.active_id,
            key_words=self._connections.key_words(id_),
            has_key=self._keys.has_key(id_),
            can_remove_key=self._keys.can_remove(id_),
            has_password=bool(secrets.proxy_password),
            present_headers=frozenset(name.lower() for name, _ in secrets.headers),
            silence_s=self._preferences.settings.silence_limit_s,
            used_address=used.base_url if used.base_url != connection.base_url else "",
            taken_names=frozenset(one.name.casefold() for one in self.order if one.id != id_),
        )

    def keyring(self) -> KeyringFacts:
        """The keyring, and whether there is anything to forget."""
        state = self._keys.vault_state
        has_keys = any(self._keys.can_remove(one.id) for one in self.order)
        is_allowed = self._preferences.settings.allow_plaintext_keyring
        if state is None:
            return KeyringFacts("Looking for the system's keyring…", has_keys=has_keys)
        if not state.is_usable:
            words = state.failure.sentence
        elif state.is_plaintext:
            words = f"Keys are kept unprotected in a plain file ({state.name})."
        else:
            words = f"The system keyring: {state.name}."
        return KeyringFacts(
            words,
            is_plaintext=state.is_plaintext,
            is_plaintext_allowed=is_allowed,
            has_keys=state.is_usable or has_keys,
        )

    def free_name(self, name: str) -> str:
        """The name, with a number where another connection has it already."""
        taken = {one.name.casefold() for one in self.order}
        numbered = (name if n == 1 else f"{name} {n}" for n in range(1, len(taken) + 2))
        return next(one for one in numbered if one.casefold() not in taken)
