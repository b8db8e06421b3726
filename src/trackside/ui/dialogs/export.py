"""Export: which sessions, as what; then how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from trackside.chat.export_formats import ExportFormat
from trackside.domain.failure import Failure
from trackside.ui.combo_box import ComboBox
from trackside.ui.dialogs.export_formats import FormatList
from trackside.ui.labels import button_words, plain_label
from trackside.ui.theme import Theme

_WIDTH_PX = 600
_HEIGHT_PX = 520
_LABEL_PX = 130


@dataclass(frozen=True, slots=True)
class ExportScope:
    """Which sessions: those with these ids, or all where there are none."""

    words: str
    session_ids: tuple[str, ...] = ()


class ExportDialog(QDialog):
    """Asks; whoever opened it writes, and tells it how that goes."""

    save_wanted = Signal()
    cancel_wanted = Signal()
    """While something is written: it should not be."""

    def __init__(
        self,
        theme: Theme,
        scopes: Sequence[ExportScope],
        rates: Sequence[tuple[str, str]],
        chosen: tuple[str, str],
        parent: QWidget,
    ) -> None:
        """`rates` are names and words; `chosen` is the format and the frame rate to begin with."""
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAccessibleName("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = theme
        self._scopes = scopes
        self._losses: Mapping[str, tuple[str, ...]] = {}
        self._is_running = False
        px = theme.px
        ground = QWidget()
        ground.setObjectName("column")
        column = QVBoxLayout(ground)
        column.setContentsMargins(px(24), px(20), px(24), px(4))
        column.setSpacing(px(10))
        column.addLayout(self._scope_row())
        self._formats = FormatList(theme, chosen[0])
        self._formats.currentItemChanged.connect(self._show_format)
        self._formats.itemDoubleClicked.connect(lambda _: self._save())
        column.addWidget(self._formats)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(ground)
        self._rate_row = self._made_rate_row(rates, chosen[1])
        self._lost = plain_label(role="muted", wraps=True)
        self._problem = plain_label(role="error", wraps=True)
        self._said = plain_label(role="muted")
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Progress")
        self._progress.setTextVisible(False)
        # What belongs to the chosen format stays in sight while a small window's list is scrolled.
        foot = QVBoxLayout()
        foot.setContentsMargins(px(24), px(4), px(24), px(16))
        foot.setSpacing(px(10))
        for widget in (self._rate_row, self._lost, self._problem, self._said, self._progress):
            foot.addWidget(widget)
        for widget in (self._problem, self._said, self._progress):
            widget.hide()
        foot.addWidget(self._button_row())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        outer.addLayout(foot)
        room = parent.window().size()
        self.resize(QSize(min(px(_WIDTH_PX), room.width() - 24), min(px(_HEIGHT_PX), room.height() - 24)))
        self._formats.setFocus()
        self._show_format()

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def scope(self) -> ExportScope:
        return self._scopes[max(self._pills.checkedId(), 0)]

    @property
    def format(self) -> ExportFormat:
        return self._formats.chosen

    @property
    def frame_rate(self) -> str:
        """The name of the one that is chosen."""
        return str(self._rates.currentData())

    @property
    def is_running(self) -> bool:
        """Whether something is being written."""
        return self._is_running

    # -- what is shown ---------------------------------------------------------------------------

    def show_losses(self, losses: Mapping[str, tuple[str, ...]]) -> None:
        """What each format can't carry, once that is known."""
        self._losses = losses
        self._show_format()

    def show_progress(self, done: int, of: int) -> None:
        """How many turns are written, and of how many; of none while that isn't known."""
        self._set_running(is_running=True)
        self._progress.setRange(0, of)
        self._progress.setValue(done)
        self._said.setText(f"Writing… {done:,} of {of:,} questions" if of else "Writing…")

    def show_end(self, failure: Failure | None = None) -> None:
        """It is not written (any more); a failure says why."""
        self._set_running(is_running=False)
        self._problem.setText(failure.sentence if failure else "")
        self._problem.setVisible(failure is not None)

    def reject(self) -> None:
        """Esc and Cancel: what is being written is given up first."""
        if self._is_running:
            self.cancel_wanted.emit()
        else:
            super().reject()

    def _set_running(self, *, is_running: bool) -> None:
        if is_running == self._is_running:
            return
        self._is_running = is_running
        if is_running:
            self._problem.hide()
            self._cancel.setFocus()
        for widget in (self._progress, self._said):
            widget.setVisible(is_running)
        choices: list[QWidget] = [self._formats, self._rates, self._save_button, *self._pills.buttons()]
        for choice in choices:
            choice.setEnabled(not is_running)
        if not is_running:
            self._formats.setFocus()

    def _show_format(self) -> None:
        chosen = self.format
        self._rate_row.setVisible(chosen.has_frame_rate)
        losses = self._losses.get(chosen.name)
        if losses is None:
            self._lost.setText("")
        elif losses:
            self._lost.setText(f"Not carried: {'; '.join(losses)}.")
        else:
            self._lost.setText("Carries everything that is kept.")
        if (layout := self.layout()) is not None:
            layout.activate()  # the words below may have taken room from the list
        place = self._formats.visualItemRect(self._formats.currentItem())
        self._scroll.ensureVisible(0, self._formats.y() + place.center().y(), 0, place.height())

    # -- sections --------------------------------------------------------------------------------

    def _scope_row(self) -> QHBoxLayout:
        self._pills = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(self._theme.px(8))
        row.addWidget(self._label("Sessions"))
        for number, scope in enumerate(self._scopes):
            pill = QPushButton(button_words(scope.words))
            pill.setProperty("kind", "pill")
            pill.setAutoDefault(False)
            pill.setCheckable(True)
            pill.setChecked(number == 0)
            pill.setAccessibleName(f"Sessions: {scope.words}")
            self._pills.addButton(pill, number)
            row.addWidget(pill)
        row.addStretch(1)
        return row

    def _made_rate_row(self, rates: Sequence[tuple[str, str]], chosen: str) -> QWidget:
        self._rates = ComboBox(self._theme)
        self._rates.setAccessibleName("Frames a second")
        for name, words in rates:
            self._rates.addItem(words, name)
        self._rates.setCurrentIndex(max(0, self._rates.findData(chosen)))
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._theme.px(8))
        label = self._label("Frames a second")
        label.setBuddy(self._rates)
        row.addWidget(label)
        row.addWidget(self._rates)
        row.addStretch(1)
        return holder

    def _label(self, words: str) -> QLabel:
        label = QLabel(words)
        label.setMinimumWidth(self._theme.px(_LABEL_PX))
        return label

    def _button_row(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self._cancel = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self._save_button = buttons.addButton("Save…", QDialogButtonBox.ButtonRole.ActionRole)
        self._cancel.setAutoDefault(False)
        self._save_button.setProperty("kind", "primary")
        self._save_button.setDefault(True)
        self._save_button.clicked.connect(lambda: self._save())
        buttons.rejected.connect(self.reject)
        return buttons

    def _save(self) -> None:
        if not self._is_running:
            self.save_wanted.emit()
