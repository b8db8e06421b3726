"""The settings' page of how answers come in."""

from trackside.domain.settings import Settings
from trackside.ui.check_box import CheckBox
from trackside.ui.settings.choices import NumberField, add_number, show_checked
from trackside.ui.settings.page import SettingsPage
from trackside.ui.theme import Theme

_SILENCE_S = (5, 3_600)
_RETRIES = (0, 10)


class StreamingPage(SettingsPage):
    """Following, steps, patience."""

    owned = ("follow_answers", "steps_by_default", "silence_limit_s", "automatic_retries")

    def __init__(self, theme: Theme, width: int) -> None:
        super().__init__(theme, width)
        self.add_heading("Streaming")
        self._follow = CheckBox(theme, "Stay at the end while an answer comes in")
        self._follow.toggled.connect(lambda is_on: self.changed.emit({"follow_answers": is_on}))
        self.rows.add("Follow", self._follow)
        self._steps = CheckBox(theme, "Ask for the steps in new sessions")
        self._steps.toggled.connect(lambda is_on: self.changed.emit({"steps_by_default": is_on}))
        self.rows.add("Steps", self._steps)
        self.add_heading("Patience")
        self._silence = NumberField(
            self,
            "Give up after, in seconds",
            _SILENCE_S,
            lambda seconds: self.changed.emit({"silence_limit_s": float(seconds)}),
        )
        add_number(
            self,
            "Give up after",
            self._silence,
            "s without a sign of life. Some questions take minutes. A connection can have its own limit.",
        )
        self._retries = NumberField(
            self,
            "Automatic retries",
            _RETRIES,
            lambda count: self.changed.emit({"automatic_retries": count}),
        )
        add_number(
            self,
            "Try again",
            self._retries,
            "times, only before an answer has begun: nothing that has begun is ever asked again unasked.",
        )
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        show_checked(self._follow, settings.follow_answers)
        show_checked(self._steps, settings.steps_by_default)
        self._silence.show_number(round(settings.silence_limit_s))
        self._retries.show_number(settings.automatic_retries)
