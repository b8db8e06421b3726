"""Signed addresses of media: whoever has one sees the video, and they expire. Nothing that is kept has any.

Of what the service sends as data (annotations, steps, unknown events), the members that hold addresses of
media are emptied. An answer's own text keeps its addresses, since it speaks of them, but without the query
that a signature stands in. An answer in memory has all of it while it is looked at, so that it has pictures;
later these are had anew through the items that it cites.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from trackside.domain.answer import SavedAnswer, SavedItem
from trackside.domain.stream import Annotation, ContentPart, OutputItem, UnknownEvent

T = TypeVar("T")
Span = tuple[int, int]
"""Of a text, from the first character to that after the last."""

MASK = "\uf8f5"
"""In place of a signature's characters where a text has to keep its length: a running answer's journal."""

_NAME_END = re.compile(
    r"(?:thumbnail|hls|manifest|representative|video|image|stream|poster|preview)_?\Z", re.IGNORECASE
)
_LONGEST_NAME = 16
_MEMBER = re.compile(
    r"urls?\\*[\"']\s*:\s*(?:(?P<quote>\\*[\"'])(?P<value>.*?)(?=(?P=quote)|\Z)|\[(?P<list>[^][{}]*))",
    re.IGNORECASE | re.DOTALL,
)
"""A member from its name's end on, with one address or a list of them: of JSON, which may itself stand in a
JSON string and so have backslashes before its quotes, or of what Python prints. It may be cut off."""
_ADDRESS = re.compile(r"https?:(?:\\*/){2}(?:[^\s\"'<>\\]|\\+(?:/|u[0-9a-f]{4}))*", re.IGNORECASE)
_BEGINS = r"(?:[?&;]|\\u0026|\\u003f)"
_NEVER_ELSE = r"x-(?:amz|goog|oss)-(?:signature|credential|security-token)|key-pair-id|hdn(?:ts|ea|tl)"
_SIGNED = re.compile(
    rf"{_BEGINS}(?:{_NEVER_ELSE}|signature|sig|policy|awsaccesskeyid|googleaccessid|hmac|verify|__token__|"
    r"__gda__|(?:access_|auth_)?token|jwt)=",
    re.IGNORECASE,
)
_SURELY_SIGNED = re.compile(rf"{_BEGINS}(?:{_NEVER_ELSE})=", re.IGNORECASE)
"""Nobody gives another thing such a name, so it needs no address before it."""
_MAY_BE_SIGNED = re.compile(r"\?(?:x(?:-.*)?|k|ke|key(?:-.*)?|h|hd|hdn.*)", re.IGNORECASE | re.DOTALL)
"""What may yet become such a one."""
_QUERY = re.compile(r"\?|\\u003f", re.IGNORECASE)
_CHARS = rf"[!#$%&*-;=?-Z^_a-z~{MASK}]|\\+(?:/|u[0-9a-f]{{4}})"
"""Of a query. Others are percent-encoded in it, so that in Chinese the sentence goes on behind an address."""
_RUN = re.compile(
    rf"(?:\?|\\u003f)(?:{_CHARS}|\((?:{_CHARS})*\)|\[(?:{_CHARS})*\]|\{{(?:{_CHARS})*\}})*", re.IGNORECASE
)
"""A query in a text. A bracket that closes what was opened before it belongs to the text: Markdown's
`[words](address)`."""
_REST = re.compile(r"[^\s\"'<>]*")
"""Of a query that was given out masked before its end had come: too much goes rather than too little."""
_AFTER = ".,;:!?*"
"""What a sentence puts behind an address."""
_ADDRESS_BEGIN = re.compile(r"https?:(?:\\*/){2}", re.IGNORECASE)
_OPEN_ADDRESS = re.compile(r"https?:(?:\\*/){2}[^\s\"'<>]*\Z", re.IGNORECASE)
_LONGEST = 2_048
"""Characters that an address may have before its query, and a query before it is taken for a signed one."""
_GAPS = ' \n\t"<>'


# -- data --------------------------------------------------------------------------------------------


def without_addresses(text: str) -> str:
    """A text, mostly JSON, with nothing in the members that hold addresses of media, and no signature in any
    address that stands elsewhere."""
    lower = text.lower()
    if len(lower) != len(text):  # the one letter that becomes two
        lower = text.replace("\u0130", "i").lower()
    if "url" in lower:
        emptied = _cut(text, _members(text, lower))
        if emptied is not text:
            text, lower = emptied, ""
    if "http" in (lower or text.lower()):
        return _cut(text, _queries_of_addresses(text))
    return text


def _members(text: str, lower: str) -> list[Span]:
    """Where the values of members stand that hold addresses of media. Found by a word that is in all of them:
    an expression that is tried at each character of a megabyte would stop the window for a moment."""
    found: list[Span] = []
    at = lower.find("url")
    while at >= 0:
        end = at + 3
        if _NAME_END.search(text, max(0, at - _LONGEST_NAME), at) and (member := _MEMBER.match(text, at)):
            found.append(member.span("value" if member["quote"] else "list"))
            end = member.end()
        at = lower.find("url", max(end, at + 3))
    return found


def _queries_of_addresses(text: str) -> list[Span]:
    found: list[Span] = []
    for address in _ADDRESS.finditer(text):
        if _SIGNED.search(address[0]) and (query := _QUERY.search(address[0])):
            found.append((address.start() + query.start(), address.end()))
    return found


# -- an answer's own text ----------------------------------------------------------------------------


def without_signatures(text: str) -> str:
    """A text whose addresses have no query where that has a signature. Everything else of it stays."""
    return _cut(text, signed_queries(text))


def masked(text: str, before: str = "") -> str:
    """The same, as long as it was: what would go is `MASK`. `before` is the end of what stands before it."""
    pieces: list[str] = []
    done = 0
    for start, end in signed_queries(text, before):
        pieces += [text[done:start], "?", MASK * (end - start - 1)]
        done = end
    return "".join([*pieces, text[done:]]) if done else text


def signed_queries(text: str, before: str = "") -> list[Span]:
    """Where queries with a signature stand in a text, their question marks included."""
    found: list[Span] = []
    for run in _queries(text, 0):
        at, query = run.start(), run[0]
        if "=" in query or MASK in query:
            is_surely = MASK in query or _SURELY_SIGNED.search(query) is not None
            if is_surely or (_SIGNED.search(query) and _is_in_address(text, at, before)):
                found.append((at, at + max(1, len(query.rstrip(_AFTER)))))
    return found


def _queries(text: str, start: int) -> Iterator[re.Match[str]]:
    """What may be a query, signed or not. A plain question mark is looked for as such: it takes a tenth of
    an expression's time."""
    has_escapes = "\\u003" in text
    while True:
        if has_escapes:
            escaped = _QUERY.search(text, start)
            start = escaped.start() if escaped else -1
        else:
            start = text.find("?", start)
        if start < 0 or (run := _RUN.match(text, start)) is None:
            return
        yield run
        start = run.end()


