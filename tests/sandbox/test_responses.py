"""POST /responses: its validation, its event sequence, its annotations, its sessions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.support import ask, deltas, events, final_part, frames, question, store_id, stream


async def test_events_come_in_the_service_order(client: httpx.AsyncClient) -> None:
    content = await stream(client, "What about the harbour?")

    told = frames(content)
    assert told[-1] == ("", "[DONE]")
    kinds = [kind for kind, _ in told[:-1]]
    assert [kind for kind in kinds if kind != "response.output_text.delta"] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert kinds.count("response.output_text.delta") > 10
    assert kinds == [event["type"] for event in events(content)]


async def test_sequence_numbers_grow_with_gaps(client: httpx.AsyncClient) -> None:
    numbers = [event["sequence_number"] for event in events(await stream(client, "harbour"))]

    assert numbers[0] == 0
    assert numbers == sorted(set(numbers))
    assert numbers[-1] > len(numbers)


async def test_deltas_join_to_the_text_that_done_events_repeat(client: httpx.AsyncClient) -> None:
    told = events(await stream(client, "harbour nets"))

    text = deltas(told)
    by_type = {event["type"]: event for event in told}
    assert by_type["response.output_text.done"]["text"] == text
    assert by_type["response.content_part.done"]["part"]["text"] == text
    assert by_type["response.output_item.done"]["item"]["content"][0]["text"] == text
    assert final_part(by_type["response.completed"]["response"])["text"] == text


async def test_annotations_are_empty_when_added_and_filled_when_done(client: httpx.AsyncClient) -> None:
    by_type = {event["type"]: event for event in events(await stream(client, "harbour"))}

    assert by_type["response.content_part.added"]["part"] == {
        "type": "output_text", "text": "", "annotations": [],
    }  # fmt: skip
    part = by_type["response.content_part.done"]["part"]
    assert part["annotations"]
    assert part == final_part(by_type["response.completed"]["response"])


async def test_annotation_spans_are_inclusive_code_points(client: httpx.AsyncClient) -> None:
    part = final_part(await ask(client, "the best flowers 🎬 of the harbour"))

    assert part["annotations"]
    for number, note in enumerate(part["annotations"], 1):
        assert part["text"][note["start_index"] : note["end_index"] + 1] == f"[{number}]"
        assert note["type"] == "video_citation"
        assert note["item_id"].startswith("ksi_")
        assert note["end_sec"] > note["start_sec"] >= 0
        assert note["title"] in ("Harbour at dawn", "Market day")
        assert "signature=" in note["hls_url"]
        assert "signature=" in note["thumbnail_url"]


async def test_signed_addresses_of_an_annotation_open_without_a_key(client: httpx.AsyncClient) -> None:
    (note,) = final_part(await ask(client, "lighthouse"))["annotations"]

    async with httpx.AsyncClient(trust_env=False) as anyone:
        assert (await anyone.get(note["thumbnail_url"])).headers["content-type"] == "image/png"
        assert (await anyone.get(note["hls_url"])).text.startswith("#EXTM3U")


async def test_a_whole_response_has_the_shape_of_the_service(client: httpx.AsyncClient) -> None:
    response = await ask(client, "harbour")

    assert response["id"].startswith("resp_")
    assert response["session_id"].startswith("sess_")
    assert response["status"] == "completed"
    assert response["type"] == response["object"] == "response"
    assert response["incomplete_details"] is None
    assert response["usage"]["input_tokens"] > 10
    assert response["usage"]["output_tokens"] > 10
    (message,) = response["output"]
    assert message["id"].startswith("msg_")
    assert (message["role"], message["phase"], message["status"]) == (
        "assistant",
        "final_answer",
        "completed",
    )


async def test_message_ids_repeat_from_one_response_of_a_session_to_the_next(
    client: httpx.AsyncClient,
) -> None:
    first = await ask(client, "harbour")
    second = await ask(client, "market", session_id=first["session_id"])

    assert first["output"][0]["id"] == second["output"][0]["id"]
    assert first["id"] != second["id"]


async def test_steps_come_before_the_answer_when_included(client: httpx.AsyncClient) -> None:
    content = await stream(
        client, "harbour", include=["intermediate_outputs"], tools=[{"type": "jockey:web_search"}]
    )

    told = events(content)
    output = told[-1]["response"]["output"]
    assert [(item["type"], item.get("phase")) for item in output] == [
        ("function_call", None),
        ("function_call_output", None),
        ("message", "commentary"),
        ("jockey:web_search", None),
        ("message", "final_answer"),
    ]
    assert output[0]["call_id"] == output[1]["call_id"]
    assert output[3]["action"]["queries"] == ["harbour"]
    arguments = next(e for e in told if e["type"] == "response.function_call_arguments.done")
    assert arguments["arguments"] == output[0]["arguments"]
    stages = [event["type"] for event in told if event["type"].startswith("jockey:")]
    assert stages == [f"jockey:web_search.{stage}" for stage in ("in_progress", "searching", "completed")]
    for index, item in enumerate(output):
        if item["type"] == "message":
            assert deltas(told, index) == item["content"][0]["text"]


async def test_web_marker_is_covered_by_a_url_citation(client: httpx.AsyncClient) -> None:
    part = final_part(await ask(client, "harbour", tools=[{"type": "jockey:web_search"}]))

    (note,) = [note for note in part["annotations"] if note["type"] == "url_citation"]
    marker = part["text"][note["start_index"] : note["end_index"] + 1]
    assert marker.startswith("\ue200cite\ue202")
    assert marker.endswith("\ue201")
    assert note["url"] == "https://example.com/sandbox"
    assert "placeholder" in note["title"]


async def test_no_tools_and_null_tools_mean_no_web(client: httpx.AsyncClient) -> None:
    assert len((await ask(client, "harbour", tools=None))["output"]) == 1
    assert len((await ask(client, "harbour", tools=[]))["output"]) == 1


async def test_unknown_fields_are_passed_over(client: httpx.AsyncClient) -> None:
    assert (await ask(client, "harbour", model="jockey1.0", colour="blue"))["status"] == "completed"


@pytest.mark.parametrize(
    ("changes", "status", "code", "says"),
    [
        ({"input": []}, 400, "parameter_invalid", "exactly one"),
        ({"input": [{"type": "message", "role": "user", "content": ""}]}, 400, "parameter_invalid", "10,000"),
        ({"input": [{"type": "message", "role": "user", "content": "x" * 10_001}]}, 400, "parameter_invalid",
         "10,000"),
        ({"input": [{"type": "message", "role": "system", "content": "x"}]}, 400, "parameter_invalid",
         "role"),
        ({"input": "hello"}, 400, "parameter_invalid", "$.input"),
        ({"input": None}, 400, "parameter_invalid", "$.input"),
        ({"instructions": "x" * 2_001}, 400, "parameter_invalid", "2,000"),
        ({"include": ["everything"]}, 400, "parameter_invalid", "include"),
        ({"tools": [{"type": "jockey:telepathy"}]}, 422, "parameter_invalid", "telepathy"),
        ({"knowledge_store_id": "ks_nope"}, 404, "resource_not_exist", "ks_nope"),
        ({"session_id": "sess_gone"}, 400, "parameter_invalid", "invalid or has expired"),
        ({"selections": [{"kind": "item", "id": "ksi_nope"}]}, 404, "resource_not_exist", "ksi_nope"),
        ({"selections": [{"kind": "planet", "id": "ksi_nope"}]}, 400, "parameter_invalid", "kind"),
        ({"input": [{"type": "message", "role": "user", "content": "see {{sel:0}}"}]}, 400,
         "parameter_invalid",
         "out of range"),
        ({"text": {"format": {"type": "xml"}}}, 400, "parameter_invalid", "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "a"}}}, 400, "parameter_invalid", "schema"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, 400, "parameter_invalid", "name"),
        ({"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "objekt"}}}}, 400,
         "parameter_invalid", "$.type"),
        ({"text": {"format": {"type": "json_schema", "name": "a", "schema": {"$ref": "#/$defs/x"}}}}, 400,
         "parameter_invalid", "$defs"),
    ],
)  # fmt: skip
async def test_wrong_requests_are_refused_before_any_event(
    client: httpx.AsyncClient, changes: dict[str, Any], status: int, code: str, says: str
) -> None:
    body = question(await store_id(client), "harbour", stream=True) | changes

    response = await client.post("/responses", json=body)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json()["code"] == code
    assert says in response.json()["message"]


async def test_a_missing_field_is_named(client: httpx.AsyncClient) -> None:
    response = await client.post("/responses", json={"knowledge_store_id": "ks_x"})

    assert response.status_code == 400
    assert response.json() == {
        "code": "parameter_not_provided",
        "message": "The input parameter is required.",
    }


async def test_a_session_belongs_to_its_store(client: httpx.AsyncClient) -> None:
    session = (await ask(client, "harbour"))["session_id"]
    other = (await client.post("/knowledge-stores", json={"name": "Other"})).json()["_id"]

    response = await client.post("/responses", json=question(other, "harbour", session_id=session))

    assert response.status_code == 400
    assert "another knowledge store" in response.json()["message"]
    await client.delete(f"/knowledge-stores/{other}")


async def test_an_empty_store_is_answered_about_plainly(client: httpx.AsyncClient) -> None:
    empty = (await client.post("/knowledge-stores", json={"name": "Empty"})).json()["_id"]

    response = await client.post("/responses", json=question(empty, "harbour"))

    assert "nothing in it" in final_part(response.json())["text"]
    await client.delete(f"/knowledge-stores/{empty}")


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json; charset=utf-8", 400),
        (b'{"a": "' + b"x" * 3_000_000 + b'"}', "application/json", 413),
    ],
)
async def test_bodies_that_are_not_what_they_should_be(
    client: httpx.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    response = await client.post("/responses", content=content, headers={"content-type": content_type})

    assert response.status_code == status
    assert set(response.json()) == {"code", "message"}
