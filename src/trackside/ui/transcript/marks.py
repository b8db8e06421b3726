"""What is selected and what was found, as the ranges that are painted."""

from PySide6.QtGui import QColor, QTextCharFormat

from trackside.ui.theme import Theme
from trackside.ui.transcript.finding import Finding
from trackside.ui.transcript.selector import Selector

Range = tuple[int, int, QTextCharFormat]


class Marker:
    """Call it with a row, a part and the part's text as its document has it."""

    def __init__(self, theme: Theme, selector: Selector, finding: Finding) -> None:
        self._theme = theme
        self._selector = selector
        self._finding = finding
        self._formats: dict[tuple[str, str], QTextCharFormat] = {}

    def __call__(self, row: int, part: int, text: str) -> list[Range]:
        selection = self._selector.selection
        if selection is None and not self._finding.is_open:
            return []
        marked: list[Range] = []
        tokens = self._theme.tokens
        if self._finding.is_open:
            found = self._format(tokens.warning_soft, tokens.text)
            current = self._format(tokens.warning, tokens.card)
            here = self._finding.current_ordinal(row, part)
            for ordinal, (start, end) in enumerate(self._finding.spans(text)):
                marked.append((start, end, current if ordinal == here else found))
        if selection is not None and (span := selection.within(row, part, len(text))):
            marked.append((*span, self._format(tokens.accent, tokens.on_accent)))
        return marked

    def _format(self, ground: str, text: str) -> QTextCharFormat:
        if (found := self._formats.get((ground, text))) is None:
            found = self._formats[ground, text] = QTextCharFormat()
            found.setBackground(QColor(ground))
            found.setForeground(QColor(text))
        return found
