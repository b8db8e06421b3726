"""The list of formats in the export dialog."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from trackside.chat.export_formats import FORMATS, ExportFormat
from trackside.ui.theme import Theme

_TITLE_PX = 160
_ROW_PX = 32
_FORMAT = Qt.ItemDataRole.UserRole


class FormatList(QListWidget):
    """All formats, each with its words; as high as they are together."""

    def __init__(self, theme: Theme, chosen: str) -> None:
        super().__init__()
        self.setAccessibleName("Format")
        self.setItemDelegate(_FormatPainter(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for each in FORMATS.values():
            item = QListWidgetItem(each.title, self)
            item.setData(_FORMAT, each.name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{each.title}: {each.words}")
            if each.name == chosen or self.count() == 1:
                self.setCurrentItem(item)
        self.setFixedHeight(len(FORMATS) * theme.px(_ROW_PX) + 2)

    @property
    def chosen(self) -> ExportFormat:
        return FORMATS[str(self.currentItem().data(_FORMAT))]


class _FormatPainter(QStyledItemDelegate):
    """A format's name, and what it is for beside it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(self._theme.px(_TITLE_PX), self._theme.px(_ROW_PX))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        theme, px, tokens = self._theme, self._theme.px, self._theme.tokens
        item = FORMATS[str(index.data(_FORMAT))]
        state = option.state
        rect = option.rect
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        is_enabled = bool(state & QStyle.StateFlag.State_Enabled)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_chosen or state & QStyle.StateFlag.State_MouseOver:
            has_focus = is_chosen and bool(state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(QColor(tokens.accent), 1) if has_focus else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_soft if is_chosen else tokens.hover))
            painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 1.5, -0.5, -1.5), px(8), px(8))
        inner = rect.adjusted(px(12), 0, -px(12), 0)
        direction = option.direction
        colour = tokens.on_accent_soft if is_chosen else tokens.text
        for words, left, width, font, ink in (
            (item.title, 0, px(_TITLE_PX), theme.font(14, bold=is_chosen), colour),
            (item.words, px(_TITLE_PX), inner.width() - px(_TITLE_PX), theme.font(13), tokens.muted),
        ):
            place = inner.adjusted(left, 0, 0, 0)
            place.setWidth(width)
            place = QStyle.visualRect(direction, inner, place)
            painter.setFont(font)
            painter.setPen(QColor(ink if is_enabled else tokens.muted))
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()
