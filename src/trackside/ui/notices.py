"""Non-modal messages above the transcript: failures stay until dismissed, small news pass."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from trackside.domain.failure import Failure, FailureAction, FailureKind
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_NEWS_MS = 4_000
_MOST_NEWS = 3


class NoticeCard(QFrame):
    """One message with its buttons."""

    def __init__(self, theme: Theme, kind: str, text: str, done: Callable[["NoticeCard"], None]) -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.text = text
        self.is_news = False
        label = plain_label(text, wraps=True, is_selectable=True)
        close = QPushButton()
        close.setAccessibleName("Dismiss")
        role = {"error": "error", "warning": "warning"}.get(kind, "on_accent_soft")
        close.setIcon(theme.icon("close", role, 14))
        close.setIconSize(QSize(theme.px(14), theme.px(14)))
        # A click leaves the focus where it is: the card goes, and the focus would leap to whatever is next.
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(lambda: done(self))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.px(12), theme.px(6), theme.px(8), theme.px(6))
        self._row.addWidget(label, 1)
        self._row.addWidget(close)

    def add_button(self, words: str, slot: Callable[[], None]) -> None:
        button = QPushButton(words)
        button.setProperty("isMain", "true")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: slot())
        self._row.insertWidget(self._row.count() - 1, button)


class Notices(QWidget):
    """Where messages appear. The same failure or news twice is shown once.

    Failures stay until they are dismissed or taken back. Only news make room for news.
    """

    failure_shown = Signal(Failure)

    def __init__(self, theme: Theme, act: Callable[[FailureAction], None]) -> None:
        super().__init__()
        self._theme = theme
        self._act = act
        self._cards: list[NoticeCard] = []
        self.is_low = False
        """Whether there is little height: news then take the place of earlier news."""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.px(20), theme.px(8), theme.px(20), 0)
        self._column.setSpacing(theme.px(6))
        self.hide()

    def show_failure(
        self,
        failure: Failure,
        again: Callable[[], None] | None = None,
        choice: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        """A failure that belongs to no attempt, with what can be done about it. `again` tries once more;
        `choice` is another way out, with its words."""
        if self._has(failure.sentence):
            return
        self.failure_shown.emit(failure)
        kind = "warning" if failure.kind in (FailureKind.INPUT, FailureKind.KEYRING) else "error"
        card = self._add(kind, failure.sentence)
        if again is not None:
            self._add_choice(card, "Try again", again)
        if choice is not None:
            self._add_choice(card, *choice)
        if FailureAction.OPEN_CONNECTION in failure.actions:
            card.add_button("Open settings", lambda: self._act(FailureAction.OPEN_CONNECTION))
        if FailureAction.CHOOSE_CA_FILE in failure.actions:
            card.add_button("Choose a CA file", lambda: self._act(FailureAction.CHOOSE_CA_FILE))
        if failure.detail:
            card.add_button("Copy details", lambda: QApplication.clipboard().setText(failure.detail))

    def take_back(self, text: str) -> None:
        """Removes a message that no longer holds."""
        for card in [card for card in self._cards if card.text == text]:
            self._remove(card)

    def show_news(self, text: str) -> None:
        """Something small that went well; it passes by itself."""
        if self._has(text):
            return
        news = [card for card in self._cards if card.is_news]
        most = 1 if self.is_low else _MOST_NEWS
        for card in news[: max(0, len(news) - most + 1)]:
            self._remove(card)
        card = self._add("hint", text)
        card.is_news = True
        QTimer.singleShot(_NEWS_MS, card, lambda: self._remove(card))

    def show_choice(self, text: str, words: str, slot: Callable[[], None]) -> None:
        """Something that can be taken back for a while."""
        card = self._add("hint", text)
        self._add_choice(card, words, slot)
        QTimer.singleShot(3 * _NEWS_MS, card, lambda: self._remove(card))

    def _add_choice(self, card: NoticeCard, words: str, slot: Callable[[], None]) -> None:
        def choose() -> None:
            self._remove(card)
            slot()

        card.add_button(words, choose)

    def _has(self, text: str) -> bool:
        return any(card.text == text for card in self._cards)

    def _add(self, kind: str, text: str) -> NoticeCard:
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
