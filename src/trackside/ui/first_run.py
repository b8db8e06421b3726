"""The first run's two doors: connect with a key, or look around in the sandbox."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.failure import Failure
from trackside.ui.entering.key_door import KeyDoor
from trackside.ui.labels import plain_label
from trackside.ui.shortcuts import Shortcuts
from trackside.ui.theme import Theme

_WIDTH_PX = 620
_ABOVE_PX = (8, 140)
"""How much ground stands above the doors, at least and at most."""
_USUAL_HEIGHT_PX = 600
_REVEALING_MS = 300
"""For so long what came up is followed with the view; layouts settle in a few turns of the loop."""


class FirstRun(QScrollArea):
    """Two cards; what was chosen leaves as a signal. What comes up below the key moves nothing above it."""

    sandbox_wanted = Signal()
    back_wanted = Signal()
    shown = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("First run")
        self._ground = ground = QWidget()
        ground.setObjectName("column")
        self._card = QFrame()
        self._back = QPushButton("Back")
        self._back.setProperty("kind", "flat")
        self._back.clicked.connect(self.back_wanted)
        self._back.hide()
        self._title = plain_label("Ask your videos", "title", wraps=True)
        self._lead = plain_label(
            "Trackside streams answers from a TwelveLabs knowledge store and lets you check every one "
            "against the clip.",
            "muted",
            wraps=True,
        )
        self.door = KeyDoor(theme)
        self.sandbox_button = QPushButton("Open the sandbox")
        self.sandbox_button.clicked.connect(self.sandbox_wanted)
        self._sandbox_card = QFrame()
        self._sandbox_card.setProperty("kind", "card")
        self._sandbox_problem = plain_label("", "error", wraps=True)
        self._sandbox_problem.hide()
        self._sandbox = QVBoxLayout(self._sandbox_card)
        self._sandbox.addWidget(plain_label("Look around in the sandbox", "heading", wraps=True))
        self._sandbox.addWidget(
            plain_label(
                "An embedded service with a few sample clips. Its answers are quoted from captions, not "
                "made by a model. No account, no network.",
                "muted",
                wraps=True,
            )
        )
        row = QHBoxLayout()
        row.addWidget(self.sandbox_button)
        row.addStretch(1)
        self._sandbox.addLayout(row)
        self._sandbox.addWidget(self._sandbox_problem)

        self._inner = QVBoxLayout(self._card)
        self._inner.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeading)
        for widget in (self._title, self._lead, self.door, self._sandbox_card):
            self._inner.addWidget(widget)
        outer = QVBoxLayout(ground)
        outer.setContentsMargins(0, 0, 0, 0)
        self._notices_place = outer
        self._above = QWidget()
        outer.addWidget(self._above)
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addWidget(self._card, 100)
        centre.addStretch(1)
        outer.addLayout(centre)
        outer.addStretch(1)
        self.setWidget(ground)
        self._revealed = QTimer(self)
        self._revealed.setSingleShot(True)
        self._revealed.setInterval(_REVEALING_MS)
        scroll_bar = self.verticalScrollBar()
        scroll_bar.rangeChanged.connect(lambda: QTimer.singleShot(0, self, self._reveal_now))
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def key(self) -> QWidget:
        """What has the focus when the doors open."""
        return self.door.key

    def show_keys(self, shortcuts: Shortcuts) -> None:
        """Says which keys do the same as the buttons."""
        self._back.setToolTip(shortcuts.tooltip("Back to the sessions", "stop"))

    def hold_notices(self, notices: QWidget) -> None:
        """Messages stand above the doors as long as these are open."""
        self._notices_place.insertWidget(0, notices)

    def show_back(self, is_shown: bool) -> None:
        """Whether there are sessions to go back to."""
        self._back.setVisible(is_shown)

    def show_starting(self, is_starting: bool) -> None:
        """While the sandbox starts."""
        if is_starting:
            self._sandbox_problem.hide()
        self.sandbox_button.setEnabled(not is_starting)
        self.sandbox_button.setText("Starting…" if is_starting else "Open the sandbox")

    def show_sandbox_failure(self, failure: Failure) -> None:
        self._sandbox_problem.setText(failure.sentence)
        self._sandbox_problem.show()
        self.sandbox_button.setFocus()

    def clear(self) -> None:
        """Forgets what was typed: a key must not stay in a widget."""
        self.door.clear()
        self._sandbox_problem.hide()

    def reveal_test(self) -> None:
        """Scrolls to the end of what came up below the key, as its height comes to be known."""
        self._revealed.start()
        self._reveal_now()

    def _reveal_now(self) -> None:
        if not self._revealed.isActive():
            return
        for part in (self.door.test, self.door.pick):
            if part.isVisible():
                bottom = part.mapTo(self._ground, part.rect().bottomLeft())
                self.ensureVisible(bottom.x(), bottom.y(), 0, self._theme.px(20))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_above()

    def _fit_above(self) -> None:
        """The doors stand a little above the middle, wherever that is, whatever comes up in them later."""
        px = self._theme.px
        least, most = map(px, _ABOVE_PX)
        spare = (self.height() - px(_USUAL_HEIGHT_PX)) // 2
        self._above.setFixedHeight(max(least, min(most, spare)))

    def _dress(self) -> None:
        px = self._theme.px
        self._back.setIcon(self._theme.icon("chevron-left", "muted", 15))
        self._card.setMaximumWidth(px(_WIDTH_PX))
        self._inner.setContentsMargins(px(20), px(20), px(20), px(20))
        self._inner.setSpacing(px(12))
        self._sandbox.setContentsMargins(px(18), px(16), px(18), px(16))
        self._sandbox.setSpacing(px(10))
        self._fit_above()
