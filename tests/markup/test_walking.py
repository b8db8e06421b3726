"""The fast walk over inline Markdown finds what markdown-it's own finds."""

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.rules_inline import (
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
from markdown_it.token import Token

from trackside.markup.walking import InlineWalk

OWN = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").disable("html_inline")
FAST = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").disable("html_inline")
FAST.inline = InlineWalk(
    {
        "\n": (newline,),
        "\\": (escape,),
        "`": (backtick,),
        "~": (strikethrough.tokenize,),
        "*": (emphasis.tokenize,),
        "_": (emphasis.tokenize,),
        "[": (link,),
        "!": (image,),
        "<": (autolink,),
        "&": (entity,),
    }
)
PIECES = st.sampled_from(
    [
        *"ab *_~`[]()<>!&;\\\n:/#-^=",
        "**",
        "[a](b)",
        "![a *b*](c)",
        "&amp;",
        "<http://a.b>",
        "](",
        "[a]: ",
        "🚗",
    ]
)


def tokens(markdown: MarkdownIt, text: str) -> list[Token]:
    found: list[Token] = []
    markdown.inline.parse(text, markdown, {"references": {"A": {"href": "x", "title": ""}}}, found)
    return found


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=24).map("".join))
def test_finds_what_the_slow_walk_finds(text: str) -> None:
    assert tokens(FAST, text) == tokens(OWN, text)


def test_deep_nesting_ends_as_it_does_there() -> None:
    for text in ("[" * 60 + "a](b)" * 60, "![" * 30 + "a" + "](b)" * 30, "*a **b " * 40):
        assert tokens(FAST, text) == tokens(OWN, text)
