"""Colours of code: which part of it is a keyword, a string, a comment."""

from collections.abc import Iterable
from functools import cache, lru_cache

from pygments.lexer import ExtendedRegexLexer, Lexer, LexerContext, RegexLexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, Token, _TokenType
from pygments.util import ClassNotFound

from trackside.markup.runs import TextRun

LONGEST_CODE = 8_192
"""Longer code stays plain: what a lexer costs can't be bounded otherwise. Fences come in segments anyway."""

_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "output", "none"})
_ROLES = {
    Comment: "comment",
    Keyword: "keyword",
    Name.Attribute: "name",
    Name.Builtin: "name",
    Name.Class: "name",
    Name.Decorator: "name",
    Name.Exception: "name",
    Name.Function: "name",
    Name.Tag: "name",
    Number: "number",
    Operator: "operator",
    Operator.Word: "keyword",
    String: "string",
    Generic.Deleted: "keyword",
    Generic.Inserted: "string",
    Generic.Heading: "name",
    Generic.Subheading: "name",
    Generic.Prompt: "comment",
    Token: "",
}
_FAULTS = (LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)
"""What a lexer for one of hundreds of languages may come to over text that isn't of its language."""


def highlight(code: str, language: str) -> list[TextRun]:
    """The code in runs with roles; their text together is the code. Plain where the language isn't known."""
    if not code:
        return []
    if len(code) > LONGEST_CODE or (lexer := _lexer(language)) is None:
        return [TextRun(code)]
    try:
        # Line rules of many lexers want a line feed at the end; what goes beyond the code is cut off.
        runs = _runs(lexer.get_tokens_unprocessed(f"{code}\n"), code)
    except _FAULTS:
        return [TextRun(code)]
    # Some lexers give tokens out of order, or leave something out.
    return runs if "".join(run.text for run in runs) == code else [TextRun(code)]


class Highlighter:
    """Colours a fence that comes in segments: what a lexer knows by its state goes on over their borders.

    Those are Python's long strings, templates of JavaScript, scripts in HTML and the like; what a lexer
    takes in one step, as a comment of C, does not, and lexers without states begin anew each time.
    `state` is where the last segment ended; a new highlighter goes on from there when it is given that.
    """

    def __init__(self, language: str, state: tuple[str, ...] = ()) -> None:
        self.state = state
        self._language = language

    def highlight(self, code: str) -> list[TextRun]:
        """The next segment in runs, whose text together is the segment's. It ends with a line."""
        state, self.state = self.state, ()
        lexer = _lexer(self._language) if 0 < len(code) <= LONGEST_CODE else None
        goes_on = isinstance(lexer, RegexLexer) and (
            type(lexer).get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed
        )
        if not goes_on:
            return highlight(code, self._language)
        context = LexerContext(f"{code}\n", 0, list(state or ("root",)))
        try:
            # The extended lexer walks any lexer's rules, and keeps its states where one can read them.
            runs = _runs(ExtendedRegexLexer.get_tokens_unprocessed(lexer, context=context), code)
        except _FAULTS:
            return highlight(code, self._language)
        if "".join(run.text for run in runs) != code:
            return highlight(code, self._language)
        self.state = tuple(context.stack)
        return runs


def _runs(tokens: Iterable[tuple[int, _TokenType, str]], code: str) -> list[TextRun]:
    runs: list[TextRun] = []
    texts: list[str] = []
    role = ""
    length, role_of = len(code), _role
    for index, kind, text in tokens:
        if index + len(text) > length:
            text = text[: max(0, length - index)]
        if not text:
            continue
        found = role_of(kind)
        # Space has no colour: it doesn't part two runs.
        if found != role and not text.isspace():
            if texts:
                runs.append(TextRun("".join(texts), role=role))
                texts.clear()
            role = found
        texts.append(text)
    if texts:
        runs.append(TextRun("".join(texts), role=role))
    return runs


@cache
def _role(kind: _TokenType) -> str:
    found: _TokenType | None = kind
    while found is not None:
        if (role := _ROLES.get(found)) is not None:
            return role
        found = found.parent
    return ""


@lru_cache(maxsize=16)
def _lexer(language: str) -> Lexer | None:
    """The lexer of a language by one of its names; only its own module is loaded. It is slow to find."""
    name = language.strip().lower()
    if name in _PLAIN or name not in _names():
        return None
    try:
        return get_lexer_by_name(name)
    except ClassNotFound:
        return None


@cache
def _names() -> frozenset[str]:
    """Asked first, since Pygments looks for an unknown name among all that is installed."""
    return frozenset(alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)
