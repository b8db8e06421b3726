"""What the window tests share."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from PySide6.QtWidgets import QApplication

from desktop.hand import Hand
from trackside.domain.session import Session, SessionState
from trackside.sandbox.server import SandboxServer
from trackside.ui.sidebar.rows import RowRole

KEY = "tlk_TestKeyThatMustNotBeSeen"
Work = Callable[[Hand], Awaitable[None]]


class OpenWindow(Protocol):
    """Opens a window on the test's data directory and closes it when the work is done."""

    def __call__(self, work: Work, **how: Any) -> None: ...


def asked(service: SandboxServer) -> list[dict[str, Any]]:
    """The bodies of the questions that reached the service."""
    return [r.body for r in service.requests if r.path.endswith("/responses") and isinstance(r.body, dict)]


def tries(service: SandboxServer) -> int:
    """How often a question was sent, refused ones included."""
    return sum(r.path.endswith("/responses") for r in service.requests)


def copied() -> str:
    """What was copied last."""
    return QApplication.clipboard().text()


def rows(hand: Hand) -> list[tuple[str, SessionState]]:
    """The sidebar's sessions from the top, with what their dots say."""
    model = hand.window.sidebar.list.model()
    entries = [model.index(n, 0).data(RowRole.ENTRY) for n in range(model.rowCount())]
    return [(e.session.shown_title, e.state) for e in entries if isinstance(e.session, Session)]


async def until_rows(hand: Hand, *expected: tuple[str, SessionState]) -> None:
    """Until the sidebar shows just these; it follows what happens a moment later."""
    await hand.until(lambda: rows(hand) == list(expected), f"{expected}")


async def choose(hand: Hand, title: str) -> None:
    """Clicks a session in the sidebar."""
    view = hand.window.sidebar.list
    model = view.model()
    index = next(i for n in range(model.rowCount()) if (i := model.index(n, 0)).data() == title)
    await hand.click_on(view.viewport(), view.visualRect(index).center())
