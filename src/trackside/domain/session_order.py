"""Sessions in an order that is kept as they come, change and go: none of it sorts them all again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from trackside.domain.session import Session

OrderKey = Callable[[Session], tuple[Any, ...]]
"""What sessions are ordered by, the greatest first. It ends with the id, so that no two are alike."""


def by_time(session: Session) -> tuple[Any, ...]:
    """The latest first."""
    return session.updated_at, session.id


def pinned_by_time(session: Session) -> tuple[Any, ...]:
    """Pinned ones first, then the latest."""
    return session.pinned, session.updated_at, session.id


def by_trashing(session: Session) -> tuple[Any, ...]:
    """What was put into the trash last comes first."""
    return session.trashed_at or session.updated_at, session.id


class SessionOrder:
    """Sessions by id and by place. A change costs a search by halves and the shifting of an array."""

    def __init__(self, key: OrderKey, sessions: Iterable[Session] = ()) -> None:
        """`sessions` are in this order already."""
        self._key = key
        self._sorted = list(sessions)
        self._by_id = dict(zip(map(attrgetter("id"), self._sorted), self._sorted, strict=True))

    def __len__(self) -> int:
        return len(self._sorted)

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._by_id

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sorted)

    def __getitem__(self, place: int) -> Session:
        return self._sorted[place]

    def get(self, session_id: str) -> Session | None:
        return self._by_id.get(session_id)

    def slice(self, start: int, end: int) -> Sequence[Session]:
        return self._sorted[start:end]

    def place_of(self, session_id: str) -> int:
        """Where a session stands; -1 if it isn't here."""
        session = self._by_id.get(session_id)
        return -1 if session is None else self.place_for(session)

    def place_for(self, session: Session) -> int:
        """Where a session would stand: before all that come after it."""
        key = self._key(session)
        low, high = 0, len(self._sorted)
        while low < high:
            middle = (low + high) // 2
            if self._key(self._sorted[middle]) > key:
                low = middle + 1
            else:
                high = middle
        return low

    def add(self, session: Session) -> int:
        """Puts a session in its place, which is returned; one of the same id goes."""
        if session.id in self._by_id:
            self.remove(session.id)
        place = self.place_for(session)
        self._sorted.insert(place, session)
        self._by_id[session.id] = session
        return place

    def replace(self, session: Session) -> None:
        """A changed session whose place is the same as before; anything else is a KeyError."""
        place = self.place_of(session.id)
        if place < 0 or self.moves(session):
            raise KeyError(session.id)
        self._sorted[place] = session
        self._by_id[session.id] = session

    def moves(self, session: Session) -> bool:
        """Whether a changed session belongs in another place than it has."""
        before = self._by_id[session.id]
        key = self._key(session)
        if key == self._key(before):
            return False
        place = self.place_of(session.id)
        is_below_last = place == 0 or self._key(self._sorted[place - 1]) > key
        is_above_next = place + 1 == len(self._sorted) or key > self._key(self._sorted[place + 1])
        return not (is_below_last and is_above_next)

    def remove(self, session_id: str) -> int:
        """Takes a session out; returns the place it had, -1 if it had none."""
        place = self.place_of(session_id)
        if place >= 0:
            del self._sorted[place]
            del self._by_id[session_id]
        return place
