"""The stream that the wire's benchmarks read: deltas as the service sends them."""

import json


def event(number: int) -> bytes:
    words = ["The", "car", "leaves", "the", "pit", "lane", "“quickly”", "while", "🚗", "others", "wait.", ""]
    body = {
        "type": "response.output_text.delta",
        "sequence_number": number,
        "item_id": "msg_6a51b4cb1f0e4a1d",
        "output_index": 0,
        "content_index": 0,
        "delta": " " + words[number % len(words)],
    }
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return f"event: response.output_text.delta\ndata: {data}\n\n".encode()


def events(count: int) -> list[bytes]:
    return [event(number) for number in range(count)]


def in_chunks(stream: bytes, size: int = 16_384) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]
