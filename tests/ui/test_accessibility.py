"""Names, focus and contrast: the window without a mouse and without eyes."""

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QTabBar,
    QWidget,
)

from desktop.hand import Hand
from trackside.sandbox.server import SandboxServer
from trackside.ui.tokens import DARK, LIGHT, Tokens
from ui.support import OpenWindow

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTabBar,
)


def nameless(hand: Hand) -> list[QWidget]:
    """Visible controls that a screen reader could not name."""
    found = []
    for widget in hand.window.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, INTERACTIVE):
            continue
        if widget.focusPolicy() is Qt.FocusPolicy.NoFocus and not isinstance(widget, QAbstractButton):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is None or not interface.text(QAccessible.Text.Name).strip():
            found.append(widget)
    return found


async def walk(hand: Hand, steps: int = 80) -> list[str]:
    """The names of what Tab reaches, one round."""
    names: list[str] = []
    first = QApplication.focusWidget()
    for _ in range(steps):
        await hand.press(Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
        if widget is None or widget is first:
            break
        words = widget.text() if isinstance(widget, QAbstractButton) else ""
        names.append(widget.accessibleName() or words)
    return names


def test_every_control_has_a_name(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        assert not nameless(hand)
        await hand.click("Show steps")
        await hand.ask("harbour")
        await hand.until_answered()
        for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4):
            await hand.press(key, ALT)
            assert not nameless(hand)
        await hand.press(Qt.Key.Key_R, CTRL)
        await hand.until_words("2 / 2")
        await hand.until_answered()
        service.set_fault("drop=20")
        await hand.ask("harbour")
        await hand.until_words("Interrupted")
        assert not nameless(hand)
        await hand.click("Settings")
        assert not nameless(hand)
        await hand.press(Qt.Key.Key_Escape)
        await hand.press(Qt.Key.Key_F1)
        assert not nameless(hand)
        await hand.press(Qt.Key.Key_Escape)
        await hand.press(Qt.Key.Key_B, CTRL)
        assert not nameless(hand)

    at_service(work)


def test_doors_have_names(open_window: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        assert not nameless(hand)
        names = await walk(hand)
        assert "Connect" in names
        assert "Open the sandbox" in names

    open_window(work)


def test_agreed_names_exist(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        for name in (
            "Sessions", "New session", "Search sessions", "Knowledge store", "Transcript", "Message",
            "Send", "Export", "Settings", "Instructions",
        ):  # fmt: skip
            if name != "Sessions":
                assert hand.has(name), name
        service.set_pace(50)
        await hand.ask("/long 20")
        await hand.until(lambda: bool(hand.answers))
        assert hand.has("Stop")
        assert hand.has("Sessions")
        await hand.press(Qt.Key.Key_Escape)
        assert hand.has("Retry")
        for key, name in ((Qt.Key.Key_2, "Schema"), (Qt.Key.Key_3, "Sources"), (Qt.Key.Key_4, "Request")):
            await hand.press(key, ALT)
            assert hand.has(name)

    at_service(work)


def test_tab_reaches_everything(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("harbour")
        await hand.until_answered()
        await hand.type("next")
        names = await walk(hand)
        wanted = [
            "Instructions: off", "Schema: off", "Show steps", "Web search", "Send", "Transcript", "Sessions",
            "Search sessions", "New session", "Knowledge store", "Export", "Settings", "Retry",
            "Copy", "Instructions", "Inspector",
        ]  # fmt: skip
        assert not [name for name in wanted if name not in names], names
        # From the message it goes on to what is beside it.
        assert names[:5] == ["Instructions: off", "Schema: off", "Show steps", "Web search", "Send"]

    at_service(work)


def test_notice_buttons_can_be_reached_and_pressed(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        service.set_fault("rate-limit=40;times=1")
        await hand.ask("harbour")
        await hand.until_words("Asked again in")
        for _ in range(60):
            await hand.press(Qt.Key.Key_Tab)
            if QApplication.focusWidget() is hand.find("Ask now"):
                break
        await hand.press(Qt.Key.Key_Space)
        await hand.until_answered()
        assert hand.answers
        assert QApplication.focusWidget() is not None

    at_service(work)


def luminance(color: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    shade = QColor(color)
    return sum(
        weight * linear(part)
        for weight, part in zip(
            (0.2126, 0.7152, 0.0722), (shade.redF(), shade.greenF(), shade.blueF()), strict=True
        )
    )


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_text_can_be_read_on_its_ground(tokens: Tokens) -> None:
    grounds = (tokens.background, tokens.panel, tokens.card)
    pairs = [
        *itertools.product((tokens.text, tokens.muted, tokens.error, tokens.accent), grounds),
        *((color, tokens.bubble) for color in (tokens.text,)),
        (tokens.text, tokens.code),
        (tokens.muted, tokens.code),
        (tokens.text, tokens.hover),
        (tokens.muted, tokens.hover),
        (tokens.text, tokens.accent_soft),
        (tokens.muted, tokens.accent_soft),
        (tokens.on_accent, tokens.accent),
        (tokens.on_accent, tokens.accent_hover),
        (tokens.on_accent_soft, tokens.accent_soft),
        (tokens.warning, tokens.warning_soft),
        (tokens.error, tokens.error_soft),
    ]
    poor = {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < 4.5}
    assert not poor
    assert contrast(tokens.accent, tokens.card) >= 3.0
