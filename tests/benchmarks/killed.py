"""What is killed: a chat with several answers at once, where all goes on that can, on real files.

`python -m benchmarks.killed BASE_URL` reads lines of a folder, a file for promises and a seed, and forks a
chat for each, so that none has to wait for its imports; it prints their process ids. What a chat was told to
be on the disk it promises in its file: nothing of that may be missing after its death.
"""

import asyncio
import os
import random
import signal
import sys
from concurrent.futures import Future
from pathlib import Path

from trackside.chat.library import SessionLibrary
from trackside.chat.session import ChatSession
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.connection import Connection, Secrets
from trackside.domain.session import Session, new_id
from trackside.domain.turn import Attempt, Turn
from trackside.protocol.client import ServiceClient
from trackside.protocol.retry import RetryPolicy
from trackside.storage.database import Database
from trackside.storage.journal import Journal
from trackside.storage.owners import Owner
from trackside.storage.sessions import SessionStore

CHATS = 3
"""Sessions in which something goes on at the same time."""


class Promising(SessionStore):
    """Writes down what has been committed, as soon as it is. One write a line, which survives the process."""

    def __init__(self, database: Database, owner: str, promises: int) -> None:
        super().__init__(database, owner)
        self._promises = promises

    def _promise(self, future: Future[None], *words: object) -> Future[None]:
        line = f"{' '.join(map(str, words))}\n".encode()

        def note(done: Future[None]) -> None:
            if done.exception() is None:
                os.write(self._promises, line)

        future.add_done_callback(note)
        return future

    def add_turn(self, session: Session, changes: object, turn: Turn) -> Future[None]:  # type: ignore[override]
        return self._promise(super().add_turn(session, changes, turn), "turn", turn.id)  # type: ignore[arg-type]

    def add_attempt(self, attempt: Attempt) -> Future[None]:
        return self._promise(super().add_attempt(attempt), "attempt", attempt.id)

    def save_attempt(self, attempt: Attempt) -> Future[None]:
        saved = super().save_attempt(attempt)
        if not attempt.state.is_final:
            return saved
        return self._promise(saved, "ended", attempt.id, attempt.state.value, len(attempt.answer.text))


async def chat(base_url: str, folder: Path, promises: int, seed: str) -> None:
    """Asks, stops, asks again and branches until it is killed."""
    chance = random.Random(seed)
    (folder / "instances").mkdir(parents=True, exist_ok=True)
    owner = Owner(folder / "instances", new_id())
    database = Database(folder / "sessions.db")
    await database.opened()
    store = Promising(database, owner.token, promises)
    await store.recover(owner.is_alive)
    client = ServiceClient(Connection("twelvelabs", "Killed", base_url), Secrets("tlk_benchmark"))

    async def client_of(_connection_id: str) -> ServiceClient:
        return client

    library = SessionLibrary(store, TurnRunner(store, RetryPolicy, Journal), client_of)
    await library.load()
    await asyncio.gather(*(_converse(library, store, random.Random(chance.random())) for _ in range(CHATS)))


async def _converse(library: SessionLibrary, store: SessionStore, chance: random.Random) -> None:
    opened = library.create("twelvelabs")
    opened.set_store("ks_1", "Store")
    while True:
        if opened.turns and chance.random() < 0.25:
            opened.retry()
        else:
            opened.ask(f"/words {chance.choice((3, 20, 80, 400))} {chance.choice((60, 150, 300))} {new_id()}")
        if chance.random() < 0.3:
            await asyncio.sleep(chance.uniform(0, 0.4))
            opened.stop()
        ended = asyncio.Event()
        opened.attempt_ended.connect(lambda _, ended=ended: ended.set())
        while opened.running_run is not None:
            await ended.wait()
        if chance.random() < 0.2:
            await _branch(library, store, opened)


async def _branch(library: SessionLibrary, store: SessionStore, opened: ChatSession) -> None:
    session = opened.session
    copy = Session(new_id(), session.connection_id, session.created_at, session.updated_at, "Branch")
    await store.branch(session.id, copy, len(opened.turns))


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        folder, promises, seed = line.split()
        child = os.fork()
        if child == 0:
            file = os.open(promises, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.close(1)
            asyncio.run(chat(sys.argv[1], Path(folder), file, seed))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
