"""Citations of one block, each as one code point while its Markdown is read."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trackside.domain.citation import Citation, CitedSpan, find_citations
from trackside.domain.stream import Annotation
from trackside.markup.wording import FIRST_PLACEHOLDER, LAST_PLACEHOLDER, clean

PLACEHOLDER = re.compile(f"[{chr(FIRST_PLACEHOLDER)}-{chr(LAST_PLACEHOLDER)}]")
_MOST = LAST_PLACEHOLDER - FIRST_PLACEHOLDER + 1
_BEGINNING = re.compile(r"<[vVtT]|\[\d|\ue200")
_ASSET = re.compile("[0-9a-f][0-9a-f]{23}")
_GAP = " \t\r\n|"
_LONGEST_ADDRESS = 2_048
_ADDRESS_END = re.compile(r"""[\s)\]<>"]""")


@dataclass(frozen=True, slots=True)
class Cited:
    """A cited passage: `citation` is None for a marker that must not be shown."""

    citation: Citation | None
    source: str

    @property
    def is_bare(self) -> bool:
        """Whether it is just a time or an asset's id, which code may hold for reasons of its own."""
        citation = self.citation
        if citation is None or not self.source:
            return False
        if citation.asset_id is not None:
            return True
        names = (citation.item_id, citation.collection_id, citation.url, citation.text_id, citation.title)
        return self.source[0] == "[" and citation.start_s is not None and not any(names)


@dataclass(frozen=True, slots=True)
class CitedText:
    """A text with a placeholder where each citation stood, and the citations in the same order."""

    text: str
    cited: tuple[Cited, ...]

    def at(self, placeholder: str) -> Cited:
        """What a code point of the text stands for."""
        index = ord(placeholder) - FIRST_PLACEHOLDER
        return self.cited[index] if index < len(self.cited) else Cited(None, "\ufffd")

    def restored(self, text: str) -> str:
        """A part of the text as it stands in the source."""
        if not self.cited:
            return text
        return PLACEHOLDER.sub(lambda match: self.at(match[0]).source, text)


def trimmed(annotations: Iterable[Annotation], text: str) -> tuple[Annotation, ...]:
    """The annotations of an answer without the line feeds and cell borders at a span's ends.

    A span that ends between two blocks would otherwise belong to none of them.
    """
    result = []
    for annotation in annotations:
        start, end = annotation.start_index, annotation.end_index
        if 0 <= start <= end < len(text) and (text[start] in _GAP or text[end] in _GAP):
            while end > start and text[end] in _GAP:
                end -= 1
            while start < end and text[start] in _GAP:
                start += 1
            annotation = replace(annotation, start_index=start, end_index=end)
        result.append(annotation)
    return tuple(result)


def cite(
    content: str,
    annotations: Sequence[Annotation] = (),
    lines: tuple[tuple[int, int], ...] = (),
    start: int = 0,
    end: int = 0,
) -> CitedText:
    """The content with its citations taken out. `lines`, `start` and `end` are those of its block."""
    content = clean(content)
    spans: list[CitedSpan] = []
    if annotations:
        inside, at_end = _moved(content, annotations, lines or ((0, start),), start, end)
        spans = find_citations(content, inside)
        for position, annotation in at_end:
            at = next((span.end for span in spans if span.start < position < span.end), position)
            (alone,) = find_citations(" ", [replace(annotation, start_index=0, end_index=0)])
            spans.append(CitedSpan(at, at, alone.citation))
        spans.sort(key=lambda span: (span.start, span.end))
    elif _BEGINNING.search(content) or (len(content) >= 24 and _ASSET.search(content)):
        spans = find_citations(content)
    if not spans:
        return CitedText(content, ())
    pieces: list[str] = []
    cited: list[Cited] = []
    last = 0
    for span in spans[:_MOST]:
        found = Cited(span.citation, content[span.start : span.end])
        if found.is_bare and _is_in_address(content, span.start):
            continue
        pieces += [content[last : span.start], chr(FIRST_PLACEHOLDER + len(cited))]
        cited.append(found)
        last = span.end
    pieces.append(content[last:])
    return CitedText("".join(pieces), tuple(cited))


def _is_in_address(content: str, position: int) -> bool:
    """Whether a web address that stands bare in the text goes on up to here."""
    before = content[max(0, position - _LONGEST_ADDRESS) : position]
    scheme = before.rfind("://")
    return scheme >= 0 and not _ADDRESS_END.search(before, scheme)


def _moved(
    content: str, annotations: Sequence[Annotation], lines: tuple[tuple[int, int], ...], start: int, end: int
) -> tuple[list[Annotation], list[tuple[int, Annotation]]]:
    """Annotations that lie in the block, at positions of its content; and chips for those that end in it.

    What of a span is container marks or a line's end is no text, so it is left out.
    """
    sources = [source for _, source in lines]
    starts = [position for position, _ in lines]
    ends = [position - 1 for position in starts[1:]] + [len(content)]
    first_source, last_source = min(start, sources[0]), max(end, sources[-1] + ends[-1] - starts[-1] + 1)
    inside: list[Annotation] = []
    at_end: list[tuple[int, Annotation]] = []
    for annotation in annotations:
        first, last = annotation.start_index, annotation.end_index
        if not first_source <= last < last_source or first > last:
            continue
        line = bisect_right(sources, last) - 1
        stop = min(starts[line] + last - sources[line] + 1, ends[line]) if line >= 0 else 0
        if first < first_source:
            at_end.append((stop, annotation))
            continue
        line = bisect_right(sources, first) - 1
        begin = starts[line] + first - sources[line] if line >= 0 else 0
        if line >= 0 and begin >= ends[line]:
            begin = starts[line + 1] if line + 1 < len(starts) else ends[line]
        if begin < stop:
            inside.append(replace(annotation, start_index=begin, end_index=stop - 1))
        else:
            at_end.append((stop, annotation))
    return inside, at_end
