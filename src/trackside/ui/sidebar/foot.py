"""The sidebar's foot: the connection in use and where its key is kept, and the way to all others."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from trackside.ui.labels import button_words, plain_tooltip
from trackside.ui.shortcuts import Shortcuts
from trackside.ui.theme import Theme

_NAME_PX = 13
_WORDS_PX = 12
_INSET_PX = 6
_ARROW_PX = 14
_MENU_NAME_PX = 260
_MENU_HOST_PX = 220
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class OfferedConnection:
    """A connection as the menu lists it."""

    id: str
    name: str
    host: str
    is_in_use: bool


class ConnectionButton(QPushButton):
    """Two lines, each cut to the room there is: the connection's name, and where its key is kept. Its text is
    the whole of both."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._name = self._words = ""
        self.setProperty("kind", "flat")
        self.setAccessibleName("Connection in use")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_words(self, words: str, limits: str) -> None:
        """`words` are the name and the rest, parted by the last “ · ”; `limits` are told beside them."""
        self._name, _, self._words = words.rpartition(SEPARATOR)
        if not self._name:
            self._name, self._words = words, ""
        self.setText(words)
        told = f"{words}. {limits}" if limits else words
        self.setAccessibleDescription(told)
        self.setToolTip(plain_tooltip(f"{told}. Press for other connections"))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        lines = [QFontMetrics(self._theme.font(_NAME_PX, bold=True)).height()]
        if self._words:
            lines.append(QFontMetrics(self._theme.font(_WORDS_PX)).height())
        return QSize(self._theme.px(80), sum(lines) + 2 * self._theme.px(5))

    minimumSizeHint = sizeHint

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        px = self._theme.px
        top = (self.height() - self.sizeHint().height()) // 2 + px(5)
        name, words = self._theme.font(_NAME_PX, bold=True), self._theme.font(_WORDS_PX)
        line = QRect(px(_INSET_PX), top, self.width() - 2 * px(_INSET_PX), QFontMetrics(name).height())
        arrow = QRect(line.right() - px(_ARROW_PX), line.center().y() - px(6), px(_ARROW_PX), px(_ARROW_PX))
        arrow = QStyle.visualRect(self.layoutDirection(), self.rect(), arrow)
        self._theme.icon("chevron-down", "muted", _ARROW_PX).paint(painter, arrow)
        self._draw(painter, self._name, name, "text", line.adjusted(0, 0, -px(_ARROW_PX + 6), 0))
        line = QRect(line.left(), line.bottom() + 1, line.width(), QFontMetrics(words).height())
        self._draw(painter, self._words, words, "muted", line)

    def _draw(self, painter: QPainter, words: str, font: QFont, role: str, line: QRect) -> None:
        metrics, width = QFontMetrics(font), line.width()
        place = QStyle.visualRect(self.layoutDirection(), self.rect(), line)
        painter.setFont(font)
        painter.setPen(self._theme.color(role))
        # A name from the right to the left stands at the window's leading edge like any other.
        side = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        side = QStyle.visualAlignment(self.layoutDirection(), side) | Qt.AlignmentFlag.AlignAbsolute
        painter.drawText(place, side, metrics.elidedText(words, Qt.TextElideMode.ElideRight, width))


class SidebarFoot(QWidget):
    """The connection's button with its menu, and the settings beside it."""

    connection_chosen = Signal(str)
    """The id of a connection that shall be used."""
    connections_wanted = Signal()
    """The settings' page about connections."""
    settings_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._offered: tuple[OfferedConnection, ...] = ()
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.button = ConnectionButton(theme)
        self.button.clicked.connect(self.open_menu)
        self._settings = QToolButton()
        self._settings.setProperty("kind", "flat")
        self._settings.setAccessibleName("Settings")
        self._settings.clicked.connect(self.settings_wanted)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.button, 1)
        self._row.addWidget(self._settings, 0, Qt.AlignmentFlag.AlignVCenter)
        theme.changed.connect(self._dress)
        self._dress()

    def show_keys(self, shortcuts: Shortcuts) -> None:
        """Says which keys do the same as the controls."""
        self._settings.setToolTip(shortcuts.tooltip("Settings", "settings"))

    def show_connection(self, words: str, limits: str = "") -> None:
        """The connection in use and its rate limits, in words."""
        self.button.show_words(words, limits)

    def offer(self, connections: tuple[OfferedConnection, ...]) -> None:
        """What the menu lists, in the user's order, the sandbox last."""
        self._offered = connections

    def open_menu(self) -> None:
        """Opens it above the foot."""
        menu = self._menu()
        place = self.mapToGlobal(self.rect().topLeft())
        place.setY(place.y() - menu.sizeHint().height())
        menu.popup(place)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName("Connections")
        metrics, px = QFontMetrics(self._theme.font(13)), self._theme.px
        for offered in self._offered:
            name = _cut(offered.name, metrics, px(_MENU_NAME_PX))
            host = _cut(offered.host, metrics, px(_MENU_HOST_PX))
            action = menu.addAction(f"{name}\t{host}" if host else name)
            action.setCheckable(True)
            action.setChecked(offered.is_in_use)
            action.triggered.connect(lambda _=False, id_=offered.id: self.connection_chosen.emit(id_))
            if offered.is_in_use:
                menu.setActiveAction(action)
        menu.addSeparator()
        menu.addAction("Connection settings…", self.connections_wanted.emit)
        menu.addAction("Settings…", self.settings_wanted.emit)
        return menu

    def _dress(self) -> None:
        px = self._theme.px
        self._row.setContentsMargins(0, px(6), 0, 0)
        self._row.setSpacing(px(4))
        self._settings.setIcon(self._theme.icon("settings", "muted", 18))
        self._settings.setIconSize(QSize(px(18), px(18)))
        self.button.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.button.update()


def _cut(text: str, metrics: QFontMetrics, width: int) -> str:
    """One line of a menu: a tab would part it, and a single “&” vanish."""
    line = " ".join(text.split())
    return button_words(metrics.elidedText(line, Qt.TextElideMode.ElideRight, width))
