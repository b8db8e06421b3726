"""Brings a window before all others, as far as the desktop lets it."""

import os

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

_VARIABLE = "XDG_ACTIVATION_TOKEN"


def bring_forward(window: QWidget, token: str = "") -> None:
    """Shows the window, also one that is minimized, in front. `token` is the desktop's leave for it: without
    one Wayland, and some window managers elsewhere, only mark the window as asking for attention."""
    if window.isMinimized():
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    if token:
        os.environ[_VARIABLE] = token  # where Qt's Wayland plugin looks when it asks to come forward
    try:
        window.raise_()
        window.activateWindow()
    finally:
        if token:
            os.environ.pop(_VARIABLE, None)
    if QApplication.activeWindow() is None:
        QApplication.alert(window)
