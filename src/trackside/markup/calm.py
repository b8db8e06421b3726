"""The open tail of an answer without the flicker: marks that have only half arrived look finished."""

import re
from dataclasses import dataclass

from trackside.domain.citation import showable_length
from trackside.markup.grammar import flanking, formula_at, is_bounded

FARTHEST_BRACKET = 160
FARTHEST_CODE = 400
FARTHEST_FORMULA = 400
FARTHEST_DOLLAR = 40
FARTHEST_TARGET = 2_048
"""So many characters an end is waited for. What stays open longer is only a character of the text."""

_SIGN = re.compile(
    r"""(?P<escape>\\[^(\[])
      |(?P<tag><[^<>\s][^<>]{0,500}>)
      |(?P<half><(?:[A-Za-z/][^<>\s]{0,300})?\Z)
      |(?P<address>https?://[^\s<>()\[\]`]*(?<!\*))
      |(?P<code>`+)
      |(?P<formula>\\[(\[]|\$\$?)
      |(?P<marks>\*+|_+|~~+)
      |(?P<open>!?\[)
      |(?P<close>\])""",
    re.VERBOSE | re.DOTALL,
)
_BEGINNING = re.compile(r"\\|<|`|\$|\*|_|~|!\[|\[|\]|https?://")
"""What a sign begins with. A search for single characters is many times faster than one for signs."""
# What may yet become something else. A lone “!” does so only where an image can begin.
_HELD = re.compile(r"(?:\\|&(?:#[0-9A-Za-z]{0,8}|[A-Za-z][0-9A-Za-z]{0,31})?|(?:^|(?<=[\s\[]))!|~)\Z")
_TARGET = re.compile(
    r"""\(\s*(?:<[^<>\n]*>|(?:[^\s()\\<]|\\.|\((?:[^\s()\\]|\\.)*\))*)
        (?:\s+(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*\)""",
    re.VERBOSE | re.DOTALL,
)
_HALF_TARGET = re.compile(r"""\(\s*(?:<[^<>\n]*>?|[^\s<]*)(?:\s+(?:["'(].*)?)?\Z""", re.DOTALL)
_ESCAPING = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_FORMAL = re.compile(r"[\\^_{=+]")
_NO_TARGET = "](<>)"
"""Closes a link of which only the text is known: it leads nowhere yet."""


@dataclass(slots=True)
class _Opening:
    """A mark that waits for its end: `char` is one of * _ ~ [ or ! for an image, `count` of them are open."""

    position: int
    char: str
    count: int
    run: int = 0
    splits: bool = False

    @property
    def is_bracket(self) -> bool:
        return self.char in "[!"


def calm(content: str) -> str:
    """Inline Markdown that may go on, as it looks best meanwhile: every opening closed or held back.

    What is shown of it grows only, but for an opening that turns out to be none: that comes back as the
    characters that it is. Text and positions before the end stay as they are.
    """
    content = content[: showable_length(content)]
    return _Scan(content).closed() if is_bounded(content) else content


