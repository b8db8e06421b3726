"""Which connection is in use, as the window shows it, and how another one comes into use."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from trackside.chat.session import ChatSession
from trackside.domain.connection import DEFAULT_ID, SANDBOX_ID
from trackside.domain.failure import TracksideError
from trackside.ui.dialogs.move_session import MoveSession
from trackside.ui.sidebar.foot import OfferedConnection

if TYPE_CHECKING:
    from trackside.ui.desk import Desk


class ConnectionSwitching(QObject):
    """Follows the connections with the sidebar's foot and the banners, and switches when it is wanted.

    A session keeps its connection: to open one makes its connection the one in use. One whose connection was
    removed can be read, and moved to another.
    """

    key_wanted = Signal()
    """The default connection came into use and has no key."""

    def __init__(self, desk: "Desk", move: Callable[[ChatSession, str], None]) -> None:
        """`move` lets a session belong to another connection."""
        super().__init__(desk)
        self._desk = desk
        self._window = desk.window
        self._connections = desk.connections
        self._move = move
        self._in_use = ""
        self._move_dialog: MoveSession | None = None
        self._window.sidebar.foot.connection_chosen.connect(self.choose)
        self._window.banner.move_wanted.connect(self.offer_move)
        desk.connections.changed.connect(self.show)
        desk.preferences.changed.connect(self.show)
        desk.runner.limits.changed.connect(self._on_limits)

    # -- what is shown ---------------------------------------------------------------------------

    def show(self) -> None:
        """Shows the connection in use, and what has to be said of it."""
        connections, foot = self._connections, self._window.sidebar.foot
        foot.show_connection(connections.describe(), self._desk.runner.limits.words_of(connections.active_id))
        foot.offer(tuple(self._offered()))
        active = connections.active
        self._window.banner.show_sandbox(connections.is_sandbox)
        self._window.banner.show_unprotected(active.host if active and active.is_unprotected else "")
        self.show_session()
        if connections.active_id != self._in_use:
            before, self._in_use = self._in_use, connections.active_id
            if before and active is not None:
                self._window.notices.show_news(f"Now on “{active.name}”.")

    def _on_limits(self, connection_id: str) -> None:
        if connection_id == self._connections.active_id:
            words = self._desk.runner.limits.words_of(connection_id)
            self._window.sidebar.foot.show_connection(self._connections.describe(), words)

    def show_session(self) -> None:
        """Says of the open session what has to be said of its connection."""
        words = ""
        if self.is_gone(self._desk.session):
            words = "This session's connection was removed. It can be read, and moved to another connection."
        self._window.banner.show_gone(words)

    def is_gone(self, opened: ChatSession | None) -> bool:
        """Whether the session's connection is no longer there."""
        return opened is not None and self._connections.get(opened.session.connection_id) is None

    def _offered(self) -> list[OfferedConnection]:
        """All connections, in the user's order, the sandbox last."""
        active_id = self._connections.active_id
        offered = [OfferedConnection(c.id, c.name, c.host, c.id == active_id) for c in self._connections.all]
        sandbox = OfferedConnection(SANDBOX_ID, "Sandbox", "on this computer", active_id == SANDBOX_ID)
        return [*offered, sandbox]

    # -- switching -------------------------------------------------------------------------------

    def choose(self, connection_id: str) -> None:
        """Shows the latest session of a connection, or a new one, and makes the connection the one in use.
        What streams from others streams on."""
        if connection_id == self._connections.active_id and self._desk.is_connected_session_open:
            self._window.show_chat()
            self._window.composer.message.setFocus()
            return
        self._desk.tasks.start(self._switch(connection_id))

    async def _switch(self, connection_id: str) -> None:
        library, desk = self._desk.library, self._desk
        choice = desk.choice = object()
        if connection_id == SANDBOX_ID:
            await self._connections.use(SANDBOX_ID)  # before its sessions are shown, since it may not start
        mine = (s for s in library.sessions if s.connection_id == connection_id and not s.archived)
        latest = next(mine, None)
        opened = await library.open(latest.id) if latest is not None else None
        if desk.choice is not choice:
            return  # something else was chosen meanwhile
        self._window.show_chat()
        # Shown before the keyring is asked, which may take its user's time.
        desk.show_made(opened or library.create(connection_id))
        if connection_id != SANDBOX_ID:
            await self._connections.use(connection_id)
            if connection_id == DEFAULT_ID and not self._connections.keys.has_key(DEFAULT_ID):
                self.key_wanted.emit()

    async def follow(self, opened: ChatSession) -> None:
        """Makes an opened session's connection the one in use. One that was removed changes nothing."""
        connection_id = opened.session.connection_id
        if connection_id != self._connections.active_id and not self.is_gone(opened):
            await self._connections.use(connection_id)

    # -- a session without connection ------------------------------------------------------------

    def refuses(self, opened: ChatSession) -> bool:
        """Whether nothing can be asked in a session, since its connection was removed; offers others then."""
        if not self.is_gone(opened):
            return False
        self.offer_move()
        return True

    def offer_move(self) -> None:
        """Asks where the open session shall go on."""
        opened = self._desk.session
        if opened is None or not self.is_gone(opened) or self._move_dialog is not None:
            return
        offered = [(one.id, one.name, one.host) for one in self._offered()]
        dialog = MoveSession(self._window.sidebar.theme, opened.session.shown_title, offered, self._window)
        self._move_dialog = dialog
        dialog.finished.connect(self._forget_dialog)
        dialog.move_wanted.connect(lambda id_: self._desk.tasks.start(self._move_to(opened, id_)))
        dialog.open()

    def _forget_dialog(self) -> None:
        self._move_dialog = None

    async def _move_to(self, opened: ChatSession, connection_id: str) -> None:
        try:
            if connection_id == SANDBOX_ID:
                await self._connections.use(SANDBOX_ID)
        except TracksideError as error:
            self._window.notices.show_failure(error.failure)
            return
        self._move(opened, connection_id)
        self.show_session()
        self._window.composer.message.setFocus()
        await self._connections.use(connection_id)
