"""An answer's blocks as HTML and as readable text, for other programs: copying and export."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from trackside.domain.citation import Citation
from trackside.markup.blocks import Block, BlockKind, Cell, Container
from trackside.markup.inline import InlineContext, plain_text, source_cell_runs, source_runs
from trackside.markup.runs import LINE_BREAK, ChipRun, Run, Style

LabelOf = Callable[[Citation], str]

_TAGS = (
    (Style.STRONG, "strong"),
    (Style.EMPHASIS, "em"),
    (Style.STRIKE, "s"),
    (Style.CODE, "code"),
    (Style.MATH, "i"),
)
_TASKS = "☐☑"


@dataclass(frozen=True, slots=True)
class Dress:
    """How a page with a style of its own wants what others get plainly; both give HTML.

    `alignment` is the attribute of a table's cell, with its value in place of “%s”.
    """

    chip: Callable[[Citation], str]
    code: Callable[[str, str], str]
    """Of a code's text and its language."""
    alignment: str


def to_html(
    blocks: Sequence[Block], context: InlineContext, label_of: LabelOf, dress: Dress | None = None
) -> str:
    """Clean HTML: nothing of the answer is taken for markup, links lead only to the web or to mail."""
    plain = Dress(
        lambda citation: escape(label_of(citation), quote=False),
        lambda text, _language: escape(text, quote=False),
        'style="text-align: %s"',
    )
    writer = _Writer(context, label_of, dress or plain)
    for group in _groups(blocks):
        writer.write(group)
    return writer.finished()


def to_plain(blocks: Sequence[Block], context: InlineContext, label_of: LabelOf) -> str:
    """The text as one reads it: list markers, quotations with “> ”, cells parted by tabs."""
    lines: list[str] = []
    previous: Block | None = None
    for group in _groups(blocks):
        first = group[0]
        if previous is not None and (first.follows_gap or not _is_tight(previous, first)):
            shared = _shared(previous.containers, first.containers)
            lines.append(_prefix(first.containers[:shared]).rstrip())
        separator = " " if first.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING) else "\n"
        text = _joined(group, lambda block: plain_text(block, context, label_of), separator).strip("\n")
        text = "———" if first.kind is BlockKind.RULE else text
        later = _prefix(first.containers)
        for index, line in enumerate(text.split("\n")):
            prefix = later if index else _prefix(first.containers, with_markers=True)
            lines.append((prefix + line).rstrip() if not line else prefix + line)
        previous = first
    return "\n".join(lines)


def _groups(blocks: Sequence[Block]) -> list[list[Block]]:
    """Segments of one fence, table or paragraph together."""
    groups: list[list[Block]] = []
    for block in blocks:
        last = groups[-1][-1] if groups else None
        if last and not block.is_first and (last.kind, last.group) == (block.kind, block.group):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _joined(group: list[Block], text_of: Callable[[Block], str], separator: str) -> str:
    """What the segments say, as if they had never been parted."""
    pieces: list[str] = []
    for block in group:
        if pieces and not block.continues_line:
            pieces.append(separator)
        pieces.append(text_of(block))
    return "".join(pieces)


def _shared(before: tuple[Container, ...], after: tuple[Container, ...]) -> int:
    """How many containers of `before` go on in `after`."""
    count = 0
    for one, other in zip(before, after, strict=False):
        if other.starts or one.is_item != other.is_item:
            break
        count += 1
    return count


def _is_tight(before: Block, after: Block) -> bool:
    """Whether nothing but a line's end parts them: items of a list whose source has no gaps."""
    depth = _shared(before.containers, after.containers)
    own = before.containers[depth:], after.containers[depth:]
    in_list = any(container.is_item for container in after.containers)
    return in_list and (depth > 0 or all(own)) and all(each.is_item for part in own for each in part)


def _prefix(containers: tuple[Container, ...], *, with_markers: bool = False) -> str:
    pieces = []
    for container in containers:
        if not container.is_item:
            pieces.append("> ")
        elif with_markers and container.starts:
            pieces.append(f"{container.marker} ")
        else:
            pieces.append(" " * (len(container.marker) + 1 if container.marker else 2))
    return "".join(pieces)


