"""The settings' page about what is kept: where, how much of it, for how long, the backups, and its end."""

from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from trackside.chat.backups import KeptData, ListedBackup
from trackside.domain.backup import Backup, BackupKind, size_words
from trackside.domain.failure import Failure
from trackside.domain.settings import Settings
from trackside.ui.labels import plain_label
from trackside.ui.settings.choices import NumberField, add_number
from trackside.ui.settings.page import SettingsPage, page_button
from trackside.ui.settings.retention_row import RetentionRow
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
    "One for each day with changes, and three of every other kind. They hold sessions that you have deleted "
    "since, but never keys or signed addresses of videos."
)
_DAILY = (1, 100)
_TRASH_DAYS = (1, 3_650)


class DataPage(SettingsPage):
    """Shows what it is given; what was chosen leaves as a signal."""

    folder_wanted = Signal()
    backup_wanted = Signal()
    restore_wanted = Signal(Backup)
    erasing_wanted = Signal()

    def __init__(self, theme: Theme, folder: str, width: int) -> None:
        """`folder` is where everything is kept; `width` is what there is for the rows, in pixels."""
        super().__init__(theme, width)
        self._kept: KeptData | None = None
        self._shows_all = False
        self._left: QWidget | None = None
        self._restore_buttons: list[QWidget] = []
        """Those that can be pressed when nothing is under way."""
        self.add_heading("Data")
        place = plain_label(folder, "muted", wraps=True, is_selectable=True)
        show = page_button("Show in folder")
        show.clicked.connect(self.folder_wanted)
        self.rows.add("Kept in", place, show, stretch=place)
        self._size = plain_label("…", "muted", wraps=True)
        self.rows.add("Size", self._size, stretch=self._size)
        self._add_backups()
        self._add_retention()
        self._add_end()
        self.column.addStretch(1)

    def _add_backups(self) -> None:
        self.add_heading("Backups")
        self._back_up = page_button("Back up now")
        self._back_up.clicked.connect(self.backup_wanted)
        what = plain_label(_WHAT, "muted", wraps=True)
        self.rows.add("Backups", what, self._back_up, stretch=what, is_tall=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._list_place = QWidget()
        self._list_place.setAccessibleName("Backups")
        self._list_place.setLayout(self._list)
        self._list.setContentsMargins(0, 0, 0, 0)
        self.rows.add("", self._list_place, stretch=self._list_place)
        self._problem = plain_label(role="error", wraps=True)
        self._problem.hide()
        self.rows.add("", self._problem, stretch=self._problem)
        self._daily = NumberField(
            self, "Daily backups kept", _DAILY, lambda count: self.changed.emit({"backups_kept": count})
        )
        add_number(self, "Keep", self._daily, "daily ones; the rest goes with the next backup")

    def _add_retention(self) -> None:
        self.add_heading("Sessions")
        self.retention = RetentionRow(self, self.rows)
        self._trash_days = NumberField(
            self,
            "Days in the trash",
            _TRASH_DAYS,
            lambda days: self.changed.emit({"trash_days": days}),
        )
        add_number(
            self, "Restorable for", self._trash_days, "days in the trash, then they are deleted for good"
        )

    def _add_end(self) -> None:
        self.add_heading("Delete everything")
        what = plain_label(
            "All sessions, backups, logs, settings and keys, on this computer. What the service keeps is not "
            "touched.",
            "muted",
            wraps=True,
        )
        self._erase = page_button("Delete everything…", "danger")
        self._erase.clicked.connect(self.erasing_wanted)
        self.rows.add("Begin anew", what, self._erase, stretch=what, is_tall=True)

    # -- what is shown ---------------------------------------------------------------------------

    def show_settings(self, settings: Settings) -> None:
        self._daily.show_number(settings.backups_kept)
        self._trash_days.show_number(settings.trash_days)
        self.retention.show_days(settings.retention_days)

    def show_kept(self, kept: KeptData) -> None:
        self._kept = kept
        count = len(kept.backups)
        words = "no backups yet" if not count else f"backups {size_words(kept.backup_bytes)}"
        logs = f", logs {size_words(kept.log_bytes)}" if kept.log_bytes >= 500 else ""
        self._size.setText(f"Sessions {size_words(kept.database_bytes)}, {words}{logs}")
        self._show_list()

    def show_unavailable(self) -> None:
        """Nothing of this run is kept, so there is nothing to show of it."""
        self._size.setText("Nothing of this run is kept.")
        for widget in (self._back_up, self._erase, self._daily):
            widget.setEnabled(False)

    def show_busy(self, words: str) -> None:
        """While a backup is made or restored; empty when that is over."""
        self._back_up.setText(words or "Back up now")
        if words:
            self._left = self.focusWidget()  # a button that is disabled loses the focus
        for button in (self._back_up, self._erase, *self._restore_buttons):
            button.setEnabled(not words)
        if not words and self._left is self._back_up:
            self._back_up.setFocus()

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
            more = page_button(f"Show all {len(entries)}", "flat")
            more.clicked.connect(self._show_all)
            self._list.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
            self.setTabOrder((self._restore_buttons or [self._back_up])[-1], more)

    def _show_all(self) -> None:
        self._shows_all = True
        self._show_list()
        if len(self._restore_buttons) > _FIRST:
            self._restore_buttons[_FIRST].setFocus()

    def _row_of(self, entry: ListedBackup) -> QWidget:
        px = self.theme.px
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
        restore = page_button("Restore…")
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


def _clear(layout: QLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
