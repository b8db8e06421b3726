"""Notifications on macOS and Windows, through Qt's tray icon, which is there only while one is shown."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QSystemTrayIcon

from trackside.ui.notifications.note import Note

_SHOWN_MS = 10_000


class TrayMessages(QObject):
    """Shows one at a time."""

    def __init__(self, icon: QIcon) -> None:
        super().__init__()
        self.on_clicked: Callable[[str, str], None] | None = None
        self._about = ""
        self._icon = QSystemTrayIcon(icon, self)
        self._icon.messageClicked.connect(self._click)
        self._end = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._end.timeout.connect(self._icon.hide)

    async def show(self, note: Note) -> str:
        """See `Notifier.show`."""
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return "This desktop shows no notifications."
        self._about = note.about
        kind = QSystemTrayIcon.MessageIcon.Warning if note.is_bad else QSystemTrayIcon.MessageIcon.Information
        self._icon.show()
        self._icon.showMessage(note.headline, note.text, kind, _SHOWN_MS)
        self._end.start()
        return ""

    async def withdraw(self) -> None:
        """See `Notifier.withdraw`."""
        self._end.stop()
        self._icon.hide()

    async def aclose(self) -> None:
        await self.withdraw()

    def _click(self) -> None:
        if self.on_clicked is not None:
            self.on_clicked(self._about, "")
