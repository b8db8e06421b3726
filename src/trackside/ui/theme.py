"""Colours, sizes and icons: tokens become a palette and a style sheet, live."""

from importlib.resources import files

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from trackside.domain.settings import Density, Settings, ThemeChoice
from trackside.ui.style_sheet import style_sheet
from trackside.ui.tokens import DARK, LIGHT, Tokens

BODY_PX = 14
COLUMN_PX = 700
_PICTURE_SIZES = (16, 32, 48, 128)
_AIR = {Density.COMFORTABLE: 1.0, Density.COMPACT: 0.6}
_EFFECTS = (
    Qt.UIEffect.UI_AnimateMenu,
    Qt.UIEffect.UI_FadeMenu,
    Qt.UIEffect.UI_AnimateCombo,
    Qt.UIEffect.UI_AnimateTooltip,
    Qt.UIEffect.UI_FadeTooltip,
)
_RATIOS = (1, 2, 3)
"""Device pixels a pixel, so that an icon is sharp on whatever screen the window goes to."""


class Theme(QObject):
    """The look in use. `changed` follows the system, the settings and the zoom."""

    changed = Signal()

    def __init__(self, application: QApplication, settings: Settings) -> None:
        super().__init__()
        self._application = application
        self._choice = settings.theme
        self._scale = settings.zoom / 100
        self._density = settings.density
        self._system_font = QFont(application.font())
        self._family = settings.font_family
        self._flash_ms = application.cursorFlashTime()
        self._effects = [effect for effect in _EFFECTS if application.isEffectEnabled(effect)]
        """Those that the system wants."""
        self.reduced_motion = settings.reduced_motion
        """Whether nothing may fade, slide, turn or blink."""
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self.tokens = self._wanted_tokens()
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    @property
    def scale(self) -> float:
        """The zoom in use; 1 is 100 %."""
        return self._scale

    def px(self, size: float) -> int:
        """A design size in pixels at the zoom in use."""
        return max(1, round(size * self._scale))

    @property
    def air(self) -> float:
        """How much of the room between things is left; 1 is all of it."""
        return _AIR[self._density]

    def gap(self, size: float) -> int:
        """A design distance in pixels at the zoom and the density in use."""
        return max(1, round(size * self._scale * self.air))

    def font(self, size: float = BODY_PX, *, bold: bool = False) -> QFont:
        font = self.font_of(self._family)
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def font_of(self, family: str) -> QFont:
        """The body's font in another family; empty for the system's own."""
        font = QFont(self._system_font)
        if family:
            # One that is not installed is passed over, and the system's comes next.
            font.setFamilies([family, *self._system_font.families()])
        font.setPixelSize(self.px(BODY_PX))
        return font

    def color(self, role: str) -> QColor:
        return QColor(getattr(self.tokens, role))

    def icon(self, name: str, role: str = "text", size: int = 16) -> QIcon:
        """One of our SVG files in a colour of the theme; sharp on any screen."""
        color = getattr(self.tokens, role)
        key = (name, color, self.px(size))
        if key not in self._icons:
            self._icons[key] = QIcon()
            for pixmap in _pixmaps(name, color, self.px(size), _RATIOS):
                self._icons[key].addPixmap(pixmap)
        return self._icons[key]

    def picture(self, name: str) -> QIcon:
        """One of our SVG files in its own colours, in the sizes that systems ask for."""
        icon = QIcon()
        for size in _PICTURE_SIZES:
            for pixmap in _pixmaps(name, "#000000", size, (1,)):
                icon.addPixmap(pixmap)
        return icon

    def use(self, settings: Settings) -> None:
        """Takes over what the settings say."""
        wanted = (settings.theme, settings.zoom / 100, settings.density, settings.font_family)
        if settings.reduced_motion != self.reduced_motion:
            self.reduced_motion = settings.reduced_motion
            self._still()
        if wanted == (self._choice, self._scale, self._density, self._family):
            return
        self._choice, self._scale, self._density, self._family = wanted
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
        self._application.setStyleSheet(style_sheet(self.tokens, self.px, self.gap))
        self._still()

    def _still(self) -> None:
        """Lets nothing move that the system's parts move by themselves, or lets it again."""
        self._application.setCursorFlashTime(0 if self.reduced_motion else self._flash_ms)
        for effect in self._effects:
            self._application.setEffectEnabled(effect, not self.reduced_motion)


def _pixmaps(name: str, color: str, size: int, ratios: tuple[int, ...]) -> list[QPixmap]:
    """An icon's file drawn for each device pixel ratio."""
    from PySide6.QtSvg import QSvgRenderer  # not needed before the first icon is drawn

    source = files("trackside.resources").joinpath("icons", f"{name}.svg").read_bytes()
    renderer = QSvgRenderer(QByteArray(source.replace(b"#000000", color.encode())))
    drawn = []
    for ratio in ratios:
        pixmap = QPixmap(size * ratio, size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        drawn.append(pixmap)
    return drawn


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
