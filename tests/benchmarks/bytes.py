"""What reaches the disk for an answer of 1 MB that streams for a minute: saves, fold, index, checkpoints.

Counted is what the kernel says that this process has sent to the disk (`write_bytes`: whole pages, without
the file system's own journal), and what SQLite has written to its files (`wchar`), in case that is more.
Each save is synced, so that a minute's pause between them would change nothing.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, at_most
from benchmarks.kept_turns import keep_sessions
from benchmarks.technical import MEGABYTE, deltas, technical
from trackside.domain.session import Session, new_id, now
from trackside.domain.stream import (
    ContentPart,
    ItemAdded,
    ItemDone,
    ItemKind,
    OutputItem,
    PartDone,
    Response,
    ResponseStatus,
    ResponseUpdated,
    StreamDone,
    StreamEvent,
    TextDelta,
    TextDone,
)
from trackside.domain.turn import Ask, Attempt, AttemptState, Turn
from trackside.storage.database import Database
from trackside.storage.indexing import has_work, index_slice
from trackside.storage.journal import Journal
from trackside.storage.sessions import SessionStore

SAVES = 60
TURNS = 500
"""Turns that are there already, so that no table or index begins as an empty one."""
LIMIT_MB = 6.0


class Account:
    """What was written since the last look, by the name of what it was for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.pages: dict[str, float] = {}
        self.files: dict[str, float] = {}
        self._before = self._now()

    def _now(self) -> tuple[int, int]:
        self._database.read(lambda _: None).result()  # all before it is done
        facts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        return int(facts["write_bytes"]), int(facts["wchar"])

    def note(self, name: str) -> None:
        pages, files = self._now()
        self.pages[name] = self.pages.get(name, 0.0) + (pages - self._before[0]) / MEGABYTE
        self.files[name] = self.files.get(name, 0.0) + (files - self._before[1]) / MEGABYTE
        self._before = pages, files


def streamed(text: str) -> Iterator[list[StreamEvent]]:
    """The answer's events, a second of them at a time."""
    item = OutputItem(ItemKind.MESSAGE, "msg_0", "message", ResponseStatus.IN_PROGRESS)
    begun = Response("resp_1", ResponseStatus.IN_PROGRESS, session_id="sess_1", output=())
    pieces: list[StreamEvent] = [TextDelta(0, "msg_0", 0, piece) for piece in deltas(text)]
    share = -(-len(pieces) // SAVES)
    for start in range(0, len(pieces), share):
        first: list[StreamEvent] = [ResponseUpdated(begun, is_end=False), ItemAdded(0, item)]
        yield [*([] if start else first), *pieces[start : start + share]]
    part = ContentPart(text)
    done = OutputItem(ItemKind.MESSAGE, "msg_0", "message", ResponseStatus.COMPLETED, content=(part,))
    whole = Response("resp_1", ResponseStatus.COMPLETED, session_id="sess_1", output=(done,))
    yield [
        TextDone(0, "msg_0", 0, text),
        PartDone(0, "msg_0", 0, part),
        ItemDone(0, done),
        ResponseUpdated(whole, is_end=True),
        StreamDone(),
    ]


def index(database: Database) -> None:
    """Indexes what has been saved, in the slices in which the application does."""
    while database.read(has_work).result():
        database.write(index_slice).result()


def checkpoint(database: Database) -> None:
    """Writes what is only in the write-ahead log to the database."""
    database.bare(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()).result()


def spent(store: SessionStore, account: Account, text: str) -> None:
    """Saves the answer as a runner does."""
    when = now()
    session = Session(new_id(), "twelvelabs", when, when, "Bytes", store_id="ks_1")
    turn = Turn(new_id(), session.id, 0, Ask("How much is written?", "ks_1"), when)
    attempt = Attempt(new_id(), turn.id, 1)
    turn.attempts.append(attempt)
    account.note("before")
    store.add_turn(session, {}, turn)
    for state in (AttemptState.CONNECTING, AttemptState.STREAMING):
        attempt.move_to(state)
        store.save_attempt(attempt)
    index(store._database)
    account.note("the turn's beginning")
    journal, seq = Journal(), 0
    for events in streamed(text):
        for event in events:
            journal.add(event, attempt.answer)
            attempt.answer.fold(event)
        if not attempt.answer.is_over:
            entries = journal.take()
            store.append_journal(attempt.id, seq, entries)
            seq += len(entries)
            account.note("saves while it streams, with checkpoints")
    assert attempt.answer.text == text
    attempt.move_to(AttemptState.COMPLETED)
    store.save_attempt(attempt)
    account.note("its end: the whole answer saved, the journal deleted")
    index(store._database)
    account.note("the search index, with checkpoints")


@contextmanager
def a_store() -> Iterator[tuple[Database, SessionStore]]:
    # Not in the temporary directory, which may be memory: no byte of that reaches a disk.
    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[2] / ".bench") as folder:
        path = Path(folder) / "sessions.db"
        keep_sessions(path, TURNS, 1)
        database = Database(path)
        try:
            yield database, SessionStore(database, "me")
        finally:
            database.close()


def run() -> list[Figure]:
    if not sys.platform.startswith("linux"):
        return []
    (Path(__file__).parents[2] / ".bench").mkdir(exist_ok=True)
    with a_store() as (database, store):
        index(database)
        checkpoint(database)
        account = Account(database)
        spent(store, account, technical(MEGABYTE))
        del account.pages["before"], account.files["before"]
        checkpoint(database)
        account.note("the last checkpoint")
    pages, files = sum(account.pages.values()), sum(account.files.values())
    return [
        at_most("all of it, as pages on the disk", pages, LIMIT_MB, "MB", yardstick="1 MB of answer"),
        at_most("all of it, as bytes to SQLite's files", files, LIMIT_MB, "MB"),
        *(Figure(name, value, "MB") for name, value in account.pages.items()),
    ]
