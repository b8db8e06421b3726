"""Switches the spelling of the message on and off, as the settings say."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QLocale, QObject

from trackside.chat.preferences import Preferences
from trackside.chat.spelling import Speller, Spelling
from trackside.chat.tasks import OwnedTasks
from trackside.ui.composer.message import MessageEdit
from trackside.ui.composer.misspellings import Misspellings
from trackside.ui.theme import Theme

_ALWAYS = "en_US"
"""Most footage has English words in its names, and so have questions about it."""


class SpellCheck(QObject):
    """Nothing is imported or read before it is switched on for the first time."""

    def __init__(
        self,
        message: MessageEdit,
        theme: Theme,
        preferences: Preferences,
        tasks: OwnedTasks,
        own_words: Path | None,
        load: Callable[[], Speller] | None = None,
    ) -> None:
        """`load` takes the place of this computer's dictionaries in tests."""
        super().__init__(message)
        self._message = message
        self._theme = theme
        self._preferences = preferences
        self._tasks = tasks
        self._own_words = own_words
        self.spelling = Spelling(load or self._load, _described)
        preferences.changed.connect(self._take_change)
        self._follow()

    async def aclose(self) -> None:
        await self.spelling.end()

    def _take_change(self) -> None:
        was_on = self.spelling.is_on
        self._follow()
        if self.spelling.is_on and not was_on:
            self.spelling.load()  # whoever has just switched it on sees at once when it can't work

    def _follow(self) -> None:
        is_wanted = self._preferences.settings.spell_check
        if is_wanted == self.spelling.is_on:
            return
        if not is_wanted:
            self._tasks.start(self.spelling.end())
            return
        self.spelling.begin()
        if self._message.misspellings is None:
            latin = QLocale.system().script() == QLocale.Script.LatinScript
            self._message.misspellings = Misspellings(
                self._message, self.spelling, self._theme, self._tasks, latin_only=latin
            )

    def _load(self) -> Speller:
        from trackside.chat.dictionaries import dictionaries

        return dictionaries((QLocale.system().name(), _ALWAYS), self._own_words)


def _described(error: Exception) -> str | None:
    from trackside.chat.dictionaries import NoDictionaryError

    return str(error) if isinstance(error, NoDictionaryError) else None
