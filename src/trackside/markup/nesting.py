"""The quotations, list items and the one block that are open at a place of the text."""

import re
from functools import lru_cache
from typing import Any, Self

from trackside.markup.blocks import Block, Container
from trackside.markup.definitions import NoDefinition, read_definition
from trackside.markup.leaves import Leaf, Paragraph
from trackside.markup.lines import Cursor

DEEPEST = 20
"""How many containers stand in each other; further marks are text."""
_LONGEST_DEFINITION = 4096
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")


class OpenContainer:
    """A quotation or list item that may yet get more. `start` and `end` are its first line's."""

    def __init__(
        self,
        start: int,
        end: int,
        *,
        follows_gap: bool = False,
        is_item: bool = False,
        marker: str = "",
        indent: int = 0,
    ) -> None:
        self.start = start
        self.end = end
        self.follows_gap = follows_gap
        self.is_item = is_item
        self.marker = marker
        self.indent = indent
        """The columns that a line needs to belong to an item."""
        self.has_content = False
        self.is_shown = False
        """Whether a block of it has come out, with the marker beside it."""
        self.delimiter = ""
        self.number = 0
        """Of the last list item in it, while that list may go on."""

    def twin(self) -> Self:
        """A copy that can be changed on its own."""
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        return twin


class Nesting:
    """The open containers, outermost first (the text itself), the open block, and what came out."""

    def __init__(self, references: dict[str, Any]) -> None:
        self.stack = [OpenContainer(0, 0)]
        self.leaf: Leaf | None = None
        self.out: list[Block] = []
        self.references = references
        self.gap = False
        """Whether the last line was empty."""
        self._has_begun = False
        self._is_open = False

    def twin(self, references: dict[str, Any]) -> Self:
        """A copy that can be changed on its own."""
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        twin.stack = [container.twin() for container in self.stack]
        twin.leaf = self.leaf.twin() if self.leaf else None
        twin.out = self.out[:]
        twin.references = references
        return twin

    def show_open(self) -> None:
        """From now on blocks come out as open ones."""
        self._is_open = True

    def match(self, cursor: Cursor) -> int:
        """Goes over the marks with which a line carries the open containers on; how many it does."""
        depth = 1
        for container in self.stack[1:]:
            if not container.is_item:
                if cursor.indent > 3 or not cursor.text.startswith(">", cursor.next):
                    break
                cursor.skip_quote_mark()
            elif cursor.is_blank and not container.has_content:
                break
            elif cursor.indent >= container.indent:
                cursor.skip_columns(container.indent)
            elif cursor.is_blank:
                cursor.skip_spaces()
            else:
                break
            depth += 1
        return depth

    def settle(self, depth: int) -> None:
        """Closes the block and the containers that a line doesn't carry on."""
        self.close_leaf()
        while len(self.stack) > depth:
            container = self.stack[-1]
            if not container.is_shown and len(self.stack) > 1:
                # An empty one, for its marker to be seen.
                empty = Leaf(container.start, follows_gap=container.follows_gap)
                empty.end = container.end
                self.emit(empty)
            self.stack.pop()

    def takes_gap(self) -> bool:
        """Whether what begins now stands after an empty line."""
        gap = self.gap and self._has_begun
        self._has_begun = True
        return gap

    def open(self, container: OpenContainer) -> None:
        """Puts a container into the innermost one."""
        parent = self.stack[-1]
        parent.has_content = True
        if not container.is_item:
            parent.delimiter = ""
        self.stack.append(container)

    def item_marker(self, delimiter: str, number: int | None) -> str:
        """The marker of an item that begins in the innermost container: lists count on by themselves."""
        parent = self.stack[-1]
        if number is None:
            parent.delimiter = ""
            return "•"
        parent.number = parent.number + 1 if parent.delimiter == delimiter else number
        parent.delimiter = delimiter
        return f"{parent.number}{delimiter}"

    def open_leaf(self, leaf: Leaf) -> None:
        """Puts a block into the innermost container."""
        self.stack[-1].has_content = True
        self.stack[-1].delimiter = ""
        self.leaf = leaf

    def close_leaf(self) -> None:
        """Closes the open block, which comes out."""
        leaf, self.leaf = self.leaf, None
        if isinstance(leaf, Paragraph):
            self.take_definitions(leaf, is_over=True)
            if not leaf.lines:
                return
        if leaf:
            self.emit(leaf)

    def make_room(self, start: int, *, continues_line: bool = False) -> None:
        """Closes the open block's present segment if that is full; the next one has its start there."""
        if self.leaf and self.leaf.is_full:
            self.emit(self.leaf, is_last=False)
            self.leaf.begin_segment(start, continues_line=continues_line)

    def split_paragraph(self, paragraph: Paragraph) -> None:
        """Closes what is too much of a paragraph."""
        while head := paragraph.split():
            self.emit(head, is_last=False)
            paragraph.group = head.group

    def take_definitions(self, paragraph: Paragraph, *, is_over: bool) -> None:
        """Takes the link reference definitions off a paragraph's beginning, as far as they are decided."""
        is_over = is_over or paragraph.size > _LONGEST_DEFINITION
        while paragraph.may_define and paragraph.lines and paragraph.lines[0].text.startswith("["):
            found = read_definition([line.text for line in paragraph.lines], is_over=is_over)
            if isinstance(found, NoDefinition):
                paragraph.may_define = found is not NoDefinition.NEVER
                return
            paragraph.drop(found.line_count)
            self.references.setdefault(found.label, {"title": found.title, "href": found.href})
        paragraph.may_define = paragraph.may_define and not paragraph.lines

    def emit(self, leaf: Leaf, *, is_last: bool = True) -> None:
        """Lets a block, or the present segment of it, come out."""
        inside = self.stack[1:]
        first = next((container for container in inside if not container.is_shown), None)
        if inside and inside[-1].is_item and not inside[-1].is_shown and isinstance(leaf, Paragraph):
            inside[-1].marker = _take_task(leaf) or inside[-1].marker
        block = leaf.block(
            _around(tuple([(one.marker, one.is_item, not one.is_shown) for one in inside])) if inside else (),
            min(first.start, leaf.start) if first else leaf.start,
            follows_gap=first.follows_gap if first else leaf.follows_gap,
            is_last=is_last,
            is_open=self._is_open,
        )
        for container in inside:
            container.is_shown = True
        self.out.append(block)


@lru_cache(maxsize=1024)
def _around(containers: tuple[tuple[str, bool, bool], ...]) -> tuple[Container, ...]:
    """Long lists have thousands of the same."""
    return tuple([_shown(*one) for one in containers])


@lru_cache(maxsize=1024)
def _shown(marker: str, is_item: bool, starts: bool) -> Container:
    return Container(marker, is_item, starts)


def _take_task(paragraph: Paragraph) -> str:
    """Takes a task's box off a paragraph; the marker that stands for it."""
    line = paragraph.lines[0]
    found = _TASK.match(line.text)
    if found is None:
        return ""
    paragraph.lines[0] = line._replace(text=line.text[found.end() :], at=line.at + found.end())
    return "☐" if found[1] == " " else "☑"
