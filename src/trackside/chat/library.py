"""All sessions: the list, opening one, making one, and the trash."""

from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from trackside.chat.run import AnswerSource
from trackside.chat.session import ChatSession
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.session import Session, SessionState, new_id, now, resting_state, writable
from trackside.domain.turn import Turn
from trackside.storage.sessions import SessionStore

_KEPT_OPEN = 8
"""Sessions that stay loaded when nothing runs in them, so that going back to one is instant."""


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
        return opened.state if opened else resting_state(session)

    async def load(self) -> None:
        """Reads the list. Sessions made meanwhile stay."""
        self._sessions = {s.id: s for s in await self._store.sessions()} | self._sessions
        self.loaded.emit()

    async def open(self, session_id: str) -> ChatSession | None:
        """The session with its turns; None when it isn't there any more."""
        if session_id not in self._open:
            listed = self._sessions.get(session_id)
            detail = await self._store.session(session_id)
            if session_id not in self._open:
                now_listed = self._sessions.get(session_id)
                if detail is None or (listed is not None and now_listed is None):
                    return None
                self._adopt(_caught_up(detail.session, listed, now_listed), list(detail.turns))
        return self._open[session_id]

    def create(
        self,
        connection_id: str,
        template: Session | None = None,
        *,
        server_session_id: str | None = None,
    ) -> ChatSession:
        """A new session; the store, instructions and schema of `template` go along. `server_session_id`
        makes it go on in a conversation that the service has already.

        It reaches the disk with the first thing that is typed into it.
        """
        created = now()
        session = Session(new_id(), connection_id, created, created, server_session_id=server_session_id)
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
        opened = self._adopt(session, [], is_kept=False)
        self.session_added.emit(session)
        return opened

    def trash(self, session: Session) -> None:
        """Takes a session out of the list; `restore` brings it back."""
        if opened := self._open.get(session.id):
            opened.stop()
            opened.flush()
        self._store.trash_sessions([session.id])
        if self._sessions.pop(session.id, None):
            self.session_removed.emit(session)

    def restore(self, session: Session) -> None:
        if opened := self._open.get(session.id):
            session = opened.session  # what ended on its way into the trash is known there
        self._store.trash_sessions([session.id], is_trashed=False)
        self._sessions[session.id] = session
        self.session_added.emit(session)

    def rename(self, session_id: str, title: str) -> None:
        """Renames a session whether or not it is open."""
        if opened := self._open.get(session_id):
            opened.rename(title)
        elif (session := self._sessions.get(session_id)) and title.strip():
            self._change(session, title=writable(title).strip(), title_is_own=True)

    def set_pinned(self, session_id: str, is_pinned: bool) -> None:
        if opened := self._open.get(session_id):
            opened.set_pinned(is_pinned)
        elif session := self._sessions.get(session_id):
            self._change(session, pinned=is_pinned)

    def _change(self, session: Session, **changes: Any) -> None:
        self._store.update_session(session.id, changes)
        self._on_changed(replace(session, **changes))

    def flush(self) -> None:
        for opened in self._open.values():
            opened.flush()

    def _adopt(self, session: Session, turns: list[Turn], *, is_kept: bool = True) -> ChatSession:
        self._put_away()
        opened = ChatSession(session, turns, self._store, self._runner, self._client_of, is_kept=is_kept)
        opened.session_changed.connect(self._on_changed)
        self._open[session.id] = opened
        return opened

    def _put_away(self) -> None:
        """Lets go of sessions that were opened long ago and in which nothing is left to do."""
        spare = len(self._open) - _KEPT_OPEN
        for session_id, opened in list(self._open.items()):
            if spare <= 0:
                return
            if opened.is_idle and not opened.is_blank:
                opened.session_changed.disconnect(self._on_changed)
                del self._open[session_id]
                spare -= 1

    def _on_changed(self, session: Session) -> None:
        if session.id in self._sessions:
            self._sessions[session.id] = session
            self.session_changed.emit(session)


def _caught_up(read: Session, before: Session | None, after: Session | None) -> Session:
    """What was read, with what has been changed while it was read."""
    if before is None or after is None or before is after:
        return read
    changes = {
        f.name: getattr(after, f.name)
        for f in fields(Session)
        if getattr(after, f.name) != getattr(before, f.name)
    }
    return replace(read, **changes)
