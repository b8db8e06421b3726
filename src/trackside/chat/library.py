"""All sessions: opening one, making one, putting them in order, and the way into the trash."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal

from trackside.chat.listed_sessions import ListedSessions
from trackside.chat.run import AnswerSource
from trackside.chat.session import ChatSession
from trackside.chat.trash import Trash
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.session import Session, SessionState, new_id, now, resting_state, snippet_of, writable
from trackside.domain.turn import Attempt, Turn
from trackside.storage.sessions import SessionStore

_KEPT_OPEN = 8
"""Sessions that stay loaded when nothing runs in them, so that going back to one is instant."""
_SLICE_S = 0.004
_ALL_TURNS = -1
_LISTED_FACTS = ("title", "title_is_own", "pinned", "archived", "unread", "tags")
"""What the list changes of a session that isn't open."""

Facts = Mapping[str, Any]


class SessionLibrary(ListedSessions):
    """Sessions by id, the latest first. An opened one stays loaded, since it may stream unseen."""

    answer_ended = Signal(Session, Attempt)
    """Of any session, in whatever way."""

    def __init__(
        self,
        store: SessionStore,
        runner: TurnRunner,
        client_of: Callable[[str], Awaitable[AnswerSource]],
    ) -> None:
        super().__init__(store)
        self._runner = runner
        self._client_of = client_of
        self._open: dict[str, ChatSession] = {}
        self.trashed = Trash(store, self._forget)

    def is_shown(self, session_ids: Sequence[str]) -> bool:
        """Whether the user is looking at one of these."""
        return any((opened := self._open.get(id_)) is not None and opened.is_shown for id_ in session_ids)

    def is_running(self, session_id: str) -> bool:
        """Whether an answer is under way in it here."""
        opened = self._open.get(session_id)
        return opened is not None and opened.running_run is not None

    def state_of(self, session: Session) -> SessionState:
        opened = self._open.get(session.id)
        return opened.state if opened else resting_state(session)

    # -- reading ---------------------------------------------------------------------------------

    async def open(self, session_id: str) -> ChatSession | None:
        """The session with its turns; None when it isn't there any more, or is in the trash."""
        if session_id not in self._open:
            listed = self._order.get(session_id)
            detail = await self._store.session(session_id)
            if session_id not in self._open:
                now_listed = self._order.get(session_id)
                if detail is None or (listed is not None and now_listed is None):
                    return None
                if now_listed is None and detail.session.trashed_at is not None:
                    return None
                session = _caught_up(detail.session, listed, now_listed)
                self._adopt(session, list(detail.turns))
                if now_listed is None:  # its page has not come yet
                    self._enlist(session)
                    self.session_added.emit(session)
        return self._open[session_id]

    async def reread(self, session_ids: Iterable[str]) -> None:
        """Takes over what has been written to sessions past them, as by an import. One in which something
        runs goes on as it is; the rest of it comes when it is opened the next time."""
        for session_id in session_ids:
            opened = self._open.get(session_id)
            if opened is not None and opened.running_run is None:
                opened.flush()
                opened.session_changed.disconnect(self._on_changed)
                del self._open[session_id]
            facts = await self._store.facts(session_id)
            if facts is not None and facts.trashed_at is None:
                self._on_changed(facts)

    # -- making ----------------------------------------------------------------------------------

    def create(
        self,
        connection_id: str,
        template: Session | None = None,
        *,
        server_session_id: str | None = None,
        include_steps: bool = False,
    ) -> ChatSession:
        """A new session; the store, instructions and schema of `template` go along. `server_session_id`
        makes it go on in a conversation that the service has already; without a template of the same
        connection, `include_steps` says whether it asks for the steps taken.

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
        elif include_steps:
            session = replace(session, include_steps=True)
        opened = self._adopt(session, [], is_kept=False)
        self.add(session)
        return opened

    async def duplicate(self, session_id: str) -> Session | None:
        """A copy with all turns, in no conversation of the service's yet; None if there is none to copy."""
        if opened := self._open.get(session_id):
            opened.flush()
        source = await self._store.facts(session_id)
        if source is None:
            return None
        copy = _copy_of(source, "copy", source.turn_count)
        await self._store.branch(session_id, copy, _ALL_TURNS)
        self.add(copy)
        return copy

    async def branch(self, session_id: str, turn_count: int, **changes: Any) -> ChatSession | None:
        """A new session, opened, that begins with so many first turns of another, which stays as it is; None
        if that isn't there any more. `changes` are facts in which it differs, such as its draft."""
        source = await self.open(session_id)
        if source is None:
            return None
        source.flush()
        last = source.turns[turn_count - 1].shown_attempt if turn_count else None
        changes = {"draft": "", "snippet": snippet_of(last.answer.text) if last else "", **changes}
        branch = replace(_copy_of(source.session, "branch", turn_count), turn_count=turn_count, **changes)
        detail = await self._store.branch(session_id, branch, turn_count)
        if detail is None:
            return None
        opened = self._adopt(detail.session, list(detail.turns))
        self.add(detail.session)
        return opened

    # -- the trash -------------------------------------------------------------------------------

    def trash(self, session_ids: Sequence[str]) -> None:
        """Takes sessions out of the list until they are restored; what runs in them is stopped and kept."""
        gone = []
        for session_id in session_ids:
            session = self._order.get(session_id)
            if session is None:
                continue
            if opened := self._open.get(session_id):
                opened.stop()
                opened.flush()
                session = opened.session
            gone.append(session)
            self._delist(session)
            self._removed.add(session_id)
        self.trashed.put(gone)
        for session in gone:
            self.session_removed.emit(session)

    def restore(self, session_ids: Sequence[str]) -> list[Session]:
        """Brings sessions back; returns those that were still there."""
        restored = []
        for session in self.trashed.take(session_ids):
            opened = self._open.get(session.id)
            # What ended on its way into the trash is known there.
            restored.append(opened.session if opened else session)
            self.add(restored[-1])
        return restored

    def _forget(self, session_id: str) -> None:
        """Of a session that is deleted for good nothing is kept."""
        if opened := self._open.pop(session_id, None):
            opened.session_changed.disconnect(self._on_changed)

    # -- putting in order ------------------------------------------------------------------------

    def rename(self, session_id: str, title: str) -> None:
        """Renames a session whether or not it is open."""
        if opened := self._open.get(session_id):
            opened.rename(title)
        elif title.strip():
            self._change([session_id], lambda _: {"title": writable(title).strip(), "title_is_own": True})

    async def change(self, session_ids: Sequence[str], facts_of: Callable[[Session], Facts]) -> None:
        """Changes facts of sessions whether or not they are open; thousands of them in slices that leave
        the window alone."""
        waiting = list(session_ids)
        while waiting:
            end_s = time.perf_counter() + _SLICE_S
            while waiting and time.perf_counter() < end_s:
                self._change(waiting[:10], facts_of)
                del waiting[:10]
            await asyncio.sleep(0)

    def _change(self, session_ids: Sequence[str], facts_of: Callable[[Session], Facts]) -> None:
        to_save: dict[str, Facts] = {}
        for session_id in session_ids:
            session = self._order.get(session_id)
            if session is None:
                continue
            facts = {k: v for k, v in facts_of(session).items() if getattr(session, k) != v}
            if not facts:
                continue
            if opened := self._open.get(session_id):
                opened.set_facts(**facts)
            else:
                to_save[session_id] = facts
                self._on_changed(replace(session, **facts))
        if to_save:
            self._store.update_sessions(to_save)

    def refresh(self, session_id: str) -> None:
        """Lists a session as it is by now: what is typed into it is not told key by key."""
        opened = self._open.get(session_id)
        if (session := opened.session if opened else self._order.get(session_id)) is not None:
            self._on_changed(session)

    def flush(self) -> None:
        for opened in self._open.values():
            opened.flush()

    # -- inside ----------------------------------------------------------------------------------

    def forget_all(self) -> None:
        """Lets go of all sessions, listed and opened ones: the database holds others from now on, which
        `load` reads. Nothing may run or be shown of them, or be unsaved."""
        for opened in self._open.values():
            opened.session_changed.disconnect(self._on_changed)
        self._open.clear()
        self._forget_list()
        self.trashed.forget_all()

    def _adopt(self, session: Session, turns: list[Turn], *, is_kept: bool = True) -> ChatSession:
        self._put_away()
        opened = ChatSession(session, turns, self._store, self._runner, self._client_of, is_kept=is_kept)
        opened.session_changed.connect(self._on_changed)
        opened.answer_ended.connect(self.answer_ended)
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
        if session.id in self._order:
            self._delist(session)
            self._enlist(session)
            self.session_changed.emit(session)
        else:
            self.trashed.catch_up(session)


def _copy_of(source: Session, what: str, turn_count: int) -> Session:
    """A session like another, with its first turns. The service knows nothing of it."""
    created = now()
    return replace(
        source,
        id=new_id(),
        created_at=created,
        updated_at=created,
        title=f"{source.shown_title} ({what})",
        title_is_own=True,
        server_session_id=None,
        pinned=False,
        unread=False,
        failed=False,
        archived=False,
        trashed_at=None,
        recap=None,
        branched_from=source.shown_title,
        branched_turns=turn_count,
        moved_turns=min(source.moved_turns, turn_count),
        reading_place="",
    )


def _caught_up(read: Session, before: Session | None, after: Session | None) -> Session:
    """What was read, with what has been changed while it was read."""
    if before is None or after is None or before is after:
        return read
    changes = {
        name: getattr(after, name) for name in _LISTED_FACTS if getattr(after, name) != getattr(before, name)
    }
    return replace(read, **changes)