def _is_in_address(text: str, at: int, before: str) -> bool:
    lead = text[max(0, at - _LONGEST) : at]
    if len(lead) < _LONGEST and before:
        lead = before[-_LONGEST:] + lead
    return _OPEN_ADDRESS.search(lead) is not None


class GrowingText:
    """A text as it comes, with the queries of signed addresses masked: what was given out never has a part
    of one, however it was cut. The end of an address that has a query is kept back until all of it came."""

    __slots__ = ("_before", "_held", "_is_masking", "_skip")

    def __init__(self) -> None:
        self._before = ""
        self._held = ""
        self._is_masking = False
        self._skip = 0
        """Whether what is held begins with a question mark that was given out already."""

    def more(self, text: str) -> str:
        """What can be given out now that this has come."""
        lead = ""
        if self._is_masking:
            rest = _REST.match(text)
            assert rest is not None
            self._is_masking = rest.end() == len(text)
            lead, text = self._given(MASK * rest.end()), text[rest.end() :]
        elif not self._held and self._before.endswith("?"):
            self._held, self._before, self._skip = "?", self._before[:-1], 1
        text, self._held = self._held + text, ""
        start = _open_query(text, self._before)
        given = self._given(masked(text[:start], self._before))
        self._held = text[start:]
        return lead + given + (self.rest(is_end=False) if len(self._held) > _LONGEST else "")

    def rest(self, *, is_end: bool) -> str:
        """What is kept back. Unless this is the text's end, a query is masked whose end hasn't come, and so
        is what still comes of it."""
        tail, self._held = self._held, ""
        if not tail or is_end:
            return self._given(masked(tail, self._before))
        self._is_masking = True
        return self._given(f"?{MASK * (len(tail) - 1)}")

    def _given(self, text: str) -> str:
        if not text:
            return ""
        self._before = (self._before + text)[-_LONGEST:]
        skip, self._skip = self._skip, 0
        return text[skip:]


