"""Joins the window to the chat: which session is open, and what becomes of what is pressed in it."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from trackside.chat.connections import Connections
from trackside.chat.library import SessionLibrary
from trackside.chat.preferences import Preferences
from trackside.chat.search import SessionSearch
from trackside.chat.session import ChatSession
from trackside.chat.sources import Sources
from trackside.chat.tasks import OwnedTasks
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.failure import Failure, FailureAction, FailureKind, TracksideError
from trackside.domain.session import Session
from trackside.domain.turn import Turn
from trackside.ui.composer.limit_line import LimitLine
from trackside.ui.keyring_wait import KeyringWait
from trackside.ui.main_window import MainWindow
from trackside.ui.panels.inspector import Inspector
from trackside.ui.reading_places import ReadingPlaces
from trackside.ui.session_deeds import SessionDeeds
from trackside.ui.session_facts import SessionFacts
from trackside.ui.store_choice import StoreChoice
from trackside.ui.switching import ConnectionSwitching
from trackside.ui.transcript.view import TranscriptView


class Desk(QObject):
    """Opens sessions and does what is wanted of the open one; `facts` shows it."""

    search: SessionSearch
    """Finds words in all sessions; the composition root gives it."""
    all_listed: Callable[[], None] = staticmethod(lambda: None)
    """Called once all sessions have been read after the start."""

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
        self.facts = SessionFacts(window, transcript, inspector, connections, sources, library)
        self.deeds = SessionDeeds(window, library, self.tasks)
        self._places = ReadingPlaces(transcript, inspector)
        self._wanted_id = ""
        """The session that was asked for last, while it is read."""
        self.choice: object = None
        """What was chosen last: whatever is still under way for an earlier choice must not be shown."""
        self._refusal = ""
        transcript.rows.dividers.name_of_store = self._name_of_store
        self._stores = StoreChoice(
            window, inspector, preferences, connections, sources, lambda: self.facts.session
        )
        self.switching = ConnectionSwitching(self, self._stores.move)
        self._limit_line = LimitLine(
            window.composer.limit, runner.limits, self._connection_id, self._has_no_room_to_ask
        )
        self._join_window()
        self._join_chat()

    @property
    def session(self) -> ChatSession | None:
        """The open session."""
        return self.facts.session

    def _connection_id(self) -> str:
        return self.session.session.connection_id if self.session is not None else ""

    def _has_no_room_to_ask(self) -> bool:
        is_running = self.session is not None and self.session.running_run is not None
        return is_running or self.window.composer.is_low

    def _name_of_store(self, store_id: str) -> str:
        store = self.sources.store(store_id)
        return store.name if store is not None else store_id

    @property
    def is_connected_session_open(self) -> bool:
        """Whether a session of the connection in use is open."""
        opened = self.session
        return opened is not None and opened.session.connection_id == self.connections.active_id

    async def open_first(self, *, in_sandbox: bool = False) -> None:
        """What the window shows when it comes up: the last session, a new one, or the two doors."""
        try:
            wanted = self.window.sidebar.chosen_id or self.preferences.settings.session_id
            await self.library.load()
            self.tasks.start(self._load_rest())
            if expected := self.connections.expected_id(in_sandbox=in_sandbox):
                # Shown before the keyring is asked, which may take its user's time.
                self.window.show_chat()
                await self._show_last(wanted, expected)
        finally:
            self.window.sidebar.begin()
        try:
            await self.connections.load(in_sandbox=in_sandbox)
        except TracksideError as error:
            self.window.notices.show_failure(error.failure)
        if not self.connections.active_id:
            self.window.show_first_run()

    async def _load_rest(self) -> None:
        await self.library.load_rest()
        self.all_listed()
        await self.library.trashed.keep_swept()

    async def _show_last(self, session_id: str, connection_id: str) -> None:
        opened = await self.library.open(session_id) if session_id else None
        if self.session is None:
            if opened is None or opened.session.connection_id != connection_id:
                opened = self._made(connection_id)
            self.show(opened)
        self.window.composer.message.setFocus()

    async def aclose(self) -> None:
        await self.tasks.aclose()
        self.show(None)
        self.facts.close()

    # -- sessions --------------------------------------------------------------------------------

    def new_session(self) -> None:
        """An empty session; the one that is open already serves if nothing is in it."""
        if not self.connections.active_id:
            self.window.show_first_run()
            return
        self._wanted_id, self.choice = "", object()
        self.window.show_chat()
        opened = self.session
        if opened is None or not self.is_connected_session_open or not opened.is_blank:
            template = opened.session if opened is not None else None
            self.show(self._made(self.connections.active_id, template))
        self.window.composer.message.setFocus()

    def _made(self, connection_id: str, template: Session | None = None) -> ChatSession:
        include_steps = self.preferences.settings.steps_by_default
        return self.library.create(connection_id, template, include_steps=include_steps)

    def open(self, session_id: str, then: Callable[[ChatSession], None] | None = None) -> None:
        """Shows a session once it is read; `then` is called when it is shown."""
        self._wanted_id, self.choice = session_id, object()
        self.tasks.start(self._open(session_id, then))

    async def _open(self, session_id: str, then: Callable[[ChatSession], None] | None) -> None:
        try:
            opened = await self.library.open(session_id)
            if opened is None:
                raise TracksideError(
                    Failure(FailureKind.STORAGE, "This session is not there any more.", "Choose another one.")
                )
        except TracksideError:
            self.facts.mark_session()
            raise
        if self._wanted_id != session_id:
            return  # something else was chosen while it was read
        self.show(opened)
        if then is not None:
            then(opened)
        await self.switching.follow(opened)

    def show(self, opened: ChatSession | None) -> None:
        """Puts a session on the desk; the one before goes on streaming unseen."""
        before = self.session
        if before is opened:
            return
        self._places.leave()
        if before is not None:
            before.set_shown(False)
            before.flush()
        if opened is not None:
            opened.set_shown(True)
            self.preferences.change(session_id=opened.session.id)
            typed = self.window.composer.message.toPlainText() if before is None else ""
            if typed and not opened.session.draft:
                opened.set_draft(typed)  # there was no session yet to belong to
        self.facts.show(opened)
        self.switching.show_session()
        self._limit_line.refresh()
        self._places.enter(opened)
        self._stores.take_first()

    def show_made(self, opened: ChatSession) -> None:
        """Shows a session that was just made, ready to be asked in."""
        self._wanted_id = ""
        self.show(opened)
        self.window.composer.message.setFocus()

    def leave(self, session_ids: list[str]) -> None:
        """Shows another session if the open one is among those that went."""
        if self._wanted_id in session_ids:
            self._wanted_id = ""
        if self.session is not None and self.session.session.id in session_ids:
            self.show(None)
            connection_id = self.connections.active_id
            rest = (s for s in self.library.sessions if s.connection_id == connection_id and not s.archived)
            if (latest := next(rest, None)) is not None:
                self.open(latest.id)
            else:
                self.new_session()

    # -- asking ----------------------------------------------------------------------------------

    def ask(self, text: str) -> None:
        if self.session is None or self.switching.refuses(self.session):
            return
        self._take_refusal_back()
        try:
            self.session.ask(text)
        except TracksideError as error:
            self._refusal = error.failure.sentence
            self.window.notices.show_failure(error.failure)
            return
        self.window.composer.show_text("")

    def _take_refusal_back(self) -> None:
        """What was said of a question stands until another is written or sent."""
        self.window.notices.take_back(self._refusal)
        self._refusal = ""

    def retry(self) -> None:
        self._retry(None)

    def stop(self) -> None:
        if self.session is not None:
            self.session.stop()

    def act(self, turn: Turn, action: FailureAction) -> None:
        """Does what a failure's button says."""
        match action:
            case FailureAction.RETRY | FailureAction.NEW_SERVER_SESSION:
                self._retry(turn)  # the session knows what the service has forgotten
            case FailureAction.CHOOSE_STORE:
                self.window.header.open_stores()
            case FailureAction.OPEN_CONNECTION | FailureAction.CHOOSE_CA_FILE:
                if self.window.on_action is not None:
                    self.window.on_action(action)

    def _retry(self, turn: Turn | None) -> None:
        if self.session is None or (turn is None and not self._can_retry(self.session)):
            return
        if turn is not None and turn not in self.session.turns:
            return  # of a session that was shown before
        if self.switching.refuses(self.session):
            return
        try:
            self.session.retry(turn)
        except TracksideError as error:
            self.window.notices.show_failure(error.failure)

    def _can_retry(self, opened: ChatSession) -> bool:
        last = opened.last_turn
        attempt = last.latest_attempt if last else None
        is_elsewhere = attempt is not None and attempt.is_running and self.runner.run_of(attempt) is None
        return opened.can_retry and not is_elsewhere

    # -- joining ---------------------------------------------------------------------------------

    def _join_window(self) -> None:
        composer, sidebar = self.window.composer, self.window.sidebar
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
        sidebar.message_wanted.connect(self._go_to_message)
        sidebar.rename_wanted.connect(self.library.rename)
        self.deeds.open_wanted.connect(self.open)
        self.deeds.left.connect(self.leave)
        self.facts.listing.trash_wanted.connect(lambda: self.tasks.start(self.library.trashed.load()))
        self.transcript.action_wanted.connect(self.act)
        self.transcript.copied.connect(self.window.notices.show_news)
        self.transcript.citation_clicked.connect(self.transcript.deeds.copy_citation)
        self.transcript.typed.connect(self._type_on)
        self.transcript.paste_wanted.connect(self._paste_on)
        self.inspector.instructions.edited.connect(self._take_instructions)
        self.inspector.schema.edited.connect(self._take_schema)
        self.inspector.sources.message_wanted.connect(self._go_to_message)

    def _join_chat(self) -> None:
        self.runner.attempt_ended.connect(lambda _: self._limit_line.refresh())
        self.connections.key_problem.connect(self.window.notices.show_failure)
        self.connections.key_problem_solved.connect(
            lambda failure: self.window.notices.take_back(failure.sentence)
        )
        self._keyring_wait = KeyringWait(self.window.notices, self.connections)
        self.preferences.failed.connect(self.window.notices.show_failure)

    # -- what happened ---------------------------------------------------------------------------

    def _take_draft(self, text: str) -> None:
        if self._refusal:
            self._take_refusal_back()
        if self.session is not None:
            self.session.set_draft(text)

    def _take_steps(self, is_on: bool) -> None:
        if self.session is not None:
            self.session.set_include_steps(is_on)

    def _take_web_search(self, is_on: bool) -> None:
        if self.session is not None:
            self.session.set_web_search(is_on)

    def _take_instructions(self, text: str) -> None:
        if self.session is not None:
            self.session.set_instructions(text)
            self.facts.show_chips()

    def _take_schema(self, text: str) -> None:
        if self.session is not None:
            self.session.set_schema(text)
            self.facts.show_chips()

    def _go_to_message(self) -> None:
        self.window.composer.message.setFocus()

    def _type_on(self, text: str) -> None:
        """What was typed while a turn had the focus goes on in the message."""
        self._go_to_message()
        self.window.composer.message.insertPlainText(text)

    def _paste_on(self) -> None:
        self._go_to_message()
        self.window.composer.message.paste()

    def _show_tab(self, number: int) -> None:
        self.window.show_inspector()
        self.inspector.show_tab(number)
