"""The Markdown export: readable, complete for a reader, and nothing in it reaches beyond its place."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from export.telling import HOSTILE, SIGNED, a_session, a_story, a_turn, an_answer, citing
from trackside.export.markdown import LOSES, pieces
from trackside.export.quoting import escaped, fenced, quoted, settled
from trackside.export.story import ExportedSession


def exported(sessions: Sequence[ExportedSession]) -> str:
    return "".join(pieces(sessions))


_OWN_HTML = re.compile(r"</?(?:details|summary|sub)>|<summary>[^<]*</summary>|\s+")


def parsed(text: str) -> list[Token]:
    """As renderers read it that let HTML and any link through."""
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 500}).enable(["table", "strikethrough"])
    markdown.validateLink = lambda _: True  # type: ignore[method-assign]
    return markdown.parse(text)


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def foreign_html(text: str) -> str:
    """All HTML in a document but for its own."""
    tokens = parsed(text)
    found = [t.content for t in (*tokens, *inline(tokens)) if t.type in ("html_block", "html_inline")]
    return _OWN_HTML.sub("", "".join(found))


def targets(text: str) -> list[Any]:
    return [
        t.attrs.get("href") or t.attrs.get("src")
        for t in inline(parsed(text))
        if t.type in ("link_open", "image")
    ]


def headings(text: str) -> list[str]:
    tokens = parsed(text)
    return [
        tokens[at + 1].content
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.tag == "h2"
    ]


def words_of(markdown: str) -> str:
    """What a document's only quotation says, with its line ends."""
    breaks = ("hardbreak", "softbreak")
    return "\n".join(
        "".join("\n" if child.type in breaks else child.content for child in token.children)
        for token in parsed(markdown)
        if token.children
    )


def test_a_story_is_told_in_full() -> None:
    text = exported([a_story()])
    for piece in (
        "# The final quarter\n",
        "- Knowledge store: Yard (ks_1)",
        "- Begun: 2026-07-11T03:13:47Z",
        "- Tags: Sport",
        "> What happens?\\\n> And when?",
        "They score \\[Yard plan 02:14–02:31\\].",
        "(item ksi_1)",
        "attempt 2 of 2",
        "**Interrupted. The connection dropped.**",
        "**Stopped before its end.**",
        "A new conversation begins here, with a recap.",
        "Earlier: they scored.",
        "```\nBe brief.\n```",
        "<summary>1 step</summary>",
        "**search_video**",
        "<summary>Schema “clips”</summary>",
        '```json\n{"clips": [1, 2], "note": "</script>"}\n```',
    ):
        assert piece in text, piece
    assert "twelvelabs" not in text
    assert SIGNED not in text
    assert all(loss.split(",")[0] in text for loss in LOSES)
    assert headings(text) == [f"{n + 1}. 2026-07-11T03:{13 + n}:47Z" for n in range(5)]


def test_a_title_that_another_turn_knows_names_an_item_everywhere() -> None:
    text = exported([a_story()])
    assert "They score \\[Yard plan 02:14–02:31\\]." in text
    assert "- Yard plan 02:14–02:31 (item ksi_1)" in text


def test_each_turn_is_a_piece_at_least() -> None:
    session, turns = a_story()
    assert len(list(pieces([(session, turns)]))) >= len(turns)


def test_hostile_text_stays_where_it_is() -> None:
    turns = [
        a_turn(HOSTILE, an_answer(HOSTILE, citing("</bdi>](javascript:x) *t*")), 0),
        a_turn("Last?", an_answer("Last."), 1),
    ]
    text = exported([(a_session(title="<b>t</b>\n# x", tags=("](javascript:t)",)), turns)])
    assert foreign_html(text) == ""
    assert [target for target in targets(text) if "javascript" in str(target) or "data:" in str(target)] == []
    assert len(headings(text)) == 2
    assert "\x00" not in text
    assert "`<b>code</b>`" in text
    assert "<script>in code</script>" in text


@pytest.mark.parametrize(
    "source",
    [
        "a <b>b</b> `<i>` <i> ``x`<b>`` <b>",
        "`` ` `` <a> ` <b>",
        "\\` <a> ` <b>",
        "\\\\` <a> ` <b>",
        "| a | b |\n|--|--|\n| <b> | `x \\| <b>` |",
        "- `\n- <script> `",
        "A `\n\nB ` <script> `",
        "> quoted <b>\n> more `<b>",
        "[x]: <javascript:alert(1)>\n\n[x]",
        "[a]( javascript:alert(1)) ![b](data:x) [c](<vbscript:x>)",
        "[a](java&#115;cript:x) [b](java\\script:x)",
        "<a\nhref='x'>",
        "<!DOCTYPE x> <?php ?> <![CDATA[ x ]]>",
        "    <b>indented code",
        "Setext <b>\n===",
        "~~~~\nfence <b>\n~~~",
        "```\nopen",
        "- item\n\n  ```\n  open in a list",
        "> ```\n> open in a quotation",
        "1. a\n   ~~~ x\n   <b>",
    ],
)
def test_an_answer_ends_with_itself(source: str) -> None:
    text = f"{settled(source)}\n\n## after\n"
    assert foreign_html(text) == ""
    assert headings(text)[-1] == "after"
    assert [t for t in targets(text) if t and re.match(r"(?i)\s*(javascript|vbscript|data)", str(t))] == []


def test_links_to_the_web_and_autolinks_are_kept() -> None:
    source = (
        "[a](https://a.example/b?c=d) <https://a.example> <me@a.example> [b](#x) [c](mailto:a@b.c)\n\n"
        "[d]: https://d.example"
    )
    assert settled(source) == source


def test_plain_markdown_is_left_as_it_is() -> None:
    source = (
        "# Head\n\n*a* **b** `c < d`\n\n- x\n  - y\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\n"
        "```python\nif a < b: pass\n```"
    )
    assert settled(source) == source


_NASTY = st.text(st.sampled_from("ab1 \n\t\\`*_[]()<>#+-=.!|~&;:$/'\"{}é"), max_size=30)


@settings(max_examples=300, deadline=None)
@given(_NASTY)
def test_any_question_reads_as_it_was_typed(question: str) -> None:
    lines = [line.rstrip() for line in question.strip().split("\n")]
    said = words_of(quoted(question)).replace("\u00a0", " ")
    assert foreign_html(quoted(question)) == ""
    assert said.split() == "\n".join(lines).expandtabs(4).split()


@settings(max_examples=300, deadline=None)
@given(_NASTY)
def test_any_answer_ends_with_itself(source: str) -> None:
    text = f"{settled(source)}\n\n## after\n"
    assert foreign_html(text) == ""
    assert headings(text)[-1:] == ["after"]


@settings(max_examples=100, deadline=None)
@given(_NASTY)
def test_any_text_fits_into_a_fence(text: str) -> None:
    (token,) = [t for t in parsed(fenced(text)) if t.type != "x"]
    assert token.type == "fence"


def test_a_megabyte_in_a_line_is_exported() -> None:
    line = "word " * 200_000
    text = exported([(a_session(), [a_turn("x" * 1_000_000, an_answer(line))])])
    assert line.strip() in text


def test_escaping_leaves_words_alone() -> None:
    assert (
        escaped("snake_case, 3.5 a-b C++ (x) https://a.example/b_c")
        == "snake_case, 3.5 a-b C++ (x) https://a.example/b_c"
    )
