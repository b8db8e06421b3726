"""Paints a row of the sidebar: title, snippet, time and the state's dot."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from trackside.domain.session import SessionState
from trackside.ui.labels import elided_title
from trackside.ui.sidebar.rows import Row, RowRole
from trackside.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_DOT_ROLES = {
    SessionState.WAITING: "warning",
    SessionState.STREAMING: "accent",
    SessionState.UNREAD: "accent",
    SessionState.FAILED: "error",
}
_UNDER_WAY = {SessionState.WAITING: "Waiting…", SessionState.STREAMING: "Streaming…"}


class RowPainter(QStyledItemDelegate):
    """Draws headings and sessions, and edits a title in its place."""

    title_given = Signal(str, str)
    """A session's id and the title that was typed for it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._types: dict[float, tuple[QFont, QFontMetrics]] = {}
        theme.changed.connect(self._forget_types)
        self._open_id = ""
        self._target_ids: set[str] = set()

    def _type(self, size: float, *, is_bold: bool = False) -> tuple[QFont, QFontMetrics]:
        """A font with its measures; making them anew for every row takes longer than the painting."""
        if size not in self._types:
            font = self._theme.font(size, bold=is_bold)
            self._types[size] = font, QFontMetrics(font)
        return self._types[size]

    def _forget_types(self) -> None:
        self._types.clear()

    def show_open(self, session_id: str) -> None:
        """Which session is on the desk: it is marked even where others are selected."""
        self._open_id = session_id

    def show_targets(self, session_ids: set[str]) -> None:
        """Which sessions an open menu is about."""
        self._target_ids = session_ids

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
        if not editor.isModified():  # what is typed stands, also when the session changes meanwhile
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
        elif session.id == self._open_id:
            self._fill(painter, rect, "bubble")
        is_walked_to = (
            state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange
        )
        if is_walked_to or session.id in self._target_ids:
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), px(8), px(8))
        air = theme.gap(8)
        inner = rect.adjusted(px(10), air, -px(10), -air)
        right = self._paint_end(painter, option, inner, row)
        title_font, metrics = self._type(13.5, is_bold=True)
        place = QRect(inner.left(), inner.top(), right - inner.left(), metrics.height())
        place = QStyle.visualRect(option.direction, inner, place)
        painter.setFont(title_font)
        painter.setPen(theme.color("text"))
        title = elided_title(session.shown_title, metrics, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter, title)
        snippet_font, metrics = self._type(12)
        place = QRect(inner.left(), inner.bottom() - metrics.height() + 1, inner.width(), metrics.height())
        painter.setFont(snippet_font)
        painter.setPen(theme.color("muted"))
        words = session.snippet or " ".join(session.draft[:200].split())
        words = _UNDER_WAY.get(row.state, words)
        flags = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        if session.tags:
            tags = " · ".join(session.tags)
            tags = metrics.elidedText(tags, Qt.TextElideMode.ElideRight, inner.width() // 2)
            width = metrics.horizontalAdvance(tags)
            painter.setPen(theme.color("on_accent_soft"))
            start = QRect(place.left(), place.top(), width + 1, place.height())
            painter.drawText(QStyle.visualRect(option.direction, inner, start), flags, tags)
            place.setLeft(place.left() + width + px(8))
            place = QStyle.visualRect(option.direction, inner, place)
            painter.setPen(theme.color("muted"))
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, flags, words)

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
        font, metrics = self._type(11)
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
