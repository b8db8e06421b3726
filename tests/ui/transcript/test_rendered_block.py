"""Blocks as they are laid out, painted and hit."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QApplication

from trackside.domain.citation import Citation
from trackside.domain.settings import Settings, ThemeChoice
from trackside.markup.blocks import Block, BlockKind, Cell, Container
from trackside.markup.inline import InlineContext
from trackside.markup.runs import CHIP, Style, TextRun
from trackside.ui.theme import Theme
from trackside.ui.tokens import DARK, LIGHT, Tokens
from trackside.ui.transcript.look import Look, role_colors
from trackside.ui.transcript.rendered_block import (
    CopyButton,
    RenderedBlock,
    render,
    render_runs,
    table_columns,
)
from trackside.ui.transcript.tables import fitted

CONTEXT = InlineContext({}, ())
WIDTH = 600
CHIP_SOURCE = '<vref id="1" start="3" end="9"/>'
Move = QTextCursor.MoveOperation


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, Settings(theme=ThemeChoice.LIGHT))
    yield theme
    theme.dismiss()


@pytest.fixture
def look(theme: Theme) -> Look:
    return Look(theme, lambda cited: "final.mp4" if cited.item_id else "", lambda _citation: None)


def block(content: str, kind: BlockKind = BlockKind.PARAGRAPH, **fields: object) -> Block:
    return Block(kind, 0, len(content), content, lines=((0, 0),), **fields)  # type: ignore[arg-type]


def table(*rows: str, **fields: object) -> Block:
    cells = tuple(tuple(Cell(cell, 0) for cell in row.split("|")) for row in rows)
    return block("", BlockKind.TABLE, rows=cells, **fields)


def laid_out(shown: Block, look: Look, *, width: int = WIDTH, previous: Block | None = None) -> RenderedBlock:
    return render(shown, CONTEXT, look, width, previous=previous)


def painted(
    rendered: RenderedBlock,
    *,
    clip: QRect | None = None,
    shift: int = 0,
    selections: list[tuple[int, int, QTextCharFormat]] | None = None,
    copy_button: CopyButton = CopyButton.RESTING,
) -> QImage:
    image = QImage(rendered.width + 40, rendered.height + 40, QImage.Format.Format_RGB32)
    image.fill(QColor("#f6f7f6"))
    painter = QPainter(image)
    rendered.paint(
        painter,
        20,
        20,
        clip or image.rect(),
        shift=shift,
        selections=selections or [],
        copy_button=copy_button,
    )
    painter.end()
    return image


def inked(image: QImage, place: QRect | None = None) -> QRect:
    """What of an image isn't its background, within a place."""
    place = place or image.rect()
    ground = QColor("#f6f7f6").rgb()
    points = [
        (x, y)
        for y in range(place.top(), place.bottom() + 1)
        for x in range(place.left(), place.right() + 1)
        if image.pixel(x, y) != ground
    ]
    if not points:
        return QRect()
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return QRect(QPoint(min(xs), min(ys)), QPoint(max(xs), max(ys)))


def marked(color: str = "#ff0000") -> QTextCharFormat:
    form = QTextCharFormat()
    form.setBackground(QColor(color))
    form.setForeground(QColor("#0000ff"))
    return form


# -- colours ---------------------------------------------------------------------------------------


