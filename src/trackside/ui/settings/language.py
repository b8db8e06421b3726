"""The settings' page of the language."""

from trackside.ui.labels import plain_label
from trackside.ui.settings.page import SettingsPage
from trackside.ui.theme import Theme


class LanguagePage(SettingsPage):
    """Says which language there is, and what goes by the system's own."""

    def __init__(self, theme: Theme, width: int) -> None:
        super().__init__(theme, width)
        self.add_heading("Language")
        window = plain_label("English. There is no translation yet.", wraps=True)
        self.rows.add("Window", window, stretch=window)
        times = plain_label(
            "In English, by a 24-hour clock, in this computer's time zone.",
            "muted",
            wraps=True,
        )
        self.rows.add("Dates and times", times, stretch=times)
        spelling = plain_label(
            "By this computer's dictionary for its own language, and the English one beside it.",
            "muted",
            wraps=True,
        )
        self.rows.add("Spelling", spelling, stretch=spelling)
        answers = plain_label(
            "Answers come in the language that you ask in. Instructions can name another one.",
            "muted",
            wraps=True,
        )
        self.rows.add("Answers", answers, stretch=answers)
        self.column.addStretch(1)
