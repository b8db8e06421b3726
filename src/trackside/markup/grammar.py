"""Inline Markdown as tokens: CommonMark, strikethrough, bare addresses and formulas; HTML is text."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from unicodedata import category

from markdown_it import MarkdownIt
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    image,
    link,
    newline,
    strikethrough,
)
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

from trackside.markup.walking import InlineWalk
from trackside.markup.wording import FIRST_PLACEHOLDER, LAST_PLACEHOLDER, clean

LONGEST_MARKUP = 16_384
MOST_DELIMITERS = 2_000
MOST_BRACKETS = 400
"""Content beyond a bound is shown as it is, with its citations: no nesting of it can cost a frame."""

_DELIMITERS = "*_~[]`<$\\&!"
_BREAK = re.compile(r"<br\s{0,8}/?>", re.IGNORECASE)
_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)
_P = f"{chr(FIRST_PLACEHOLDER)}-{chr(LAST_PLACEHOLDER)}"
_PLACEHOLDER = re.compile(f"[{_P}]")
_LONGEST_ADDRESS = 2_048
# Pandoc's rule for dollars, and neither of them at a word outside, so that “US$5” and “$HOME/$USER” are text.
# A formula has no back-ticks, so that code wins, and no opening of its own kind, which keeps this linear.
_DOLLARS = re.compile(rf"\$\$((?:[^$`\\{_P}]|\\.)++)\$\$", re.DOTALL)
_DOLLAR = re.compile(rf"\$(?![\s$])((?:[^$`\\{_P}]|\\.)++)(?<!\s)\$(?![0-9A-Za-z$])", re.DOTALL)
_ROUND = re.compile(rf"\\\(((?:[^`\\{_P}]|\\[^()`{_P}])++)\\\)", re.DOTALL)
_SQUARE = re.compile(rf"\\\[((?:[^`\\{_P}]|\\[^\[\]`{_P}])++)\\\]", re.DOTALL)
_FORMAL = re.compile(r"[\\^_=+*/<>|{}]|^\s*[A-Za-z]\s*$")
"""What tells a formula in square brackets from “\\[1\\]”, which is how one writes brackets that are text."""


def is_bounded(content: str) -> bool:
    """Whether the content is small and plain enough to be read as Markdown."""
    if len(content) <= MOST_BRACKETS:
        return True
    if len(content) > LONGEST_MARKUP or content.count("[") > MOST_BRACKETS:
        return False
    return sum(map(content.count, _DELIMITERS)) <= MOST_DELIMITERS


def parse(content: str, references: Mapping[str, Any]) -> list[Token]:
    """The content's tokens. Link targets are as written: whether they are safe is the reader's to find."""
    markdown = _parser()
    # Kept as what markdown-it's own state has them: it only reads them.
    state = _State(content, markdown, {"references": references}, [])
    markdown.inline.tokenize(state)
    for rule in markdown.inline.ruler2.getRules(""):
        rule(state)
    return state.tokens


def addresses(text: str) -> list[tuple[int, int, str]]:
    """Mail addresses and “www.” hosts in a text: start, end and target. Other hosts are only words there."""
    finder = _parser().linkify
    if finder is None:
        return []
    found = []
    for one in finder.match(text) or ():
        if one.schema == "mailto:" or (not one.schema and one.text[:4].lower() == "www."):
            found.append((one.index, one.last_index, one.url))
    return found


class _Markdown(MarkdownIt):
    """Leaves targets alone: dangerous ones are told apart, and shown, when runs are made of the tokens."""

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 -- markdown-it's name
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 -- markdown-it's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 -- markdown-it's name
        return link


class _State(StateInline):
    """Takes a citation's placeholder for punctuation, as what it stands for mostly begins and ends with."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 -- markdown-it's
        end = start + 1
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start else " "
        after = self.src[end] if end < self.posMax else " "
        opens, closes = flanking(before, after, splits_words=canSplitWord)
        return Scanned(opens, closes, end - start)


def flanking(before: str, after: str, *, splits_words: bool) -> tuple[bool, bool]:
    """Whether a run of delimiters between two characters can open and can close, by CommonMark's rule."""
    is_after_space, is_before_space = before.isspace(), after.isspace()
    is_after_sign, is_before_sign = _is_sign(before), _is_sign(after)
    left = not (is_before_space or (is_before_sign and not (is_after_space or is_after_sign)))
    right = not (is_after_space or (is_after_sign and not (is_before_space or is_before_sign)))
    opens = left and (splits_words or not right or is_after_sign)
    closes = right and (splits_words or not left or is_before_sign)
    return opens, closes


def _is_sign(char: str) -> bool:
    if char.isalnum():
        return False
    return category(char)[0] in "PS" or FIRST_PLACEHOLDER <= ord(char) <= LAST_PLACEHOLDER


@cache
def _parser() -> MarkdownIt:
    markdown = _Markdown("commonmark", {"html": False, "linkify": True})
    markdown.inline = InlineWalk(
        {
            "\n": (newline,),
            "\\": (_formula, escape),
            "$": (_formula,),
            "`": (backtick,),
            "~": (strikethrough.tokenize,),
            "*": (emphasis.tokenize,),
            "_": (emphasis.tokenize,),
            "[": (link,),
            "!": (image,),
            "<": (_line_break, autolink),
            "&": (_entity,),
            ":": (_address,),
        }
    )
    return markdown


def formula_at(source: str, position: int, end: int) -> re.Match[str] | None:
    """The formula that begins at this dollar or backslash: its TeX is the first group."""
    match: re.Match[str] | None = None
    if source.startswith("$", position):
        match = _DOLLARS.match(source, position, end)
        is_in_word = position > 0 and source[position - 1].isascii() and source[position - 1].isalnum()
        if match is None and not is_in_word:
            match = _DOLLAR.match(source, position, end)
    elif source.startswith("\\(", position):
        match = _ROUND.match(source, position, end)
    elif source.startswith("\\[", position):
        match = _SQUARE.match(source, position, end)
        if match and not _FORMAL.search(match[1]):
            return None
    return match if match and match[1].strip() else None


def _formula(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\" or not (match := formula_at(state.src, state.pos, state.posMax)):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = match[1]
        token.markup = match[0]
    state.pos = match.end()
    return True


def _line_break(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<" or not (match := _BREAK.match(state.src, state.pos, state.posMax)):
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = match.end()
    return True


def _entity(state: StateInline, silent: bool) -> bool:
    """An entity can spell what `clean` has taken out of the text."""
    count = len(state.tokens)
    if not entity(state, silent):
        return False
    if not silent and len(state.tokens) > count:
        state.tokens[-1].content = clean(state.tokens[-1].content)
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """markdown-it's own rule, but a citation ends an address and a search never goes far."""
    position = state.pos
    if not state.src.startswith("://", position) or state.linkLevel or state.md.linkify is None:
        return False
    if not (scheme := _SCHEME.search(state.pending[-16:])):
        return False
    start = position - len(scheme[1])
    end = min(state.posMax, start + _LONGEST_ADDRESS)
    if citation := _PLACEHOLDER.search(state.src, start, end):
        end = citation.start()
    if not (link := state.md.linkify.match_at_start(state.src[start:end])):
        return False
    url = link.url.rstrip("*")
    if len(url) <= len(scheme[0]) + 3:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        token = state.push("link_open", "a", 1)
        token.attrs = {"href": url}
        token.markup = "linkify"
        token = state.push("text", "", 0)
        token.content = url
        state.push("link_close", "a", -1).markup = "linkify"
    state.pos = start + len(url)
    return True
