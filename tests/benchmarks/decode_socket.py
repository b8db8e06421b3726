"""Our decoding on top of httpx, one HTTP chunk an event, against httpx iterating the same bytes."""

import asyncio
import statistics
import subprocess
import sys
import time

import httpx

from benchmarks.figures import Figure, at_least, median_ratio
from trackside.domain.answer import Answer
from trackside.domain.connection import Connection, Secrets
from trackside.domain.stream import StreamDone, TextDelta
from trackside.domain.turn import Ask
from trackside.protocol.client import ServiceClient
from trackside.protocol.sse import SseDecoder
from trackside.protocol.wire import parse_event

EVENTS = 10_000
REPETITIONS = 11


async def bare(client: httpx.AsyncClient) -> float:
    start, size = time.process_time(), 0
    async with client.stream("POST", "responses", content=b"{}") as response:
        async for chunk in response.aiter_bytes():
            size += len(chunk)
    assert size > EVENTS * 100
    return time.process_time() - start


async def decoding(client: httpx.AsyncClient) -> float:
    start, deltas = time.process_time(), 0
    decoder = SseDecoder()
    async with client.stream("POST", "responses", content=b"{}") as response:
        async for chunk in response.aiter_bytes():
            for sse in decoder.feed(chunk):
                deltas += type(parse_event(sse)) is TextDelta
    assert deltas == EVENTS
    return time.process_time() - start


async def answering(client: ServiceClient) -> float:
    start, answer = time.process_time(), Answer()
    async for event in client.stream_answer(Ask("x", "ks_1")):
        answer.fold(event)
        done = type(event) is StreamDone
    assert done
    assert answer.delta_count == EVENTS
    assert answer.text
    return time.process_time() - start


async def measured(url: str) -> list[Figure]:
    ours = ServiceClient(Connection("c", "Bench", url), Secrets("key_for_nobody"))
    rounds: list[tuple[float, float, float]] = []
    async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as client:
        for _ in range(REPETITIONS + 1):
            rounds.append((await bare(client), await decoding(client), await answering(ours)))
    await ours.aclose()
    floor, decoded, whole = (list(column) for column in zip(*rounds[1:], strict=True))
    return [
        at_least(
            "decoder and events",
            median_ratio(floor, decoded),
            0.75,
            yardstick="rate of httpx.Response.aiter_bytes on the same bytes",
        ),
        Figure(
            "client and answer",
            median_ratio(floor, whole),
            "×",
            yardstick="the same, for ServiceClient.stream_answer and Answer.fold",
        ),
        Figure("httpx alone", EVENTS / statistics.median(floor), "events/s of CPU"),
        Figure("decoder and events", EVENTS / statistics.median(decoded), "events/s of CPU"),
    ]


def run() -> list[Figure]:
    command = [sys.executable, "-m", "benchmarks.chunk_server", str(EVENTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            return asyncio.run(measured(f"http://127.0.0.1:{port}/v1.3"))
        finally:
            server.terminate()
