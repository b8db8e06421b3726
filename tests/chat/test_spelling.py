"""Misspelt words: asked off the loop, remembered, and what happens when there is no dictionary."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from trackside.chat.spelling import Spelling
from trackside.storage.dictionaries import Dictionaries, NoDictionaryError, chosen_tags


class FakeSpeller:
    """Knows a few words, and on which threads it was asked."""

    def __init__(self) -> None:
        self.words = {"the", "crane", "loads"}
        self.asked: list[str] = []
        self.threads: set[str] = set()

    def has(self, word: str) -> bool:
        self.threads.add(threading.current_thread().name)
        self.asked.append(word)
        return word in self.words

    def suggestions(self, word: str) -> list[str]:
        return ["crane", "cranes"] if word == "carne" else []

    def add(self, word: str) -> None:
        self.words.add(word)


@pytest.fixture
def speller() -> FakeSpeller:
    return FakeSpeller()


@pytest.fixture
async def spelling(speller: FakeSpeller) -> AsyncIterator[Spelling]:
    made = Spelling(lambda: speller, lambda error: None)
    made.begin()
    yield made
    await made.end()


async def known(spelling: Spelling) -> None:
    """Until what was asked for is known."""
    event = asyncio.Event()
    spelling.changed.connect(event.set)
    await asyncio.wait_for(event.wait(), 5)
    spelling.changed.disconnect(event.set)


async def test_a_word_is_wrong_once_that_is_known(spelling: Spelling, speller: FakeSpeller) -> None:
    assert not spelling.is_wrong("carne")
    assert not spelling.is_wrong("crane")
    await known(spelling)
    assert spelling.is_wrong("carne")
    assert not spelling.is_wrong("crane")
    assert sorted(speller.asked) == ["carne", "crane"]
    assert all(name.startswith("trackside-spelling") for name in speller.threads)


async def test_an_added_word_is_right(spelling: Spelling) -> None:
    spelling.is_wrong("jockey")
    await known(spelling)
    assert spelling.is_wrong("jockey")
    await spelling.add("jockey")
    assert not spelling.is_wrong("jockey")


async def test_others_are_suggested(spelling: Spelling) -> None:
    spelling.is_wrong("carne")
    await known(spelling)
    assert await spelling.suggestions("carne") == ["crane", "cranes"]
    assert await spelling.suggestions("xyzzy") == []


async def test_nothing_is_wrong_while_it_is_off(speller: FakeSpeller) -> None:
    spelling = Spelling(lambda: speller, lambda error: None)
    assert not spelling.is_wrong("carne")
    await spelling.end()
    assert speller.asked == []


async def test_without_a_dictionary_it_is_said_once_and_nothing_is_wrong() -> None:
    def load() -> FakeSpeller:
        raise LookupError("no words here")

    spelling = Spelling(load, str)
    told: list[str] = []
    spelling.problem.connect(told.append)
    spelling.begin()
    spelling.is_wrong("carne")
    async with asyncio.timeout(5):
        while not told:  # noqa: ASYNC110 -- a signal of Qt, not an event
            await asyncio.sleep(0.005)
    assert told == [spelling.why_not] == ["no words here"]
    assert not spelling.is_wrong("carne")
    assert await spelling.suggestions("carne") == []
    await spelling.end()
    spelling.begin()  # whoever has installed one since switches it on again
    assert (spelling.why_not, told[-1]) == ("", "")
    spelling.load()
    async with asyncio.timeout(5):
        while not spelling.why_not:  # noqa: ASYNC110 -- a signal of Qt, not an event
            await asyncio.sleep(0.005)
    await spelling.end()


async def test_a_library_that_fails_is_logged_and_worded(caplog: pytest.LogCaptureFixture) -> None:
    def load() -> FakeSpeller:
        raise RuntimeError("broken")

    spelling = Spelling(load, lambda error: None)
    spelling.begin()
    spelling.is_wrong("carne")
    async with asyncio.timeout(5):
        while not spelling.why_not:  # noqa: ASYNC110 -- a signal of Qt, not an event
            await asyncio.sleep(0.005)
    assert spelling.why_not == "The dictionaries of this computer can't be used."
    assert "RuntimeError" in caplog.text
    assert "broken" not in caplog.text  # it may name a word of the question
    await spelling.end()


def test_the_same_region_s_dictionary_goes_before_another() -> None:
    there = ["de_BE", "de_DE", "en_US", "en_GB", "fr"]
    assert chosen_tags(["de_DE", "en_US"], there) == ["de_DE", "en_US"]
    assert chosen_tags(["de_AT"], there) == ["de_BE"]
    assert chosen_tags(["fr_CA", "en_AU"], there) == ["fr", "en_GB"]
    assert chosen_tags(["sv_SE"], there) == []
    assert chosen_tags(["en_US", "en_US"], there) == ["en_US"]


def test_this_computer_s_dictionaries(tmp_path: Path) -> None:
    """Where there are any."""
    try:
        words = Dictionaries(["en_US"], tmp_path / "own.txt")
    except NoDictionaryError as error:
        pytest.skip(str(error))
    assert words.has("harbor")
    assert not words.has("harbuor")
    assert words.suggestions("harbuor")
    words.add("harbuor")
    assert words.has("harbuor")
    assert (tmp_path / "own.txt").stat().st_mode & 0o077 == 0


def test_without_the_package_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "enchant", None)
    with pytest.raises(NoDictionaryError, match="pyenchant"):
        Dictionaries(["en_US"], None)
