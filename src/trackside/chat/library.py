"""All sessions: the list, opening one, making one, and the trash."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from trackside.chat.session import ChatSession, state_of
from trackside.chat.turn_runner import AnswerSource, TurnRunner
from trackside.domain.session import Session, SessionState, new_id, now
from trackside.domain.turn import Turn
from trackside.storage.sessions import SessionStore


class SessionLibrary(QObject):
    """Sessions by id, the latest first. An opened one stays loaded, since it may stream unseen."""

    loaded = Signal()
    session_added = Signal(Session)
    session_changed = Signal(Session)
    session_removed = Signal(Session)

    def __init__(
        self,
        store: SessionStore,
        runner: TurnRunner,
        client_of: Callable[[str], Awaitable[AnswerSource]],
    ) -> None:
        super().__init__()
        self._store = store
        self._runner = runner
        self._client_of = client_of
        self._sessions: dict[str, Session] = {}
        self._open: dict[str, ChatSession] = {}

    @property
    def sessions(self) -> list[Session]:
        """Pinned ones and all others alike, the latest first."""
        return sorted(self._sessions.values(), key=lambda s: (s.updated_at, s.id), reverse=True)

    def state_of(self, session: Session) -> SessionState:
        opened = self._open.get(session.id)
        return opened.state if opened else state_of(session)

    async def load(self) -> None:
        """Reads the list. Sessions made meanwhile stay."""
        self._sessions = {s.id: s for s in await self._store.sessions()} | self._sessions
        self.loaded.emit()

    async def open(self, session_id: str) -> ChatSession | None:
        """The session with its turns; None when it isn't there any more."""
        if session_id not in self._open:
            detail = await self._store.session(session_id)
            if session_id not in self._open:
                if detail is None:
                    return None
                self._adopt(detail.session, list(detail.turns))
        return self._open[session_id]

    def create(self, connection_id: str, template: Session | None = None) -> ChatSession:
        """A new session; the store, instructions and schema of `template` go along.

        It reaches the disk with the first thing that is typed into it.
        """
        created = now()
        session = Session(new_id(), connection_id, created, created)
        if template is not None and template.connection_id == connection_id:
            session = replace(
                session,
                store_id=template.store_id,
                store_name=template.store_name,
                instructions=template.instructions,
                schema_text=template.schema_text,
                include_steps=template.include_steps,
            )
        self._sessions[session.id] = session
        opened = self._adopt(session, [])
        self.session_added.emit(session)
        return opened

    def trash(self, session: Session) -> None:
        """Takes a session out of the list; `restore` brings it back."""
        if opened := self._open.get(session.id):
            opened.stop()
            opened.flush()
        self._store.trash_session(session.id)
        if self._sessions.pop(session.id, None):
            self.session_removed.emit(session)

    def restore(self, session: Session) -> None:
        if opened := self._open.get(session.id):
            session = opened.session  # what ended on its way into the trash is known there
        self._store.trash_session(session.id, is_trashed=False)
        self._sessions[session.id] = session
        self.session_added.emit(session)

    def rename(self, session_id: str, title: str) -> None:
        """Renames a session whether or not it is open."""
        if opened := self._open.get(session_id):
            opened.rename(title)
        elif session := self._sessions.get(session_id):
            self._keep(replace(session, title=title.strip(), title_is_own=True))

    def set_pinned(self, session_id: str, is_pinned: bool) -> None:
        if opened := self._open.get(session_id):
            opened.set_pinned(is_pinned)
        elif session := self._sessions.get(session_id):
            self._keep(replace(session, pinned=is_pinned))

    def _keep(self, session: Session) -> None:
        self._store.save_session(session)
        self._on_changed(session)

    def flush(self) -> None:
        for opened in self._open.values():
            opened.flush()

    def _adopt(self, session: Session, turns: list[Turn]) -> ChatSession:
        opened = ChatSession(session, turns, self._store, self._runner, self._client_of)
        opened.session_changed.connect(self._on_changed)
        self._open[session.id] = opened
        return opened

    def _on_changed(self, session: Session) -> None:
        if session.id in self._sessions:
            self._sessions[session.id] = session
            self.session_changed.emit(session)
