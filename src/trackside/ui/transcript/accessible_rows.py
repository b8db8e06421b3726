"""The transcript's turns as nodes for screen readers, made when one asks, and only those it asks about."""

from functools import cached_property

from PySide6.QtCore import QRect
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleInterface,
    QAccessibleTextInterface,
)

from trackside.ui.transcript.accessible_nodes import Action, HolderNode, NodeTarget, Scene, TargetNode
from trackside.ui.transcript.accessible_text import BorrowedText

NAME_LENGTH = 20_000
"""The most of a turn's text that is its name; the text interface of the turn with the focus has it all."""

_TOLD_AT_MOST = 50
"""How many turns' ends clients hear of, the last asked for first: each event makes them ask back."""


class RowNode(HolderNode):
    """One turn: named by what is said in it. `row` follows when turns come in before it."""

    def __init__(self, scene: Scene, text: BorrowedText, row: int) -> None:
        super().__init__(scene)
        self._text = text
        self.row = row
        self._targets: list[TargetNode] | None = None
        self._named = 0

    @cached_property
    def _focus(self) -> Action:
        return Action(QAccessibleActionInterface.setFocusAction(), self._take_focus)

    @property
    def words(self) -> str:
        content = self.scene.content_of(self.row)
        return "" if content is None else content.row_words(self.row)

    def targets(self) -> list[NodeTarget]:
        content = self.scene.content_of(self.row)
        return [] if content is None else content.row_targets(self.row)

    def refresh(self) -> None:
        """Takes over what the turn has come to hold. Never while a client is asking: nodes may go."""
        if self._targets is None:
            return
        old, targets = self._targets, self.targets()
        self._targets = [
            old[n] if n < len(old) and old[n].stands_for(target) else TargetNode(self, n, target)
            for n, target in enumerate(targets)
        ]
        for n, node in enumerate(old):
            if n >= len(targets) or self._targets[n] is not node:
                node.drop()

    def has_new_name(self) -> bool:
        """Whether its name is another than a client has read."""
        return self._named != 0 and self._named != hash(self.words[:NAME_LENGTH])

    def drop(self, *, is_told: bool = True) -> None:
        super().drop(is_told=is_told)
        targets, self._targets = self._targets, []
        for target in targets or ():
            target.drop(is_told=False)

    # -- as Qt asks ------------------------------------------------------------------------------

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def text(self, kind: QAccessible.Text) -> str:
        if kind is not QAccessible.Text.Name:
            return ""
        words = self.words
        name = words[:NAME_LENGTH]
        self._named = hash(name)
        return name if name == words else f"{name}…"

    def state(self) -> QAccessible.State:
        state = self.scene.state_at(self._viewport_rect())
        view, content = self.scene.view, self.scene.content
        state.focusable = 1
        state.readOnly = 1
        state.multiLine = 1
        is_current = content is not None and content.current_row() == self.row
        state.focused = int(is_current and view is not None and view.hasFocus())
        return state

    def rect(self) -> QRect:
        return self.scene.on_screen(self._viewport_rect())

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]  # none at teardown
        view = self.scene.view
        return None if view is None else QAccessible.queryAccessibleInterface(view)

    def childCount(self) -> int:  # noqa: N802
        return len(self._nodes())

    def child(self, index: int) -> "TargetNode | None":  # type: ignore[override]  # Qt allows for none
        nodes = self._nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802
        return next((n for n, node in enumerate(self._nodes()) if node is child), -1)

    def childAt(self, x: int, y: int) -> "TargetNode | None":  # type: ignore[override]  # noqa: N802
        return next((node for node in self._nodes() if node.rect().contains(x, y)), None)

    def part(
        self, kind: QAccessible.InterfaceType
    ) -> QAccessibleActionInterface | QAccessibleTextInterface | None:
        view, content = self.scene.view, self.scene.content
        if view is None or content is None:
            return None
        if kind is QAccessible.InterfaceType.ActionInterface:
            return self._focus
        if kind is QAccessible.InterfaceType.TextInterface and content.current_row() == self.row:
            return self._text.of(self, view)
        return None

    def _nodes(self) -> "list[TargetNode]":
        if self._targets is None:
            self._targets = [TargetNode(self, n, target) for n, target in enumerate(self.targets())]
        return self._targets

    def _viewport_rect(self) -> QRect:
        content = self.scene.content_of(self.row)
        return QRect() if content is None else content.row_rect(self.row)

    def _take_focus(self) -> None:
        if (content := self.scene.content_of(self.row)) is not None:
            content.focus_row(self.row)


class Turns:
    """The turns' nodes, as far as anybody has asked for them. Qt has them too, so none goes unnoticed."""

    def __init__(self, scene: Scene) -> None:
        self.text = BorrowedText()
        self._scene = scene
        self._nodes: dict[int, RowNode] = {}

    def made(self, row: int) -> RowNode | None:
        """A row's node, if anybody has asked for it yet."""
        return self._nodes.get(row)

    def node(self, row: int) -> RowNode | None:
        """A row's node; None if there is no such row."""
        if self._scene.content_of(row) is None:
            return None
        if row not in self._nodes:
            self._nodes[row] = RowNode(self._scene, self.text, row)
        return self._nodes[row]

    def make_room(self, row: int) -> None:
        """A row came in here: those behind it move on."""
        if any(number >= row for number in self._nodes):
            self._nodes = {number + (number >= row): node for number, node in self._nodes.items()}
            for number, node in self._nodes.items():
                node.row = number

    def clear(self) -> None:
        """Drops every node; whoever still knows one gets an error from Qt, and nothing from us."""
        nodes, self._nodes = list(self._nodes.values()), {}
        self.text.let_go()
        for place, node in enumerate(reversed(nodes)):
            node.drop(is_told=place < _TOLD_AT_MOST)
