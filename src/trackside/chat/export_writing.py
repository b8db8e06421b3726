"""Writes an export piece by piece: one session in memory at a time, a file whole or not at all.

No Qt, and nothing is awaited: it runs where waiting does no harm, a process of its own or a thread.
"""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, overload

from trackside.chat.export_formats import FORMATS, ExportOptions, Sessions
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.session import Session
from trackside.domain.turn import Turn
from trackside.storage.files import neighbour_of, whole_file
from trackside.storage.session_reader import SessionReader

Note = Callable[[int, int], None]
"""Told after each turn how many are done, and of how many. What it raises ends the export."""


@dataclass(frozen=True, slots=True)
class Printout:
    """What is to be printed: HTML in pieces, in sections that each begin on a page of their own."""

    title: str
    style: str
    sections: Iterator[tuple[str, Iterator[str]]]
    """Titles for the pages' heads, and the text. A section has to be used up before the next one."""


Print = Callable[[Printout, BinaryIO, Callable[[], None]], None]
"""Prints into a file as PDF; calls its last argument again and again, which may raise."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """Which sessions to export, and as what. Without ids all are, of one connection where that is given."""

    format_name: str
    session_ids: tuple[str, ...] = ()
    connection_id: str = ""
    options: ExportOptions = field(default_factory=ExportOptions)


def export_to_file(
    reader: SessionReader,
    job: ExportJob,
    path: Path,
    note: Note = lambda *_: None,
    print_: Print | None = None,
    mark: str = "",
) -> None:
    """Writes the job's sessions to a file. Raises TracksideError when that can't be done, and then, as for
    whatever `note` raises, the file is what it was before. With `mark`, `clear_away` finds what a process
    that was killed has left."""
    try:
        with _target(path, mark) as file:
            export_to(reader, job, file, note, print_)
    except OSError as error:
        words = f"{path} can't be written: {error.strerror or error}."
        raise _failed(words, "Choose another place.") from error


def export_to(
    reader: SessionReader,
    job: ExportJob,
    file: BinaryIO,
    note: Note = lambda *_: None,
    print_: Print | None = None,
) -> None:
    """Writes the job's sessions into an open file. Raises TracksideError, and OSError as the file does."""
    chosen = FORMATS.get(job.format_name)
    if chosen is None:
        raise _failed(f"“{job.format_name}” is no export format.", f"There is: {', '.join(FORMATS)}.")
    sessions = _ReadSessions(reader, job)
    note(0, sessions.turn_count)
    if chosen.pieces is None:
        assert print_ is not None, "printing needs a printer"
        print_(_printout(sessions), file, lambda: note(sessions.done, sessions.turn_count))
    else:
        for piece in chosen.pieces(sessions, job.options):
            # Halves of surrogate pairs, which no file can hold, become “?”.
            file.write(piece.encode(errors="replace"))
            note(sessions.done, sessions.turn_count)
    note(sessions.turn_count, sessions.turn_count)


def _printout(sessions: Sessions) -> Printout:
    from trackside.export.citing import in_a_line
    from trackside.export.paper import STYLE, session_pieces

    title = in_a_line(sessions[0][0].shown_title) if len(sessions) == 1 else f"{len(sessions):,} sessions"
    sections = (
        (in_a_line(session.shown_title), session_pieces(session, turns)) for session, turns in sessions
    )
    return Printout(title, STYLE, sections)


class _ReadSessions(Sequence[tuple[Session, Sequence[Turn]]]):
    """Sessions that are read when they are looked at, one at a time; knows how far its user has come."""

    def __init__(self, reader: SessionReader, job: ExportJob) -> None:
        self._reader = reader
        wanted = job.session_ids or reader.ids(job.connection_id)
        counts = reader.turn_counts(wanted)
        if len(job.session_ids) == 1 and not counts:
            raise _gone(job.session_ids[0])
        self._ids = [session_id for session_id in wanted if session_id in counts]
        self._before = [0]
        """Turns before each session, and at last of all."""
        for session_id in self._ids:
            self._before.append(self._before[-1] + counts[session_id])
        self._read: tuple[int, tuple[Session, Sequence[Turn]]] | None = None
        self.done = 0

    @property
    def turn_count(self) -> int:
        return self._before[-1]

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> tuple[Session, Sequence[Turn]]: ...

    @overload
    def __getitem__(self, index: slice) -> "Sequence[tuple[Session, Sequence[Turn]]]": ...

    def __getitem__(self, index: int | slice) -> "tuple[Session, Sequence[Turn]] | Sequence[object]":
        if isinstance(index, slice):
            raise TypeError("sessions are read one by one")
        if not 0 <= index < len(self._ids):
            raise IndexError(index)
        if self._read is None or self._read[0] != index:
            self._read = None  # not two at once in memory
            detail = self._reader.session(self._ids[index])
            if detail is None:
                raise _gone(self._ids[index])
            self._read = (index, (detail.session, _NotedTurns(self, index, detail.turns)))
        return self._read[1]

    def note(self, index: int, turn: int) -> None:
        """A turn is being looked at, so those before it are done. A format that looks through all of them
        beforehand says nothing meanwhile, and nobody asks."""
        self.done = min(self._before[index] + turn, self.turn_count)


class _NotedTurns(Sequence[Turn]):
    """A session's turns, which tell when they are looked at."""

    def __init__(self, sessions: _ReadSessions, index: int, turns: Sequence[Turn]) -> None:
        self._sessions = sessions
        self._index = index
        self._turns = turns

    def __len__(self) -> int:
        return len(self._turns)

    @overload
    def __getitem__(self, index: int) -> Turn: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Turn]: ...

    def __getitem__(self, index: int | slice) -> Turn | Sequence[Turn]:
        return self._turns[index]

    def __iter__(self) -> Iterator[Turn]:
        for number, turn in enumerate(self._turns):
            self._sessions.note(self._index, number)
            yield turn


def clear_away(path: Path, mark: str) -> None:
    """Deletes what an export to this file that was killed has left beside it, if there is anything."""
    with suppress(OSError):
        neighbour_of(_resolved(path), mark).unlink(missing_ok=True)


def _resolved(path: Path) -> Path:
    """What a link points at is written, not the link. Raises OSError."""
    try:
        return path.resolve()
    except RuntimeError as error:  # as Python before 3.13 says that links lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


@contextmanager
def _target(path: Path, mark: str) -> Iterator[BinaryIO]:
    path = _resolved(path)
    if path.exists() and not os.access(path, os.W_OK):
        # It could be replaced all the same, but somebody has protected it.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if path.exists() and not path.is_file():
        # A pipe or a device is written to; a file in its place would do harm.
        with path.open("wb") as file:
            yield file
        return
    with whole_file(path, mark) as file:
        yield file


def _gone(session_id: str) -> TracksideError:
    return _failed(f"There is no session {session_id}.", "Its id stands in the JSON export of all.")


def _failed(headline: str, advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.STORAGE, headline, advice))
