"""CommonMark's block structure, line by line: each line is looked at once, and closed blocks never change."""

from typing import Any, Self

from trackside.markup.blocks import Block
from trackside.markup.leaves import Fence, Heading, IndentedCode, Leaf, Paragraph, Rule, Table, TextLine
from trackside.markup.lines import Cursor, Line
from trackside.markup.marks import (
    MAY_BEGIN,
    is_rule,
    language_of,
    read_fence,
    read_heading,
    read_item,
    underline_level,
)
from trackside.markup.nesting import DEEPEST, Nesting, OpenContainer
from trackside.markup.tables import read_alignments, read_cells

_MOST_BLANKS = 64
CODE_INDENT = 4


class Structure:
    """Takes lines and gives blocks, which come out once nothing can change them any more."""

    def __init__(self, references: dict[str, Any]) -> None:
        self._nest = Nesting(references)

    @property
    def leaf(self) -> Leaf | None:
        """The block that is open."""
        return self._nest.leaf

    def twin(self) -> Self:
        """A copy to see what would come out; its blocks are open ones."""
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        twin._nest = self._nest.twin({})
        twin._nest.show_open()
        return twin

    def take(self, line: Line) -> None:
        """Takes the next line."""
        if line.continues and isinstance(self.leaf, (Fence, IndentedCode, Paragraph)):
            self._extend(self.leaf, line)
        else:
            self._take(line)

    def finish(self) -> None:
        """The text is over: all comes out."""
        self._nest.settle(0)

    def close_as_it_is(self) -> None:
        """Lets all come out as it looks now."""
        self._nest.settle(0)

    def drop_line(self) -> None:
        """Lets the open paragraph forget its last line."""
        if isinstance(self.leaf, Paragraph):
            self.leaf.pop()

    def released(self) -> list[Block]:
        """The blocks that came out since the last call, as far as they are certain."""
        blocks, self._nest.out = self._nest.out, []
        return blocks

    def pending(self) -> list[Block]:
        """All blocks that weren't released."""
        return self._nest.out

    # -- a line ------------------------------------------------------------------------------------

    def _take(self, line: Line) -> None:
        nest = self._nest
        leaf = nest.leaf
        cursor = Cursor(line.text)
        depth = nest.match(cursor)
        is_matched = depth == len(nest.stack)
        has_opened = False
        if is_matched and isinstance(leaf, Fence):
            self._take_fenced(leaf, line, cursor)
            nest.gap = False
            return
        if not (is_matched and isinstance(leaf, IndentedCode) and self._take_indented(leaf, line, cursor)):
            has_opened = self._take_new(line, cursor, depth)
        nest.gap = cursor.is_blank and not has_opened

    def _take_new(self, line: Line, cursor: Cursor, depth: int) -> bool:
        """Opens what begins on a line and puts its text where it belongs. Whether containers were opened."""
        nest = self._nest
        is_matched = depth == len(nest.stack)
        has_opened = False
        while not cursor.is_blank:
            before = None if has_opened else nest.leaf
            if cursor.indent >= CODE_INDENT:
                if not isinstance(before, Paragraph):
                    nest.settle(depth)
                    code = IndentedCode(line.start, follows_gap=nest.takes_gap())
                    nest.open_leaf(code)
                    self._take_indented(code, line, cursor)
                    return has_opened
                break
            if cursor.text[cursor.next] not in MAY_BEGIN:
                break
            paragraph = before if is_matched and isinstance(before, Paragraph) else None
            if not self._open_container(line, cursor, depth, paragraph):
                if not line.is_cut and self._take_marked(line, cursor, depth, paragraph):
                    return has_opened
                break
            has_opened = True
            depth = len(nest.stack)
        self._take_text(line, cursor, depth)
        return has_opened

    def _take_text(self, line: Line, cursor: Cursor, depth: int) -> None:
        nest = self._nest
        is_matched = depth == len(nest.stack)
        leaf = nest.leaf
        if cursor.is_blank:
            nest.settle(depth)
            return
        text = cursor.from_next()
        at = line.start + cursor.next
        if isinstance(leaf, Table) and is_matched and not line.is_cut:
            cells = leaf.read_row(text, at)
            if cells is not None:
                nest.make_room(line.start)
                leaf.add_row(cells, text, line.end)
                return
        # A line without marks goes on with a paragraph even where the containers' marks are missing.
        if not isinstance(leaf, Paragraph):
            nest.settle(depth)
            leaf = Paragraph(line.start, follows_gap=nest.takes_gap())
            nest.open_leaf(leaf)
        may_head = depth == len(nest.stack) and not line.is_cut and cursor.indent < CODE_INDENT
        leaf.add(TextLine(text, at, line.start, depth if may_head else 0))
        nest.take_definitions(leaf, is_over=False)
        if leaf.lines:
            nest.split_paragraph(leaf)
        else:
            nest.leaf = None

    def _extend(self, leaf: Leaf, line: Line) -> None:
        """Takes a further piece of a long line."""
        if isinstance(leaf, Paragraph):
            leaf.extend(line.text)
            self._nest.split_paragraph(leaf)
        elif leaf.is_full and line.text:
            self._nest.make_room(line.start, continues_line=True)
            leaf.add(TextLine(line.text, line.start, line.start))
        else:
            leaf.extend(line.text)

    # -- code --------------------------------------------------------------------------------------

    def _take_fenced(self, fence: Fence, line: Line, cursor: Cursor) -> None:
        if not line.is_cut and cursor.indent < CODE_INDENT and fence.is_closed_by(cursor.from_next()):
            fence.end = line.end
            self._nest.close_leaf()
            return
        cursor.skip_columns(min(fence.indent, cursor.indent))
        self._nest.make_room(line.start)
        fence.add(_code_line(line, cursor))

    def _take_indented(self, code: IndentedCode, line: Line, cursor: Cursor) -> bool:
        if cursor.is_blank and len(code.blanks) < _MOST_BLANKS:
            cursor.skip_columns(CODE_INDENT)
            code.blanks.append(_code_line(line, cursor))
            return True
        if cursor.is_blank or cursor.indent < CODE_INDENT:
            return False
        cursor.skip_columns(CODE_INDENT)
        for one in (*code.blanks, _code_line(line, cursor)):
            self._nest.make_room(one.line_start)
            code.add(one)
        code.blanks = []
        return True

    # -- marks -------------------------------------------------------------------------------------

    def _open_container(self, line: Line, cursor: Cursor, depth: int, paragraph: Paragraph | None) -> bool:
        nest = self._nest
        if depth > DEEPEST:
            return False
        text = cursor.from_next()
        if text[0] == ">":
            nest.settle(depth)
            nest.open(OpenContainer(line.start, line.end, follows_gap=nest.takes_gap()))
            cursor.skip_quote_mark()
            return True
        mark = read_item(text)
        if mark is None or (not line.is_cut and is_rule(text)):
            return False
        is_empty = not text[mark.length :].strip(" \t")
        if paragraph and (is_empty or mark.number not in (None, 1)):
            # It would be a surprise in the midst of a paragraph.
            return False
        nest.settle(depth)
        width = cursor.indent + mark.length
        cursor.skip_mark(mark.length)
        # Where code follows, it brings its own indentation.
        space = cursor.indent if not cursor.is_blank and cursor.indent <= CODE_INDENT else 1
        cursor.skip_columns(space)
        marker = nest.item_marker(mark.delimiter, mark.number)
        nest.open(
            OpenContainer(
                line.start,
                line.end,
                follows_gap=nest.takes_gap(),
                is_item=True,
                marker=marker,
                indent=width + space,
            )
        )
        return True

    def _take_marked(self, line: Line, cursor: Cursor, depth: int, paragraph: Paragraph | None) -> bool:
        """Takes a line that is a block by its mark, or begins one."""
        nest = self._nest
        text = cursor.from_next()
        at = line.start + cursor.next
        if heading := read_heading(text):
            level, content, offset = heading
            nest.settle(depth)
            leaf: Leaf = Heading(line.start, follows_gap=nest.takes_gap(), level=level)
            leaf.add(TextLine(content, at + offset, line.start))
        elif fence := read_fence(text):
            mark, info = fence
            nest.settle(depth)
            leaf = Fence(line.start, follows_gap=nest.takes_gap(), mark=mark, indent=cursor.indent)
            leaf.language = language_of(info)
            leaf.end = line.end
            nest.open_leaf(leaf)
            return True
        elif (alignments := read_alignments(text)) and self._begin_table(line, depth, alignments):
            return True
        elif paragraph and (level := underline_level(text)) and self._may_be_heading(paragraph):
            leaf = Heading(paragraph.start, follows_gap=paragraph.follows_gap, level=level)
            leaf.lines = paragraph.lines
            leaf.lines[-1] = leaf.lines[-1]._replace(text=leaf.lines[-1].text.rstrip(" \t"))
        elif is_rule(text):
            nest.settle(depth)
            leaf = Rule(line.start, follows_gap=nest.takes_gap())
        else:
            return self._take_special(line, cursor, depth)
        leaf.end = line.end
        nest.open_leaf(leaf)
        nest.close_leaf()
        return True

    def _may_be_heading(self, paragraph: Paragraph) -> bool:
        if paragraph.group >= 0:
            # Its beginning is out already.
            return False
        self._nest.take_definitions(paragraph, is_over=True)
        if not paragraph.lines:
            self._nest.leaf = None
        return bool(paragraph.lines)

    def _begin_table(self, line: Line, depth: int, alignments: tuple[str, ...]) -> bool:
        """Begins a table if the line before is its header."""
        nest = self._nest
        paragraph = nest.leaf
        if not isinstance(paragraph, Paragraph) or not _has_header(paragraph, depth, len(alignments)):
            return False
        table = Table(paragraph.pop(), line.end, follows_gap=False, alignments=alignments)
        if not paragraph.lines:
            table.follows_gap = paragraph.follows_gap
            nest.leaf = None
        nest.settle(depth)
        nest.open_leaf(table)
        return True

    def _take_special(self, _line: Line, _cursor: Cursor, _depth: int) -> bool:
        """Takes a line that begins a block beyond the standard; there are none here."""
        return False


def _code_line(line: Line, cursor: Cursor) -> TextLine:
    text = cursor.rest()
    return TextLine(text, line.end - len(text), line.start)


def _has_header(paragraph: Paragraph, depth: int, column_count: int) -> bool:
    header = paragraph.lines[-1]
    return (
        header.depth == depth
        and "|" in header.text
        and (len(paragraph.lines) > 1 or paragraph.group < 0)
        and len(read_cells(header.text, 0)) == column_count
    )
