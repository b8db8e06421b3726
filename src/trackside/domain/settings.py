"""What the user has set, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from trackside.domain.connection import SILENCE_LIMIT_S, TWELVELABS, Connection

ZOOM_STEPS = (80, 90, 100, 110, 125, 150, 175, 200)
"""Percent."""
DEFAULT_FRAME_RATE = "25"
"""The name of a frame rate; which there are, the clip list's format knows."""


class ThemeChoice(StrEnum):
    """Which colours the window has."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Density(StrEnum):
    """How much room there is between things."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that settings.json holds. No key is ever among it."""

    theme: ThemeChoice = ThemeChoice.SYSTEM
    zoom: int = 100
    font_family: str = ""
    """Empty for the system's."""
    density: Density = Density.COMFORTABLE
    reduced_motion: bool = False
    """Nothing fades, slides or blinks."""
    enter_sends: bool = True
    """False for Ctrl+Enter, and Enter breaks the line."""
    spell_check: bool = False
    follow_answers: bool = True
    """Whether the view follows an answer's end while the reader is there."""
    steps_by_default: bool = False
    """Whether a new session asks for the steps that were taken."""
    silence_limit_s: float = SILENCE_LIMIT_S
    """For connections that say nothing of their own."""
    automatic_retries: int = 3
    """How often a question that could not be asked is tried again unasked."""
    trash_days: int = 30
    retention_days: int = 0
    """After so many days without use a session goes to the trash; 0 for never."""
    backups_kept: int = 7
    """Daily ones."""
    allow_plaintext_keyring: bool = False
    """Whether keys may be kept by a back end that writes them to a plain file."""
    shortcuts: Mapping[str, str] = field(default_factory=dict)
    """The keys of the commands that have others than they came with; empty for none."""
    notify_long_answers: bool = True
    notify_after_s: float = 20.0
    """How long an answer takes at least that is worth a notification."""
    language: str = ""
    """Empty for the system's."""
    sidebar_visible: bool = True
    inspector_visible: bool = True
    inspector_tab: int = 0
    window_width: int = 1360
    window_height: int = 860
    window_maximized: bool = False
    connections: tuple[Connection, ...] = (TWELVELABS,)
    """All but the sandbox, which is always there."""
    connection_id: str = ""
    """The connection in use; empty before the first run's choice."""
    session_id: str = ""
    """The session that was open last."""
    export_format: str = "markdown"
    """The name of the format that was exported to last."""
    export_frame_rate: str = DEFAULT_FRAME_RATE

    def connection(self, connection_id: str) -> Connection | None:
        """The connection with this id, if there is one; never the sandbox."""
        return next((one for one in self.connections if one.id == connection_id), None)

    def with_connection(self, connection: Connection) -> "Settings":
        """With this connection in the place of the one with its id, or after all others."""
        if self.connection(connection.id) is None:
            return replace(self, connections=(*self.connections, connection))
        kept = tuple(connection if one.id == connection.id else one for one in self.connections)
        return replace(self, connections=kept)

    def zoomed(self, direction: int) -> "Settings":
        """One step in (1) or out (-1); 0 goes back to 100 %."""
        if direction == 0:
            return replace(self, zoom=100)
        steps = [z for z in ZOOM_STEPS if (z > self.zoom if direction > 0 else z < self.zoom)]
        if not steps:
            return self
        return replace(self, zoom=steps[0] if direction > 0 else steps[-1])
