"""Find in the session: goes over all rows in small slices, whatever else is going on."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

from trackside.ui.transcript.query import Match, Query, Searchable, occurrences
from trackside.ui.transcript.sieve import CHUNK, RoughTexts, Sieve

__all__ = ["Match", "Query", "Searchable", "SessionFinder", "occurrences"]

_SLICE_S = 0.004
_STEP_S = 0.03
_TELL_S = 0.05
_RENEW_MS = 250
_RENEW_SHARE = 10
"""A growing row is gone over anew no sooner than so many times what it took the last time."""


@dataclass(slots=True)
class _Reading:
    """A row that is being gone over."""

    row: int
    parts: Iterator[tuple[int, str]]
    found: list[tuple[int, int]] = field(default_factory=list)


def _chunks(start: int, end: int) -> Iterator[range]:
    """The rows from start to end, cut where rough texts are."""
    while start < end:
        stop = min(start - start % CHUNK + CHUNK, end)
        yield range(start, stop)
        start = stop


class SessionFinder(QObject):
    """Counts a query's matches in all rows and steps through them.

    A search begins with a slice at once and goes on in a timer's. Call `row_changed` when a row has grown,
    was replaced, or has been added at the end; when rows have gone or changed places, `stop` and search anew.
    """

    changed = Signal()
    """The count, the current match or its number is another, or all rows have been gone over."""
    first_found = Signal(Match)
    """The match to go to after `search`; at once or a little later."""

    def __init__(self, searched: Searchable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._searched = searched
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self._renewal = QTimer(self, singleShot=True, interval=_RENEW_MS)
        self._renewal.timeout.connect(self._renew)
        self._rough = RoughTexts(searched.row_count, searched.raw_text)
        self._query = Query("")
        self._forget()

    # -- what is known ---------------------------------------------------------------------------

    @property
    def query(self) -> Query:
        return self._query

    @property
    def current(self) -> Match | None:
        return self._current

    @property
    def count(self) -> int:
        """Matches found so far."""
        return self._count

    @property
    def number(self) -> int:
        """The current match's place among those found so far, from 1; 0 if there is none."""
        if (match := self._current) is None:
            return 0
        inside = sum(found for part, found in self._found[match.row] if part < match.part)
        return sum(self._counts[: match.row]) + inside + match.ordinal + 1

    @property
    def is_complete(self) -> bool:
        """Whether all rows have been gone over since the search began."""
        return not self._waiting

    # -- what one does ---------------------------------------------------------------------------

    def prepare(self) -> None:
        """Reads the sources beforehand, so that even the first search is quick; for when the field opens."""
        self._rough.fit()
        self._unprepared.extend(range(0, self._searched.row_count(), CHUNK))
        self._timer.start()

    def search(self, query: Query, start_row: int, wanted: Match | None = None) -> None:
        """Looks from a row forwards and goes on at the top. The first match becomes the current one, or the
        `wanted` one if the row has it.

        As long as there are no words to look for, it prepares.
        """
        self._query = query
        self._forget(wanted)
        if query.is_empty:
            self.prepare()
        else:
            self._rough.fit()
            rows = self._searched.row_count()
            start = min(max(start_row, 0), max(rows - 1, 0))
            self._sieve = Sieve(query)
            self._waiting.extend(chain(_chunks(start, rows), _chunks(0, start)))
            self._counts += [0] * rows
            self._is_read = bytearray(rows)
            self._is_first_due = True
            self._work()
            if self._waiting:
                self._timer.start()
        self._tell()

    def stop(self) -> None:
        """Forgets the search and all that was read for it; no match is current."""
        self._rough.clear()
        self._query = Query("")
        self._forget()
        self._tell()

    def next(self) -> Match | None:
        """Goes to the next match, from the last one to the first."""
        return self._step(1)

    def previous(self) -> Match | None:
        """Goes to the match before, from the first one to the last."""
        return self._step(-1)

    def row_changed(self, row: int) -> None:
        """Looks anew at a row that has another text now, or is new, a few times a second at most."""
        self._rough.forget(row)
        if self._query.is_empty:
            return
        added = row + 1 - len(self._counts)
        if added > 0:
            self._counts += [0] * added
            self._is_read += b"\1" * added  # Nobody waits for it; it is renewed.
        if self._is_read[row] or (self._reading is not None and self._reading.row == row):
            self._stale.add(row)
            if not self._renewal.isActive() and not self._renewed:
                self._renewal.start()

    # -- going over the rows ---------------------------------------------------------------------

    def _forget(self, wanted: Match | None = None) -> None:
        self._timer.stop()
        self._renewal.stop()
        self._renewal.setInterval(_RENEW_MS)
        self._sieve = Sieve(self._query)
        self._waiting: deque[range] = deque()
        self._unprepared: deque[int] = deque()
        self._stale: set[int] = set()
        self._renewed: deque[int] = deque()
        self._renewing_s = 0.0
        self._reading: _Reading | None = None
        self._counts: list[int] = []
        self._is_read = bytearray()
        self._found: dict[int, list[tuple[int, int]]] = {}
        self._count = 0
        self._current: Match | None = None
        self._wanted = wanted
        self._is_first_due = False
        self._told, self._told_s = self._state(), 0.0

    def _go_on(self) -> None:
        self._work()
        is_over = not (self._waiting or self._renewed or self._unprepared)
        if is_over:
            self._timer.stop()
        is_urgent = is_over or (self._is_first_due and (self._current is not None or self.is_complete))
        if self._told != self._state() and (is_urgent or perf_counter() - self._told_s >= _TELL_S):
            self._tell()

    def _state(self) -> tuple[int, Match | None, bool]:
        return self._count, self._current, self.is_complete

    def _tell(self) -> None:
        self._told, self._told_s = self._state(), perf_counter()
        first = self._current if self._is_first_due else None
        if first is not None or self.is_complete:
            self._is_first_due = False
        self.changed.emit()
        if first is not None and first == self._current:
            self.first_found.emit(first)

    def _work(self) -> None:
        """Goes over rows for a slice: changed ones first, then those not yet seen."""
        begun_s = perf_counter()
        until_s = begun_s + _SLICE_S
        if self._renewed:
            while self._renewed and perf_counter() < until_s and self._read(self._renewed[0], until_s):
                self._renewed.popleft()
            self._renewing_s += perf_counter() - begun_s
            if not self._renewed:
                self._renewal.setInterval(max(_RENEW_MS, round(self._renewing_s * _RENEW_SHARE * 1_000)))
                if self._stale:
                    self._renewal.start()
        while self._waiting and perf_counter() < until_s and self._read_chunk(self._waiting[0], until_s):
            self._waiting.popleft()
        while self._unprepared and perf_counter() < until_s:
            self._rough.chunk(self._unprepared.popleft())

    def _read_chunk(self, rows: range, until_s: float) -> bool:
        """The same as `_read` for rows next to each other, most of which can't have a match."""
        some = slice(rows.start, rows.stop)
        if not any(self._counts[some]) and not self._sieve.lets_through(self._rough.chunk(rows.start)):
            self._is_read[some] = b"\1" * len(rows)
            return True
        return all(self._read(row, until_s) for row in rows)

    def _read(self, row: int, until_s: float = inf) -> bool:
        """Counts a row's matches. False if that takes longer; the next call goes on."""
        if self._is_read[row]:
            return True
        reading = self._reading
        if reading is None or reading.row != row:
            if not self._could_have(row):
                self._put(row, [])
                return True
            reading = self._reading = _Reading(row, iter(self._searched.shown_parts(row)))
        for part, text in reading.parts:
            if found := len(occurrences(text, self._query)):
                reading.found.append((part, found))
            if perf_counter() >= until_s:
                return False
        self._reading = None
        self._put(row, sorted(reading.found))
        return True

    def _could_have(self, row: int) -> bool:
        sieve = self._sieve
        return sieve.lets_through(self._rough.read(row)) and (
            not sieve.needs_source or sieve.lets_source_through(self._searched.raw_text(row))
        )

    def _renew(self) -> None:
        """Takes up the rows that have changed; their matches stay until new ones are counted."""
        self._renewed.extend(sorted(self._stale))
        for row in self._stale:
            self._is_read[row] = 0
        self._stale.clear()
        self._renewing_s = 0.0
        self._timer.start()

    def _put(self, row: int, found: list[tuple[int, int]]) -> None:
        self._is_read[row] = 1
        if not found and not self._counts[row]:
            return
        total = sum(count for _, count in found)
        self._count += total - self._counts[row]
        self._counts[row] = total
        if found:
            self._found[row] = found
        else:
            self._found.pop(row, None)
        current = self._current
        if current is None:
            self._current = self._first_of(row) if found else None
        elif current.row == row and current.ordinal >= dict(found).get(current.part, 0):
            self._current = self._nearest(current)

    # -- stepping --------------------------------------------------------------------------------

    def _matches(self, row: int) -> list[Match]:
        return [Match(row, part, i) for part, count in self._found.get(row, ()) for i in range(count)]

    def _first_of(self, row: int) -> Match:
        matches, wanted = self._matches(row), self._wanted
        return wanted if wanted is not None and wanted in matches else matches[0]

    def _nearest(self, lost: Match) -> Match | None:
        """The known match that comes after one that is no more, else the first of all."""
        if after := [match for match in self._matches(lost.row) if match > lost]:
            return after[0]
        if not self._found:
            return None
        row = min((row for row in self._found if row > lost.row), default=min(self._found))
        return self._matches(row)[0]

    def _step(self, direction: int) -> Match | None:
        """Goes one match on. Rows on the way that haven't been gone over yet are read at once.

        Where that takes long, the current match stays; the next step gets further.
        """
        if (current := self._current) is None:
            return None
        until_s = perf_counter() + _STEP_S
        self._read(current.row)
        if self._current != current:
            return None if self._current is None else self._go_to(self._current)
        inside = self._matches(current.row)
        place = bisect_left(inside, current) + direction
        if 0 <= place < len(inside):
            return self._go_to(inside[place])
        rows = len(self._counts)
        for offset in range(1, rows + 1):
            row = (current.row + direction * offset) % rows
            self._read(row)
            if self._counts[row]:
                return self._go_to(self._matches(row)[0 if direction > 0 else -1])
            if perf_counter() >= until_s:
                break
        return self._go_to(current)

    def _go_to(self, match: Match) -> Match:
        self._current = match
        self._is_first_due = False
        self._tell()
        return match
