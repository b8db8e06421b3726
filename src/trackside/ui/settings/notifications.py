"""The settings' page of the notifications."""

from PySide6.QtCore import Signal

from trackside.domain.settings import Settings
from trackside.ui.check_box import CheckBox
from trackside.ui.labels import plain_label
from trackside.ui.settings.choices import NumberField, add_number, show_checked
from trackside.ui.settings.page import SettingsPage, page_button
from trackside.ui.theme import Theme

_SECONDS = (1, 86_400)


class NotificationsPage(SettingsPage):
    """Whether, and of how long an answer, a notification tells."""

    owned = ("notify_long_answers", "notify_after_s")

    trial_wanted = Signal()
    """One shall be shown now; `show_outcome` says what became of it."""

    def __init__(self, theme: Theme, width: int) -> None:
        super().__init__(theme, width)
        self.add_heading(
            "Notifications",
            "They name the session and say how the answer ended, never what was asked or answered.",
        )
        self._is_on = CheckBox(theme, "When a long answer ends in the background")
        self._is_on.toggled.connect(lambda is_on: self.changed.emit({"notify_long_answers": is_on}))
        self.rows.add("Notify", self._is_on)
        self._after = NumberField(
            self,
            "Long answers take at least, in seconds",
            _SECONDS,
            lambda seconds: self.changed.emit({"notify_after_s": float(seconds)}),
        )
        add_number(self, "At least", self._after, "s from the question to the end")
        self._outcome = plain_label("", "muted", wraps=True)
        trial = page_button("Show one now")
        trial.clicked.connect(self.trial_wanted)
        self.rows.add("Try it", trial, self._outcome, stretch=self._outcome)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        show_checked(self._is_on, settings.notify_long_answers)
        self._after.show_number(round(settings.notify_after_s))
        self._after.setEnabled(settings.notify_long_answers)

    def show_outcome(self, problem: str) -> None:
        """Why none could be shown; empty when it was."""
        self._outcome.setText(problem or "Your desktop has it now.")
