"""Opens the settings, at a page or at a connection, and joins the pages to what they are about."""

from PySide6.QtCore import QObject, Signal

from trackside.chat.spelling import Spelling
from trackside.ui.desk import Desk
from trackside.ui.notifications.finished import FinishedAnswers
from trackside.ui.safekeeping import Safekeeping
from trackside.ui.settings.connection_editing import ConnectionEditing
from trackside.ui.settings.dialog import MakePage, SettingsDialog
from trackside.ui.settings.page import SettingsPage
from trackside.ui.theme import Theme

APPEARANCE = "Appearance"
COMPOSING = "Composing"
STREAMING = "Streaming"
CONNECTIONS = "Connections"
DATA = "Data"
SHORTCUTS = "Shortcuts"
NOTIFICATIONS = "Notifications"
LANGUAGE = "Language"
_WORDS = {
    APPEARANCE: "theme colours dark light system zoom size font letters density compact comfortable reduced "
    "motion blink fade",
    COMPOSING: "send enter control spelling misspelt words dictionary underline line break",
    STREAMING: "follow end scroll steps silence limit timeout give up patience automatic retries try again",
    CONNECTIONS: "key keyring api service address url model headers proxy network certificate ca file tls "
    "timeout test sandbox forget remove http",
    DATA: "folder size backups restore retention trash days unused delete everything sessions",
    SHORTCUTS: "keys keyboard commands",
    NOTIFICATIONS: "notify long answer background desktop",
    LANGUAGE: "english translation dates times clock spelling",
}
"""What else each page is found by."""


class SettingsOpening(QObject):
    """One dialog at a time. It opens where it was left."""

    diagnostics_wanted = Signal()

    spelling: Spelling
    """What knows misspelt words; the composition root gives it."""

    def __init__(
        self, desk: Desk, theme: Theme, safekeeping: Safekeeping, finished: FinishedAnswers, data_folder: str
    ) -> None:
        super().__init__(desk)
        self._desk = desk
        self._window = desk.window
        self._theme = theme
        self._safekeeping = safekeeping
        self._finished = finished
        self._data_folder = data_folder
        self._connection_editing: ConnectionEditing | None = None
        self._dialog: SettingsDialog | None = None
        self._left_at = APPEARANCE
        desk.preferences.changed.connect(self._follow)
        desk.window.sidebar.foot.connections_wanted.connect(self._open_connections)

    @property
    def is_open(self) -> bool:
        return self._dialog is not None

    def open(self, page: str = "", connection_id: str = "") -> None:
        """Shows the settings; `page` is one of the names above, and of the connections one can be shown."""
        if self._dialog is None:
            self._dialog = self._made()
        self._dialog.show_page(page or (CONNECTIONS if connection_id else self._left_at))
        if connection_id:
            self._editing.select(connection_id)
        self._dialog.open()
        self._dialog.raise_()

    def _open_connections(self) -> None:
        self.open(CONNECTIONS, self._desk.connections.active_id)

    def close(self) -> None:
        if self._dialog is not None:
            self._dialog.accept()

    # -- inside ----------------------------------------------------------------------------------

    def _made(self) -> SettingsDialog:
        settings = self._desk.preferences.settings
        dialog = SettingsDialog(self._theme, self._window, self._pages(), settings, _WORDS)
        dialog.changed.connect(lambda changes: self._desk.preferences.change(**changes))
        dialog.diagnostics_wanted.connect(self.diagnostics_wanted)
        dialog.finished.connect(self._forget)
        return dialog

    def _follow(self) -> None:
        if self._dialog is not None:
            self._dialog.show_settings(self._desk.preferences.settings)

    def _forget(self) -> None:
        if self._dialog is not None:
            self._left_at = self._dialog.current
        self._dialog = None

    @property
    def _editing(self) -> ConnectionEditing:
        if self._connection_editing is None:
            self._connection_editing = ConnectionEditing(self._desk)
        return self._connection_editing

    def _pages(self) -> list[tuple[str, MakePage]]:
        return [
            (APPEARANCE, self._appearance),
            (COMPOSING, self._composing),
            (STREAMING, self._streaming),
            (CONNECTIONS, lambda width: self._editing.make_page(self._theme, width)),
            (DATA, self._data),
            (SHORTCUTS, self._shortcuts),
            (NOTIFICATIONS, self._notifications),
            (LANGUAGE, self._language),
        ]

    # Pages are imported when they are first looked at.

    def _appearance(self, width: int) -> SettingsPage:
        from trackside.ui.settings.appearance import AppearancePage

        page = AppearancePage(self._theme, width)
        page.zoom_wanted.connect(self._zoom)
        return page

    def _zoom(self, direction: int) -> None:
        preferences = self._desk.preferences
        preferences.apply(preferences.settings.zoomed(direction))

    def _composing(self, width: int) -> SettingsPage:
        from trackside.ui.settings.composing import ComposingPage

        page = ComposingPage(self._theme, width)
        page.show_spelling(self.spelling.why_not)
        self.spelling.problem.connect(page.show_spelling)
        return page

    def _streaming(self, width: int) -> SettingsPage:
        from trackside.ui.settings.streaming import StreamingPage

        return StreamingPage(self._theme, width)

    def _data(self, width: int) -> SettingsPage:
        from trackside.ui.settings.data_page import DataPage

        page = DataPage(self._theme, self._data_folder, width)
        if self._dialog is not None:
            self._safekeeping.follow(page, self._dialog)
        return page

    def _shortcuts(self, width: int) -> SettingsPage:
        from trackside.ui.settings.shortcuts import ShortcutsPage

        return ShortcutsPage(self._theme, width)

    def _notifications(self, width: int) -> SettingsPage:
        from trackside.ui.settings.notifications import NotificationsPage

        page = NotificationsPage(self._theme, width)

        async def try_out() -> None:
            outcome = await self._finished.try_out()
            if self._dialog is not None and self._dialog.page is page:
                page.show_outcome(outcome)

        page.trial_wanted.connect(lambda: self._desk.tasks.start(try_out()))
        return page

    def _language(self, width: int) -> SettingsPage:
        from trackside.ui.settings.language import LanguagePage

        return LanguagePage(self._theme, width)
