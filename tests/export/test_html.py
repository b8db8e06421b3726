"""The HTML export: one file that needs nothing else, and in which foreign text is only ever text."""

import base64
import hashlib
import re
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files

from hypothesis import given, settings
from hypothesis import strategies as st

from export.telling import HOSTILE, SIGNED, a_session, a_story, a_turn, an_answer, citing
from trackside.domain.turn import AnswerSchema
from trackside.export.html import LOSES, pieces
from trackside.export.story import ExportedSession
from trackside.ui.tokens import DARK, LIGHT


def exported(sessions: Sequence[ExportedSession]) -> str:
    return "".join(pieces(sessions))


_VOID = {"meta", "br", "hr"}
_TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "section",
        "article",
        "nav",
        "footer",
        "div",
        "p",
    ),
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "dl",
        "dt",
        "dd",
        "ol",
        "ul",
        "li",
        "details",
        "summary",
        "blockquote",
    ),
    *(
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "pre",
        "code",
        "span",
        "strong",
        "em",
        "s",
        "i",
        "a",
        "br",
        "hr",
    ),
    *("bdi", "time"),
}
_ATTRIBUTES = {"class", "id", "href", "rel", "title", "lang", "charset", "content", "name", "http-equiv"}
_ATTRIBUTES |= {"datetime", "aria-label", "start"}


class Page(HTMLParser):
    """A page as a browser's parser walks it; everything in it has to be closed where it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def values(self, wanted: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == wanted]


def test_a_story_is_told_in_full() -> None:
    page = Page(exported([a_story()]))
    for piece in (
        "The final quarter",
        "Yard (ks_1)",
        "2026-07-11T03:13:47Z",
        "What happens?\nAnd when?",
        "Yard plan 02:14–02:31 (item ksi_1)",
        "attempt 2 of 2",
        "Interrupted. The connection dropped.",
        "Stopped before its end.",
        "A new conversation begins here, with a recap.",
        "Earlier: they scored.",
        "Be brief.",
        "search_video",
        '"note": "</script>"',
    ):
        assert piece in page.text, piece
    assert "twelvelabs" not in page.text
    assert SIGNED not in page.text
    assert all(loss in page.text for loss in LOSES)
    assert ("bdi", "class", "chip") in page.attributes


def test_nothing_is_run_and_nothing_is_loaded() -> None:
    text = exported([a_story()])
    (policy,) = re.findall('http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    policy = unescape(policy)
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert text.index("Content-Security-Policy") < text.index("<style>")
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_is_only_text() -> None:
    turns = [
        a_turn(HOSTILE, an_answer(HOSTILE, citing("</bdi><script>\u202e\u2069t\" onclick='x'"))),
        a_turn("Last?", an_answer("Last."), 1),
    ]
    text = exported([(a_session(title="</title><script>t\u202e"), turns), a_story()])
    page = Page(text)
    assert {name for _, name, _ in page.attributes} <= _ATTRIBUTES
    assert all(target.startswith(("#", "https://")) for target in page.values("href"))
    assert "<script>alert(1)</script>" in page.text
    assert "javascript:alert(3)" in page.text
    assert "\x00" not in text
    assert "Last." in page.text


def test_a_schema_has_no_controls_and_turns_no_direction_but_its_own() -> None:
    schema = AnswerSchema("answer", '{"a": "\0\u202eb"}')
    page = exported([(a_session(), [a_turn("Why?", an_answer("So."), schema=schema)])])
    assert "\0" not in page
    assert page.count("\u202e") == page.count("\u202c")


def test_what_turns_the_direction_ends_with_its_line() -> None:
    turn = a_turn("one \u202e two\nthree", an_answer("A.", citing("a\u202eb\u2069c")))
    text = exported([(a_session(title="t\u202eu", tags=("v\u2067w",)), [turn])])
    assert "one \u202e two\u202c\nthree" in text
    assert len(re.findall("[\u202a-\u202e\u2066-\u2069]", text)) == 2
    assert '<bdi class="chip"' in text


def test_the_contents_link_to_each_session() -> None:
    page = Page(exported([a_story(), (a_session(title="Other"), [])]))
    assert {"#s1", "#s2"} <= set(page.values("href"))
    assert {"s1", "s2", "s1t1"} <= set(page.values("id"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))


def test_sessions_are_looked_at_one_after_the_other() -> None:
    asked: list[int] = []

    class Read(list[object]):
        def __getitem__(self, index: object) -> object:
            asked.append(index)  # type: ignore[arg-type]
            return super().__getitem__(index)  # type: ignore[index]

        def __iter__(self):  # type: ignore[no-untyped-def]
            return (self[index] for index in range(len(self)))

    sessions = Read([a_story(), a_story(), a_story()])
    list(pieces(sessions))  # type: ignore[arg-type]
    assert asked == [0, 1, 2]


def test_the_colours_are_the_windows() -> None:
    style = files("trackside.resources").joinpath("export", "sessions.css").read_text(encoding="utf-8")
    light, dark = style.split("prefers-color-scheme: dark")
    for tokens, part in ((LIGHT, light), (DARK, dark.split("}\n}")[0])):
        found = re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)
        assert len(found) > 10
        for name, colour in found:
            assert getattr(tokens, name.replace("-", "_")) == colour, name


def test_a_megabyte_in_a_line_is_exported() -> None:
    page = Page(exported([(a_session(), [a_turn("x" * 1_000_000, an_answer("word " * 200_000))])]))
    assert "x" * 1_000_000 in page.text
    assert page.text.count("word") == 200_000


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab1 \n\t\\`*_[]()<>#+-=.!|~&;:$/'\"{}é\u202e"), max_size=40))
def test_any_text_is_only_text(text: str) -> None:
    page = Page(exported([(a_session(title=text), [a_turn(text, an_answer(text, citing(text)))])]))
    assert {name for _, name, _ in page.attributes} <= _ATTRIBUTES
