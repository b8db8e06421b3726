"""Joins the window to the chat: what was pressed goes down, what happened comes up."""

from PySide6.QtCore import QObject

from trackside.chat.connections import Connections
from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.session import ChatSession
from trackside.chat.sources import Sources
from trackside.chat.tasks import OwnedTasks
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import Failure, FailureAction, FailureKind, TracksideError
from trackside.domain.session import Session, SessionState
from trackside.domain.source import KnowledgeStore
from trackside.domain.turn import Attempt, AttemptState, Turn
from trackside.ui.main_window import MainWindow
from trackside.ui.panels.inspector import Inspector
from trackside.ui.transcript.view import TranscriptView

_RETRIABLE = (AttemptState.STOPPED, AttemptState.FAILED, AttemptState.INTERRUPTED, AttemptState.INCOMPLETE)


class Desk(QObject):
    """The open session and everything on the screen that belongs to it."""

    def __init__(
        self,
        window: MainWindow,
        transcript: TranscriptView,
        inspector: Inspector,
        preferences: Preferences,
        connections: Connections,
        sources: Sources,
        library: SessionLibrary,
        runner: TurnRunner,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.transcript = transcript
        self.inspector = inspector
        self.preferences = preferences
        self.connections = connections
        self.sources = sources
        self.library = library
        self.runner = runner
        self.tasks = OwnedTasks(window.notices.show_failure)
        self.session: ChatSession | None = None
        self._join_window()
        self._join_chat()

    async def open_first(self, *, in_sandbox: bool = False) -> None:
        """What the window shows when it comes up: the last session, a new one, or the two doors."""
        wanted = self.preferences.settings.session_id
        await self.library.load()
        try:
            await self.connections.load(in_sandbox=in_sandbox)
        except TracksideError as error:
            self.window.notices.show_failure(error.failure)
        if not self.connections.active_id:
            self.window.show_first_run()
            return
        self.window.show_chat()
        opened = await self.library.open(wanted) if wanted else None
        if opened is not None and opened.session.connection_id == self.connections.active_id:
            self.show(opened)
        else:
            self.new_session()
        self.sources.refresh()
        self.window.composer.message.setFocus()

    async def aclose(self) -> None:
        await self.tasks.aclose()
        self.show(None)

    # -- sessions --------------------------------------------------------------------------------

    def new_session(self) -> None:
        """An empty session; the one that is open already serves if nothing is in it."""
        if not self.connections.active_id:
            self.window.show_first_run()
            return
        opened = self.session
        is_ours = opened is not None and opened.session.connection_id == self.connections.active_id
        if opened is None or not is_ours or not opened.is_blank:
            template = opened.session if opened is not None else None
            self.show(self.library.create(self.connections.active_id, template))
        self.window.composer.message.setFocus()

    def open(self, session_id: str) -> None:
        self.tasks.start(self._open(session_id))

    async def _open(self, session_id: str) -> None:
        opened = await self.library.open(session_id)
        if opened is None:
            raise TracksideError(
                Failure(FailureKind.STORAGE, "This session is not there any more.", "Choose another one.")
            )
        self.show(opened)
        if opened.session.connection_id != self.connections.active_id:
            await self.connections.use(opened.session.connection_id)

    def show(self, opened: ChatSession | None) -> None:
        """Puts a session on the desk; the one before goes on streaming unseen."""
        before = self.session
        if before is opened:
            return
        if before is not None:
            before.session_changed.disconnect(self._on_session_changed)
            before.attempt_changed.disconnect(self._on_attempt)
            before.attempt_ended.disconnect(self._on_attempt)
            before.turn_added.disconnect(self._on_turn)
            before.attempt_added.disconnect(self._on_turn)
            before.set_shown(False)
            before.flush()
        self.session = opened
        self.transcript.show_session(opened, self._empty_words())
        if opened is None:
            return
        opened.session_changed.connect(self._on_session_changed)
        opened.attempt_changed.connect(self._on_attempt)
        opened.attempt_ended.connect(self._on_attempt)
        opened.turn_added.connect(self._on_turn)
        opened.attempt_added.connect(self._on_turn)
        opened.set_shown(True)
        self.preferences.change(session_id=opened.session.id)
        self.window.composer.show_text(opened.session.draft)
        self.inspector.instructions.show_text(opened.session.instructions)
        self.inspector.schema.show_text(opened.session.schema_text)
        self.window.sidebar.show_current(opened.session.id)
        self._take_first_store()
        self._show_session_facts()
        self._show_answer_facts()

    def trash(self, session: Session) -> None:
        self.library.trash(session)
        if self.session is not None and self.session.session.id == session.id:
            self.show(None)
            rest = [s for s in self.library.sessions if s.connection_id == self.connections.active_id]
            if rest:
                self.open(rest[0].id)
            else:
                self.new_session()
        self.window.notices.show_choice(
            f"“{session.shown_title}” is in the trash.", "Undo", lambda: self.restore(session)
        )

    def restore(self, session: Session) -> None:
        self.library.restore(session)
        self.open(session.id)

    # -- asking ----------------------------------------------------------------------------------

    def ask(self, text: str) -> None:
        if self.session is None:
            return
        try:
            self.session.ask(text)
        except TracksideError as error:
            self.window.notices.show_failure(error.failure)
            return
        self.window.composer.show_text("")

    def retry(self) -> None:
        self._retry(None)

    def stop(self) -> None:
        if self.session is not None:
            self.session.stop()

    def act(self, turn: Turn, action: FailureAction) -> None:
        """Does what a failure's button says."""
        match action:
            case FailureAction.RETRY:
                self._retry(turn)
            case FailureAction.NEW_SERVER_SESSION:
                self._retry(turn, in_new_server_session=True)
            case FailureAction.CHOOSE_STORE:
                self.window.header.store.showMenu()
            case FailureAction.OPEN_CONNECTION:
                if self.window.on_action is not None:
                    self.window.on_action(action)

    def _retry(self, turn: Turn | None, *, in_new_server_session: bool = False) -> None:
        if self.session is None or (turn is None and not self.session.can_retry):
            return
        try:
            self.session.retry(turn, in_new_server_session=in_new_server_session)
        except TracksideError as error:
            self.window.notices.show_failure(error.failure)

    # -- joining ---------------------------------------------------------------------------------

    def _join_window(self) -> None:
        composer, sidebar, header = self.window.composer, self.window.sidebar, self.window.header
        composer.send_wanted.connect(self.ask)
        composer.stop_wanted.connect(self.stop)
        composer.retry_wanted.connect(self.retry)
        composer.draft_changed.connect(self._take_draft)
        composer.steps_toggled.connect(self._take_steps)
        composer.web_search_toggled.connect(self._take_web_search)
        composer.instructions_wanted.connect(lambda: self._show_tab(0))
        composer.schema_wanted.connect(lambda: self._show_tab(1))
        sidebar.new_wanted.connect(self.new_session)
        sidebar.session_chosen.connect(self.open)
        sidebar.rename_wanted.connect(self.library.rename)
        sidebar.pin_wanted.connect(lambda s: self.library.set_pinned(s.id, not s.pinned))
        sidebar.trash_wanted.connect(self.trash)
        header.store_chosen.connect(self._choose_store)
        self.transcript.action_wanted.connect(self.act)
        self.transcript.copied.connect(self.window.notices.show_news)
        self.inspector.instructions.edited.connect(self._take_instructions)
        self.inspector.schema.edited.connect(self._take_schema)
        self.inspector.sources.reload_wanted.connect(self._reload_items)

    def _join_chat(self) -> None:
        self.library.loaded.connect(self._show_sessions)
        self.library.session_added.connect(self._show_sessions)
        self.library.session_changed.connect(self._show_sessions)
        self.library.session_removed.connect(self._show_sessions)
        self.sources.stores_changed.connect(self._on_stores)
        self.sources.items_changed.connect(self._on_items)
        self.sources.failed.connect(self.window.notices.show_failure)
        self.connections.changed.connect(self._on_connection)
        self.connections.key_problem.connect(self.window.notices.show_failure)
        self.preferences.failed.connect(self.window.notices.show_failure)

    # -- what happened ---------------------------------------------------------------------------

    def _on_connection(self) -> None:
        self.window.sidebar.show_connection(self.connections.describe())
        self.window.banner.setVisible(self.connections.is_sandbox)
        self.sources.refresh()

    def _on_stores(self) -> None:
        self._take_first_store()
        self._show_session_facts()
        self.transcript.set_empty_words(self._empty_words())

    def _on_items(self, store_id: str) -> None:
        if self.session is not None and self.session.session.store_id == store_id:
            self._show_items()
            self.transcript.refresh_titles()

    def _on_session_changed(self, _session: Session) -> None:
        self._show_session_facts()

    def _on_turn(self, _turn: Turn) -> None:
        self._show_answer_facts()

    def _on_attempt(self, attempt: Attempt) -> None:
        last = self.session.last_turn if self.session is not None else None
        is_only_growing = attempt.state is AttemptState.STREAMING and attempt.answer.has_text
        if last is not None and attempt.turn_id == last.id and not is_only_growing:
            self._show_answer_facts()

    def _choose_store(self, store: KnowledgeStore) -> None:
        if self.session is None:
            return
        had_memory = self.session.session.server_session_id is not None
        self.session.set_store(store.id, store.name)
        if had_memory:
            self.window.notices.show_news(
                f"Asking {store.name} from now on. The service starts a new conversation for it."
            )

    def _take_first_store(self) -> None:
        """A session without a store gets the connection's first one."""
        opened = self.session
        stores = self.sources.stores
        if opened is None or not stores or opened.session.store_id:
            return
        if opened.session.connection_id == self.connections.active_id:
            opened.set_store(stores[0].id, stores[0].name)

    def _take_draft(self, text: str) -> None:
        if self.session is not None:
            self.session.set_draft(text)

    def _take_steps(self, is_on: bool) -> None:
        if self.session is not None:
            self.session.set_include_steps(is_on)

    def _take_web_search(self, is_on: bool) -> None:
        if self.session is not None:
            self.session.set_web_search(is_on)

    def _reload_items(self) -> None:
        if self.session is not None:
            self.sources.reload_items(self.session.session.store_id)

    def _take_instructions(self, text: str) -> None:
        if self.session is not None:
            self.session.set_instructions(text)
            self._show_chips()

    def _take_schema(self, text: str) -> None:
        if self.session is not None:
            self.session.set_schema(text)
            self._show_chips()

    def _show_tab(self, number: int) -> None:
        self.window.show_inspector()
        self.inspector.show_tab(number)

    # -- showing ---------------------------------------------------------------------------------

    def _show_sessions(self, *_: object) -> None:
        sessions = [
            s for s in self.library.sessions if s.turn_count or s.title or s.snippet or self._is_open(s)
        ]
        states: dict[str, SessionState] = {s.id: self.library.state_of(s) for s in sessions}
        self.window.sidebar.show_sessions(sessions, states)

    def _is_open(self, session: Session) -> bool:
        return self.session is not None and self.session.session.id == session.id

    def _show_session_facts(self) -> None:
        opened = self.session
        header = self.window.header
        header.show_session(opened.session if opened else None)
        if opened is None:
            return
        session = opened.session
        store = self.sources.store(session.store_id)
        if store is not None and store.item_count is not None:
            words = f"{store.name} · {store.item_count} items"
        elif session.store_name:
            words = session.store_name
        else:
            words = "Fetching stores…" if self.sources.is_loading else "No knowledge store"
        header.show_stores(self.sources.stores, session.store_id, words)
        self.window.composer.show_follow_up(bool(opened.turns))
        self._show_chips()
        self._show_items()

    def _show_chips(self) -> None:
        if self.session is not None:
            session = self.session.session
            self.window.composer.show_chips(
                instructions=bool(session.instructions.strip()),
                schema=bool(session.schema_text.strip()),
                steps=session.include_steps,
                web_search=session.web_search,
            )

    def _show_items(self) -> None:
        if self.session is None:
            return
        session = self.session.session
        items = self.sources.items(session.store_id)
        self.inspector.sources.show_items(session.store_name, items)
        if session.store_id and self.sources.store(session.store_id) is not None:
            self.sources.load_items(session.store_id)

    def _show_answer_facts(self) -> None:
        opened = self.session
        if opened is None:
            return
        turn = opened.last_turn
        attempt = turn.latest_attempt if turn else None
        can_retry = attempt is not None and attempt.state in _RETRIABLE
        self.window.composer.show_state(is_running=opened.running_run is not None, can_retry=can_retry)
        for panel in (self.inspector.instructions, self.inspector.schema):
            panel.show_used(turn)
        shown = turn.shown_attempt if turn else None
        request = self.connections.request_body(turn.ask, shown.sent_session_id) if turn and shown else {}
        self.inspector.request.show_turn(turn, self.connections.base_url, request)

    def _empty_words(self) -> str:
        if self.session is None:
            return ""
        if self.sources.is_loading and not self.session.session.store_id:
            return "Fetching the knowledge stores…"
        if name := self.session.session.store_name:
            return f"Ask {name} a question."
        if self.sources.failure is not None:
            return "The knowledge stores could not be fetched."
        return "This account has no knowledge store yet."
