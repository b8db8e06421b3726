"""The sandbox's banner."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from trackside.ui.theme import Theme


class SandboxBanner(QFrame):
    """Says plainly, for as long as the sandbox answers, that no model does."""

    connect_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("kind", "warning")
        self.setObjectName("banner")
        label = QLabel("Sandbox: answers are quoted from captions, not made by a model.")
        label.setWordWrap(True)
        button = QPushButton("Connect to TwelveLabs")
        button.clicked.connect(self.connect_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), theme.px(5), theme.px(12), theme.px(5))
        row.addWidget(label, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
