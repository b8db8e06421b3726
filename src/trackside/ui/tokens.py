"""The colours, one a role, for light and dark, and the sizes of the window's large parts."""

from dataclasses import dataclass

SIDEBAR_PX = 264
INSPECTOR_PX = 340
HEADER_PX = 53


@dataclass(frozen=True, slots=True)
class Tokens:
    """One colour a role. Text reaches 4.5:1 on its ground; `faint` is for decoration only."""

    background: str
    panel: str
    card: str
    line: str
    control_line: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    on_accent_soft: str
    bubble: str
    code: str
    hover: str
    warning: str
    warning_soft: str
    error: str
    error_soft: str


LIGHT = Tokens(
    background="#f6f7f6",
    panel="#fbfcfb",
    card="#ffffff",
    line="#e1e5e2",
    control_line="#858f89",
    text="#1b211d",
    muted="#626c66",
    faint="#929b95",
    accent="#1f7a4d",
    accent_hover="#1a6841",
    on_accent="#ffffff",
    accent_soft="#e3f1e9",
    on_accent_soft="#1a6841",
    bubble="#eef1ef",
    code="#f1f4f2",
    hover="#f0f3f1",
    warning="#8a5c00",
    warning_soft="#fff4d6",
    error="#b3261e",
    error_soft="#fdeceb",
)
DARK = Tokens(
    background="#151816",
    panel="#1a1e1b",
    card="#202521",
    line="#2d342f",
    control_line="#68726c",
    text="#e7ece8",
    muted="#9aa69e",
    faint="#6f7a73",
    accent="#4cc38a",
    accent_hover="#62d09b",
    on_accent="#0c1a12",
    accent_soft="#1d3429",
    on_accent_soft="#5fd09a",
    bubble="#262c28",
    code="#1a1f1c",
    hover="#232925",
    warning="#e3b341",
    warning_soft="#3a3014",
    error="#ff8a80",
    error_soft="#3b1f1d",
)
