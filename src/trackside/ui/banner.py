"""What stays said above the transcript for as long as it holds."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_SANDBOX = "Sandbox: answers are quoted from captions, not made by a model."


class Banner(QFrame):
    """One line over the whole width, which can't be dismissed."""

    pressed = Signal()

    def __init__(self, theme: Theme, kind: str, words: str = "", button: str = "") -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("kind", kind)
        self.setObjectName("banner")
        self.label = plain_label(words, wraps=True)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.label, 1)
        if button:
            press = QPushButton(button)
            press.clicked.connect(self.pressed)
            self._row.addWidget(press)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _dress(self) -> None:
        px = self._theme.px
        self._row.setContentsMargins(px(20), px(5), px(12), px(5))
        self.label.setMinimumHeight(px(22))


class Banners(QWidget):
    """The sandbox's, that of a connection without encryption, and that of a session without connection."""

    connect_wanted = Signal()
    move_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._sandbox = Banner(theme, "warning", _SANDBOX, "Connect to TwelveLabs")
        self._sandbox.pressed.connect(self.connect_wanted)
        self._unprotected = Banner(theme, "error")
        self._gone = Banner(theme, "warning", button="Move to another connection…")
        self._gone.pressed.connect(self.move_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        self._all = (self._sandbox, self._unprotected, self._gone)
        for banner in self._all:
            column.addWidget(banner)
        self.hide()

    def show_sandbox(self, is_sandbox: bool) -> None:
        """Says plainly, for as long as the sandbox answers, that no model does."""
        self._show(self._sandbox, is_shown=is_sandbox)

    def show_unprotected(self, host: str) -> None:
        """Warns for as long as the connection in use has no encryption; an empty host ends it."""
        words = f"Unprotected: questions and the key travel unencrypted to {host}."
        self._unprotected.label.setText(words if host else "")
        self._show(self._unprotected, is_shown=bool(host))

    def show_gone(self, words: str) -> None:
        """Says that the open session's connection is no longer there; empty when it is."""
        self._gone.label.setText(words)
        self._show(self._gone, is_shown=bool(words))

    def _show(self, banner: Banner, *, is_shown: bool) -> None:
        banner.setVisible(is_shown)
        self.setVisible(any(not one.isHidden() for one in self._all))
