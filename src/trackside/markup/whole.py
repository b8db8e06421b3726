"""A text that doesn't grow, read to its end: for export, and for whatever else shows nothing meanwhile."""

from collections.abc import Sequence

from trackside.domain.stream import Annotation
from trackside.markup.blocks import Block
from trackside.markup.cited import trimmed
from trackside.markup.inline import InlineContext
from trackside.markup.json_reader import JsonReader, looks_like_json
from trackside.markup.reader import BlockReader

_STEP = 8_192


def is_json(text: str, *, wants_json: bool) -> bool:
    """Whether an answer is shown as JSON. `wants_json`: a schema was asked for, so any JSON at all is."""
    start = text.lstrip()[:64]
    return start[:1] in ("{", "[") if wants_json else bool(looks_like_json(start))


def whole_blocks(
    text: str, annotations: Sequence[Annotation] = (), *, as_json: bool = False
) -> tuple[list[Block], InlineContext]:
    """All blocks of a text, and what is needed to know what they say."""
    reader = JsonReader() if as_json else BlockReader()
    reader.feed(text)
    reader.finish()
    while reader.read(_STEP):
        pass
    return reader.closed, InlineContext(reader.references, trimmed(annotations, text))
