"""What a running answer received reaches the disk about once a second."""

import asyncio
import time

from trackside.chat.run import Keeper, Run

JOURNAL_S = 1.0


class Journaling:
    """Saves the journals of all runs, each in its own time."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def soon(self, run: Run) -> None:
        """At once when the last save is long ago, else when it will be: a stream may pause after a burst."""
        wait_s = run.journal_due - time.monotonic()
        if wait_s <= 0.0:
            self._save(run)
        elif run.journal_handle is None:
            run.journal_handle = asyncio.get_running_loop().call_later(wait_s, self._save, run)

    def _save(self, run: Run) -> None:
        if run.journal_handle is not None:
            run.journal_handle.cancel()
            run.journal_handle = None
        run.journal_due = time.monotonic() + JOURNAL_S
        events = run.journal.take()
        if events:
            self._keeper.append_journal(run.attempt.id, run.journal_seq, events)
            run.journal_seq += len(events)