def luminance(color: str) -> float:
    parts = (QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF())
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_highlighted_code_can_be_read_on_its_ground(tokens: Tokens) -> None:
    for role, color in role_colors(tokens).items():
        light, dark = sorted((luminance(color), luminance(tokens.code)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, role


# -- text and positions ----------------------------------------------------------------------------


def test_text_has_one_character_a_position(look: Look) -> None:
    rendered = laid_out(block(f"a 🎬 {CHIP_SOURCE} end"), look)
    assert rendered.text.index("e") == len("a xx c_ ")
    assert rendered.text[rendered.text.index(CHIP) + 1] == "\u200b"
    assert rendered.moved(2, Move.Right) == 4
    assert rendered.plain_text() == "a 🎬 final.mp4 00:03–00:09 end"


def test_every_position_is_found_where_it_is_shown(look: Look) -> None:
    rendered = laid_out(block("one two three four " * 12), look)
    for position in range(len(rendered.text)):
        place = rendered.rect_of(position)
        assert rendered.position_at(place.center()) == position


def test_a_point_outside_finds_the_nearest_position(look: Look) -> None:
    rendered = laid_out(block("one two"), look)
    assert rendered.position_at(QPoint(-500, -500)) == 0
    assert rendered.position_at(QPoint(9_000, 9_000)) == 7


def test_marks_of_qt_in_a_text_move_nothing(look: Look) -> None:
    text = "a\ufdd0b\u2029c\ufffcd\re"
    rendered = render_runs([TextRun(text)], look, WIDTH)
    assert len(rendered.text) == len(text)
    assert [rendered.text[at] for at in (0, 2, 4, 6, 8)] == list("abcde")


def test_double_click_takes_a_word_and_triple_click_a_line(look: Look) -> None:
    paragraph = laid_out(block("one two three"), look)
    assert paragraph.word_at(5) == (4, 7)
    assert paragraph.line_at(5) == (0, 13)
    code = laid_out(block("one\ntwo three\nfour", BlockKind.CODE), look)
    assert code.line_at(6) == (4, 13)
    cells = laid_out(table("a|b", "one two|c"), look)
    start, end = cells.line_at(cells.text.index("two"))
    assert cells.text[start:end] == "one two"


def test_keys_leave_a_block_at_its_edges_only(look: Look) -> None:
    rendered = laid_out(block("one two three four " * 12), look)
    end = len(rendered.text)
    assert rendered.moved(0, Move.Left) is None
    assert rendered.moved(3, Move.Up) is None
    assert rendered.moved(end, Move.Right) is None
    assert rendered.moved(end - 1, Move.Down) is None
    assert rendered.moved(0, Move.StartOfLine) == 0
    below = rendered.moved(0, Move.Down, 200)
    assert below is not None
    assert abs(rendered.rect_of(below).x() - 200) < 8


def test_a_table_reads_as_rows_and_cells(look: Look) -> None:
    rendered = laid_out(table("a|b", f"{CHIP_SOURCE}|d"), look)
    assert rendered.plain_text() == "a\tb\nfinal.mp4 00:03–00:09\td"


# -- targets ---------------------------------------------------------------------------------------


def test_links_and_chips_are_hit_exactly(look: Look) -> None:
    rendered = laid_out(block(f"see [the **page**](https://example.com/a) and {CHIP_SOURCE} end"), look)
    (href, words, place), (citation, label, chip_place) = rendered.links()
    assert (href, words) == ("https://example.com/a", "the page")
    assert (citation, label) == (Citation(item_id="ksi_1", start_s=3, end_s=9), "final.mp4 00:03–00:09")
    for target, rect in ((href, place), (citation, chip_place)):
        assert rendered.target_at(rect.center()) == target
        assert rendered.target_at(rect.center() - QPoint(rect.width() // 2 + 3, 0)) is None
        assert rendered.target_at(rect.center() + QPoint(rect.width() // 2 + 3, 0)) is None


def test_chips_in_a_text_from_right_to_left_are_hit(look: Look) -> None:
    rendered = laid_out(block(f"هذا نص {CHIP_SOURCE} ثم يستمر"), look)
    ((citation, _, place),) = rendered.links()
    assert isinstance(citation, Citation)
    assert place.width() > 100
    image = painted(rendered)
    card = image.pixelColor(place.center() + QPoint(20, 20 + 7))
    assert card == look.card


def test_a_table_moved_sideways_is_hit_where_it_is_seen(look: Look) -> None:
    rendered = laid_out(
        table("|".join(f"column {n} " + "x" * 60 for n in range(4)) + f"|{CHIP_SOURCE}"), look
    )
    assert rendered.natural_width > rendered.room
    shift = rendered.natural_width - rendered.room
    ((citation, _, place),) = rendered.links()
    assert rendered.target_at(place.center()) is None
    assert rendered.target_at(place.center() - QPoint(shift, 0), shift=shift) == citation


# -- geometry --------------------------------------------------------------------------------------


def test_segments_of_one_fence_join_without_a_gap(look: Look) -> None:
    first = block("a\nb", BlockKind.CODE, language="py", is_last=False)
    second = block("c", BlockKind.CODE, language="py", is_first=False)
    whole = laid_out(block("a\nb\nc", BlockKind.CODE, language="py"), look)
    parts = [laid_out(first, look), laid_out(second, look, previous=first)]
    assert sum(part.height for part in parts) == whole.height
    assert [part.copy_rect is None for part in parts] == [False, True]
    assert whole.copy_rect == parts[0].copy_rect


def test_segments_of_one_table_share_their_columns(look: Look) -> None:
    first = table("a|b", "short|x", is_last=False)
    second = table("much longer than that|y", is_first=False)
    columns = table_columns([first, second], CONTEXT, look)
    lefts = set()
    for part, cell in ((first, "x"), (second, "y")):
        rendered = render(part, CONTEXT, look, WIDTH, previous=None, columns=columns)
        lefts.add(rendered.rect_of(rendered.text.index(cell)).x())
    assert len(lefts) == 1


def test_a_column_is_no_wider_than_its_cap(look: Look) -> None:
    assert table_columns([table("word " * 100)], CONTEXT, look) == [look.column_cap + 2]


def test_a_measured_cell_needs_no_second_line(look: Look) -> None:
    words = "Some **bold** and `code` and *slanted* words"
    one_line = laid_out(table("a", "b"), look).height
    assert laid_out(table("a", words), look).height == one_line


def test_code_scrolls_sideways_unless_a_line_is_endless(look: Look) -> None:
    wide = laid_out(block("x" * 1_000, BlockKind.CODE), look)
    assert wide.natural_width > wide.room
    assert wide.height == laid_out(block("x", BlockKind.CODE), look).height
    endless = laid_out(block("x" * 3_000, BlockKind.CODE), look)
    assert endless.natural_width <= endless.room


@pytest.mark.parametrize("zoom", [80, 100, 200])
def test_nothing_is_painted_outside_of_its_height(qapp: QApplication, zoom: int) -> None:
    theme = Theme(qapp, Settings(theme=ThemeChoice.LIGHT, zoom=zoom))
    look = Look(theme, lambda _item: "gjpqÅ", lambda _citation: None)
    shown = [
        block(f"{CHIP_SOURCE} Ågjpq 日本語 ÅÅ **g** {CHIP_SOURCE}"),
        block("Ågjpq", BlockKind.HEADING, level=1),
        block("Ågjpq\nq", BlockKind.CODE),
        table("Ågjpq", CHIP_SOURCE),
    ]
    for one in shown:
        rendered = laid_out(one, look)
        tall = QRect(0, 0, rendered.width + 40, rendered.height + 200)
        image = QImage(tall.size(), QImage.Format.Format_RGB32)
        image.fill(QColor("#f6f7f6"))
        painter = QPainter(image)
        rendered.height += 80  # what is cut off shows now
        rendered.paint(painter, 20, 20, tall)
        painter.end()
        ink = inked(image, tall.adjusted(0, 0, 0, -1))
        assert ink.top() >= 20, one.kind
        assert ink.bottom() < 20 + rendered.height - 80, one.kind
    theme.dismiss()


def test_blocks_stand_apart_by_what_they_are(look: Look) -> None:
    item = (Container("•", is_item=True, starts=True),)
    text, heading = block("a"), block("a", BlockKind.HEADING, level=2)
    alone = laid_out(text, look).height
    beside = laid_out(text, look, previous=text).height - alone
    tight = laid_out(block("a", containers=item), look, previous=block("a", containers=item)).height - alone
    loose = laid_out(
        block("a", containers=item, follows_gap=True), look, previous=block("a", containers=item)
    )
    above = laid_out(heading, look, previous=text).height - laid_out(heading, look).height
    assert tight < loose.height - alone <= beside < above


# -- containers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("marker", ["•", "3.", "☐", "☑"])
def test_an_item_shows_its_marker_only_where_it_starts(look: Look, marker: str) -> None:
    for starts in (True, False):
        rendered = laid_out(block("text", containers=(Container(marker, is_item=True, starts=starts),)), look)
        gutter = QRect(20, 20, rendered.room_left - 2, rendered.height)
        assert inked(painted(rendered), gutter).isEmpty() is not starts


def test_markers_stand_on_the_right_of_a_text_from_right_to_left(look: Look) -> None:
    rendered = laid_out(block("نص", containers=(Container("•", is_item=True, starts=True),)), look)
    assert rendered.room_left == 0
    image = painted(rendered)
    assert not inked(
        image, QRect(20 + rendered.room + 1, 20, WIDTH - rendered.room, rendered.height)
    ).isEmpty()


def test_a_large_number_has_room(look: Look) -> None:
    rendered = laid_out(block("x", containers=(Container("123456.", is_item=True, starts=True),)), look)
    ink = inked(painted(rendered), QRect(0, 20, 20 + rendered.room_left, rendered.height))
    assert 20 <= ink.left() < ink.right() < 20 + rendered.room_left - 2


def test_a_quotation_has_a_bar_over_its_gaps(look: Look) -> None:
    first = block("a", containers=(Container(starts=True),))
    second = laid_out(block("b", containers=(Container(),)), look, previous=first)
    bar = inked(painted(second), QRect(20, 0, look.quote_bar, second.height + 40))
    assert (bar.top(), bar.bottom()) == (20, 20 + second.height - 1)


def test_endless_nesting_leaves_room(look: Look) -> None:
    nested = tuple(Container("•", is_item=True, starts=True) for _ in range(500))
    rendered = laid_out(block("text", containers=nested), look)
    assert rendered.room >= 100
    assert rendered.height < 100


# -- painting --------------------------------------------------------------------------------------


def test_nothing_is_painted_outside_of_the_clip(look: Look) -> None:
    rendered = laid_out(block("word " * 200, containers=(Container(),)), look)
    clip = QRect(60, 45, 200, 30)
    selections = [(0, len(rendered.text), marked())]
    assert clip.contains(inked(painted(rendered, clip=clip, selections=selections)))


def test_a_selection_leaves_no_stripes_between_lines(look: Look) -> None:
    rendered = laid_out(block("word " * 200), look)
    image = painted(rendered, selections=[(0, len(rendered.text), marked())])
    colors = {image.pixelColor(20, y).name() for y in range(20, 20 + rendered.height)}
    assert "#ff0000" in colors
    assert "#f6f7f6" not in colors


def test_selected_text_of_mixed_direction_is_marked_where_it_stands(look: Look) -> None:
    rendered = laid_out(block("نص عربي word نص"), look)
    start = rendered.text.index("word")
    image = painted(rendered, selections=[(start, start + 4, marked())])
    red = QColor("#ff0000").rgb()
    row = [x for x in range(image.width()) if image.pixel(x, 22) == red]
    expected = look.text_width(look.body, Style.PLAIN, "word")
    assert abs(len(row) - expected) <= 3
    assert row == list(range(row[0], row[-1] + 1))


def test_every_cell_of_a_selected_table_is_marked(look: Look) -> None:
    rendered = laid_out(table("one|two", "three|four", "five|six"), look)
    start = rendered.text.index("two")
    image = painted(rendered, selections=[(start, rendered.text.index("six"), marked())])
    marks = {}
    for word in ("one", "two", "three", "four", "five", "six"):
        place = rendered.rect_of(rendered.text.index(word)).center() + QPoint(20, 20)
        row = [image.pixelColor(place.x() + dx, place.y()).name() for dx in range(12)]
        marks[word] = "#ff0000" in row
    assert marks == {"one": False, "two": True, "three": True, "four": True, "five": True, "six": False}


def test_a_mark_without_a_colour_of_its_own_lies_below_text_and_chips(look: Look) -> None:
    rendered = laid_out(block(f"word {CHIP_SOURCE}"), look)
    ground = QTextCharFormat()
    ground.setBackground(QColor("#ff0000"))
    image = painted(rendered, selections=[(0, len(rendered.text), ground)])
    ((_, _, place),) = rendered.links()
    seen = {image.pixelColor(x, y).name() for x in range(20, 60) for y in range(20, 20 + rendered.height)}
    assert {"#ff0000", look.text.name()} <= seen
    assert image.pixelColor(place.center() + QPoint(20, 20 + 7)) == look.card


def test_the_later_selection_covers_the_earlier_one(look: Look) -> None:
    rendered = laid_out(block("word word word"), look)
    image = painted(rendered, selections=[(0, 14, marked()), (5, 9, marked("#00ff00"))])
    at = [rendered.rect_of(position).x() + 21 for position in (0, 5, 10)]
    assert [image.pixelColor(x, 21).name() for x in at] == ["#ff0000", "#00ff00", "#ff0000"]


@pytest.mark.parametrize("top", [20, 200, 500])
def test_a_strip_looks_as_in_the_whole(look: Look, top: int) -> None:
    shown = block(f"word **bold** `code` {CHIP_SOURCE} " * 60, containers=(Container(),))
    rendered = laid_out(shown, look)
    selections = [(30, 900, marked())]
    strip = QRect(0, top, WIDTH + 40, 24)
    whole = painted(rendered, selections=selections).copy(strip)
    assert painted(rendered, clip=strip, selections=selections).copy(strip) == whole


def test_code_moved_sideways_stays_in_its_panel(look: Look) -> None:
    rendered = laid_out(block("x" * 500, BlockKind.CODE, containers=(Container("•", is_item=True),)), look)
    image = painted(rendered, shift=300)
    gutter = QRect(20, 20, rendered.room_left - look.code_padding, rendered.height)
    assert inked(image, gutter).isEmpty()
    assert image != painted(rendered)


def test_the_copy_button_shows_what_it_is_told(look: Look) -> None:
    rendered = laid_out(block("x", BlockKind.CODE), look)
    assert rendered.copy_rect is not None
    assert QRect(0, 0, WIDTH, rendered.height).contains(rendered.copy_rect)
    images = [
        painted(rendered, copy_button=button).copy(rendered.copy_rect.translated(20, 20))
        for button in CopyButton
    ]
    assert all(one != other for one, other in pairwise(images))


def test_a_rule_is_a_line_and_no_text(look: Look) -> None:
    rendered = laid_out(Block(BlockKind.RULE, 0, 3), look)
    assert rendered.text == ""
    assert inked(painted(rendered)).size().height() == 1
    assert rendered.position_at(QPoint(50, 0)) == 0
    assert rendered.moved(0, Move.Right) is None


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([100, 200], [100, 200]),
        ([100, 500, 300], [100, 280, 280]),
        ([600, 600], [330, 330]),
        ([300] * 9, [300] * 9),
        ([], []),
    ],
)
def test_widest_columns_give_way_while_words_fit(look: Look, columns: list[int], expected: list[int]) -> None:
    assert fitted(columns, 660 - 2 * look.cell_padding_x, look) == expected
