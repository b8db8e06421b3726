"""Every command with its keys, in one table: the shortcuts, their list (F1) and the tests read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from trackside.ui.shortcuts import Shortcuts


@dataclass(frozen=True, slots=True)
class Command:
    """`keys` as Qt writes them (Ctrl is Cmd on macOS); the first is the one that is shown. One without any
    is found among the commands of the search."""

    name: str
    words: str
    keys: tuple[str, ...]


COMMANDS = (
    Command("new", "New session", ("Ctrl+N",)),
    Command("search", "Search and commands", ("Ctrl+K",)),
    Command("find", "Find in this session", ("Ctrl+F",)),
    Command("stop", "Stop the answer", ("Esc",)),
    Command("retry", "Retry the last question", ("Ctrl+R",)),
    Command("copy_answer", "Copy the last answer", ("Ctrl+Shift+C",)),
    Command("export", "Export this session", ("Ctrl+E",)),
    Command("export_all", "Export all sessions", ("Ctrl+Shift+E",)),
    Command("import", "Import sessions…", ()),
    Command("sidebar", "Show or hide the sidebar", ("Ctrl+B",)),
    Command("inspector", "Show or hide the inspector", ("Ctrl+I",)),
    Command("tab_1", "Instructions", ("Alt+1",)),
    Command("tab_2", "Schema", ("Alt+2",)),
    Command("tab_3", "Sources", ("Alt+3",)),
    Command("tab_4", "Request", ("Alt+4",)),
    Command("previous", "Previous session", ("Ctrl+PgUp",)),
    Command("next", "Next session", ("Ctrl+PgDown",)),
    Command("settings", "Settings", ("Ctrl+,",)),
    Command("zoom_in", "Zoom in", ("Ctrl+=", "Ctrl++")),
    Command("zoom_out", "Zoom out", ("Ctrl+-",)),
    Command("zoom_reset", "Zoom to 100 %", ("Ctrl+0",)),
    Command("diagnostics", "Diagnostics", ()),
    Command("shortcuts", "All shortcuts", ("F1",)),
    Command("quit", "Quit", ("Ctrl+Q",)),
)


def install(
    window: QWidget, shortcuts: Shortcuts, slots: dict[str, Callable[[], None]]
) -> dict[str, QAction]:
    """Gives the window an action for every command, and returns them by the commands' names. Their keys
    follow the shortcuts. A command without a slot is a KeyError."""
    actions = {}
    for command in COMMANDS:
        action = QAction(command.words, window)
        slot = slots[command.name]
        action.triggered.connect(lambda _=False, slot=slot: slot())
        window.addAction(action)
        actions[command.name] = action

    def give_keys() -> None:
        for name, action in actions.items():
            action.setShortcuts(shortcuts.sequences_of(name))

    shortcuts.changed.connect(give_keys)
    give_keys()
    return actions
