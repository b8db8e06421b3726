"""What a notification says, and what shows one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Note:
    """One notification. Another with the same `about` takes its place; a click on it leads there."""

    about: str
    """The id of a session."""
    headline: str
    text: str
    is_bad: bool = False


class Notifier(Protocol):
    """Shows notifications outside the window. `on_clicked` hears what a clicked one was about, and the
    desktop's leave for the window to come forward, if there is one."""

    on_clicked: Callable[[str, str], None] | None

    async def show(self, note: Note) -> str:
        """Shows it; what is returned says why it can't be, empty when it is."""
        ...

    async def withdraw(self) -> None:
        """Takes back what is still shown."""
        ...

    async def aclose(self) -> None: ...
