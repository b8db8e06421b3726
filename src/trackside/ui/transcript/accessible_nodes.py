"""What nodes for screen readers are made of, and the smallest of them: what can be pressed in a turn.

The view paints its turns itself, so there are no widgets that could stand for them. Qt keeps bare pointers
to the nodes that it has been given, so a node is kept until Qt has been told to delete it.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleInterface,
    QAccessibleTextInterface,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget
from shiboken6 import Shiboken


@dataclass(frozen=True, slots=True)
class NodeTarget:
    """Something in a turn that can be pressed. `rect` is in the viewport's coordinates, empty if unknown."""

    words: str
    rect: QRect
    press: Callable[[], None]
    is_link: bool


class TranscriptNodes(Protocol):
    """What the view tells about its turns. Rectangles and points are in the viewport's coordinates."""

    def row_count(self) -> int: ...

    def row_words(self, row: int) -> str:
        """Who says what, as plain text with chips as their labels, whether it is on the screen or not."""

    def row_rect(self, row: int) -> QRect:
        """May lie outside of the viewport; empty when it is not known."""

    def row_at(self, point: QPoint) -> int:
        """The row on the screen at this point, or -1."""

    def row_targets(self, row: int) -> list[NodeTarget]: ...

    def current_row(self) -> int:
        """The row that the keyboard is at, or -1."""

    def focus_row(self, row: int) -> None: ...

    def child_widgets(self) -> list[QWidget]:
        """Real widgets in the view that belong to what it shows."""


class Scene:
    """The way from the nodes to the view. Weak: whoever has a node doesn't keep the view alive."""

    def __init__(self, view: QAbstractScrollArea, content: TranscriptNodes) -> None:
        self._view = weakref.ref(view)
        self._content = weakref.ref(content)
        self._is_closed = False
        self.on_drop: Callable[[QAccessibleInterface], None] | None = None
        """Told about each node just before it goes."""

    @property
    def view(self) -> QAbstractScrollArea | None:
        """None as soon as it is being torn down."""
        view = None if self._is_closed else self._view()
        return view if view is not None and Shiboken.isValid(view) else None

    @property
    def content(self) -> TranscriptNodes | None:
        return None if self.view is None else self._content()

    @property
    def count(self) -> int:
        return 0 if (content := self.content) is None else content.row_count()

    def content_of(self, row: int) -> TranscriptNodes | None:
        """Whom to ask about a row; None if there is no such row."""
        content = self.content
        return content if content is not None and 0 <= row < content.row_count() else None

    def close(self) -> None:
        """The view is gone: nothing may be asked, and nobody told, from here on."""
        self._is_closed = True
        self.on_drop = None

    def on_screen(self, rect: QRect) -> QRect:
        view = self.view
        if view is None or rect.isEmpty():
            return QRect()
        return QRect(view.viewport().mapToGlobal(rect.topLeft()), rect.size())

    def state_at(self, rect: QRect) -> QAccessible.State:
        """The state of what is at a rectangle of the viewport."""
        state, view = QAccessible.State(), self.view
        state.invisible = int(view is None or not view.isVisible())
        state.offscreen = int(view is None or not rect.intersects(view.viewport().rect()))
        return state


class Node(QAccessibleInterface):
    """What turns and targets share: they are no QObjects, and live until they are dropped."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self._is_dropped = False
        self._id = QAccessible.registerAccessibleInterface(self)

    def drop(self, *, is_told: bool = True) -> None:
        """Ends the node. Clients are told, unless what it is in goes as well."""
        if is_told and self.scene.on_drop is not None:
            self.scene.on_drop(self)
        # Newer versions of Qt tell clients themselves, of each node that is valid up to its end.
        self._is_dropped = True
        QAccessible.deleteAccessibleInterface(self._id)

    def isValid(self) -> bool:  # noqa: N802
        return not self._is_dropped and self.scene.view is not None

    def setText(self, kind: QAccessible.Text, text: str) -> None:  # noqa: N802
        """Nothing here is to be written."""

    def interface_cast(self, kind: QAccessible.InterfaceType) -> object:  # type: ignore[override]
        # The stub says int, but what is taken is the object's pointer; an int or None crashes.
        return self.part(kind) or Shiboken.VoidPtr(0)

    def part(
        self, kind: QAccessible.InterfaceType
    ) -> QAccessibleActionInterface | QAccessibleTextInterface | None:
        """What else than a node it is."""
        raise NotImplementedError

    def object(self) -> None:  # type: ignore[override]
        return None


class Action(QAccessibleActionInterface):
    """The one thing that can be done with a node."""

    def __init__(self, name: str, do: Callable[[], None]) -> None:
        super().__init__()
        self._name = name
        self._do = do

    def actionNames(self) -> list[str]:  # noqa: N802
        return [self._name]

    def doAction(self, name: str) -> None:  # noqa: N802
        if name == self._name:
            self._do()

    def keyBindingsForAction(self, name: str) -> list[str]:  # noqa: N802, ARG002
        return []


class HolderNode(Node):
    """A node that targets are in."""

    def targets(self) -> list[NodeTarget]:
        """What can be pressed, as it is now."""
        raise NotImplementedError


class TargetNode(Node):
    """A link, a chip or a button in a turn.

    It keeps no rectangle and no callback, which would grow old: it looks up its target each time.
    """

    def __init__(self, holder: HolderNode, number: int, target: NodeTarget) -> None:
        super().__init__(holder.scene)
        self._holder = holder
        self._number = number
        self._words = target.words
        self._is_link = target.is_link

    @cached_property
    def _press(self) -> Action:
        return Action(QAccessibleActionInterface.pressAction(), self._press_soon)

    def stands_for(self, target: NodeTarget) -> bool:
        return (self._words, self._is_link) == (target.words, target.is_link)

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.Link if self._is_link else QAccessible.Role.Button

    def text(self, kind: QAccessible.Text) -> str:
        return self._words if kind is QAccessible.Text.Name else ""

    def state(self) -> QAccessible.State:
        target = self._target()
        state = self.scene.state_at(QRect() if target is None else target.rect)
        state.linked = int(self._is_link)
        return state

    def rect(self) -> QRect:
        target = self._target()
        return QRect() if target is None else self.scene.on_screen(target.rect)

    def parent(self) -> HolderNode | None:  # type: ignore[override]  # none at teardown
        return self._holder if self.scene.view is not None else None

    def childCount(self) -> int:  # noqa: N802
        return 0

    def child(self, index: int) -> None:  # type: ignore[override]  # noqa: ARG002
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802, ARG002
        return -1

    def childAt(self, x: int, y: int) -> None:  # type: ignore[override]  # noqa: N802, ARG002
        return None

    def part(self, kind: QAccessible.InterfaceType) -> QAccessibleActionInterface | None:
        return self._press if kind is QAccessible.InterfaceType.ActionInterface else None

    def _target(self) -> NodeTarget | None:
        targets = self._holder.targets()
        target = targets[self._number] if self._number < len(targets) else None
        return target if target is not None and self.stands_for(target) else None

    def _press_soon(self) -> None:
        # Not now: what it does may drop this very node, or open a dialog while the client waits for us.
        if (view := self.scene.view) is not None:
            QTimer.singleShot(0, view, self._press_now)

    def _press_now(self) -> None:
        # A dropped node's place may be taken by another turn's.
        if not self._is_dropped and (target := self._target()) is not None:
            target.press()
