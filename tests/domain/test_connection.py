import pytest

from trackside.domain.connection import SANDBOX_ID, Connection, checked_base_url, is_loopback
from trackside.domain.failure import FailureKind, TracksideError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.twelvelabs.io/v1.3", "https://api.twelvelabs.io/v1.3"),
        ("  https://api.twelvelabs.io/v1.3/ ", "https://api.twelvelabs.io/v1.3"),
        ("http://127.0.0.1:8000/v1.3", "http://127.0.0.1:8000/v1.3"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_good_addresses_lose_their_trailing_slash_only(text: str, url: str) -> None:
    assert checked_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "api.twelvelabs.io", "ftp://x", "https://", "https://a b", "https://user:pw@host", "https://@host",
        "https://host?x=1", "https://host/?", "https://host#", "http://host", "https://host:99999", "https://[::1",
        "https://host\n/x", "file:///etc/passwd", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_bad_addresses_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(TracksideError) as caught:
        checked_base_url(text)
    assert caught.value.failure.kind is FailureKind.INPUT
    assert "pw" not in str(caught.value)


def test_plain_http_needs_to_be_allowed() -> None:
    assert checked_base_url("http://host", allow_plain_http=True) == "http://host"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("a.localhost", True), ("127.8.8.8", True), ("::1", True),
     ("10.0.0.1", False), ("localhost.example.org", False), ("", False)],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_host_and_sandbox() -> None:
    assert Connection("x", "n", "http://127.0.0.1:8000/v1.3").host == "127.0.0.1:8000"
    assert Connection(SANDBOX_ID, "n", "http://127.0.0.1:1").is_sandbox
