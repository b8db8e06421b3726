"""Foreign text in a Markdown file: as it reads, and never taken for the file's own structure."""

import re
from bisect import bisect_right

from trackside.markup.blocks import Block, BlockKind
from trackside.markup.whole import whole_blocks
from trackside.markup.wording import bidi_pops, clean

_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SIGNS = re.compile(r"[\\`*\[\]<>~|$]|(?<!\w)_|_(?!\w)|&(?=#|\w+;)|!(?=\[)")
_BEGINNING = re.compile(r"^(\s*)([#+=-]|\d{1,9}(?=[.)]))")
_MARKER = re.compile(r"^(\s*\d{1,9})([.)])")
_TARGET = r"\s*<?(?!(?:https?://|mailto:|#|/)|[\w./-]*(?:[\s)>?#]|\Z))"
"""What a link leads to if it is neither the web nor mail nor a plain path."""
_OPENING = r"<(?!https?://[^\s<>]*>|[\w.+-]+@[\w.-]+>)(?=[A-Za-z/!?])"
_RISK = re.compile(rf"(?<!\\)(?:{_OPENING}|\](?=\({_TARGET}))", re.IGNORECASE)
_LABEL = r"(?:[^\\\[\]]|\\.){1,999}"
_DEFINITION = re.compile(rf"^[ >]*(?P<sign>\[)(?={_LABEL}\]:{_TARGET})", re.IGNORECASE | re.MULTILINE)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_RISKY = re.compile(r"<[A-Za-z/!?]|```|~~~|\]\(|\]:")
_TICKS = re.compile("`+")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})")


def lines_of(text: str) -> list[str]:
    """A text's lines, without controls; directions that a line turns end with it."""
    return [line + bidi_pops(line) for line in clean(_LINE_ENDS.sub("\n", text)).split("\n")]


def escaped(line: str) -> str:
    """One line of words as Markdown that reads as just these words."""
    line = _SIGNS.sub(r"\\\g<0>", line)
    if found := _MARKER.match(line):
        return f"{found[1]}\\{line[found.start(2) :]}"
    if found := _BEGINNING.match(line):
        return f"{found[1]}\\{line[found.start(2) :]}"
    return line


def quoted(text: str) -> str:
    """Words as a quotation that keeps its line ends."""
    lines = [_indented(line.rstrip()) for line in lines_of(text.strip())]
    followed = zip(lines, [*lines[1:], ""], strict=True)
    ends = ["\\" if line and following else "" for line, following in followed]
    return "\n".join(f"> {line}{end}".rstrip(" ") for line, end in zip(lines, ends, strict=True))


def _indented(line: str) -> str:
    """Spaces at the beginning would make code of it, so they are ones that Markdown doesn't count."""
    words = line.lstrip()
    return "\u00a0" * len(line[: len(line) - len(words)].expandtabs(4)) + escaped(words)


def fenced(text: str, language: str = "") -> str:
    """Text in a fence that nothing in it can close."""
    lines = lines_of(text.strip("\n"))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def settled(source: str) -> str:
    """An answer's Markdown as it is, but for what would reach beyond it: HTML is told as the text that the
    window shows it as, and a fence that was left open is closed."""
    source = _LINE_ENDS.sub("\n", source)
    source = "\n".join(line + bidi_pops(line) for line in clean(source).split("\n"))
    if not _RISKY.search(source):
        return source
    blocks, _ = whole_blocks(source)
    places = {place: instead for block in blocks for place, instead in _risks(block, source)}
    code = [(block.start, block.end) for block in blocks if block.kind is BlockKind.CODE]
    starts = [start for start, _ in code]
    for match in _DEFINITION.finditer(source):
        at = match.start("sign")
        within = bisect_right(starts, at) - 1
        if within < 0 or at >= code[within][1]:
            places[at] = "\\["
    pieces, at = [], 0
    for place, instead in sorted(places.items()):
        pieces += [source[at:place], instead]
        at = place + 1
    pieces.append(source[at:])
    return "".join(pieces) + _closing(blocks, source)


def _risks(block: Block, source: str) -> list[tuple[int, str]]:
    """Where HTML and links to neither web nor mail begin in a block, and what is written instead."""
    if block.kind in (BlockKind.CODE, BlockKind.RULE):
        return []
    if block.kind is BlockKind.MATH:
        end = min(block.end, len(source))
        return [(match.start(), "\\lt ") for match in _TAG.finditer(source, block.start, end)]
    places: list[int] = []
    if block.kind is BlockKind.TABLE:
        for cell in (cell for row in block.rows for cell in row):
            end = cell.start + len(cell.content) + cell.content.count("|")
            places += [cell.start + at for at in _outside_code(source[cell.start : end])]
    else:
        lines = block.line_places()
        starts = [at for at, _ in lines]
        for at in _outside_code(block.content):
            start, place = lines[max(0, bisect_right(starts, at) - 1)]
            places.append(place + at - start)
    return [(at, f"\\{source[at]}") for at in places if source[at : at + 1] in ("<", "]")]


def _outside_code(content: str) -> list[int]:
    """Where something risky begins that doesn't stand in a code span."""
    if not _RISK.search(content):
        return []
    runs = [match.span() for match in _TICKS.finditer(content)]
    by_length: dict[int, list[int]] = {}
    for start, end in runs:
        by_length.setdefault(end - start, []).append(start)
    found, at = [], 0
    for start, end in runs:
        if start < at:
            continue
        before = content[:start]
        if (len(before) - len(before.rstrip("\\"))) % 2:
            start += 1  # the first of them is escaped
        same = by_length.get(end - start, [])
        closing = bisect_right(same, start)
        if start == end or closing == len(same):
            continue
        found += [risk.start() for risk in _RISK.finditer(content, at, start)]
        at = same[closing] + end - start
    return found + [risk.start() for risk in _RISK.finditer(content, at)]


def _closing(blocks: list[Block], source: str) -> str:
    """What closes a fence that goes on beyond the end. One in a list or quotation ends with that."""
    last = blocks[-1] if blocks else None
    if last is None or last.kind is not BlockKind.CODE or last.containers:
        return ""
    opening = _FENCE.match(source, last.group)
    if opening is None:
        return ""
    mark = opening["mark"]
    text = source[last.group :].rstrip("\n")
    end = text.rpartition("\n")[2].strip(" \t") if "\n" in text else ""
    if len(end) >= len(mark) and set(end) == {mark[0]}:
        return ""
    return f"\n{mark}"
