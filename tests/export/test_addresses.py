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

SIGNED = "https://cdn.example/a.m3u8?Expires=1&X-Amz-Signature=5ec7e7"
MEMBER = json.dumps({"thumbnail_url": SIGNED})


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
