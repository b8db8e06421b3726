"""The list itself. Its rows have two heights, so every place in it is arithmetic and nothing is laid out."""

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem

from trackside.domain.session import Session
from trackside.ui.sidebar.rows import SessionRows

_Index = QModelIndex | QPersistentModelIndex
_Cursor = QAbstractItemView.CursorAction
_Hint = QAbstractItemView.ScrollHint
_BUTTONS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class SessionList(QListView):
    """Shows rows, and tells of the clicks and keys that a list of sessions has.

    A QListView for those who ask what it is (screen readers), without its layout: that one asks every row for
    its size, at each change anew, and 20,000 rows would take it a fifth of a second.
    """

    opened = Signal(Session)
    """Clicked, or walked to by a key that walks."""
    clicked_on = Signal()
    entered = Signal()
    rename_wanted = Signal(QModelIndex)
    trash_wanted = Signal()
    menu_wanted = Signal(QPoint)
    """Where in the viewport."""
    drag_wanted = Signal()

    def __init__(self, rows: SessionRows) -> None:
        super().__init__()
        self._rows = rows
        self._first_heading = self._heading = self._session = 1
        self._held = Qt.KeyboardModifier.NoModifier
        self._is_dragged_out = False
        self.setModel(rows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setMouseTracking(True)

    @property
    def is_editing(self) -> bool:
        """Whether a title is being typed in its place."""
        return self.state() == QAbstractItemView.State.EditingState

    @property
    def chosen(self) -> list[Session]:
        """The selected sessions, from the top."""
        spans = sorted((r.top(), r.bottom()) for r in self._ranges)
        return [s for top, bottom in spans for s in self._rows.sessions_between(top, bottom)]

    def select_only(self, index: QModelIndex) -> None:
        """Selects this row and no other, whichever keys are held: setCurrentIndex would heed a Ctrl that is
        another shortcut's."""
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def selectAll(self) -> None:
        """As one range; a QListView asks each row whether it is hidden."""
        last = self._rows.rowCount() - 1
        if last >= 0:
            everything = QItemSelection(self._rows.index(0), self._rows.index(last))
            self.selectionModel().select(everything, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def use_heights(self, first_heading: int, heading: int, session: int) -> None:
        """The rows' heights in pixels."""
        self._first_heading, self._heading, self._session = first_heading, heading, session
        self.doItemsLayout()

    # -- places ----------------------------------------------------------------------------------

    def visualRect(self, index: _Index) -> QRect:
        if not index.isValid():
            return QRect()
        top, height = self._span(index.row())
        return QRect(0, top - self.verticalScrollBar().value(), self.viewport().width(), height)

    def indexAt(self, place: QPoint) -> QModelIndex:
        row = self._row_at(place.y() + self.verticalScrollBar().value())
        is_in = row >= 0 and 0 <= place.x() < self.viewport().width()
        return self._rows.index(row) if is_in else QModelIndex()

    def scrollTo(self, index: _Index, hint: _Hint = _Hint.EnsureVisible) -> None:
        if not index.isValid():
            return
        self.updateGeometries()
        top, height = self._span(index.row())
        bar, room = self.verticalScrollBar(), self.viewport().height()
        if hint is _Hint.PositionAtCenter:
            bar.setValue(top - (room - height) // 2)
        elif hint is _Hint.PositionAtTop or (top < bar.value() and hint is not _Hint.PositionAtBottom):
            bar.setValue(top)
        elif hint is _Hint.PositionAtBottom or top + height > bar.value() + room:
            bar.setValue(top + height - room)

    def doItemsLayout(self) -> None:
        self.updateGeometries()
        self.viewport().update()

    def updateGeometries(self) -> None:
        bar, room = self.verticalScrollBar(), self.viewport().height()
        bar.setSingleStep(max(1, self._session // 2))
        bar.setPageStep(room)
        bar.setRange(0, max(0, self._total() - room))
        self.updateEditorGeometries()

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        rect = rect.normalized().translated(0, self.verticalScrollBar().value())
        top, bottom = self._row_near(rect.top()), self._row_near(rect.bottom())
        selection = QItemSelection()
        if top >= 0:
            selection.select(self._rows.index(top), self._rows.index(bottom))
        self.selectionModel().select(selection, command)

    def moveCursor(self, action: _Cursor, _modifiers: Qt.KeyboardModifier) -> QModelIndex:
        last = self._rows.rowCount() - 1
        row = self.currentIndex().row()
        room = max(self._session, self.viewport().height() - self._session)
        match action:
            case _Cursor.MoveHome:
                row, step = 0, 1
            case _Cursor.MoveEnd:
                row, step = last, -1
            case _Cursor.MovePageUp:
                row, step = self._row_near(self._span(max(0, row))[0] - room), 1
            case _Cursor.MovePageDown:
                row, step = self._row_near(self._span(max(0, row))[0] + room), -1
            case _Cursor.MoveUp | _Cursor.MovePrevious | _Cursor.MoveLeft:
                row, step = row - 1, -1
            case _:
                row, step = row + 1, 1
        while 0 <= row <= last and self._rows.session_at(row) is None:
            row += step
        return self._rows.index(row) if 0 <= row <= last else self.currentIndex()

    def _total(self) -> int:
        return self._heading_top(self._rows.group_count)

    def _heading_top(self, group: int) -> int:
        headings = self._first_heading + (group - 1) * self._heading if group else 0
        return self._rows.group_start(group) * self._session + headings

    def _span(self, row: int) -> tuple[int, int]:
        """A row's top and height."""
        group = self._rows.group_of(row)
        top = self._heading_top(group)
        heading = self._heading if group else self._first_heading
        above = row - group - self._rows.group_start(group) if group >= 0 else 0
        return (top + heading + (above - 1) * self._session, self._session) if above else (top, heading)

    def _row_at(self, y: int) -> int:
        """The row at a height; -1 where there is none."""
        if not 0 <= y < self._total():
            return -1
        low, high = 0, self._rows.group_count
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._heading_top(middle) <= y else (low, middle)
        below = y - self._heading_top(low) - (self._heading if low else self._first_heading)
        row = self._rows.group_start(low) + low
        return row if below < 0 else row + 1 + below // self._session

    def _row_near(self, y: int) -> int:
        """The row at a height, or the first or last one; -1 if there are none."""
        return self._row_at(max(0, min(y, self._total() - 1)))

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._rows.rowCount():
            return
        painter = QPainter(self.viewport())
        offset, delegate = self.verticalScrollBar().value(), self.itemDelegate()
        hovered = QModelIndex()
        if self.viewport().underMouse():
            hovered = self.indexAt(self.viewport().mapFromGlobal(QCursor.pos()))
        current = self.currentIndex() if self.hasFocus() else QModelIndex()
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain = option.state & ~(QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus)
        first, last = (self._row_near(y + offset) for y in (event.rect().top(), event.rect().bottom()))
        for row in range(first, last + 1):
            index = self._rows.index(row)
            option.rect = self.visualRect(index)
            option.state = plain
            if self.selectionModel().isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if index == hovered:
                option.state |= QStyle.StateFlag.State_MouseOver
            if index == current:
                option.state |= QStyle.StateFlag.State_HasFocus
            delegate.paint(painter, option, index)
        painter.end()

    # -- keys and mouse --------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self._has_several
        ):
            event.accept()  # ends the selection, not the answer
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before, held = self.currentIndex(), event.modifiers() & _BUTTONS
        is_menu_key = event.key() == Qt.Key.Key_F10 and held == Qt.KeyboardModifier.ShiftModifier
        match event.key():
            case _ if self.is_editing:
                super().keyPressEvent(event)
            case Qt.Key.Key_F2:
                if before.isValid():
                    self.rename_wanted.emit(before)
            case Qt.Key.Key_Delete:
                self.trash_wanted.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.entered.emit()
            case Qt.Key.Key_Escape if self._has_several:
                self.select_only(before)
                if (session := self._rows.session_at(before.row())) is not None:
                    self.opened.emit(session)
            case _ if event.key() == Qt.Key.Key_Menu or is_menu_key:
                self.menu_wanted.emit(self._menu_place())
            case _:
                super().keyPressEvent(event)
                session = self._rows.session_at(self.currentIndex().row())
                if self.currentIndex() != before and not held and session is not None:
                    self.opened.emit(session)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        is_by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(self._menu_place() if is_by_key else event.pos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # Another button opens the menu of a session, not the session.
        if event.button() == Qt.MouseButton.LeftButton:
            self._is_dragged_out = False
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        # While a file is written for the drag, the pointer selects nothing on its way.
        if not self._is_dragged_out:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = event.modifiers()
        pressed = self.indexAt(event.position().toPoint())
        super().mouseReleaseEvent(event)
        if self._is_dragged_out or event.button() != Qt.MouseButton.LeftButton or self._held & _BUTTONS:
            return
        session = self._rows.session_at(pressed.row())
        if session is not None and pressed == self.currentIndex():
            self.opened.emit(session)
            self.clicked_on.emit()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Tells of it. What is dragged has to be written first, and this may not wait for it."""
        self._is_dragged_out = True
        self.drag_wanted.emit()

    def keyboardSearch(self, _text: str) -> None:
        """Letters lead nowhere: each would open another session."""

    @property
    def _has_several(self) -> bool:
        return sum(r.height() for r in self._ranges) > 1

    @property
    def _ranges(self) -> list[QItemSelectionRange]:
        selection = self.selectionModel().selection()
        return [selection.at(n) for n in range(selection.count())]

    def _menu_place(self) -> QPoint:
        self.scrollTo(self.currentIndex())
        return self.visualRect(self.currentIndex()).center()
