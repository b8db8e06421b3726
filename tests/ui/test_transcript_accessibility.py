"""The open window's transcript as screen readers meet it: a document, its turns, what can be pressed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleTextInsertEvent,
)

from desktop.hand import Hand, settle
from desktop.reader import FOX, OTHER, Reader, answered, tell
from trackside.sandbox.server import SandboxServer
from ui.support import OpenWindow, copied

NAME = QAccessible.Text.Name
EVENT = QAccessible.Event


@dataclass
class Told:
    """What was sent to screen readers: focused turns, announcements, text that came."""

    focused: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    inserted: list[str] = field(default_factory=list)
    kinds: list[QAccessible.Event] = field(default_factory=list)

    def __call__(self, event: QAccessibleEvent) -> None:
        self.kinds.append(event.type())
        if isinstance(event, QAccessibleAnnouncementEvent):
            self.announced.append(event.message())
        elif isinstance(event, QAccessibleTextInsertEvent):
            self.inserted.append(event.textInserted())
        elif event.type() is EVENT.Focus:
            node = event.accessibleInterface()
            assert node is not None
            self.focused.append(node.text(NAME))


@pytest.fixture
def active() -> Iterator[None]:
    """As if a screen reader ran."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


def document(reader: Reader) -> QAccessibleInterface:
    node = QAccessible.queryAccessibleInterface(reader.view)
    assert node is not None
    return node


def child(node: QAccessibleInterface, index: int) -> QAccessibleInterface:
    found = node.child(index)
    assert found is not None
    return found


def rows_of(reader: Reader) -> list[QAccessibleInterface]:
    node = document(reader)
    nodes = [child(node, index) for index in range(node.childCount())]
    return [each for each in nodes if each.role() == QAccessible.Role.ListItem]


def listen(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    monkeypatch.setattr(reader.view.announcer, "_send", told)
    return told


def test_turns_are_children_of_a_document(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        node = document(reader)
        assert node.role() == QAccessible.Role.Document
        assert node.text(NAME) == "Transcript"
        rows = rows_of(reader)
        assert len(rows) == 2
        assert rows[0].text(NAME).startswith("You: /long 1\nJockey: The quick brown fox")
        assert "After the code." in rows[0].text(NAME)
        assert rows[1].text(NAME) == "You: /long 2\nJockey: Another answer with bold words inside."
        for index, row in enumerate(rows):
            assert node.indexOfChild(row) == index
            assert row.parent() is not None
            assert row.parent().role() == QAccessible.Role.Document
            middle = row.rect().center()
            found = node.childAt(middle.x(), middle.y())
            assert found is not None
            assert found.text(NAME) == row.text(NAME)
        buttons = [child(node, index) for index in range(2, node.childCount())]
        assert buttons, "the actions of the last turn are there, too"

    at_service(work)


def test_turn_has_what_can_be_pressed_in_it(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, f"{FOX}\n\n[a page](https://a.example/x)")
        row = rows_of(reader)[0]
        nodes = {}
        for index in range(row.childCount()):
            each = row.child(index)
            assert each is not None
            nodes[each.text(NAME)] = each
        assert set(nodes) == {"Copy this code", "a page"}
        assert nodes["a page"].role() == QAccessible.Role.Link
        assert nodes["Copy this code"].role() == QAccessible.Role.Button
        assert row.rect().contains(nodes["a page"].rect())
        action = nodes["Copy this code"].actionInterface()
        assert action is not None
        action.doAction(action.pressAction())
        await hand.until(lambda: copied() == "alpha = one_two\nbeta = 2")

    at_service(work)


def test_chips_are_links_named_by_their_labels(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        await hand.ask("harbour")
        await hand.until_answered()
        row = rows_of(reader)[0]
        names = [each.text(NAME) for n in range(row.childCount()) if (each := row.child(n)) is not None]
        assert "Harbour, early morning 00:00–00:03" in names
        said = row.text(NAME)
        assert "Harbour, early morning 00:00–00:03" in said
        assert "\ufffc" not in said

    at_service(work)


@pytest.mark.usefixtures("active")
def test_walking_tells_each_turn(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        told = listen(reader, monkeypatch)
        await reader.enter()
        await hand.press(Qt.Key.Key_Up)
        await hand.press(Qt.Key.Key_Down)
        assert [name.split("\n")[0] for name in told.focused] == [
            "You: /long 2",
            "You: /long 1",
            "You: /long 2",
        ]
        focused = document(reader).focusChild()
        assert focused is not None
        assert focused.text(NAME).startswith("You: /long 2")
        assert focused.state().focused
        text = focused.textInterface()
        assert text is not None
        assert text.text(0, text.characterCount()) == focused.text(NAME)

    at_service(work)


@pytest.mark.usefixtures("active")
def test_finished_answer_is_announced_once(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        told = listen(reader, monkeypatch)
        tell(monkeypatch, "Some words that come in many pieces, one by one. " * 6)
        service.set_pace(200)
        await hand.ask("/long 1")
        await hand.until_answered()
        await settle()
        assert len(told.announced) == 1
        assert told.announced[0].startswith("Answer finished. Some words")
        await hand.press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        await hand.until_words("2 / 2")
        await hand.press(Qt.Key.Key_Escape)
        await hand.until_words("Answer stopped.")
        await settle()
        assert len(told.announced) == 2
        assert told.announced[1].startswith("Answer stopped.")

    at_service(work)


@pytest.mark.usefixtures("active")
def test_growth_is_told_a_few_times(
    at_service: OpenWindow, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        reader = Reader(hand)
        tell(monkeypatch, "Some words that come in many pieces, one by one. " * 40)
        service.set_pace(120)
        await hand.ask("/long 1")
        await hand.until(lambda: bool(hand.answers))
        await reader.enter()
        told = listen(reader, monkeypatch)
        rows_of(reader)[0].text(NAME)
        await hand.until(lambda: len(told.inserted) >= 2, "growth")
        service.set_pace(0)
        await hand.until_answered()
        assert len(told.inserted) < 10
        whole = rows_of(reader)[0].text(NAME)
        assert whole.endswith("".join(told.inserted).rstrip())

    at_service(work)


def test_ends_of_sessions_leave_no_nodes(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        reader = await answered(hand, monkeypatch, FOX, OTHER)
        rows = rows_of(reader)
        numbers = [QAccessible.uniqueId(row) for row in rows]
        await hand.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        await hand.until(lambda: not hand.answers)
        assert not rows_of(reader)
        assert [QAccessible.accessibleInterface(number) for number in numbers] == [None, None]

    at_service(work)
