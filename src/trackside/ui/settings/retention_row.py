"""The data page's row about sessions that are not used: when they go into the trash by themselves."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from trackside.ui.combo_box import ComboBox
from trackside.ui.dialogs.setting_rows import SettingRows
from trackside.ui.labels import plain_label
from trackside.ui.settings.choices import NumberField
from trackside.ui.settings.page import SettingsPage, page_button

_CHOICES = (0, 30, 90, 180, 365)
_OWN = len(_CHOICES)
_DAYS = (1, 3_650)


class RetentionRow(QObject):
    """A choice that would move sessions at once is only made when that was said and agreed to."""

    asked = Signal(int)
    """Days that were chosen; `offer` says what they would do."""

    def __init__(self, page: SettingsPage, rows: SettingRows) -> None:
        super().__init__(page)
        self._page = page
        self._days = 0
        self._offered = 0
        self._choice = ComboBox(page.theme)
        self._choice.setAccessibleName("Unused sessions go to the trash")
        for days in _CHOICES:
            self._choice.addItem(f"After {days} days" if days else "Never")
        self._choice.addItem("After another number of days")
        self._choice.activated.connect(self._choose)
        self._own = NumberField(page, "Days without use", _DAYS, self._ask)
        self._own.setVisible(False)
        self._unit = plain_label("days", "muted")
        self._unit.setVisible(False)
        rows.add("Unused ones", self._choice, self._own, self._unit)
        hint = plain_label(
            "They go to the trash once nobody has asked in them or opened them for so long. Pinned sessions "
            "stay; archived and tagged ones go, too.",
            "muted",
            wraps=True,
        )
        rows.add("", hint, stretch=hint)
        self._words = plain_label("", wraps=True)
        self._agree = page_button("Move them")
        self._agree.clicked.connect(self._take_offer)
        self._decline = page_button("Leave it")
        self._decline.clicked.connect(self._refuse)
        self._place = QWidget()
        row = QHBoxLayout(self._place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(page.theme.px(8))
        row.addWidget(self._words, 1)
        row.addWidget(self._agree)
        row.addWidget(self._decline)
        self._place.hide()
        rows.add("", self._place, stretch=self._place)

    def show_days(self, days: int) -> None:
        """What is set."""
        self._days = days
        if self._place.isHidden():
            self._show(days)

    def offer(self, days: int, count: int) -> None:
        """What these days would do at once. With nothing to move they are set."""
        if count == 0:
            self._set(days)
            return
        self._offered = days
        moved = "1 session goes" if count == 1 else f"{count:,} sessions go".replace(",", "\u202f")
        self._words.setText(f"{moved} to the trash at once.")
        self._agree.setText("Move it" if count == 1 else "Move them")
        self._place.show()
        self._agree.setFocus()

    def _choose(self, number: int) -> None:
        self._place.hide()
        self._own.setVisible(number == _OWN)
        self._unit.setVisible(number == _OWN)
        if number == _OWN:
            self._own.show_number(self._days or 60)
            self._own.setFocus()
            self._own.selectAll()
        else:
            self._ask(_CHOICES[number])

    def _ask(self, days: int) -> None:
        if days == 0 or (self._days and days >= self._days):
            self._set(days)  # moves nothing that was not due before
        else:
            self.asked.emit(days)

    def _take_offer(self) -> None:
        self._set(self._offered)

    def _refuse(self) -> None:
        self._place.hide()
        self._show(self._days)
        self._choice.setFocus()

    def _set(self, days: int) -> None:
        if not self._place.isHidden():
            self._choice.setFocus()
            self._place.hide()
        self._page.changed.emit({"retention_days": days})
        self._show(days)

    def _show(self, days: int) -> None:
        is_own = days not in _CHOICES
        self._choice.setCurrentIndex(_OWN if is_own else _CHOICES.index(days))
        self._own.setVisible(is_own)
        self._unit.setVisible(is_own)
        if is_own:
            self._own.show_number(days)
