"""A table without a document: it looks and says what its document does."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAbstractTextDocumentLayout, QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from trackside.domain.citation import Citation
from trackside.domain.settings import Settings, ThemeChoice
from trackside.markup.blocks import Block, BlockKind, Cell
from trackside.markup.inline import InlineContext
from trackside.ui.theme import Theme
from trackside.ui.transcript.documents import text_units
from trackside.ui.transcript.look import Look
from trackside.ui.transcript.table_lines import TableLines, table
from trackside.ui.transcript.tables import TableDocument

CHIP = '<vref id="1" start="3" end="9"/>'
LONG = "a cell that is much longer than any column may be wide, with ~~strokes~~ 🚗 in it"
SIDES = "left", "center", "right", ""


@pytest.fixture
def titles() -> dict[str, str]:
    return {"ksi_1": "final.mp4"}


@pytest.fixture
def look(qapp: QApplication, titles: dict[str, str]) -> Iterator[Look]:
    theme = Theme(qapp, Settings(theme=ThemeChoice.LIGHT))
    yield Look(theme, lambda cited: titles.get(cited.item_id or "", ""), lambda _citation: None)
    theme.dismiss()


def segment(*rows: str, alignments: tuple[str, ...] = (), **fields: object) -> Block:
    cells = tuple(tuple(Cell(cell.strip(), 0) for cell in row.split("|")) for row in rows)
    return Block(BlockKind.TABLE, 0, 0, rows=cells, alignments=alignments, **fields)  # type: ignore[arg-type]


def laid_out(look: Look, block: Block, columns: list[int] | None = None) -> TableLines | TableDocument:
    return table(block, InlineContext({}, ()), look, columns)


def image(look: Look, content: TableLines | TableDocument) -> QImage:
    shown = QImage(1_200, 300, QImage.Format.Format_RGB32)
    shown.fill(QColor("white"))
    painter = QPainter(shown)
    if isinstance(content, TableLines):
        painter.setPen(look.text)
        content.paint(painter)
    else:
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = look.palette
        content.documentLayout().draw(painter, context)
    painter.end()
    return shown


@pytest.mark.parametrize(
    "block",
    [
        segment("a|b|c", "*dd*|`e`|[f](https://a.b)"),
        segment("a|b|c", "1|22|333", alignments=("left", "center", "right")),
        segment(f"{LONG}|{LONG}|{LONG}|{LONG}", "a|b|c|d", alignments=SIDES),
        segment(f"{CHIP}|a|{LONG}", f"b|a {CHIP} c {CHIP}{CHIP} d|`e`", "1|2|3", is_first=False),
        segment("|b|", "||c", "short", is_first=False),
        segment("", is_first=False),
    ],
)
def test_table_looks_like_its_document(look: Look, block: Block) -> None:
    lines = laid_out(look, block)
    assert isinstance(lines, TableLines)
    document = lines.document
    assert (lines.width, lines.height) == (document.size().width(), document.size().height())
    assert lines.text == text_units(document.toRawText())
    assert lines.row_tops() == document.row_tops()
    assert image(look, lines) == image(look, document)
    assert bool(lines.code_spans) == lines.has_code == bool(lines.code_grounds)


def test_cells_are_laid_out_anew_where_their_column_is_another(look: Look) -> None:
    block = segment(f"a|b|{LONG}", alignments=("right", "center", "left"))
    for columns in ([80, 90, 200], [120, 70, 150], [80, 90, 900]):
        lines = laid_out(look, block, columns)
        assert isinstance(lines, TableLines)
        assert lines.height == lines.document.size().height()
        assert image(look, lines) == image(look, lines.document)


def test_same_cell_is_laid_out_once(look: Look) -> None:
    laid_out(look, segment("name|other", is_open=True))
    known = dict(look.cell_lines)
    laid_out(look, segment("name|other", "more|rows", is_open=True))
    assert known.items() <= look.cell_lines.items()
    assert len(look.cell_lines) == 4


def test_chip_in_a_cell_takes_a_title_that_came_late(look: Look, titles: dict[str, str]) -> None:
    block = segment(f"{CHIP}|b")
    before = laid_out(look, block)
    titles["ksi_1"] = "a-much-longer-title.mp4"
    after = laid_out(look, block)
    assert image(look, after) != image(look, before)
    assert image(look, after) == image(look, after.document if isinstance(after, TableLines) else after)


def test_targets_are_found_in_the_document(look: Look) -> None:
    lines = laid_out(look, segment(f"[f](https://a.b)|x {CHIP}"))
    targets = [one.target for one in lines.targets]
    assert targets == ["https://a.b", Citation(item_id="ksi_1", start_s=3.0, end_s=9.0)]


def test_text_from_right_to_left_is_a_document(look: Look) -> None:
    assert isinstance(laid_out(look, segment("a|שלום")), TableDocument)
