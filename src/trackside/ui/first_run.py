"""The first run's two doors: connect with a key, or look around in the sandbox."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.failure import Failure
from trackside.ui.actions import keys_for
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_WIDTH_PX = 620


class FirstRun(QScrollArea):
    """Two cards; what was chosen leaves as a signal."""

    key_given = Signal(str)
    sandbox_wanted = Signal()
    back_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setWidgetResizable(True)
        self.setAccessibleName("First run")
        ground = QWidget()
        ground.setObjectName("column")
        self._card = QFrame()
        self._back = QPushButton("Back")
        self._back.setProperty("kind", "flat")
        self._back.setToolTip(f"Back to the sessions ({keys_for('stop')})")
        self._back.clicked.connect(self.back_wanted)
        self._back.hide()
        self._title = _label("Ask your videos", "title")
        self._lead = _label(
            "Trackside streams answers from a TwelveLabs knowledge store and lets you check every one "
            "against the clip.",
            "muted",
        )
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText("tlk_…")
        self.key.setAccessibleName("API key")
        self.key.returnPressed.connect(self._give_key)
        self.connect_button = QPushButton("Connect")
        self.connect_button.setProperty("kind", "primary")
        self.connect_button.clicked.connect(self._give_key)
        self._problem = _label("", "error")
        self._problem.hide()
        self._key_card, key_column = self._door(
            "Connect to TwelveLabs",
            "Paste an API key. It is tested, then kept in your system's keyring, nowhere else.",
        )
        row = QHBoxLayout()
        row.addWidget(self.key, 1)
        row.addWidget(self.connect_button)
        key_column.addLayout(row)
        key_column.addWidget(self._problem)
        self.sandbox_button = QPushButton("Open the sandbox")
        self.sandbox_button.clicked.connect(self.sandbox_wanted)
        self._sandbox_card, sandbox_column = self._door(
            "Look around in the sandbox",
            "An embedded service with a few sample clips. Its answers are quoted from captions, not made "
            "by a model. No account, no network.",
        )
        row = QHBoxLayout()
        row.addWidget(self.sandbox_button)
        row.addStretch(1)
        sandbox_column.addLayout(row)
        self._sandbox_problem = _label("", "error")
        self._sandbox_problem.hide()
        sandbox_column.addWidget(self._sandbox_problem)

        self._inner = QVBoxLayout(self._card)
        self._inner.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeading)
        for widget in (self._title, self._lead, self._key_card, self._sandbox_card):
            self._inner.addWidget(widget)
        outer = QVBoxLayout(ground)
        outer.setContentsMargins(0, 0, 0, 0)
        self._notices_place = outer
        outer.addStretch(2)
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addWidget(self._card, 100)
        centre.addStretch(1)
        outer.addLayout(centre)
        outer.addStretch(3)
        self.setWidget(ground)
        theme.changed.connect(self._dress)
        self._dress()

    def hold_notices(self, notices: QWidget) -> None:
        """Messages stand above the doors as long as these are open."""
        self._notices_place.insertWidget(0, notices)

    def show_back(self, is_shown: bool) -> None:
        """Whether there are sessions to go back to."""
        self._back.setVisible(is_shown)

    def show_busy(self, words: str) -> None:
        """While a key is tested or the sandbox starts; an empty string ends it."""
        is_busy = bool(words)
        if is_busy:
            self._problem.hide()
            self._sandbox_problem.hide()
        for widget in (self.key, self.connect_button, self.sandbox_button):
            widget.setEnabled(not is_busy)
        self.connect_button.setText(words or "Connect")

    def show_sandbox_failure(self, failure: Failure) -> None:
        self._sandbox_problem.setText(failure.sentence)
        self._sandbox_problem.show()
        self.sandbox_button.setFocus()

    def show_failure(self, failure: Failure) -> None:
        """What came of the key."""
        self._problem.setText(failure.sentence)
        self._problem.show()
        self.key.setFocus()
        self.key.selectAll()

    def clear(self) -> None:
        """Forgets what was typed: a key must not stay in a widget."""
        self.key.clear()
        self._problem.hide()
        self._sandbox_problem.hide()

    def _give_key(self) -> None:
        self._problem.hide()
        if self.key.text().strip():
            self.key_given.emit(self.key.text())

    def _door(self, heading: str, text: str) -> tuple[QFrame, QVBoxLayout]:
        card = QFrame()
        card.setProperty("kind", "card")
        column = QVBoxLayout(card)
        column.addWidget(_label(heading, "heading"))
        column.addWidget(_label(text, "muted"))
        return card, column

    def _dress(self) -> None:
        px = self._theme.px
        self._back.setIcon(self._theme.icon("chevron-left", "muted", 15))
        self._card.setMaximumWidth(px(_WIDTH_PX))
        self._inner.setContentsMargins(px(20), px(20), px(20), px(20))
        self._inner.setSpacing(px(12))
        for card in (self._key_card, self._sandbox_card):
            column = card.layout()
            assert column is not None
            column.setContentsMargins(px(18), px(16), px(18), px(16))
            column.setSpacing(px(10))


def _label(text: str, role: str) -> QLabel:
    return plain_label(text, role, wraps=True)
