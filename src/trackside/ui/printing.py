"""Prints sessions as PDF: pages with the session's title above and their number below.

It blocks for as long as it takes, so it runs in a process of its own; no window is needed.
"""

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from PySide6.QtCore import QFile, QIODevice, QLocale, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextOption,
)

from trackside import __version__
from trackside.chat.export_writing import Print, Printout

_MARGIN_MM = 18.0
_LINE_MM = 10.0
"""Between the text and the line above or below it."""
_RESOLUTION = 600
_MM_PER_INCH = 25.4
_BODY_PT = 10.0
_SMALL_PT = 8.5
_LAST_LINES = 0.88
"""From this share of a page on."""
_MUTED = QColor("#626c66")
_FAMILIES = ("Noto Sans", "Segoe UI", "Helvetica Neue", "Liberation Sans", "Arial", "DejaVu Sans")
_LETTER = {
    QLocale.Country.UnitedStates,
    QLocale.Country.Canada,
    QLocale.Country.Mexico,
    QLocale.Country.Chile,
    QLocale.Country.Colombia,
    QLocale.Country.CostaRica,
    QLocale.Country.ElSalvador,
    QLocale.Country.Guatemala,
    QLocale.Country.Nicaragua,
    QLocale.Country.Panama,
    QLocale.Country.Philippines,
    QLocale.Country.PuertoRico,
    QLocale.Country.Venezuela,
}
"""Where paper is US Letter (CLDR's paperSize); it is A4 everywhere else."""


def ready_to_print() -> Print:
    """What prints, with the Qt application that it needs; call it in the main thread."""
    application = QGuiApplication.instance() or QGuiApplication(["trackside"])
    return partial(_print_with, application)


def paper_of(locale: QLocale) -> QPageSize:
    """The paper that printers have in the locale's country."""
    is_letter = locale.territory() in _LETTER
    return QPageSize(QPageSize.PageSizeId.Letter if is_letter else QPageSize.PageSizeId.A4)


def print_pages(
    printout: Printout, file: BinaryIO, tick: Callable[[], None], paper: QPageSize | None = None
) -> None:
    """Writes a PDF. `tick` is called after each piece and each page; what it raises ends the printing.
    Raises OSError."""
    device = QFile()
    if not device.open(file.fileno(), QIODevice.OpenModeFlag.WriteOnly):
        raise OSError(None, device.errorString())
    writer = QPdfWriter(device)
    writer.setResolution(_RESOLUTION)
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    size = paper or paper_of(QLocale.system())
    writer.setPageLayout(
        QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)
    )
    writer.setCreator(f"Trackside {__version__}")
    writer.setTitle(printout.title)
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(None, device.errorString())
    try:
        pages = _Pages(writer, painter)
        for title, pieces in printout.sections:
            document = _document(writer, pages.text, printout.style)
            cursor = QTextCursor(document)
            for piece in pieces:
                cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
                begin = cursor.position()
                cursor.insertHtml(piece)
                _keep_off_the_end(document, begin)
                tick()
            pages.draw(document, title, tick)
    finally:
        painter.end()
        device.close()
    if device.error() is not QFile.FileError.NoError:
        raise OSError(None, device.errorString())


def _keep_off_the_end(document: QTextDocument, begin: int) -> None:
    """A question's box that would begin in a page's last lines begins the next page instead."""
    cursor = QTextCursor(document)
    cursor.setPosition(begin)
    cursor.movePosition(QTextCursor.MoveOperation.NextCharacter)
    table = cursor.currentTable()
    if table is not None:
        height = document.pageSize().height()
        top = document.documentLayout().blockBoundingRect(cursor.block()).top()
        if top % height > height * _LAST_LINES:
            look = table.format()
            look.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
            table.setFormat(look)


class _Pages:
    """Draws documents page by page."""

    def __init__(self, writer: QPdfWriter, painter: QPainter) -> None:
        self._writer = writer
        self._painter = painter
        self._is_first = True
        width, height = float(writer.width()), float(writer.height())
        line = _LINE_MM * _RESOLUTION / _MM_PER_INCH
        self._line = QRectF(0, 0, width, line)
        self._foot = QRectF(0, height - line, width, line)
        self.text = QRectF(0, line, width, height - 2 * line)
        """Where a page's text stands."""

    def draw(self, document: QTextDocument, title: str, tick: Callable[[], None]) -> None:
        count = document.pageCount()
        for page in range(count):
            if not self._is_first:
                self._writer.newPage()
            self._is_first = False
            self._draw_lines(title, f"{page + 1} / {count}")
            self._draw_text(document, page)
            tick()

    def _draw_lines(self, title: str, number: str) -> None:
        painter = self._painter
        font = QFont(_font())
        font.setPointSizeF(_SMALL_PT)
        painter.setFont(font)
        painter.setPen(_MUTED)
        metrics = QFontMetricsF(font, self._writer)
        shown = metrics.elidedText(" ".join(title.split()), Qt.TextElideMode.ElideRight, self._line.width())
        painter.drawText(self._line, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, shown)
        painter.drawText(self._foot, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter, number)

    def _draw_text(self, document: QTextDocument, page: int) -> None:
        painter = self._painter
        visible = QRectF(0, page * self.text.height(), self.text.width(), self.text.height())
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = visible
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Text, QColor("black"))
        context.palette = palette
        painter.save()
        painter.translate(self.text.left(), self.text.top() - visible.top())
        painter.setClipRect(visible)
        document.documentLayout().draw(painter, context)
        painter.restore()


class _Document(QTextDocument):
    """A document that takes nothing from outside: an answer's text must not name files to be read."""

    def loadResource(self, _kind: int, _name: object) -> object:
        return None


def _document(writer: QPdfWriter, text: QRectF, style: str) -> QTextDocument:
    document = _Document()
    document.setUndoRedoEnabled(False)
    document.documentLayout().setPaintDevice(writer)
    document.setDefaultFont(_font())
    document.setDefaultStyleSheet(style)
    document.setDocumentMargin(0)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    document.setDefaultTextOption(option)
    document.setPageSize(text.size())
    return document


def _font() -> QFont:
    there = set(QFontDatabase.families())
    family = next((name for name in _FAMILIES if name in there), "")
    font = QFont(family) if family else QFont()
    font.setPointSizeF(_BODY_PT)
    return font


def _print_with(_application: object, printout: Printout, file: BinaryIO, tick: Callable[[], None]) -> None:
    print_pages(printout, file, tick)
