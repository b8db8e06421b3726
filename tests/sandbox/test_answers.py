"""What the sandbox says: honest, quoting, following instructions as far as it can."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from sandbox.support import ask, final_part, mp4, question, store_id


async def told(client: httpx.AsyncClient, text: str, **more: Any) -> str:
    return final_part(await ask(client, text, **more))["text"]  # type: ignore[no-any-return]


async def item_ids(client: httpx.AsyncClient) -> dict[str, str]:
    items = (await client.get(f"/knowledge-stores/{await store_id(client)}/items")).json()["data"]
    return {item["metadata"]["title"]: item["_id"] for item in items}


async def test_it_says_once_that_it_is_no_model(client: httpx.AsyncClient) -> None:
    first = await ask(client, "harbour")
    second = await told(client, "market", session_id=first["session_id"])

    assert final_part(first)["text"].startswith("This is Trackside’s sandbox: no model")
    assert "no model" not in second


async def test_a_structured_first_answer_leaves_that_to_the_next(client: httpx.AsyncClient) -> None:
    wanted = {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}}
    first = await ask(client, "harbour", text=wanted)

    assert final_part(first)["text"] == "{}"
    assert "no model" in await told(client, "market", session_id=first["session_id"])


async def test_markup_in_captions_is_shown_as_it_is(client: httpx.AsyncClient) -> None:
    store = (await client.post("/knowledge-stores", json={"name": "s"})).json()["_id"]
    captions = b"00:01.000 --> 00:02.000\nA *zebra* | [crosses] `here`\n"
    for name, content in (("odd_one.mp4", mp4()), ("odd_one.vtt", captions)):
        files = {"file": (name, content)}
        asset = (await client.post("/assets", data={"method": "direct"}, files=files)).json()["_id"]
        await client.post(f"/knowledge-stores/{store}/items", json={"asset_id": asset})

    whole = (await client.post("/responses", json=question(store, "zebra"))).json()

    assert r"**odd\_one**, 00:01: “A \*zebra\* \| \[crosses\] \`here\`” [1]" in final_part(whole)["text"]


async def test_it_quotes_what_matches_best(client: httpx.AsyncClient) -> None:
    text = await told(client, "When does the lighthouse go dark?")

    assert "“Then the lighthouse goes dark & the boats come home.” [1]" in text
    assert "(Ana)" in text
    assert "Bread" not in text


async def test_endings_of_words_do_not_matter(client: httpx.AsyncClient) -> None:
    assert "the boats come home" in await told(client, "boat?")
    assert "flowers" in await told(client, "a flower")


async def test_it_says_when_nothing_matches_and_offers_the_store(client: httpx.AsyncClient) -> None:
    response = await ask(client, "Where are the giraffes?")

    part = final_part(response)
    assert "No caption here speaks of *giraffes*" in part["text"]
    for title in ("Harbour at dawn", "Market day", "Regatta poster"):
        assert f"**{title}**" in part["text"]
    kinds = {note["title"]: note for note in part["annotations"]}
    assert kinds["Regatta poster"]["type"] == "image_citation"
    assert "start_sec" not in kinds["Harbour at dawn"]


async def test_images_are_cited_without_times(client: httpx.AsyncClient) -> None:
    (note,) = final_part(await ask(client, "regatta in June"))["annotations"]

    assert note["type"] == "image_citation"
    assert not {"start_sec", "end_sec", "hls_url"} & set(note)


async def test_a_comparison_is_a_table(client: httpx.AsyncClient) -> None:
    text = await told(client, "Compare harbour and bread in a table")

    assert re.search(r"\| Clip \| When .*\n\|:--\|", text)
    assert "| **Market day** | 00:05 |" in text


async def test_json_is_a_fenced_block(client: httpx.AsyncClient) -> None:
    text = await told(client, "the lighthouse as json")

    block = text.partition("```json\n")[2].partition("\n```")[0]
    assert json.loads(block)[0]["clip"] == "Harbour at dawn"
    assert "Sources: [1]" in text


async def test_a_follow_up_goes_on_where_the_last_answer_ended(client: httpx.AsyncClient) -> None:
    first = await ask(client, "When do we leave before the wind turns?")

    text = await told(client, "And what happens after that?", session_id=first["session_id"])

    assert "What follows in *Harbour at dawn*" in text
    assert "The nets are mended" in text
    assert "We leave" not in text


async def test_nothing_follows_the_last_caption(client: httpx.AsyncClient) -> None:
    first = await ask(client, "When does the lighthouse go dark?")

    assert "Nothing follows" in await told(client, "And then?", session_id=first["session_id"])


async def test_a_clip_can_be_asked_for_by_its_title(client: httpx.AsyncClient) -> None:
    text = await told(client, "What is said in Market day?")

    assert "Bread and flowers" in text
    assert "nets" not in text


async def test_a_short_question_is_read_with_the_one_before(client: httpx.AsyncClient) -> None:
    first = await ask(client, "Tell me about the nets")

    assert "The nets are mended" in await told(client, "Who?", session_id=first["session_id"])


async def test_selected_items_come_first_but_are_no_wall(client: httpx.AsyncClient) -> None:
    ids = await item_ids(client)
    market = [{"kind": "item", "id": ids["Market day"]}]

    preferred = final_part(await ask(client, "the harbour in {{sel:0}}", selections=market))
    beyond = await told(client, "lighthouse in {{sel:0}}", selections=market)

    assert preferred["annotations"][0]["item_id"] == ids["Market day"]
    assert "{{sel" not in preferred["text"]
    assert "lighthouse goes dark" in beyond


async def test_selections_persist_in_the_session(client: httpx.AsyncClient) -> None:
    ids = await item_ids(client)
    first = await ask(client, "Look at {{sel:0}}", selections=[{"kind": "item", "id": ids["Market day"]}])

    second = await ask(client, "harbour in {{sel:0}}", session_id=first["session_id"])

    assert final_part(second)["annotations"][0]["item_id"] == ids["Market day"]


async def test_a_selected_collection_is_cited(client: httpx.AsyncClient) -> None:
    store = await store_id(client)
    (sea,) = (await client.get(f"/knowledge-stores/{store}/item-collections")).json()["data"]

    part = final_part(
        await ask(client, "harbour in {{sel:0}}", selections=[{"kind": "collection", "id": sea["_id"]}])
    )

    (note,) = [note for note in part["annotations"] if note["type"] == "collection_citation"]
    assert note["collection_id"] == sea["_id"]
    assert part["text"][note["start_index"] : note["end_index"] + 1] == "[1]"


async def test_instructions_are_followed_where_it_can(client: httpx.AsyncClient) -> None:
    part = final_part(
        await ask(
            client, "Compare harbour, bread and lighthouse", instructions="At most two clips. No table."
        )
    )

    assert len(part["annotations"]) == 2
    assert "|" not in part["text"]
    assert "followed: at most 2 quotes, no table" in part["text"]


async def test_instructions_it_cannot_follow_are_owned_up_to(client: httpx.AsyncClient) -> None:
    assert "can’t follow them" in await told(client, "harbour", instructions="Answer in German.")
    assert "nstructions" not in await told(client, "harbour", instructions="  ")


@pytest.mark.parametrize(
    ("header", "addition", "expected"),
    [
        ("vref", "", r'<vref id="[0-9a-f-]{36}" start="00:\d\d" end="00:\d\d"></vref>'),
        ("", " with vref tags", r'<vref id="[0-9a-f-]{36}" start="00:\d\d" end="00:\d\d"></vref>'),
        ("tref", "", r'<tref id="[0-9a-f]{12}"></tref>'),
        ("times", "", r"\[00:09-00:14\]"),
        ("", " with bracketed times", r"\[00:09-00:14\]"),
    ],
)
async def test_citations_come_in_other_forms_on_demand(
    client: httpx.AsyncClient, header: str, addition: str, expected: str
) -> None:
    headers = {"X-Sandbox-Citations": header} if header else None

    part = final_part(await ask(client, f"lighthouse{addition}", headers=headers))

    assert re.search(expected, part["text"])
    assert part["annotations"] == []


async def test_an_unknown_citation_form_is_refused(client: httpx.AsyncClient) -> None:
    body = {
        "knowledge_store_id": await store_id(client),
        "input": [{"type": "message", "role": "user", "content": "x"}],
    }

    response = await client.post("/responses", json=body, headers={"X-Sandbox-Citations": "footnotes"})

    assert response.status_code == 400
