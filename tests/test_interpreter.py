"""What the interpreter must not suffer from the libraries below us."""

import sys

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel


def test_void_qt_calls_take_no_reference_of_none(qapp: QApplication) -> None:
    """PySide6 6.12.0 drops one in nearly every such call, until the process aborts."""
    label, timer, plain = QLabel(), QTimer(), QObject()
    before = sys.getrefcount(None)
    for number in range(2_000):
        label.setText(str(number))
        label.setEnabled(bool(number % 2))
        timer.setInterval(number)
        plain.setObjectName("x")
    lost = before - sys.getrefcount(None)
    label.deleteLater()
    # Where None is immortal (3.12 and later) the count never moves; before, a few come and go.
    assert abs(lost) < 200
