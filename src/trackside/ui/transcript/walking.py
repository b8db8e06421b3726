"""What keys do in the transcript: walk from turn to turn, scroll, select, copy."""

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor

from trackside.ui.transcript.places import QUESTION, Place
from trackside.ui.transcript.selector import Selector

_Move = QTextCursor.MoveOperation
_SELECTING = (
    (QKeySequence.StandardKey.SelectNextChar, _Move.Right),
    (QKeySequence.StandardKey.SelectPreviousChar, _Move.Left),
    (QKeySequence.StandardKey.SelectNextWord, _Move.WordRight),
    (QKeySequence.StandardKey.SelectPreviousWord, _Move.WordLeft),
    (QKeySequence.StandardKey.SelectNextLine, _Move.Down),
    (QKeySequence.StandardKey.SelectPreviousLine, _Move.Up),
    (QKeySequence.StandardKey.SelectStartOfLine, _Move.StartOfLine),
    (QKeySequence.StandardKey.SelectEndOfLine, _Move.EndOfLine),
)
_CTRL = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


class Path(Protocol):
    """What walking asks of the view."""

    def current_row(self) -> int: ...
    def walk(self, step: int) -> None: ...
    def scroll_by(self, pixels: int) -> None: ...
    def scroll_page(self, step: int) -> None: ...
    def go_to_start(self) -> None: ...
    def follow(self) -> None: ...
    def show_place(self, place: Place) -> None: ...
    def toggle_steps(self, row: int, *, wanted: bool | None = None) -> None: ...
    def copy_selection(self) -> None: ...
    def open_menu_by_key(self) -> None: ...
    def type_on(self, text: str) -> None: ...
    def paste(self) -> None: ...


class Walking:
    """Reads keys. `press` says whether it took one."""

    def __init__(self, path: Path, selector: Selector) -> None:
        self._path = path
        self._selector = selector

    def press(self, event: QKeyEvent) -> bool:
        return self._select(event) or self._walk(event) or self._type(event)

    def _select(self, event: QKeyEvent) -> bool:
        path, selector = self._path, self._selector
        if event.matches(QKeySequence.StandardKey.Copy):
            path.copy_selection()
            return True
        if event.matches(QKeySequence.StandardKey.Paste):
            path.paste()
            return True
        if event.matches(QKeySequence.StandardKey.SelectAll):
            selector.select_all()
            return True
        begin = Place(max(0, path.current_row()), QUESTION, 0)
        for keys, operation in _SELECTING:
            if event.matches(keys):
                place = selector.extend(operation, begin)
                if place is not None:
                    path.show_place(place)
                return True
        for keys, is_start in (
            (QKeySequence.StandardKey.SelectStartOfDocument, True),
            (QKeySequence.StandardKey.SelectEndOfDocument, False),
        ):
            if event.matches(keys):
                place = selector.extend_to_end(begin, is_start=is_start)
                if place is not None:
                    path.show_place(place)
                return True
        return False

    def _walk(self, event: QKeyEvent) -> bool:
        path = self._path
        if event.modifiers() & (_CTRL | Qt.KeyboardModifier.ShiftModifier):
            return self._walk_far(event)
        match event.key():
            case Qt.Key.Key_Down:
                path.walk(1)
            case Qt.Key.Key_Up:
                path.walk(-1)
            case Qt.Key.Key_PageDown:
                path.scroll_page(1)
            case Qt.Key.Key_PageUp:
                path.scroll_page(-1)
            case Qt.Key.Key_Home:
                path.go_to_start()
            case Qt.Key.Key_End:
                path.follow()
            case Qt.Key.Key_Right:
                path.toggle_steps(path.current_row(), wanted=True)
            case Qt.Key.Key_Left:
                path.toggle_steps(path.current_row(), wanted=False)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                path.toggle_steps(path.current_row())
            case Qt.Key.Key_Menu:
                path.open_menu_by_key()
            case Qt.Key.Key_Space:
                path.scroll_page(1)
            case _:
                return False
        return True

    def _walk_far(self, event: QKeyEvent) -> bool:
        path = self._path
        if event.matches(QKeySequence.StandardKey.MoveToStartOfDocument):
            path.go_to_start()
        elif event.matches(QKeySequence.StandardKey.MoveToEndOfDocument):
            path.follow()
        elif event.key() == Qt.Key.Key_Space and not event.modifiers() & _CTRL:
            path.scroll_page(-1)
        elif event.key() == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            path.open_menu_by_key()
        else:
            return False
        return True

    def _type(self, event: QKeyEvent) -> bool:
        """Words typed here are meant for the message."""
        text = event.text()
        if not text or not text.isprintable() or event.modifiers() & _CTRL:
            return False
        self._path.type_on(text)
        return True
