"""What is copied: as Markdown, as plain text and as rich text, the last two made only when asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from trackside.domain.answer import Answer
from trackside.domain.citation import Citation
from trackside.domain.stream import Annotation
from trackside.domain.turn import Turn
from trackside.markup.blocks import Block, BlockKind
from trackside.markup.copying import to_html, to_plain
from trackside.markup.inline import InlineContext
from trackside.markup.readable import in_brackets, readable_source
from trackside.ui.transcript.answer_blocks import AnswerBlocks
from trackside.ui.transcript.places import QUESTION, STEPS, Selection
from trackside.ui.transcript.rows import Rows
from trackside.ui.transcript.turn_content import TurnContent

LabelOf = Callable[[Citation], str]
_WHOLE = (0, -1)
_MOST_SETTLED = 2_000_000
"""Characters that are still written out for other programs when the window closes."""
_MARKDOWN, _HTML, _PLAIN = "text/markdown", "text/html", "text/plain"


@dataclass(slots=True)
class Excerpt:
    """A stretch of what one side says: words as they are, or Markdown with its blocks."""

    speaker: str
    words: str = ""
    source: str = ""
    annotations: Sequence[Annotation] = ()
    wants_json: bool = False
    blocks: Sequence[Block] | None = None
    """None: all of the source, parsed when it is needed."""
    context: InlineContext = field(default_factory=lambda: InlineContext({}, ()))

    def markdown(self, label_of: LabelOf) -> str:
        if self.words:
            return self.words
        if self.blocks is None:
            return readable_source(self.source, self.annotations, in_brackets(label_of))
        first, last = self.blocks[0], self.blocks[-1]
        inside = [a for a in self.annotations if first.start <= a.start_index and a.end_index < last.end]
        return readable_source(self.source, inside, in_brackets(label_of), first.start, last.end).strip("\n")

    def plain(self, label_of: LabelOf) -> str:
        return self.words or to_plain(*self._parsed(), label_of)

    def html(self, label_of: LabelOf) -> str:
        if self.words:
            paragraphs = escape(self.words).split("\n\n")
            return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in paragraphs)
        return to_html(*self._parsed(), label_of)

    def _parsed(self) -> tuple[Sequence[Block], InlineContext]:
        if self.blocks is None:
            reading = AnswerBlocks.of_text(self.source, self.annotations, wants_json=self.wants_json)
            self.blocks, self.context = [reading[i] for i in range(len(reading))], reading.context
        return self.blocks, self.context


def excerpt_of_answer(turn: Turn, answer: Answer) -> Excerpt:
    """All of an answer."""
    return Excerpt(
        "Jockey",
        source=answer.text,
        annotations=answer.annotations,
        wants_json=turn.ask.schema is not None,
    )


def excerpts_of(rows: Rows, selection: Selection) -> list[Excerpt]:
    """What is selected, as a snapshot: the session may go on."""
    found: list[Excerpt] = []
    first, last = selection.first, selection.last
    for row in range(first.row, min(last.row, len(rows) - 1) + 1):
        if first.row < row < last.row or (first <= (row, QUESTION, 0) and row < last.row):
            turn = rows.turns[row]
            found.append(Excerpt("You", words=turn.ask.question))
            attempt = turn.shown_attempt
            if attempt is not None and attempt.answer.has_text:
                found.append(excerpt_of_answer(turn, attempt.answer))
        else:
            found += _partial(row, rows.content(row), selection)
    return [excerpt for excerpt in found if excerpt.words or excerpt.source]


def _partial(row: int, content: TurnContent, selection: Selection) -> list[Excerpt]:
    """Of a turn that is selected in part: whole blocks as their source, the others as they read."""
    found: list[Excerpt] = []
    spans = _spans(row, content, selection)
    whole_blocks: list[Block] = []
    attempt = content.attempt
    joined_group = -1
    known: dict[int, bool] = {}
    for part, span in spans.items():
        block = content.answer[part] if part >= 0 else None
        if block is not None and attempt is not None and _is_whole(content, part, spans, known):
            if not whole_blocks:
                excerpt = excerpt_of_answer(content.turn, attempt.answer)
                excerpt.blocks, excerpt.context = whole_blocks, content.answer.context
                found.append(excerpt)
            whole_blocks.append(block)
            continue
        whole_blocks = []
        rendered = content.rendered(part)
        words = rendered.plain_text() if span == _WHOLE else rendered.plain_text(*span)
        if block is not None and block.group == joined_group and not block.is_first:
            found[-1].words += _joint(block) + words
            continue
        joined_group = block.group if block is not None else -1
        speaker = "You" if part == QUESTION else "Steps" if part == STEPS else "Jockey"
        found.append(Excerpt(speaker, words=words))
    return found


def _spans(row: int, content: TurnContent, selection: Selection) -> dict[int, tuple[int, int]]:
    """What is selected of each part that has anything selected. Only the ends have to be laid out for it."""
    spans: dict[int, tuple[int, int]] = {}
    ends = (selection.first[:2], selection.last[:2])
    for part in content.parts:
        if (row, part) in ends:
            length = len(content.rendered(part).text)
            span = selection.within(row, part, length)
            if span is not None:
                spans[part] = _WHOLE if span == (0, length) else span
        elif ends[0] < (row, part) < ends[1]:
            spans[part] = _WHOLE
    return spans


def _is_whole(
    content: TurnContent, part: int, spans: dict[int, tuple[int, int]], known: dict[int, bool]
) -> bool:
    """Whether a block is selected with all that it is a segment of. `known` are groups looked at before."""
    block = content.answer[part]
    if block.is_first and block.is_last:
        return spans[part] == _WHOLE
    if block.group not in known:
        known[block.group] = all(spans.get(segment) == _WHOLE for segment in content.group_of(part))
    return known[block.group]


def _joint(block: Block) -> str:
    """What stands between a segment and the one before it."""
    if block.continues_line:
        return ""
    return " " if block.kind is BlockKind.PARAGRAPH else "\n"


class CopiedExcerpts(QMimeData):
    """Excerpts on the clipboard. A text of thousands of turns is written when somebody pastes it."""

    def __init__(self, excerpts: list[Excerpt], label_of: LabelOf, *, as_markdown: bool = False) -> None:
        """`as_markdown`: plain text is the Markdown, too."""
        super().__init__()
        self._excerpts = excerpts
        self._label_of = label_of
        self._as_markdown = as_markdown
        self._made: dict[str, str] = {}

    def formats(self) -> list[str]:
        return [_PLAIN, _MARKDOWN] if self._as_markdown else [_PLAIN, _HTML, _MARKDOWN]

    def hasFormat(self, mime_type: str) -> bool:
        return mime_type in self.formats()

    def retrieveData(self, mime_type: str, _kind: object) -> object:
        return self.written(mime_type) if mime_type in self.formats() else None

    @property
    def source_length(self) -> int:
        return sum(len(excerpt.words or excerpt.source) for excerpt in self._excerpts)

    def written(self, mime_type: str) -> str:
        """The text in one of the formats; written once."""
        if mime_type not in self._made:
            self._made[mime_type] = self._written(mime_type)
        return self._made[mime_type]

    def _written(self, mime_type: str) -> str:
        names_speakers = len({excerpt.speaker for excerpt in self._excerpts}) > 1
        pieces: list[str] = []
        before = ""
        for excerpt in self._excerpts:
            is_new, before = excerpt.speaker != before, excerpt.speaker
            match mime_type:
                case _ if mime_type == _HTML:
                    head = f"<p><strong>{escape(excerpt.speaker)}</strong></p>"
                    text = excerpt.html(self._label_of)
                case _ if mime_type == _MARKDOWN or self._as_markdown:
                    head, text = f"**{excerpt.speaker}**\n\n", excerpt.markdown(self._label_of)
                case _:
                    head, text = f"{excerpt.speaker}:\n", excerpt.plain(self._label_of)
            pieces.append(head + text if names_speakers and is_new else text)
        return ("" if mime_type == _HTML else "\n\n").join(pieces)


def copy(excerpts: list[Excerpt], label_of: LabelOf, *, as_markdown: bool = False) -> None:
    """Puts excerpts on the clipboard."""
    QGuiApplication.clipboard().setMimeData(CopiedExcerpts(excerpts, label_of, as_markdown=as_markdown))


def settle_clipboard() -> None:
    """Makes plain data of what was copied: after the end, nobody is there to write it for whoever pastes."""
    clipboard = QGuiApplication.clipboard()
    for mode in (clipboard.Mode.Clipboard, clipboard.Mode.Selection):
        copied = clipboard.mimeData(mode)
        if not isinstance(copied, CopiedExcerpts):
            continue
        plain = QMimeData()
        if copied.source_length <= _MOST_SETTLED:
            for mime_type in copied.formats():
                plain.setData(mime_type, copied.written(mime_type).encode())
        clipboard.setMimeData(plain, mode)
