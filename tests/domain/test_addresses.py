"""Signed addresses: what of a text goes, what stays, and that no half of one is given out on the way."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackside.domain.addresses import (
    MASK,
    GrowingText,
    masked,
    unsigned,
    unsigned_part,
    without_addresses,
    without_signatures,
)
from trackside.domain.answer import SavedAnswer, SavedItem
from trackside.domain.stream import (
    Annotation,
    AnnotationKind,
    ContentPart,
    ItemKind,
    OutputItem,
    UnknownEvent,
)

SIGNED = "https://cdn.example/a.m3u8?Expires=1&X-Amz-Signature=5ec7e7"
PLAIN = "https://cdn.example/a.m3u8"
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
def test_many_beginnings_are_read_in_one_go(piece: str) -> None:
    without_addresses(piece * (300_000 // len(piece)))


@pytest.mark.parametrize("piece", ["Is it so? ", "?", "?(", "[?", "{?(", "https://a?b&", "?x=\\u00"])
def test_so_are_those_in_an_answer(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    without_signatures(text)
    GrowingText().more(text)


# -- an answer's own text ----------------------------------------------------------------------------

TEXTS = {
    f"It is at {SIGNED}. And": f"It is at {PLAIN}. And",
    f"[clip]({SIGNED}) and so on": f"[clip]({PLAIN}) and so on",
    f"[a]({SIGNED}),[b](https://b.c/?sig=5ec7e7)": f"[a]({PLAIN}),[b](https://b.c/)",
    f"|{SIGNED}|next|": f"|{PLAIN}|next|",
    f"**{SIGNED}**": f"**{PLAIN}**",
    f"`{SIGNED}` and": f"`{PLAIN}` and",
    f'{{"image_url": "{SIGNED}"}}': f'{{"image_url": "{PLAIN}"}}',
    '{"u": "https:\\/\\/a\\/b?x=1\\u0026sig=5ec7e7"}': '{"u": "https:\\/\\/a\\/b"}',
    f"在{SIGNED}。然后": f"在{PLAIN}。然后",
    "https://a.b/c?name=(a)&Signature=5ec7e7) x": "https://a.b/c) x",
    "/clip?X-Amz-Signature=5ec7e7 x": "/clip x",
}
UNTOUCHED = (
    "https://youtube.com/watch?v=abc&t=12s",
    "Ask for `/login?token=`, then wait. Why?because=so",
    f"A {MASK} by itself",
    json.dumps({"thumbnail_url": "https://cdn.example/a.png"}),
)


@pytest.mark.parametrize(("text", "clean"), [*TEXTS.items(), *((text, text) for text in UNTOUCHED)])
def test_of_a_text_only_the_signed_query_goes(text: str, clean: str) -> None:
    assert without_signatures(text) == clean
    assert without_signatures(clean) == clean
    assert len(masked(text)) == len(text)
    assert without_signatures(masked(text)) == clean


@given(st.sampled_from([*TEXTS, *UNTOUCHED]), st.lists(st.integers(1, 9)), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_text_that_comes_in_pieces_never_has_a_piece_of_a_signature(
    text: str, lengths: list[int], is_forced: bool
) -> None:
    growing, given, start = GrowingText(), "", 0
    for length in lengths:
        given += growing.more(text[start : start + length])
        if is_forced:
            given += growing.rest(is_end=False)
        start += length
        assert "5ec7e7" not in given
        if not is_forced:
            assert masked(text).startswith(given)
    given += growing.more(text[start:]) + growing.rest(is_end=True)
    assert len(given) == len(text)
    assert "5ec7e7" not in given
    if not is_forced:
        assert given == masked(text)


def test_a_query_without_end_is_not_kept_back_for_ever() -> None:
    growing = GrowingText()
    given = growing.more("https://a.b/c?X-Amz-Signature=5ec7e7" + "a" * 5_000)
    assert given.startswith("https://a.b/c?")
    given += growing.more("5ec7e7 and on") + growing.rest(is_end=True)
    assert given.endswith(f"{MASK} and on")
    assert "5ec7e7" not in given


def covering(part: ContentPart) -> list[str]:
    return [part.text[one.start_index : one.end_index + 1] for one in part.annotations]


def over(text: str, *words: str) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(AnnotationKind.VIDEO, text.index(word), text.index(word) + len(word) - 1, "i")
        for word in words
    )


def test_annotations_cover_the_same_words_afterwards() -> None:
    text = f"First, {SIGNED} then [clip]({SIGNED}), 🎬 last."
    part = unsigned_part(
        ContentPart(text, over(text, "First", SIGNED, "then", "clip", "🎬 last.", "m3u8?Exp", text))
    )
    clean = f"First, {PLAIN} then [clip]({PLAIN}), 🎬 last."
    assert part.text == clean
    assert covering(part) == ["First", PLAIN, "then", "clip", "🎬 last.", "m3u8", clean]


def test_an_annotation_over_a_signature_alone_stays_within_the_text() -> None:
    text = f"{SIGNED} x"
    (one,) = unsigned_part(ContentPart(text, over(text, "5ec7e7"))).annotations
    assert 0 <= one.start_index <= one.end_index < len(PLAIN)


def test_an_annotation_that_covered_nothing_covers_nothing_afterwards() -> None:
    text = f"{SIGNED} x"
    wrong = (
        Annotation(AnnotationKind.VIDEO, len(text) - 1, len(text), "i"),
        Annotation(AnnotationKind.VIDEO, -1, 3, "i"),
        Annotation(AnnotationKind.VIDEO, 5, 4, "i"),
    )
    part = unsigned_part(ContentPart(text, wrong))
    assert not any(0 <= one.start_index <= one.end_index < len(part.text) for one in part.annotations)


def test_of_an_answer_nothing_else_is_lost() -> None:
    cited = Annotation(AnnotationKind.VIDEO, 0, 3, "i", "c", 1.0, 2.0, "T", None, SIGNED, SIGNED)
    items = (
        OutputItem(ItemKind.FUNCTION_CALL_OUTPUT, "g", "function_call_output", output=MEMBER),
        OutputItem(ItemKind.MESSAGE, "m", "message", content=(ContentPart(f"Clip {SIGNED}", (cited,)),)),
    )
    answer = SavedAnswer(
        tuple(SavedItem(n, item) for n, item in enumerate(items)), unknown=(UnknownEvent("x", MEMBER, "n"),)
    )
    clean = unsigned(answer)
    assert "5ec7e7" not in repr(clean)
    (part,) = clean.items[1].item.content
    assert part == ContentPart(
        f"Clip {PLAIN}", (Annotation(AnnotationKind.VIDEO, 0, 3, "i", "c", 1.0, 2.0, "T"),)
    )
    assert clean.items[0].item.output == clean.unknown[0].data == '{"thumbnail_url": ""}'
    assert unsigned(clean) is clean
