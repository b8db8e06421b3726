"""The line above the message while the service takes no questions: until when, and what is done meanwhile."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel

from trackside.chat.rate_limits import RateLimits

_QUEUES = "A question asked now waits in line."
_IS_SENT = "Nothing is tried again by itself until then; a question asked now is sent all the same."


class LimitLine(QObject):
    """Says what holds for the open session's connection, counted down; nothing while questions are taken."""

    def __init__(
        self,
        label: QLabel,
        limits: RateLimits,
        connection_id: Callable[[], str],
        is_brief: Callable[[], bool],
    ) -> None:
        """`connection_id`: the open session's; empty for none. `is_brief`: whether nothing can be asked now,
        or there is no room to say what would become of it."""
        super().__init__(label)
        self._label = label
        self._is_brief = is_brief
        self._limits = limits
        self._connection_id = connection_id
        limits.changed.connect(self._on_changed)
        self.refresh()

    def refresh(self) -> None:
        """Says anew what holds: another session is open, say."""
        words = self._words(self._connection_id())
        if words != self._label.text():
            self._label.setText(words)
            self._label.setVisible(bool(words))

    def _on_changed(self, connection_id: str) -> None:
        if connection_id == self._connection_id():
            self.refresh()

    def _words(self, connection_id: str) -> str:
        if not connection_id:
            return ""
        known = self._limits.words_of(connection_id)
        if not known:
            return ""
        is_plan_over = self._limits.is_plan_over(connection_id)
        waits = self._limits.wait_s(connection_id) > 0.0
        if not (is_plan_over or waits or self._limits.is_blocked(connection_id)):
            return ""
        if self._is_brief():
            return f"{known}."
        return f"{known}. {_IS_SENT if is_plan_over else _QUEUES if waits else ''}".strip()
