"""Text without a document: it looks and says what its document does."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QAbstractTextDocumentLayout, QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from trackside.domain.citation import Citation
from trackside.domain.settings import Settings, ThemeChoice
from trackside.markup.runs import LINE_BREAK, ChipRun, Run, Style, TextRun
from trackside.ui.theme import Theme
from trackside.ui.transcript.code_grounds import rects_in
from trackside.ui.transcript.documents import BlockDocument
from trackside.ui.transcript.look import Face, Look
from trackside.ui.transcript.text_lines import TextLines, code, prose

ROOM = 300
CHIP = ChipRun(Citation(item_id="1", start_s=10.0, end_s=20.0), "[1]")
WORDS = "The decoder reads segment headers before each keyframe of the film. " * 3


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Look]:
    theme = Theme(qapp, Settings(theme=ThemeChoice.LIGHT))
    yield Look(theme, lambda cited: "final.mp4" if cited.item_id else "", lambda _citation: None)
    theme.dismiss()


def image(look: Look, content: TextLines | BlockDocument) -> QImage:
    shown = QImage(ROOM, 200, QImage.Format.Format_RGB32)
    shown.fill(QColor("white"))
    painter = QPainter(shown)
    if isinstance(content, TextLines):
        painter.setPen(look.text)
        content.paint(painter, QPointF(), QRectF())
    else:
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = look.palette
        content.documentLayout().draw(painter, context)
    painter.end()
    return shown


def check_same(look: Look, lines: TextLines | BlockDocument) -> None:
    assert isinstance(lines, TextLines)
    document = lines.document
    assert lines.height == document.size().height()
    assert image(look, lines) == image(look, document)
    assert lines.targets == document.targets
    assert lines.code_spans == document.code_spans
    for start, end in lines.code_spans:
        assert rects_in(lines, start, end) == rects_in(document, start, end)


@pytest.mark.parametrize(
    "runs",
    [
        [TextRun(WORDS)],
        [TextRun("🚗 some "), TextRun("strong", Style.STRONG), TextRun(" 映像 "), TextRun(WORDS, Style.CODE)],
        [TextRun("a "), TextRun("link ", href="https://a.b"), TextRun("of two", Style.STRONG, "https://a.b")],
        [CHIP],
        [
            TextRun("see "),
            CHIP,
            TextRun(" and ("),
            CHIP,
            CHIP,
            TextRun("), “🚗"),
            CHIP,
            TextRun(f"”. {WORDS}"),
        ],
        [TextRun(WORDS[:80]), CHIP, CHIP, TextRun(" code ", Style.CODE), TextRun("end"), CHIP, CHIP],
        [TextRun(f"broken{LINE_BREAK}line\tand\u00a0tab x\u0323"), TextRun("m" * 90, Style.MATH)],
    ],
)
def test_prose_looks_like_its_document(look: Look, runs: list[Run]) -> None:
    for face in (look.body, look.headings[1], look.small):
        check_same(look, prose(runs, face, look, ROOM))


def test_code_looks_like_its_document(look: Look) -> None:
    runs: list[Run] = [
        TextRun("def", role="keyword"),
        TextRun(" f(x):\n\treturn 🚗\n\n"),
        TextRun("# end " * 20),
    ]
    lines = code(runs, look, ROOM)
    check_same(look, lines)
    assert isinstance(lines, TextLines)
    assert lines.natural_width == lines.document.idealWidth() > ROOM


def test_what_lines_cannot_show_is_a_document(look: Look) -> None:
    def is_document(runs: list[Run], face: Face) -> bool:
        return isinstance(prose(runs, face, look, ROOM), BlockDocument)

    assert is_document([TextRun("see שלום")], look.body)
    assert is_document([TextRun("x²", Style.MATH)], look.formula)
    assert is_document([], look.body)
    assert isinstance(code([TextRun("x = "), CHIP], look, ROOM), BlockDocument)
    assert isinstance(code([TextRun("x" * 3000)], look, ROOM), BlockDocument)
