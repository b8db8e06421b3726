"""Sessions as rows of a list: grouped by time, filtered by what is typed."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from trackside.domain.session import Session, SessionState
from trackside.ui.labels import plain_tooltip

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


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
    """A flat model of headings and sessions; `show` replaces what it holds with the least commotion."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    @property
    def entries(self) -> list[Row]:
        return self._rows

    def show(self, rows: list[Row]) -> None:
        if [_identity(row) for row in rows] == [_identity(row) for row in self._rows]:
            for number, (old, new) in enumerate(zip(self._rows, rows, strict=True)):
                if old != new:
                    self._rows[number] = new
                    index = self.index(number)
                    self.dataChanged.emit(index, index)
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row_of(self, session_id: str) -> int:
        """The row of a session, or -1."""
        for number, row in enumerate(self._rows):
            if row.session is not None and row.session.id == session_id:
                return number
        return -1

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == RowRole.ENTRY:
            return row
        if row.session is None:
            return row.heading if role == Qt.ItemDataRole.DisplayRole else None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.session.shown_title
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(row.session.shown_title)
            case Qt.ItemDataRole.AccessibleTextRole:
                words = (
                    row.session.shown_title,
                    _STATE_WORDS.get(row.state, ""),
                    row.when,
                    row.session.snippet,
                )
                return ", ".join(filter(None, words))
            case _:
                return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid() or self._rows[index.row()].session is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable


_STATE_WORDS = {
    SessionState.STREAMING: "streaming",
    SessionState.UNREAD: "unread",
    SessionState.FAILED: "failed",
}


def _identity(row: Row) -> str:
    return row.session.id if row.session else f"heading {row.heading}"


def grouped(
    sessions: list[Session], states: dict[str, SessionState], needle: str, present: datetime
) -> list[Row]:
    """Rows in their groups: Pinned, Today, Yesterday, Previous 7 days, then months. Newest first.

    `present` is local time, and so are the rows': each in the summer or winter time of its own day.
    """
    wanted = [s for s in sessions if _matches(s, needle)]
    rows: list[Row] = []
    heading = ""
    for session in [s for s in wanted if s.pinned] + [s for s in wanted if not s.pinned]:
        when = session.updated_at.astimezone()
        group = "Pinned" if session.pinned else _group(when, present)
        if group != heading:
            heading = group
            rows.append(Row(heading=group))
        state = states.get(session.id, SessionState.IDLE)
        rows.append(Row(session=session, state=state, when=_when(when, present)))
    return rows


def _matches(session: Session, needle: str) -> bool:
    if not needle:
        return True
    text = f"{session.title}\n{session.snippet}".casefold()
    return all(word in text for word in needle.casefold().split())


def _group(when: datetime, present: datetime) -> str:
    days = (present.date() - when.date()).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days <= 7:
        return "Previous 7 days"
    month = QLocale().standaloneMonthName(when.month, QLocale.FormatType.LongFormat)
    return month if when.year == present.year else f"{month} {when.year}"


def _when(when: datetime, present: datetime) -> str:
    days = (present.date() - when.date()).days
    if days <= 0:
        return when.strftime("%H:%M")
    if days <= 7:
        return QLocale().dayName(when.isoweekday(), QLocale.FormatType.ShortFormat)
    return f"{when.day} {QLocale().monthName(when.month, QLocale.FormatType.ShortFormat)}"
