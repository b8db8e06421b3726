"""What foreign text may hold before it is laid out: no controls, no open bidi, no words without an end."""

import re

from trackside.markup.runs import CHIP, LINE_BREAK, Run, TextRun, shown_text

FIRST_PLACEHOLDER = 0xF0000
LAST_PLACEHOLDER = 0xFFFFD
"""Code points that stand for citations while Markdown is read; a text's own ones are replaced."""
BREAK_OPPORTUNITY = "\u200b"
"""Put into words beyond `LONGEST_WORD`, since laying out a word costs its length squared. Strip on copy."""
LONGEST_WORD = 1_000
LONGEST_MARKS = 500
"""So many combining marks in a row are kept: far more than any script has, and still cheap to paint."""

_ODD = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2029\ufffe\uffff{CHIP}\ud800-\udfff"
    f"{chr(FIRST_PLACEHOLDER)}-{chr(LAST_PLACEHOLDER)}]"
)
_SPACES = "\x0b\x0c\r"
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_MARKS = re.compile(f"({_MARK}{{{LONGEST_MARKS}}}){_MARK}+")
_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1}}}")
_SPACE = re.compile(r"\s")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_POP, _POP_ISOLATE = "\u202c", "\u2069"
_EMBEDDINGS, _ISOLATES = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"
_DEEPEST_BIDI = 125
"""Unicode's own bound: what opens beyond it has no effect and needs no pop."""


def clean(text: str) -> str:
    """The text without controls, lone surrogates and what stands for something here. Keeps every position."""
    if text.isascii() and text.isprintable():
        return text
    return _ODD.sub(_replaced, text) if _ODD.search(text) else text


def _replaced(match: re.Match[str]) -> str:
    if match[0] == "\u2029":
        return LINE_BREAK
    return " " if match[0] in _SPACES else "\ufffd"


def without_piles(text: str) -> str:
    """The text with piles of combining marks cut."""
    return _MARKS.sub(r"\1", text) if len(text) > LONGEST_MARKS else text


def bidi_pops(text: str) -> str:
    """What closes the bidi embeddings, overrides and isolates that a block leaves open."""
    if text.isascii():
        return ""
    is_open: list[str] = []
    for match in _BIDI.finditer(text):
        char = match[0]
        if char in _EMBEDDINGS:
            is_open.append(_POP)
        elif char in _ISOLATES:
            is_open.append(_POP_ISOLATE)
        elif char == _POP:
            if is_open and is_open[-1] == _POP:
                is_open.pop()
        elif _POP_ISOLATE in is_open:
            while is_open.pop() != _POP_ISOLATE:
                pass
        if len(is_open) > _DEEPEST_BIDI:
            is_open.pop()
    return "".join(reversed(is_open))


def laid_out(runs: list[Run]) -> list[Run]:
    """The runs as they may go into a document: bidi closed, long words breakable."""
    text = shown_text(runs)
    if pops := bidi_pops(text):
        runs = [*runs, TextRun(pops)]
    return _with_breaks(runs) if len(text) > LONGEST_WORD and _LONG.search(text) else runs


def _with_breaks(runs: list[Run]) -> list[Run]:
    """A word may go on over runs of several styles, so its length is counted over them."""
    result: list[Run] = []
    length = 0
    for run in runs:
        if not isinstance(run, TextRun):
            length = 0
            result.append(run)
            continue
        pieces = []
        start = 0
        while start < len(run.text):
            space = _SPACE.search(run.text, start)
            stop = space.start() if space else len(run.text)
            if length + stop - start > LONGEST_WORD:
                cut = start + max(LONGEST_WORD - length, 0)
                pieces += [run.text[start:cut], BREAK_OPPORTUNITY]
                start, length = cut, 0
                continue
            pieces.append(run.text[start : stop + 1])
            length = 0 if space else length + stop - start
            start = stop + 1
        result.append(TextRun("".join(pieces), run.style, run.href, run.role))
    return result
