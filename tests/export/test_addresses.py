"""Signed addresses: none gets into a file, however the service has written it down."""

import json
from dataclasses import replace

import pytest

from export.telling import a_story
from trackside.chat.export_formats import FORMATS, ExportOptions
from trackside.domain.answer import Answer, SavedAnswer, SavedItem
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.stream import Annotation, AnnotationKind, ContentPart, ItemKind, OutputItem
from trackside.domain.turn import AttemptState
from trackside.export.addresses import without_addresses

SIGNED = "https://cdn.example/a.m3u8?Expires=1&X-Amz-Signature=5ec7e7"
MEMBER = json.dumps({"thumbnail_url": SIGNED})


@pytest.mark.parametrize(
    "text",
    [
        MEMBER,
        MEMBER.replace("/", "\\/"),
        MEMBER.replace("&", "\\u0026"),
        json.dumps({"said": MEMBER}),
        json.dumps({"said": MEMBER.replace("&", "\\u0026").replace("/", "\\/")}),
        json.dumps({"said": json.dumps({"said": MEMBER})}),
        MEMBER[:-2],
        repr({"hls_url": SIGNED}),
        json.dumps({"thumbnail_urls": [SIGNED, SIGNED]}),
        json.dumps({"hlsUrl": "https://cdn.example/in-the-path/5ec7e7/a.m3u8"}),
        json.dumps({"src": SIGNED}),
        f"It is at {SIGNED}.",
        "https://cdn.example/a.ts?Policy=5ec7e7&Key-Pair-Id=K",
        "https://store.example/a?sv=1&amp;sig=5ec7e7",
    ],
)
def test_no_signature_stays(text: str) -> None:
    assert "5ec7e7" in text
    assert "5ec7e7" not in without_addresses(text)


def test_what_stays_is_json_and_all_else_of_it() -> None:
    found = {
        "hits": [{"video_url": SIGNED, "score": 0.5}],
        "thumbnail_urls": [SIGNED],
        "url": "https://a.b/?q=1",
    }
    emptied = {"hits": [{"video_url": "", "score": 0.5}], "thumbnail_urls": [], "url": "https://a.b/?q=1"}
    assert json.loads(without_addresses(json.dumps(found))) == emptied
    nested = without_addresses(json.dumps({"said": json.dumps(found)}))
    assert json.loads(json.loads(nested)["said"]) == emptied


@pytest.mark.parametrize("piece", ['"hls_url":"', '"hls_url":["', "https://a?b&", '"hls_url":\\"', "http:\\"])
def test_a_megabyte_of_beginnings_is_read_in_one_go(piece: str) -> None:
    without_addresses(piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize("name", [name for name, each in FORMATS.items() if each.pieces])
def test_no_format_carries_one(name: str) -> None:
    session, turns = a_story()
    said = MEMBER.replace("&", "\\u0026")
    cited = Annotation(
        AnnotationKind.VIDEO, 0, 3, "i", title="T", url=SIGNED, hls_url=SIGNED, thumbnail_url=SIGNED
    )
    linked = Annotation(AnnotationKind.URL, 5, 8, url=SIGNED)
    items = (
        OutputItem(ItemKind.FUNCTION_CALL, "f", "function_call", call_id="c", arguments=said),
        OutputItem(ItemKind.FUNCTION_CALL_OUTPUT, "g", "function_call_output", call_id="c", output=said),
        OutputItem(ItemKind.MESSAGE, "m", "message", content=(ContentPart("Clip page.", (cited, linked)),)),
    )
    answer = SavedAnswer(tuple(SavedItem(number, item) for number, item in enumerate(items)))
    attempt = replace(
        turns[0].attempts[-1],
        answer=Answer.restored(answer),
        state=AttemptState.FAILED,
        failure=Failure(FailureKind.SERVICE, "It failed.", detail=said),
    )
    pieces = FORMATS[name].pieces
    assert pieces is not None
    text = "".join(pieces([(session, [replace(turns[0], attempts=[attempt], chosen=-1)])], ExportOptions()))
    assert "It failed" in text or name in ("csv", "edl")
    assert "5ec7e7" not in text
