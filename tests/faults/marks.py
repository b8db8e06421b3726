"""Secrets that are found again wherever they got to, in whatever spelling."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)


@dataclass(frozen=True)
class Mark:
    """A secret, what it is, and the bytes that would give it away."""

    what: str
    text: str

    @property
    def needles(self) -> dict[str, bytes]:
        raw = self.text.encode()
        found = {
            "plain": raw,
            "lower case": raw.lower(),
            "UTF-16": self.text.encode("utf-16-le"),
            "UTF-16 BE": self.text.encode("utf-16-be"),
            "hex": raw.hex().encode(),
            "HEX": raw.hex().upper().encode(),
            "percent": quote(self.text, safe="").encode(),
            "JSON": json.dumps(self.text)[1:-1].encode(),
            "backwards": raw[::-1],
        }
        for shift in range(3):
            # Wherever in a longer text it stands, as in “user:password”: without what the neighbours decide.
            whole = base64.b64encode(b"\0" * shift + raw + b"\0" * (-(shift + len(raw)) % 3))
            first = 0 if shift == 0 else 4
            inner = whole[first : (shift + len(raw)) // 3 * 4]
            found[f"base64+{shift}"] = inner
            found[f"urlsafe base64+{shift}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
        return found


class Hunt:
    """Looks for marks in bytes, files, databases and widgets, and notes each that it meets."""

    def __init__(self, *marks: Mark) -> None:
        self.marks = marks
        self.met: set[str] = set()
        self.looked_at = 0
        """Bytes; a hunt that looked at nothing has found nothing out."""
        self._needles = [
            (mark.what, how, needle) for mark in marks for how, needle in mark.needles.items() if needle
        ]

    def look(self, where: str, content: bytes | str) -> None:
        raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        self.looked_at += len(raw)
        self.met |= {f"{what} ({how}) in {where}" for what, how, needle in self._needles if needle in raw}

    def look_through(self, folder: Path) -> None:
        """Every byte of every file, every file's name, and what SQLite would read out of a database: a value
        may lie in pieces in its pages."""
        for path in sorted(folder.rglob("*")):
            self.look("a file's name", str(path.relative_to(folder)))
            if path.is_file():
                content = path.read_bytes()
                self.look(str(path.relative_to(folder)), content)
                if content.startswith(b"SQLite format 3\0"):
                    self._look_into(path)

    def _look_into(self, path: Path) -> None:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for name in names:
                for row in db.execute(f'SELECT * FROM "{name}"'):
                    for value in row:
                        if isinstance(value, str | bytes):
                            self.look(f"{path.name}, table {name}", value)

    def look_at_widgets(self, where: str) -> None:
        """All that can be seen, heard or copied of every widget there is, hidden ones included."""
        told = [
            (f"{where}: {type(widget).__name__} “{widget.accessibleName()}”", text)
            for widget in QApplication.allWidgets()
            for text in set(_texts(widget))
            if text
        ]
        before = len(self.met)
        self.look(where, "\n".join(text for _, text in told))
        if len(self.met) > before:
            for place, text in told:
                self.look(place, text)

    def look_at_clipboard(self, where: str) -> None:
        clipboard = QApplication.clipboard()
        data = clipboard.mimeData()
        for kind in data.formats():
            self.look(f"{where}: the clipboard as {kind}", data.data(kind).data())


def _texts(widget: QWidget) -> Iterator[str]:
    yield widget.windowTitle()
    yield widget.accessibleName()
    yield widget.accessibleDescription()
    yield widget.toolTip()
    yield widget.statusTip()
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QLineEdit():
            yield widget.displayText()
            yield widget.placeholderText()
        case QPlainTextEdit() | QTextEdit():
            yield widget.toPlainText()
        case QComboBox():
            yield from (widget.itemText(n) for n in range(widget.count()))
        case _:
            pass
