"""Which rows can't have a query: told from their Markdown sources without parsing them."""

import json
import re
from collections.abc import Callable
from html import unescape

from trackside.ui.transcript.query import UNSEEN, Query

CHUNK = 32
_BORDER = "\0"
# What Markdown may put into a phrase without showing it, and spaces. Deleted from source and query alike:
# what is next to each other as shown then is so in the source, too.
_DELETED = bytes(
    byte for byte in range(128) if 0 < byte <= 32 or byte == 127 or byte in b'*_`~\\>|[]()<!-:$"{},'
)
_LOWER = bytes(range(256)).lower()
_WIDE_DELETED = re.compile(f"[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000{UNSEEN}]+")
_CLOCK = r"\d{1,3}:[0-5]\d(?::[0-5]\d)?(?:\.\d{1,3})?"
# What stands in the source for nothing that is shown. Each begins with a character that most texts don't
# have, which is far quicker to look for than any of them.
_HOLES = (
    ("<", re.compile(r"</?[vVtT][rR][eE][fF]\b[^<>\0]{0,500}>|<[bB][rR]\s{0,9}/?>")),
    (
        "](",
        re.compile(
            r"""\]\(\s{0,9}(?:<[^<>\n\0]{0,2000}>|(?:[^\s()\0]|\([^\s()\0]{0,500}\)){0,2000}+)
            (?:\s{1,9}(?:"[^"\0]{0,500}"|'[^'\0]{0,500}'))?\s{0,9}\)""",
            re.VERBOSE,
        ),
    ),
    ("][", re.compile(r"\]\[[^\]\[\0]{0,999}\]")),
    ("[", re.compile(rf"\[{_CLOCK}(?:\s{{0,4}}[-–—]\s{{0,4}}{_CLOCK})?\](?!\()")),
    ("\ue200", re.compile("\ue200[^\ue200\ue201\0]{0,400}\ue201")),
)
# And what stands there for something else: entities, and escapes of JSON.
_WRITTEN = (
    ("&", re.compile(r"(?<!\\)&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")),
    ("\\", re.compile(r"\\[nrt]|(?:\\u[0-9a-fA-F]{4})+")),
)
# Where such marks may be shown after all: in code, in the names of files, in links that aren't followed.
_DOUBTFUL = ("```", "`<", "`[", "\\", "    ", "][", "![")
_ODD_LINK = re.compile(r"\]\((?!<?(?:https?://|mailto:))")
# Between and after rough texts; deleted from them, and so in no query.
_OR = b"\n"
_WITH_FORMULA = b"\t"
_FORMULA = re.compile(r"\$[^$]*\$|\\[(\[]|\\begin\b")


