"""The window: places its parts and connects nothing but their visibility."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.failure import FailureAction
from trackside.domain.settings import Settings
from trackside.ui.composer.composer import Composer
from trackside.ui.first_run import FirstRun
from trackside.ui.header import Header
from trackside.ui.notices import Notices
from trackside.ui.sidebar.sidebar import Sidebar
from trackside.ui.theme import INSPECTOR_PX, SIDEBAR_PX, Theme

_NARROWEST_CHAT_PX = 430


class MainWindow(QMainWindow):
    """Assembly only. The inspector and the transcript are put in once they are needed.

    `close_wanted`: the window asks to be closed; whoever runs it cleans up first.
    """

    close_wanted = Signal()
    painted = Signal()
    """The first paint."""
    layout_changed = Signal()

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__()
        self.setWindowTitle("Trackside")
        self._theme = theme
        self._has_painted = False
        self._may_close = False
        self._wants_sidebar = settings.sidebar_visible
        self._wants_inspector = settings.inspector_visible
        self._inspector: QWidget | None = None

        self.sidebar = Sidebar(theme)
        self.header = Header(theme)
        self.notices = Notices(theme, self._act)
        self.composer = Composer(theme)
        self.on_action: Callable[[FailureAction], None] | None = None
        self.pages = QStackedWidget()
        self._chat = QWidget()
        self._chat_column = QVBoxLayout(self._chat)
        self._first_run: FirstRun | None = None
        self.banner = SandboxBanner(theme)
        self.banner.hide()
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
        self.setCentralWidget(centre)
        self.resize(QSize(settings.window_width, settings.window_height))
        self.sidebar.hide_wanted.connect(self.toggle_sidebar)
        self.header.sidebar_wanted.connect(self.toggle_sidebar)
        self.header.inspector_wanted.connect(self.toggle_inspector)
        theme.changed.connect(self._fit_parts)
        self._fit_parts()

    # -- parts -----------------------------------------------------------------------------------

    def put_transcript(self, transcript: QWidget) -> None:
        self._transcript_place.replaceWidget(self._blank, transcript)
        self._blank.deleteLater()
        self.setTabOrder(self.header, transcript)
        self.setTabOrder(transcript, self.composer)

    def put_inspector(self, inspector: QWidget) -> None:
        self._inspector = inspector
        self._row.addWidget(inspector)
        self._fit_parts()

    @property
    def first_run(self) -> FirstRun:
        """The page with the two doors, made when first shown."""
        if self._first_run is None:
            self._first_run = FirstRun(self._theme)
            self.pages.addWidget(self._first_run)
        return self._first_run

    def show_first_run(self) -> None:
        self.pages.setCurrentWidget(self.first_run)
        self._fit_parts()
        self.first_run.key.setFocus()

    def show_chat(self) -> None:
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
        """A narrow window keeps the conversation: the inspector goes first, then the sidebar.

        What was asked for by hand stays, as far as there is any room.
        """
        px = self._theme.px
        width = self.width()
        chat, sidebar, inspector = px(_NARROWEST_CHAT_PX), px(SIDEBAR_PX), px(INSPECTOR_PX)
        is_chat = not self.is_first_run
        has_inspector = self._wants_inspector and is_chat and (width >= chat + sidebar + inspector)
        if is_forced and self._wants_inspector and is_chat:
            has_inspector = True
        taken = inspector if has_inspector else 0
        has_sidebar = (
            self._wants_sidebar and is_chat and width >= sidebar + taken + (px(300) if is_forced else chat)
        )
        if self._inspector is not None:
            self._inspector.setVisible(has_inspector)
        self.sidebar.setVisible(has_sidebar)
        self.header.show_sidebar_button(not has_sidebar)
        self.setMinimumSize(min(640, px(420)), 400)

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


class SandboxBanner(QFrame):
    """Says plainly, for as long as the sandbox answers, that no model does."""

    connect_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("kind", "warning")
        self.setObjectName("banner")
        label = QLabel("Sandbox: answers are quoted from captions, not made by a model.")
        label.setWordWrap(True)
        button = QPushButton("Connect to TwelveLabs")
        button.clicked.connect(self.connect_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), theme.px(5), theme.px(12), theme.px(5))
        row.addWidget(label, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
