"""A reader's hand: what a person does with the words in the transcript, by mouse and keys."""

import asyncio
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from desktop.hand import Hand, settle
from trackside.sandbox.answering import hooks
from trackside.ui.transcript.documents import text_units
from trackside.ui.transcript.places import Place
from trackside.ui.transcript.view import TranscriptView

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
NOTCH_PX = 60
"""How far a wheel's notch goes at a zoom of 100 %."""


FOX = (
    "The quick brown fox jumps over it.\n\nSecond paragraph here.\n\n"
    "```python\nalpha = one_two\nbeta = 2\n```\n\nAfter the code."
)
OTHER = "Another answer with **bold words** inside."


def tell(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """What the sandbox answers `/long 1` with, `/long 2` and so on."""
    monkeypatch.setattr(hooks, "long_text", lambda size: texts[size // 1024 - 1])


@dataclass(frozen=True)
class Stretch:
    """Words on the screen: their places, and the points where they begin and end."""

    first: Place
    last: Place
    start: QPoint
    end: QPoint

    @property
    def middle(self) -> QPoint:
        return QPoint((self.start.x() + self.end.x()) // 2, self.start.y())


class Reader:
    """Reads the open session of a window."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand

    @property
    def view(self) -> TranscriptView:
        return self.hand.transcript

    # -- where things are ------------------------------------------------------------------------

    def places_of(self, words: str, row: int = -1) -> tuple[Place, Place]:
        """Where words begin and end in a turn."""
        view = self.view
        row = row if row >= 0 else len(view.rows) + row
        content = view.rows.content(row)
        wanted = text_units(words)
        for part in content.parts:
            at = content.rendered(part).text.replace("\u00a0", " ").find(wanted)
            if at >= 0:
                return Place(row, part, at), Place(row, part, at + len(wanted))
        raise LookupError(f"Turn {row} does not say {words!r}.")

    def rect_of(self, place: Place) -> QRect:
        """The caret's place on the viewport."""
        view = self.view
        content = view.rows.content(place.row)
        section = content.section(place.part)
        assert section is not None
        rect = content.rendered(place.part).rect_of(place.position, shift=content.shift_of(place.part))
        return rect.translated(section.rect.topLeft() + view.nodes.row_rect(place.row).topLeft())

    def y_of(self, place: Place) -> int:
        return self.rect_of(place).top()

    def seen_place(self, y: int) -> Place:
        """The text that stands at a height of the viewport."""
        place = self.view.place_at(QPoint(self.view.viewport().width() // 2, y))
        assert place is not None
        return place

    async def show(self, words: str, row: int = -1) -> Stretch:
        """Scrolls to words; where they stand then."""
        first, last = self.places_of(words, row)
        self.view.show_place(first)
        await settle()
        return Stretch(first, last, self.rect_of(first).center(), self.rect_of(last).center())

    # -- the mouse -------------------------------------------------------------------------------

    def move(self, point: QPoint, *, pressed: bool = False) -> None:
        viewport = self.view.viewport()
        where, there = QPointF(point), QPointF(viewport.mapToGlobal(point))
        buttons = LEFT if pressed else Qt.MouseButton.NoButton
        event = QMouseEvent(QEvent.Type.MouseMove, where, there, Qt.MouseButton.NoButton, buttons, NONE)
        QApplication.sendEvent(viewport, event)

    async def press(self, point: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(self.view.viewport(), LEFT, modifiers, point)
        await settle()

    async def release(self, point: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseRelease(self.view.viewport(), LEFT, modifiers, point)
        await settle()

    async def drag(self, start: QPoint, end: QPoint) -> None:
        """Presses at one point, goes to the other in steps and lets go."""
        await self.press(start)
        for step in range(1, 5):
            self.move(start + (end - start) * step / 4, pressed=True)
        await self.release(end)

    async def click(self, point: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        await self.press(point, modifiers)
        await self.release(point, modifiers)

    async def double_click(self, point: QPoint, drag_to: QPoint | None = None) -> None:
        """Clicks twice; the second time the button may be held while the mouse goes elsewhere."""
        await self.click(point)
        QTest.mouseDClick(self.view.viewport(), LEFT, NONE, point)
        if drag_to is not None:
            self.move((point + drag_to) / 2, pressed=True)
            self.move(drag_to, pressed=True)
        await self.release(drag_to or point)

    async def triple_click(self, point: QPoint) -> None:
        await self.double_click(point)
        await self.click(point)

    async def wheel(
        self, notches: float, point: QPoint | None = None, modifiers: Qt.KeyboardModifier = NONE
    ) -> None:
        """Turns the wheel; up is positive."""
        viewport = self.view.viewport()
        point = point or viewport.rect().center()
        event = QWheelEvent(
            QPointF(point),
            QPointF(viewport.mapToGlobal(point)),
            QPoint(),
            QPoint(0, round(notches * 120)),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, event)
        await settle()

    async def point_at_end(self, row: int) -> None:
        """Holds the mouse over the end of a turn, where its actions stand."""
        view = self.view
        view.viewpoint.show_row(row, from_end=True)
        await settle()
        self.move(view.nodes.row_rect(row).bottomLeft() + QPoint(40, -30))
        await settle()

    async def hold_over(self, point: QPoint) -> None:
        """Holds the mouse still, which shows a tooltip."""
        viewport = self.view.viewport()
        self.move(point)
        event = QHelpEvent(QEvent.Type.ToolTip, point, viewport.mapToGlobal(point))
        QApplication.sendEvent(viewport, event)
        await settle()

    # -- the menu --------------------------------------------------------------------------------

    async def open_menu(self, point: QPoint) -> QMenu:
        """Clicks with the right button."""
        viewport = self.view.viewport()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, viewport.mapToGlobal(point))
        QApplication.sendEvent(viewport, event)
        await settle()
        return self.menu

    @property
    def menu(self) -> QMenu:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu), "no menu is open"
        return menu

    async def choose(self, words: str) -> None:
        """Clicks an entry of the open menu."""
        menu = self.menu
        action = next(each for each in menu.actions() if each.text() == words)
        QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(action).center())
        await settle()

    def entries(self) -> dict[str, bool]:
        """What the open menu offers, and whether it can be done now."""
        return {each.text(): each.isEnabled() for each in self.menu.actions() if each.text()}

    # -- keys ------------------------------------------------------------------------------------

    async def enter(self) -> None:
        """Tabs into the transcript."""
        for _ in range(40):
            if self.view.hasFocus():
                return
            await self.hand.press(Qt.Key.Key_Tab)
        raise AssertionError("Tab does not lead into the transcript")

    async def type(self, text: str) -> None:
        """Types wherever the focus is."""
        for letter in text:
            QTest.keyClick(QApplication.focusWidget(), letter)
        await settle()

    # -- waiting ---------------------------------------------------------------------------------

    async def until_still(self) -> None:
        """Until what came is drawn and what is near has been laid out."""
        view = self.view
        await self.hand.until_drawn()
        await self.hand.until(lambda: not view.viewpoint._ahead.isActive(), "rest")
        await asyncio.sleep(0)


async def answered(hand: Hand, monkeypatch: pytest.MonkeyPatch, *texts: str) -> Reader:
    """Has these texts answered, a turn each."""
    tell(monkeypatch, *texts)
    for number in range(1, len(texts) + 1):
        await hand.ask(f"/long {number}")
        await hand.until_answered()
    reader = Reader(hand)
    await reader.until_still()
    return reader


async def selected(hand: Hand) -> str:
    """What Ctrl+C gives; the focus has to be in the transcript."""
    assert hand.transcript.hasFocus()
    await hand.press(Qt.Key.Key_C, CTRL)
    return QApplication.clipboard().text()