def _open_query(text: str, before: str) -> int:
    """Where a query begins that may be a signed one and goes on behind the text's end; else that end."""
    begin = _after_gap(text)
    lead = before[_after_gap(before) :] if begin == 0 else ""
    address = _ADDRESS_BEGIN.search(lead + text, 0 if lead else begin)
    within = address.end() - len(lead) if address else len(text) + 1
    for run in _queries(text, begin):
        start, end = run.span()
        if not (end == len(text) or text[end] in "([{" or (text[end] == "\\" and len(text) - end < 6)):
            continue
        if start >= within or _MAY_BE_SIGNED.fullmatch(text, start):
            return start
    return len(text)


def _after_gap(text: str) -> int:
    return max(text.rfind(gap) for gap in _GAPS) + 1


# -- a whole answer ----------------------------------------------------------------------------------


def unsigned(answer: SavedAnswer) -> SavedAnswer:
    """The answer without signed addresses: in its text, its annotations, and in what steps and unknown events
    brought along. The very same if there are none."""
    items = _each(answer.items, _saved_item)
    unknown = _each(answer.unknown, unsigned_event)
    if items is answer.items and unknown is answer.unknown:
        return answer
    return replace(answer, items=items, unknown=unknown)


def unsigned_event(event: UnknownEvent) -> UnknownEvent:
    data = without_addresses(event.data)
    return event if data == event.data else replace(event, data=data)


def unsigned_item(item: OutputItem, part_of: Callable[[ContentPart], ContentPart]) -> OutputItem:
    """The item without signed addresses; what becomes of its parts, `part_of` says."""
    content = _each(item.content, part_of)
    arguments, output = without_addresses(item.arguments), without_addresses(item.output)
    if content is item.content and arguments == item.arguments and output == item.output:
        return item
    return replace(item, content=content, arguments=arguments, output=output)


def masked_part(part: ContentPart) -> ContentPart:
    """The part with its text as long as it was, so that places in it are the same."""
    text, annotations = masked(part.text), _each(part.annotations, _annotation)
    return _part(part, text, annotations)


def unsigned_part(part: ContentPart) -> ContentPart:
    """The part without signed addresses; its annotations cover the same words as before."""
    annotations = _each(part.annotations, _annotation)
    spans = signed_queries(part.text)
    if spans and annotations:
        annotations = tuple(_moved(one, spans) for one in annotations)
    return _part(part, _cut(part.text, spans), annotations)


def _part(part: ContentPart, text: str, annotations: tuple[Annotation, ...]) -> ContentPart:
    if text == part.text and annotations is part.annotations:
        return part
    return ContentPart(text, annotations)


def _saved_item(entry: SavedItem) -> SavedItem:
    item = unsigned_item(entry.item, unsigned_part)
    return entry if item is entry.item else SavedItem(entry.output_index, item)


def _annotation(one: Annotation) -> Annotation:
    url = without_addresses(one.url) if one.url else one.url
    if url == one.url and not one.thumbnail_url and not one.hls_url:
        return one
    return replace(one, url=url, thumbnail_url=None, hls_url=None)


def _moved(one: Annotation, spans: Sequence[Span]) -> Annotation:
    """The annotation over what is left of its words; both of its ends are part of it."""
    start = one.start_index - sum(min(one.start_index, b) - a for a, b in spans if a < one.start_index)
    after = one.end_index + 1
    end = after - sum(min(after, b) - a for a, b in spans if a < after) - 1
    if end < start <= one.start_index and one.start_index <= one.end_index:
        start = end = max(0, end)  # all of it went: it stands at what came before
    return replace(one, start_index=start, end_index=end)


def _each(entries: tuple[T, ...], change: Callable[[T], T]) -> tuple[T, ...]:
    """The entries as they become; the very same tuple if none becomes another."""
    changed = tuple(map(change, entries))
    return entries if all(a is b for a, b in zip(entries, changed, strict=True)) else changed


def _cut(text: str, spans: Iterable[Span]) -> str:
    """The text without these stretches of it, the very same if there are none."""
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        pieces.append(text[done:start])
        done = end
    return "".join([*pieces, text[done:]]) if done else text
