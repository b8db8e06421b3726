"""The extra headers of a connection: a table of names and values, secret values going in only."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from trackside.domain.connection import ExtraHeader
from trackside.domain.extra_headers import looks_secret
from trackside.domain.failure import TracksideError
from trackside.domain.network_rules import check_header, check_headers
from trackside.ui.check_box import CheckBox
from trackside.ui.settings.inline import say, words_below
from trackside.ui.settings.page import page_button
from trackside.ui.theme import Theme

_PRESENT = "Present, never shown. Type to replace"
_ABSENT = "Value, kept in the keyring"


class _HeaderRow(QWidget):
    """One header. Its value is shown only when it is no secret."""

    def __init__(
        self, theme: Theme, header: ExtraHeader, number: int, take: Callable[[], None], *, is_present: bool
    ) -> None:
        super().__init__()
        self.kept = header
        self.is_present = is_present
        """Whether the keyring has a value."""
        self.name = QLineEdit(header.name)
        self.name.setAccessibleName(f"Name of header {number}")
        self.name.setPlaceholderText("X-Name")
        self.value = QLineEdit(header.value)
        self.value.setAccessibleName(f"Value of header {number}")
        for field in (self.name, self.value):
            field.setCursorPosition(0)
        self.secret = CheckBox(theme, "Secret")
        self.secret.setAccessibleName(f"Header {number} is secret")
        self.secret.setChecked(header.is_secret)
        self.remove = page_button("", "flat")
        self.remove.setIcon(theme.icon("close", "muted", 14))
        self.remove.setIconSize(QSize(theme.px(14), theme.px(14)))
        self.remove.setAccessibleName(f"Remove header {number}")
        self.remove.setToolTip("Remove this header")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(6))
        row.addWidget(self.name, 2)
        row.addWidget(self.value, 3)
        row.addWidget(self.secret)
        row.addWidget(self.remove)
        self.name.editingFinished.connect(self._judge_name)
        self.name.editingFinished.connect(take)
        self.value.editingFinished.connect(take)
        self.secret.clicked.connect(self._on_secret)
        self.secret.clicked.connect(lambda: take())
        self._dress()

    @property
    def typed_name(self) -> str:
        return self.name.text().strip()

    @property
    def is_complete(self) -> bool:
        """Whether it can be sent: it has a name and a value, though that may be in the keyring."""
        has_kept = self.secret.isChecked() and self.kept.is_secret and self.typed_name == self.kept.name
        return bool(self.typed_name) and (has_kept or bool(self.value.text().strip()))

    def _judge_name(self) -> None:
        if self.typed_name != self.kept.name and looks_secret(self.typed_name):
            self.secret.setChecked(True)
            self._dress()

    def _on_secret(self) -> None:
        self.is_present = False
        self._dress()

    def took(self, header: ExtraHeader, *, has_new_secret: bool) -> None:
        """What was typed is kept: a secret is seen no longer."""
        self.kept = header
        if header.is_secret:
            self.is_present = self.is_present or has_new_secret
            self.value.clear()
        self._dress()

    def _dress(self) -> None:
        is_secret = self.secret.isChecked()
        mode = QLineEdit.EchoMode.Password if is_secret else QLineEdit.EchoMode.Normal
        self.value.setEchoMode(mode)
        hint = (_PRESENT if self.is_present else _ABSENT) if is_secret else "Value"
        self.value.setPlaceholderText(hint)
        self.value.setAccessibleDescription(hint if is_secret else "")


class HeaderRows(QWidget):
    """All headers of one connection. `changed` carries the headers without secret values, and the secret
    values that were typed just now by their headers' names."""

    changed = Signal(tuple, dict)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[_HeaderRow] = []
        self._told: tuple[ExtraHeader, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(6))
        self._problem = words_below("error")
        self.add_button = page_button("Add a header")
        self.add_button.clicked.connect(self._add_empty)
        foot = QHBoxLayout()
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        self._column.addWidget(self._problem)
        self._column.addLayout(foot)

    def show_headers(self, headers: Sequence[ExtraHeader], present: frozenset[str]) -> None:
        """Shows these; `present` are the names, in small letters, whose values are in the keyring."""
        if [row.kept for row in self._rows if row.kept.name] == list(headers):
            for row in self._rows:
                if row.kept.is_secret:
                    row.is_present = row.kept.name.lower() in present
                    row._dress()
            return
        while self._rows:
            self._drop(self._rows[0])
        for header in headers:
            self._add_row(header, is_present=header.name.lower() in present)
        self._told = tuple(headers)
        say(self._problem, "")

    def _add_empty(self) -> None:
        row = self._add_row(ExtraHeader(""), is_present=False)
        row.name.setFocus()

    def _add_row(self, header: ExtraHeader, *, is_present: bool) -> _HeaderRow:
        number = len(self._rows) + 1
        row = _HeaderRow(self._theme, header, number, self._take, is_present=is_present)
        row.remove.clicked.connect(partial(self._remove, row))
        self._column.insertWidget(len(self._rows), row)
        before = self._rows[-1].remove if self._rows else None
        self._rows.append(row)
        if before is not None:
            QWidget.setTabOrder(before, row.name)
        QWidget.setTabOrder(row.remove, self.add_button)
        return row

    def _drop(self, row: _HeaderRow) -> None:
        self._rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _remove(self, row: _HeaderRow) -> None:
        self._drop(row)
        self.add_button.setFocus()
        if row.kept.name:
            self._take()

    def _take(self) -> None:
        """Checks all rows that are complete, and tells what is new. An incomplete one waits."""
        complete = [row for row in self._rows if row.is_complete]
        try:
            check_headers([(row.typed_name, row.value.text().strip()) for row in complete])
            for row in self._rows:
                if row.typed_name and row not in complete:
                    check_header(row.typed_name, "")
        except TracksideError as error:
            say(self._problem, error.failure.sentence)
            return
        say(self._problem, "")
        headers: list[ExtraHeader] = []
        given: dict[str, str] = {}
        for row in self._rows:
            if row not in complete:
                row.kept = ExtraHeader("")
                continue
            is_secret, value = row.secret.isChecked(), row.value.text().strip()
            header = ExtraHeader(row.typed_name, "" if is_secret else value, is_secret)
            if is_secret and value:
                given[header.name] = value
            headers.append(header)
            row.took(header, has_new_secret=header.name in given)
        if tuple(headers) != self._told or given:
            self._told = tuple(headers)
            self.changed.emit(self._told, given)
