"""Rows of a table: cells with their places in the source."""

import re

from trackside.markup.blocks import Cell

_DELIMITERS = re.compile(r"[-:|][-:| \t]+")
_DELIMITER = re.compile(r":?-+:?")


def read_alignments(line: str) -> tuple[str, ...] | None:
    """The columns' alignments if a line (without indentation) is the one below a table's header."""
    if not _DELIMITERS.fullmatch(line) or (line[0] == "-" and line[1] in " \t"):
        return None
    cells = [cell.strip() for cell in line.split("|")]
    if not cells[-1]:
        cells.pop()
    if cells and not cells[0]:
        cells.pop(0)
    if not cells or not all(_DELIMITER.fullmatch(cell) for cell in cells):
        return None
    sides = {(True, True): "center", (True, False): "left", (False, True): "right", (False, False): ""}
    return tuple(sides[cell.startswith(":"), cell.endswith(":")] for cell in cells)


def read_cells(line: str, start: int) -> list[Cell]:
    """A row's cells. `start` is the line's place in the source."""
    stripped = line.strip()
    start += line.find(stripped)
    cells: list[Cell] = []
    begin = 0
    at = stripped.find("|")
    while True:
        if at > 0 and stripped[at - 1] == "\\":
            at = stripped.find("|", at + 1)
            continue
        raw = stripped[begin : at if at >= 0 else len(stripped)]
        # The pipes around the row enclose no cells.
        if raw or (begin > 0 and at >= 0):
            text = raw.strip()
            cells.append(Cell(text.replace("\\|", "|"), start + begin + (raw.find(text) if text else 0)))
        if at < 0:
            return cells
        begin = at + 1
        at = stripped.find("|", begin)
