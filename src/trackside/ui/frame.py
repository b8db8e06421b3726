"""The window's first frame: the grounds of its parts, painted before any of them is imported.

Opening a window takes half as long as importing and building what belongs into it. Whoever starts the
program sees the first at once and the second a moment later, in the same places and colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPainter

from trackside.ui.tokens import DARK, HEADER_PX, INSPECTOR_PX, LIGHT, SIDEBAR_PX, Tokens

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from trackside.domain.settings import Settings

_NARROWEST_CHAT_PX = 430
_NARROWEST_FORCED_CHAT_PX = 300


def parts_with_room(
    width: int, scale: float, *, wants_sidebar: bool, wants_inspector: bool, is_forced: bool = False
) -> tuple[bool, bool]:
    """Whether sidebar and inspector are shown in so many pixels at that scale.

    A narrow window keeps the conversation: the inspector goes first, then the sidebar. `is_forced`: what
    was asked for by hand stays, as far as there is any room.
    """
    chat, sidebar, inspector = (px * scale for px in (_NARROWEST_CHAT_PX, SIDEBAR_PX, INSPECTOR_PX))
    has_inspector = wants_inspector and (is_forced or width >= chat + sidebar + inspector)
    narrowest = _NARROWEST_FORCED_CHAT_PX * scale if is_forced else chat
    has_sidebar = wants_sidebar and width >= narrowest + sidebar + (inspector if has_inspector else 0)
    return has_sidebar, has_inspector


def paint_frame(window: QWidget, settings: Settings) -> None:
    """Fills the window with the grounds of what it will hold; on the first run that is one page."""
    tokens, scale = _first_tokens(window, settings), settings.zoom / 100
    ground, panel, line = (QColor(name) for name in (tokens.background, tokens.panel, tokens.line))
    width, height = window.width(), window.height()
    left, right = 0, width
    painter = QPainter(window)
    painter.fillRect(0, 0, width, height, ground)
    if settings.connection_id:
        has_sidebar, has_inspector = parts_with_room(
            width, scale, wants_sidebar=settings.sidebar_visible, wants_inspector=settings.inspector_visible
        )
        if has_sidebar:
            left = round(SIDEBAR_PX * scale)
            painter.fillRect(0, 0, left, height, panel)
            painter.fillRect(left - 1, 0, 1, height, line)
        if has_inspector:
            right = width - round(INSPECTOR_PX * scale)
            painter.fillRect(right, 0, width - right, height, panel)
            painter.fillRect(right, 0, 1, height, line)
        bottom = round(HEADER_PX * scale)
        painter.fillRect(left, 0, right - left, bottom, panel)
        painter.fillRect(left, bottom - 1, right - left, 1, line)
    painter.end()


def _first_tokens(window: QWidget, settings: Settings) -> Tokens:
    """The theme's colours. Asking for the system's scheme would import all of Qt's enums (a tenth of the
    start); the style's own palette follows it as well."""
    if settings.theme != "system":
        return DARK if settings.theme == "dark" else LIGHT
    return DARK if window.palette().window().color().lightness() < 128 else LIGHT
