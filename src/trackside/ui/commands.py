"""What the shortcuts, dialogs and the first run's doors do."""

from functools import partial

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QMessageBox

from trackside.chat.exporting import Exporter
from trackside.domain.failure import FailureAction
from trackside.markup.links import host_of, shown_target
from trackside.ui import actions
from trackside.ui.desk import Desk
from trackside.ui.diagnosing import Diagnosing
from trackside.ui.dialogs.shortcuts import ShortcutsDialog
from trackside.ui.entering.entering import Entering
from trackside.ui.exports import Exports
from trackside.ui.importing import SessionImport
from trackside.ui.search.searching import Searching
from trackside.ui.settings.opening import CONNECTIONS, SHORTCUTS, SettingsOpening
from trackside.ui.theme import Theme

_SHOWN_SCHEMES = ("http", "https", "mailto")
_DELETE_ON_CLOSE = Qt.WidgetAttribute.WA_DeleteOnClose


class WindowCommands(QObject):
    """Commands that are about the whole window; those about a session are the desk's."""

    diagnosing: Diagnosing
    """Opens the diagnostics; the composition root gives it."""

    def __init__(
        self,
        desk: Desk,
        theme: Theme,
        exporter: Exporter,
        importing: SessionImport,
        settings: SettingsOpening,
    ) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._window = desk.window
        self._theme = theme
        self._settings = settings
        exports = Exports(desk, theme, exporter)
        window = self._window
        window.on_action = self._act
        window.sidebar.foot.settings_wanted.connect(lambda: self.open_settings())
        window.sidebar.export_wanted.connect(exports.open_for)
        window.header.export_wanted.connect(exports.open_for_shown)
        window.header.server_session_clicked.connect(self._copy_server_session)
        self.entering = Entering(desk)
        window.banner.connect_wanted.connect(self.entering.show_doors)
        desk.switching.key_wanted.connect(self.entering.show_doors)
        window.layout_changed.connect(self._keep_layout)
        desk.inspector.tab_changed.connect(lambda n: desk.preferences.change(inspector_tab=n))
        desk.transcript.link_clicked.connect(self.open_link)
        installed = actions.install(
            window,
            window.shortcuts,
            {
                "new": desk.new_session,
                "search": self._search,
                "find": self._find,
                "stop": self._stop,
                "retry": desk.retry,
                "copy_answer": self._copy_answer,
                "export": exports.open_for_shown,
                "export_all": exports.open_for_all,
                "import": importing.choose,
                "sidebar": window.toggle_sidebar,
                "inspector": window.toggle_inspector,
                **{f"tab_{n + 1}": partial(self._show_tab, n) for n in range(4)},
                "previous": lambda: window.sidebar.next_session(-1),
                "next": lambda: window.sidebar.next_session(1),
                "settings": lambda: self.open_settings(),
                "zoom_in": lambda: self._zoom(1),
                "zoom_out": lambda: self._zoom(-1),
                "zoom_reset": lambda: self._zoom(0),
                "diagnostics": lambda: self.diagnosing.open(),
                "shortcuts": self._show_shortcuts,
                "quit": self._quit,
            },
        )
        self._searching = Searching(desk, theme, installed, lambda query: desk.search.find(query))

    # -- the two doors ---------------------------------------------------------------------------

    def _enter_chat(self) -> None:
        self._window.show_chat()
        self._desk.new_session()

    def _stop(self) -> None:
        if self._window.is_first_run:
            self.entering.stop()
        else:
            self._desk.stop()

    # -- settings --------------------------------------------------------------------------------

    def open_settings(self, page: str = "") -> None:
        self._settings.open(page)

    def open_sandbox(self) -> None:
        """Goes over to the sandbox, unless that is in use already."""
        if self._desk.connections.is_sandbox:
            self._window.show_chat()
            return

        async def switch() -> None:
            await self._desk.connections.use_sandbox()
            self._enter_chat()

        self._desk.tasks.start(switch())

    # -- session commands ------------------------------------------------------------------------

    def _copy_answer(self) -> None:
        opened = self._desk.session
        for turn in reversed(opened.turns if opened else []):
            attempt = turn.shown_attempt
            if attempt is not None and attempt.answer.has_text:
                self._desk.transcript.deeds.copy_answer(turn)
                return

    def _copy_server_session(self, identity: str) -> None:
        QApplication.clipboard().setText(identity)
        self._window.notices.show_news("Copied the session's id.")

    def open_link(self, address: str) -> None:
        """Opens a web address after its real target was shown; anything else is only shown."""
        url = QUrl(address)
        box = QMessageBox(self._window)
        box.setAttribute(_DELETE_ON_CLOSE)
        box.setTextFormat(box.textFormat().PlainText)
        shown = shown_target(address)
        if not url.isValid() or url.scheme().lower() not in _SHOWN_SCHEMES:
            box.setText("This link leads to no web page, so it is not opened.")
            box.setInformativeText(shown)
            box.setStandardButtons(QMessageBox.StandardButton.Close)
        else:
            host = host_of(address)
            page = f"Open this page of {host} in the browser?"
            box.setText(page if host else "Write a mail to this address?")
            box.setInformativeText(shown)
            box.setStandardButtons(QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel)
            box.setDefaultButton(QMessageBox.StandardButton.Cancel)
            box.accepted.connect(lambda: QDesktopServices.openUrl(url))
        box.open()

    # -- the window ------------------------------------------------------------------------------

    def _show_shortcuts(self) -> None:
        enter_sends = self._desk.preferences.settings.enter_sends
        dialog = ShortcutsDialog(self._theme, self._window.shortcuts, enter_sends, self._window)
        dialog.change_wanted.connect(lambda: self.open_settings(SHORTCUTS))
        dialog.open()

    def _quit(self) -> None:
        self._window.close()

    def _search(self) -> None:
        self._searching.open()

    def _find(self) -> None:
        if not self._window.is_first_run:
            self._desk.transcript.open_find()

    def _show_tab(self, number: int) -> None:
        self._window.show_inspector()
        self._desk.inspector.show_tab(number)

    def _zoom(self, direction: int) -> None:
        preferences = self._desk.preferences
        preferences.apply(preferences.settings.zoomed(direction))

    def _keep_layout(self) -> None:
        self._desk.preferences.change(
            sidebar_visible=self._window.wants_sidebar, inspector_visible=self._window.wants_inspector
        )

    def _act(self, action: FailureAction) -> None:
        if action in (FailureAction.OPEN_CONNECTION, FailureAction.CHOOSE_CA_FILE):
            self.open_settings(CONNECTIONS)
