"""What a frame costs in an answer that is one single block of 200 KB: code, a list, a table, a paragraph."""

from benchmarks.figures import Figure
from benchmarks.technical import KILOBYTE, giant_fence, giant_list, giant_paragraph, giant_table
from benchmarks.transcript_stage import stage
from benchmarks.transcript_stream import figures, fresh

SIZE = 200 * KILOBYTE
GIANTS = {
    "fence": (giant_fence, 4.0),
    "list": (giant_list, 4.0),
    "table": (giant_table, 12.0),
    "paragraph": (giant_paragraph, 6.0),
}
"""What makes the block, and the milliseconds that a frame may take."""


def run() -> list[Figure]:
    found: list[Figure] = []
    with stage() as staged:
        staged.warm_up()
        for name, (text_of, most_ms) in GIANTS.items():
            found += figures(name, [fresh(staged, text_of(SIZE))], most_ms)
    return found
