"""Does to sessions what the sidebar asks for, one or many, and offers to take it back."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox

from trackside.chat.library import Facts, SessionLibrary
from trackside.chat.tasks import OwnedTasks
from trackside.domain.session import Session
from trackside.domain.tags import retagged
from trackside.ui.main_window import MainWindow
from trackside.ui.sidebar.deeds import SessionDeed
from trackside.ui.sidebar.views import ALL_SESSIONS
from trackside.ui.theme import repolish

_AT_ONCE = 20
"""Sessions that go into the trash, or come back, before the window gets its turn again."""


class SessionDeeds(QObject):
    """`open_wanted` and `left` are for whoever shows sessions."""

    open_wanted = Signal(str)
    left = Signal(list)
    """The ids of sessions that went into the trash."""

    def __init__(self, window: MainWindow, library: SessionLibrary, tasks: OwnedTasks) -> None:
        super().__init__(window)
        self._window = window
        self._library = library
        self._tasks = tasks
        window.sidebar.deed_wanted.connect(self.do)
        window.sidebar.empty_trash_wanted.connect(self._ask_to_empty)

    def do(self, deed: SessionDeed, sessions: list[Session]) -> None:
        """Begins to do it; thousands of sessions take a moment, in which the window goes on."""
        ids = [session.id for session in sessions]
        match deed:
            case SessionDeed.PIN | SessionDeed.UNPIN:
                self._change(ids, {"pinned": deed is SessionDeed.PIN})
            case SessionDeed.MARK_UNREAD | SessionDeed.MARK_READ:
                self._change(ids, {"unread": deed is SessionDeed.MARK_UNREAD})
            case SessionDeed.ARCHIVE:
                self._change(ids, {"archived": True})
                told = f"{_named(sessions)} archived."
                self._offer(told, "Undo", lambda: self._change(ids, {"archived": False}))
            case SessionDeed.UNARCHIVE:
                self._change(ids, {"archived": False})
            case SessionDeed.TAG:
                self._ask_for_tags(sessions)
            case SessionDeed.DUPLICATE:
                self._start(self._duplicate(ids))
            case SessionDeed.TRASH:
                self._start(self._trash(sessions))
            case SessionDeed.RESTORE:
                self._start(self._restore_from_trash(sessions))
            case SessionDeed.DELETE:
                self._ask_to_delete(sessions)
            case SessionDeed.OPEN:
                self._start(self._restore(ids, opens=True))
            case SessionDeed.RENAME | SessionDeed.EXPORT:
                raise ValueError(f"{deed} is done elsewhere")

    # -- one by one ------------------------------------------------------------------------------

    def _change(self, session_ids: list[str], facts: Facts) -> None:
        self._start(self._library.change(session_ids, lambda _: facts))

    async def _duplicate(self, session_ids: list[str]) -> None:
        copies = [await self._library.duplicate(session_id) for session_id in session_ids]
        made = [copy for copy in copies if copy is not None]
        if len(made) == 1:
            self.open_wanted.emit(made[0].id)
        elif made:
            self._window.notices.show_news(f"{len(made):,} sessions duplicated.")

    async def _trash(self, sessions: list[Session]) -> None:
        ids = [session.id for session in sessions]
        was_shown = self._library.is_shown(ids)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            self._library.trash(some)
            self.left.emit(some)
            await asyncio.sleep(0)
        opens = len(ids) == 1 or was_shown
        self._offer(f"{_named(sessions)} in the trash.", "Undo", lambda: self._undo(ids, opens=opens))

    def offer_undo(self, text: str, session_ids: list[str]) -> None:
        """Tells that sessions went into the trash by themselves, with the way back for a while."""
        self._offer(text, "Undo", lambda: self._undo(session_ids, opens=False))

    def _undo(self, session_ids: list[str], *, opens: bool) -> None:
        self._start(self._restore(session_ids, opens=opens))

    async def _restore(self, session_ids: list[str], *, opens: bool) -> list[Session]:
        restored = []
        for start in range(0, len(session_ids), _AT_ONCE):
            restored += self._library.restore(session_ids[start : start + _AT_ONCE])
            await asyncio.sleep(0)
        if restored and opens:
            self._window.sidebar.view_wanted.emit(ALL_SESSIONS)
            self.open_wanted.emit(restored[0].id)
        return restored

    async def _restore_from_trash(self, sessions: list[Session]) -> None:
        restored = await self._restore([session.id for session in sessions], opens=False)
        if len(restored) == 1:
            session_id = restored[0].id
            self._offer(f"{_named(restored)} restored.", "Open", lambda: self.open_wanted.emit(session_id))
        elif restored:
            self._window.notices.show_news(f"{_named(restored)} restored.")

    # -- asking first ----------------------------------------------------------------------------

    def _ask_for_tags(self, sessions: list[Session]) -> None:
        from trackside.ui.sidebar.tags import TagsDialog  # few runs open it

        ids = [session.id for session in sessions]
        dialog = TagsDialog(self._window.sidebar.theme, sessions, self._library.tags, self._window)

        def retag(added: set[str], removed: set[str]) -> None:
            self._start(
                self._library.change(ids, lambda s: {"tags": retagged(s.tags, added, removed)}),
            )

        dialog.decided.connect(retag)
        dialog.open()

    def _ask_to_delete(self, sessions: list[Session]) -> None:
        ids = [session.id for session in sessions]
        named = f"“{sessions[0].shown_title}”" if len(ids) == 1 else f"{len(ids):,} sessions"
        self._ask(f"Delete {named} for good?", lambda: self._start(self._library.trashed.delete(ids)))

    def _ask_to_empty(self) -> None:
        count = self._window.sidebar.rows.session_count
        which = "the session" if count == 1 else f"all {count:,} sessions"
        self._ask(
            f"Delete {which} in the trash for good?", lambda: self._start(self._library.trashed.empty())
        )

    def _ask(self, words: str, slot: Callable[[], None]) -> None:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(words)
        box.setInformativeText("This can’t be taken back.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        delete.setProperty("kind", "danger")
        delete.clicked.connect(lambda: slot())
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        repolish(delete)
        box.setDefaultButton(cancel)
        box.setEscapeButton(cancel)
        box.open()

    # -- inside ----------------------------------------------------------------------------------

    def _offer(self, text: str, words: str, slot: Callable[[], None]) -> None:
        self._window.notices.show_choice(text, words, slot)

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        self._tasks.start(work)


def _named(sessions: list[Session]) -> str:
    """Who, with the verb that goes with it."""
    return f"“{sessions[0].shown_title}” is" if len(sessions) == 1 else f"{len(sessions):,} sessions are"
