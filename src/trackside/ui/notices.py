"""Non-modal messages above the transcript: failures stay until dismissed, small news pass."""

from collections.abc import Callable

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from trackside.domain.failure import Failure, FailureAction, FailureKind
from trackside.ui.theme import Theme

_NEWS_MS = 4_000
_MOST = 3


class NoticeCard(QFrame):
    """One message with its buttons."""

    def __init__(self, theme: Theme, kind: str, text: str, done: Callable[["NoticeCard"], None]) -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.text = text
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(label.textInteractionFlags().TextSelectableByMouse)
        close = QPushButton()
        close.setAccessibleName("Dismiss")
        role = {"error": "error", "warning": "warning"}.get(kind, "on_accent_soft")
        close.setIcon(theme.icon("close", role, 14))
        close.setIconSize(QSize(theme.px(14), theme.px(14)))
        close.clicked.connect(lambda: done(self))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.px(12), theme.px(6), theme.px(8), theme.px(6))
        self._row.addWidget(label, 1)
        self._row.addWidget(close)

    def add_button(self, words: str, slot: Callable[[], None]) -> None:
        button = QPushButton(words)
        button.setProperty("isMain", "true")
        button.clicked.connect(lambda: slot())
        self._row.insertWidget(self._row.count() - 1, button)


class Notices(QWidget):
    """Where messages appear. The same message twice is shown once."""

    def __init__(self, theme: Theme, act: Callable[[FailureAction], None]) -> None:
        super().__init__()
        self._theme = theme
        self._act = act
        self._cards: list[NoticeCard] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.px(20), theme.px(8), theme.px(20), 0)
        self._column.setSpacing(theme.px(6))
        self.hide()

    def show_failure(self, failure: Failure) -> None:
        """A failure that belongs to no attempt, with what can be done about it."""
        kind = "warning" if failure.kind in (FailureKind.INPUT, FailureKind.KEYRING) else "error"
        card = self._add(kind, failure.sentence)
        if card is None:
            return
        if FailureAction.OPEN_CONNECTION in failure.actions:
            card.add_button("Open settings", lambda: self._act(FailureAction.OPEN_CONNECTION))
        if failure.detail:
            card.add_button("Copy details", lambda: QApplication.clipboard().setText(failure.detail))

    def show_news(self, text: str) -> None:
        """Something small that went well; it passes by itself."""
        if (card := self._add("hint", text)) is not None:
            QTimer.singleShot(_NEWS_MS, card, lambda: self._remove(card))

    def show_choice(self, text: str, words: str, slot: Callable[[], None]) -> None:
        """Something that can be taken back for a while."""
        if (card := self._add("hint", text)) is not None:

            def choose() -> None:
                self._remove(card)
                slot()

            card.add_button(words, choose)
            QTimer.singleShot(3 * _NEWS_MS, card, lambda: self._remove(card))

    def _add(self, kind: str, text: str) -> NoticeCard | None:
        if any(card.text == text for card in self._cards):
            return None
        while len(self._cards) >= _MOST:
            self._remove(self._cards[0])
        card = NoticeCard(self._theme, kind, text, self._remove)
        self._cards.append(card)
        self._column.addWidget(card)
        self.show()
        return card

    def _remove(self, card: NoticeCard) -> None:
        if card in self._cards:
            self._cards.remove(card)
            card.hide()
            card.deleteLater()
        self.setVisible(bool(self._cards))
