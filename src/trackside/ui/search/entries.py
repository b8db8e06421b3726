"""The palette's lines as a list: headings, what was found, and what can be done."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum, auto

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from trackside.domain.search import HitField, SearchHit
from trackside.domain.session import UNTITLED, Session
from trackside.ui.labels import plain_tooltip
from trackside.ui.search.offers import Offer
from trackside.ui.search.texts import MarkedLine, one_line, when_words

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_FIELD_WORDS = {
    HitField.TITLE: "in the title",
    HitField.QUESTION: "in a question",
    HitField.ANSWER: "in an answer",
    HitField.STEP: "in the steps",
}


class EntryRole(IntEnum):
    """What a line answers beside its text."""

    ENTRY = Qt.ItemDataRole.UserRole + 1


class EntryKind(Enum):
    """How a line looks."""

    HEADING = auto()
    SESSION = auto()
    COMMAND = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. A session's has a hit where something was found in it, a command's its offer.

    `identity` is the same for the same thing after the next keystroke.
    """

    kind: EntryKind
    identity: str
    title: MarkedLine
    side: str = ""
    below: MarkedLine = MarkedLine("")  # noqa: RUF009 -- a frozen value
    described: str = ""
    session_id: str = ""
    hit: SearchHit | None = None
    offer: Offer | None = None


def heading(words: str) -> Entry:
    return Entry(EntryKind.HEADING, f"heading {words}", MarkedLine(words))


def of_hit(hit: SearchHit, below: str, present: datetime) -> Entry:
    """`below` stands under a title in which the words were found."""
    is_title = hit.field is HitField.TITLE
    title = one_line(hit.snippet or hit.title, hit.marks) if is_title else one_line(hit.title or UNTITLED)
    snippet = one_line(below) if is_title else one_line(hit.snippet, hit.marks)
    side = when_words(hit.when, present)
    return Entry(
        EntryKind.SESSION,
        f"{hit.session_id} {hit.turn_id} {hit.attempt_id} {hit.field} {hit.start}",
        title,
        side,
        snippet,
        ", ".join(filter(None, (title.text, _FIELD_WORDS[hit.field], side, snippet.text))),
        hit.session_id,
        hit,
    )


def of_session(session: Session, present: datetime) -> Entry:
    title = one_line(session.shown_title)
    snippet = one_line(session.snippet or " ".join(session.draft[:200].split()))
    side = when_words(session.updated_at, present)
    described = ", ".join(filter(None, (title.text, side, snippet.text)))
    return Entry(EntryKind.SESSION, session.id, title, side, snippet, described, session.id)


def of_offer(offer: Offer) -> Entry:
    described = ", ".join(filter(None, (offer.words, "command", offer.keys)))
    return Entry(
        EntryKind.COMMAND,
        f"command {offer.name}",
        one_line(offer.words),
        offer.keys,
        described=described,
        offer=offer,
    )


class EntryRows(QAbstractListModel):
    """Holds the lines; `show` replaces them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show(self, entries: list[Entry]) -> None:
        if [entry.identity for entry in entries] == [entry.identity for entry in self.entries]:
            before, self.entries = self.entries, entries
            for number, (old, new) in enumerate(zip(before, entries, strict=True)):
                if old != new:
                    self.dataChanged.emit(self.index(number), self.index(number))
            return
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def row_of(self, identity: str) -> int:
        """The row of an entry, or -1."""
        return next((row for row, entry in enumerate(self.entries) if entry.identity == identity), -1)

    def nearest(self, row: int, direction: int) -> int:
        """The row, or the next one in a direction (1, -1) that can be chosen; -1 if there is none."""
        while 0 <= row < len(self.entries):
            if self.entries[row].kind is not EntryKind.HEADING:
                return row
            row += direction
        return -1

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        match role:
            case EntryRole.ENTRY:
                return entry
            case Qt.ItemDataRole.DisplayRole:
                return entry.title.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return entry.described or entry.title.text
            case Qt.ItemDataRole.ToolTipRole if entry.kind is EntryKind.SESSION:
                return plain_tooltip(entry.title.text)
            case _:
                return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid() or self.entries[index.row()].kind is EntryKind.HEADING:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
