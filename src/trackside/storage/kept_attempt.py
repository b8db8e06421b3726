"""An attempt as the database has it: its answer is decoded when somebody looks at it."""

import logging
import weakref
from collections import deque
from collections.abc import Callable

import msgspec

from trackside.domain.addresses import unsigned
from trackside.domain.answer import Answer, SavedAnswer
from trackside.domain.stream import UnknownEvent
from trackside.domain.turn import Attempt

SHELF_SIZE = 100
"""Decoded answers of a session that stay, whoever else holds them; a screen shows about ten."""

Shelf = deque[Answer]
"""Where the answers that were decoded last stay for a while: one for all attempts of a loaded session."""

_SAVED = msgspec.json.Decoder(SavedAnswer)
_log = logging.getLogger(__name__)


def new_shelf() -> Shelf:
    return deque(maxlen=SHELF_SIZE)


class KeptAttempt(Attempt):
    """An attempt that has ended, with its answer as the JSON that was read.

    A long session is opened in the time that its rows take: of ten thousand answers a screen shows ten.
    Decoding one takes about 15 µs, one of 1 MB less than a frame's time, and the same again when it was put
    away meanwhile. As an ended answer doesn't change, one that is decoded again is the same as before.
    """

    __slots__ = ("_known", "_saved", "_shelf")

    def __init__(self, saved: bytes, shelf: Shelf) -> None:
        """Whoever makes it sets all other fields; `Attempt`'s own beginning would make an empty answer."""
        self._saved = saved
        self._shelf = shelf
        self._known: Callable[[], Answer | None] = _nothing

    @property
    def answer(self) -> Answer:
        known = self._known()
        if known is None:
            known = restored(self._saved)
            self._known = weakref.ref(known)
            self._shelf.append(known)
        return known

    @answer.setter
    def answer(self, answer: Answer) -> None:
        self._known = lambda: answer


def kept_json(saved: SavedAnswer) -> str:
    """An answer as the database has it: without signed addresses, which the one in memory keeps."""
    return msgspec.json.encode(unsigned(saved)).decode()


def restored(saved: bytes | str) -> Answer:
    """The answer that a saved one was. One that can't be read becomes an answer with nothing but its raw
    text, where the request panel shows it: a damaged row must neither close its session nor be lost."""
    try:
        return Answer.restored(_SAVED.decode(saved))
    except msgspec.DecodeError as error:
        _log.error("a saved answer can't be read: %s", type(error).__name__)
        raw = saved.decode(errors="replace") if isinstance(saved, bytes) else saved
        unread = Answer()
        unread.unknown.append(UnknownEvent("saved answer", raw, "It is damaged."))
        return unread


def _nothing() -> None:
    return None
