"""What the settings make of the window's look."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QFontInfo
from PySide6.QtWidgets import QApplication

from trackside.domain.settings import Density, Settings, ThemeChoice
from trackside.ui.theme import Theme

PLAIN = Settings(theme=ThemeChoice.LIGHT)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, PLAIN)
    yield made
    made.dismiss()


def test_a_font_that_is_missing_falls_back_to_the_system_s(theme: Theme) -> None:
    usual = QFontInfo(theme.font()).family()
    theme.use(replace(PLAIN, font_family="Nowhere Sans"))
    assert QFontInfo(theme.font()).family() == usual
    theme.use(PLAIN)


def test_another_font_is_used_everywhere(theme: Theme, qapp: QApplication) -> None:
    usual = QFontInfo(theme.font()).family()
    families = QFontDatabase.families(QFontDatabase.WritingSystem.Latin)
    other = next((name for name in families if name != usual), None)
    if other is None:
        pytest.skip("there is one font alone")
    theme.use(replace(PLAIN, font_family=other))
    assert theme.font().families()[0] == other
    assert qapp.font().families()[0] == other
    theme.use(PLAIN)
    assert QFontInfo(theme.font()).family() == usual


def test_compact_has_less_air_and_the_same_letters(theme: Theme) -> None:
    letters, air = theme.font().pixelSize(), theme.gap(10)
    told: list[bool] = []
    theme.changed.connect(lambda: told.append(True))
    theme.use(replace(PLAIN, density=Density.COMPACT))
    assert told
    assert theme.gap(10) < air
    assert theme.font().pixelSize() == letters
    assert theme.gap(0.1) >= 1
    theme.use(PLAIN)


def test_reduced_motion_stills_what_the_system_moves_and_gives_it_back(qapp: QApplication) -> None:
    effects = (Qt.UIEffect.UI_General, Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_FadeMenu)
    before = [(effect, qapp.isEffectEnabled(effect)) for effect in effects]
    flash_ms = qapp.cursorFlashTime()
    qapp.setEffectEnabled(Qt.UIEffect.UI_General, True)
    try:
        for system_fades in (True, False):
            qapp.setEffectEnabled(Qt.UIEffect.UI_FadeMenu, system_fades)
            theme = Theme(qapp, PLAIN)
            theme.use(replace(PLAIN, reduced_motion=True))
            assert not qapp.isEffectEnabled(Qt.UIEffect.UI_FadeMenu)
            assert qapp.cursorFlashTime() == 0
            theme.use(PLAIN)
            assert qapp.isEffectEnabled(Qt.UIEffect.UI_FadeMenu) is system_fades
            assert qapp.cursorFlashTime() == flash_ms
            theme.dismiss()
    finally:
        for effect, was_on in before:
            qapp.setEffectEnabled(effect, was_on)
