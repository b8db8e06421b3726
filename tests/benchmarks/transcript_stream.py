"""What a frame of a growing answer costs, of 20 KB and of 200 KB, against plain text that is appended."""

import statistics
import time

from PySide6.QtWidgets import QTextEdit

from benchmarks.figures import Figure, at_most
from benchmarks.technical import KILOBYTE, deltas, in_frames, technical
from benchmarks.transcript_stage import DELTAS_A_FRAME, Stage, Streamed, Window, stage

SHORT_ANSWERS = 5
"""As a tenth of a short answer is but a few frames, several different ones are pooled."""
FLAT = 1.3
IDLE_FRAMES = 100


def growth(answers: list[Streamed]) -> float:
    """The mean cost of the last tenth of the frames over that of the first."""
    first = [cost for answer in answers for cost in answer.tenths_ms[0]]
    last = [cost for answer in answers for cost in answer.tenths_ms[1]]
    return statistics.mean(last) / statistics.mean(first)


def figures(name: str, answers: list[Streamed], most_ms: float) -> list[Figure]:
    """Of one or more answers of a length or a kind; processor time, the feeding and painting included."""
    frames = sum(answer.count for answer in answers)
    mean_ms = sum(answer.cpu_s for answer in answers) * 1000 / frames
    unpainted = sum(answer.unpainted for answer in answers) / frames * 100
    every = sorted(cost for answer in answers for cost in answer.frames_ms)
    return [
        at_most(f"{name}, frame, mean", mean_ms, most_ms, "ms"),
        at_most(f"{name}, last tenth of the frames", growth(answers), FLAT, yardstick="its first tenth"),
        Figure(f"{name}, frame, p99", every[int(len(every) * 0.99)], "ms"),
        Figure(f"{name}, frames in which nothing was painted", unpainted, "%"),
    ]


def fresh(staged: Stage, text: str, seed: int = 1) -> Streamed:
    """Streamed as the first answer of a new session."""
    staged.show()
    staged.window.settle()
    return staged.stream(text, seed=seed)


def appended_s(text: str) -> float:
    """The yardstick: the same deltas in the same rhythm, inserted as plain text with the end in sight."""
    edit = QTextEdit(readOnly=True, undoRedoEnabled=False)
    window = Window(edit)
    window.step(window.show)
    window.settle()
    bar = edit.verticalScrollBar()

    def feed(pieces: list[str]) -> None:
        for piece in pieces:
            edit.insertPlainText(piece)
        bar.setValue(bar.maximum())

    began = time.process_time()
    for pieces in in_frames(deltas(text), DELTAS_A_FRAME):
        window.frame(lambda pieces=pieces: feed(pieces))
    spent = time.process_time() - began
    assert edit.toPlainText() == text
    window.close()
    window.deleteLater()
    return spent


def idle_ms(staged: Stage) -> float:
    """What is in every frame's cost besides the answer: the rhythm itself, and painting a speck."""
    viewport = staged.view.viewport()
    started = time.process_time()
    for _ in range(IDLE_FRAMES):
        staged.window.frame(lambda: viewport.update(0, 0, 4, 4))
    return (time.process_time() - started) / IDLE_FRAMES * 1000


def run() -> list[Figure]:
    with stage() as staged:
        staged.warm_up()
        short = [fresh(staged, technical(20 * KILOBYTE, seed), seed) for seed in range(1, SHORT_ANSWERS + 1)]
        text = technical(200 * KILOBYTE)
        idle = idle_ms(staged)
        plain_s = appended_s(text)
        long = fresh(staged, text)
    yardstick = "QTextEdit.insertPlainText of the same deltas"
    return [
        *figures("20 KB", short, 3),
        *figures("200 KB", [long], 3),
        at_most("200 KB, whole", long.cpu_s / plain_s, 1.0, yardstick=yardstick),
        Figure("200 KB, whole", long.cpu_s, "s of CPU"),
        Figure("200 KB, plain text appended", plain_s, "s of CPU"),
        Figure("a frame without an answer", idle, "ms"),
    ]
