"""The settings' page of how the window looks."""

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QLabel

from trackside.domain.settings import Density, Settings, ThemeChoice
from trackside.ui.check_box import CheckBox
from trackside.ui.combo_box import ComboBox
from trackside.ui.labels import plain_label
from trackside.ui.settings.choices import Pills, show_checked
from trackside.ui.settings.page import SettingsPage, page_button
from trackside.ui.theme import Theme

_THEMES = ((ThemeChoice.SYSTEM, "System"), (ThemeChoice.LIGHT, "Light"), (ThemeChoice.DARK, "Dark"))
_DENSITIES = ((Density.COMFORTABLE, "Comfortable"), (Density.COMPACT, "Compact"))
_SYSTEM_FONT = "The system's"
_MAKER = re.compile(r" \[[^\]]*\]$")
"""What Qt adds to a name that several makers use."""
_SAMPLE = "The crane lifts 24 containers, 14:02 to 14:37. Äß çñ Ж ω 港"


class AppearancePage(SettingsPage):
    """Colours, size, font, density, and whether things move."""

    owned = ("theme", "zoom", "font_family", "density", "reduced_motion")

    zoom_wanted = Signal(int)
    """One step in (1) or out (-1), or back to 100 % (0)."""

    def __init__(self, theme: Theme, width: int) -> None:
        super().__init__(theme, width)
        self.add_heading("Appearance")
        self._themes = Pills(self, "Theme", _THEMES, lambda choice: self.changed.emit({"theme": choice}))
        self.rows.add("Theme", *self._themes.buttons)
        smaller, larger = page_button("−", "pill"), page_button("+", "pill")
        for button, name, step in ((smaller, "Zoom out", -1), (larger, "Zoom in", 1)):
            button.setAccessibleName(name)
            button.clicked.connect(lambda _=False, step=step: self.zoom_wanted.emit(step))
        self._zoom = QLabel()
        self._zoom.setMinimumWidth(theme.px(48))
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.rows.add("Zoom", smaller, self._zoom, larger)
        self._font = ComboBox(theme)
        self._font.setAccessibleName("Font")
        self._font.setMaxVisibleItems(16)
        self._font.addItems([_SYSTEM_FONT, *_families()])
        self._font.activated.connect(self._take_font)
        self.rows.add("Font", self._font, stretch=self._font)
        self._sample = plain_label(_SAMPLE, wraps=True)
        self._sample.setAccessibleName("Sample of the font")
        self.rows.add("", self._sample, stretch=self._sample)
        self._font.highlighted.connect(self._show_sample)
        self._missing = plain_label("", "muted", wraps=True)
        self._missing.hide()
        self.rows.add("", self._missing, stretch=self._missing)
        self._densities = Pills(
            self, "Density", _DENSITIES, lambda choice: self.changed.emit({"density": choice})
        )
        self.rows.add("Density", *self._densities.buttons)
        self._still = CheckBox(theme, "Let nothing blink, fade or turn")
        self._still.toggled.connect(lambda is_on: self.changed.emit({"reduced_motion": is_on}))
        self.rows.add("Motion", self._still)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        self._themes.show(settings.theme)
        self._densities.show(settings.density)
        self._zoom.setText(f"{settings.zoom} %")
        show_checked(self._still, settings.reduced_motion)
        place = self._font.findText(settings.font_family) if settings.font_family else 0
        self._missing.setVisible(place < 0)
        self._missing.setText(f"The font “{settings.font_family}” is not installed; the system's is used.")
        self._font.setCurrentIndex(max(0, place))
        self._show_sample(self._font.currentIndex())

    def _show_sample(self, row: int) -> None:
        """What a font looks like, before it is taken."""
        self._sample.setFont(self.theme.font_of(self._font.itemText(row) if row else ""))

    def _take_font(self, row: int) -> None:
        self.changed.emit({"font_family": self._font.itemText(row) if row else ""})


def _families() -> list[str]:
    """What is installed and can be read: no private fonts of the system, none of signs alone. One that
    several makers have is there once."""
    system = QFontDatabase.WritingSystem
    readable = set(QFontDatabase.families(system.Latin)) - set(QFontDatabase.families(system.Symbol))
    shown = {_MAKER.sub("", name) for name in readable if not QFontDatabase.isPrivateFamily(name)}
    return sorted(shown, key=str.casefold)
