"""Blocks written by hand, for the tests of what is made of them."""

from trackside.domain.citation import Citation
from trackside.domain.stream import Annotation, AnnotationKind
from trackside.markup.blocks import Block, BlockKind, Container
from trackside.markup.inline import InlineContext
from trackside.markup.runs import ChipRun, Run, Style, TextRun

NOTHING = InlineContext({})


def paragraph(content: str, start: int = 0, *, is_open: bool = False) -> Block:
    """A paragraph whose lines stand in the source as they are."""
    return Block(
        BlockKind.PARAGRAPH,
        start,
        start + len(content),
        content,
        lines=lines(content, start),
        is_open=is_open,
    )


def code(content: str, language: str = "", *, is_open: bool = False) -> Block:
    """A fence's text."""
    return Block(
        BlockKind.CODE, 0, len(content), content, lines=lines(content, 0), language=language, is_open=is_open
    )


def quoted(content: str, start: int = 0) -> Block:
    """A paragraph in a quotation: each of its lines has “> ” before it in the source."""
    pairs = []
    position, source = 0, start + 2
    for line in content.split("\n"):
        pairs.append((position, source))
        position += len(line) + 1
        source += len(line) + 3
    return Block(BlockKind.PARAGRAPH, start, source - 2, content, (Container(starts=True),), tuple(pairs))


def lines(content: str, start: int) -> tuple[tuple[int, int], ...]:
    """The map of content that stands in the source as it is."""
    positions = [0, *(index + 1 for index, char in enumerate(content) if char == "\n")]
    return tuple((position, start + position) for position in positions)


def annotation(first: int, last: int, title: str = "one") -> Annotation:
    """A citation of a video over code points `first` to `last`, both included."""
    return Annotation(AnnotationKind.VIDEO, first, last, item_id=f"ksi_{title}", title=title)


def over(text: str, part: str, title: str = "one") -> Annotation:
    """A citation over a part of a text."""
    start = text.index(part)
    return annotation(start, start + len(part) - 1, title)


def label(citation: Citation) -> str:
    """What a chip says in these tests."""
    return f"[{citation.title or citation.item_id or citation.asset_id or citation.start_s}]"


def said(runs: list[Run]) -> list[str | tuple[str, ...]]:
    """Runs in brief: plain text as it is, other text with looks and target, a chip as ("chip", source)."""
    result: list[str | tuple[str, ...]] = []
    for run in runs:
        if isinstance(run, ChipRun):
            result.append(("chip", run.source))
        elif isinstance(run, TextRun):
            looks = [style.name.lower() for style in Style if style in run.style and style.name]
            looks += [run.href] if run.href else []
            result.append((run.text, *looks) if looks else run.text)
    return result
