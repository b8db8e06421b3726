"""Inline Markdown's tokens as runs of text and chips."""

import re

from markdown_it.token import Token

from trackside.markup.cited import PLACEHOLDER, CitedText
from trackside.markup.grammar import addresses
from trackside.markup.links import host_of, safe_target, shown_target
from trackside.markup.runs import CHIP, LINE_BREAK, ChipRun, Run, Style, TextRun
from trackside.markup.wording import without_piles

_STYLES = [Style(bits) for bits in range(32)]
_STRONG, _EMPHASIS, _STRIKE = Style.STRONG.value, Style.EMPHASIS.value, Style.STRIKE.value
_CODE, _MATH = Style.CODE.value, Style.MATH.value
_MARKS = {"strong": _STRONG, "em": _EMPHASIS, "s": _STRIKE}
_WIDE = re.compile("[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Scripts that part words by no spaces, so that a line's end in them isn't one."""


class InlineReading:
    """Makes runs of tokens: neighbours of one look become one run."""

    def __init__(self, cited: CitedText) -> None:
        self._cited = cited
        self._runs: list[Run] = []
        self._texts: list[str] = []
        self._look = (0, "")
        self._style = 0
        self._href = ""
        self._soft_look: tuple[int, str] | None = None
        """The look of a line's end that has just been met."""

    def read(self, tokens: list[Token]) -> None:
        """Adds the tokens."""
        target = ""
        is_link = is_auto = False
        for token in tokens:
            kind = token.type
            if kind in ("text", "text_special"):
                self._text(token.content, is_link=is_link)
            elif kind == "softbreak":
                self._soft_look = (self._style, self._href)
            elif kind == "hardbreak":
                self._soft_look = None
                self.add(LINE_BREAK)
            elif kind == "code_inline":
                self._code(token.content)
            elif kind == "formula":
                self._formula(token)
            elif kind == "image":
                self._image(token, is_link=is_link)
            elif kind == "link_open":
                is_link = True
                is_auto = token.markup in ("linkify", "autolink")
                target = self._target(token, "href")
                if token.markup == "autolink" and "@" in target and ":" not in target:
                    target = f"mailto:{target}"
                self._href = safe_target(target)
            elif kind == "link_close":
                if target and not self._href and not is_auto:
                    self.add(f" ({shown_target(target)})")
                is_link = False
                target = self._href = ""
            elif token.tag in _MARKS:
                if token.nesting > 0:
                    self._style |= _MARKS[token.tag]
                else:
                    self._style &= ~_MARKS[token.tag]

    def finished(self) -> list[Run]:
        """All runs so far."""
        self._flush()
        return self._runs

    def add(self, text: str, style: int = 0, href: str = "", *, is_code: bool = False) -> None:
        """Adds text with citations. In code, bare times and ids stay text."""
        if not text:
            return
        if self._soft_look:
            self._soften(text)
        self._turn((self._style | style, href or self._href))
        if not self._cited.cited:
            self._texts.append(text)
            return
        last = 0
        for match in PLACEHOLDER.finditer(text):
            found = self._cited.at(match[0])
            self._texts.append(text[last : match.start()])
            last = match.end()
            if is_code and found.is_bare:
                self._texts.append(found.source)
            elif found.citation:
                self._flush()
                self._runs.append(ChipRun(found.citation, found.source))
        self._texts.append(text[last:])

    def _flush(self) -> None:
        text = "".join(self._texts)
        self._texts.clear()
        if text:
            style, href = self._look
            self._runs.append(TextRun(without_piles(text), _STYLES[style], href))

    def _turn(self, look: tuple[int, str]) -> None:
        if look != self._look:
            self._flush()
            self._look = look

    def _soften(self, following: str) -> None:
        """A line's end is a space, but not between two signs of a script without spaces."""
        look, self._soft_look = self._soft_look, None
        before = next((text[-1] for text in reversed(self._texts) if text), "")
        if not before and self._runs:
            last = self._runs[-1]
            before = last.text[-1] if isinstance(last, TextRun) else CHIP
        is_wide = _WIDE.match(before) and _WIDE.match(following)
        if look and before and before != LINE_BREAK and not is_wide:
            self._turn(look)
            self._texts.append(" ")

    def _text(self, text: str, *, is_link: bool) -> None:
        if is_link or not ("@" in text or "www." in text or "WWW." in text):
            self.add(text)
            return
        last = 0
        for start, end, target in addresses(text):
            if PLACEHOLDER.search(text, start, end):
                continue
            self.add(text[last:start])
            self.add(text[start:end], href=safe_target(target))
            last = end
        self.add(text[last:])

    def _code(self, code: str) -> None:
        self.add(code, _CODE, is_code=True)

    def _formula(self, token: Token) -> None:
        from trackside.markup.math import readable  # late, since most answers have no formula

        text = readable(token.content)
        self.add(token.markup if text is None else text.replace("\n", "; "), _MATH)

    def _image(self, token: Token, *, is_link: bool) -> None:
        """Never loaded, since that would tell a stranger who reads: a link to it instead."""
        target = self._target(token, "src")
        href = self._href if is_link else safe_target(target)
        count = len(self._runs), len(self._texts)
        outer, self._href = self._href, href
        for child in token.children or ():
            self.add(" " if child.type == "softbreak" else child.content)
        if count == (len(self._runs), len(self._texts)):
            self.add("image")
        if target:
            self.add(f" ({host_of(target) or shown_target(target)})")
        # What follows has the outer look, even when nothing else tells the runs apart.
        self._href = outer

    def _target(self, token: Token, name: str) -> str:
        return self._cited.restored(str(token.attrs.get(name, "")))
