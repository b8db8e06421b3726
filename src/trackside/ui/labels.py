"""Labels and tooltips for words that are not ours: what stands in them is shown, never taken for markup."""

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel

_ENDING = re.compile(r" \([^()]{1,12}\)$")


def plain_label(
    text: str = "", role: str = "", *, wraps: bool = False, is_selectable: bool = False
) -> QLabel:
    """A label that shows any text as it is. `role` is the style sheet's."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    if role:
        label.setProperty("role", role)
    if is_selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def plain_tooltip(text: str) -> str:
    """The text as a tooltip shows it as it is; a tooltip has no plain format to ask for."""
    return f"<qt>{escape(text)}</qt>" if "<" in text or "&" in text else text


def button_words(text: str) -> str:
    """The text for a button or a menu, where a single “&” would mark a shortcut and vanish."""
    return text.replace("&", "&&")


def elided_title(title: str, metrics: QFontMetrics, width: int) -> str:
    """The title cut to a width in pixels. A short ending in brackets stays: “(branch)” is all that tells a
    copy from what it was made of."""
    if metrics.horizontalAdvance(title) > width and (found := _ENDING.search(title)) is not None:
        room = width - metrics.horizontalAdvance(found[0])
        if room >= width // 3:
            return metrics.elidedText(title[: found.start()], Qt.TextElideMode.ElideRight, room) + found[0]
    return metrics.elidedText(title, Qt.TextElideMode.ElideRight, width)
