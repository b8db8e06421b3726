"""The list of connections in the settings: name, host, key and limits, and which one is in use."""

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from trackside.ui.theme import Theme

_ROW_PX = 48
_MOST_ROWS = 5
_FACTS = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class ListedConnection:
    """A connection as the list shows it."""

    id: str
    name: str
    words: str
    """Host, where the key is, and what is known of rate limits."""
    is_in_use: bool


class ConnectionList(QListWidget):
    """One is selected at a time. Alt+Up and Alt+Down move it, Del asks to remove it."""

    connection_selected = Signal(str)
    move_wanted = Signal(int)
    remove_wanted = Signal()
    edit_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName("Connections")
        self.setObjectName("connections")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Painter(theme, self))
        self.currentItemChanged.connect(self._tell)

    @property
    def selected_id(self) -> str:
        """The id of the one that is selected; empty for none."""
        if self.currentRow() < 0:
            return ""
        facts: ListedConnection = self.currentItem().data(_FACTS)
        return facts.id

    def show_connections(self, listed: list[ListedConnection], selected_id: str) -> None:
        """Lists these, with one of them selected, the first if there is no such one."""
        self.blockSignals(True)
        while self.count() > len(listed):
            self.takeItem(self.count() - 1)
        while self.count() < len(listed):
            self.addItem(QListWidgetItem())
        place = 0
        for row, facts in enumerate(listed):
            item = self.item(row)
            item.setData(_FACTS, facts)
            in_use = ", in use" if facts.is_in_use else ""
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{facts.name}{in_use}, {facts.words}")
            item.setToolTip("")
            if facts.id == selected_id:
                place = row
        self.setCurrentRow(place)
        self.blockSignals(False)
        rows = min(max(1, len(listed)), _MOST_ROWS)
        self.setFixedHeight(rows * self._theme.px(_ROW_PX) + 2)
        self.scrollToItem(self.currentItem())
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        key = event.key()
        if is_alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_wanted.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Delete:
            self.remove_wanted.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.edit_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        if chosen := self.selected_id:
            self.connection_selected.emit(chosen)


class _Painter(QStyledItemDelegate):
    """Two lines, each cut to the room there is, and “in use” at the end of the first."""

    def __init__(self, theme: Theme, view: ConnectionList) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, self._theme.px(_ROW_PX))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        facts: ListedConnection = index.data(_FACTS)
        theme, px = self._theme, self._theme.px
        rect: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("accent_soft"))
        if index.row() + 1 < self._view.count():
            painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.color("line"))
        if option.state & QStyle.StateFlag.State_Selected and self._view.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        inner = rect.adjusted(px(10), px(5), -px(10), -px(5))
        mark = "in use" if facts.is_in_use else ""
        small = QFontMetrics(theme.font(12))
        mark_width = small.horizontalAdvance(mark) + px(10) if mark else 0
        half = inner.height() // 2
        top = QRect(inner.left(), inner.top(), inner.width() - mark_width, half)
        self._line(painter, inner, top, facts.name, 14, "text", is_bold=facts.is_in_use)
        if mark:
            end = QRect(inner.right() - mark_width + px(10), inner.top(), mark_width - px(9), half)
            self._line(painter, inner, end, mark, 12, "accent")
        below = QRect(inner.left(), inner.top() + half, inner.width(), inner.height() - half)
        self._line(painter, inner, below, facts.words, 12, "muted")
        painter.restore()

    def _line(
        self,
        painter: QPainter,
        row: QRect,
        place: QRect,
        words: str,
        size: int,
        role: str,
        *,
        is_bold: bool = False,
    ) -> None:
        font = self._theme.font(size, bold=is_bold)
        direction = self._view.layoutDirection()
        side = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font)
        painter.setPen(self._theme.color(role))
        painter.drawText(
            QStyle.visualRect(direction, row, place),
            QStyle.visualAlignment(direction, side) | Qt.AlignmentFlag.AlignAbsolute,
            QFontMetrics(font).elidedText(
                " ".join(words.split()), Qt.TextElideMode.ElideRight, place.width()
            ),
        )
