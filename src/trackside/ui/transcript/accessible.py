"""What a screen reader meets in the transcript: a document, its turns, and word of what happens.

As a list, ten thousand turns hold a screen reader up for ten seconds; as a document they don't.
"""

from collections.abc import Callable
from functools import cache, partial

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleTextInsertEvent,
    QAccessibleTextUpdateEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QAccessibleWidget, QApplication, QWidget

from trackside.ui.transcript.accessible_nodes import NodeTarget, Scene, TranscriptNodes
from trackside.ui.transcript.accessible_rows import RowNode, Turns

__all__ = ["Announcer", "NodeTarget", "TranscriptNodes", "install_accessible_factory"]

Send = Callable[[QAccessibleEvent], None]
_REPORT_MS = 334
"""Growth of a text is told at most three times a second."""


class DocumentNode(QAccessibleWidget):
    """The view: all of its turns, on the screen or not, then the widgets in it."""

    def __init__(self, view: QAbstractScrollArea, scene: Scene, turns: Turns) -> None:
        super().__init__(view, QAccessible.Role.Document, view.accessibleName() or "Transcript")
        self._scene = scene
        self._turns = turns

    def childCount(self) -> int:  # noqa: N802
        return self._scene.count + len(self._parts())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # Qt allows none
        count = self._scene.count
        if index < count:
            return self._turns.node(index)
        parts = self._parts()
        return (
            QAccessible.queryAccessibleInterface(parts[index - count]) if index - count < len(parts) else None
        )

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802
        if isinstance(child, RowNode):
            return child.row
        parts = self._parts()
        place = child.object()
        return self._scene.count + parts.index(place) if place in parts else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        view, content = self._scene.view, self._scene.content
        if view is None or content is None:
            return None
        for widget in content.child_widgets():
            if widget.isVisible() and widget.rect().contains(widget.mapFromGlobal(QPoint(x, y))):
                return QAccessible.queryAccessibleInterface(_below(view, widget))
        point = view.viewport().mapFromGlobal(QPoint(x, y))
        return self._turns.node(content.row_at(point)) if view.viewport().rect().contains(point) else None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        view, content = self._scene.view, self._scene.content
        if view is None or content is None:
            return None
        if view.hasFocus():
            return self._turns.node(content.current_row())
        focus = QApplication.focusWidget()
        is_ours = focus is not None and view.isAncestorOf(focus)
        return QAccessible.queryAccessibleInterface(focus) if focus is not None and is_ours else None

    def _parts(self) -> list[QWidget]:
        """The widgets in the view, or what holds them: a child must name the one that it is found in."""
        view, content = self._scene.view, self._scene.content
        if view is None or content is None:
            return []
        return list(dict.fromkeys(_below(view, widget) for widget in content.child_widgets()))


class GroundNode(QAccessibleWidget):
    """The viewport, which holds widgets of the view. Qt has it focused whenever the view is."""

    def state(self) -> QAccessible.State:
        state = super().state()
        state.focused = 0
        return state


