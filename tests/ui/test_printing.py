"""Pages: titles and numbers, links, text that can be taken out again, and nothing from outside."""

import re
import zlib
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QPageSize
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication

from export.cited import HOSTILE, a_clip, a_session, a_turn
from trackside.chat.export_writing import Printout
from trackside.domain.session import Session
from trackside.domain.turn import Turn
from trackside.export.paper import STYLE, session_pieces
from trackside.ui.printing import paper_of, print_pages

TABLE = "| a | b |\n|---|---|\n| cell one | cell two |\n"


def printout(*sessions: tuple[Session, list[Turn]]) -> Printout:
    return Printout("Title", STYLE, ((s.shown_title, session_pieces(s, turns)) for s, turns in sessions))


@pytest.fixture
def pdf(qapp: QApplication, tmp_path: Path) -> Path:
    return tmp_path / "x.pdf"


def printed(pdf: Path, *sessions: tuple[Session, list[Turn]], paper: QPageSize | None = None) -> list[str]:
    """The text of each page."""
    with pdf.open("wb") as file:
        print_pages(printout(*sessions), file, lambda: None, paper)
    document = QPdfDocument()
    assert document.load(str(pdf)) is QPdfDocument.Error.None_
    return [document.getAllText(page).text() for page in range(document.pageCount())]


def test_every_page_has_the_title_and_its_number(pdf: Path) -> None:
    turns = [a_turn("Boats leave. " * 60, number=n) for n in range(12)]
    pages = printed(pdf, (a_session(), turns), (a_session(title="Second"), [a_turn("Short.")]))
    count = len(pages) - 1
    assert count >= 2
    for number, text in enumerate(pages[:-1], 1):
        assert text.startswith("Harbour")
        assert f"{number} / {count}" in text
    assert pages[-1].startswith("Second")
    assert "1 / 1" in pages[-1]


def test_words_can_be_taken_out_again(pdf: Path) -> None:
    text = f"# Heading\n\nGrüße *and* **more** 港のクレーン\n\n- item\n\n{TABLE}\n```python\nx = 1\n```"
    (page,) = printed(pdf, (a_session(), [a_turn(text, question="What & why?\nNow")]))
    flat = " ".join(page.split())
    for words in ("What & why?", "Heading", "Grüße and more", "item", "cell two", "x = 1", "Exported by"):
        assert words in flat


def test_links_lead_where_they_led(pdf: Path) -> None:
    text = "See [the page](https://example.org/a?b=1), not [this](javascript:alert(1))."
    printed(pdf, (a_session(), [a_turn(text)]))
    targets = re.findall(rb"/URI\s*\((.*?)\)", _unpacked(pdf.read_bytes()))
    assert targets == [b"https://example.org/a?b=1"]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_words(words: str, pdf: Path) -> None:
    turn = a_turn(f"{words} [00:10]", a_clip(title=words), question=f"{words} ?", instructions=words)
    assert printed(pdf, (a_session(title=words), [turn]))


def test_nothing_is_read_from_outside(pdf: Path, tmp_path: Path) -> None:
    picture = tmp_path / "secret.png"
    picture.write_bytes(b"no picture")
    (page,) = printed(
        pdf, (a_session(), [a_turn(f'<img src="{picture.as_uri()}"> ![x]({picture.as_uri()})')])
    )
    assert b"/Subtype /Image" not in _unpacked(pdf.read_bytes())
    assert "<img" in page


def test_a_line_without_any_place_to_break_stays_on_the_page(pdf: Path) -> None:
    pages = printed(pdf, (a_session(), [a_turn("x" * 20_000)]))
    assert len(pages) > 2


def test_what_tick_raises_ends_it(pdf: Path) -> None:
    def tick() -> None:
        raise KeyboardInterrupt

    with pdf.open("wb") as file, pytest.raises(KeyboardInterrupt):
        print_pages(printout((a_session(), [a_turn("x")])), file, tick)


def test_paper_is_the_countrys(pdf: Path) -> None:
    assert paper_of(QLocale("en_US")).id() is QPageSize.PageSizeId.Letter
    assert paper_of(QLocale("es_MX")).id() is QPageSize.PageSizeId.Letter
    assert paper_of(QLocale("en_GB")).id() is QPageSize.PageSizeId.A4
    assert paper_of(QLocale("ja_JP")).id() is QPageSize.PageSizeId.A4
    printed(pdf, (a_session(), [a_turn("x")]), paper=QPageSize(QPageSize.PageSizeId.Letter))
    assert b"/MediaBox [0 0 612" in _unpacked(pdf.read_bytes())


def _unpacked(content: bytes) -> bytes:
    """A PDF with its compressed streams opened."""

    def opened(match: re.Match[bytes]) -> bytes:
        try:
            return zlib.decompress(match[1])
        except zlib.error:
            return match[0]

    return re.sub(rb"stream\r?\n(.*?)\r?\nendstream", opened, content, flags=re.DOTALL)
