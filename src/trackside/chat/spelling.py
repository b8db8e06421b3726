"""Which words are misspelt: asked on a thread of its own, remembered here."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from PySide6.QtCore import QObject, Signal

_KEPT_WORDS = 20_000
_log = logging.getLogger(__name__)


class Speller(Protocol):
    """What knows words. It is called on one thread alone."""

    def has(self, word: str) -> bool: ...
    def suggestions(self, word: str) -> list[str]: ...
    def add(self, word: str) -> None: ...


class Spelling(QObject):
    """`changed` comes when more is known than before, `problem` says once why nothing will be."""

    changed = Signal()
    problem = Signal(str)

    def __init__(self, load: Callable[[], Speller], describe: Callable[[Exception], str | None]) -> None:
        """`load` blocks; what it raises `describe` turns into a sentence, or into None for a bug."""
        super().__init__()
        self._load = load
        self._describe = describe
        self._thread: ThreadPoolExecutor | None = None
        self._speller: Speller | None = None
        self._known: dict[str, bool] = {}
        self._wanted: set[str] = set()
        self._asking: asyncio.Task[None] | None = None
        self.why_not = ""
        """Why nothing can be checked; empty while it may be."""

    @property
    def is_on(self) -> bool:
        return self._thread is not None

    def begin(self) -> None:
        """Checks from now on; after a problem it is tried again."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="trackside-spelling")
            if self.why_not:
                self.why_not = ""
                self.problem.emit("")
            self.changed.emit()

    def load(self) -> None:
        """Finds out now whether anything can be checked, instead of with the first word."""
        if self._thread is not None and not self.why_not:
            self._ask_soon()

    async def end(self) -> None:
        """Checks no longer."""
        thread, self._thread = self._thread, None
        if self._asking is not None:
            await asyncio.wait({self._asking})
        if thread is not None:
            await asyncio.to_thread(thread.shutdown)
        self._speller = None
        self.changed.emit()

    def is_wrong(self, word: str) -> bool:
        """Whether a word is misspelt, as far as it is known by now; `changed` follows when it is."""
        if self._thread is None or self.why_not:
            return False
        if (is_right := self._known.get(word)) is not None:
            return not is_right
        self._wanted.add(word)
        self._ask_soon()
        return False

    async def suggestions(self, word: str) -> list[str]:
        """Words that may be meant."""
        speller = self._speller
        if speller is None or self._thread is None:
            return []
        found = asyncio.get_running_loop().run_in_executor(self._thread, speller.suggestions, word)
        return await found

    async def add(self, word: str) -> None:
        """Takes a word among the user's own."""
        speller = self._speller
        if speller is None or self._thread is None:
            return
        await asyncio.get_running_loop().run_in_executor(self._thread, speller.add, word)
        self._known[word] = True
        self.changed.emit()

    def _ask_soon(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._ask(), name="spelling")

    async def _ask(self) -> None:
        while (self._wanted or self._speller is None) and self._thread is not None:
            words, self._wanted = self._wanted, set()
            try:
                answer = await asyncio.get_running_loop().run_in_executor(self._thread, self._look_up, words)
            except Exception as error:  # noqa: BLE001 -- whatever the library raises ends the checking, in words
                self._give_up(error)
                return
            if len(self._known) > _KEPT_WORDS:
                self._known.clear()
            self._known |= answer
            self.changed.emit()

    def _look_up(self, words: set[str]) -> dict[str, bool]:
        if self._speller is None:
            self._speller = self._load()
        return {word: self._speller.has(word) for word in words}

    def _give_up(self, error: Exception) -> None:
        words = self._describe(error)
        if words is None:
            # What the library says may name a word of the question.
            _log.warning("spelling can't be checked: %s", type(error).__name__)
            words = "The dictionaries of this computer can't be used."
        self.why_not = words
        self.problem.emit(words)
