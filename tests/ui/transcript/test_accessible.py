"""The transcript as a screen reader meets it: asked the way Qt's bridges ask."""

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleTextInsertEvent,
    QAccessibleTextUpdateEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from trackside.ui.transcript.accessible import Announcer, NodeTarget, install_accessible_factory
from trackside.ui.transcript.accessible_rows import NAME_LENGTH, RowNode

NAME = QAccessible.Text.Name
TEXT = QAccessible.InterfaceType.TextInterface
EVENT = QAccessible.Event
ROW_PX = 40


@dataclass
class Told:
    """An event as it was when it was sent."""

    what: QAccessible.Event
    name: str
    detail: tuple[int | str, ...] = ()


@dataclass
class Log:
    """What was sent to the screen readers."""

    told: list[Told] = field(default_factory=list)

    def __call__(self, event: QAccessibleEvent) -> None:
        node = event.accessibleInterface()
        assert node is not None
        detail: tuple[int | str, ...] = ()
        if isinstance(event, QAccessibleAnnouncementEvent):
            detail = (event.message(), event.politeness().name)
        elif isinstance(event, QAccessibleTextInsertEvent):
            detail = (event.changePosition(), event.textInserted())
        elif isinstance(event, QAccessibleTextUpdateEvent):
            detail = (event.changePosition(), event.textRemoved(), event.textInserted())
        self.told.append(Told(event.type(), node.text(NAME), detail))

    def take(self) -> list[Told]:
        told, self.told = self.told, []
        return told


