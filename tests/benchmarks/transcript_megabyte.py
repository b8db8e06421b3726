"""What a frame of an answer of 1 MB costs. A view that paints 60 times a second takes 90 s for it."""

from benchmarks.figures import Figure
from benchmarks.technical import MEGABYTE, technical
from benchmarks.transcript_stage import stage
from benchmarks.transcript_stream import figures, fresh


def run() -> list[Figure]:
    with stage() as staged:
        staged.warm_up()
        answer = fresh(staged, technical(MEGABYTE))
    return [*figures("1 MB", [answer], 3), Figure("1 MB, whole", answer.cpu_s, "s of CPU")]
