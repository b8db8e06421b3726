"""The dictionaries of this computer, by way of pyenchant where that is installed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

NOT_INSTALLED = "Spelling needs the Python package pyenchant."
NO_LIBRARY = "Spelling needs the system's library libenchant."
_SUGGESTIONS = 8


class NoDictionaryError(Exception):
    """Why no spelling can be checked, as a sentence."""


class Dictionaries:
    """Several languages at once: a word is right when any of them has it. Blocks, and is for one thread."""

    def __init__(self, languages: Sequence[str], own_words: Path | None) -> None:
        """`languages`: tags such as “de_DE”; those without a dictionary are passed over.
        `own_words`: the file of the words that the user added. Raises NoDictionaryError."""
        try:
            import enchant
        except ImportError as error:
            # pyenchant raises it, too, when the library that it wraps is not there.
            is_there = getattr(error, "name", "") != "enchant"
            raise NoDictionaryError(NO_LIBRARY if is_there else NOT_INSTALLED) from error
        broker = enchant.Broker()
        tags = chosen_tags(languages, broker.list_languages())
        if not tags:
            raise NoDictionaryError(f"This computer has no dictionary for {', '.join(languages)}.")
        self._dictionaries: list[Any] = [broker.request_dict(tag) for tag in tags]
        self._own: Any = None
        if own_words is not None:
            own_words.touch(mode=0o600)
            self._own = broker.request_pwl_dict(str(own_words))
            self._dictionaries.append(self._own)

    def has(self, word: str) -> bool:
        return any(dictionary.check(word) for dictionary in self._dictionaries)

    def suggestions(self, word: str) -> list[str]:
        """Words that may be meant, the likeliest first."""
        found = [
            guess for dictionary in self._dictionaries for guess in dictionary.suggest(word)[:_SUGGESTIONS]
        ]
        return list(dict.fromkeys(found))[:_SUGGESTIONS]

    def add(self, word: str) -> None:
        """Takes a word among the user's own; for this run only where there is no file for them."""
        target = self._own or self._dictionaries[0]
        if self._own is not None:
            target.add(word)
        else:
            target.add_to_session(word)


def chosen_tags(wanted: Sequence[str], there: Sequence[str]) -> list[str]:
    """Of the dictionaries that are there one for each wanted language: the same region's, else another's."""
    chosen = []
    for tag in wanted:
        language = tag.partition("_")[0]
        same = [one for one in there if one.replace("-", "_") == tag]
        near = sorted(one for one in there if one.replace("-", "_").partition("_")[0] == language)
        if found := same or near:
            chosen.append(found[0])
    return list(dict.fromkeys(chosen))
