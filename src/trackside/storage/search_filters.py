"""A search's filters as SQL, and the stretches of the index in which they can let anything through."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from trackside.domain.search import SearchQuery, StateFilter
from trackside.domain.session import writable
from trackside.domain.turn import AttemptState
from trackside.storage.search_texts import Kind
from trackside.storage.shards import SHARD_SIZE, first_of, shard_of

_FEW_SESSIONS = 500
_STATES = {
    StateFilter.ANSWERED: (AttemptState.COMPLETED, AttemptState.INCOMPLETE),
    StateFilter.BROKEN: (AttemptState.FAILED, AttemptState.INTERRUPTED, AttemptState.STOPPED),
}
_SHOWN = (
    "(SELECT {column} FROM attempts a WHERE a.turn_id = t.id AND CASE WHEN t.chosen < 0 "
    "THEN a.number = (SELECT max(number) FROM attempts WHERE turn_id = t.id) "
    "ELSE t.chosen = (SELECT count(*) FROM attempts b WHERE b.turn_id = t.id AND b.number < a.number) END)"
)
"""Something of a turn's shown attempt."""
_TURN = (
    f"CASE d.kind WHEN {int(Kind.QUESTION)} THEN d.owner "  # noqa: S608 -- constants only
    "ELSE (SELECT a.turn_id FROM attempts a WHERE a.id = d.owner) END"
)
_TAGGED = "instr(char(10) || s.tags || char(10), char(10) || ? || char(10)) > 0"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Documents of one shard, from `begin` to `end`, that included."""

    shard: int
    generation: int
    begin: int
    end: int


class Filters:
    """`conditions` continue a WHERE with the names of `joins`: d for the document, s for its session, t for
    its turn; `values` belong to them. Those of sessions alone are there apart."""

    def __init__(self, db: sqlite3.Connection, query: SearchQuery, *, is_open: bool = True) -> None:
        self._db = db
        self._query = query
        self.session_conditions = "AND s.trashed_at IS NULL"
        self.session_values: list[object] = []
        self._is_by_session = bool(query.store_id or query.tag)
        if query.store_id:
            self.session_conditions += " AND s.store_id = ?"
            self.session_values.append(writable(query.store_id))
        if query.tag:
            self.session_conditions += f" AND {_TAGGED}"
            self.session_values.append(writable(query.tag))
        conditions = self.session_conditions
        values = list(self.session_values)
        self._since, self._until = _milliseconds(query.since), _milliseconds(query.until)
        if self._since is not None:
            conditions += " AND d.asked >= ?"
            values.append(self._since)
        if self._until is not None:
            conditions += " AND d.asked < ?"
            values.append(self._until)
        self.has_turn = query.with_citations or query.state is not StateFilter.ANY
        """Whether they look at the turns themselves."""
        if query.state is not StateFilter.ANY:
            states = _STATES[query.state]
            conditions += f" AND {_SHOWN.format(column='a.state')} IN ({', '.join('?' * len(states))})"
            values += [state.value for state in states]
        if query.with_citations:
            conditions += f" AND {_SHOWN.format(column='a.id')} IN search_cited"
        self.joins = (
            "CROSS JOIN search_sessions n ON n.number = d.session CROSS JOIN sessions s ON s.id = n.id"
        )
        if self.has_turn:
            self.joins += f" CROSS JOIN turns t ON t.id = {_TURN}"
        # Without a filter there is only the trash, which is small: what is in it is passed over at the end.
        self.is_open = is_open and not query.has_filter
        self.conditions = "" if self.is_open else conditions
        self.values = [] if self.is_open else values

    @property
    def are_of_turns(self) -> bool:
        """Whether they ask for something that a session by itself hasn't."""
        return self.has_turn or self._since is not None or self._until is not None

    def joined(self, table: str, first: int) -> str:
        """The joins to a table of words whose first document that is."""
        if self.is_open:
            return ""
        return f"CROSS JOIN search_documents d ON d.id = {table}.rowid + {first} {self.joins}"

    def stretches(self) -> Iterator[Stretch]:
        """Where to look, the newest first."""
        few = self._few_sessions() if self._is_by_session else None
        shards = self._db.execute(
            "SELECT number, generation FROM search_shards WHERE (? IS NULL OR latest >= ?) "
            "AND (? IS NULL OR earliest < ?) ORDER BY number DESC",
            (self._since, self._since, self._until, self._until),
        ).fetchall()
        for shard, generation in shards:
            if few is None:
                yield Stretch(shard, generation, first_of(shard), first_of(shard) + SHARD_SIZE - 1)
            elif shard in few:
                yield Stretch(shard, generation, *few[shard])

    def _few_sessions(self) -> dict[int, tuple[int, int]] | None:
        """Where in each shard the documents of the sessions are that pass; None when these are many."""
        numbers = self._db.execute(
            "SELECT n.number FROM sessions s "  # noqa: S608 -- constants only
            "JOIN search_sessions n ON n.id = s.id "
            f"WHERE TRUE {self.session_conditions} LIMIT ?",
            (*self.session_values, _FEW_SESSIONS + 1),
        ).fetchall()
        if len(numbers) > _FEW_SESSIONS:
            return None
        found: dict[int, tuple[int, int]] = {}
        for number in numbers:
            for (document,) in self._db.execute("SELECT id FROM search_documents WHERE session = ?", number):
                shard = shard_of(document)
                least, greatest = found.get(shard, (document, document))
                found[shard] = (min(least, document), max(greatest, document))
        return found


def _milliseconds(when: datetime | None) -> int | None:
    return None if when is None else int(when.timestamp() * 1000)
