"""kill -9 at random moments: what is lost of that which was saved, and of that which was being received."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figure, at_most
from benchmarks.logged_service import LoggedService
from benchmarks.processes import line_of, started
from trackside.domain.turn import Attempt, AttemptState
from trackside.storage.database import Database
from trackside.storage.owners import Owner
from trackside.storage.sessions import SessionStore

KILLS = 200
AT_ONCE = 3
"""Data directories in which something runs and dies at the same time."""
LONGEST_S = 3.0
LOSS_S = 1.5


@dataclass
class Toll:
    """What the kills have cost so far."""

    kills: int = 0
    running: int = 0
    """Answers that were under way when their process died."""
    losses_s: list[float] = field(default_factory=list)
    """Of each of them: how long before the kill the first word was sent that is lost; 0 for none."""
    faults: list[str] = field(default_factory=list)


class Ground:
    """A data directory whose process is killed again and again."""

    def __init__(self, folder: Path, service: LoggedService, toll: Toll) -> None:
        self._folder = folder
        self._service = service
        self._toll = toll
        self._promises = folder / "promises"
        self._known: set[str] = set()
        self._unclaimed: list[str] = []
        """Responses that no attempt knows of, in this directory or in another."""
        folder.mkdir()

    @property
    def order(self) -> tuple[Path, Path]:
        return self._folder, self._promises

    def judge(self, killed_at: float) -> None:
        """Opens what the dead process has left as the next start does."""
        toll = self._toll
        toll.kills += 1
        attempts, questions = asyncio.run(self._recovered())
        turns = set(questions)
        told = self._promises.read_text() if self._promises.exists() else ""
        promised = [line.split() for line in told.splitlines()]
        for kind, identity, *facts in promised:
            if kind == "turn" and identity not in turns:
                toll.faults.append(f"the turn {identity} is gone")
            elif kind == "attempt" and identity not in attempts:
                toll.faults.append(f"the attempt {identity} is gone")
            elif kind == "ended":
                attempt = attempts.get(identity)
                if attempt is None or [attempt.state.value, str(len(attempt.answer.text))] != facts:
                    toll.faults.append(f"the end of {identity} is gone")
        claimed = {attempt.answer.response_id for attempt in attempts.values()}
        self._unclaimed = [response for response in self._service.sent if response not in claimed]
        ended = {identity for kind, identity, *_ in promised if kind == "ended"}
        for attempt in attempts.values():
            if attempt.id not in self._known:
                self._known.add(attempt.id)
                self._judge(attempt, questions[attempt.turn_id], attempt.id in ended, killed_at)

    def _judge(self, attempt: Attempt, question: str, has_ended: bool, killed_at: float) -> None:
        """Of an attempt that is new since the kill before."""
        toll, words = self._toll, attempt.answer.text.split()
        if not attempt.state.is_final:
            toll.faults.append(f"{attempt.id} is still {attempt.state}")
        response_id = attempt.answer.response_id
        if any(word != f"{response_id}-{place:04}" for place, word in enumerate(words)):
            toll.faults.append(f"{attempt.id} has words of another answer, or lacks some between")
        if has_ended or attempt.state is not AttemptState.INTERRUPTED:
            return
        if response_id is None:  # nothing of it was saved: what may have been sent for it is all lost
            response_id = next((r for r in self._unclaimed if self._service.questions[r] == question), None)
        if response_id is not None:
            toll.running += 1
            lost = [when for when in self._service.sent[response_id][len(words) :] if when < killed_at]
            toll.losses_s.append(killed_at - lost[0] if lost else 0.0)

    async def _recovered(self) -> tuple[dict[str, Attempt], dict[str, str]]:
        """All attempts by their ids, and what was asked by the turns' ids."""
        owner = Owner(self._folder / "instances", f"judge{self._toll.kills}")
        database = Database(self._folder / "sessions.db")
        try:
            await database.opened()
            if database.set_aside is not None:
                self._toll.faults.append("the database was corrupt")
            store = SessionStore(database, owner.token)
            await store.recover(owner.is_alive)
            found = await database.fetch(_faults_of)
            self._toll.faults += found
            attempts: dict[str, Attempt] = {}
            questions: dict[str, str] = {}
            for session in await store.sessions():
                detail = await store.session(session.id)
                assert detail is not None
                for turn in detail.turns:
                    questions[turn.id] = turn.ask.question
                    attempts |= {attempt.id: attempt for attempt in turn.attempts}
            return attempts, questions
        finally:
            database.close()
            owner.release()


def _faults_of(db: sqlite3.Connection) -> list[str]:
    found = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    found += [f"a row of {row[0]} belongs to nothing" for row in db.execute("PRAGMA foreign_key_check")]
    (left,) = db.execute("SELECT count(*) FROM journal").fetchone()
    return found + ([f"{left} rows of journals are left"] if left else [])


def killed(kills: int, folder: Path, *, at_once: int = AT_ONCE, longest_s: float = LONGEST_S) -> Toll:
    """Starts chats and kills each at a moment that nobody chose."""
    toll, service, chance = Toll(), LoggedService(), random.Random()
    with started("-m", "benchmarks.killed", service.start()) as forge:
        assert forge.stdin is not None
        stdin, asking, left = forge.stdin, threading.Lock(), iter(range(kills))

        def begun(ground: Ground) -> int:
            with asking:
                stdin.write(" ".join((*map(str, ground.order), str(chance.random()))) + "\n")
                stdin.flush()
                return int(line_of(forge))

        def kill_again_and_again(ground: Ground) -> None:
            while next(left, None) is not None:
                process = begun(ground)
                time.sleep(chance.uniform(0.02, longest_s))
                killed_at = time.monotonic()
                os.kill(process, signal.SIGKILL)
                while _is_there(process):
                    time.sleep(0.002)
                ground.judge(killed_at)

        with ThreadPoolExecutor(at_once) as pool:
            grounds = [Ground(folder / str(number), service, toll) for number in range(at_once)]
            for done in [pool.submit(kill_again_and_again, ground) for ground in grounds]:
                done.result()
    service.stop()
    return toll


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def run() -> list[Figure]:
    if not hasattr(os, "fork"):
        return []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        toll = killed(KILLS, Path(folder))
    for fault in toll.faults:
        sys.stderr.write(f"{fault}\n")
    worst = max(toll.losses_s, default=0.0)
    losses = sorted(toll.losses_s)
    return [
        Figure("kills", toll.kills, ""),
        Figure("answers that were under way", toll.running, ""),
        at_most("saved turns lost, damages and other faults", len(toll.faults), 0, ""),
        at_most("text lost of a running answer, worst", worst, LOSS_S, "s"),
        Figure("text lost of a running answer, median", losses[len(losses) // 2] if losses else 0.0, "s"),
        Figure("all of it took", time.monotonic() - began, "s"),
    ]
