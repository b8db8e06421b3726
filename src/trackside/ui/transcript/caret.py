"""Where a caret goes in a document: words, lines and steps."""

from PySide6.QtGui import QTextCursor

from trackside.markup.runs import LINE_BREAK
from trackside.ui.transcript.documents import BREAK, CELL_ENDS, BlockDocument

_STAYING = {
    QTextCursor.MoveOperation.StartOfLine,
    QTextCursor.MoveOperation.EndOfLine,
    QTextCursor.MoveOperation.StartOfBlock,
    QTextCursor.MoveOperation.EndOfBlock,
    QTextCursor.MoveOperation.Start,
    QTextCursor.MoveOperation.End,
}


def cursor_at(document: BlockDocument, position: int) -> QTextCursor:
    """A cursor at a position, or at the nearest that there is."""
    cursor = QTextCursor(document)
    cursor.setPosition(min(max(position, 0), document.characterCount() - 1))
    return cursor


def word_at(document: BlockDocument, position: int) -> tuple[int, int]:
    """From where to where the word around a position goes."""
    cursor = cursor_at(document, position)
    cursor.select(QTextCursor.SelectionType.WordUnderCursor)
    return cursor.selectionStart(), cursor.selectionEnd()


def line_at(text: str, position: int, *, is_code: bool) -> tuple[int, int]:
    """The line of code, the table's cell or the whole paragraph around a position."""
    ends = f"{CELL_ENDS}{LINE_BREAK}" if is_code else CELL_ENDS
    position = min(max(position, 0), len(text))
    start = 1 + max(text.rfind(end, 0, position) for end in ends)
    found = [at for end in ends if (at := text.find(end, position)) >= 0]
    return start, min(found, default=len(text))


def moved(
    document: BlockDocument, text: str, position: int, operation: QTextCursor.MoveOperation, x: int | None
) -> int | None:
    """Where a key takes the caret; None when that is out of the document. `x` is kept from line to line."""
    cursor = cursor_at(document, position)
    if x is not None:
        cursor.setVerticalMovementX(x)
    before = last = cursor.position()
    while cursor.movePosition(operation) and cursor.position() != last:
        # A place to break a line is nowhere that a caret could be seen to stop.
        if text[min(last, cursor.position()) : max(last, cursor.position())] != BREAK:
            break
        last = cursor.position()
    leaves = cursor.position() == before and operation not in _STAYING
    return None if leaves else cursor.position()