class _Scan:
    """One walk over the content, with the openings that have met no end so far."""

    def __init__(self, content: str) -> None:
        self._content = content
        self._openings: list[_Opening] = []
        self._code = ""
        self._walk()

    def closed(self) -> str:
        """The content with the ends that it lacks."""
        content, openings = self._content, self._openings
        if self._code:
            content += self._code
        else:
            farthest = len(content) - FARTHEST_BRACKET
            openings = [each for each in openings if not each.is_bracket or each.position >= farthest]
            if not openings:
                return content
            content = content.rstrip()
            if _ESCAPING.search(content):
                # The space that it stood before is gone, and it must not escape what comes instead.
                content = content[:-1].rstrip()
            while openings and openings[-1].position + openings[-1].run >= len(content):
                content = content[: openings.pop().position].rstrip()
        is_in_link = False
        ends = []
        for opening in openings:
            if opening.char == "[":
                ends.append("]" if is_in_link else _NO_TARGET)
                is_in_link = True
            else:
                ends.append(_NO_TARGET if opening.char == "!" else opening.char * opening.count)
        return content + "".join(reversed(ends))

    def _walk(self) -> None:
        position = 0
        while match := self._next_sign(position):
            match match.lastgroup:
                case "code":
                    position = self._meet_code(match)
                case "formula":
                    position = self._meet_formula(match)
                case "marks":
                    position = self._meet_marks(match)
                case "open":
                    position = self._meet_open(match)
                case "close":
                    position = self._meet_close(match)
                case "half":
                    position = self._cut(match.start())
                case _:
                    position = match.end()
            if position < 0:
                return
        if held := _HELD.search(self._content, max(position, len(self._content) - 40)):
            self._content = self._content[: held.start()]

    def _next_sign(self, position: int) -> re.Match[str] | None:
        while beginning := _BEGINNING.search(self._content, position):
            position = beginning.start()
            if match := _SIGN.match(self._content, position):
                return match
            position += 1
        return None

    def _cut(self, position: int) -> int:
        self._content = self._content[:position]
        return -1

    def _meet_code(self, match: re.Match[str]) -> int:
        run = match[0]
        end = match.end()
        if closing := re.compile(f"(?<!`){run}(?!`)").search(self._content, end):
            return closing.end()
        rest = self._content[end:].rstrip("`")
        if not rest.strip():
            return self._cut(match.start())
        if len(rest) > FARTHEST_CODE:
            return end
        self._code = run
        return self._cut(end + len(rest))

    def _meet_formula(self, match: re.Match[str]) -> int:
        """An open formula is held back as a whole: half of one can't be read."""
        content, start, end = self._content, match.start(), match.end()
        if found := formula_at(content, start, len(content)):
            return found.end()
        rest = content[end:]
        if match[0] == "$":
            if start and content[start - 1].isascii() and content[start - 1].isalnum():
                return end
            if rest[:1].isspace() or rest[:1].isdecimal() or "$" in rest:
                return end
            farthest = FARTHEST_FORMULA if _FORMAL.search(rest) else FARTHEST_DOLLAR
        else:
            farthest = FARTHEST_FORMULA
        return end if "`" in rest or len(rest) > farthest else self._cut(start)

    def _meet_marks(self, match: re.Match[str]) -> int:
        content, start, end = self._content, match.start(), match.end()
        if end == len(content):
            return self._cut(start)
        char, count = match[0][0], end - start
        before = content[start - 1] if start else " "
        opens, closes = flanking(before, content[end], splits_words=char != "_")
        if char == "~":
            count -= count % 2
        if closes:
            count = self._close(char, count, splits=opens, run=end - start)
        # A star inside a word multiplies more often than it stresses.
        is_factor = char == "*" and before.isascii() and before.isalnum()
        if opens and count and not is_factor:
            self._openings.append(_Opening(start, char, count, end - start, closes))
        return end

    def _close(self, char: str, count: int, *, splits: bool, run: int) -> int:
        """Ends what such a run of marks ends, and gives how many marks of it are left."""
        openings = self._openings
        index = len(openings) - 1
        while count and index >= 0 and not openings[index].is_bracket:
            opening = openings[index]
            clashes = (
                char != "~"
                and (opening.splits or splits)
                and (opening.run + run) % 3 == 0
                and (opening.run % 3 != 0 or run % 3 != 0)
            )
            if opening.char != char or clashes:
                index -= 1
                continue
            del openings[index + 1 :]
            used = 2 if min(opening.count, count) >= 2 else 1
            opening.count -= used
            count -= used
            if not opening.count:
                openings.pop()
                index -= 1
        return count

    def _meet_open(self, match: re.Match[str]) -> int:
        if match.end() == len(self._content):
            return self._cut(match.start())
        self._openings.append(_Opening(match.start(), match[0][0], 1, len(match[0])))
        return match.end()

    def _meet_close(self, match: re.Match[str]) -> int:
        content, end = self._content, match.end()
        index = next((i for i in range(len(self._openings) - 1, -1, -1) if self._openings[i].is_bracket), -1)
        if index < 0:
            return end
        if end == len(content):
            return self._cut(match.start())
        if content[end] == "(":
            if target := _TARGET.match(content, end, end + FARTHEST_TARGET):
                del self._openings[index:]
                return target.end()
            if len(content) - end < FARTHEST_TARGET and _HALF_TARGET.match(content, end):
                return self._cut(match.start())
        elif content[end] == "[":
            closing = content.find("]", end, end + FARTHEST_BRACKET)
            if closing >= 0:
                del self._openings[index]
                return closing + 1
            if len(content) - end < FARTHEST_BRACKET:
                return self._cut(match.start())
        del self._openings[index]
        return end
