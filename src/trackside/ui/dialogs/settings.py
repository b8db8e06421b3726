"""Settings: appearance, composing, streaming, and the connection with its key."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from trackside.domain.connection import checked_base_url
from trackside.domain.failure import Failure, TracksideError
from trackside.domain.settings import ZOOM_STEPS, Settings, ThemeChoice
from trackside.ui.theme import Theme

_THEMES = (
    (ThemeChoice.SYSTEM, "Follow the system"),
    (ThemeChoice.LIGHT, "Light"),
    (ThemeChoice.DARK, "Dark"),
)


class SettingsDialog(QDialog):
    """Everything applies at once. Keys go in and never come out."""

    changed = Signal(dict)
    """Names and values of settings that the user changed."""
    key_given = Signal(str)
    key_removal_wanted = Signal()
    sandbox_wanted = Signal()
    service_wanted = Signal()

    def __init__(self, theme: Theme, settings: Settings, data_folder: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAccessibleName("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = theme
        px = theme.px

        self._theme_box = QComboBox()
        for choice, words in _THEMES:
            self._theme_box.addItem(words, choice.value)
        self._theme_box.setCurrentIndex([c for c, _ in _THEMES].index(settings.theme))
        self._theme_box.currentIndexChanged.connect(
            lambda index: self.changed.emit({"theme": _THEMES[index][0]})
        )
        self._zoom = QComboBox()
        for zoom in ZOOM_STEPS:
            self._zoom.addItem(f"{zoom} %", zoom)
        nearest = min(ZOOM_STEPS, key=lambda zoom: abs(zoom - settings.zoom))
        self._zoom.setCurrentIndex(ZOOM_STEPS.index(nearest))
        self._zoom.currentIndexChanged.connect(lambda index: self.changed.emit({"zoom": ZOOM_STEPS[index]}))
        self._enter = QCheckBox("Enter sends, Shift+Enter breaks the line")
        self._enter.setChecked(settings.enter_sends)
        self._enter.toggled.connect(lambda is_on: self.changed.emit({"enter_sends": is_on}))
        self._silence = QSpinBox()
        self._silence.setRange(5, 3600)
        self._silence.setSuffix(" s")
        self._silence.setValue(int(settings.silence_limit_s))
        self._silence.editingFinished.connect(
            lambda: self.changed.emit({"silence_limit_s": float(self._silence.value())})
        )
        self._address = QLineEdit(settings.base_url)
        self._address.setAccessibleName("Service address")
        self._address.editingFinished.connect(self._take_address)
        self._plain_http = QCheckBox("Allow plain http to other computers (the key is sent unencrypted)")
        self._plain_http.setChecked(settings.allow_plain_http)
        self._plain_http.toggled.connect(self._take_plain_http)
        self._key = QLineEdit()
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._key.setPlaceholderText("Paste a key to save or replace it")
        self._key.setAccessibleName("API key")
        self._key.returnPressed.connect(self._give_key)
        self._save_key = QPushButton("Save key")
        self._save_key.clicked.connect(self._give_key)
        self._remove_key = QPushButton("Remove key")
        self._remove_key.clicked.connect(self.key_removal_wanted)
        self._state = QLabel()
        self._state.setWordWrap(True)
        self._state.setProperty("role", "muted")
        self._switch = QPushButton()
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        self._problem.setProperty("role", "error")
        self._problem.hide()

        form = QFormLayout()
        form.setHorizontalSpacing(px(20))
        form.setVerticalSpacing(px(10))
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(_heading("Appearance"))
        form.addRow("Theme", self._theme_box)
        form.addRow("Zoom", self._zoom)
        form.addRow(_heading("Asking"))
        form.addRow("Keys", self._enter)
        form.addRow("Give up after silence of", self._silence)
        form.addRow(_heading("Connection"))
        form.addRow("In use", self._state)
        form.addRow("", self._switch)
        form.addRow("Service address", self._address)
        form.addRow("", self._plain_http)
        keys = QHBoxLayout()
        keys.addWidget(self._key, 1)
        keys.addWidget(self._save_key)
        keys.addWidget(self._remove_key)
        form.addRow("API key", keys)
        form.addRow("", self._problem)
        folder = QLabel(data_folder)
        folder.setWordWrap(True)
        folder.setProperty("role", "muted")
        folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form.addRow(_heading("Data"))
        form.addRow("Kept in", folder)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(24), px(16), px(24), px(16))
        outer.setSpacing(px(16))
        outer.addLayout(form)
        outer.addWidget(buttons)
        self.setMinimumWidth(px(600))

    def show_connection(self, words: str, *, is_sandbox: bool, has_key: bool) -> None:
        """The connection in use, in words; a key is only ever shown as present."""
        self._state.setText(words)
        self._remove_key.setEnabled(has_key and not is_sandbox)
        self._switch.setText("Use TwelveLabs" if is_sandbox else "Use the sandbox")
        self._switch.disconnect(self)
        self._switch.clicked.connect(self.service_wanted if is_sandbox else self.sandbox_wanted)

    def show_busy(self, is_busy: bool) -> None:
        for widget in (self._key, self._save_key):
            widget.setEnabled(not is_busy)
        self._save_key.setText("Testing…" if is_busy else "Save key")

    def show_failure(self, failure: Failure | None) -> None:
        self._problem.setVisible(failure is not None)
        self._problem.setText(failure.sentence if failure else "")

    def clear_key(self) -> None:
        self._key.clear()

    def _give_key(self) -> None:
        self.show_failure(None)
        if self._key.text().strip():
            self.key_given.emit(self._key.text())

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


def _heading(words: str) -> QLabel:
    label = QLabel(words)
    label.setProperty("role", "heading")
    return label
