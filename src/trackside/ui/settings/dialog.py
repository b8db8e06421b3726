"""The settings: a list of pages, each made when it is first looked at."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.settings import Settings
from trackside.ui.combo_box import ComboBox
from trackside.ui.settings.navigation import Navigation
from trackside.ui.settings.page import SettingsPage, page_button
from trackside.ui.tab_order import put_in_order
from trackside.ui.theme import Theme

MakePage = Callable[[int], SettingsPage]
_WIDTH_PX = 860
_HEIGHT_PX = 640
_MARGIN_PX = 24
_NARROW_PX = 620
"""Below this width, at 100 %, the list of pages becomes a choice above them."""
_EDGE_PX = 24
"""What is left of the window around the dialog, at any zoom."""
_NO_FOCUS = Qt.FocusPolicy.NoFocus
_RESIZED_MS = 120
"""After the last of many changes of its size the pages are made for the new one."""


class SettingsDialog(QDialog):
    """Shows one page at a time. What is changed in any leaves through `changed` and applies at once."""

    changed = Signal(dict)
    """Names and values of settings that the user changed."""
    diagnostics_wanted = Signal()

    def __init__(
        self,
        theme: Theme,
        parent: QWidget,
        pages: Sequence[tuple[str, MakePage]],
        settings: Settings,
        words: Mapping[str, str] | None = None,
    ) -> None:
        """`pages`: each one's name in the list, and what makes it for so many pixels of width. `words`: what
        else a page is found by, by its name."""
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAccessibleName("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = theme
        self._window = parent.window()
        self._settings = settings
        self._makers = dict(pages)
        self.names = list(self._makers)
        """The pages', in their order."""
        self.current = self.names[0]
        """The name of the page that is shown."""
        self._places: dict[str, QScrollArea] = {}
        """The pages made so far, each in what scrolls it."""
        self._made_for = 0
        """The width of the rows that they were made for, in pixels."""
        self._navigation = Navigation(theme, self.names, words or {})
        self._navigation.chosen.connect(self._choose)
        self._choice = ComboBox(theme)
        self._choice.setAccessibleName("Page of the settings")
        self._choice.addItems(self.names)
        self._choice.activated.connect(self._choose)
        self._stack = QStackedWidget()
        self._line, self._foot_line = _line(), _line()
        self._line.setFixedWidth(1)
        self._foot_line.setFixedHeight(1)
        diagnostics = page_button("Diagnostics…", "flat")
        diagnostics.clicked.connect(self.diagnostics_wanted)
        self._restore = page_button("Restore defaults", "flat")
        self._restore.clicked.connect(self._restore_defaults)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        # Enter in a field must not close what the field belongs to.
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setAutoDefault(False)
        self._last_stops = (diagnostics, self._restore, close)
        buttons.rejected.connect(self.reject)
        self._foot = QHBoxLayout()
        self._foot.addWidget(diagnostics)
        self._foot.addWidget(self._restore)
        self._foot.addWidget(buttons, 1)
        self._top = QVBoxLayout()
        self._top.addWidget(self._choice)
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        self._row.addWidget(self._navigation)
        self._row.addWidget(self._line)
        self._row.addWidget(self._stack, 1)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._outer.addLayout(self._top)
        self._outer.addLayout(self._row, 1)
        self._outer.addWidget(self._foot_line)
        self._outer.addLayout(self._foot)
        for keys, step in (("Ctrl+PgDown", 1), ("Ctrl+PgUp", -1), ("Ctrl+Tab", 1), ("Ctrl+Shift+Tab", -1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(lambda step=step: self._step(step))
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self._navigation.field.setFocus)
        self._resized = QTimer(self, singleShot=True, interval=_RESIZED_MS)
        self._resized.timeout.connect(self._remake_for_room)
        # Not within the click or key that changed the theme: what was pressed is still at work.
        self._redressed = QTimer(self, singleShot=True, interval=0)
        self._redressed.timeout.connect(self._refit)
        theme.changed.connect(self._redressed.start)
        self._dress()
        self.resize(self._wanted_size())
        self._fit()
        (self._choice if self._is_narrow else self._navigation.list).setFocus()

    # -- pages -----------------------------------------------------------------------------------

    @property
    def page(self) -> SettingsPage:
        """The page that is shown."""
        return self._page_in(self._places[self.current])

    def show_page(self, name: str) -> None:
        """Goes to a page. An unknown name is a ValueError."""
        row = self.names.index(name)
        self._choose(row)

    def show_settings(self, settings: Settings) -> None:
        """What is set now, wherever it was changed."""
        self._settings = settings
        for place in self._places.values():
            self._page_in(place).show_settings(settings)
        self._show_restore()

    def _choose(self, row: int) -> None:
        self.current = self.names[row]
        self._choice.setCurrentIndex(row)
        self._navigation.list.setCurrentRow(row)
        if (place := self._places.get(self.current)) is None:
            place = self._places[self.current] = self._made(self.current)
            self._stack.addWidget(place)
        self._stack.setCurrentWidget(place)
        self._order_stops()
        self._show_restore()

    def _step(self, step: int) -> None:
        row = (self.names.index(self.current) + step) % len(self.names)
        self.show_page(self.names[row])

    def _order_stops(self) -> None:
        """Tab comes to the foot behind whatever was put into the pages by now."""
        last: QWidget | None = self.previousInFocusChain()
        while last is not None and (last in self._last_stops or last.focusPolicy() == _NO_FOCUS):
            last = last.previousInFocusChain()
        if last is not None:
            put_in_order(last, *self._last_stops)

    def _show_restore(self) -> None:
        if self.current in self._places:
            owned, defaults = self.page.owned, Settings()
            self._restore.setVisible(bool(owned))
            self._restore.setEnabled(
                any(getattr(self._settings, name) != getattr(defaults, name) for name in owned)
            )

    def _restore_defaults(self) -> None:
        defaults = Settings()
        self.changed.emit({name: getattr(defaults, name) for name in self.page.owned})

    def _made(self, name: str) -> QScrollArea:
        px = self._theme.px
        self._made_for = self._room()
        page = self._makers[name](self._made_for)
        page.column.setContentsMargins(px(_MARGIN_PX), px(20), px(_MARGIN_PX), px(16))
        page.setObjectName("column")
        page.changed.connect(self.changed)
        page.show_settings(self._settings)
        place = QScrollArea()
        place.setWidgetResizable(True)
        place.setFocusPolicy(_NO_FOCUS)
        place.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        place.setWidget(page)
        return place

    def _page_in(self, place: QScrollArea) -> SettingsPage:
        page = place.widget()
        assert isinstance(page, SettingsPage)
        return page

    # -- sizes -----------------------------------------------------------------------------------

    @property
    def _is_narrow(self) -> bool:
        return self.width() < self._theme.px(_NARROW_PX)

    def _wanted_size(self) -> QSize:
        room = self._window.size()
        px = self._theme.px
        return QSize(
            min(px(_WIDTH_PX), room.width() - _EDGE_PX), min(px(_HEIGHT_PX), room.height() - _EDGE_PX)
        )

    def _room(self) -> int:
        """How wide a page's rows are, in pixels."""
        px = self._theme.px
        taken = 2 * px(_MARGIN_PX) + px(10)  # beside the rows the bar that scrolls them
        return self.width() - taken - (0 if self._is_narrow else self._navigation.width() + 1)

    def _fit(self) -> None:
        is_narrow = self._is_narrow
        px = self._theme.px
        margin = px(_MARGIN_PX) if is_narrow else 0
        self._top.setContentsMargins(margin, px(12) if is_narrow else 0, margin, 0)
        self._choice.setVisible(is_narrow)
        self._navigation.setVisible(not is_narrow)
        self._line.setVisible(not is_narrow)

    def _refit(self) -> None:
        """After another theme or zoom all is made anew at its size."""
        self._dress()
        self.resize(self._wanted_size())
        self._fit()
        self._remake()

    def _remake_for_room(self) -> None:
        if self._made_for != self._room():
            self._remake()

    def _remake(self) -> None:
        """Makes the page anew, the others when they are looked at. The reader stays where he was, and what he
        was typing stays, too."""
        place = self._places.get(self.current)
        if place is None:
            return  # none was shown yet
        top = place.verticalScrollBar().value()
        focused = [part.accessibleName() for part in place.findChildren(QWidget) if part.hasFocus()]
        typed = [field for field in place.findChildren(QLineEdit) if field.isModified()]
        for field in typed:
            field.blockSignals(True)  # losing the focus now doesn't mean that it is finished
        before, self._places = self._places, {}
        self._choose(self.names.index(self.current))
        for old in before.values():
            self._stack.removeWidget(old)
            old.deleteLater()
        self._places[self.current].verticalScrollBar().setValue(top)
        if any(focused):
            _focus(self.page, focused[0])
        for field in typed:
            _type_again(self.page, field)

    def _dress(self) -> None:
        px = self._theme.px
        self._navigation.dress()
        self._foot.setContentsMargins(px(_MARGIN_PX), px(12), px(_MARGIN_PX), px(16))
        self._outer.setSpacing(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        if self._made_for and self._made_for != self._room():
            self._resized.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter belongs to what has the focus, never to the dialog.
        if event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)


def _focus(page: QWidget, name: str) -> None:
    for widget in page.findChildren(QWidget):
        if widget.accessibleName() == name and widget.focusPolicy() != _NO_FOCUS:
            widget.setFocus()
            return


def _type_again(page: QWidget, before: QLineEdit) -> None:
    for field in page.findChildren(QLineEdit):
        if field.accessibleName() == before.accessibleName():
            field.setText(before.text())
            field.setModified(True)
            field.setCursorPosition(before.cursorPosition())
            return


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("kind", "line")
    return line
