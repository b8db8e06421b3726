"""Which knowledge store is asked: chosen by hand or for a start, fetched again when that failed."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from trackside.chat.connections import Connections
from trackside.chat.preferences import Preferences
from trackside.chat.session import ChatSession
from trackside.chat.sources import Sources
from trackside.domain.connection import Connection
from trackside.domain.failure import Failure
from trackside.domain.recap import has_past
from trackside.domain.settings import Settings
from trackside.domain.source import KnowledgeStore
from trackside.ui.main_window import MainWindow
from trackside.ui.panels.inspector import Inspector


class StoreChoice(QObject):
    """Joins the stores' menu and the sources panel to the sources. `opened` gives the open session."""

    def __init__(
        self,
        window: MainWindow,
        inspector: Inspector,
        preferences: Preferences,
        connections: Connections,
        sources: Sources,
        opened: Callable[[], ChatSession | None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._notices = window.notices
        self._preferences = preferences
        self._connections = connections
        self._sources = sources
        self._opened = opened
        self._address = self._service_address
        window.header.store_chosen.connect(self._choose)
        window.header.stores_wanted.connect(self._fetch)
        inspector.sources.reload_wanted.connect(self._reload_items)
        sources.stores_changed.connect(self.take_first)
        sources.failed.connect(self._on_failed)
        connections.changed.connect(sources.refresh)
        preferences.changed.connect(self._on_preferences)

    def take_first(self) -> None:
        """A session without a store gets the connection's first one."""
        opened = self._opened()
        stores = self._sources.stores
        if opened is None or not stores or opened.session.store_id:
            return
        if opened.session.connection_id == self._connections.active_id:
            opened.set_store(stores[0].id, stores[0].name)

    def _choose(self, store: KnowledgeStore) -> None:
        opened = self._opened()
        if opened is None or store.id == opened.session.store_id:
            return
        if opened.session.server_session_id is not None or has_past(opened.turns):
            self._warn(opened, store)
        else:
            opened.set_store(store.id, store.name)

    def _warn(self, opened: ChatSession, store: KnowledgeStore) -> None:
        """The service keeps a conversation to its store: another one knows nothing of the turns so far."""
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText("Another store means a new conversation at the service.")
        box.setInformativeText(
            f"“{store.name}” is asked from the next question on. It can carry a recap of the turns so far, "
            "which stay here as they are."
        )
        switch = box.addButton("Switch", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(switch)
        box.accepted.connect(lambda: opened.set_store(store.id, store.name))
        box.open()

    def _fetch(self) -> None:
        """Tries again what did not succeed, when somebody looks for a store."""
        sources = self._sources
        if not sources.is_loading and (not sources.stores or sources.failure is not None):
            if sources.failure is not None:
                self._notices.take_back(sources.failure.sentence)
            sources.refresh()

    def _reload_items(self) -> None:
        if opened := self._opened():
            self._sources.reload_items(opened.session.store_id)

    def _on_failed(self, failure: Failure) -> None:
        are_stores = failure is self._sources.failure
        self._notices.show_failure(failure, self._sources.refresh if are_stores else self._reload_items)

    def _on_preferences(self, _settings: Settings) -> None:
        if self._address != self._service_address:
            self._address = self._service_address
            self._sources.refresh()

    @property
    def _service_address(self) -> Connection | None:
        """The connection in use as it is now: reached otherwise, other stores can be had."""
        return self._connections.active
