"""The window: places its parts and connects nothing but their visibility.

It can be shown before the parts are there; `furnish` imports them and puts them in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QMainWindow

from trackside.ui.frame import Frame, ground, parts_with_room, smallest_size
from trackside.ui.tokens import INSPECTOR_PX

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent
    from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

    from trackside.domain.failure import FailureAction
    from trackside.domain.settings import Settings
    from trackside.ui.banner import Banners
    from trackside.ui.composer.composer import Composer
    from trackside.ui.first_run import FirstRun
    from trackside.ui.header import Header
    from trackside.ui.notices import Notices
    from trackside.ui.shortcuts import Shortcuts
    from trackside.ui.sidebar.sidebar import Sidebar
    from trackside.ui.theme import Theme


class MainWindow(QMainWindow):
    """Assembly only. The inspector and the transcript are put into their places once they are needed.

    `close_wanted`: the window asks to be closed; whoever runs it cleans up first.
    """

    close_wanted = Signal()
    painted = Signal()
    """The first paint of the frame, and the first with the parts."""
    layout_changed = Signal()

    shortcuts: Shortcuts
    sidebar: Sidebar
    header: Header
    notices: Notices
    composer: Composer
    banner: Banners
    pages: QStackedWidget
    _theme: Theme
    _chat: QWidget
    _chat_column: QVBoxLayout
    _transcript_place: QVBoxLayout
    _blank: QWidget
    _row: QHBoxLayout

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setWindowTitle("Trackside")
        self._is_furnished = False
        self._has_painted = False
        self._may_close = False
        self.is_close_wanted = False
        """Whether it was asked to be closed, for whoever comes too late to hear of it."""
        self._wants_sidebar = settings.sidebar_visible
        self._wants_inspector = settings.inspector_visible
        self._inspector: QWidget | None = None
        self._first_run: FirstRun | None = None
        self.on_action: Callable[[FailureAction], None] | None = None
        self.on_first_run: Callable[[FirstRun], None] | None = None
        """Joins the first run's page to the rest when it is made."""
        self._chosen_keys = settings.shortcuts
        self.setMinimumSize(smallest_size(settings.zoom / 100))
        # A window that was left on a larger screen.
        room = self.screen().availableGeometry()
        self.resize(min(settings.window_width, room.width()), min(settings.window_height, room.height()))
        self.setCentralWidget(Frame(settings, self.width()))

    def furnish(self, theme: Theme) -> None:
        """Puts in the parts. They are imported here, since the frame can be seen without them."""
        from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

        from trackside.ui.banner import Banners
        from trackside.ui.composer.composer import Composer
        from trackside.ui.header import Header
        from trackside.ui.notices import Notices
        from trackside.ui.shortcuts import Shortcuts
        from trackside.ui.sidebar.sidebar import Sidebar

        self._theme = theme
        self.shortcuts = Shortcuts(self._chosen_keys)
        self.sidebar = Sidebar(theme)
        self.header = Header(theme)
        self.notices = Notices(theme, self._act)
        self.composer = Composer(theme)
        self.pages = QStackedWidget()
        self._chat = QWidget()
        self._chat_column = QVBoxLayout(self._chat)
        self.banner = Banners(theme)
        self._transcript_place = QVBoxLayout()
        for widget in (self.header, self.banner, self.notices):
            self._chat_column.addWidget(widget)
        self._chat_column.addLayout(self._transcript_place, 1)
        self._chat_column.addWidget(self.composer)
        self._chat_column.setContentsMargins(0, 0, 0, 0)
        self._chat_column.setSpacing(0)
        self.pages.addWidget(self._chat)
        self._blank = QWidget()
        self._transcript_place.addWidget(self._blank)

        centre = QWidget()
        centre.setObjectName("center")
        self._row = QHBoxLayout(centre)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.sidebar)
        self._row.addWidget(self.pages, 1)
        self._inspector = ground("inspector", width=theme.px(INSPECTOR_PX))
        self._row.addWidget(self._inspector)
        self.setCentralWidget(centre)
        self.sidebar.hide_wanted.connect(self.toggle_sidebar)
        self.header.sidebar_wanted.connect(self.toggle_sidebar)
        self.header.inspector_wanted.connect(self.toggle_inspector)
        theme.changed.connect(self._fit_parts)
        self.shortcuts.changed.connect(self._show_keys)
        self._show_keys()
        self._is_furnished = True
        self._has_painted = False
        self._fit_parts()

    # -- parts -----------------------------------------------------------------------------------

    def put_transcript(self, transcript: QWidget) -> None:
        from trackside.ui.tab_order import put_in_order, tab_stops

        self._transcript_place.replaceWidget(self._blank, transcript)
        self._blank.deleteLater()
        parts = (self.composer, transcript, self.header, self.sidebar)
        put_in_order(*(stop for part in parts for stop in ([part] * (part is transcript) + tab_stops(part))))

    def put_inspector(self, inspector: QWidget) -> None:
        if self._inspector is not None:
            self._row.replaceWidget(self._inspector, inspector)
            self._inspector.deleteLater()
        self._inspector = inspector
        self._fit_parts()

    @property
    def first_run(self) -> FirstRun:
        """The page with the two doors, made when first shown."""
        if self._first_run is None:
            from trackside.ui.first_run import FirstRun  # few starts show it

            self._first_run = FirstRun(self._theme)
            self._first_run.show_keys(self.shortcuts)
            self.pages.addWidget(self._first_run)
            if self.on_first_run is not None:
                self.on_first_run(self._first_run)
        return self._first_run

    def show_first_run(self) -> None:
        self.first_run.hold_notices(self.notices)
        self.pages.setCurrentWidget(self.first_run)
        self._fit_parts()
        self.first_run.key.setFocus()

    def show_chat(self) -> None:
        self._chat_column.insertWidget(self._chat_column.indexOf(self.banner) + 1, self.notices)
        self.pages.setCurrentWidget(self._chat)
        self._fit_parts()

    @property
    def is_first_run(self) -> bool:
        return self._first_run is not None and self.pages.currentWidget() is self._first_run

    # -- what is visible -------------------------------------------------------------------------

    @property
    def wants_sidebar(self) -> bool:
        return self._wants_sidebar

    @property
    def wants_inspector(self) -> bool:
        return self._wants_inspector

    def toggle_sidebar(self) -> None:
        self._wants_sidebar = not self.sidebar.isVisible()
        self._fit_parts(is_forced=True)
        self.layout_changed.emit()

    def toggle_inspector(self) -> None:
        self._wants_inspector = self._inspector is None or not self._inspector.isVisible()
        self._fit_parts(is_forced=True)
        self.layout_changed.emit()

    def show_inspector(self) -> None:
        if self._inspector is not None and not self._inspector.isVisible():
            self.toggle_inspector()

    def _fit_parts(self, *, is_forced: bool = False) -> None:
        if not self._is_furnished:
            return
        is_chat = not self.is_first_run
        has_sidebar, has_inspector = parts_with_room(
            self.width(),
            self._theme.scale,
            wants_sidebar=self._wants_sidebar and is_chat,
            wants_inspector=self._wants_inspector and is_chat,
            is_forced=is_forced,
        )
        if self._inspector is not None:
            self._inspector.setVisible(has_inspector)
        self.sidebar.setVisible(has_sidebar)
        self.header.show_sidebar_button(not has_sidebar)
        self.notices.is_low = self.composer.fit_into(self.height())
        self.setMinimumSize(smallest_size(self._theme.scale))

    def _show_keys(self) -> None:
        for part in (self.sidebar, self.header, self.composer):
            part.show_keys(self.shortcuts)
        if self._first_run is not None:
            self._first_run.show_keys(self.shortcuts)

    def _act(self, action: FailureAction) -> None:
        if self.on_action is not None:
            self.on_action(action)

    # -- events ----------------------------------------------------------------------------------

    def allow_close(self) -> None:
        """After clean-up: the next close goes through."""
        self._may_close = True

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            super().closeEvent(event)
            return
        event.ignore()
        self.is_close_wanted = True
        self.close_wanted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_parts()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_parts()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._has_painted:
            self._has_painted = True
            self.painted.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.layout_changed.emit()
