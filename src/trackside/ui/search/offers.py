"""What the palette offers to do: every command that makes sense now, and what needs no keys of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtGui import QAction

from trackside.chat.session import ChatSession
from trackside.domain.settings import ThemeChoice
from trackside.domain.source import KnowledgeStore
from trackside.ui.actions import COMMANDS
from trackside.ui.desk import Desk
from trackside.ui.search.texts import matches_words
from trackside.ui.shortcuts import shown
from trackside.ui.theme import Theme
from trackside.ui.tokens import DARK


@dataclass(frozen=True, slots=True)
class Offer:
    """One line under “Commands”. `more` are further words by which it is found; one that `is_extra` is shown
    only when it is typed for."""

    name: str
    words: str
    run: Callable[[], None]
    keys: str = ""
    more: str = ""
    is_extra: bool = False


def offers(desk: Desk, theme: Theme, actions: Mapping[str, QAction]) -> list[Offer]:
    """All that can be done now, in the order of the shortcuts' list."""
    found = []
    for command in COMMANDS:
        action = actions.get(command.name)
        if action is not None and action.isEnabled() and _makes_sense(command.name, desk):
            words = _new_words(desk) if command.name == "new" else command.words
            keys = shown(action.shortcuts())
            found.append(Offer(command.name, words, action.trigger, keys, _MORE.get(command.name, "")))
            if command.name == "new":
                found += _other_stores(desk)
    return [*found, *_themes(desk, theme)]


def matching(known: list[Offer], text: str) -> list[Offer]:
    """Those that have all the typed words; without any, those that stand for themselves."""
    typed = text.casefold().split()
    if not typed:
        return [offer for offer in known if not offer.is_extra]
    return [offer for offer in known if matches_words(f"{offer.words} {offer.more}", typed)]


_MORE = {
    "new": "session",
    "export": "save file",
    "import": "open file merge json restore",
    "find": "search",
    "diagnostics": "doctor report versions problem help log bug",
    "settings": "preferences options zoom key theme",
    "zoom_in": "larger bigger",
    "zoom_out": "smaller",
    "shortcuts": "keys keyboard help",
    "quit": "exit close",
    "retry": "ask again",
}


def _makes_sense(name: str, desk: Desk) -> bool:
    opened = desk.session
    match name:
        case "search":
            return False
        case "stop":
            return opened is not None and opened.running_run is not None
        case "retry":
            return opened is not None and opened.can_retry
        case "find" | "copy_answer" | "export":
            return opened is not None and bool(opened.turns)
        case _:
            return True


def _new_words(desk: Desk) -> str:
    opened = desk.session
    is_known = opened is not None and desk.is_connected_session_open and opened.session.store_name
    return f"New session in {opened.session.store_name}" if opened and is_known else "New session"


def _other_stores(desk: Desk) -> list[Offer]:
    opened = desk.session
    current = opened.session.store_id if opened is not None and desk.is_connected_session_open else ""
    return [
        Offer(f"new in {store.id}", f"New session in {store.name}", _new_in(desk, store), is_extra=True)
        for store in desk.sources.stores
        if current and store.id != current
    ]


def _new_in(desk: Desk, store: KnowledgeStore) -> Callable[[], None]:
    def run() -> None:
        desk.new_session()
        fresh: ChatSession | None = desk.session
        if fresh is not None and not fresh.turns and desk.is_connected_session_open:
            fresh.set_store(store.id, store.name)

    return run


def _themes(desk: Desk, theme: Theme) -> list[Offer]:
    preferences = desk.preferences

    def use(choice: ThemeChoice) -> Callable[[], None]:
        return lambda: preferences.apply(replace(preferences.settings, theme=choice))

    other, words = (ThemeChoice.LIGHT, "light") if theme.tokens is DARK else (ThemeChoice.DARK, "dark")
    found = [Offer(f"theme {words}", f"Switch to {words} theme", use(other), more="colours mode appearance")]
    if preferences.settings.theme is not ThemeChoice.SYSTEM:
        follow = use(ThemeChoice.SYSTEM)
        found.append(
            Offer("theme system", "Use the system's theme", follow, more="colours mode", is_extra=True)
        )
    return found
