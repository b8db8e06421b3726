"""What the window shows at first: the grounds of its parts, before any of them is imported.

Opening a window takes half as long as importing and building what belongs into it. Whoever starts the
program sees the first at once and the second a moment later, in the same places and colours.

Made of style sheets, because a painter, or asking for the system's colour scheme, has PySide build all
enums of the Qt namespace first: 25 ms, a sixth of an empty window's start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from trackside.ui.tokens import DARK, HEADER_PX, INSPECTOR_PX, LIGHT, SIDEBAR_PX, Tokens

if TYPE_CHECKING:
    from trackside.domain.settings import Settings

_NARROWEST_CHAT_PX = 430
_NARROWEST_FORCED_CHAT_PX = 300


def smallest_size(scale: float) -> QSize:
    """What the window can't be made smaller than at that scale."""
    return QSize(min(640, round(420 * scale)), 400)


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


class Frame(QFrame):
    """The bare window. On the first run that is one page, else sidebar, header and inspector have places."""

    def __init__(self, settings: Settings, width: int) -> None:
        super().__init__()
        scale = settings.zoom / 100
        tokens = self._first_tokens(settings)
        self.setObjectName("frame")
        self.setStyleSheet(
            f"QFrame {{ background: {tokens.panel}; }} #frame {{ background: {tokens.background}; }}"
            f"#sidebar {{ border-right: 1px solid {tokens.line}; }}"
            f"#inspector {{ border-left: 1px solid {tokens.line}; }}"
            f"#header {{ border-bottom: 1px solid {tokens.line}; }}"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        if not settings.connection_id:
            return
        has_sidebar, has_inspector = parts_with_room(
            width, scale, wants_sidebar=settings.sidebar_visible, wants_inspector=settings.inspector_visible
        )
        if has_sidebar:
            row.addWidget(ground("sidebar", width=round(SIDEBAR_PX * scale)))
        chat = QVBoxLayout()
        chat.addWidget(ground("header", height=round(HEADER_PX * scale)))
        chat.addStretch(1)
        row.addLayout(chat, 1)
        if has_inspector:
            row.addWidget(ground("inspector", width=round(INSPECTOR_PX * scale)))

    def _first_tokens(self, settings: Settings) -> Tokens:
        """The theme's colours; the style's own palette follows the system as well."""
        if settings.theme != "system":
            return DARK if settings.theme == "dark" else LIGHT
        return DARK if self.palette().window().color().lightness() < 128 else LIGHT


def ground(name: str, *, width: int = 0, height: int = 0) -> QFrame:
    """A part's place while it has nothing in it; the style sheet knows it by its name."""
    frame = QFrame()
    frame.setObjectName(name)
    if width:
        frame.setFixedWidth(width)
    if height:
        frame.setFixedHeight(height)
    return frame
