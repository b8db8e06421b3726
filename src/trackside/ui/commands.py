"""What the shortcuts, dialogs and the first run's doors do."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QMessageBox

from trackside.chat.exporting import Exporter
from trackside.domain.connection import DEFAULT_ID, KeySource
from trackside.domain.failure import FailureAction, TracksideError
from trackside.markup.links import host_of, shown_target
from trackside.ui import actions
from trackside.ui.desk import Desk
from trackside.ui.dialogs.data_section import DataSection
from trackside.ui.dialogs.settings import SettingsDialog, room_for_rows
from trackside.ui.dialogs.shortcuts import open_shortcuts
from trackside.ui.exports import Exports
from trackside.ui.importing import SessionImport
from trackside.ui.safekeeping import Safekeeping
from trackside.ui.search.searching import Searching
from trackside.ui.theme import Theme

_SHOWN_SCHEMES = ("http", "https", "mailto")
_REMOVABLE = (KeySource.KEYRING, KeySource.THIS_RUN)
_DELETE_ON_CLOSE = Qt.WidgetAttribute.WA_DeleteOnClose


class WindowCommands(QObject):
    """Commands that are about the whole window; those about a session are the desk's."""

    def __init__(
        self,
        desk: Desk,
        theme: Theme,
        exporter: Exporter,
        importing: SessionImport,
        safekeeping: Safekeeping,
        data_folder: str,
    ) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._window = desk.window
        self._theme = theme
        self._safekeeping = safekeeping
        self._data_folder = data_folder
        self._settings: SettingsDialog | None = None
        exports = Exports(desk, theme, exporter)
        window = self._window
        window.on_action = self._act
        window.sidebar.settings_wanted.connect(self.open_settings)
        window.sidebar.export_wanted.connect(exports.open_for)
        window.header.export_wanted.connect(exports.open_for_shown)
        window.header.server_session_clicked.connect(self._copy_server_session)
        window.banner.connect_wanted.connect(self._show_doors)
        window.layout_changed.connect(self._keep_layout)
        desk.inspector.tab_changed.connect(lambda n: desk.preferences.change(inspector_tab=n))
        desk.transcript.link_clicked.connect(self.open_link)
        desk.connections.changed.connect(self._show_connection)
        installed = actions.install(
            window,
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
                "settings": self.open_settings,
                "zoom_in": lambda: self._zoom(1),
                "zoom_out": lambda: self._zoom(-1),
                "zoom_reset": lambda: self._zoom(0),
                "shortcuts": self._show_shortcuts,
                "quit": self._quit,
            },
        )
        self._searching = Searching(desk, theme, installed, lambda query: desk.search.find(query))

    # -- the two doors ---------------------------------------------------------------------------

    def join_first_run(self) -> None:
        """Connects the first run's page, once it exists."""
        first_run = self._window.first_run
        first_run.key_given.connect(lambda key: self._desk.tasks.start(self._connect(key)))
        first_run.sandbox_wanted.connect(lambda: self._desk.tasks.start(self._open_sandbox()))
        first_run.back_wanted.connect(self._leave_doors)

    async def _connect(self, key: str) -> None:
        first_run = self._window.first_run
        first_run.show_busy("Testing…")
        failure = None
        try:
            await self._desk.connections.connect_with_key(key)
        except TracksideError as error:
            failure = error.failure
        finally:
            first_run.show_busy("")
        if failure is not None:
            first_run.show_failure(failure)
            return
        first_run.clear()
        self._enter_chat()

    async def _open_sandbox(self) -> None:
        first_run = self._window.first_run
        first_run.show_busy("Starting…")
        failure = None
        try:
            await self._desk.connections.use_sandbox()
        except TracksideError as error:
            failure = error.failure
        finally:
            first_run.show_busy("")
        if failure is not None:
            first_run.show_sandbox_failure(failure)
            return
        first_run.clear()
        self._enter_chat()

    def _enter_chat(self) -> None:
        self._window.show_chat()
        self._desk.new_session()

    def _show_doors(self) -> None:
        self._window.show_first_run()
        self._window.first_run.show_back(self._desk.session is not None)

    def _leave_doors(self) -> None:
        if self._desk.session is not None:
            self._window.first_run.clear()
            self._window.show_chat()
            self._window.composer.message.setFocus()

    def _stop(self) -> None:
        if self._window.is_first_run:
            self._leave_doors()
        else:
            self._desk.stop()

    # -- settings --------------------------------------------------------------------------------

    def open_settings(self) -> None:
        if self._settings is not None:
            self._settings.raise_()
            return
        settings = self._desk.preferences.settings
        section = DataSection(self._theme, self._data_folder, room_for_rows(self._theme, self._window))
        dialog = SettingsDialog(self._theme, settings, section, self._window)
        self._settings = dialog
        self._safekeeping.follow(section, dialog)
        dialog.zoom_wanted.connect(self._zoom)
        dialog.changed.connect(self._change)
        dialog.key_given.connect(lambda key: self._desk.tasks.start(self._replace_key(key)))
        dialog.key_removal_wanted.connect(self._remove_key)
        dialog.sandbox_wanted.connect(lambda: self.open_sandbox())
        dialog.service_wanted.connect(lambda: self._switch_to_service())
        dialog.finished.connect(self._forget_settings)
        self._show_connection()
        dialog.open()

    def _remove_key(self) -> None:
        self._desk.tasks.start(self._desk.connections.remove_key(DEFAULT_ID))

    def _change(self, changes: dict[str, object]) -> None:
        connections = self._desk.connections
        of_connection = {
            name: changes.pop(name) for name in ("base_url", "allow_plain_http") if name in changes
        }
        default = connections.get(DEFAULT_ID)
        if of_connection and default is not None:
            connections.save(replace(default, **of_connection))  # type: ignore[arg-type]
        self._desk.preferences.change(**changes)

    async def _replace_key(self, key: str) -> None:
        if self._settings is not None:
            self._settings.show_busy(is_busy=True)
        failure = None
        try:
            await self._desk.connections.connect_with_key(key)
        except TracksideError as error:
            failure = error.failure
        finally:
            if self._settings is not None:
                self._settings.show_busy(is_busy=False)
        if self._settings is not None:
            self._settings.show_failure(failure)
        elif failure is not None:
            self._window.notices.show_failure(failure)
        if failure is not None:
            return
        if self._settings is not None:
            self._settings.clear_key()
        if self._window.is_first_run or not self._desk.is_connected_session_open:
            self._enter_chat()

    def open_sandbox(self) -> None:
        """Goes over to the sandbox, unless that is in use already."""
        if self._desk.connections.is_sandbox:
            self._window.show_chat()
            return

        async def switch() -> None:
            await self._desk.connections.use_sandbox()
            self._enter_chat()

        self._desk.tasks.start(switch())

    def _switch_to_service(self) -> None:
        async def switch() -> None:
            await self._desk.connections.use(DEFAULT_ID)
            if self._desk.connections.has_key:
                self._enter_chat()
                return
            if self._settings is not None:
                self._settings.accept()
            self._show_doors()

        self._desk.tasks.start(switch())

    def _forget_settings(self) -> None:
        self._settings = None

    def _show_connection(self) -> None:
        if self._settings is not None:
            connections = self._desk.connections
            self._settings.show_connection(
                connections.describe(),
                is_sandbox=connections.is_sandbox,
                can_remove_key=connections.keys.source_of(DEFAULT_ID) in _REMOVABLE,
            )

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
        open_shortcuts(self._theme, self._window)

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
        if self._settings is not None:
            self._settings.show_zoom(preferences.settings.zoom)

    def _keep_layout(self) -> None:
        self._desk.preferences.change(
            sidebar_visible=self._window.wants_sidebar, inspector_visible=self._window.wants_inspector
        )

    def _act(self, action: FailureAction) -> None:
        if action is FailureAction.OPEN_CONNECTION:
            self.open_settings()
