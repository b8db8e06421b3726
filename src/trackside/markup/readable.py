"""An answer's source with its citations in words, since their tags and markers mean nothing elsewhere."""

from collections.abc import Callable, Sequence

from trackside.domain.citation import Citation, find_citations
from trackside.domain.stream import Annotation
from trackside.markup.cited import Cited


def in_brackets(label_of: Callable[[Citation], str]) -> Callable[[Citation], str]:
    """Labels as they stand in a text: in brackets."""
    return lambda citation: f"[{label_of(citation)}]"


def readable_source(
    source: str,
    annotations: Sequence[Annotation],
    told: Callable[[Citation], str],
    start: int = 0,
    end: int | None = None,
) -> str:
    """`source[start:end]` with what `told` says in place of each citation. Times and ids stay as they are."""
    end = len(source) if end is None else end
    pieces, at = [], start
    for span in find_citations(source, annotations):
        if span.start < at or span.end > end or span.start < start:
            continue
        text = source[span.start : span.end]
        if Cited(span.citation, text).is_bare:
            continue  # times and ids can be read as they are
        pieces.append(source[at : span.start])
        if span.citation is not None:
            pieces.append(told(span.citation))
        at = span.end
    pieces.append(source[at:end])
    return "".join(pieces)
