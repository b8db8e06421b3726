"""The programs that start-up and memory are measured on.

    python -m benchmarks.programs NAME SPAWNED_AT [ARGS…]

SPAWNED_AT is time.monotonic of whoever starts them, or 0 for a window that stays open. Else the process ends
after its last first paint and writes the seconds of each, in JSON. Nothing heavy is imported up here: it
would be measured.
"""

import os
import runpy
import sys
import time

WIDTH, HEIGHT = 1360, 860
"""Of Trackside's window before anybody has changed it: the pixels count in the memory of both."""


def empty() -> None:
    """The yardstick: a window with nothing in it, in the same style."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    class Window(QMainWindow):
        def paintEvent(self, _event: object) -> None:
            if is_measured:
                application.exit()

    is_measured = float(sys.argv[2]) > 0
    application = QApplication(sys.argv[:1])
    application.setStyle("fusion")
    window = Window()
    window.resize(WIDTH, HEIGHT)
    window.show()
    application.exec()


def trackside() -> None:
    """What `python -m trackside ARGS…` runs. It is painted first as a frame, then with its parts."""
    sys.argv[1:] = sys.argv[3:]
    runpy.run_module("trackside", run_name="__main__", alter_sys=True)


def time_list(spawned_at: float) -> None:
    """After the paints, until sessions have been painted in the sidebar: only then can it be patched without
    being imported earlier than it is."""
    from PySide6.QtWidgets import QApplication

    run = QApplication.exec
    seconds: list[float] = []

    def timed(*_: object) -> int:
        if len(seconds) == 2:
            from PySide6.QtGui import QPaintEvent

            from trackside.ui.sidebar.session_list import SessionList

            paint = SessionList.paintEvent

            def painted(sessions: SessionList, event: QPaintEvent) -> None:
                paint(sessions, event)
                if sessions.model().rowCount():
                    seconds.append(time.monotonic() - spawned_at)
                    sys.stdout.write(str(seconds))
                    sys.stdout.flush()
                    os._exit(0)

            SessionList.paintEvent = painted  # type: ignore[assignment,method-assign]
        code = run()
        seconds.append(time.monotonic() - spawned_at)
        return code

    QApplication.exec = timed  # type: ignore[method-assign]


def time_paints(spawned_at: float, count: int) -> None:
    """Both programs run Qt until the window has been painted, and return from that."""
    from PySide6.QtWidgets import QApplication

    run = QApplication.exec
    seconds: list[str] = []

    def timed(*_: object) -> int:
        code = run()
        seconds.append(str(time.monotonic() - spawned_at))
        if len(seconds) == count:
            sys.stdout.write(f"[{', '.join(seconds)}]")
            sys.stdout.flush()
            os._exit(0)  # what closing costs is nobody's business here
        return code

    QApplication.exec = timed  # type: ignore[method-assign]


if __name__ == "__main__":
    name, spawned_at = sys.argv[1], float(sys.argv[2])
    if name == "listed":
        time_list(spawned_at)
    elif spawned_at:
        time_paints(spawned_at, 1 if name == "empty" else 2)
    {"empty": empty, "trackside": trackside, "listed": trackside}[name]()