class Announcer(QObject):
    """Tells screen readers what happens in a transcript. Make one for a view and keep it as `announcer`.

    Each call costs next to nothing while nobody listens. `content` may be the view itself; it is held
    weakly.
    """

    def __init__(
        self,
        view: QAbstractScrollArea,
        content: TranscriptNodes,
        send: Send = QAccessible.updateAccessibility,
    ) -> None:
        super().__init__(view)
        self._scene = scene = Scene(view, content)
        self._turns = turns = Turns(scene)
        scene.on_drop = self._tell_dropped
        self._send = send
        self._grown: set[RowNode] = set()
        self._timer = QTimer(self, interval=_REPORT_MS, singleShot=True)
        self._timer.timeout.connect(self._report_growth)
        view.destroyed.connect(partial(_close, scene, turns))

    def document(self) -> DocumentNode | None:
        """A new node for the view; the factory's, which Qt asks once a view."""
        view = self._scene.view
        return None if view is None else DocumentNode(view, self._scene, self._turns)

    def row_inserted(self, row: int) -> None:
        """A turn came in; the view has it already."""
        self._turns.make_room(row)
        if QAccessible.isActive():
            self._tell(self._turns.node(row), QAccessible.Event.ObjectCreated)

    def rows_reset(self) -> None:
        """Other turns are shown; the view has them already."""
        self._timer.stop()
        self._grown.clear()
        self._turns.clear()
        if QAccessible.isActive():
            # The newest for all of them: an event for each would take seconds.
            self._tell(self._turns.node(self._scene.count - 1), QAccessible.Event.ObjectCreated)

    def row_changed(self, row: int) -> None:
        """A turn shows something else: another attempt, its steps, the title of a citation."""
        if (node := self._turns.made(row)) is None:
            return
        is_renamed = node.has_new_name()
        self._report(node)
        if is_renamed and QAccessible.isActive():
            self._tell(node, QAccessible.Event.NameChanged)

    def row_focused(self, row: int) -> None:
        """The keyboard came to a turn, or the focus to the view with a turn as its current one."""
        if QAccessible.isActive():
            self._tell(self._turns.node(row), QAccessible.Event.Focus)

    def text_grew(self, row: int) -> None:
        """A turn's text grew at its end. For each frame: what is told is less."""
        if (node := self._turns.made(row)) is not None:
            self._grown.add(node)
            if not self._timer.isActive():
                self._timer.start()

    def answer_finished(self, words: Callable[[], str]) -> None:
        """Announces an answer's end, once it has all that it had to say. Unheard, `words` is never asked."""
        self._report_growth()
        view = self._scene.view
        if view is not None and QAccessible.isActive():
            event = QAccessibleAnnouncementEvent(view, words())
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
            self._send(event)

    def _report_growth(self) -> None:
        self._timer.stop()
        grown, self._grown = self._grown, set()
        for node in grown:
            self._report(node)

    def _report(self, node: RowNode) -> None:
        """Takes over what a turn has come to hold. Its name is read afresh each time, so no word of that."""
        node.refresh()
        change = self._turns.text.refresh(node)
        if not QAccessible.isActive():
            return
        node.textInterface()  # from here on its growth can be told, asked for or not
        if change is None:
            return
        if change.removed:
            event = QAccessibleTextUpdateEvent(node, change.position, change.removed, change.inserted)
            self._send(event)
        else:
            self._send(QAccessibleTextInsertEvent(node, change.position, change.inserted))

    def _tell_dropped(self, node: QAccessibleInterface) -> None:
        if QAccessible.isActive():
            self._tell(node, QAccessible.Event.ObjectDestroyed)

    def _tell(self, node: QAccessibleInterface | None, what: QAccessible.Event) -> None:
        if node is not None:
            self._send(QAccessibleEvent(node, what))


@cache
def install_accessible_factory() -> None:
    """Gives every view that has an `announcer` its node; for the process, before the first view is asked."""
    QAccessible.installFactory(_node_of)


def _node_of(_class_name: str, place: QObject | None) -> QAccessibleInterface | None:
    if not isinstance(place, QWidget):
        return None
    if isinstance(place, QAbstractScrollArea):
        announcer = getattr(place, "announcer", None)
        return announcer.document() if isinstance(announcer, Announcer) else None
    view = place.parentWidget()
    is_ground = isinstance(view, QAbstractScrollArea) and view.viewport() is place
    return (
        GroundNode(place) if is_ground and isinstance(getattr(view, "announcer", None), Announcer) else None
    )


def _below(view: QAbstractScrollArea, widget: QWidget) -> QWidget:
    """The child of the view that a widget is, or is in."""
    while (parent := widget.parentWidget()) is not None and parent is not view:
        widget = parent
    return widget


def _close(scene: Scene, turns: Turns, _view: QObject | None = None) -> None:
    """The view is gone. The scene first: nothing may be asked while nodes go."""
    scene.close()
    turns.clear()
