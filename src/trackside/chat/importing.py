"""Imports sessions from a JSON export: merging, a session whole or not at all, and off the loop."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.storage.database import Database

if TYPE_CHECKING:
    from trackside.export.reading import SessionsFile

LARGEST_FILE = 1 << 30
"""Bytes of a file that is read; more than a database of years gives, and it is held in memory."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import came to: how many sessions were added, merged into known ones, known as they are, or
    left because they are in the trash; and how many turns and attempts are new in known sessions."""

    added: int = 0
    merged: int = 0
    known: int = 0
    in_trash: int = 0
    turns: int = 0
    attempts: int = 0
    merged_ids: tuple[str, ...] = ()
    """Known sessions in which there is something new."""

    @property
    def sentence(self) -> str:
        """The result in words, for whoever asked for it."""
        if not self.added + self.merged + self.known + self.in_trash:
            return "There are no sessions in this file."
        words = []
        if self.added:
            words.append(f"Imported {_count(self.added, 'session')}.")
        if self.merged:
            new = [_count(self.turns, "question")] if self.turns else []
            new += [_count(self.attempts, "attempt")] if self.attempts else []
            words.append(f"Added {' and '.join(new)} to {_count(self.merged, 'known session')}.")
        if self.known:
            known = "One session was" if self.known == 1 else f"{self.known:,} sessions were"
            words.append(f"{known} here already.")
        if self.in_trash:
            left = (
                "One is in the trash and was"
                if self.in_trash == 1
                else f"{self.in_trash:,} are in the trash and were"
            )
            words.append(f"{left} left there.")
        return " ".join(words)


class Importer:
    """Reads files into one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, path: Path) -> ImportResult:
        """Imports a file's sessions. Raises TracksideError when the file can't be read, is none of ours or is
        damaged, and then nothing is imported; or when the database refuses, and then what came before stays.
        """
        from trackside.storage.importing import Reception, receive

        file = await asyncio.to_thread(_opened, path)
        counts: Counter[Reception] = Counter()
        merged: list[str] = []
        turns = attempts = 0
        for number in range(len(file)):
            session, its_turns = await asyncio.to_thread(file.session, number)
            try:
                received = await self._database.store(partial(receive, session=session, turns=its_turns))
            except TracksideError as error:
                raise _stopped(number, len(file), error.failure) from error
            counts[received.reception] += 1
            if received.reception is Reception.MERGED:
                merged.append(session.id)
                turns += received.turns
                attempts += received.attempts
        return ImportResult(
            counts[Reception.ADDED],
            counts[Reception.MERGED],
            counts[Reception.KNOWN],
            counts[Reception.IN_TRASH],
            turns,
            attempts,
            tuple(merged),
        )


def _opened(path: Path) -> "SessionsFile":
    from trackside.export.reading import SessionsFile

    return SessionsFile(_content(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # Looked at first: a reader makes room for all that it is asked for. A pipe has no size.
            size = os.fstat(file.fileno()).st_size
            content = file.read(size or LARGEST_FILE + 1) if size <= LARGEST_FILE else b""
    except OSError as error:
        raise _failed(f"{path} can't be read: {error.strerror or error}.", "Choose another file.") from error
    if max(size, len(content)) > LARGEST_FILE:
        raise _failed(
            f"{path.name} is larger than {LARGEST_FILE >> 20:,} MB.", "Export fewer sessions into one file."
        )
    return content


def _failed(headline: str, advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.STORAGE, headline, advice))


def _stopped(done: int, of: int, why: Failure) -> TracksideError:
    return TracksideError(
        Failure(
            FailureKind.STORAGE,
            f"The import stopped after {done:,} of {_count(of, 'session')}: the database can't be written.",
            "Import the file again when that is mended; nothing is added twice.",
            why.detail or why.sentence,
        )
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
