"""A session's own facts: edited by typing and by choosing, and saved."""

import asyncio
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from trackside.domain.session import Session, writable
from trackside.storage.sessions import SessionStore

_DRAFT_SAVE_S = 0.5


class EditedSession(QObject):
    """`session` is a value: a change makes a new one and is told, but for what is typed key by key."""

    session_changed = Signal(Session)

    def __init__(self, session: Session, store: SessionStore, *, is_kept: bool) -> None:
        """`is_kept`: whether the session stands on the disk already."""
        super().__init__()
        self.session = session
        self._store = store
        self._is_kept = is_kept
        self._untouched = session
        self._unsaved: dict[str, Any] = {}
        self._save_timer: asyncio.TimerHandle | None = None

    @property
    def is_blank(self) -> bool:
        """Whether it is new and nothing of the user's is in it: such a session is not worth keeping."""
        fresh = self._untouched
        like_it = replace(
            self.session,
            store_id=fresh.store_id,
            store_name=fresh.store_name,
            inspector_tab=fresh.inspector_tab,
        )
        return not self._is_kept and like_it == fresh

    @property
    def is_save_due(self) -> bool:
        """Whether something that was typed waits to be saved."""
        return self._save_timer is not None

    # -- what can be changed ---------------------------------------------------------------------

    def set_store(self, store_id: str, name: str) -> None:
        """Asks another store from now on. The service ties a conversation to its store, so its memory of
        this one ends here."""
        if store_id == self.session.store_id:
            return
        if self.session.store_id:
            self._forget_server_session()
        self._replace(store_id=store_id, store_name=name)

    def set_connection(self, connection_id: str) -> None:
        """Belongs to another connection from now on, which has other stores and knows nothing of the
        conversation so far."""
        if connection_id == self.session.connection_id:
            return
        self._forget_server_session()
        moved_turns = self.session.turn_count
        self._replace(connection_id=connection_id, store_id="", store_name="", moved_turns=moved_turns)

    def set_draft(self, text: str) -> None:
        self._edit(draft=text)

    def set_reading_place(self, place: str) -> None:
        """Where its reader is; see `Session.reading_place`."""
        self._edit(reading_place=place)

    def set_inspector_tab(self, number: int) -> None:
        self._edit(inspector_tab=number)

    def set_instructions(self, text: str) -> None:
        self._edit(instructions=text)

    def set_schema(self, text: str) -> None:
        self._edit(schema_text=text)

    def set_include_steps(self, is_on: bool) -> None:
        self._edit(include_steps=is_on)

    def set_web_search(self, is_on: bool) -> None:
        self._edit(web_search=is_on)

    def rename(self, title: str) -> None:
        if title.strip():
            self._replace(title=writable(title).strip(), title_is_own=True)

    def set_facts(self, **facts: Any) -> None:
        """Changes what the list sorts sessions by: pinned, archived, tags, unread."""
        self._replace(**facts)

    def set_recap(self, text: str | None) -> None:
        """The recap as the user wants it; see `Session.recap`."""
        self._edit(recap=text)

    def flush(self) -> None:
        """Saves at once what waits to be saved."""
        if self._save_timer is not None:
            self._save_timer.cancel()
            self._save_timer = None
            self._save()

    # -- inside ----------------------------------------------------------------------------------

    def _forget_server_session(self) -> None:
        if self.session.server_session_id is None:
            return
        self.session = replace(self.session, server_session_id=None)
        self._store.save_server_session(self.session.id, None)

    def _edit(self, **changes: Any) -> None:
        """A change by typing: applied at once, saved a moment after the last key."""
        changes = {name: writable(v) if isinstance(v, str) else v for name, v in changes.items()}
        session = replace(self.session, **changes)
        if session == self.session:
            return
        self.session = session
        self._unsaved |= changes
        if self._save_timer is not None:
            self._save_timer.cancel()
        self._save_timer = asyncio.get_running_loop().call_later(_DRAFT_SAVE_S, self.flush)

    def _replace(self, *, save: bool = True, **changes: Any) -> None:
        if "updated_at" in changes:  # a clock that is put back must not sink it in the list
            changes["updated_at"] = max(changes["updated_at"], self.session.updated_at)
        self.session = replace(self.session, **changes)
        self._unsaved |= changes
        if self._save_timer is not None:
            self._save_timer.cancel()
            self._save_timer = None
        if save:
            self._save()
        self.session_changed.emit(self.session)

    def _save(self) -> None:
        if self.is_blank:
            return
        is_kept, changes = self._is_kept, self._taken_changes()
        if is_kept:
            self._store.update_session(self.session.id, changes)
        else:
            self._store.add_session(self.session)

    def _taken_changes(self) -> dict[str, Any]:
        """What isn't saved yet, for whoever saves it now."""
        self._is_kept = True
        changes, self._unsaved = self._unsaved, {}
        return changes
