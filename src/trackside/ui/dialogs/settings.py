"""Settings: appearance, asking, the connection with its key, and what is kept. Everything applies at once."""

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.connection import checked_base_url
from trackside.domain.failure import Failure, TracksideError
from trackside.domain.settings import Settings, ThemeChoice
from trackside.ui.check_box import CheckBox
from trackside.ui.dialogs.setting_rows import SettingRows
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_THEMES = ((ThemeChoice.SYSTEM, "System"), (ThemeChoice.LIGHT, "Light"), (ThemeChoice.DARK, "Dark"))
_SILENCE_RANGE_S = (5, 3600)
_WIDTH_PX = 640
_HEIGHT_PX = 640
_MARGIN_PX = 24
_EDGE_PX = 24
"""What is left of the window around the dialog, at any zoom."""


class SettingsDialog(QDialog):
    """Keys go in and never come out: a saved one is only ever shown as present."""

    changed = Signal(dict)
    """Names and values of settings that the user changed."""
    zoom_wanted = Signal(int)
    key_given = Signal(str)
    key_removal_wanted = Signal()
    sandbox_wanted = Signal()
    service_wanted = Signal()

    def __init__(self, theme: Theme, settings: Settings, data: QWidget, parent: QWidget) -> None:
        """`data` is the part about what is kept, as wide as `room_for_rows` says."""
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAccessibleName("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = theme
        self._is_sandbox = False
        px = theme.px
        ground = QWidget()
        ground.setObjectName("column")
        self._column = QVBoxLayout(ground)
        self._column.setContentsMargins(px(_MARGIN_PX), px(20), px(_MARGIN_PX), px(12))
        self._column.setSpacing(px(10))
        self._rows = SettingRows(theme, self._column, room_for_rows(theme, parent))
        self._add_appearance(settings)
        self._add_asking(settings)
        self._add_connection(settings)
        self._add_heading("Data")
        self._column.addWidget(data)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(ground)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        # Enter in a field must not close what the field belongs to.
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(px(_MARGIN_PX), px(12), px(_MARGIN_PX), px(16))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scroll, 1)
        outer.addWidget(self._line())  # where the words end that are scrolled
        outer.addWidget(buttons)
        height = min(px(_HEIGHT_PX), parent.window().height() - _EDGE_PX)
        self.resize(QSize(_width(theme, parent), height))

    # -- what is shown ---------------------------------------------------------------------------

    def show_connection(self, words: str, *, is_sandbox: bool, can_remove_key: bool) -> None:
        """The connection in use, in words."""
        self._is_sandbox = is_sandbox
        self._state.setText(words)
        self._switch.setText("Use TwelveLabs" if is_sandbox else "Use the sandbox")
        self._remove_key.setEnabled(can_remove_key and not is_sandbox)

    def show_zoom(self, zoom: int) -> None:
        self._zoom.setText(f"{zoom} %")

    def show_busy(self, is_busy: bool) -> None:
        """While a key is tested."""
        for widget in (self._key, self._save_key):
            widget.setEnabled(not is_busy)
        self._save_key.setText("Testing…" if is_busy else "Save key")

    def show_failure(self, failure: Failure | None) -> None:
        self._problem.setVisible(failure is not None)
        self._problem.setText(failure.sentence if failure else "")

    def clear_key(self) -> None:
        self._key.clear()

    # -- sections --------------------------------------------------------------------------------

    def _add_appearance(self, settings: Settings) -> None:
        self._add_heading("Appearance")
        self._themes = QButtonGroup(self)
        pills = []
        for choice, words in _THEMES:
            pill = _button(words, "pill")
            pill.setCheckable(True)
            pill.setChecked(choice is settings.theme)
            pill.setAccessibleName(f"Theme: {words}")
            pill.clicked.connect(partial(self.changed.emit, {"theme": choice}))
            self._themes.addButton(pill)
            pills.append(pill)
        self._rows.add("Theme", *pills)
        smaller, larger = _button("−", "pill"), _button("+", "pill")
        for button, name, step in ((smaller, "Zoom out", -1), (larger, "Zoom in", 1)):
            button.setAccessibleName(name)
            button.clicked.connect(partial(self.zoom_wanted.emit, step))
        self._zoom = QLabel()
        self._zoom.setMinimumWidth(self._theme.px(48))
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.show_zoom(settings.zoom)
        self._rows.add("Zoom", smaller, self._zoom, larger)

    def _add_asking(self, settings: Settings) -> None:
        self._add_heading("Asking")
        enter = CheckBox(self._theme, "Enter sends, Shift+Enter breaks the line")
        enter.setChecked(settings.enter_sends)
        enter.toggled.connect(lambda is_on: self.changed.emit({"enter_sends": is_on}))
        self._rows.add("Keys", enter)
        self._silence = QLineEdit(str(int(settings.silence_limit_s)))
        self._silence.setValidator(QIntValidator(*_SILENCE_RANGE_S, self._silence))
        self._silence.setAccessibleName("Give up after, in seconds")
        self._silence.setFixedWidth(self._theme.px(72))
        self._silence.editingFinished.connect(self._take_silence)
        unit = _muted("s without a sign of life")
        self._rows.add("Give up after", self._silence, unit, stretch=unit)

    def _add_connection(self, settings: Settings) -> None:
        self._add_heading("Connection")
        self._state = _muted("")
        self._switch = _button("", "")
        self._switch.clicked.connect(self._press_switch)
        self._rows.add("In use", self._state, self._switch, stretch=self._state)
        self._key = QLineEdit()
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._key.setPlaceholderText("Paste to save or replace")
        self._key.setAccessibleName("API key")
        self._key.returnPressed.connect(self._give_key)
        self._save_key = _button("Save key", "")
        self._save_key.clicked.connect(self._give_key)
        self._remove_key = _button("Remove key", "")
        self._remove_key.clicked.connect(self.key_removal_wanted)
        self._rows.add("API key", self._key, self._save_key, self._remove_key, stretch=self._key)
        self._address = QLineEdit(settings.connections[0].base_url if settings.connections else "")
        self._address.setAccessibleName("Service address")
        self._address.editingFinished.connect(self._take_address)
        self._rows.add("Service address", self._address, stretch=self._address)
        self._plain_http = CheckBox(self._theme, "Allow plain http (the key travels unencrypted)")
        self._plain_http.setChecked(bool(settings.connections) and settings.connections[0].allow_plain_http)
        self._plain_http.toggled.connect(self._take_plain_http)
        self._rows.add("", self._plain_http)
        self._problem = plain_label(role="error", wraps=True)
        self._problem.hide()
        self._rows.add("", self._problem, stretch=self._problem)

    def _add_heading(self, words: str) -> None:
        label = QLabel(words)
        label.setProperty("role", "heading")
        if self._column.count():
            self._column.addWidget(self._line())
        self._column.addWidget(label)

    def _line(self) -> QFrame:
        line = QFrame()
        line.setFixedHeight(1)
        line.setStyleSheet(f"background: {self._theme.tokens.line};")
        return line

    # -- what was done ---------------------------------------------------------------------------

    def _press_switch(self) -> None:
        if self._is_sandbox:
            self.service_wanted.emit()
        else:
            self.sandbox_wanted.emit()

    def _give_key(self) -> None:
        self.show_failure(None)
        if self._key.text().strip():
            self.key_given.emit(self._key.text())

    def _take_silence(self) -> None:
        self.changed.emit({"silence_limit_s": float(self._silence.text())})

    def _take_address(self) -> None:
        self.show_failure(None)
        try:
            url = checked_base_url(self._address.text(), allow_plain_http=self._plain_http.isChecked())
        except TracksideError as error:
            self.show_failure(error.failure)
            return
        self.changed.emit({"base_url": url})

    def _take_plain_http(self, is_on: bool) -> None:
        self.changed.emit({"allow_plain_http": is_on})
        self._take_address()


def room_for_rows(theme: Theme, parent: QWidget) -> int:
    """How wide the dialog's rows are that opens over this window, in pixels."""
    return _width(theme, parent) - 2 * theme.px(_MARGIN_PX)


def _width(theme: Theme, parent: QWidget) -> int:
    return min(theme.px(_WIDTH_PX), parent.window().width() - _EDGE_PX)


def _button(words: str, kind: str) -> QPushButton:
    button = QPushButton(words)
    button.setAutoDefault(False)
    if kind:
        button.setProperty("kind", kind)
    return button


def _muted(text: str) -> QLabel:
    return plain_label(text, "muted", wraps=True)
