"""The keys of the commands: those they came with, or those that the user chose instead."""

from collections.abc import Mapping

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence

from trackside.ui.actions import COMMANDS, Command

_TYPING = ("Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Z", "Ctrl+Y", "Ctrl+Shift+Z", "Ctrl+Shift+V")
_KEPT = ("F2", "F10", "Shift+F10", "Ctrl+Tab", "Ctrl+Shift+Tab", "Alt+F4", "Ctrl+Return", "Ctrl+Enter")
"""What the window's parts and the desktop take for themselves."""
_ALONE = range(Qt.Key.Key_F1, Qt.Key.Key_F35 + 1)
"""Keys that may be a command without Ctrl or Alt: nothing is typed with them."""
_MOVING = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Insert,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Space,
)
"""Keys that move or change a text, with Ctrl and Alt as well."""

FIXED = (
    ("Shift+Enter", "Break the line"),
    ("F2", "Rename a session"),
    ("Del", "Put a session into the trash"),
    ("Shift+F10", "The menu of what has the focus"),
)
"""Keys that can't be changed, as they are written, and what they do."""


class Shortcuts(QObject):
    """Which keys a command has now. `changed` follows every other choice."""

    changed = Signal()

    def __init__(self, chosen: Mapping[str, str]) -> None:
        """`chosen`: as `Settings.shortcuts`; names that are no command's are passed over."""
        super().__init__()
        self._chosen = dict(chosen)

    def use(self, chosen: Mapping[str, str]) -> None:
        """Applies another choice."""
        if self._chosen != chosen:
            self._chosen = dict(chosen)
            self.changed.emit()

    def sequences_of(self, name: str) -> list[QKeySequence]:
        """All keys of a command; none for one without any. An unknown name is a StopIteration."""
        return sequences(_command(name), self._chosen)

    def words_of(self, name: str) -> str:
        """The keys as this system writes them, the first where there are several; empty for none."""
        return shown(self.sequences_of(name))

    def tooltip(self, words: str, name: str) -> str:
        """The words with the command's keys behind them."""
        keys = self.words_of(name)
        return f"{words} ({keys})" if keys else words


def sequences(command: Command, chosen: Mapping[str, str]) -> list[QKeySequence]:
    """The keys that a command has with this choice."""
    if (own := chosen.get(command.name)) is None:
        return [QKeySequence(keys) for keys in command.keys]
    sequence = QKeySequence(own, QKeySequence.SequenceFormat.PortableText)
    is_known = not sequence.isEmpty() and _key_of(sequence).key() != Qt.Key.Key_unknown
    return [sequence] if is_known else []


def shown(keys: list[QKeySequence]) -> str:
    """Keys as this system writes them, the first of several; empty for none."""
    return keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else ""


def owner_of(keys: QKeySequence, chosen: Mapping[str, str], but: str = "") -> Command | None:
    """The command that has these keys now, other than the one named `but`."""
    return next((c for c in COMMANDS if c.name != but and keys in sequences(c, chosen)), None)


def with_keys(chosen: Mapping[str, str], name: str, keys: QKeySequence) -> dict[str, str]:
    """The choice in which a command has these keys, and no other has them. Empty ones leave it without."""
    after = dict(chosen)
    if not keys.isEmpty() and (owner := owner_of(keys, chosen, but=name)) is not None:
        rest = [other for other in sequences(owner, chosen) if other != keys]
        after[owner.name] = _portable(rest[0]) if rest else ""
    after[name] = _portable(keys)
    return {name: text for name, text in after.items() if not _is_default(name, text)}


def without_choice(chosen: Mapping[str, str], name: str) -> dict[str, str]:
    """The choice in which a command has the keys again that it came with, taken from whoever has them."""
    after = {other: text for other, text in chosen.items() if other != name}
    came_with = sequences(_command(name), {})
    for other, text in list(after.items()):
        if QKeySequence(text) in came_with:
            after[other] = ""
    return {other: text for other, text in after.items() if not _is_default(other, text)}


def refusal(keys: QKeySequence) -> str:
    """Why a command can't have these keys, as a sentence; empty when it can."""
    combination = _key_of(keys)
    modifiers = combination.keyboardModifiers()
    has_control = bool(modifiers & (_CONTROL | Qt.KeyboardModifier.AltModifier | _META))
    key = combination.key()
    words = keys.toString(QKeySequence.SequenceFormat.NativeText)
    if _portable(keys) in _TYPING or key in _MOVING:
        return f"{words} is needed for typing and moving."
    if _portable(keys) in _KEPT:
        return f"{words} has a fixed meaning."
    if not has_control and key not in _ALONE and key != Qt.Key.Key_Escape:
        return f"{words} alone would be typed. Take Ctrl or Alt along."
    return ""


_CONTROL = Qt.KeyboardModifier.ControlModifier
_META = Qt.KeyboardModifier.MetaModifier


def _key_of(keys: QKeySequence) -> QKeyCombination:
    first: QKeyCombination = keys[0]  # type: ignore[index]  # the stubs lack it
    return first


def _portable(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.PortableText)


def _is_default(name: str, text: str) -> bool:
    command = next((c for c in COMMANDS if c.name == name), None)
    if command is None:
        return False  # a later version's: it is kept
    return sequences(command, {name: text}) == sequences(command, {})


def _command(name: str) -> Command:
    return next(command for command in COMMANDS if command.name == name)
