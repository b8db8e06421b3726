"""Paints a line of the palette: a title, what was found with its marks, and a time or keys at the end."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from trackside.ui.search.entries import Entry, EntryKind, EntryRole
from trackside.ui.search.texts import MarkedLine, fitted, is_right_to_left, utf16_spans
from trackside.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_HEIGHTS_PX = {EntryKind.SESSION: 54, EntryKind.COMMAND: 34, EntryKind.HEADING: 34}
_FIRST_HEADING_PX = 26
_PAD_PX = 10
_UNBROKEN_PX = 100_000.0


class EntryPainter(QStyledItemDelegate):
    """Lines of the sidebar's look, so that a session looks the same in both."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        entry: Entry = index.data(EntryRole.ENTRY)
        height = _HEIGHTS_PX[entry.kind]
        if entry.kind is EntryKind.HEADING and not index.row():
            height = _FIRST_HEADING_PX
        return QSize(0, self._theme.px(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry: Entry = index.data(EntryRole.ENTRY)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.kind is EntryKind.HEADING:
            self._paint_heading(painter, option.rect, entry.title.text)
        else:
            self._paint_ground(painter, option)
            self._paint_entry(painter, option, entry)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, words: str) -> None:
        font = self._theme.font(11)
        font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, 0.6)
        painter.setFont(font)
        painter.setPen(self._theme.color("muted"))
        place = rect.adjusted(self._theme.px(_PAD_PX), 0, -self._theme.px(_PAD_PX), -self._theme.px(6))
        painter.drawText(place, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading, words.upper())

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            role = "accent_soft"
        elif state & QStyle.StateFlag.State_MouseOver:
            role = "hover"
        else:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(role))
        painter.drawRoundedRect(option.rect, self._theme.px(8), self._theme.px(8))

    def _paint_entry(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry) -> None:
        theme, px = self._theme, self._theme.px
        pad_y = px(8) if entry.kind is EntryKind.SESSION else 0
        inner: QRect = option.rect.adjusted(px(_PAD_PX), pad_y, -px(_PAD_PX), -pad_y)
        title_font, small_font = theme.font(13.5, bold=True), theme.font(11)
        title_height = QFontMetricsF(title_font).height()
        line = QRect(inner.left(), inner.top(), inner.width(), round(title_height))
        if entry.kind is EntryKind.COMMAND:
            line.moveTop(inner.center().y() - round(title_height / 2) + 1)
        side_width = round(QFontMetricsF(small_font).horizontalAdvance(entry.side) + 1) if entry.side else 0
        if side_width:
            place = QRect(inner.right() - side_width + 1, line.top(), side_width, line.height())
            painter.setFont(small_font)
            painter.setPen(theme.color("muted"))
            painter.drawText(
                QStyle.visualRect(option.direction, inner, place),
                Qt.AlignmentFlag.AlignCenter,
                entry.side,
            )
        room = line.width() - (side_width + px(12) if side_width else 0)
        place = QRect(line.left(), line.top(), max(px(40), room), line.height())
        self._draw(painter, option, inner, place, entry.title, title_font, "text")
        if entry.below.text:
            font = theme.font(12)
            height = round(QFontMetricsF(font).height())
            place = QRect(inner.left(), inner.bottom() - height + 1, inner.width(), height)
            self._draw(painter, option, inner, place, entry.below, font, "muted")

    def _draw(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        inner: QRect,
        place: QRect,
        line: MarkedLine,
        font: QFont,
        role: str,
    ) -> None:
        """Draws a line from the leading edge of its place, in the direction that its own text has."""
        shown = fitted(line, place.width(), QFontMetricsF(font).horizontalAdvance)
        place = QStyle.visualRect(option.direction, inner, place)
        layout = self._laid_out(shown, font)
        width = layout.lineAt(0).naturalTextWidth()
        is_mirrored = option.direction is Qt.LayoutDirection.RightToLeft
        x = place.right() + 1 - width if is_mirrored else place.left()
        # A fallback font may be taller; all lines stand on the line that the theme's font has.
        y = place.top() + QFontMetricsF(font).ascent() - layout.lineAt(0).ascent()
        painter.setPen(self._theme.color(role))
        layout.draw(painter, QPointF(x, y))

    def _laid_out(self, line: MarkedLine, font: QFont) -> QTextLayout:
        layout = QTextLayout(line.text, font)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        way = Qt.LayoutDirection
        option.setTextDirection(way.RightToLeft if is_right_to_left(line.text) else way.LeftToRight)
        layout.setTextOption(option)
        marked = QTextCharFormat()
        marked.setBackground(self._theme.color("warning_soft"))
        marked.setForeground(self._theme.color("text"))
        ranges = []
        for start, length in utf16_spans(line):
            span = QTextLayout.FormatRange()
            span.start, span.length, span.format = start, length, marked
            ranges.append(span)
        layout.setFormats(ranges)
        layout.beginLayout()
        layout.createLine().setLineWidth(_UNBROKEN_PX)
        layout.endLayout()
        return layout
