"""Spacing, code and tables as the design has them; Qt's Markdown import leaves its own."""

from PySide6.QtGui import (
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
)

from trackside.ui.theme import Theme

_HEADING_ADJUSTMENTS = {1: 2, 2: 1}
_LINE_PERCENT = 125


def dress(document: QTextDocument, theme: Theme) -> None:
    """Formats a document that was just set from Markdown."""
    # In one edit, since every edit lays out anew all that follows it.
    edit = QTextCursor(document)
    edit.beginEditBlock()
    _dress_blocks(document, theme)
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _dress_table(frame, theme)
    edit.endEditBlock()


def _dress_blocks(document: QTextDocument, theme: Theme) -> None:
    px = theme.px
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    block = document.begin()
    while block.isValid():
        cursor.setPosition(block.position())
        changed = QTextBlockFormat()
        level = block.blockFormat().headingLevel()
        if _is_code(block):
            changed.setBackground(theme.color("code"))
            changed.setLeftMargin(px(10))
            changed.setTopMargin(0)
            changed.setBottomMargin(0 if _is_code(block.next()) else px(12))
            changed.setNonBreakableLines(False)
        elif cursor.currentTable() is not None:
            changed.setTopMargin(0)
            changed.setBottomMargin(0)
        else:
            changed.setTopMargin(px(10) if level and block.blockNumber() else 0)
            changed.setBottomMargin(px(3) if block.textList() is not None else px(9))
            changed.setLineHeight(_LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(changed)
        if level:
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(_heading_format(level))
        block = block.next()
    cursor.endEditBlock()


def _heading_format(level: int) -> QTextCharFormat:
    heading = QTextCharFormat()
    # Markdown headings carry an adjustment, which wins over any size: 1 is 1.2 times the body, 2 is 1.5.
    heading.setProperty(QTextCharFormat.Property.FontSizeAdjustment, _HEADING_ADJUSTMENTS.get(level, 0))
    heading.setFontWeight(QFont.Weight.DemiBold)
    return heading


def _dress_table(table: QTextTable, theme: Theme) -> None:
    """Rows parted by a line, without a grid; the header stays in bold as Markdown has it."""
    px = theme.px
    table_format = table.format()
    table_format.setBorder(0)
    table_format.setCellSpacing(0)
    table_format.setCellPadding(px(6))
    table_format.setTopMargin(px(2))
    table_format.setBottomMargin(px(10))
    table.setFormat(table_format)
    # After a quotation, Qt's import puts an empty line above the first heading.
    start = table.cellAt(0, 0).firstCursorPosition()
    if not start.block().text() and start.block() != table.cellAt(0, 0).lastCursorPosition().block():
        start.deleteChar()
    for row in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            cell_format = cell.format().toTableCellFormat()
            cell_format.setBottomBorder(1)
            cell_format.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            cell_format.setBottomBorderBrush(theme.color("line"))
            cell.setFormat(cell_format)
    _embolden_header(table)


def _embolden_header(table: QTextTable) -> None:
    """All of it, whatever the import has made of its first cell."""
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.DemiBold)
    for column in range(table.columns()):
        cell = table.cellAt(0, column)
        cursor = cell.firstCursorPosition()
        cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(bold)


def _is_code(block: QTextBlock) -> bool:
    block_format = block.blockFormat()
    properties = (QTextBlockFormat.Property.BlockCodeFence, QTextBlockFormat.Property.BlockCodeLanguage)
    return block.isValid() and any(block_format.hasProperty(p) for p in properties)
