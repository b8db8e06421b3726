"""Colours, sizes and icons: tokens become a palette and a style sheet, live."""

from dataclasses import dataclass
from importlib.resources import files

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from trackside.domain.settings import Settings, ThemeChoice
from trackside.ui.style_sheet import style_sheet

BODY_PX = 14
COLUMN_PX = 700
SIDEBAR_PX = 264
INSPECTOR_PX = 340


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
    control_line="#d3d9d5",
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
    control_line="#3a433d",
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


class Theme(QObject):
    """The look in use. `changed` follows the system, the settings and the zoom."""

    changed = Signal()

    def __init__(self, application: QApplication, settings: Settings) -> None:
        super().__init__()
        self._application = application
        self._choice = settings.theme
        self._scale = settings.zoom / 100
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self._family = application.font().family()
        self.tokens = self._wanted_tokens()
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    @property
    def is_dark(self) -> bool:
        return self.tokens is DARK

    def px(self, size: float) -> int:
        """A design size in pixels at the zoom in use."""
        return max(1, round(size * self._scale))

    def font(self, size: float = BODY_PX, *, bold: bool = False) -> QFont:
        font = QFont(self._application.font())
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def color(self, role: str) -> QColor:
        return QColor(getattr(self.tokens, role))

    def icon(self, name: str, role: str = "text", size: int = 16) -> QIcon:
        """One of our SVG files in a colour of the theme; sharp on any screen."""
        color = getattr(self.tokens, role)
        key = (name, color, self.px(size))
        if key not in self._icons:
            self._icons[key] = QIcon(self._pixmap(name, color, self.px(size)))
        return self._icons[key]

    def use(self, settings: Settings) -> None:
        """Takes over what the settings say."""
        scale = settings.zoom / 100
        if settings.theme is self._choice and scale == self._scale:
            return
        self._choice, self._scale = settings.theme, scale
        self._refresh()

    def dismiss(self) -> None:
        """Follows the system no longer; for a window that is gone."""
        self._application.styleHints().colorSchemeChanged.disconnect(self._follow_system)

    def _follow_system(self) -> None:
        if self._choice is ThemeChoice.SYSTEM and self._wanted_tokens() is not self.tokens:
            self._refresh()

    def _refresh(self) -> None:
        self.tokens = self._wanted_tokens()
        self._icons.clear()
        self._apply()
        self.changed.emit()

    def _wanted_tokens(self) -> Tokens:
        match self._choice:
            case ThemeChoice.LIGHT:
                return LIGHT
            case ThemeChoice.DARK:
                return DARK
            case ThemeChoice.SYSTEM:
                scheme = self._application.styleHints().colorScheme()
                return DARK if scheme is Qt.ColorScheme.Dark else LIGHT

    def _apply(self) -> None:
        self._application.setFont(self.font())
        self._application.setPalette(_palette(self.tokens))
        self._application.setStyleSheet(style_sheet(self.tokens, self.px))

    def _pixmap(self, name: str, color: str, size: int) -> QPixmap:
        from PySide6.QtSvg import QSvgRenderer  # not needed before the first icon is drawn

        source = files("trackside.resources").joinpath("icons", f"{name}.svg").read_bytes()
        renderer = QSvgRenderer(QByteArray(source.replace(b"#000000", color.encode())))
        ratio = self._application.devicePixelRatio()
        pixmap = QPixmap(round(size * ratio), round(size * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        return pixmap


def repolish(widget: QWidget) -> None:
    """Applies the style sheet anew to a widget whose property changed, and to what is in it."""
    for part in (widget, *widget.findChildren(QWidget)):
        part.style().unpolish(part)
        part.style().polish(part)
    widget.update()


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for where, name in (
        (role.Window, "background"),
        (role.WindowText, "text"),
        (role.Base, "card"),
        (role.AlternateBase, "panel"),
        (role.Text, "text"),
        (role.Button, "card"),
        (role.ButtonText, "text"),
        (role.PlaceholderText, "muted"),
        (role.Highlight, "accent"),
        (role.HighlightedText, "on_accent"),
        (role.Link, "accent"),
        (role.LinkVisited, "accent"),
        (role.ToolTipBase, "card"),
        (role.ToolTipText, "text"),
        (role.BrightText, "error"),
    ):
        palette.setColor(where, QColor(getattr(tokens, name)))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(tokens.faint))
    return palette
