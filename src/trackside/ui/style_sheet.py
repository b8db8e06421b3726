"""The one style sheet, made from the tokens at the zoom in use."""

from collections.abc import Callable
from dataclasses import asdict
from string import Template

from trackside.ui.tokens import Tokens

_SHEET = Template("""
* { outline: 0; }
QWidget { color: $text; }
QMainWindow, QDialog, #center, #transcript, #column { background: $background; }
QToolTip { background: $card; color: $text; border: 1px solid $line; padding: ${p4}px; }

#sidebar, #inspector, #header, #composerArea { background: $panel; }
#sidebar { border-right: 1px solid $line; }
#inspector { border-left: 1px solid $line; }
#header { border-bottom: 1px solid $line; }
#composerArea { border-top: 1px solid $line; }
#foot { border-top: 1px solid $line; }

QPushButton, QToolButton[kind="button"] {
    background: $card; border: 1px solid $control_line; border-radius: ${p8}px;
    padding: ${g6}px ${p12}px; min-height: ${p18}px; font-size: ${p13}px;
}
QPushButton:hover, QToolButton[kind="button"]:hover { background: $hover; }
QPushButton:pressed, QToolButton[kind="button"]:pressed { background: $accent_soft; }
QPushButton:focus, QToolButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $faint; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: ${g5}px ${p11}px; }
QPushButton[kind="primary"]:disabled { background: $line; color: $muted; border-color: $line; }
QPushButton[kind="danger"] { color: $error; border: 1px solid $error; }
QPushButton[kind="danger"]:hover { background: $error_soft; }
QPushButton[kind="danger"]:focus { border: 2px solid $error; padding: ${g5}px ${p11}px; }
QPushButton[kind="danger"]:disabled { color: $faint; border-color: $line; }
QPushButton[kind="flat"], QToolButton[kind="flat"] {
    background: transparent; border: 1px solid transparent; border-radius: ${p6}px;
    padding: ${g3}px ${p6}px; color: $muted; min-height: ${p14}px; font-size: ${p12}px;
}
QPushButton[kind="flat"]:hover, QToolButton[kind="flat"]:hover { background: $hover; color: $text; }
QToolButton[kind="flat"]:checked { background: $accent_soft; color: $on_accent_soft; }
QPushButton[kind="flat"]:focus, QToolButton[kind="flat"]:focus { border: 1px solid $accent; }
QPushButton[kind="flat"]:disabled { color: $faint; }

QToolButton[kind="pill"], QPushButton[kind="pill"] {
    background: transparent; border: 1px solid $control_line; border-radius: ${p10}px;
    padding: ${g2}px ${p10}px; color: $muted; min-height: ${p18}px; font-size: ${p12}px;
}
QToolButton[hasMenu="true"], QPushButton[hasMenu="true"] { padding-right: ${p26}px; }
QToolButton[kind="pill"]:hover, QPushButton[kind="pill"]:hover { background: $hover; color: $text; }
QToolButton[kind="pill"]:focus, QPushButton[kind="pill"]:focus { border: 1px solid $accent; }
QPushButton[kind="pill"]:checked, QPushButton[kind="pill"][isOn="true"] {
    background: $accent_soft; color: $on_accent_soft; border: 1px solid $accent_soft;
}
QPushButton[kind="pill"]:checked:focus, QPushButton[kind="pill"][isOn="true"]:focus {
    border: 1px solid $accent;
}
QToolButton::menu-indicator { image: none; width: 0; }

QLineEdit, QPlainTextEdit[kind="field"], QComboBox {
    background: $card; border: 1px solid $control_line; border-radius: ${p8}px;
    padding: ${g6}px ${p10}px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QComboBox { min-height: ${p18}px; }
QLineEdit:focus, QPlainTextEdit[kind="field"]:focus, QComboBox:focus {
    border: 1px solid $accent;
}
QPlainTextEdit[kind="code"] {
    background: $code; border: 1px solid $control_line; border-radius: ${p8}px; padding: ${p4}px ${p6}px;
    font-family: monospace; font-size: ${p13}px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QPlainTextEdit[kind="code"]:focus { border: 1px solid $accent; }
QComboBox::drop-down { border: 0; width: ${p20}px; }
QComboBox QAbstractItemView { background: $card; border: 1px solid $line;
    selection-background-color: $accent_soft; selection-color: $text; }

#sessions { background: transparent; border: 0; }
#composer { background: $card; border: 1px solid $control_line; border-radius: ${p12}px; }
#composer[isFocused="true"] { border: 1px solid $accent; }
#recap { background: $accent_soft; border-radius: ${p8}px; }
#recap QLabel, #recap QCheckBox, #recap QPushButton[kind="flat"] { color: $on_accent_soft; }
#recap QPlainTextEdit { background: $card; }
#message { background: transparent; border: 0; padding: 0;
    selection-background-color: $accent; selection-color: $on_accent; }

QFrame[kind="card"] { background: $card; border: 1px solid $line; border-radius: ${p12}px; }
#palette { background: $panel; border: 1px solid $line; border-radius: ${p12}px; }
QFrame[kind="line"] { background: $line; border: none; }
QFrame[kind="hint"] { background: $accent_soft; border-radius: ${p8}px; }
QFrame[kind="hint"] QLabel { color: $on_accent_soft; }
QFrame[kind="hint"] QLabel, QFrame[kind="warning"] QLabel, QFrame[kind="error"] QLabel {
    font-size: ${p13}px;
}
QFrame[kind="warning"] { background: $warning_soft; border-radius: ${p8}px; }
QFrame[kind="warning"] QLabel, QFrame[kind="warning"] QPushButton { color: $warning; }
QFrame[kind="error"] { background: $error_soft; border-radius: ${p8}px; }
QFrame[kind="error"] QLabel, QFrame[kind="error"] QPushButton { color: $error; }
QFrame[kind="warning"] QPushButton, QFrame[kind="error"] QPushButton, QFrame[kind="hint"] QPushButton {
    background: transparent; border: 1px solid transparent; padding: ${p2}px ${p6}px;
    border-radius: ${p6}px; min-height: ${p14}px;
}
QFrame[kind="hint"] QPushButton { color: $on_accent_soft; }
QFrame[kind="warning"] QPushButton:hover, QFrame[kind="error"] QPushButton:hover,
QFrame[kind="hint"] QPushButton:hover { text-decoration: underline; }
QFrame[kind="warning"] QPushButton:focus { border: 1px solid $warning; }
QFrame[kind="error"] QPushButton:focus { border: 1px solid $error; }
QFrame[kind="hint"] QPushButton:focus { border: 1px solid $accent; }
#banner { border-radius: 0; }
QPushButton[isMain="true"] { font-weight: 600; }

QLabel[role="title"] { font-size: ${p18}px; font-weight: 600; }
QLabel[role="heading"] { font-size: ${p15}px; font-weight: 600; }
QLabel[role="muted"], QLabel[role="small"] { color: $muted; }
QLabel[role="muted"] { font-size: ${p13}px; }
QLabel[role="small"] { font-size: ${p12}px; }
QLabel[role="error"] { color: $error; }
QLabel[role="step"], QLabel[role="stepFailed"], QLabel[role="stepDoubtful"] { font-size: ${p13}px; }
QLabel[role="stepFailed"] { color: $error; }
QLabel[role="stepDoubtful"] { color: $warning; }
QLabel { background: transparent; }

QTabBar { background: transparent; border: 0; font-size: ${p13}px; }
QTabBar::tab { background: transparent; border: 0; border-bottom: ${p2}px solid transparent; color: $muted;
    padding: ${p8}px ${p9}px; min-height: ${p20}px; }
QTabBar::tab:selected { color: $text; font-weight: 600; border-bottom: ${p2}px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { color: $accent; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }

QMenu { background: $card; border: 1px solid $line; border-radius: ${p8}px; padding: ${p4}px;
    icon-size: ${p16}px; }
QMenu::item { padding: ${p6}px ${p16}px; border-radius: ${p6}px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: ${p4}px; }

QProgressBar { background: $line; border: 0; border-radius: ${p3}px; max-height: ${p6}px; }
QProgressBar::chunk { background: $accent; border-radius: ${p3}px; }

QCheckBox { spacing: ${p8}px; }
QCheckBox::indicator { width: ${p16}px; height: ${p16}px; background: $card; border: 1px solid $control_line;
    border-radius: ${p4}px; }
QCheckBox::indicator:checked { background: $accent; border: 1px solid $accent; }
QCheckBox::indicator:focus { border: 1px solid $text; }
QListWidget { background: transparent; border: 0; }
QListWidget::item { padding: ${g6}px ${p4}px; border-bottom: 1px solid $line; }
QListWidget::item:selected { background: $accent_soft; color: $text; }

#settingsNavigation { background: $panel; }
#settingsPages { background: transparent; border: 0; }
#settingsPages::item { border: 1px solid transparent; border-radius: ${p8}px; padding: 0 ${p10}px; }
#settingsPages::item:hover { background: $hover; }
#settingsPages::item:selected { background: $accent_soft; color: $on_accent_soft; }
#settingsPages::item:selected:focus { border: 1px solid $accent; }

#storeList { border: 1px solid $control_line; border-radius: ${p8}px; padding: ${p2}px; }
#storeList:focus { border: 1px solid $accent; }

QScrollArea { border: 0; background: transparent; }
QScrollBar:vertical { background: transparent; width: ${p10}px; margin: 0; }
QScrollBar::handle:vertical { background: $control_line; border-radius: ${p3}px; min-height: ${p32}px;
    margin: ${p2}px; }
QScrollBar::handle:vertical:hover { background: $faint; }
QScrollBar:horizontal { background: transparent; height: ${p10}px; margin: 0; }
QScrollBar::handle:horizontal { background: $control_line; border-radius: ${p3}px; min-width: ${p32}px;
    margin: ${p2}px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")
_SIZES = (2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 26, 32)


_GAPS = (2, 3, 5, 6)
"""Distances above and below, which the density changes."""


def style_sheet(tokens: Tokens, px: Callable[[float], int], gap: Callable[[float], int]) -> str:
    """The sheet with the tokens' colours; `px` and `gap` give a design size and distance in pixels."""
    sizes = {f"p{size}": str(px(size)) for size in _SIZES} | {f"g{size}": str(gap(size)) for size in _GAPS}
    return _SHEET.substitute(asdict(tokens), **sizes)
