"""A connection test as it goes: a row for each layer, and below them what mends the one that failed."""

from datetime import datetime
from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QVBoxLayout, QWidget

from trackside import __version__
from trackside.domain.connection import Connection
from trackside.domain.connection_test import (
    Mend,
    StepName,
    Steps,
    are_all_done,
    failed_step,
    report_of,
    step_of,
    untested_steps,
)
from trackside.ui.connection_test.step_row import StepRow
from trackside.ui.flow import FlowLayout
from trackside.ui.labels import plain_label
from trackside.ui.theme import Theme, repolish

_MEND_WORDS = {
    Mend.REPLACE_KEY: "Replace key",
    Mend.CHOOSE_CA_FILE: "Choose CA file…",
    Mend.OPEN_PROXY: "Open proxy settings",
    Mend.EDIT_CONNECTION: "Edit connection",
    Mend.TRY_AGAIN: "Try again",
}
_COPY = "Copy report"
_COPIED = "Copied the connection test’s report."


class ConnectionTestCard(QWidget):
    """Shows steps; whoever owns it runs the test. `copied` carries the news of a report that was copied."""

    replace_key_wanted = Signal()
    ca_file_wanted = Signal()
    proxy_wanted = Signal()
    edit_wanted = Signal()
    again_wanted = Signal()
    copied = Signal(str)

    def __init__(self, theme: Theme, *, has_heading: bool = True, tells_success: bool = True) -> None:
        """Without a heading the steps stand in somebody else's card; `tells_success` says below them that
        all is well."""
        super().__init__()
        self._theme = theme
        self._connection: Connection | None = None
        self._steps: Steps = untested_steps()
        self._tells_success = tells_success
        self._title = plain_label("Connection test", "heading")
        self._about = plain_label("", "muted", wraps=True)
        self._rows = {step.name: StepRow(theme) for step in self._steps}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._title)
        self._column.addWidget(self._about)
        self._title.setVisible(has_heading)
        self._about.setVisible(has_heading)
        self._list = QVBoxLayout()
        for row in self._rows.values():
            self._list.addWidget(row)
        self._column.addLayout(self._list)
        self.verdict = plain_label("", wraps=True, is_selectable=True)
        self._strip = QFrame()
        self._strip.setProperty("kind", "error")
        self._buttons: dict[Mend | None, QPushButton] = {}
        self._flow_place = QWidget()
        self._flow = FlowLayout(self._flow_place)
        wanted = {
            Mend.REPLACE_KEY: self.replace_key_wanted,
            Mend.CHOOSE_CA_FILE: self.ca_file_wanted,
            Mend.OPEN_PROXY: self.proxy_wanted,
            Mend.EDIT_CONNECTION: self.edit_wanted,
            Mend.TRY_AGAIN: self.again_wanted,
        }
        for mend, signal in wanted.items():
            self._add_button(mend, _MEND_WORDS[mend]).clicked.connect(signal)
        self._add_button(None, _COPY).clicked.connect(self.copy_report)
        self._strip_column = QVBoxLayout(self._strip)
        self._strip_column.addWidget(self.verdict)
        self._strip_column.addWidget(self._flow_place)
        self._column.addWidget(self._strip)
        self._strip.hide()
        self.setAccessibleName("Connection test")
        theme.changed.connect(self._dress)
        self._dress()
        self._show_rows()

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def steps(self) -> Steps:
        return self._steps

    @property
    def report(self) -> str:
        """What stands here as text, without any secret."""
        return report_of(self._connection, self._steps, __version__, datetime.now().astimezone())

    def begin(self, connection: Connection) -> None:
        """A test of this connection begins: nothing is known of any layer."""
        self._connection = connection
        self._about.setText(f"{connection.name} · {connection.host}")
        self.show_steps(untested_steps())

    def show_steps(self, steps: Steps) -> None:
        """The steps as they are now."""
        was_done = are_all_done(self._steps)
        self._steps = steps
        self._show_rows()
        is_done = are_all_done(steps)
        self._show_verdict(is_done=is_done)
        if is_done and not was_done:
            self._announce()

    def copy_report(self) -> None:
        QApplication.clipboard().setText(self.report)
        self.copied.emit(_COPIED)

    def focus_mend(self) -> None:
        """Puts the focus on what helps most with the step that failed."""
        failed = failed_step(self._steps)
        if failed is not None and not self._strip.isHidden():
            self._buttons[failed.mends[0] if failed.mends else None].setFocus()

    # -- inside ----------------------------------------------------------------------------------

    def _add_button(self, mend: Mend | None, words: str) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        self._buttons[mend] = button
        self._flow.addWidget(button)
        return button

    def _show_rows(self) -> None:
        for step in self._steps:
            self._rows[step.name].show_step(step)

    def _show_verdict(self, *, is_done: bool) -> None:
        failed = failed_step(self._steps)
        is_told = is_done and (failed is not None or self._tells_success)
        self._strip.setVisible(is_told)
        if not is_told:
            return
        doubtful = next((step for step in self._steps if step.is_doubtful), None)
        mends = failed.mends if failed is not None else ()
        self._order_buttons(mends)
        for mend, button in self._buttons.items():
            button.setVisible(mend is None or mend in mends)
            is_main = bool(mends) and mend is mends[0]
            if button.property("isMain") != str(is_main).lower():
                button.setProperty("isMain", str(is_main).lower())
                repolish(button)
        kind = "error" if failed is not None else "warning" if doubtful is not None else "hint"
        if self._strip.property("kind") != kind:
            self._strip.setProperty("kind", kind)
            repolish(self._strip)
        if failed is not None:
            sentence = failed.failure.sentence if failed.failure is not None else f"{failed.words}."
        elif doubtful is not None:
            sentence = f"The connection works, but mind this: {doubtful.words}."
        else:
            found = step_of(self._steps, StepName.STORES).note
            sentence = f"The connection works: {found}." if found else "The connection works."
        self.verdict.setText(sentence)

    def _order_buttons(self, mends: tuple[Mend, ...]) -> None:
        """What helps most comes first, to the eye and to Tab."""
        others = (mend for mend in self._buttons if mend is not None and mend not in mends)
        wanted = [self._buttons[mend] for mend in (*mends, None, *others)]
        shown = [item.widget() for n in range(self._flow.count()) if (item := self._flow.itemAt(n))]
        if wanted == shown:
            return
        while self._flow.takeAt(0) is not None:
            pass
        for button in wanted:
            self._flow.addWidget(button)
        for before, after in pairwise(wanted):
            QWidget.setTabOrder(before, after)

    def _announce(self) -> None:
        if not QAccessible.isActive():
            return
        failed = failed_step(self._steps)
        if failed is None and not self._tells_success:
            return
        event = QAccessibleAnnouncementEvent(self, self.verdict.text())
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)

    def _dress(self) -> None:
        px = self._theme.px
        self._column.setSpacing(px(6))
        self._list.setSpacing(0)
        self._list.setContentsMargins(0, px(2), 0, px(4))
        self._strip_column.setContentsMargins(px(10), px(8), px(10), px(6))
        self._strip_column.setSpacing(px(4))
        self._flow.setContentsMargins(-px(6), 0, 0, 0)
        self._flow.set_gap(px(4))
        for row in self._rows.values():
            row.dress()
