"""kill -9 in mid-stream: what was received is there at the next start, but for about a second."""

import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from benchmarks.kill import killed as killed_at_random
from processes import started
from trackside.domain.turn import AttemptState
from trackside.sandbox.server import SandboxServer
from trackside.storage.database import Database
from trackside.storage.owners import Owner
from trackside.storage.sessions import SessionStore

PACE = 120.0
TEXT = " ".join(f"{number}" for number in range(2_000))
MISSING_S = 1.5


@pytest.fixture
def slow(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    shared_sandbox.set_pace(PACE)
    yield shared_sandbox
    shared_sandbox.set_pace(0.0)


def killed(sandbox: SandboxServer, folder: Path, delay_s: float) -> str:
    """Asks, and kills the process so long after its first character; what it had printed by then."""
    with httpx.Client(trust_env=False, headers={"x-api-key": "k"}) as client:
        stores = client.get(f"{sandbox.base_url}/knowledge-stores").json()["data"]
    arguments = ["ask", f"/echo {TEXT}", "--store", stores[0]["_id"], "--base-url", sandbox.base_url]
    with started(*arguments, "--data-dir", str(folder)) as process:
        assert process.stdout is not None
        begun = process.stdout.read(1)
        time.sleep(delay_s)
        process.kill()
        return begun + process.stdout.read()


@asynccontextmanager
async def restarted(folder: Path) -> AsyncIterator[tuple[SessionStore, int]]:
    """The store as the next start has it, and how many attempts were recovered."""
    owner = Owner(folder / "instances", "next")
    database = Database(folder / "sessions.db")
    try:
        store = SessionStore(database, owner.token)
        yield store, await store.recover(owner.is_alive)
    finally:
        database.close()
        owner.release()


# Before the second save, about it, and after a few.
@pytest.mark.parametrize("delay_s", [random.Random(n).uniform(0.0, 0.45) for n in range(3)] + [1.2])
async def test_a_killed_process_loses_about_a_second(
    delay_s: float, slow: SandboxServer, tmp_path: Path
) -> None:
    shown = killed(slow, tmp_path, delay_s)
    assert shown
    async with restarted(tmp_path) as (store, count):
        (session,) = await store.sessions()
        detail = await store.session(session.id)
    assert detail is not None
    (turn,) = detail.turns
    (attempt,) = turn.attempts
    assert turn.ask.question == f"/echo {TEXT}"
    assert (count, attempt.state) == (1, AttemptState.INTERRUPTED)
    text = attempt.answer.text
    assert TEXT.startswith(text)
    assert TEXT.startswith(shown)
    assert len(shown.split()) - len(text.split()) <= MISSING_S * PACE
    assert (session.server_session_id or "").startswith("sess_")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks the processes that are killed")
def test_whatever_goes_on_a_kill_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    """Several answers at once that begin, end, are stopped, asked again, copied with their sessions."""
    toll = killed_at_random(8, tmp_path, at_once=2, longest_s=0.7)
    assert toll.faults == []
    assert toll.kills == 8
    assert toll.running
    assert len(toll.losses_s) == toll.running


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks the processes that die")
def test_death_at_any_statement_leaves_all_that_was_promised(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", "storage.dying", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    *faults, deaths = done.stdout.splitlines() or ["it told nothing"]
    assert not faults, "\n".join(faults)
    assert done.returncode == 0, done.stderr
    assert int(deaths) > 50
