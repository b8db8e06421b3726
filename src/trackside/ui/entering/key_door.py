"""The first run's door to the service: the key's field, the test below it, and then the stores."""

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)

from trackside.domain.connection import Connection
from trackside.domain.connection_test import Steps
from trackside.domain.failure import Failure
from trackside.ui.connection_test.card import ConnectionTestCard
from trackside.ui.entering.store_pick import StorePick
from trackside.ui.entering.way_fields import WayFields
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme, repolish

_KEEPING = "Paste an API key. It is tested, then kept in your system’s keyring, nowhere else."
_PLACEHOLDER = "tlk_…"


class _Stage(Enum):
    """How far the door is, with what its button then does."""

    TYPING = "Connect"
    TESTING = "Stop"
    CONNECTED = "Other key"


class KeyDoor(QFrame):
    """Shows what is found and asks for what is wanted; decides nothing.

    `connect_wanted` asks for a test of what is typed, which `stop_wanted` ends.
    """

    connect_wanted = Signal()
    stop_wanted = Signal()
    anew = Signal()
    """It stands as before, for another key."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._stage = _Stage.TYPING
        self.setProperty("kind", "card")
        self._heading = plain_label("Connect to TwelveLabs", "heading", wraps=True)
        self.about = plain_label(_KEEPING, "muted", wraps=True)
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self.key.setPlaceholderText(_PLACEHOLDER)
        self.key.setAccessibleName("API key")
        self.key.returnPressed.connect(self._press)
        self.connect_button = QPushButton(_Stage.TYPING.value)
        self.connect_button.setProperty("kind", "primary")
        self.connect_button.clicked.connect(self._press)
        self._row = QHBoxLayout()
        self._row.addWidget(self.key, 1)
        self._row.addWidget(self.connect_button)
        self._problem = plain_label("", "error", wraps=True)
        self._problem.hide()
        self.more = QPushButton("Other address, proxy or certificate…")
        self.more.setProperty("kind", "flat")
        self.more.clicked.connect(self._toggle_way)
        # What stands below must not move when it goes.
        policy = self.more.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.more.setSizePolicy(policy)
        self.way = WayFields(theme)
        self.way.entered.connect(self._press)
        self.way.hide()
        self.test = ConnectionTestCard(theme, has_heading=False, tells_success=False)
        self.test.hide()
        self.test.replace_key_wanted.connect(self.focus_key)
        self.test.ca_file_wanted.connect(self._choose_ca_file)
        self.test.proxy_wanted.connect(self._show_proxy)
        self.test.edit_wanted.connect(self._show_address)
        self.test.again_wanted.connect(self.connect_wanted)
        self.way.ca_file_chosen.connect(self._use_ca_file)
        self.pick = StorePick(theme)
        self.pick.hide()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._heading)
        self._column.addWidget(self.about)
        self._column.addLayout(self._row)
        for widget in (self._problem, self.more, self.way, self.test, self.pick):
            self._column.addWidget(widget)
        self._column.setAlignment(self.more, Qt.AlignmentFlag.AlignLeading)
        theme.changed.connect(self._dress)
        self._dress()

    # -- before the test -------------------------------------------------------------------------

    def show_keeping(self, words: str) -> None:
        """What becomes of a key that is given."""
        self.about.setText(words)

    def show_kept_key(self, words: str) -> None:
        """Whether there is a key already that an empty field means; empty when there is none."""
        self.key.setPlaceholderText(words or _PLACEHOLDER)

    def show_problem(self, failure: Failure) -> None:
        """What is wrong with what was typed; nothing was sent."""
        self._problem.setText(failure.sentence)
        self._problem.show()
        self.focus_key()

    def show_way_problem(self, failure: Failure) -> None:
        """The same of the fields below the key's."""
        self._problem.setText(failure.sentence)
        self._problem.show()
        self._show_address()

    def focus_key(self) -> None:
        if self._stage is _Stage.CONNECTED:
            self._begin_anew()
        self.key.setFocus()
        self.key.selectAll()

    # -- the test --------------------------------------------------------------------------------

    @property
    def is_testing(self) -> bool:
        return self._stage is _Stage.TESTING

    def begin_test(self, connection: Connection) -> None:
        self._problem.hide()
        self.pick.clear()
        self.way.hide()
        self.test.begin(connection)
        self.test.show()
        self._show_stage(_Stage.TESTING)

    def show_steps(self, steps: Steps) -> None:
        self.test.show_steps(steps)

    def end_test(self) -> None:
        """It failed: what helps is offered."""
        had_focus = self.connect_button.hasFocus()
        self._show_stage(_Stage.TYPING)
        if had_focus:
            self.test.focus_mend()

    def stop_test(self) -> None:
        """It was given up."""
        self._show_stage(_Stage.TYPING)
        self.test.hide()
        self.focus_key()

    def show_keeping_now(self) -> None:
        """The test has passed, and the keyring is asked to take the key."""
        self.about.setText("The key works. Keeping it…")

    def show_connected(self, host: str, words: str) -> None:
        """The key is in use; `words` say where it is kept. Nothing of it stays in the field."""
        self._forget_key()
        self.about.setText(words)
        self.key.setPlaceholderText(f"Connected to {host}")
        self._show_stage(_Stage.CONNECTED)

    def clear(self) -> None:
        """As it was before anything was typed: a key must not stay in a widget."""
        self._forget_key()
        self.way.proxy_password.setText("")
        self._problem.hide()
        self.test.hide()
        self.pick.clear()
        self.way.hide()
        self.about.setText(_KEEPING)
        self.key.setPlaceholderText(_PLACEHOLDER)
        self._show_stage(_Stage.TYPING)

    # -- inside ----------------------------------------------------------------------------------

    def _forget_key(self) -> None:
        # Unlike clear(), which can be undone.
        self.key.setText("")

    def _press(self) -> None:
        match self._stage:
            case _Stage.TESTING:
                self.stop_wanted.emit()
            case _Stage.CONNECTED:
                self._begin_anew()
                self.focus_key()
            case _:
                self._problem.hide()
                self.connect_wanted.emit()

    def _begin_anew(self) -> None:
        """For another key than the one that was just taken."""
        self.clear()
        self.anew.emit()

    def _show_stage(self, stage: _Stage) -> None:
        self._stage = stage
        if stage is not _Stage.TYPING:
            # Before its field goes grey, which would send the focus off to anywhere.
            self.connect_button.setFocus()
        self.connect_button.setText(stage.value)
        kind = "" if stage is _Stage.CONNECTED else "primary"
        if self.connect_button.property("kind") != kind:
            self.connect_button.setProperty("kind", kind)
            repolish(self.connect_button)
        for widget in (self.key, self.more, self.way):
            widget.setEnabled(stage is _Stage.TYPING)
        self.more.setVisible(stage is not _Stage.CONNECTED)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_button()

    def _toggle_way(self) -> None:
        if self.way.isHidden():
            self._show_address()
        else:
            self.way.hide()

    def _show_address(self) -> None:
        self.way.show()
        self.way.focus_address()

    def _show_proxy(self) -> None:
        self.way.show()
        self.way.focus_proxy()

    def _choose_ca_file(self) -> None:
        self.way.open_ca_file_dialog()

    def _use_ca_file(self) -> None:
        """Chosen where the test asked for it, it is tested again; else it stands in its field."""
        if not self.test.isHidden() and self._stage is _Stage.TYPING:
            self.connect_wanted.emit()

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(18), px(16), px(18), px(16))
        self._column.setSpacing(px(10))
        self._row.setSpacing(px(8))
        self._fit_button()

    def _fit_button(self) -> None:
        """As wide with any of its words."""
        button = self.connect_button
        shown = button.text()
        button.ensurePolished()
        button.setMinimumWidth(0)
        widths = []
        for stage in _Stage:
            button.setText(stage.value)
            widths.append(button.sizeHint().width())
        button.setText(shown)
        button.setMinimumWidth(max(widths))