class RoughTexts:
    """What rows show, in the rough: no spaces, no marks, small letters. Kept, in about the sources' size.

    They are made and kept for some rows together, which costs little more than for one.
    """

    def __init__(self, row_count: Callable[[], int], source: Callable[[int], str]) -> None:
        self._row_count = row_count
        self._source = source
        self._rows = 0
        self._chunks: dict[int, bytes] = {}
        self._open: tuple[int, list[bytes]] = (-1, [])

    def fit(self) -> None:
        """Takes note of rows that were added at the end or removed there."""
        rows = self._row_count()
        if rows != self._rows:
            last = min(rows, self._rows) // CHUNK
            for number in [number for number in self._chunks if number >= last]:
                del self._chunks[number]
            self._open = (-1, [])
            self._rows = rows

    def chunk(self, row: int) -> bytes:
        """The texts of all rows from `row - row % CHUNK` on, `CHUNK` of them, with something between."""
        number = row // CHUNK
        if number not in self._chunks:
            first = number * CHUNK
            rows = range(first, min(first + CHUNK, self._row_count()))
            self._chunks[number] = _rough_chunk([self._source(row) for row in rows])
        return self._chunks[number]

    def read(self, row: int) -> bytes:
        """A row's text."""
        if self._open[0] != row // CHUNK:
            self._open = (row // CHUNK, self.chunk(row).split(b"\0"))
        return self._open[1][row % CHUNK]

    def forget(self, row: int) -> None:
        """Makes a row's text anew when it is asked for."""
        self._chunks.pop(row // CHUNK, None)
        self._open = (-1, [])

    def clear(self) -> None:
        self._chunks.clear()
        self._open = (-1, [])


class Sieve:
    """Holds back the rows that can't have a query.

    It may let others through, and must not hold back one that has it, with few exceptions: a phrase across
    a bare asset id, or across marks in code and marks that are Markdown's.
    """

    def __init__(self, query: Query) -> None:
        words = query.words
        self._needle = _rough(words).replace(b"\0", b"")
        self._letters = [run.encode() for run in re.findall("[a-z0-9]+", words.casefold())]
        self._marks = [
            char for char in set(words) if char > " " and char.isascii() and char.encode() in _DELETED
        ]

    def lets_through(self, rough: bytes) -> bool:
        """Whether a row, or one of some rows, could have the query by its rough text."""
        if self._needle in rough:
            return True
        # A formula is shown as what TeX's names stand for: only letters are sure to be in the source.
        return _WITH_FORMULA in rough and all(letters in rough for letters in self._letters)

    @property
    def needs_source(self) -> bool:
        """Whether `lets_source_through` has to be asked as well."""
        return bool(self._marks)

    def lets_source_through(self, source: str) -> bool:
        """Whether it has the marks that rough texts don't, or something that may be shown as one."""
        return (
            all(mark in source for mark in self._marks)
            or "&" in source
            or "\\u" in source
            or _FORMULA.search(source) is not None
        )


def _rough_chunk(sources: list[str]) -> bytes:
    joined = _BORDER.join(sources)
    if joined.count(_BORDER) >= max(len(sources), 1):
        sources = [source.replace(_BORDER, "") for source in sources]
        joined = _BORDER.join(sources)
    plain = _read_out(_without_holes(joined))
    rough = _rough(plain)
    is_doubtful = plain != joined and _is_doubtful(joined)
    has_formula = ("$" in joined or "\\" in joined) and _FORMULA.search(joined) is not None
    if not is_doubtful and not has_formula:
        return rough
    texts = rough.split(b"\0")
    for place, source in enumerate(sources):
        if is_doubtful and _is_doubtful(source):
            # Any way to read it will do.
            without = _without_holes(source)
            ways = {source, without, _read_out(source)} - {_read_out(without)}
            texts[place] = _OR.join((texts[place], *(_rough(way) for way in sorted(ways))))
        if has_formula and _FORMULA.search(source) is not None:
            texts[place] += _WITH_FORMULA
    return b"\0".join(texts)


def _is_doubtful(source: str) -> bool:
    """Whether some of it may be shown as it stands there, though it looks like Markdown's marks."""
    if any(mark in source for mark in _DOUBTFUL):
        return True
    if "`" in source and ("](" in source or "&" in source):
        return True
    links = source.count("](")
    return links > 0 and (links > source.count("[") or _ODD_LINK.search(source) is not None)


def _without_holes(source: str) -> str:
    """The source without links' targets, tags and the like."""
    for mark, hole in _HOLES:
        if mark in source:
            source = hole.sub("", source)
    return source


def _read_out(source: str) -> str:
    """The source with entities and escapes as what they stand for."""
    for mark, written in _WRITTEN:
        if mark in source:
            source = written.sub(_meaning, source)
    return source


def _meaning(written: re.Match[str]) -> str:
    text = written[0]
    if text[0] == "&":
        return unescape(text)
    if text.startswith("\\u"):
        return str(json.loads(f'"{text}"')).replace(_BORDER, "")
    return ""


def _rough(text: str) -> bytes:
    if not text.isascii():
        text = _WIDE_DELETED.sub("", text.casefold())
    return text.encode("utf-8", "surrogatepass").translate(_LOWER, _DELETED)
