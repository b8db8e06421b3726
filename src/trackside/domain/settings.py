"""What the user has set, as plain values."""

from dataclasses import dataclass, replace
from enum import StrEnum

from trackside.domain.connection import DEFAULT_ID, SERVICE_URL, Connection

ZOOM_STEPS = (80, 90, 100, 110, 125, 150, 175, 200)
"""Percent."""
DEFAULT_FRAME_RATE = "25"
"""The name of a frame rate; which there are, the clip list's format knows."""


class ThemeChoice(StrEnum):
    """Which colours the window has."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that settings.json holds. No key is ever among it."""

    theme: ThemeChoice = ThemeChoice.SYSTEM
    zoom: int = 100
    enter_sends: bool = True
    """False swaps Enter and Shift+Enter."""
    allow_plain_http: bool = False
    silence_limit_s: float = 300.0
    sidebar_visible: bool = True
    inspector_visible: bool = True
    inspector_tab: int = 0
    window_width: int = 1360
    window_height: int = 860
    window_maximized: bool = False
    connection_id: str = ""
    """The connection in use; empty before the first run's choice."""
    base_url: str = SERVICE_URL
    model: str = ""
    session_id: str = ""
    """The session that was open last."""
    export_format: str = "markdown"
    """The name of the format that was exported to last."""
    export_frame_rate: str = DEFAULT_FRAME_RATE

    def service_connection(self) -> Connection:
        """The connection to the service itself."""
        return Connection(
            DEFAULT_ID,
            "TwelveLabs",
            self.base_url,
            model=self.model or None,
            silence_limit_s=self.silence_limit_s,
        )

    def zoomed(self, direction: int) -> "Settings":
        """One step in (1) or out (-1); 0 goes back to 100 %."""
        if direction == 0:
            return replace(self, zoom=100)
        steps = [z for z in ZOOM_STEPS if (z > self.zoom if direction > 0 else z < self.zoom)]
        if not steps:
            return self
        return replace(self, zoom=steps[0] if direction > 0 else steps[-1])
