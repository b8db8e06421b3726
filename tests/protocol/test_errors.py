"""Statuses and transport errors in the user's words: the service's error table, one row at a time."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.domain.failure import FailureKind
from trackside.protocol.errors import failure_of_body, failure_of_status, retry_after_s
from trackside.protocol.silence import StreamSilentError
from trackside.protocol.transport_errors import failure_of_error

NOW = datetime(2026, 7, 11, 3, 13, 0, tzinfo=UTC)
K = FailureKind


def body(code: str, message: str) -> bytes:
    return json.dumps({"code": code, "message": message}).encode()


@pytest.mark.parametrize(
    ("status", "content", "kind", "said"),
    [
        (400, body("parameter_invalid", "`input` must not be empty"), K.REFUSED_REQUEST,
         "`input` must not be empty."),
        (400, body("parameter_invalid", "session sess_1 not found"), K.DEAD_SESSION, "no longer knows"),
        (400, body("parameter_invalid", "The session_id is invalid."), K.DEAD_SESSION, "no longer knows"),
        (400, body("parameter_invalid", "Invalid session"), K.DEAD_SESSION, "no longer knows"),
        (400, body("x", "knowledge_store_id doesn't match the session"), K.DEAD_SESSION, "no longer knows"),
        (400, body("x", "session expired"), K.DEAD_SESSION, "no longer knows"),
        (400, body("x", "selections[0].id is invalid"), K.REFUSED_REQUEST, "Selections[0].id is"),
        (401, body("api_key_invalid", "bad key"), K.KEY, "refused the key"),
        (401, b"", K.KEY, "refused the key"),
        (403, body("region_not_allowed", "not here"), K.KEY, "Not here."),
        (404, body("resource_not_exist", "no such store"), K.NOT_FOUND, "No such store."),
        (404, body("endpoint_not_exists", "x"), K.NO_ACCESS, "family of endpoints"),
        (404, b"<html>nginx</html>", K.NOT_FOUND, "no such thing"),
        (409, body("x", "already there"), K.REFUSED_REQUEST, "Already there."),
        (410, body("x", "page token expired"), K.REFUSED_REQUEST, "Page token expired."),
        (413, b"", K.REFUSED_REQUEST, "too large"),
        (415, body("x", "no such type"), K.REFUSED_REQUEST, "No such type."),
        (422, body("parameter_invalid", "tool is unavailable"), K.REFUSED_REQUEST, "Tool is unavailable."),
        (418, b"", K.REFUSED_REQUEST, "418"),
        (429, b"", K.RATE_LIMIT, "Rate limited"),
        (429, body("plan_limit_exceeded", "resets at 2026-07-12T00:00:00Z"), K.PLAN_LIMIT, "Resets at"),
        (500, b"", K.SERVICE, "(500)"),
        (502, b"<html>bad gateway</html>", K.SERVICE, "(502)"),
        (503, body("x", "overloaded"), K.SERVICE, "Overloaded."),
        (302, b"", K.CONNECTION, "leads elsewhere"),
    ],
)  # fmt: skip
def test_each_row_of_the_error_table(status: int, content: bytes, kind: FailureKind, said: str) -> None:
    failure = failure_of_status(status, {}, content)
    assert failure.kind is kind
    assert said in failure.sentence
    assert failure.status == status


@pytest.mark.parametrize(
    "content",
    [
        b'{"code":"c","message":"it broke","docs_url":"x"}',
        b'{"error":{"code":"c","message":"it broke","details":{}}}',
        b'{"code":"c","detail":"it broke"}',
        b'{"code":"c","error":"it broke"}',
    ],
)
def test_every_shape_of_error_body(content: bytes) -> None:
    failure = failure_of_status(422, {}, content)
    assert (failure.headline, failure.code) == ("It broke.", "c")


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"5", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"error":[]}', b'{"code":5}'],
)
def test_bodies_without_a_message_still_make_a_sentence(content: bytes) -> None:
    failure = failure_of_status(400, {}, content)
    assert failure.headline == "The service refused the request (400)."
    assert failure.code is None


def test_details_keep_what_support_asks_for_and_no_more() -> None:
    headers = httpx.Headers({"X-Request-Id": "req_1", "Set-Cookie": "c=secret", "Retry-After": "3"})
    failure = failure_of_status(500, headers, b"<html>" + b"x" * 10_000)
    assert dict(failure.headers) == {"x-request-id": "req_1", "retry-after": "3"}
    assert "req_1" in failure.detail
    assert "secret" not in failure.detail
    assert len(failure.detail) < 3_000


@pytest.mark.parametrize(
    ("header", "message", "seconds"),
    [
        ("7", "", 7.0),
        (" 1.5 ", "", 1.5),
        ("0", "", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), "", 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), "", 0.0),
        (None, "Try again after 2026-07-11T03:13:30Z.", 30.0),
        (None, "Try again after 2026-07-11T05:13:30+02:00", 30.0),
        (None, "Try again after 2026-07-11T03:13:30", 30.0),
        (None, "Try again after 2026-07-11 03:13:30.250Z", 30.25),
        (None, "limit resets 2026-07-11T03:14Z", 60.0),
        ("soon", "at 2026-07-11T03:13:05Z", 5.0),
        ("-5", "", None),
        ("1.2.3", "", None),
        ("٣", "", None),
        ("9" * 400, "", None),
        (None, "at 2026-13-45T99:99:99Z", None),
        (None, "", None),
        ("", "", None),
    ],
)
def test_retry_after(header: str | None, message: str, seconds: float | None) -> None:
    assert retry_after_s(header, message, now=NOW) == seconds


dates = st.from_regex(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{1,5} .{0,20}")
times = st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


@given(st.none() | st.text(max_size=40) | dates, st.text(max_size=20) | times)
def test_no_hint_raises(header: str | None, message: str) -> None:
    seconds = retry_after_s(header, message, now=NOW)
    assert seconds is None or 0 <= seconds < float("inf")


def chained(error: Exception, *causes: Exception) -> Exception:
    end = error
    for cause in causes:
        end.__cause__ = cause
        end = cause
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (StreamSilentError(300), K.SILENCE, "Nothing came for 300 s"),
        (httpx.ConnectTimeout("x"), K.CONNECTION, "did not answer in time"),
        (httpx.PoolTimeout("x"), K.CONNECTION, "did not answer in time"),
        (httpx.ProxyError("407"), K.CONNECTION, "proxy"),
        (httpx.InvalidURL("x"), K.CONNECTION, "address can't be used"),
        (httpx.UnsupportedProtocol("x"), K.CONNECTION, "address can't be used"),
        (UnicodeError("label too long"), K.CONNECTION, "address can't be used"),
        (chained(httpx.ConnectError("x"), untrusted()), K.CONNECTION, "not trusted: self-signed certificate"),
        (chained(httpx.ConnectError("x"), ssl.SSLError(1, "wrong version")), K.CONNECTION, "No secure"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), K.CONNECTION, "no address for host"),
        (httpx.ConnectError("[Errno 111] Connection refused"), K.CONNECTION, "refused"),
        (httpx.ConnectError("[Errno 101] unreachable"), K.CONNECTION, "can't be reached"),
        (httpx.ReadError("x"), K.CONNECTION, "broke"),
        (ConnectionResetError("x"), K.CONNECTION, "broke"),
        (httpx.DecodingError("x"), K.BAD_ANSWER, "encoding"),
        (RuntimeError("x"), K.BUG, "inside Trackside"),
    ],
)
def test_transport_errors(error: Exception, kind: FailureKind, said: str) -> None:
    failure = failure_of_error(error, "host")
    assert failure.kind is kind
    assert said in failure.sentence
    assert type(error).__name__ in failure.detail


@pytest.mark.parametrize(
    "error",
    [httpx.ReadError("x"), httpx.RemoteProtocolError("x"), httpx.DecodingError("x"), BrokenPipeError()],
)
def test_once_an_answer_has_started_it_is_interrupted(error: Exception) -> None:
    assert failure_of_error(error, "host", has_started=True).kind is FailureKind.INTERRUPTED


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "nothing at all"), (b" \n", "nothing at all"), (b"<html>", "web page"), (b"{}", "no answer")],
)
def test_a_body_that_is_no_answer(content: bytes, said: str) -> None:
    failure = failure_of_body("text/html", content)
    assert said in failure.headline
    assert failure.kind is FailureKind.BAD_ANSWER
