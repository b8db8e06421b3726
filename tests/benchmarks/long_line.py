"""A single long line: the cost of a byte must not grow with the length of its line.

What is compared is our own work. Whoever makes a string of 16 MB also has the kernel hand out and zero
its pages (about 0.5 ns a byte each time), unless the allocator kept them from the last time: glibc gives
them back or not by the heap's chance shape. So it is told to keep them; the figure without that is shown
too.
"""

import ctypes
import sys

from benchmarks.answers import in_chunks
from benchmarks.figures import Figure, at_most, cpu_s, interleaved, median_ratio
from trackside.protocol.sse import SseDecoder

MEGABYTE = 1 << 20
LONG = 16


def decode(chunks: list[bytes], lines: int) -> None:
    decoder, sizes = SseDecoder(), []
    for chunk in chunks:
        sizes += [len(event.data) for event in decoder.feed(chunk)]
    assert sizes == [LONG * MEGABYTE // lines] * lines


def stream(lines: int) -> list[bytes]:
    """As many bytes in all, whatever the number of lines, so that neither way has them in the cache."""
    return in_chunks((b"data: " + b"x" * (LONG * MEGABYTE // lines) + b"\n\n") * lines)


def keep_freed_memory() -> None:
    """glibc's mallopt: neither trim the heap nor map large blocks separately."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            trim_threshold, mmap_max = -1, -4
            mallopt(trim_threshold, 1 << 30)
            mallopt(mmap_max, 0)


def run() -> list[Figure]:
    short, long = stream(LONG), stream(1)

    def measured() -> tuple[list[float], list[float]]:
        ones, sixteen = interleaved(
            lambda: cpu_s(lambda: decode(short, LONG)), lambda: cpu_s(lambda: decode(long, 1)), repetitions=25
        )
        return ones, sixteen

    ones, sixteen = measured()
    with_pages = median_ratio(sixteen, ones)
    keep_freed_memory()
    ones, sixteen = measured()
    yardstick = "CPU time a byte of 1 MB lines"
    return [
        at_most("16 MB line", median_ratio(sixteen, ones), 1.5, yardstick=yardstick),
        Figure("16 MB line, with the kernel's page zeroing", with_pages, "×", yardstick=yardstick),
        Figure("16 MB line", min(sixteen) / (LONG * MEGABYTE) * 1e9, "ns a byte"),
        Figure("1 MB line", min(ones) / (LONG * MEGABYTE) * 1e9, "ns a byte"),
    ]
