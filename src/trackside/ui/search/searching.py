"""Joins the palette to the desk: searches while one types, opens what is chosen, runs commands."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import Shiboken

from trackside.chat.session import ChatSession
from trackside.domain.failure import TracksideError
from trackside.domain.search import HitField, SearchHit, SearchQuery
from trackside.domain.session import Session
from trackside.ui.desk import Desk
from trackside.ui.search.entries import Entry, heading, of_hit, of_offer, of_session
from trackside.ui.search.offers import Offer, matching, offers
from trackside.ui.search.palette import SearchPalette
from trackside.ui.theme import Theme

_RECENT = 6
_LATE_MS = 80
"""When the results take longer than this, the commands don't wait for them any more."""

Find = Callable[[SearchQuery], Awaitable[list[SearchHit]]]


class Searching(QObject):
    """Each keystroke begins a search, and ends the one before if that is still under way. What is shown stays
    until there is something newer."""

    def __init__(self, desk: Desk, theme: Theme, actions: Mapping[str, QAction], find: Find) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._theme = theme
        self._actions = actions
        self._find = find
        self._palette: SearchPalette | None = None
        self._offers: list[Offer] = []
        self._came_from: QWidget | None = None
        self._has_hit_been_chosen = False
        """Whether the words are kept for the next time: whoever looks for something tries several hits."""
        self._wanted: SearchQuery | None = None
        """What is to be searched for now; None while the recent sessions are shown."""
        self._answered: SearchQuery | None = None
        self._hits: list[SearchHit] = []
        self._problem = ""
        self._number = 0
        """Of the search that was begun last."""
        self._shown_number = 0
        """Of the newest one whose results are known."""
        self._is_enter_due = False
        """Enter was pressed for results that were not there yet."""
        self._late = QTimer(self, singleShot=True, interval=_LATE_MS)
        self._late.timeout.connect(self._show)
        desk.window.sidebar.search.wanted.connect(self.open)

    # -- coming and going ------------------------------------------------------------------------

    def open(self, words: str = "") -> None:
        """Opens the palette; with words behind those that stand in it if it is open."""
        if self._desk.window.is_first_run:
            return
        palette = self._palette or self._make_palette()
        if palette.is_open:
            palette.field.setFocus()
            if words:
                palette.field.insert(words)
            else:
                palette.field.selectAll()
            return
        focused = QApplication.focusWidget()
        self._came_from = None if focused is self._desk.window.sidebar.search else focused
        self._offers = offers(self._desk, self._theme, self._actions)
        palette.filters.offer(self._stores(), self._desk.library.tags)
        if self._has_hit_been_chosen and not words:
            palette.open(palette.field.text())
        else:
            palette.filters.reset()
            palette.open(words)
            palette.field.deselect() if words else None
        self._has_hit_been_chosen = False
        # Sessions have changed since then, and nobody waits for what may still be under way.
        self._answered, self._shown_number = None, self._number
        self._refresh()
        if self._wanted is not None:
            self._show()  # better than the list of the last time

    def _make_palette(self) -> SearchPalette:
        self._palette = palette = SearchPalette(self._theme, self._desk.window)
        palette.changed.connect(self._refresh)
        palette.chosen.connect(self._choose)
        palette.entered.connect(self._enter)
        palette.dismissed.connect(self._go_back)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)
        return palette

    def _close(self) -> None:
        self._late.stop()
        self._wanted = None
        self._is_enter_due = False
        if self._palette is not None:
            self._palette.close_palette()

    def _go_back(self) -> None:
        """Closes the palette; the focus goes where it was."""
        before = self._came_from
        if before is None or not Shiboken.isValid(before) or not before.isVisible():
            before = self._desk.window.composer.message
        before.setFocus()
        self._close()

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """A shortcut led somewhere else in the window: the palette is in the way there."""
        palette = self._palette
        if palette is None or now is None or not palette.is_open or now.window() is not palette.window():
            return
        if now is not palette and not palette.isAncestorOf(now):
            self._close()

    # -- what is shown ---------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Other words or filters: searches, or shows the recent sessions."""
        palette = self._palette
        assert palette is not None
        self._is_enter_due = False
        text, filters = palette.field.text().strip(), palette.filters.filters
        if not text and not filters.are_any:
            self._wanted = None
            self._show()
            return
        self._wanted = filters.query(text, datetime.now().astimezone())
        if self._wanted == self._answered:
            self._shown_number = self._number  # what is under way is for other words
            self._show()
            return
        self._late.start()
        self._number += 1
        self._desk.tasks.start(self._search(self._wanted, self._number))

    async def _search(self, query: SearchQuery, number: int) -> None:
        """`find` ends with CancelledError when a newer search is begun, and so does this."""
        try:
            hits, problem = await self._find(query), ""
        except TracksideError as error:
            hits, problem = [], error.failure.sentence
        if self._wanted is None or number <= self._shown_number:
            return
        self._shown_number = number
        self._answered, self._hits, self._problem = query, hits, problem
        self._show()
        if query == self._wanted:
            self._on_answered()

    def _on_answered(self) -> None:
        palette = self._palette
        assert palette is not None
        if self._is_enter_due:
            self._enter()
            return
        count = len(self._hits)
        palette.announce(self._problem or (f"{count} found" if count else self._nothing_words()))

    def _show(self) -> None:
        """Shows what is known by now."""
        self._late.stop()
        palette = self._palette
        if palette is None or not palette.is_open:
            return
        text = palette.field.text().strip()
        present = datetime.now().astimezone()
        library = self._desk.library
        is_search = self._wanted is not None
        if is_search and self._answered is not None:
            found = [of_hit(hit, self._below(hit), present) for hit in self._hits]
        elif is_search:
            found = []
        else:
            found = [of_session(session, present) for session in _recent(library.sessions)]
        entries = [*([heading("Recent")] if found and not is_search else []), *found]
        if commands := [of_offer(offer) for offer in matching(self._offers, text)]:
            entries += [heading("Commands"), *commands]
        palette.show_entries(entries, keep=self._current_identity() if palette.has_walked else "")
        if not is_search or found or self._answered is None:
            palette.show_message("")
        else:
            palette.show_message(self._problem or self._nothing_words(), is_error=bool(self._problem))

    def _nothing_words(self) -> str:
        query = self._answered
        assert query is not None
        palette = self._palette
        narrowed = palette is not None and palette.filters.filters.are_any
        if not query.text:
            return "Nothing found with these filters."
        return f"Nothing found for “{query.text}”" + (" with these filters." if narrowed else ".")

    def _below(self, hit: SearchHit) -> str:
        listed = self._desk.library.listed(hit.session_id) if hit.field is HitField.TITLE else None
        return listed.snippet if listed is not None else ""

    def _current_identity(self) -> str:
        current = self._palette.current if self._palette is not None else None
        return current.identity if current is not None else ""

    def _stores(self) -> dict[str, str]:
        """The stores that sessions ask, by their latest names."""
        names = {s.store_id: s.store_name for s in reversed(self._desk.library.sessions) if s.store_id}
        known = {store.id: store.name for store in self._desk.sources.stores}
        return {identity: known.get(identity) or name or identity for identity, name in names.items()}

    # -- what is chosen --------------------------------------------------------------------------

    def _enter(self) -> None:
        palette = self._palette
        assert palette is not None
        is_waiting = self._wanted is not None and self._wanted != self._answered
        current = palette.current
        if is_waiting and (current is None or not palette.has_walked):
            self._is_enter_due = True
        elif current is not None:
            self._choose(current)

    def _choose(self, entry: Entry) -> None:
        self._has_hit_been_chosen = entry.hit is not None
        if entry.offer is not None:
            self._go_back()
            entry.offer.run()
            return
        hit = entry.hit
        self._desk.window.composer.message.setFocus()
        self._close()
        self._desk.open(entry.session_id, lambda opened: self._show_hit(opened, hit))

    def _show_hit(self, opened: ChatSession, hit: SearchHit | None) -> None:
        if hit is not None and hit.turn_id and self._desk.session is opened:
            self._desk.transcript.show_hit(hit)


def _recent(sessions: list[Session]) -> list[Session]:
    recent = []
    for session in sessions:
        if not session.archived and (session.title or session.snippet or session.turn_count):
            recent.append(session)
            if len(recent) == _RECENT:
                break
    return recent
