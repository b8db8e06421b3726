"""What is known of the open session and its connection, shown where it belongs: each fact in one place."""

from PySide6.QtCore import QObject

from trackside.chat.connections import Connections
from trackside.chat.library import SessionLibrary
from trackside.chat.session import ChatSession
from trackside.chat.sources import Sources
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.ui.main_window import MainWindow
from trackside.ui.panels.inspector import Inspector
from trackside.ui.recap_choice import RecapChoice
from trackside.ui.sidebar.listing import SessionListing
from trackside.ui.transcript.view import TranscriptView

_RETRIABLE = (AttemptState.STOPPED, AttemptState.FAILED, AttemptState.INTERRUPTED, AttemptState.INCOMPLETE)


class SessionFacts(QObject):
    """Follows the open session and the sources; decides nothing."""

    def __init__(
        self,
        window: MainWindow,
        transcript: TranscriptView,
        inspector: Inspector,
        connections: Connections,
        sources: Sources,
        library: SessionLibrary,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._transcript = transcript
        self._inspector = inspector
        self._connections = connections
        self._sources = sources
        self._library = library
        self.session: ChatSession | None = None
        self._recap = RecapChoice(window.composer, lambda: self.session)
        self._has_fetched = False
        self.listing = SessionListing(window.sidebar, library)
        sources.stores_changed.connect(self._on_stores)
        sources.items_changed.connect(self._on_items)
        connections.changed.connect(self.show_empty_words)

    def show(self, opened: ChatSession | None) -> None:
        """Shows this session from now on."""
        if (before := self.session) is not None:
            before.session_changed.disconnect(self._on_session_changed)
            before.attempt_changed.disconnect(self._on_attempt)
            before.attempt_ended.disconnect(self._on_attempt)
            before.turn_added.disconnect(self._on_turn)
            before.attempt_added.disconnect(self._on_turn)
        self.session = opened
        self._transcript.show_session(opened, self._empty_words())
        if opened is None:
            self._window.composer.show_text("")
            self._recap.refresh()
            return
        opened.session_changed.connect(self._on_session_changed)
        opened.attempt_changed.connect(self._on_attempt)
        opened.attempt_ended.connect(self._on_attempt)
        opened.turn_added.connect(self._on_turn)
        opened.attempt_added.connect(self._on_turn)
        self._window.composer.show_text(opened.session.draft)
        self._inspector.instructions.show_text(opened.session.instructions)
        self._inspector.schema.show_text(opened.session.schema_text)
        self.mark_session()
        self._show_session_facts()
        self._show_answer_facts()

    def mark_session(self) -> None:
        """Marks the open session in the list, whatever was chosen there."""
        if self.session is not None:
            self.listing.show_open(self.session.session.id)

    def close(self) -> None:
        """Follows the list no longer."""
        self.listing.close()

    # -- what happened ---------------------------------------------------------------------------

    def show_empty_words(self) -> None:
        """Says anew what stands in a session without a question."""
        self._transcript.set_empty_words(self._empty_words())

    def _on_stores(self) -> None:
        self._has_fetched = self._has_fetched or not self._sources.is_loading
        self._show_session_facts()
        self.show_empty_words()

    def _on_items(self, store_id: str) -> None:
        if self.session is not None and self.session.session.store_id == store_id:
            self._show_items()
            self._transcript.refresh_titles()

    def _on_session_changed(self, _session: Session) -> None:
        self._show_session_facts()
        self._show_control()
        self.show_empty_words()

    def _on_turn(self, _turn: Turn) -> None:
        self._show_answer_facts()

    def _on_attempt(self, attempt: Attempt) -> None:
        last = self.session.last_turn if self.session is not None else None
        is_only_growing = attempt.state is AttemptState.STREAMING and attempt.answer.has_text
        if last is not None and attempt.turn_id == last.id and not is_only_growing:
            self._show_answer_facts()

    # -- the open session ------------------------------------------------------------------------

    def _show_session_facts(self) -> None:
        opened = self.session
        header = self._window.header
        header.show_session(opened.session if opened else None)
        # The system adds the application's name.
        self._window.setWindowTitle(opened.session.title if opened else "")
        if opened is None:
            return
        session = opened.session
        header.show_stores(self._sources.stores, session.store_id, self._store_words(session))
        self._window.composer.show_follow_up(bool(opened.turns))
        self.show_chips()
        self._show_items()

    def _store_words(self, session: Session) -> str:
        store = self._sources.store(session.store_id)
        if store is not None and store.item_count is not None:
            return f"{store.name} · {store.item_count} items"
        if session.store_name:
            return session.store_name
        is_fetching = self._sources.is_loading or not self._has_fetched
        return "Fetching stores…" if is_fetching else "No knowledge store"

    def show_chips(self) -> None:
        """Says below the message what the next question will carry."""
        if self.session is not None:
            session = self.session.session
            self._window.composer.show_chips(
                instructions=bool(session.instructions.strip()),
                schema=bool(session.schema_text.strip()),
                steps=session.include_steps,
                web_search=session.web_search,
            )

    def _show_items(self) -> None:
        if self.session is None:
            return
        session = self.session.session
        items = self._sources.items(session.store_id)
        self._inspector.sources.show_items(session.store_name, items)
        if session.store_id and self._sources.store(session.store_id) is not None:
            self._sources.load_items(session.store_id)

    def _show_answer_facts(self) -> None:
        opened = self.session
        if opened is None:
            return
        self._show_control()
        turn = opened.last_turn
        for panel in (self._inspector.instructions, self._inspector.schema):
            panel.show_used(turn)
        shown = turn.shown_attempt if turn else None
        request: dict[str, object] = {}
        if turn and shown:
            request = self._connections.request_body(turn.ask, shown.sent_session_id, shown.recap)
        address = self._connections.address_of(opened.session.connection_id)
        self._inspector.request.show_turn(turn, address, request)

    def _show_control(self) -> None:
        """Send, Stop or Retry."""
        if (opened := self.session) is None:
            return
        turn = opened.last_turn
        attempt = turn.latest_attempt if turn else None
        can_retry = attempt is not None and attempt.state in _RETRIABLE
        self._window.composer.show_state(is_running=opened.running_run is not None, can_retry=can_retry)
        self._recap.refresh()

    def _empty_words(self) -> str:
        if self.session is None:
            return ""
        is_fetching = self._sources.is_loading or not self._has_fetched
        if is_fetching and not self.session.session.store_id:
            return "Fetching the knowledge stores…"
        if name := self.session.session.store_name:
            return f"Ask {name} a question{self._where()}."
        if self._sources.failure is not None:
            return "The knowledge stores could not be fetched. Their menu above tries again."
        return "This account has no knowledge store yet."

    def _where(self) -> str:
        """Which connection the session belongs to, where there are several."""
        if self.session is None or len(self._connections.all) < 2:
            return ""
        found = self._connections.get(self.session.session.connection_id)
        return f" on “{found.name}”" if found is not None else ""
