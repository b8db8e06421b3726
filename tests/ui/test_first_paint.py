"""The window says when it was painted: the start waits for that, as long as a second."""

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from trackside.domain.settings import Settings
from trackside.ui.main_window import MainWindow
from trackside.ui.theme import Theme

LIMIT_MS = 5_000


def test_window_is_painted_as_a_frame_and_with_the_doors(qapp: QApplication, qtbot: QtBot) -> None:
    settings = Settings()
    window = MainWindow(settings)
    qtbot.addWidget(window, before_close_func=lambda _: window.allow_close())
    with qtbot.waitSignal(window.painted, timeout=LIMIT_MS):
        window.show()
    theme = Theme(qapp, settings)
    with qtbot.waitSignal(window.painted, timeout=LIMIT_MS):
        window.furnish(theme)
        window.show_first_run()
    theme.dismiss()
