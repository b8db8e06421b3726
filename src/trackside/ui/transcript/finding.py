"""Find in the session: joins the field, the search and what is marked on the screen."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea

from trackside.ui.theme import Theme
from trackside.ui.transcript.documents import text_units, whole_text
from trackside.ui.transcript.find_bar import FindBar
from trackside.ui.transcript.finder import Match, Query, SessionFinder, occurrences
from trackside.ui.transcript.texts import TurnTexts

_PREPARED_AFTER_MS = 1_000


class Finding(QObject):
    """Owns the field. `match_wanted` says which match to show."""

    looks_different = Signal()
    match_wanted = Signal(Match)
    closed = Signal()

    def __init__(
        self, theme: Theme, texts: TurnTexts, first_row: Callable[[], int], view: QAbstractScrollArea
    ) -> None:
        """`first_row` is where a search begins: what is on the screen."""
        super().__init__(view)
        self._theme = theme
        self._first_row = first_row
        self._view = view
        self._wanted: Match | None = None
        self.bar = FindBar(theme, view)
        self.bar.hide()
        self._finder = SessionFinder(texts, self)
        self._finder.changed.connect(self._show_state)
        self._finder.first_found.connect(self.match_wanted)
        self._early = QTimer(self, singleShot=True, interval=_PREPARED_AFTER_MS)
        self._early.timeout.connect(self._finder.prepare)
        self.bar.query_changed.connect(self._search)
        self.bar.next_wanted.connect(lambda: self._step(self._finder.next()))
        self.bar.previous_wanted.connect(lambda: self._step(self._finder.previous()))
        self.bar.closed.connect(self.close)

    @property
    def is_open(self) -> bool:
        return not self.bar.isHidden()

    @property
    def covered(self) -> int:
        """Height at the top that the field covers."""
        return self.bar.geometry().bottom() + 1 if self.is_open else 0

    def open(self, words: str) -> None:
        self.bar.open(words)
        self.place()

    def open_at(self, words: str, wanted: Match) -> None:
        """Opens the field with words that were found elsewhere, and goes to where they were found."""
        self._wanted = wanted
        self.bar.open(words, is_plain=True)
        self.place()

    def close(self) -> None:
        self.forget()
        self.closed.emit()

    def postpone(self) -> None:
        """Something goes on that must not be slowed down by reading for a search that may never come."""
        if self._early.isActive():
            self._early.start()

    def forget(self) -> None:
        """Ends the search; the field goes. What is shown from now on is read in a quiet moment, so that
        the first search finds at once."""
        self._finder.stop()
        self._early.start()
        self.bar.hide()
        self.looks_different.emit()

    def place(self) -> None:
        """Puts the field at the trailing top corner."""
        if self.is_open:
            margin, viewport = self._theme.px(12), self._view.viewport()
            self.bar.setMaximumWidth(max(1, viewport.width() - 2 * margin))
            self.bar.adjustSize()
            is_mirrored = self._view.isRightToLeft()
            x = margin if is_mirrored else viewport.width() - self.bar.width() - margin
            self.bar.move(viewport.x() + max(margin, x), margin)
            self.bar.raise_()

    def restyle(self) -> None:
        self.place()

    def row_changed(self, row: int) -> None:
        self._finder.row_changed(row)

    def current_ordinal(self, row: int, part: int) -> int:
        """Which match of a part is the current one; -1 for none."""
        match = self._finder.current
        return match.ordinal if match is not None and (match.row, match.part) == (row, part) else -1

    def spans(self, text: str) -> list[tuple[int, int]]:
        """What is found in a part's text, as a document counts it: from, to."""
        whole = text if text.isascii() else whole_text(text)
        found = [(start, start + length) for start, length in occurrences(whole, self._finder.query)]
        if len(whole) == len(text):
            return found
        return [(len(text_units(whole[:start])), len(text_units(whole[:end]))) for start, end in found]

    def _search(self, query: Query) -> None:
        wanted, self._wanted = self._wanted, None
        self._finder.search(query, self._first_row() if wanted is None else wanted.row, wanted)

    def _step(self, match: Match | None) -> None:
        if match is not None:
            self.match_wanted.emit(match)

    def _show_state(self) -> None:
        finder = self._finder
        self.bar.show_state(finder.number, finder.count, is_complete=finder.is_complete)
        self.place()
        self.looks_different.emit()
