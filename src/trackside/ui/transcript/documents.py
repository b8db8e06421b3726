"""Text documents made of runs."""

import re
from dataclasses import dataclass

from PySide6.QtGui import QTextBlock, QTextCursor

from trackside.domain.citation import Citation
from trackside.markup.runs import CHIP, LINE_BREAK, Run, Style, TextRun
from trackside.ui.transcript.chips import ChipDocument
from trackside.ui.transcript.look import Face, Look

BREAK = "\u200b"
"""Stands after each chip: a line of chips alone has a text's descent by it, and may end there."""
CELL_ENDS = "\u2029\ufdd0\ufdd1"
"""What Qt has between blocks, before a table's cells and after its last."""
_LONGEST_CODE_LINE = 2_000
"""Characters up to which a line of code scrolls sideways instead of being wrapped."""
_LONG_LINE = re.compile(f"[^\n{LINE_BREAK}]{{{_LONGEST_CODE_LINE + 1}}}")
_UNFIT = re.compile("[\0\n\r\u2029\ufdd0\ufdd1\ufffc\ud800-\udfff]")
_UNSAID = re.compile(f"[{CHIP}{BREAK}{LINE_BREAK}{CELL_ENDS}]")
_LINE_ENDS = "\n\r\u2029"
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Target:
    """A link or chip in a document."""

    start: int
    end: int
    target: str | Citation


class BlockDocument(ChipDocument):
    """A block's document, and what stands where in it."""

    def __init__(self, look: Look, face: Face) -> None:
        super().__init__(look)
        self.setUndoRedoEnabled(False)
        self.setDocumentMargin(0)
        self.setDefaultFont(face.font)
        self.targets: list[Target] = []
        self.code_spans: list[tuple[int, int]] = []
        self._block_texts: dict[int, str] = {}

    def insert(self, cursor: QTextCursor, runs: list[Run], face: Face, room: float) -> None:
        """Puts runs where the cursor is. Call it inside an edit block: without, each lays out anew."""
        look = self.look
        for run in runs:
            start = cursor.position()
            if not isinstance(run, TextRun):
                cursor.insertText(CHIP + BREAK, self.add_chip(run.citation, start, room))
                self.targets.append(Target(start, start + 1, run.citation))
                continue
            href = run.href
            cursor.insertText(
                fit(run.text), look.char_format(face, run.style, is_link=bool(href), role=run.role)
            )
            if href:
                add_link(self.targets, start, cursor.position(), href)
            if run.style is not Style.PLAIN and Style.CODE in run.style and face.base is not Style.CODE:
                self.code_spans.append((start, cursor.position()))

    def block_text(self, block: QTextBlock) -> str:
        """The text of one of Qt's blocks, a character a position. Only for a document that is complete."""
        start = block.position()
        if (text := self._block_texts.get(start)) is None:
            text = self._block_texts[start] = text_units(block.text())
        return text

    def plain_text(self, start: int, end: int) -> str:
        """What a stretch says, with chips as their labels and without what can't be seen."""
        text = text_units(self.toRawText())
        labels = {
            one.start: " ".join(filter(None, self.look.chip_label(one.target)))
            for one in self.targets
            if isinstance(one.target, Citation)
        }

        def said(match: re.Match[str]) -> str:
            match match[0]:
                case "\ufffc":
                    return labels.get(start + match.start(), "")
                case "\u200b":
                    return ""
                case "\u2028":
                    return "\n"
                case _:
                    return self.parting(start + match.start())

        return whole_text(_UNSAID.sub(said, text[start:end]))

    def parting(self, _position: int) -> str:
        """What to say for a mark between parts."""
        return "\n"


def add_link(targets: list[Target], start: int, end: int, href: str) -> None:
    """Notes a link, or that the last one goes on."""
    last = targets[-1] if targets else None
    if last is not None and last.end == start and last.target == href:
        last.end = end
    else:
        targets.append(Target(start, end, href))


def prose_document(runs: list[Run], face: Face, look: Look, room: int) -> BlockDocument:
    """A paragraph, heading or formula, wrapped at the room."""
    document = BlockDocument(look, face)
    document.setDefaultTextOption(look.wrapping)
    document.setTextWidth(room)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    cursor.setBlockFormat(face.lines)
    document.insert(cursor, runs, face, room)
    keep_shapes(document.firstBlock())
    cursor.endEditBlock()
    return document


def code_document(runs: list[Run], look: Look, room: int) -> BlockDocument:
    """Lines of code, as wide as they are unless one is beyond all measure."""
    document = BlockDocument(look, look.fence)
    if has_long_line(runs):
        document.setDefaultTextOption(look.code_wrapping)
        document.setTextWidth(room)
    else:
        document.setDefaultTextOption(look.code_lines)
    cursor = QTextCursor(document)
    # All lines in one of Qt's blocks, parted by line separators: half the cost of a block a line.
    cursor.beginEditBlock()
    cursor.setBlockFormat(look.fence.lines)
    document.insert(cursor, runs, look.fence, room)
    keep_shapes(document.firstBlock())
    cursor.endEditBlock()
    return document


def has_long_line(runs: list[Run]) -> bool:
    """Whether a line of code is to be wrapped."""
    return any(
        len(run.text) > _LONGEST_CODE_LINE and _LONG_LINE.search(run.text)
        for run in runs
        if isinstance(run, TextRun)
    )


def keep_shapes(block: QTextBlock) -> None:
    """Lets one of Qt's blocks shape its text once, not again for each painting."""
    block.layout().setCacheEnabled(True)


def fit(text: str) -> str:
    """The text without what a document takes for its own marks. No character moves."""
    return _UNFIT.sub(lambda m: LINE_BREAK if m[0] in _LINE_ENDS else "\ufffd", text)


def text_units(text: str) -> str:
    """A text with one character a position of a document: Qt counts UTF-16 units."""
    if text.isascii():
        return text
    return _ASTRAL.sub(_surrogates, text)


def whole_text(units: str) -> str:
    """The opposite: a document's units as the text that they are."""
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _surrogates(match: re.Match[str]) -> str:
    offset = ord(match[0]) - 0x10000
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))
