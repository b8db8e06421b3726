"""Tells of answers that ended while nobody looked."""

import sys

from PySide6.QtGui import QIcon

from trackside.ui.notifications.note import Notifier


def notifier_for(icon: QIcon) -> Notifier:
    """What shows notifications on this system."""
    if sys.platform.startswith("linux"):
        from trackside.ui.notifications.desktop_bus import DesktopBus

        return DesktopBus()
    from trackside.ui.notifications.tray import TrayMessages

    return TrayMessages(icon)
