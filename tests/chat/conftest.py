"""The chat's tests run on the window's own loop: qasync, not asyncio's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
from PySide6.QtWidgets import QApplication

from chat.support import World
from trackside.loop import TracksideEventLoop


@pytest.hookimpl
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Every coroutine test in this folder runs on Qt's loop."""
    return {"qt": lambda: TracksideEventLoop(QApplication.instance() or QApplication([]))}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A runner, a store in memory and a library; afterwards nothing runs and no save has failed."""
    made = World()
    await made.database.opened()
    yield made
    await made.aclose()
