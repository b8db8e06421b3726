"""Answers as HTML and plain text for other programs."""

from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from markup.answers import NOTHING, code, label, paragraph
from trackside.markup.blocks import Block, BlockKind, Cell, Container
from trackside.markup.copying import to_html, to_plain

VREF = '<vref id="ksi_65f" />'
BULLET, FIRST, SECOND = (Container(marker, is_item=True, starts=True) for marker in ("•", "3.", "4."))
QUOTE = Container(starts=True)


def in_(containers: list[Container], content: str, *, follows_gap: bool = False) -> Block:
    return Block(BlockKind.PARAGRAPH, 0, 0, content, tuple(containers), ((0, 0),), follows_gap=follows_gap)


def goes_on(container: Container) -> Container:
    return Container(container.marker, container.is_item)


def html(*blocks: Block) -> str:
    return to_html(blocks, NOTHING, label).replace("\n", "")


def plain(*blocks: Block) -> str:
    return to_plain(blocks, NOTHING, label)


TABLE = Block(
    BlockKind.TABLE,
    0,
    9,
    rows=((Cell("a", 0), Cell("b", 0)), (Cell("**1**", 0), Cell(f"2 {VREF}", 0))),
    alignments=("", "right"),
    group=5,
    is_last=False,
)
MORE_ROWS = Block(BlockKind.TABLE, 9, 9, rows=((Cell("3", 0), Cell("4", 0)),), group=5, is_first=False)


def test_inline_html() -> None:
    assert html(paragraph(f"**a** *b* ~~c~~ `d<` [e](http://x.com/?a&b) {VREF} <i>& $x^2$")) == (
        "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d&lt;</code> "
        '<a href="http://x.com/?a&amp;b" rel="noopener noreferrer">e</a> '
        "[ksi_65f] &lt;i&gt;&amp; <i>x²</i></p>"
    )


def test_dangerous_link_is_text_in_html() -> None:
    assert html(paragraph("[a](javascript:alert(1))")) == "<p>a (javascript:alert(1))</p>"


def test_headings_rules_and_code() -> None:
    heading = Block(BlockKind.HEADING, 0, 0, "Title", level=2, lines=((0, 0),))
    assert html(heading, Block(BlockKind.RULE, 0, 0)) == "<h2>Title</h2><hr>"
    assert to_html([code('if a < b:\n  "x"', "python")], NOTHING, label) == (
        '<pre><code class="language-python">if a &lt; b:\n  "x"</code></pre>'
    )
    assert plain(heading, Block(BlockKind.RULE, 0, 0), code("a\n  b")) == "Title\n\n———\n\na\n  b"


def test_language_cannot_leave_its_attribute() -> None:
    assert 'class="language-&quot;&gt;&lt;b&gt;"' in html(code("x", '"><b>'))


def test_segments_of_a_fence_are_one() -> None:
    first = Block(BlockKind.CODE, 0, 3, "a\nb", group=7, language="python", is_last=False)
    second = Block(BlockKind.CODE, 4, 7, "c", group=7, language="python", is_first=False)
    assert html(first, second) == '<pre><code class="language-python">abc</code></pre>'
    assert plain(first, second) == "a\nb\nc"


def test_tables() -> None:
    assert html(TABLE, MORE_ROWS) == (
        '<table><thead><tr><th>a</th><th style="text-align: right">b</th></tr></thead>'
        '<tbody><tr><td><strong>1</strong></td><td style="text-align: right">2 [ksi_65f]</td></tr>'
        '<tr><td>3</td><td style="text-align: right">4</td></tr></tbody></table>'
    )
    assert plain(TABLE, MORE_ROWS) == "a\tb\n1\t2 [ksi_65f]\n3\t4"


def test_tight_list_with_a_nested_one() -> None:
    blocks = [
        in_([FIRST], "one"),
        in_([goes_on(FIRST), BULLET], "inner"),
        in_([goes_on(FIRST), BULLET], "more<br>lines"),
        in_([SECOND], "two"),
        paragraph("after"),
    ]
    assert html(*blocks) == (
        '<ol start="3"><li>one<ul><li>inner</li><li>more<br>lines</li></ul></li><li>two</li></ol><p>after</p>'
    )
    assert plain(*blocks) == "3. one\n   • inner\n   • more\n     lines\n4. two\n\nafter"


def test_items_with_several_paragraphs() -> None:
    blocks = [
        in_([BULLET], "one"),
        in_([goes_on(BULLET)], "still one", follows_gap=True),
        in_([BULLET], "two"),
    ]
    assert html(*blocks) == "<ul><li>one<p>still one</p></li><li>two</li></ul>"
    assert plain(*blocks) == "• one\n\n  still one\n• two"


def test_tasks() -> None:
    assert html(in_([Container("☑", is_item=True, starts=True)], "done")) == "<ul><li>☑ done</li></ul>"


def test_quotations() -> None:
    blocks = [
        in_([QUOTE], "one"),
        in_([goes_on(QUOTE), BULLET], "two", follows_gap=True),
        in_([QUOTE], "other"),
    ]
    assert html(*blocks) == (
        "<blockquote><p>one</p><ul><li>two</li></ul></blockquote><blockquote><p>other</p></blockquote>"
    )
    assert plain(*blocks) == "> one\n>\n> • two\n\n> other"


def test_code_in_an_item_is_indented() -> None:
    block = Block(BlockKind.CODE, 0, 0, "a\n\nb", (goes_on(BULLET),))
    assert plain(in_([BULLET], "see"), block) == "• see\n  a\n\n  b"


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


_CONTAINERS = st.lists(
    st.sampled_from([BULLET, goes_on(BULLET), FIRST, goes_on(FIRST), QUOTE, goes_on(QUOTE)]), max_size=3
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(_CONTAINERS, st.text("ab*<>&\"'`[]()\n", max_size=12)), max_size=6))
def test_html_of_any_blocks_is_balanced(parts: list[tuple[list[Container], str]]) -> None:
    parser = _Balance()
    parser.feed(to_html([in_(containers, content) for containers, content in parts], NOTHING, label))
    parser.close()
    assert not parser.open
    assert parser.seen <= {"p", "ul", "ol", "li", "blockquote", "em", "strong", "code", "a", "br"}
    to_plain([in_(containers, content) for containers, content in parts], NOTHING, label)


def test_a_line_of_code_in_two_segments_is_one() -> None:
    def segment(content: str, **fields: bool) -> Block:
        return Block(BlockKind.CODE, 0, 0, content, group=7, **fields)

    blocks = [
        segment("one\ntw", is_last=False),
        segment("o\nthree", is_first=False, is_last=False, continues_line=True),
        segment("\nfour", is_first=False),
    ]
    assert to_html(blocks, NOTHING, label) == "<pre><code>one\ntwo\nthree\n\nfour</code></pre>"
    assert to_plain(blocks, NOTHING, label) == "one\ntwo\nthree\n\nfour"


def test_a_word_in_two_segments_is_one() -> None:
    def segment(content: str, **fields: bool) -> Block:
        return Block(BlockKind.PARAGRAPH, 0, 0, content, group=7, **fields)

    blocks = [segment("a wo", is_last=False), segment("rd", is_first=False, continues_line=True)]
    assert html(*blocks) == "<p>a word</p>"
    assert plain(*blocks) == "a word"
