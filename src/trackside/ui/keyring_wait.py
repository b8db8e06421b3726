"""Says that the keyring is waited for, and lets its user end that."""

from trackside.chat.connections import Connections
from trackside.ui.notices import Notices

_WORDS = "Waiting for the system keyring…"


class KeyringWait:
    """Follows the connection in use. What the keyring answers after the waiting was ended is still used."""

    def __init__(self, notices: Notices, connections: Connections) -> None:
        self._notices = notices
        self._connections = connections
        self._shown_for = ""
        connections.changed.connect(self._follow)

    def _follow(self) -> None:
        connection_id = self._connections.active_id
        is_waiting = self._connections.keys.is_waiting(connection_id)
        if is_waiting and not self._shown_for:
            self._shown_for = connection_id
            self._notices.show_choice(_WORDS, "Stop waiting", self._give_up)
        elif self._shown_for and not (is_waiting and self._shown_for == connection_id):
            self._shown_for = ""
            self._notices.take_back(_WORDS)

    def _give_up(self) -> None:
        self._connections.keys.give_up(self._shown_for)
