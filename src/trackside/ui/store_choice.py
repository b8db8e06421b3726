"""Which knowledge store is asked: chosen by hand or for a start, fetched again when that failed."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from trackside.chat.connections import Connections
from trackside.chat.preferences import Preferences
from trackside.chat.session import ChatSession
from trackside.chat.sources import Sources
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
        self._reached: int | None = None
        """What the stores were fetched with; None before they were."""
        self._in_use = connections.active_id
        self._left: dict[str, tuple[str, str]] = {}
        """The stores that sessions asked on the connections that they were moved from."""
        window.header.store_chosen.connect(self._choose)
        window.header.stores_wanted.connect(self._fetch)
        inspector.sources.reload_wanted.connect(self._reload_items)
        sources.stores_changed.connect(self.take_first)
        sources.failed.connect(self._on_failed)
        connections.changed.connect(self._on_connections)
        preferences.changed.connect(self._on_preferences)

    def take_first(self) -> None:
        """A session without a store gets the connection's first one; one that was moved here gets the one
        that it asked before, if that is here."""
        opened = self._opened()
        stores = self._sources.stores
        if opened is None or not stores or opened.session.store_id:
            return
        if opened.session.connection_id != self._connections.active_id:
            return
        id_, name = self._left.pop(opened.session.id, ("", ""))
        same = (*(s for s in stores if s.id == id_), *(s for s in stores if name and s.name == name))
        taken = next(iter(same), stores[0])
        opened.set_store(taken.id, taken.name)
        if name and taken.name != name:
            self._notices.show_news(f"There is no store “{name}” here. “{taken.name}” is asked instead.")

    def move(self, opened: ChatSession, connection_id: str) -> None:
        """Lets a session belong to another connection. Its store is asked on if that has it, too."""
        session = opened.session
        self._left[session.id] = (session.store_id, session.store_name)
        opened.set_connection(connection_id)
        self.take_first()  # else when the stores have come

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
        if self._in_use != self._connections.active_id:
            self._on_connections()

    def _on_connections(self) -> None:
        """Reached otherwise or with another key, other stores can be had; another name changes nothing."""
        self._in_use = self._connections.active_id
        active = self._connections.active
        secrets = self._connections.keys.secrets_of(self._in_use)
        # Only whether it is the same is remembered, not what it is.
        reached = hash((replace(active, name="") if active is not None else None, secrets))
        if reached != self._reached:
            self._reached = reached
            if self._sources.failure is not None:
                self._notices.take_back(self._sources.failure.sentence)  # it was of another way
            self._sources.refresh()