class FakeView(QAbstractScrollArea):
    """Rows of one height; only those near the screen know where they are."""

    def __init__(self, words: list[str], log: Log) -> None:
        super().__init__()
        self.words = words
        self.chips: dict[int, list[str]] = {}
        self.pressed: list[str] = []
        self.current = -1
        self.asked_words = 0
        self.offset = 0
        self.jump = QPushButton("Jump to latest", self)
        self.copy = QPushButton("Copy", self.viewport())
        self.copy.move(300, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.announcer = Announcer(self, self, log)

    def row_count(self) -> int:
        return len(self.words)

    def row_words(self, row: int) -> str:
        self.asked_words += 1
        return self.words[row]

    def row_rect(self, row: int) -> QRect:
        top = row * ROW_PX - self.offset
        is_near = -400 < top < 800
        return QRect(0, top, self.viewport().width(), ROW_PX) if is_near else QRect()

    def row_at(self, point: QPoint) -> int:
        row = (point.y() + self.offset) // ROW_PX
        return row if 0 <= row < len(self.words) else -1

    def row_targets(self, row: int) -> list[NodeTarget]:
        place = self.row_rect(row)
        return [
            NodeTarget(
                words,
                QRect(10 + 60 * n, place.top() + 5, 50, 20) if not place.isEmpty() else QRect(),
                lambda words=words: self.pressed.append(words),
                is_link=not words.startswith("Copy"),
            )
            for n, words in enumerate(self.chips.get(row, []))
        ]

    def current_row(self) -> int:
        return self.current

    def focus_row(self, row: int) -> None:
        self.current = row
        self.announcer.row_focused(row)

    def child_widgets(self) -> list[QWidget]:
        return [self.copy, self.jump]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def active(qapp: QApplication) -> Iterator[None]:
    was_active = QAccessible.isActive()
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(was_active)


@pytest.fixture
def make_view(qtbot: QtBot, log: Log) -> Callable[[list[str]], FakeView]:
    install_accessible_factory()

    def make(words: list[str]) -> FakeView:
        view = FakeView(words, log)
        qtbot.addWidget(view)
        view.resize(400, 300)
        view.show()
        return view

    return make


@pytest.fixture
def view(make_view: Callable[[list[str]], FakeView]) -> FakeView:
    return make_view([f"You: question {n}\nJockey: answer {n}" for n in range(20)])


def ask(view: QWidget) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(view)


def names(nodes: list[QAccessibleInterface]) -> list[str]:
    return [node.text(NAME) for node in nodes]


def children(node: QAccessibleInterface) -> list[QAccessibleInterface]:
    return [node.child(n) for n in range(node.childCount())]


def destroy(view: QWidget) -> None:
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not Shiboken.isValid(view)


# -- the tree --------------------------------------------------------------------------------------


def test_view_is_document_of_its_turns(view: FakeView) -> None:
    document = ask(view)
    assert document.role() is QAccessible.Role.Document
    assert document.text(NAME) == "Transcript"
    rows = children(document)[:20]
    assert names(rows) == view.words
    assert {row.role() for row in rows} == {QAccessible.Role.ListItem}
    assert [document.indexOfChild(row) for row in rows] == list(range(20))
    assert all(row.parent() is document for row in rows)
    assert document.child(0) is rows[0]


def test_widgets_follow_turns_and_lead_back(view: FakeView) -> None:
    document = ask(view)
    ground, jump = children(document)[20:]
    assert jump.text(NAME) == "Jump to latest"
    assert names(children(ground)) == ["Copy"]
    for number, part in ((20, ground), (21, jump)):
        assert part.parent().object() is view
        assert document.indexOfChild(part) == number
    assert document.child(22) is None
    view.setFocus()
    assert not ground.state().focused


def test_name_of_giant_turn_is_cut(view: FakeView) -> None:
    view.words[3] = "a" * (NAME_LENGTH + 5)
    assert ask(view).child(3).text(NAME) == "a" * NAME_LENGTH + "…"


def test_broken_text_is_a_name(view: FakeView) -> None:
    view.words[3] = "nul \x00, half a pair \ud800, 🎬"
    assert "nul" in ask(view).child(3).text(NAME)
    view.current = 3
    text = ask(view).child(3).textInterface()
    assert text.text(0, text.characterCount()).endswith("🎬")


def test_only_turns_on_screen_are_in_sight(view: FakeView) -> None:
    document = ask(view)
    top, last = document.child(0), document.child(19)
    assert not top.state().offscreen
    assert top.state().focusable
    assert last.state().offscreen
    origin = view.viewport().mapToGlobal(QPoint(0, 0))
    assert top.rect() == QRect(origin.x(), origin.y(), view.viewport().width(), ROW_PX)
    view.hide()
    assert top.state().invisible


def test_turn_without_place_has_empty_rectangle(make_view: Callable[[list[str]], FakeView]) -> None:
    view = make_view(["word"] * 1_000)
    far = ask(view).child(999)
    assert far.rect().isEmpty()
    assert far.state().offscreen


def test_point_leads_to_turn_and_chip(view: FakeView) -> None:
    view.chips[1] = ["Harbour, 0:12"]
    document = ask(view)
    at = view.viewport().mapToGlobal(QPoint(15, ROW_PX + 10))
    row = document.childAt(at.x(), at.y())
    assert row is document.child(1)
    assert row.childAt(at.x(), at.y()).text(NAME) == "Harbour, 0:12"
    button = view.copy.mapToGlobal(QPoint(2, 2))
    assert document.childAt(button.x(), button.y()) is document.child(20)
    assert document.childAt(-9_000, -9_000) is None


def test_focus_is_with_current_turn(view: FakeView) -> None:
    document = ask(view)
    view.activateWindow()
    view.setFocus()
    assert document.focusChild() is None
    view.current = 2
    assert document.focusChild() is document.child(2)
    assert document.child(2).state().focused
    assert not document.child(1).state().focused
    view.jump.setFocus()
    assert document.focusChild().text(NAME) == "Jump to latest"
    assert not document.child(2).state().focused


def test_client_can_move_focus_to_a_turn(view: FakeView) -> None:
    action = ask(view).child(7).actionInterface()
    assert action.actionNames() == [action.setFocusAction()]
    action.doAction(action.pressAction())
    assert view.current == -1
    action.doAction(action.setFocusAction())
    assert view.current == 7


# -- what can be pressed ---------------------------------------------------------------------------


def test_chips_and_buttons_can_be_pressed(view: FakeView, qtbot: QtBot) -> None:
    view.chips[0] = ["Harbour, 0:12", "Copy code"]
    row = ask(view).child(0)
    chip, button = children(row)
    assert [chip.role(), button.role()] == [QAccessible.Role.Link, QAccessible.Role.Button]
    assert row.indexOfChild(button) == 1
    assert button.parent() is row
    assert not chip.state().offscreen
    assert chip.rect().size() == view.row_targets(0)[0].rect.size()
    action = chip.actionInterface()
    action.doAction(action.pressAction())
    assert view.pressed == []  # the client has its answer first
    qtbot.waitUntil(lambda: view.pressed == ["Harbour, 0:12"])


def test_press_of_what_changed_meanwhile_does_nothing(view: FakeView, qtbot: QtBot) -> None:
    view.chips[0] = ["Harbour, 0:12"]
    chip = ask(view).child(0).child(0)
    action = chip.actionInterface()
    action.doAction(action.pressAction())
    view.chips[0] = ["Kitchen, 0:40"]
    qtbot.wait(1)
    assert view.pressed == []
    assert chip.rect().isEmpty()


def test_press_does_not_reach_another_session(view: FakeView, qtbot: QtBot) -> None:
    view.chips[0] = ["Copy code"]
    action = ask(view).child(0).child(0).actionInterface()
    action.doAction(action.pressAction())
    view.announcer.rows_reset()
    qtbot.wait(1)
    assert view.pressed == []


@pytest.mark.usefixtures("active")
def test_changed_turn_drops_what_it_has_no_more(view: FakeView, log: Log) -> None:
    view.chips[0] = ["Harbour, 0:12", "Kitchen, 0:40", "Copy code"]
    row = ask(view).child(0)
    first, second, third = children(row)
    view.chips[0] = ["Harbour, 0:12", "Roof, 1:10"]
    view.announcer.row_changed(0)
    assert names(children(row)) == ["Harbour, 0:12", "Roof, 1:10"]
    assert row.child(0) is first
    assert not Shiboken.isValid(second)
    assert not Shiboken.isValid(third)
    assert log.take() == [
        Told(EVENT.ObjectDestroyed, "Kitchen, 0:40"),
        Told(EVENT.ObjectDestroyed, "Copy code"),
    ]


# -- events ----------------------------------------------------------------------------------------


def test_nobody_listening_means_no_events(view: FakeView, log: Log) -> None:
    QAccessible.setActive(False)
    view.announcer.row_focused(1)
    view.announcer.row_inserted(1)
    view.announcer.text_grew(1)
    view.announcer.row_changed(1)
    view.announcer.answer_finished(lambda: "Answer finished.")
    view.announcer.rows_reset()
    assert log.take() == []
    assert view.asked_words == 0


@pytest.mark.usefixtures("active")
def test_focused_turn_is_told(view: FakeView, log: Log) -> None:
    view.focus_row(4)
    view.announcer.row_focused(-1)
    view.announcer.row_focused(99)
    assert log.take() == [Told(EVENT.Focus, view.words[4])]


@pytest.mark.usefixtures("active")
def test_finished_answer_is_announced_once_and_politely(view: FakeView, log: Log) -> None:
    view.announcer.answer_finished(lambda: "Answer finished.")
    assert log.take() == [Told(EVENT.Announcement, "Transcript", ("Answer finished.", "Polite"))]


@pytest.mark.usefixtures("active")
def test_new_turn_moves_later_ones_on(view: FakeView, log: Log) -> None:
    document = ask(view)
    before, behind = document.child(4), document.child(5)
    view.words.insert(5, "You: new")
    view.announcer.row_inserted(5)
    assert log.take() == [Told(EVENT.ObjectCreated, "You: new")]
    assert document.child(4) is before
    assert document.child(6) is behind
    assert document.indexOfChild(behind) == 6
    assert behind.text(NAME) == view.words[6]


@pytest.mark.usefixtures("active")
def test_growth_is_told_in_larger_pieces(view: FakeView, log: Log, qtbot: QtBot) -> None:
    view.current = 3
    view.words[3] = "Jockey: 🎬"
    text = ask(view).child(3).textInterface()
    for number in range(50):
        view.words[3] += f" {number}"
        view.announcer.text_grew(3)
    assert log.take() == []
    qtbot.waitUntil(lambda: bool(log.told))
    grown = "".join(f" {number}" for number in range(50))
    assert log.take() == [Told(EVENT.TextInserted, view.words[3], (10, grown))]
    assert text.text(0, text.characterCount()) == view.words[3]


@pytest.mark.usefixtures("active")
def test_end_of_answer_brings_the_rest_first(view: FakeView, log: Log) -> None:
    view.current = 3
    ask(view).child(3).textInterface()
    view.words[3] += " more"
    view.announcer.text_grew(3)
    view.announcer.answer_finished(lambda: "Answer finished.")
    assert [told.what for told in log.take()] == [EVENT.TextInserted, EVENT.Announcement]


@pytest.mark.usefixtures("active")
def test_growth_follows_its_turn(view: FakeView, log: Log) -> None:
    view.current = 3
    ask(view).child(3).textInterface()
    view.words[3] += " more"
    view.announcer.text_grew(3)
    view.words.insert(0, "You: earlier")
    view.current = 4
    view.announcer.row_inserted(0)
    view.announcer.answer_finished(lambda: "")
    assert log.take()[1] == Told(EVENT.TextInserted, view.words[4], (32, " more"))


@pytest.mark.usefixtures("active")
def test_growth_elsewhere_is_not_told(view: FakeView, log: Log) -> None:
    view.current = 3
    ask(view).child(3).textInterface()
    ask(view).child(5)
    view.words[5] += " more"
    view.announcer.text_grew(5)
    view.announcer.answer_finished(lambda: "")
    assert [told.what for told in log.take()] == [EVENT.Announcement]
    assert ask(view).child(5).text(NAME).endswith(" more")


@pytest.mark.usefixtures("active")
def test_other_attempt_renames_its_turn(view: FakeView, log: Log) -> None:
    view.current = 3
    row = ask(view).child(3)
    row.textInterface()
    row.text(NAME)
    view.announcer.row_changed(3)
    assert log.take() == []
    view.words[3] = "You: question 3\nJockey: other"
    view.announcer.row_changed(3)
    updated, renamed = log.take()
    assert updated == Told(EVENT.TextUpdated, view.words[3], (24, "answer 3", "other"))
    assert renamed == Told(EVENT.NameChanged, view.words[3])


# -- text ------------------------------------------------------------------------------------------


def test_text_is_with_current_turn_alone(view: FakeView) -> None:
    document = ask(view)
    view.current = 2
    assert document.child(1).textInterface() is None
    text = document.child(2).textInterface()
    assert text.text(0, text.characterCount()) == "You: question 2\nJockey: answer 2"
    view.current = 1
    assert document.child(2).textInterface() is None
    text = document.child(1).textInterface()
    assert text.text(5, 15) == "question 1"
    assert text.selectionCount() == 0


def test_reading_place_survives_growth(view: FakeView) -> None:
    view.current = 2
    text = ask(view).child(2).textInterface()
    text.setCursorPosition(9)
    view.words[2] += " and more"
    view.announcer.row_changed(2)
    text = ask(view).child(2).textInterface()
    assert text.text(0, text.characterCount()) == view.words[2]
    assert text.cursorPosition() == 9


# -- what comes to an end --------------------------------------------------------------------------


@pytest.mark.usefixtures("active")
def test_session_switch_ends_nodes(view: FakeView, log: Log) -> None:
    view.chips[1] = ["Harbour, 0:12"]
    view.current = 1
    document = ask(view)
    row = document.child(1)
    chip = row.child(0)
    row.textInterface()
    number = QAccessible.uniqueId(row)
    view.words[:] = ["You: other"]
    view.current = 0
    view.announcer.rows_reset()
    assert [told.what for told in log.take()] == [EVENT.ObjectDestroyed, EVENT.ObjectCreated]
    assert not Shiboken.isValid(row)
    assert not Shiboken.isValid(chip)
    assert QAccessible.accessibleInterface(number) is None
    gc.collect()
    assert names(children(document))[0] == "You: other"
    assert document.child(0).textInterface().text(0, 10) == "You: other"


def test_turn_that_went_unannounced_is_silent(view: FakeView) -> None:
    view.chips[19] = ["Harbour, 0:12"]
    row = ask(view).child(19)
    chip = row.child(0)
    view.words.clear()
    view.chips.clear()
    assert row.text(NAME) == ""
    assert row.rect().isEmpty()
    assert row.textInterface() is None
    assert chip.rect().isEmpty()
    assert row.state().offscreen


@pytest.mark.usefixtures("active")
def test_nodes_end_with_view(log: Log) -> None:
    install_accessible_factory()
    view = FakeView(["You: question"], log)
    view.chips[0] = ["Harbour, 0:12"]
    view.current = 0
    document = ask(view)
    row = document.child(0)
    chip = row.child(0)
    row.textInterface()
    chip.actionInterface().doAction(chip.actionInterface().pressAction())
    numbers = [QAccessible.uniqueId(node) for node in (document, row, chip)]
    view.announcer.text_grew(0)
    destroy(view)
    assert [QAccessible.accessibleInterface(number) for number in numbers] == [None] * 3
    assert not any(Shiboken.isValid(node) for node in (document, row, chip))
    assert log.take() == []
    gc.collect()
    QApplication.processEvents()
    assert view.pressed == []


def test_nodes_do_not_keep_view(qapp: QApplication, log: Log) -> None:
    install_accessible_factory()
    view = FakeView(["You: question"], log)
    row = ask(view).child(0)
    number, gone = QAccessible.uniqueId(row), weakref.ref(view)
    del view
    gc.collect()
    assert gone() is None
    assert not Shiboken.isValid(row)
    assert QAccessible.accessibleInterface(number) is None


@pytest.mark.usefixtures("active")
def test_ten_thousand_turns_come_and_go_quietly(
    make_view: Callable[[list[str]], FakeView], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    make = RowNode.__init__

    def count(node: RowNode, *rest: object) -> None:
        made.append(1)
        make(node, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(RowNode, "__init__", count)
    view = make_view([f"You: {n}" for n in range(10_000)])
    document = ask(view)
    assert document.childCount() == 10_002
    assert not made
    assert document.child(9_999).text(NAME) == "You: 9999"
    assert len(made) == 1
    assert names(children(document))[4_321] == "You: 4321"
    log.take()
    view.announcer.rows_reset()
    told = [told.name for told in log.take() if told.what is EVENT.ObjectDestroyed]
    assert told[0] == "You: 9998"  # asked for last: the very last one was the first
    assert len(told) == 50
