"""Garbage is looked for in quiet moments only."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from trackside import collecting
from trackside.collecting import QuietCollection


class Ring:
    """Garbage as soon as nobody knows it: it knows itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = gc.get_threshold()
    monkeypatch.setattr(collecting, "QUIET_MS", 200)
    gc.collect()
    gc.disable()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)
    gc.enable()


def test_garbage_goes_in_a_quiet_moment_whenever_it_was_made(quickly: None, qtbot: QtBot) -> None:
    owner = QObject()
    collection = QuietCollection(owner)
    early = weakref.ref(Ring())
    collection.begin()
    late = weakref.ref(Ring())
    assert early() is not None
    assert late() is not None
    collection.postpone()
    qtbot.waitUntil(lambda: early() is None and late() is None)


def test_quiet_moment_is_put_off_while_something_goes_on(quickly: None, qtbot: QtBot) -> None:
    owner = QObject()
    collection = QuietCollection(owner)
    collection.begin()
    garbage = weakref.ref(Ring())
    for _ in range(5):
        collection.postpone()
        qtbot.wait(5)
        assert garbage() is not None
    qtbot.waitUntil(lambda: garbage() is None)
