"""The computer's dictionaries, for the window."""

from collections.abc import Sequence
from pathlib import Path

from trackside.chat.spelling import Speller
from trackside.storage.dictionaries import Dictionaries, NoDictionaryError

__all__ = ["NoDictionaryError", "dictionaries"]


def dictionaries(languages: Sequence[str], own_words: Path | None) -> Speller:
    """Blocks. Raises NoDictionaryError."""
    return Dictionaries(languages, own_words)
