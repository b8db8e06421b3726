"""What narrows a search down: a row of pills under the field, each with a menu or a switch."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from trackside.domain.search import SearchQuery, StateFilter
from trackside.ui.chevron import paint_chevron
from trackside.ui.flow import FlowLayout
from trackside.ui.labels import button_words
from trackside.ui.theme import Theme, repolish

_LONGEST_LABEL = 28


class DateFilter(Enum):
    """How old what is found may be."""

    ANY = "Any date"
    TODAY = "Today"
    WEEK = "Last 7 days"
    MONTH = "Last 30 days"
    YEAR = "This year"

    def since(self, present: datetime) -> datetime | None:
        """The first moment (UTC) of the days meant. `present` is local time, and so are the days."""
        day = present.date()
        match self:
            case DateFilter.ANY:
                return None
            case DateFilter.WEEK:
                day -= timedelta(days=6)
            case DateFilter.MONTH:
                day -= timedelta(days=29)
            case DateFilter.YEAR:
                day = day.replace(month=1, day=1)
            case DateFilter.TODAY:
                pass
        # Naive, so that it gets the summer or winter time of that day.
        return datetime.combine(day, time()).astimezone().astimezone(UTC)


_STATES = {
    StateFilter.ANY: "Any state",
    StateFilter.ANSWERED: "Answered",
    StateFilter.BROKEN: "Failed or stopped",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is chosen in the row."""

    store_id: str = ""
    date: DateFilter = DateFilter.ANY
    state: StateFilter = StateFilter.ANY
    tag: str = ""
    with_citations: bool = False

    @property
    def are_any(self) -> bool:
        """Whether anything is chosen at all."""
        return self != Filters()

    def query(self, text: str, present: datetime) -> SearchQuery:
        return SearchQuery(
            text,
            store_id=self.store_id,
            tag=self.tag,
            since=self.date.since(present),
            state=self.state,
            with_citations=self.with_citations,
        )


class _Pill(QPushButton):
    """Enter works as Space does; up and down are not for going through the pills, as left and right are."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.click()
            case Qt.Key.Key_Up | Qt.Key.Key_Down:
                event.ignore()
            case _:
                super().keyPressEvent(event)


class ChoicePill(_Pill):
    """A pill that says what is chosen and opens a menu to choose something else."""

    chosen = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._choices: list[tuple[str, str]] = []
        self.value = ""
        self.setProperty("kind", "pill")
        self.setProperty("hasMenu", "true")
        self.setAccessibleName(name)
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        # Not as the button's own menu, which would run a loop inside the window's.
        self.clicked.connect(self._open)

    def offer(self, choices: list[tuple[str, str]]) -> None:
        """Values with their words, the first of which stands for any. A value that is gone is given up."""
        self._choices = choices
        self._menu.clear()
        for value, words in choices:
            action = QAction(button_words(words), self._menu)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, value=value: self._choose(value))
            self._group.addAction(action)
            self._menu.addAction(action)
        self.show_value(self.value if self.value in dict(choices) else choices[0][0])

    def show_value(self, value: str) -> None:
        self.value = value
        words = dict(self._choices)[value]
        shown = words if len(words) <= _LONGEST_LABEL else f"{words[: _LONGEST_LABEL - 1]}…"
        self.setText(button_words(shown))
        self.setAccessibleDescription(words)
        self.setProperty("isOn", "true" if value != self._choices[0][0] else "false")
        for action, (choice, _) in zip(self._menu.actions(), self._choices, strict=True):
            action.setChecked(choice == value)
        repolish(self)
        self.updateGeometry()

    def _choose(self, value: str) -> None:
        if value != self.value:
            self.show_value(value)
            self.chosen.emit()

    def _open(self) -> None:
        self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        role = "on_accent_soft" if self.property("isOn") == "true" else "muted"
        paint_chevron(self, self._theme, role, inset=8)


class FilterRow(QWidget):
    """The pills; `changed` tells of every choice."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.store, self.date, self.state, self.tag = (
            ChoicePill(theme, name) for name in ("Store", "Date", "State", "Tag")
        )
        self.citations = _Pill("With citations")
        self.citations.setProperty("kind", "pill")
        self.citations.setCheckable(True)
        self.citations.setAccessibleName("With citations")
        self.citations.toggled.connect(self.changed)
        self._flow = FlowLayout(self)
        for pill in (self.store, self.date, self.state, self.tag):
            pill.chosen.connect(self.changed)
            self._flow.addWidget(pill)
        self._flow.addWidget(self.citations)
        self.date.offer([(choice.name, choice.value) for choice in DateFilter])
        self.state.offer([(choice.value, words) for choice, words in _STATES.items()])
        self.offer({}, [])
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def offer(self, stores: dict[str, str], tags: list[str]) -> None:
        """The stores by id and the tags that sessions have; what nobody could choose from isn't shown."""
        self.store.offer([("", "Any store"), *sorted(stores.items(), key=lambda kv: kv[1].casefold())])
        self.tag.offer([("", "Any tag"), *((tag, tag) for tag in tags)])
        self.store.setVisible(bool(stores))
        self.tag.setVisible(bool(tags))

    @property
    def filters(self) -> Filters:
        return Filters(
            self.store.value,
            DateFilter[self.date.value],
            StateFilter(self.state.value),
            self.tag.value,
            self.citations.isChecked(),
        )

    def reset(self) -> None:
        """Chooses any of each, without telling."""
        blocked = self.blockSignals(True)
        self.store.show_value("")
        self.tag.show_value("")
        self.date.show_value(DateFilter.ANY.name)
        self.state.show_value(StateFilter.ANY.value)
        self.citations.setChecked(False)
        self.blockSignals(blocked)

    def dress(self) -> None:
        self._flow.set_gap(self._theme.px(6))
