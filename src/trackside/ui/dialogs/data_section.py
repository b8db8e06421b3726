"""The settings' part about what is kept: where, how much of it, and the backups."""

from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QPushButton, QVBoxLayout, QWidget

from trackside.chat.backups import KeptData, ListedBackup
from trackside.domain.backup import Backup, BackupKind, size_words
from trackside.domain.failure import Failure
from trackside.ui.dialogs.setting_rows import SettingRows
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme

_FIRST = 4
"""Backups that are shown until all are asked for."""
_KINDS = {
    BackupKind.DAILY: "daily",
    BackupKind.BY_HAND: "made by hand",
    BackupKind.BEFORE_VERSION: "before an update",
    BackupKind.BEFORE_RESTORE: "before a restore",
}
_WHAT = (
    "One for each day with changes. The last seven are kept, and three of every other kind. They hold "
    "sessions that you have deleted since, but never keys."
)


class DataSection(QWidget):
    """Shows what it is given; what was chosen leaves as a signal."""

    folder_wanted = Signal()
    backup_wanted = Signal()
    restore_wanted = Signal(Backup)

    def __init__(self, theme: Theme, folder: str, width: int) -> None:
        """`folder` is where everything is kept; `width` is what there is for the rows, in pixels."""
        super().__init__()
        self._theme = theme
        self._kept: KeptData | None = None
        self._shows_all = False
        self._restore_buttons: list[QPushButton] = []
        """Those that can be pressed when nothing is under way."""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(10))
        place = plain_label(folder, "muted", wraps=True, is_selectable=True)
        show = _button("Show in folder")
        show.clicked.connect(self.folder_wanted)
        rows = SettingRows(theme, self._column, width)
        rows.add("Kept in", place, show, stretch=place)
        self._size = plain_label("…", "muted", wraps=True)
        rows.add("Size", self._size, stretch=self._size)
        self._back_up = _button("Back up now")
        self._back_up.clicked.connect(self.backup_wanted)
        what = plain_label(_WHAT, "muted", wraps=True)
        rows.add("Backups", what, self._back_up, stretch=what, is_tall=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._list_place = QWidget()
        self._list_place.setAccessibleName("Backups")
        self._list_place.setLayout(self._list)
        self._list.setContentsMargins(0, 0, 0, 0)
        rows.add("", self._list_place, stretch=self._list_place)
        self._problem = plain_label(role="error", wraps=True)
        self._problem.hide()
        rows.add("", self._problem, stretch=self._problem)

    # -- what is shown ---------------------------------------------------------------------------

    def show_kept(self, kept: KeptData) -> None:
        self._kept = kept
        count = len(kept.backups)
        words = "no backups yet" if not count else f"backups {size_words(kept.backup_bytes)}"
        self._size.setText(f"Sessions {size_words(kept.database_bytes)}, {words}")
        self._show_list()

    def show_unavailable(self) -> None:
        """Nothing of this run is kept, so there is nothing to show of it."""
        self._size.setText("Nothing of this run is kept.")
        self._back_up.setEnabled(False)

    def show_busy(self, words: str) -> None:
        """While a backup is made or restored; empty when that is over."""
        self._back_up.setText(words or "Back up now")
        for button in (self._back_up, *self._restore_buttons):
            button.setEnabled(not words)

    def show_failure(self, failure: Failure | None) -> None:
        self._problem.setVisible(failure is not None)
        self._problem.setText(failure.sentence if failure else "")

    # -- the list --------------------------------------------------------------------------------

    def _show_list(self) -> None:
        _clear(self._list)
        self._restore_buttons = []
        entries = self._kept.backups if self._kept is not None else ()
        shown = entries if self._shows_all or len(entries) <= _FIRST + 1 else entries[:_FIRST]
        for entry in shown:
            self._list.addWidget(self._row_of(entry))
        for before, after in pairwise([self._back_up, *self._restore_buttons]):
            self.setTabOrder(before, after)
        if len(shown) < len(entries):
            more = _button(f"Show all {len(entries)}", "flat")
            more.clicked.connect(self._show_all)
            self._list.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
            self.setTabOrder((self._restore_buttons or [self._back_up])[-1], more)

    def _show_all(self) -> None:
        self._shows_all = True
        self._show_list()
        if len(self._restore_buttons) > _FIRST:
            self._restore_buttons[_FIRST].setFocus()

    def _row_of(self, entry: ListedBackup) -> QWidget:
        px = self._theme.px
        when = moment_words(entry.backup)
        row = QFrame()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, px(3), 0, px(3))
        layout.setSpacing(px(8))
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(plain_label(f"{when} · {_KINDS[entry.backup.kind]}", wraps=True))
        texts.addWidget(
            plain_label(f"{_count_words(entry)} · {size_words(entry.backup.size_bytes)}", "small", wraps=True)
        )
        layout.addLayout(texts, 1)
        restore = _button("Restore…")
        restore.setAccessibleName(f"Restore the backup of {in_a_sentence(entry.backup)}")
        restore.clicked.connect(partial(self.restore_wanted.emit, entry.backup))
        layout.addWidget(restore)
        if entry.session_count is None:
            restore.setEnabled(False)
        else:
            self._restore_buttons.append(restore)
        return row


def moment_words(backup: Backup, now: datetime | None = None) -> str:
    """When a backup was made: “Today, 14:05”. Its day is the name's; the time is only said when it fits."""
    today = (now or datetime.now().astimezone()).date()
    names = {today: "Today", today - timedelta(days=1): "Yesterday"}
    day = names.get(backup.day, backup.day.isoformat())
    return f"{day}, {backup.made_at:%H:%M}" if backup.made_at.date() == backup.day else day


def in_a_sentence(backup: Backup) -> str:
    """The same within a sentence: “today, 14:05”."""
    words = moment_words(backup)
    return words[0].lower() + words[1:]


def _count_words(entry: ListedBackup) -> str:
    count = entry.session_count
    if count is None:
        return "can't be read"
    return "1 session" if count == 1 else f"{count:,} sessions".replace(",", "\u202f")


def _button(words: str, kind: str = "") -> QPushButton:
    button = QPushButton(words)
    button.setAutoDefault(False)
    if kind:
        button.setProperty("kind", kind)
    return button


def _clear(layout: QLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
