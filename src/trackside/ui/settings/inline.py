"""Small parts of the settings' pages: a field that is checked when it is left, and words below it."""

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QLineEdit

from trackside.domain.failure import TracksideError
from trackside.ui.labels import plain_label


class CheckedField(QLineEdit):
    """A line whose text applies when the field is left, if it can be used; else `problem` says why not."""

    def __init__(self, name: str, check: Callable[[str], str], apply: Callable[[str], None]) -> None:
        """`check` gives the text as it is to be kept or raises TracksideError; `apply` gets what is new."""
        super().__init__()
        self.setAccessibleName(name)
        self._check = check
        self._apply = apply
        self._kept = self._before = ""
        self.problem = words_below("error")
        self.editingFinished.connect(self.take)

    def show_text(self, text: str, *, is_anew: bool = False) -> None:
        """Shows what is set. What is being typed stays, unless the field is about something else now."""
        is_edited = self.text() != self._kept
        self._kept = text
        if is_anew or (not is_edited and self.text() != text):
            self.setText(text)
            self.setCursorPosition(0)
            self.say("")

    def say(self, words: str) -> None:
        """What is wrong; empty for nothing."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def refuse(self, words: str) -> None:
        """What was taken turned out to be of no use; it stays to be mended."""
        self._kept = self._before
        self.say(words)

    def take(self) -> bool:
        """Applies what was typed; whether it could be used."""
        try:
            text = self._check(self.text())
        except TracksideError as error:
            self.say(error.failure.sentence)
            return False
        self.say("")
        if text != self.text():
            self.setText(text)
        if text != self._kept:
            self._before, self._kept = self._kept, text
            self._apply(text)
        return True


def words_below(role: str = "muted") -> QLabel:
    """A hidden line of words that belongs to the row above."""
    label = plain_label(role=role, wraps=True)
    label.hide()
    return label


def say(label: QLabel, words: str) -> None:
    """Shows the words, or hides the line when there are none."""
    label.setText(words)
    label.setVisible(bool(words))
