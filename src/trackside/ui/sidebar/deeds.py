"""What can be done to sessions in the sidebar, and the menu that offers it."""

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from trackside.domain.session import Session
from trackside.ui.theme import Theme


class SessionDeed(Enum):
    """A thing done to one session or several. Its value is what the menu says."""

    OPEN = "Open"
    RENAME = "Rename"
    PIN = "Pin"
    UNPIN = "Unpin"
    TAG = "Tags…"
    DUPLICATE = "Duplicate"
    MARK_UNREAD = "Mark as unread"
    MARK_READ = "Mark as read"
    ARCHIVE = "Archive"
    UNARCHIVE = "Take out of the archive"
    EXPORT = "Export…"
    TRASH = "Move to trash"
    RESTORE = "Restore"
    DELETE = "Delete now…"


Act = Callable[[SessionDeed, list[Session]], None]

_ICONS = {
    SessionDeed.RENAME: "edit",
    SessionDeed.PIN: "pin",
    SessionDeed.UNPIN: "pin",
    SessionDeed.DUPLICATE: "copy",
    SessionDeed.TRASH: "trash",
    SessionDeed.RESTORE: "retry",
    SessionDeed.DELETE: "trash",
}


def deeds_for(sessions: list[Session]) -> list[list[SessionDeed]]:
    """What makes sense for these sessions, in groups."""
    if any(session.trashed_at is not None for session in sessions):
        return [[SessionDeed.RESTORE], [SessionDeed.DELETE]]
    pin = SessionDeed.UNPIN if all(s.pinned for s in sessions) else SessionDeed.PIN
    mark = SessionDeed.MARK_READ if all(s.unread for s in sessions) else SessionDeed.MARK_UNREAD
    archive = SessionDeed.UNARCHIVE if all(s.archived for s in sessions) else SessionDeed.ARCHIVE
    rename = [SessionDeed.RENAME] if len(sessions) == 1 else []
    return [
        [*rename, pin, SessionDeed.TAG, mark],
        [SessionDeed.DUPLICATE, SessionDeed.EXPORT],
        [archive, SessionDeed.TRASH],
    ]


def session_menu(theme: Theme, sessions: list[Session], act: Act, parent: QWidget) -> QMenu:
    """A menu about these sessions; it deletes itself when it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName("Session" if len(sessions) == 1 else f"{len(sessions)} sessions")
    if len(sessions) > 1:
        menu.addAction(f"{len(sessions):,} sessions").setEnabled(False)
        menu.addSeparator()
    for number, group in enumerate(deeds_for(sessions)):
        if number:
            menu.addSeparator()
        for deed in group:
            action = menu.addAction(deed.value, lambda deed=deed: act(deed, sessions))
            if name := _ICONS.get(deed):
                action.setIcon(theme.icon(name))
    return menu
