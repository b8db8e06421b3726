"""Paints a row of the sidebar: title, snippet, time and the state's dot."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from trackside.domain.session import SessionState
from trackside.ui.sidebar.rows import Row, RowRole
from trackside.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_DOT_ROLES = {
    SessionState.STREAMING: "accent",
    SessionState.UNREAD: "accent",
    SessionState.FAILED: "error",
}


class RowPainter(QStyledItemDelegate):
    """Draws headings and sessions, and edits a title in its place."""

    title_given = Signal(str, str)
    """A session's id and the title that was typed for it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        row = index.data(RowRole.ENTRY)
        if row.session is not None:
            return QSize(0, self._theme.px(55))
        return QSize(0, self._theme.px(24 if index.row() == 0 else 34))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row: Row = index.data(RowRole.ENTRY)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect
        if row.session is None:
            self._paint_heading(painter, rect, row.heading)
        else:
            self._paint_session(painter, option, row)
        painter.restore()

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: _Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setMaxLength(200)
        editor.setAccessibleName("Session title")
        return editor

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(index.data(Qt.ItemDataRole.EditRole))
        editor.selectAll()

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: _Index) -> None:
        assert isinstance(editor, QLineEdit)
        session = index.data(RowRole.ENTRY).session
        title = editor.text().strip()
        if session is not None and title and title != session.shown_title:
            self.title_given.emit(session.id, title)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index) -> None:
        px = self._theme.px
        rect: QRect = option.rect
        editor.setGeometry(rect.adjusted(px(3), px(8), -px(3), -px(9)))

    def _paint_heading(self, painter: QPainter, rect: QRect, heading: str) -> None:
        font = self._theme.font(11)
        font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, 0.6)
        painter.setFont(font)
        painter.setPen(self._theme.color("muted"))
        place = rect.adjusted(self._theme.px(8), 0, -self._theme.px(8), -self._theme.px(5))
        flags = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading
        painter.drawText(place, flags, heading.upper())

    def _paint_session(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        theme, px = self._theme, self._theme.px
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        session = row.session
        assert session is not None
        if state & QStyle.StateFlag.State_Selected:
            self._fill(painter, rect, "accent_soft")
        elif state & QStyle.StateFlag.State_MouseOver:
            self._fill(painter, rect, "hover")
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), px(8), px(8))
        inner = rect.adjusted(px(10), px(8), -px(10), -px(8))
        right = self._paint_end(painter, option, inner, row)
        title_font = theme.font(13.5, bold=True)
        metrics = QFontMetrics(title_font)
        place = QRect(inner.left(), inner.top(), right - inner.left(), metrics.height())
        place = QStyle.visualRect(option.direction, inner, place)
        painter.setFont(title_font)
        painter.setPen(theme.color("text"))
        title = metrics.elidedText(session.shown_title, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter, title)
        snippet_font = theme.font(12)
        metrics = QFontMetrics(snippet_font)
        place = QRect(inner.left(), inner.bottom() - metrics.height() + 1, inner.width(), metrics.height())
        painter.setFont(snippet_font)
        painter.setPen(theme.color("muted"))
        words = session.snippet or " ".join(session.draft[:200].split())
        words = "Streaming…" if row.state is SessionState.STREAMING else words
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_end(self, painter: QPainter, option: QStyleOptionViewItem, inner: QRect, row: Row) -> int:
        """The dot or the time at the row's end; returns where the title has to stop, read from the left."""
        theme, px = self._theme, self._theme.px
        if (role := _DOT_ROLES.get(row.state)) is not None:
            size = px(8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(role))
            place = QRect(inner.right() - size, inner.top() + px(5), size, size)
            painter.drawEllipse(QStyle.visualRect(option.direction, inner, place))
            return inner.right() - size - px(8)
        font = theme.font(11)
        metrics = QFontMetrics(font)
        width = metrics.horizontalAdvance(row.when)
        painter.setFont(font)
        painter.setPen(theme.color("muted"))
        place = QRect(inner.right() - width, inner.top() + px(1), width + 1, metrics.height())
        place = QStyle.visualRect(option.direction, inner, place)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter, row.when)
        return inner.right() - width - px(8)

    def _fill(self, painter: QPainter, rect: QRect, role: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(role))
        painter.drawRoundedRect(rect, self._theme.px(8), self._theme.px(8))