class _Writer:
    """Writes blocks into nested lists and quotations, which it opens and closes as they come."""

    def __init__(self, context: InlineContext, label_of: LabelOf, dress: Dress) -> None:
        self._context = context
        self._label_of = label_of
        self._dress = dress
        self._pieces: list[str] = []
        self._open: tuple[Container, ...] = ()

    def write(self, group: list[Block]) -> None:
        """One block, with all of its segments."""
        block = group[0]
        self._enter(block.containers)
        match block.kind:
            case BlockKind.HEADING:
                level = min(max(block.level, 1), 6)
                self._pieces.append(f"<h{level}>{self._inline(group)}</h{level}>")
            case BlockKind.CODE:
                self._pieces.append(self._code(group))
            case BlockKind.TABLE:
                self._pieces.append(self._table(group))
            case BlockKind.RULE:
                self._pieces.append("<hr>")
            case BlockKind.PARAGRAPH | BlockKind.MATH:
                innermost = block.containers[-1] if block.containers else Container()
                is_bare = innermost.is_item and innermost.starts
                text = self._inline(group)
                self._pieces.append(text if is_bare else f"<p>{text}</p>")
        self._pieces.append("\n")

    def finished(self) -> str:
        """All of it, everything closed."""
        self._leave(0)
        return "".join(self._pieces).strip("\n")

    def _enter(self, containers: tuple[Container, ...]) -> None:
        kept = _shared(self._open, containers)
        goes_on = (
            kept < len(self._open)
            and kept < len(containers)
            and self._open[kept].is_item
            and containers[kept].is_item
            and _list_tag(self._open[kept]) == _list_tag(containers[kept])
        )
        self._leave(kept + 1 if goes_on else kept)
        if goes_on:
            self._pieces.append("</li>\n" + _item(containers[kept]))
        for container in containers[kept + 1 if goes_on else kept :]:
            if container.is_item:
                number = container.marker.rstrip(".)")
                start = f' start="{number}"' if number.isdecimal() and number != "1" else ""
                self._pieces.append(f"<{_list_tag(container)}{start}>\n{_item(container)}")
            else:
                self._pieces.append("<blockquote>\n")
        # What goes on keeps the look of its opening, whatever a later block says of it.
        self._open = self._open[:kept] + containers[kept:]

    def _leave(self, depth: int) -> None:
        for container in reversed(self._open[depth:]):
            ending = f"</li>\n</{_list_tag(container)}>\n" if container.is_item else "</blockquote>\n"
            self._pieces.append(ending)

    def _code(self, group: list[Block]) -> str:
        language = escape(group[0].language.split()[0]) if group[0].language.strip() else ""
        text = _joined(group, lambda block: plain_text(block, self._context, self._label_of), "\n")
        attribute = f' class="language-{language}"' if language else ""
        return f"<pre><code{attribute}>{self._dress.code(text, group[0].language)}</code></pre>"

    def _table(self, group: list[Block]) -> str:
        alignments = group[0].alignments
        rows = [row for block in group for row in block.rows]
        lines = ["<table>"]
        for index, row in enumerate(rows):
            tag = "th" if index == 0 else "td"
            cells = []
            for column, cell in enumerate(row):
                alignment = alignments[column] if column < len(alignments) else ""
                is_known = alignment in ("left", "center", "right")
                style = f" {self._dress.alignment % alignment}" if is_known else ""
                cells.append(f"<{tag}{style}>{self._cell(cell)}</{tag}>")
            opening, closing = ("<thead>", "</thead>") if index == 0 else ("", "")
            if index == 1:
                opening = "<tbody>"
            if index and index == len(rows) - 1:
                closing = "</tbody>"
            lines.append(f"{opening}<tr>{''.join(cells)}</tr>{closing}")
        return "\n".join([*lines, "</table>"])

    def _inline(self, group: list[Block]) -> str:
        return _joined(group, lambda block: self._html(source_runs(block, self._context)), " ")

    def _cell(self, cell: Cell) -> str:
        return self._html(source_cell_runs(cell, self._context))

    def _html(self, runs: list[Run]) -> str:
        pieces = []
        for run in runs:
            if isinstance(run, ChipRun):
                pieces.append(self._dress.chip(run.citation))
                continue
            text = escape(run.text, quote=False).replace(LINE_BREAK, "<br>")
            for style, tag in _TAGS:
                if style in run.style:
                    text = f"<{tag}>{text}</{tag}>"
            if run.href:
                text = f'<a href="{escape(run.href)}" rel="noopener noreferrer">{text}</a>'
            pieces.append(text)
        return "".join(pieces)


def _list_tag(container: Container) -> str:
    return "ol" if container.marker[:1].isdecimal() else "ul"


def _item(container: Container) -> str:
    return f"<li>{container.marker} " if container.marker and container.marker in _TASKS else "<li>"
