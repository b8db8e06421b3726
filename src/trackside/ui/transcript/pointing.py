"""What the mouse does in the transcript: press, drag, click, hover."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QToolTip

from trackside.domain.citation import Citation
from trackside.markup.links import shown_target
from trackside.ui.labels import plain_tooltip
from trackside.ui.transcript.places import Place
from trackside.ui.transcript.selector import Selector, Unit


class Zone(Enum):
    """What can be under the mouse."""

    GROUND = auto()
    TEXT = auto()
    TARGET = auto()
    STEPS = auto()
    CODE_COPY = auto()
    RECAP = auto()
    """Words that lead to the recap which was sent."""


_PRESSED = (Zone.STEPS, Zone.CODE_COPY, Zone.RECAP)
_TOLD = {Zone.CODE_COPY: "Copy this code", Zone.RECAP: "Show the recap that was sent"}


@dataclass(frozen=True, slots=True)
class Spot:
    """What is under a point of the viewport. `row` is -1 where there is none."""

    zone: Zone
    row: int = -1
    part: int = 0
    target: str | Citation | None = None


class Ground(Protocol):
    """What the mouse needs to know of the view, and asks of it."""

    def spot_at(self, point: QPoint) -> Spot: ...
    def place_at(self, point: QPoint) -> Place | None: ...
    def press_spot(self, spot: Spot) -> None: ...
    def hover_spot(self, spot: Spot) -> None: ...
    def open_menu(self, spot: Spot, at: QPoint) -> None: ...
    def chip_words(self, citation: Citation) -> str: ...


class Pointing(QObject):
    """Follows the mouse on a scroll area's viewport; set it as the viewport's event filter."""

    def __init__(self, view: QAbstractScrollArea, ground: Ground, selector: Selector) -> None:
        super().__init__(view)
        self._view = view
        self._ground = ground
        self._selector = selector
        self.resting_at: QPoint | None = None
        """Where the mouse is while no button is down; None outside."""
        self._pressed: Spot | None = None
        self._press_point = QPoint()
        self._double_click_s = 0.0
        self._double_click_at = QPoint()
        self._handlers: dict[QEvent.Type, Callable[[QEvent], bool]] = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseButtonDblClick: self._double_click,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.Leave: self._leave,
            QEvent.Type.ContextMenu: self._menu,
            QEvent.Type.ToolTip: self._tell,
        }

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        handler = self._handlers.get(event.type())
        if handler is not None and watched is self._view.viewport():
            return handler(event)
        return False

    def _press(self, event: QEvent) -> bool:
        assert isinstance(event, QMouseEvent)
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        point = event.position().toPoint()
        spot = self._ground.spot_at(point)
        self._pressed, self._press_point = spot, point
        if spot.zone in _PRESSED:
            return True
        if (
            spot.zone is Zone.TEXT
        ):  # keys select and copy from now on; what is typed still goes to the message
            self._view.setFocus(Qt.FocusReason.MouseFocusReason)
        place = self._ground.place_at(point)
        if place is not None:
            unit = Unit.LINE if self._is_third_click(point) else Unit.LETTER
            extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._selector.press(place, unit, extends=extends)
        return True

    def _double_click(self, event: QEvent) -> bool:
        assert isinstance(event, QMouseEvent)
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        point = event.position().toPoint()
        spot = self._ground.spot_at(point)
        self._pressed = None
        self._double_click_s, self._double_click_at = time.monotonic(), point
        if spot.zone in _PRESSED:
            self._pressed = spot
            return True
        place = self._ground.place_at(point)
        if place is not None:
            self._selector.press(place, Unit.WORD, extends=False)
        return True

    def _is_third_click(self, point: QPoint) -> bool:
        within_s = QApplication.doubleClickInterval() / 1000
        is_near = (point - self._double_click_at).manhattanLength() < QApplication.startDragDistance()
        return is_near and time.monotonic() - self._double_click_s < within_s

    def _move(self, event: QEvent) -> bool:
        assert isinstance(event, QMouseEvent)
        point = event.position().toPoint()
        if event.buttons() & Qt.MouseButton.LeftButton:
            if (point - self._press_point).manhattanLength() >= QApplication.startDragDistance():
                self._pressed = None
            self._selector.drag(point)
            if self._selector.has_text and not self._view.hasFocus():
                self._view.setFocus(Qt.FocusReason.MouseFocusReason)  # so that Ctrl+C copies it
            return True
        self.resting_at = point
        spot = self._ground.spot_at(point)
        self._show_cursor(spot)
        self._ground.hover_spot(spot)
        return True

    def _show_cursor(self, spot: Spot) -> None:
        match spot.zone:
            case Zone.TARGET | Zone.STEPS | Zone.CODE_COPY | Zone.RECAP:
                shape = Qt.CursorShape.PointingHandCursor
            case Zone.TEXT:
                shape = Qt.CursorShape.IBeamCursor
            case _:
                shape = Qt.CursorShape.ArrowCursor
        viewport = self._view.viewport()
        if viewport.cursor().shape() is not shape:
            viewport.setCursor(shape)

    def _release(self, event: QEvent) -> bool:
        assert isinstance(event, QMouseEvent)
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        self._selector.release()
        pressed, self._pressed = self._pressed, None
        if pressed is not None and pressed == self._ground.spot_at(event.position().toPoint()):
            self._ground.press_spot(pressed)
        return True

    def _leave(self, _event: QEvent) -> bool:
        self.resting_at = None
        self._ground.hover_spot(Spot(Zone.GROUND))
        return False

    def _menu(self, event: QEvent) -> bool:
        assert isinstance(event, QContextMenuEvent)
        self._ground.open_menu(self._ground.spot_at(event.pos()), event.globalPos())
        return True

    def _tell(self, event: QEvent) -> bool:
        """Says where a link leads, and what a chip stands for."""
        assert isinstance(event, QHelpEvent)
        spot = self._ground.spot_at(event.pos())
        match spot.target:
            case str():
                words = shown_target(spot.target)
            case Citation():
                words = self._ground.chip_words(spot.target)
            case _:
                words = _TOLD.get(spot.zone, "")
        QToolTip.showText(event.globalPos(), plain_tooltip(words), self._view.viewport())
        return True
