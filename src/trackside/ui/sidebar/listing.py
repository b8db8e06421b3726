"""Keeps the sidebar's rows as the library is: each change moves its own row and no other."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from trackside.chat.library import SessionLibrary
from trackside.domain.session import Session
from trackside.ui.sidebar.sidebar import Sidebar
from trackside.ui.sidebar.views import SidebarView, has_anything


class SessionListing(QObject):
    """Follows library and trash, and shows of them what the chosen view has."""

    trash_wanted = Signal()
    """The trash is shown and has to be read."""

    def __init__(self, sidebar: Sidebar, library: SessionLibrary) -> None:
        super().__init__(sidebar)
        self._sidebar = sidebar
        self._library = library
        self._rows = sidebar.rows
        self._rows.state_of = library.state_of
        self._open_id = ""
        sidebar.view_bar.tags = lambda: library.tags
        sidebar.view_wanted.connect(self.show_view)
        library.loaded.connect(self._show_anew)
        library.page_loaded.connect(self._add)
        library.session_added.connect(self._follow)
        library.session_changed.connect(self._follow)
        library.session_removed.connect(self._leave)
        library.trashed.loaded.connect(self._add_trashed)
        library.trashed.added.connect(self._follow_trashed)
        library.trashed.removed.connect(self._leave_trash)

    def show_open(self, session_id: str) -> None:
        """Which session is on the desk: a blank one has a row while it is, and is marked."""
        before, self._open_id = self._open_id, session_id
        for id_ in dict.fromkeys((before, session_id)):
            self._library.refresh(id_)
        self._sidebar.show_current(session_id)

    def show_view(self, view: SidebarView) -> None:
        """Lists other sessions from now on."""
        self._show(view)
        if view.is_trash:
            self.trash_wanted.emit()

    def close(self) -> None:
        """Follows the library no longer."""
        self._library.session_added.disconnect(self._follow)
        self._library.session_changed.disconnect(self._follow)
        self._library.session_removed.disconnect(self._leave)

    def _show_anew(self) -> None:
        view = self._rows.view
        if not self._rows.shows(view, self._of_view(view)):  # the newest may have been listed before
            self._show(view)

    def _show(self, view: SidebarView) -> None:
        self._rows.show(view, self._of_view(view), datetime.now().astimezone())

    def _of_view(self, view: SidebarView) -> list[Session]:
        source = self._library.trashed.sessions if view.is_trash else self._library.sessions
        open_id = self._open_id
        return [s for s in view.arranged(source) if s.title or has_anything(s) or s.id == open_id]

    # -- of the list -----------------------------------------------------------------------------

    def _add(self, sessions: list[Session]) -> None:
        if not self._rows.view.is_trash:
            self._add_rows(sessions)

    def _follow(self, session: Session) -> None:
        if not self._rows.view.is_trash:
            self._show_row(session)

    def _leave(self, session: Session) -> None:
        if not self._rows.view.is_trash:
            self._rows.remove(session.id)

    # -- of the trash ----------------------------------------------------------------------------

    def _add_trashed(self, sessions: list[Session]) -> None:
        if self._rows.view.is_trash:
            self._add_rows(sessions)

    def _follow_trashed(self, session: Session) -> None:
        if self._rows.view.is_trash:
            self._show_row(session)

    def _leave_trash(self, session: Session) -> None:
        if self._rows.view.is_trash:
            self._rows.remove(session.id)

    # -- rows ------------------------------------------------------------------------------------

    def _add_rows(self, sessions: list[Session]) -> None:
        fresh = [s for s in self._listed(sessions, self._rows.view) if not self._rows.has(s.id)]
        if fresh:
            self._rows.add(fresh)

    def _show_row(self, session: Session) -> None:
        """Shows a session that came, or that is another by now."""
        if not any(self._listed([session], self._rows.view)):
            self._rows.remove(session.id)
        elif self._rows.has(session.id):
            self._rows.change(session)
        else:
            self._rows.add([session])

    def _listed(self, sessions: Iterable[Session], view: SidebarView) -> Iterator[Session]:
        has, open_id = view.has, self._open_id
        return (s for s in sessions if has(s) and (has_anything(s) or s.id == open_id))
