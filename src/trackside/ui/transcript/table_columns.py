"""The widths that all segments of a table share, whichever of them are laid out."""

from trackside.markup.blocks import BlockKind
from trackside.ui.transcript.answer_blocks import AnswerBlocks
from trackside.ui.transcript.look import Look
from trackside.ui.transcript.tables import merged, table_columns

_SETTING_SEGMENTS = 24
"""Segments of a table that set its columns' widths; looking at all of a giant one would cost too much."""


class TableColumns:
    """Knows, by a table's group, how far it has looked and what it found there."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[int, list[int]]] = {}

    def of(self, blocks: AnswerBlocks, first: int, look: Look) -> list[int]:
        """The widths in the table that begins with the block at `first`."""
        group = blocks[first].group
        index, columns = self._found.get(group, (first, []))
        end = min(first + _SETTING_SEGMENTS, len(blocks))
        while index < end and blocks[index].group == group and blocks[index].kind is BlockKind.TABLE:
            widths = merged(columns, table_columns([blocks[index]], blocks.context, look))
            if blocks[index].is_open:
                return widths
            columns = widths
            index += 1
        self._found[group] = (index, columns)
        return columns

    def forget(self, kept: int = 0) -> None:
        """Blocks from `kept` on are others now."""
        self._found = {group: found for group, found in self._found.items() if found[0] <= kept}
