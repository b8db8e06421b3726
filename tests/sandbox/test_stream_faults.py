"""Every fault, byte by byte, as a client without any cleverness sees it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from sandbox.support import client_of, deltas, events, final_part, frames, question, store_id, stream, until
from trackside.sandbox.faults import FaultName, list_faults, parse_fault
from trackside.sandbox.server import SandboxServer

QUESTION = "harbour nets lighthouse bread"


async def refused(client: httpx.AsyncClient, fault: str) -> httpx.Response:
    body = question(await store_id(client), QUESTION, stream=True)
    return await client.post("/responses", json=body, headers={"X-Sandbox-Fault": fault})


async def received(client: httpx.AsyncClient, fault: str, frames_due: int = 1_000) -> tuple[bytes, str]:
    """What arrives until the body ends or, with so many frames there, nothing comes for a while."""
    body = question(await store_id(client), QUESTION, stream=True)
    content = b""
    sent = client.stream("POST", "/responses", json=body, headers={"X-Sandbox-Fault": fault})
    async with sent as response:
        assert response.status_code == 200
        pieces = response.aiter_raw()
        while True:
            try:
                limit_s = 0.15 if content.count(b"\n\n") >= frames_due else 5.0
                content += await asyncio.wait_for(anext(pieces), limit_s)
            except StopAsyncIteration:
                return content, "ended"
            except TimeoutError:
                return content, "silent"
            except httpx.RemoteProtocolError:
                return content, "broken"


async def test_silence_keeps_the_connection_open(client: httpx.AsyncClient) -> None:
    content, ending = await received(client, "silence=3", frames_due=3)

    assert ending == "silent"
    assert content.count(b"\n\n") == 3


async def test_drop_closes_within_the_body(client: httpx.AsyncClient) -> None:
    content, ending = await received(client, "drop")

    assert ending == "broken"
    assert content.count(b"\n\n") == 12
    assert content.endswith(b"\n\n")


async def test_drop_never_lets_a_short_answer_complete(client: httpx.AsyncClient) -> None:
    content, ending = await received(client, "drop=5000")

    assert ending == "broken"
    assert b"response.output_item.done" in content
    assert b"response.completed" not in content


async def test_drop_is_not_counted_as_the_client_leaving(
    shared: SandboxServer, client: httpx.AsyncClient
) -> None:
    before = len(shared.disconnects)

    await received(client, "drop")

    assert len(shared.disconnects) == before


async def test_drop_in_character_ends_inside_one(client: httpx.AsyncClient) -> None:
    content, ending = await received(client, "drop-in-character")

    assert ending == "broken"
    with pytest.raises(UnicodeDecodeError) as caught:
        content.decode("utf-8")
    assert caught.value.reason == "unexpected end of data"


async def test_slow_first_byte_sends_headers_at_once(client: httpx.AsyncClient) -> None:
    content, ending = await received(client, "slow-first-byte=10", frames_due=0)

    assert (content, ending) == (b"", "silent")


async def test_slow_first_byte_is_served_in_the_end(client: httpx.AsyncClient) -> None:
    assert (await stream(client, QUESTION, fault="slow-first-byte=0.05")).endswith(b"data: [DONE]\n\n")


async def test_no_done_ends_properly_without_it(client: httpx.AsyncClient) -> None:
    content, ending = await received(client, "no-done")

    assert ending == "ended"
    assert events(content)[-1]["type"] == "response.completed"
    assert b"[DONE]" not in content


async def test_held_open_stays_open_after_done(client: httpx.AsyncClient) -> None:
    frames_told = (await stream(client, QUESTION)).count(b"\n\n")

    content, ending = await received(client, "held-open", frames_told)

    assert ending == "silent"
    assert content.endswith(b"data: [DONE]\n\n")


async def test_malformed_event_is_one_more_among_good_ones(client: httpx.AsyncClient) -> None:
    told = frames(await stream(client, QUESTION, fault="malformed-event"))

    broken = [data for _, data in told if data != "[DONE]" and not data.endswith("}")]
    assert len(broken) == 1
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken[0])
    good = [json.loads(data) for _, data in told if data not in ("[DONE]", broken[0])]
    assert deltas(good) == final_part(good[-1]["response"])["text"]


async def test_unknown_event_is_one_more_among_known_ones(client: httpx.AsyncClient) -> None:
    told = events(await stream(client, QUESTION, fault="unknown-event"))

    assert [event["type"] for event in told].count("response.storyboard.frame") == 1
    assert deltas(told) == final_part(told[-1]["response"])["text"]


async def test_interleaved_deltas_belong_to_two_items(client: httpx.AsyncClient) -> None:
    told = events(await stream(client, QUESTION, fault="interleaved"))

    output = told[-1]["response"]["output"]
    assert [item["phase"] for item in output] == ["commentary", "final_answer"]
    for index, item in enumerate(output):
        assert deltas(told, index) == item["content"][0]["text"]
    order = [e["output_index"] for e in told if e["type"] == "response.output_text.delta"]
    assert order[:6] == [0, 1, 0, 1, 0, 1]


async def test_failed_comes_midway_with_a_message(client: httpx.AsyncClient) -> None:
    content = await stream(client, QUESTION, fault="failed")

    last = events(content)[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["status"] == "failed"
    assert last["response"]["error"]["message"]
    assert deltas(events(content))
    assert content.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(("fault", "path"), [("error-event", "error"), ("error-event=flat", "")])
async def test_error_event_comes_midway_without_done(
    client: httpx.AsyncClient, fault: str, path: str
) -> None:
    content = await stream(client, QUESTION, fault=fault)

    last = events(content)[-1]
    assert last["type"] == "error"
    error = last[path] if path else last
    assert error["code"] == "internal_error"
    assert error["message"]
    assert b"[DONE]" not in content
    assert b"response.completed" not in content


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("incomplete", "response.completed"), ("incomplete=event", "response.incomplete")],
)
async def test_incomplete_is_cut_and_says_why(client: httpx.AsyncClient, fault: str, kind: str) -> None:
    told = events(await stream(client, QUESTION, fault=fault))

    last = told[-1]
    assert last["type"] == kind
    assert last["response"]["status"] == "incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert last["response"]["output"][-1]["status"] == "incomplete"
    part = final_part(last["response"])
    assert part["text"] == deltas(told)
    assert all(note["end_index"] < len(part["text"]) for note in part["annotations"])


async def test_byte_by_byte_gives_each_byte_a_chunk(client: httpx.AsyncClient) -> None:
    body = question(await store_id(client), "/echo é", stream=True)
    sent = client.stream("POST", "/responses", json=body, headers={"X-Sandbox-Fault": "byte-by-byte"})
    async with sent as response:
        pieces = [piece async for piece in response.aiter_raw()]

    assert {len(piece) for piece in pieces} == {1}
    assert deltas(events(b"".join(pieces))) == "é"


async def test_giant_event_is_one_delta_of_megabytes(client: httpx.AsyncClient) -> None:
    told = events(await stream(client, QUESTION, fault="giant-event=1"))

    sizes = [len(e["delta"].encode()) for e in told if e["type"] == "response.output_text.delta"]
    assert len(sizes) == 1
    assert sizes[0] > 1_000_000


async def test_no_event_lines_leaves_only_data(client: httpx.AsyncClient) -> None:
    content = await stream(client, QUESTION, fault="no-event-lines")

    assert all(line.startswith(b"data: ") for line in content.split(b"\n") if line)
    assert events(content)[-1]["type"] == "response.completed"


async def test_no_sequence_leaves_out_every_index(client: httpx.AsyncClient) -> None:
    for event in events(await stream(client, QUESTION, fault="no-sequence")):
        assert not {"sequence_number", "output_index", "content_index"} & set(event)


async def test_crlf_ends_every_line(client: httpx.AsyncClient) -> None:
    content = await stream(client, QUESTION, fault="crlf")

    assert content.count(b"\n") == content.count(b"\r\n")
    assert content.endswith(b"data: [DONE]\r\n\r\n")


async def test_bodies_that_are_no_stream(client: httpx.AsyncClient) -> None:
    as_json = await refused(client, "json-body")
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.json()["status"] == "completed"

    as_html = await refused(client, "html-body")
    assert (as_html.status_code, as_html.headers["content-type"]) == (200, "text/html; charset=utf-8")

    empty = await refused(client, "empty-body")
    assert (empty.status_code, empty.content) == (200, b"")
    assert empty.headers["content-type"].startswith("text/event-stream")


async def test_rate_limits_say_when_in_four_ways(client: httpx.AsyncClient) -> None:
    seconds = await refused(client, "rate-limit=7")
    assert seconds.headers["retry-after"] == "7"
    assert seconds.json()["code"] == "too_many_requests"

    dated = await refused(client, "rate-limit-date=7")
    assert parsedate_to_datetime(dated.headers["retry-after"]) > datetime.now(UTC)

    told = await refused(client, "rate-limit-message=7")
    assert "retry-after" not in told.headers
    when = told.json()["message"].rpartition("after ")[2].rstrip(".")
    assert datetime.fromisoformat(when) > datetime.now(UTC)

    bare = await refused(client, "rate-limit-bare")
    assert bare.content == b""
    assert "retry-after" not in bare.headers
    assert {response.status_code for response in (seconds, dated, told, bare)} == {429}


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("plan-limit", 429, "plan_limit_exceeded"),
        ("unauthorized", 401, "api_key_invalid"),
        ("forbidden", 403, "api_not_allowed"),
        ("not-found-endpoint", 404, "endpoint_not_exists"),
        ("lost-session", 400, "parameter_invalid"),
    ],
)
async def test_refusals_carry_their_code(
    client: httpx.AsyncClient, fault: str, status: int, code: str
) -> None:
    response = await refused(client, fault)

    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_plan_limit_says_when_it_resets(client: httpx.AsyncClient) -> None:
    assert "resets at" in (await refused(client, "plan-limit")).json()["message"]


async def test_server_errors_nest_their_error_or_are_html(client: httpx.AsyncClient) -> None:
    nested = await refused(client, "server-error=502")
    assert nested.status_code == 502
    assert nested.json()["error"]["code"] == "internal_server_error"

    page = await refused(client, "unavailable-html")
    assert page.status_code == 503
    assert page.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("fault", ["failed", "error-event", "incomplete"])
async def test_spoiled_answers_have_a_whole_form_too(client: httpx.AsyncClient, fault: str) -> None:
    body = question(await store_id(client), QUESTION)

    response = await client.post("/responses", json=body, headers={"X-Sandbox-Fault": fault})

    assert response.json()["status"] == ("incomplete" if fault == "incomplete" else "failed")


async def test_times_lets_later_requests_pass(client: httpx.AsyncClient) -> None:
    fault = "rate-limit=1;times=2"

    statuses = [(await refused(client, fault)).status_code for _ in range(4)]

    assert statuses == [429, 429, 200, 200]


async def test_a_standing_fault_strikes_responses_alone(start: Callable[..., SandboxServer]) -> None:
    server = start(fault="server-error;times=1")
    async with client_of(server) as client:
        body = question(await store_id(client), "harbour")
        assert (await client.post("/responses", json=body)).status_code == 500
        assert (await client.post("/responses", json=body)).status_code == 200

        server.set_fault("unauthorized;path=/")
        assert (await client.get("/knowledge-stores")).status_code == 401
        server.set_fault(None)
        assert (await client.get("/knowledge-stores")).status_code == 200


async def test_setting_a_fault_again_counts_anew(start: Callable[..., SandboxServer]) -> None:
    server = start()
    async with client_of(server) as client:
        body = question(await store_id(client), "harbour")
        for _ in range(2):
            server.set_fault("server-error;times=1")
            statuses = [(await client.post("/responses", json=body)).status_code for _ in range(2)]
            assert statuses == [500, 200]


async def test_an_unknown_fault_in_the_header_is_refused(client: httpx.AsyncClient) -> None:
    response = await refused(client, "earthquake")

    assert response.status_code == 400
    assert "silence" in response.json()["message"]


@pytest.mark.parametrize(
    "text",
    ["", "earthquake", "drop=many", "drop=-1", "no-done=3", "drop;times=x", "drop;when=now", "drop=nan",
     "server-error=404", "incomplete=maybe"],
)  # fmt: skip
def test_what_makes_no_sense_is_not_parsed(text: str) -> None:
    with pytest.raises(ValueError):
        parse_fault(text)


def test_notation_of_faults() -> None:
    fault = parse_fault("drop=3; times=2; path=/assets")

    assert (fault.name, fault.number, fault.times, fault.path) == (FaultName.DROP, 3, 2, "/assets")
    assert parse_fault("drop").number == 12
    assert parse_fault("rate-limit").value == "2"


def test_help_lists_every_fault_with_a_description() -> None:
    lines = list_faults().splitlines()

    assert len(lines) == len(FaultName)
    for name, line in zip(FaultName, lines, strict=True):
        assert line.startswith(name.value)
        assert name.description in line


async def test_a_disconnect_is_noticed_at_once(start: Callable[..., SandboxServer]) -> None:
    server = start(pace_tokens_s=200.0)
    async with client_of(server) as client:
        body = question(await store_id(client), "/long 50", stream=True)
        async with client.stream("POST", "/responses", json=body) as response:
            await anext(response.aiter_raw())
            assert server.open_streams == 1
        left = time.monotonic()
        await until(lambda: not server.open_streams)

    assert len(server.disconnects) == 1
    assert server.disconnects[0] - left < 1.0


async def test_a_disconnect_is_noticed_flat_out_and_in_silence(start: Callable[..., SandboxServer]) -> None:
    server = start()
    async with client_of(server) as client:
        for text, fault in (("/long 4000", "no-done"), ("harbour", "silence"), ("harbour", "held-open")):
            body = question(await store_id(client), text, stream=True)
            headers = {"X-Sandbox-Fault": fault}
            async with client.stream("POST", "/responses", json=body, headers=headers) as response:
                await anext(response.aiter_raw())
            await until(lambda: not server.open_streams)

    assert len(server.disconnects) == 3
