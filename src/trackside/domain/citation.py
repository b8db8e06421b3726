"""Citations in an answer's text: annotations, `<vref>` and `<tref>` tags, bare times and asset ids."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trackside.domain.stream import Annotation

_MARK_OPEN = "\ue200"
_MARK_CLOSE = "\ue201"
_LATEST_S = 1e7

_TAG = re.compile(
    r"""<(?P<tag>vref|tref)\b(?P<attributes>(?:\s+[\w-]+\s*=\s*(?:"[^"<>]*"|\\"[^"<>]*\\"|'[^'<>]*'))*)\s*
        (?:/>|>(?:\s{0,8}</(?P=tag)\s{0,8}>)?)""",
    re.VERBOSE | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*\\?["']([^"'\\<>]*)""")
_CLOCK = r"\d{1,3}:[0-5]\d(?::[0-5]\d)?(?:\.\d{1,3})?"
_TIMES = re.compile(rf"\[(?P<start>{_CLOCK})(?:\s{{0,4}}[-–—]\s{{0,4}}(?P<end>{_CLOCK}))?\](?!\()")
_ASSET = re.compile(r"(?P<tick>(?<!\w)`|)(?<![\w/])(?P<asset>[0-9a-f]{24})(?![\w/])(?P=tick)")
_HEX = re.compile("[0-9a-f][0-9a-f]{23}")
_MARK = re.compile(f"{_MARK_OPEN}[^{_MARK_OPEN}{_MARK_CLOSE}]{{0,400}}{_MARK_CLOSE}")

# What may still become a citation when more text comes. Each pattern is tried from the last place where
# such a thing can begin, so the cost doesn't depend on what stands before.
_LONGEST_TAG = 500
_TAG_PREFIX = re.compile(
    r"""</?(?:[vt](?:r(?:e(?:f(?:\s[^<>]*)?)?)?)?)?
        |<[vt]ref(?:\s[^<>]*)?>(?:(?<!/>)\s{0,8}(?:<(?:/(?:[vt](?:r(?:e(?:f\s{0,8})?)?)?)?)?)?)?""",
    re.VERBOSE | re.IGNORECASE,
)
_MARK_PREFIX = re.compile(f"{_MARK_OPEN}[^{_MARK_OPEN}{_MARK_CLOSE}]{{0,400}}")
_TIMES_PREFIX = re.compile(r"\[[\d:.\s–—-]{0,40}\]?")
_ASSET_PREFIX = re.compile(r"(?:(?<!\w)`|(?:(?<!\w)`|(?<![\w/]))[0-9a-f]{1,24}`?)\Z")
_ASSET_ENDS = frozenset("0123456789abcdef`")
_LONGEST_ASSET = 26


@dataclass(frozen=True, slots=True)
class Citation:
    """A pointer from the answer into an item. Times are in seconds; both absent mean the whole video."""

    item_id: str | None = None
    asset_id: str | None = None
    collection_id: str | None = None
    url: str | None = None
    text_id: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    title: str | None = None
    thumbnail_url: str | None = None
    hls_url: str | None = None


@dataclass(frozen=True, slots=True)
class CitedSpan:
    """`text[start:end]` stands for `citation`; without one it is a marker that must not be shown."""

    start: int
    end: int
    citation: Citation | None


def find_citations(text: str, annotations: Iterable[Annotation] = ()) -> list[CitedSpan]:
    """All citations of a text in order, without overlaps: where forms collide, annotations win.

    Positions are code points. Annotations over one and the same span are all kept, as empty spans
    after the first, so that each gets its chip.
    """
    spans: list[CitedSpan] = []
    for annotation in sorted(annotations, key=lambda a: (a.start_index, a.end_index)):
        start, end = annotation.start_index, annotation.end_index + 1
        if not 0 <= start < end <= len(text):
            continue
        if spans and start < spans[-1].end:
            start = end = spans[-1].end
        spans.append(CitedSpan(start, end, _from_annotation(annotation)))
    taken = bytearray(len(text))
    for span in spans:
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    for pattern, read in ((_TAG, _from_tag), (_MARK, None), (_TIMES, _from_times), (_ASSET, _from_asset)):
        if pattern is _ASSET and not _HEX.search(text):
            continue  # many times faster than to look for one with all that may stand around it
        for match in pattern.finditer(text):
            start, end = match.span()
            if read is None:
                spans += [CitedSpan(*free, None) for free in _free_runs(taken, start, end)]
            elif end - start <= _LONGEST_TAG and taken.find(1, start, end) < 0:
                spans.append(CitedSpan(start, end, read(match)))
            else:
                continue
            taken[start:end] = b"\1" * (end - start)
    return sorted(spans, key=lambda span: (span.start, span.end))


def _free_runs(taken: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What is left of a marker where an annotation covers only part of it: none of that is shown."""
    while start < end:
        start = taken.find(0, start, end)
        if start < 0:
            return
        stop = taken.find(1, start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop


def showable_length(text: str) -> int:
    """How much of a growing text can be shown: what may yet turn into a citation is held back.

    That costs a word's delay now and then, so show all of a text that has ended.
    """
    end = len(text)
    held = [end]
    last = text.rfind("<", max(0, end - _LONGEST_TAG))
    # The last “<” may belong to a closing tag, whose opening one is then the last but one.
    for start in (last, text.rfind("<", max(0, end - _LONGEST_TAG), max(last, 0))):
        if start >= 0 and _TAG_PREFIX.fullmatch(text, start):
            held.append(start)
    for opening, prefix, longest in ((_MARK_OPEN, _MARK_PREFIX, 402), ("[", _TIMES_PREFIX, 42)):
        start = text.rfind(opening, max(0, end - longest))
        if start >= 0 and prefix.fullmatch(text, start):
            held.append(start)
    if text[-1:] in _ASSET_ENDS and (found := _ASSET_PREFIX.search(text, max(0, end - _LONGEST_ASSET))):
        held.append(found.start())
    return min(held)


def clock(seconds: float) -> str:
    """Seconds as M:SS or H:MM:SS with two-digit minutes: 134 → 02:14."""
    whole = int(min(max(seconds, 0.0), _LATEST_S)) if seconds == seconds else 0
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def clock_range(citation: Citation) -> str:
    """The cited time as words: “02:14–02:31”, “from 02:14”, or nothing for the whole video."""
    if citation.start_s is None and citation.end_s is None:
        return ""
    if citation.end_s is None:
        return f"from {clock(citation.start_s or 0)}"
    return f"{clock(citation.start_s or 0)}–{clock(citation.end_s)}"


def parse_clock(text: str) -> float | None:
    """MM:SS, HH:MM:SS or plain seconds, in seconds; None for anything else."""
    try:
        numbers = [float(part) for part in text.strip().split(":")]
    except ValueError:
        return None
    if not 1 <= len(numbers) <= 3 or any(n < 0 or n != n for n in numbers):
        return None
    total = 0.0
    for number in numbers:
        total = total * 60 + number
    return total if total < _LATEST_S else None


def _from_annotation(annotation: Annotation) -> Citation:
    return Citation(
        item_id=annotation.item_id,
        collection_id=annotation.collection_id,
        url=annotation.url,
        start_s=annotation.start_s,
        end_s=annotation.end_s,
        title=annotation.title,
        thumbnail_url=annotation.thumbnail_url,
        hls_url=annotation.hls_url,
    )


def _from_tag(match: re.Match[str]) -> Citation:
    attributes = {name.lower(): value for name, value in _ATTRIBUTE.findall(match["attributes"])}
    identity = attributes.get("id", "").strip()
    if match["tag"].lower() == "tref":
        return Citation(text_id=identity or None)
    if identity and not identity.startswith("ksi_"):
        identity = f"ksi_{identity}"
    return Citation(
        item_id=identity or None,
        start_s=parse_clock(attributes.get("start", "")),
        end_s=parse_clock(attributes.get("end", "")),
    )


def _from_times(match: re.Match[str]) -> Citation:
    return Citation(start_s=parse_clock(match["start"]), end_s=parse_clock(match["end"] or ""))


def _from_asset(match: re.Match[str]) -> Citation:
    return Citation(asset_id=match["asset"])
