"""What is done with keys in the settings: given, removed, all forgotten."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from trackside.chat.library import SessionLibrary
from trackside.domain.failure import TracksideError
from trackside.domain.session import SessionState
from trackside.ui.settings.connection_words import ConnectionWords
from trackside.ui.settings.connections_page import ConnectionsPage, confirmation
from trackside.ui.settings.key_rows import GivenKey

if TYPE_CHECKING:
    from trackside.ui.desk import Desk


class KeyDeeds(QObject):
    """A key that was given is passed on, and never given back to a widget."""

    def __init__(
        self,
        desk: "Desk",
        words: ConnectionWords,
        shown: Callable[[], tuple[ConnectionsPage | None, str]],
        later: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """`shown` gives the page while it is there, and the id of the connection that is shown on it; `later`
        starts work whose failures are told."""
        super().__init__(desk)
        self._desk = desk
        self._connections = desk.connections
        self._words = words
        self._shown = shown
        self._later = later
        self._giving: set[str] = set()
        """The connections whose new keys are being tested."""

    def take_key(self, given: GivenKey) -> None:
        """Tests a key and uses it for the connection that is shown."""
        self._later(self._give(self._shown()[1], given))

    async def _give(self, connection_id: str, given: GivenKey) -> None:
        if connection_id in self._giving:
            return
        self._giving.add(connection_id)
        self._show_busy(connection_id, is_busy=True)
        failure = None
        try:
            await self._connections.give_key(
                given.key, connection_id, for_this_run=given.for_this_run, untested=given.untested
            )
        except TracksideError as error:
            failure = error.failure
        finally:
            self._giving.discard(connection_id)
            self._show_busy(connection_id, is_busy=False)
        page, selected_id = self._shown()
        if page is not None and connection_id == selected_id:
            page.editor.key.show_outcome(failure)
        elif failure is not None:
            self._desk.window.notices.show_failure(failure)

    def _show_busy(self, connection_id: str, *, is_busy: bool) -> None:
        page, selected_id = self._shown()
        if page is not None and connection_id == selected_id:
            page.editor.key.show_busy(is_busy)

    def show_busy(self) -> None:
        """Says whether the key of the connection that is shown now is being tested."""
        page, selected_id = self._shown()
        if page is not None:
            page.editor.key.show_busy(selected_id in self._giving)

    def ask_removal(self) -> None:
        """Removes the shown connection's key; asks first when that breaks answers off."""
        page, connection_id = self._shown()
        running = running_answers(self._desk.library, connection_id)
        if not running or page is None:
            self._later(self._connections.remove_key(connection_id))
            return
        answers = "The answer that streams" if running == 1 else f"The {running} answers that stream"
        box = confirmation(
            page,
            f"Remove the key of “{self._words.raw(connection_id).name}”?",
            f"{answers} with it now will be broken off. What came is kept.",
            "Remove key",
        )
        box.accepted.connect(lambda: self._later(self._connections.remove_key(connection_id)))
        box.open()

    def ask_forget_all(self) -> None:
        """Says what goes, and forgets it when that is confirmed."""
        page, _ = self._shown()
        if page is None:
            return
        state = self._connections.keys.vault_state
        where = f" from the system keyring ({state.name})" if state is not None and state.is_usable else ""
        count = len(self._words.order)
        whose = "the connection" if count == 1 else f"all {count} connections"
        box = confirmation(
            page,
            "Forget all keys?",
            f"The keys, proxy passwords and secret headers of {whose} are removed{where} and from this run. "
            "Answers that are streaming are broken off. Connections and sessions stay.",
            "Forget all keys",
        )
        box.accepted.connect(lambda: self._later(self._connections.forget_all_keys()))
        box.open()


def running_answers(library: SessionLibrary, connection_id: str) -> int:
    """How many answers stream from a connection."""
    mine = (session for session in library.sessions if session.connection_id == connection_id)
    return sum(library.state_of(session) is SessionState.STREAMING for session in mine)
