"""Citations as small cards in a text."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap, QTextCharFormat
from PySide6.QtWidgets import QApplication

from trackside.domain.citation import Citation
from trackside.domain.settings import Settings, ThemeChoice
from trackside.markup.runs import ChipRun, TextRun
from trackside.ui.theme import Theme
from trackside.ui.transcript.chips import PaintedChips, chip_painter, fitted_chip
from trackside.ui.transcript.look import Look
from trackside.ui.transcript.rendered_block import RenderedBlock, render_runs

CITATION = Citation(item_id="ksi_1", start_s=134, end_s=151)
NAMES = {"ksi_1": "final-quarter.mp4"}


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, Settings(theme=ThemeChoice.LIGHT))
    yield theme
    theme.dismiss()


@pytest.fixture
def pictures() -> dict[str | None, QPixmap]:
    return {}


@pytest.fixture
def look(theme: Theme, pictures: dict[str | None, QPixmap]) -> Look:
    return Look(
        theme,
        lambda cited: NAMES.get(cited.item_id or "", ""),
        lambda citation: pictures.get(citation.item_id),
    )


def painted(rendered: RenderedBlock, *, selected: QTextCharFormat | None = None, ratio: int = 1) -> QImage:
    image = QImage(rendered.width * ratio, rendered.height * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#f6f7f6"))
    painter = QPainter(image)
    selections = [] if selected is None else [(0, len(rendered.text), selected)]
    rendered.paint(painter, 0, 0, QRect(0, 0, rendered.width, rendered.height), selections=selections)
    painter.end()
    return image


def colors(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize(
    ("citation", "label"),
    [
        (CITATION, ("final-quarter.mp4", "02:14–02:31")),
        (replace(CITATION, title="Its  own\ntitle"), ("Its own title", "02:14–02:31")),
        (Citation(url="https://example.com/video/1"), ("example.com", "")),
        (Citation(collection_id="c1"), ("collection", "")),
        (Citation(text_id="t1"), ("note", "")),
        (Citation(start_s=134), ("clip", "from 02:14")),
        (Citation(title="x" * 60), ("x" * 38 + "…", "")),
    ],
)
def test_a_chip_says_what_it_points_at(look: Look, citation: Citation, label: tuple[str, str]) -> None:
    assert look.chip_label(citation) == label


def test_a_chip_is_cut_to_the_room_and_keeps_its_times(look: Look) -> None:
    whole = fitted_chip(CITATION, look, 1_000)
    cut = fitted_chip(CITATION, look, whole.width - 20)
    assert whole.title == "final-quarter.mp4"
    assert cut.title.endswith("…")
    assert cut.times == whole.times
    assert cut.width < whole.width - 20


def test_chips_are_no_wider_than_a_narrow_text(look: Look) -> None:
    rendered = render_runs([TextRun("a "), ChipRun(CITATION, ""), TextRun(" b")], look, 120)
    ((_, _, place),) = rendered.links()
    assert place.right() <= 120


def test_chips_on_two_lines_do_not_touch(look: Look) -> None:
    runs = [ChipRun(CITATION, ""), ChipRun(CITATION, "")]
    width = round(fitted_chip(CITATION, look, 500).width) + 10
    rendered = render_runs(list(runs), look, width)
    image = painted(rendered)
    rows = [
        "#ffffff" in {image.pixelColor(x, y).name() for x in range(40, 60)} for y in range(image.height())
    ]
    borders = [y for y in range(1, len(rows)) if rows[y] != rows[y - 1]]
    assert len(borders) == 4
    assert borders[2] - borders[1] >= 4


def test_a_line_of_chips_alone_is_not_cut(look: Look) -> None:
    image = painted(render_runs([ChipRun(CITATION, "")], look, 400))
    line = look.line.name()
    middle = [y for y in range(image.height()) if image.pixelColor(60, y).name() == line]
    assert len(middle) == 2
    assert middle[1] - middle[0] == look.px(21) - 1


def test_a_picture_that_comes_late_changes_no_size(look: Look, pictures: dict[str | None, QPixmap]) -> None:
    rendered = render_runs([TextRun("a "), ChipRun(CITATION, "")], look, 400)
    before = painted(rendered)
    picture = QPixmap(320, 180)
    picture.fill(QColor("#ff0000"))
    pictures["ksi_1"] = picture
    after = painted(rendered)
    assert before.size() == after.size()
    assert "#ff0000" not in colors(before)
    assert "#ff0000" in colors(after)


def test_a_selected_chip_looks_selected(look: Look) -> None:
    selected = QTextCharFormat()
    selected.setBackground(look.accent)
    selected.setForeground(look.on_accent)
    image = painted(render_runs([ChipRun(CITATION, "")], look, 400), selected=selected)
    ((_, _, place),) = render_runs([ChipRun(CITATION, "")], look, 400).links()
    below = image.pixelColor(place.center().x(), place.bottom() - 3)
    assert below == look.accent


def test_chips_are_sharp_on_a_dense_screen(look: Look) -> None:
    rendered = render_runs([ChipRun(CITATION, "")], look, 300)
    plain, dense = painted(rendered), painted(rendered, ratio=2)
    assert dense != plain.scaled(dense.size())
    # A border of one pixel there is two pixels here, not a blurred one.
    line = look.line.name()
    assert sum(dense.pixelColor(120, y).name() == line for y in range(dense.height())) == 4


def test_one_painter_serves_all_looks(look: Look, theme: Theme) -> None:
    other = Look(theme, lambda _item: "", lambda _citation: None)
    assert other.chip_painter is look.chip_painter is chip_painter()
    assert look.chip_painter.parent() is QApplication.instance()


def test_kept_pictures_stay_within_bounds(qapp: QApplication) -> None:
    kept = PaintedChips()
    first = kept.keep(0, QPixmap(500, 500))
    assert kept.get(0) is first
    for number in range(1, 4):
        kept.keep(number, QPixmap(500, 500))
    assert kept.get(0) is None
    assert kept.get(3) is not None


def test_title_can_neither_hide_nor_turn_text(look: Look) -> None:
    title, _ = look.chip_label(Citation(title="photo\u202egnp.exe\u200b\x00 👩\u200d👧 \ud800"))
    assert title == "photognp.exe\ufffd 👩\u200d👧 \ufffd"
