"""Sessions as rows of a list, each group under its heading; a change touches no other row."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from trackside.domain.keeping import KEPT_DAYS
from trackside.domain.session import Session, SessionState, resting_state
from trackside.domain.session_order import SessionOrder
from trackside.ui.labels import plain_tooltip
from trackside.ui.sidebar.grouping import heading_of, stands_with, when_words
from trackside.ui.sidebar.views import ALL_SESSIONS, SidebarView

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_EVERYDAY_FLAGS = _FLAGS | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled


class RowRole(IntEnum):
    """What a row answers beside its text."""

    ENTRY = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Row:
    """A group's heading, or a session with its state and the words for its time."""

    heading: str = ""
    session: Session | None = None
    state: SessionState = SessionState.IDLE
    when: str = ""


class SessionRows(QAbstractListModel):
    """A flat model: the sessions of a view in their order, and a heading before each group.

    A session's place counts sessions alone. The row of place p in group g is p + g + 1, that of the group's
    heading one less than its first session's.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = ALL_SESSIONS
        self.kept_days = KEPT_DAYS
        """For how long the trash keeps what is in it."""
        self.state_of: Callable[[Session], SessionState] = resting_state
        self._present = datetime.now().astimezone()
        self._order = SessionOrder(self.view.order)
        self._starts: list[int] = []
        """The place of each group's first session."""
        self._headings: list[str] = []

    # -- what is in it ---------------------------------------------------------------------------

    @property
    def session_count(self) -> int:
        return len(self._order)

    @property
    def group_count(self) -> int:
        return len(self._starts)

    def group_start(self, group: int) -> int:
        """The place of a group's first session; for the group behind the last one, the number of all."""
        return self._starts[group] if group < len(self._starts) else len(self._order)

    def group_of(self, row: int) -> int:
        """The group that a row belongs to, as its heading or as one of its sessions."""
        return bisect_right(range(len(self._starts)), row, key=lambda g: self._starts[g] + g) - 1

    def session_at(self, row: int) -> Session | None:
        """None for a heading, and for a row that isn't there."""
        if not 0 <= row < self.rowCount():
            return None
        place = row - self.group_of(row) - 1
        return self._order[place] if place >= self._starts[self.group_of(row)] else None

    def row_of(self, session_id: str) -> int:
        """-1 if the session isn't here."""
        place = self._order.place_of(session_id)
        return place + bisect_right(self._starts, place) if place >= 0 else -1

    def session(self, session_id: str) -> Session | None:
        return self._order.get(session_id)

    def has(self, session_id: str) -> bool:
        return session_id in self._order

    def neighbour(self, session_id: str, step: int) -> Session | None:
        """The session so many places below another (above it, if negative); the first, if there is none."""
        place = self._order.place_of(session_id)
        place = place + step if place >= 0 else 0
        return self._order[place] if 0 <= place < len(self._order) else None

    def sessions_between(self, first_row: int, last_row: int) -> list[Session]:
        """The sessions in these rows and those between, in order."""
        first, last = (row - self.group_of(row) for row in (first_row, last_row))
        if self.session_at(first_row) is not None:
            first -= 1
        return list(self._order.slice(max(0, first), max(0, last)))

    # -- what becomes of it ----------------------------------------------------------------------

    def show(self, view: SidebarView, sessions: Iterable[Session], present: datetime) -> None:
        """Shows other sessions from now on, which are in the view's order. `present` is local time."""
        self.beginResetModel()
        self.view, self._present = view, present
        self._order = SessionOrder(view.order, sessions)
        self._group()
        self.endResetModel()

    def shows(self, view: SidebarView, sessions: list[Session]) -> bool:
        """Whether these are what it shows already."""
        return view == self.view and sessions == list(self._order)

    def regroup(self, present: datetime) -> None:
        """Puts the rows under the headings of another day."""
        self._present = present
        before = self._starts, self._headings
        after = self._grouped()
        if before != after:
            self.beginResetModel()
            self._starts, self._headings = after
            self.endResetModel()
        elif self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))

    def add(self, sessions: Iterable[Session]) -> None:
        """Adds sessions that are not here yet."""
        waiting = sorted(sessions, key=self.view.order, reverse=True)
        while waiting:
            place, heading = self._order.place_for(waiting[0]), self._heading(waiting[0])
            count = 1
            while count < len(waiting) and self._stands(waiting[count], place, heading):
                count += 1
            group = self._group_for(place, heading)
            row = place + group + 1
            self.beginInsertRows(_NO_INDEX, row, row + count - 1)
            for session in waiting[:count]:
                self._order.add(session)
            self._shift(group, count)
            self.endInsertRows()
            del waiting[:count]

    def change(self, session: Session) -> None:
        """Shows a changed session, in another place if it belongs there now."""
        place = self._order.place_of(session.id)
        target, heading = self._order.place_for(session), self._heading(session)
        group = self._group_at(place)
        is_first_of_several = place == self._starts[group] and self.group_start(group + 1) > place + 1
        if target == place + 1 and is_first_of_several and heading != self._headings[group]:
            target = place  # it leaves a group that goes on without it
        if target in (place, place + 1) and heading == self._headings[group]:
            self._order.replace(session)
            index = self.index(place + group + 1)
            self.dataChanged.emit(index, index)
            return
        target_group = self._group_for(target, heading)
        group = self._group_at(place)  # which may be another number by now
        row, target_row = place + group + 1, target + target_group + 1
        self.beginMoveRows(_NO_INDEX, row, row, _NO_INDEX, target_row)
        self._order.remove(session.id)
        self._order.add(session)
        self._shift(group, -1)
        self._shift(target_group, 1)
        self.endMoveRows()
        self._close_if_empty(group)
        index = self.index(self.row_of(session.id))
        self.dataChanged.emit(index, index)

    def remove(self, session_id: str) -> None:
        place = self._order.place_of(session_id)
        if place < 0:
            return
        group = self._group_at(place)
        row = place + group + 1
        self.beginRemoveRows(_NO_INDEX, row, row)
        self._order.remove(session_id)
        self._shift(group, -1)
        self.endRemoveRows()
        self._close_if_empty(group)

    # -- as Qt asks ------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._order) + len(self._starts)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        session = self.session_at(index.row())
        if session is None:
            heading = self._headings[self.group_of(index.row())]
            if role == RowRole.ENTRY:
                return Row(heading=heading)
            return heading if role == Qt.ItemDataRole.DisplayRole else None
        match role:
            case RowRole.ENTRY:
                when = when_words(session, self.view, self._present, self.kept_days)
                return Row("", session, self.state_of(session), when)
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return session.shown_title
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip("\n".join(filter(None, (session.shown_title, _tag_words(session)))))
            case Qt.ItemDataRole.AccessibleTextRole:
                words = (
                    session.shown_title,
                    _STATE_WORDS.get(self.state_of(session), ""),
                    when_words(session, self.view, self._present, self.kept_days),
                    _tag_words(session),
                    session.snippet,
                )
                return ", ".join(filter(None, words))
            case _:
                return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid() or self.session_at(index.row()) is None:
            return Qt.ItemFlag.NoItemFlags
        return _FLAGS if self.view.is_trash else _EVERYDAY_FLAGS

    # -- groups ----------------------------------------------------------------------------------

    def _heading(self, session: Session) -> str:
        return heading_of(session, self.view, self._present)

    def _group(self) -> None:
        self._starts, self._headings = self._grouped()

    def _grouped(self) -> tuple[list[int], list[str]]:
        """The groups of what is here. Their borders are looked for by halves, not session by session."""
        starts: list[int] = []
        headings: list[str] = []
        place, end = 0, len(self._order)
        while place < end:
            first = self._order[place]
            starts.append(place)
            headings.append(self._heading(first))
            is_here = stands_with(first, self.view, self._present)
            place = bisect_left(self._order, True, place + 1, key=lambda session: not is_here(session))
        return starts, headings

    def _group_at(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1

    def _group_for(self, place: int, heading: str) -> int:
        """The group for a session that comes before the one at that place, made if there is none."""
        group = self._group_at(place - 1) if place > 0 else -1
        if group >= 0 and (self._headings[group] == heading or place < self.group_start(group + 1)):
            return group
        group += 1
        if group == len(self._starts) or self._headings[group] != heading:
            self.beginInsertRows(_NO_INDEX, place + group, place + group)
            self._starts.insert(group, place)
            self._headings.insert(group, heading)
            self.endInsertRows()
        return group

    def _stands(self, session: Session, place: int, heading: str) -> bool:
        return self._order.place_for(session) == place and self._heading(session) == heading

    def _shift(self, group: int, count: int) -> None:
        """Moves the groups behind one that has got more sessions, or fewer."""
        for later in range(group + 1, len(self._starts)):
            self._starts[later] += count

    def _close_if_empty(self, group: int) -> None:
        if self._starts[group] < self.group_start(group + 1):
            return
        row = self._starts[group] + group
        self.beginRemoveRows(_NO_INDEX, row, row)
        del self._starts[group]
        del self._headings[group]
        self.endRemoveRows()


_STATE_WORDS = {
    SessionState.WAITING: "waiting",
    SessionState.STREAMING: "streaming",
    SessionState.UNREAD: "unread",
    SessionState.FAILED: "failed",
}


def _tag_words(session: Session) -> str:
    return f"tagged {', '.join(session.tags)}" if session.tags else ""
