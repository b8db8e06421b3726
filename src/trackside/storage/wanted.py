"""What somebody looks for, from the text as typed: a question to the index, and patterns for the places."""

import re
from dataclasses import dataclass

from trackside.storage.folding import GAP, RUN, SPACED_LETTER, folded, pairs

_LONGEST = 500
_MOST_TERMS = 16
_VAGUE_LENGTH = 2
_TERM = re.compile(r'["“”„«»]([^"“”„«»]*)(["“”„«»]?)|([^\s"“”„«»]+)')


@dataclass(frozen=True, slots=True)
class Wanted:
    """`match` is an FTS5 expression, `patterns` find each term in a folded text. A text fulfils both or
    neither."""

    match: str
    patterns: tuple[re.Pattern[str], ...]
    is_vague: bool = False
    """Whether it is but the beginning of one word, too short to say which texts fit better than others."""


def wanted(text: str) -> Wanted | None:
    """The terms of a text: words, and phrases in quotation marks. The last one may be unfinished, unless a
    quotation mark closes it. None when there is nothing to look for in it, such as in punctuation alone."""
    terms = list(_TERM.finditer(text[:_LONGEST]))[:_MOST_TERMS]
    matches, patterns = [], []
    for number, term in enumerate(terms):
        is_open = number == len(terms) - 1 and not term[2]
        runs = [
            (run[0], run["unspaced"] is not None) for run in RUN.finditer(folded(term[1] or term[3] or ""))
        ]
        if runs:
            matches.append(_match(runs, is_open=is_open))
            patterns.append(_pattern(runs, is_open=is_open))
    if not matches:
        return None
    is_vague = len(terms) == 1 and not terms[0][2] and len(text.strip()) <= _VAGUE_LENGTH
    return Wanted(" AND ".join(matches), tuple(patterns), is_vague)


def _match(runs: list[tuple[str, bool]], *, is_open: bool) -> str:
    words: list[str] = []
    for run, is_unspaced in runs:
        words += [*pairs(run), run[-1]] if is_unspaced else [run]
    last, is_unspaced = runs[-1]
    if is_unspaced:
        # It may go on in the text. One character alone begins the pairs that it stands in.
        is_open = len(last) == 1
        if not is_open:
            words.pop()
    # Words have no quotation marks: these are not letters.
    return f'"{" ".join(words)}"{"*" if is_open else ""}'


def _pattern(runs: list[tuple[str, bool]], *, is_open: bool) -> re.Pattern[str]:
    source = "" if runs[0][1] else f"(?<!{SPACED_LETTER})"
    before = runs[0][1]
    for number, (run, is_unspaced) in enumerate(runs):
        if number:
            source += f"{GAP}*" if is_unspaced != before else f"{GAP}+"
        source += re.escape(run)
        before = is_unspaced
    if not (before or is_open):
        source += f"(?!{SPACED_LETTER})"
    return re.compile(source)
