"""Selecting text across turns, with the mouse and with the keyboard."""

from enum import IntEnum
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QTextCursor

from trackside.ui.transcript.places import END, EVERYTHING, QUESTION, START, Place, Selection
from trackside.ui.transcript.rows import Rows

_SCROLL_EVERY_MS = 30
_Move = QTextCursor.MoveOperation
_UPRIGHT = (_Move.Up, _Move.Down)
_BACK = (_Move.Left, _Move.Up, _Move.WordLeft, _Move.StartOfLine)
_WITHIN = (_Move.StartOfLine, _Move.EndOfLine)


class Unit(IntEnum):
    """What a drag selects whole: after one click letters, two words, three lines or paragraphs."""

    LETTER = 1
    WORD = 2
    LINE = 3


class Page(Protocol):
    """What selecting needs to know of the view."""

    @property
    def rows(self) -> Rows: ...
    def place_at(self, point: QPoint) -> Place | None: ...
    def overshoot(self, point: QPoint) -> int: ...
    def scroll_by(self, pixels: int) -> None: ...


class Selector(QObject):
    """Owns the selection. `changed` says that it looks different."""

    changed = Signal()
    offered = Signal()
    """Something was selected with the mouse; on X11 the middle button pastes it."""

    def __init__(self, page: Page, parent: QObject) -> None:
        super().__init__(parent)
        self._page = page
        self.selection: Selection | None = None
        self._unit = Unit.LETTER
        self._origin: tuple[Place, Place] | None = None
        """What the press took; a drag keeps it selected."""
        self._pointer = QPoint()
        self._column: int | None = None
        """Where the caret wants to be while it goes up and down."""
        self._scrolling = QTimer(self, interval=_SCROLL_EVERY_MS)
        self._scrolling.timeout.connect(self._scroll_on)

    @property
    def has_text(self) -> bool:
        return self.selection is not None and not self.selection.is_empty

    def clear(self) -> None:
        self._column = None
        self._set(None)

    def forget(self) -> None:
        """Other rows are shown: places mean nothing in them."""
        self.selection, self._origin = None, None
        self._scrolling.stop()

    def select_all(self) -> None:
        if len(self._page.rows):
            self._set(EVERYTHING)

    def row_changed(self, row: int) -> None:
        """A row has other text than it had; an end of the selection in it means nothing any more."""
        selection = self.selection
        if selection is not None and row in (selection.anchor.row, selection.head.row):
            self.forget()
            self.changed.emit()

    def row_grew(self, row: int) -> None:
        """A row's text went on; blocks at its end may have become fewer all the same."""
        selection = self.selection
        if selection is None or row not in (selection.anchor.row, selection.head.row):
            return
        content = self._page.rows.realised(row)
        last = content.last_part if content is not None else -1
        if any(place.row == row and last < place.part < END for place in (selection.anchor, selection.head)):
            self.row_changed(row)

    # -- the mouse -------------------------------------------------------------------------------

    def press(self, place: Place, unit: Unit, *, extends: bool) -> None:
        """A click that selects by so large a unit; `extends` with Shift."""
        self._unit, self._column = unit, None
        if extends and self.selection is not None:
            anchor = self._real(self.selection.anchor)
            self._origin = (anchor, anchor)
            self._set(Selection(anchor, place))
            return
        self._origin = self._around(place)
        self._set(Selection(*self._origin))

    def drag(self, point: QPoint) -> None:
        """The mouse moved with its button down."""
        if self._origin is None:
            return
        self._pointer = point
        place = self._page.place_at(point)
        if place is not None:
            start, end = self._around(place)
            first, last = self._origin
            if start < first:
                self._set(Selection(last, start))
            else:
                self._set(Selection(first, max(end, last)))
        is_outside = self._page.overshoot(point) != 0
        if is_outside and not self._scrolling.isActive():
            self._scrolling.start()
        elif not is_outside:
            self._scrolling.stop()

    def release(self) -> None:
        if self._origin is not None and self.has_text:
            self.offered.emit()
        self._origin = None
        self._scrolling.stop()

    def _scroll_on(self) -> None:
        beyond = self._page.overshoot(self._pointer)
        step = max(4, min(80, abs(beyond) // 2))
        self._page.scroll_by(step if beyond > 0 else -step)
        self.drag(self._pointer)

    def _around(self, place: Place) -> tuple[Place, Place]:
        if self._unit is Unit.LETTER:
            return place, place
        rendered = self._page.rows.content(place.row).rendered(place.part)
        find = rendered.word_at if self._unit is Unit.WORD else rendered.line_at
        start, end = find(place.position)
        first, last = place._replace(position=start), place._replace(position=end)
        return self._whole_line(first, last) if self._unit is Unit.LINE else (first, last)

    def _whole_line(self, first: Place, last: Place) -> tuple[Place, Place]:
        """A line that goes on in the segments before and behind, since it is a very long one."""
        content = self._page.rows.content(first.row)
        blocks = len(content.answer)
        while 0 < first.part < blocks and first.position == 0 and content.answer[first.part].continues_line:
            before = content.rendered(first.part - 1)
            start, _ = before.line_at(len(before.text))
            first = first._replace(part=first.part - 1, position=start)
        while 0 <= last.part < blocks - 1 and content.answer[last.part + 1].continues_line:
            if last.position < len(content.rendered(last.part).text):
                break
            _, end = content.rendered(last.part + 1).line_at(0)
            last = last._replace(part=last.part + 1, position=end)
        return first, last

    # -- the keyboard ----------------------------------------------------------------------------

    def extend(self, operation: QTextCursor.MoveOperation, begin: Place) -> Place | None:
        """Moves the selection's head; a first one begins at `begin`. Where the head is now."""
        if not len(self._page.rows):
            return None
        selection = self.selection or Selection(begin, begin)
        head, anchor = self._real(selection.head), self._real(selection.anchor)
        moved = self._moved(head, operation)
        self._set(Selection(anchor, moved))
        return moved

    def extend_to_end(self, begin: Place, *, is_start: bool) -> Place | None:
        """Selects from the anchor to the session's start or end."""
        if not len(self._page.rows):
            return None
        selection = self.selection or Selection(begin, begin)
        head = START if is_start else self._last()
        self._set(Selection(self._real(selection.anchor), head))
        return head

    def _last(self) -> Place:
        rows = self._page.rows
        content = rows.content(len(rows) - 1)
        part = content.last_part
        return Place(len(rows) - 1, part, len(content.rendered(part).text))

    def _real(self, place: Place) -> Place:
        return self._last() if place >= Place(len(self._page.rows), QUESTION, 0) else place

    def _moved(self, head: Place, operation: QTextCursor.MoveOperation) -> Place:
        rendered = self._page.rows.content(head.row).rendered(head.part)
        if operation in _UPRIGHT:
            if self._column is None:
                self._column = rendered.rect_of(head.position).x()
        else:
            self._column = None
        position = rendered.moved(head.position, operation, self._column)
        if position is not None:
            return head._replace(position=position)
        if operation in _WITHIN:
            return head
        beyond = self._neighbour(head, -1 if operation in _BACK else 1)
        if beyond is None:
            return head._replace(position=0 if operation in _BACK else len(rendered.text))
        other = self._page.rows.content(beyond.row).rendered(beyond.part)
        if operation in _UPRIGHT and self._column is not None:
            line = other.rect_of(len(other.text) if operation is _Move.Up else 0)
            return beyond._replace(position=other.position_at(QPoint(self._column, line.center().y())))
        return beyond._replace(position=len(other.text) if operation in _BACK else 0)

    def _neighbour(self, place: Place, step: int) -> Place | None:
        """The part before or behind, in whichever row it is."""
        rows = self._page.rows
        parts = rows.content(place.row).parts
        index = parts.index(place.part) + step
        if 0 <= index < len(parts):
            return Place(place.row, parts[index], 0)
        row = place.row + step
        if not 0 <= row < len(rows):
            return None
        parts = rows.content(row).parts
        return Place(row, parts[0] if step > 0 else parts[-1], 0)

    def _set(self, selection: Selection | None) -> None:
        if selection != self.selection:
            self.selection = selection
            self.changed.emit()
