"""What a proxy's address and an extra header may look like."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.domain.failure import FailureAction, FailureLayer, TracksideError
from trackside.domain.network_rules import (
    MAX_HEADER_LENGTH,
    MAX_HEADERS,
    ProxyAddress,
    check_header,
    check_headers,
    manual_proxy,
    proxy_address,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("proxy.lan:3128", ProxyAddress("http", "proxy.lan", 3128)),
        (" http://proxy.lan/ ", ProxyAddress("http", "proxy.lan", 80)),
        ("HTTPS://proxy.lan", ProxyAddress("https", "proxy.lan", 443)),
        ("socks5://10.0.0.1", ProxyAddress("socks5", "10.0.0.1", 1080)),
        ("socks5h://[::1]:9050", ProxyAddress("socks5", "[::1]", 9050)),
        ("http://[fe80::1]", ProxyAddress("http", "[fe80::1]", 80)),
        ("http://anna:secret@p:1", ProxyAddress("http", "p", 1, "anna", "secret")),
        ("http://a%40b:p%3A%2F%25@p:1", ProxyAddress("http", "p", 1, "a@b", "p:/%")),
        ("http://anna:p@ss:wo/rd@p:1", ProxyAddress("http", "p", 1, "anna", "p@ss:wo/rd")),
        ("anna@p:1", ProxyAddress("http", "p", 1, "anna", "")),
    ],
)
def test_addresses_that_can_be_used(text: str, address: ProxyAddress) -> None:
    assert proxy_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "gopher://p:1",
        "socks4://p:1",
        "p:0",
        "p:65536",
        "p:port",
        "p:٣",
        "p:" + "9" * 5000,
        "a b:1",
        "http://p:1/path",
        "http://p:1?x",
        "http://[::1",
        "::1",
        "http://SECRET:SECRET@",
        "http://SE%0aCRET:x@p:1",
        "http://SE%3aCRET:x@p:1",
        "socks5://SECRET:" + "x" * 256 + "@p",
    ],
)
def test_addresses_that_can_not_be_used_are_told_without_being_quoted(text: str) -> None:
    with pytest.raises(TracksideError) as caught:
        proxy_address(text)
    assert caught.value.failure.layer is FailureLayer.PROXY_SETTINGS
    assert caught.value.failure.actions[0] is FailureAction.OPEN_CONNECTION
    assert "SECRET" not in repr(caught.value.failure)


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(TracksideError):
        proxy_address(text)


def test_a_manual_proxy_keeps_its_login_apart() -> None:
    assert manual_proxy("p:1", "anna", "a@:/%").password == "a@:/%"
    assert manual_proxy("p:1", "", "left behind") == ProxyAddress("http", "p", 1)
    for text, user in (("http://anna:secret@p:1", ""), ("p:1", "an:na"), ("p:1", "an\nna")):
        with pytest.raises(TracksideError):
            manual_proxy(text, user, "x")


def test_a_password_is_in_no_repr() -> None:
    address = proxy_address("http://anna:hush-hush@p:1")
    assert "hush" not in repr(address) + address.shown + address.url


@pytest.mark.parametrize("name", ["X-Gateway", "authorization", "X_1", "x.y~z", "User-Agent"])
def test_names_that_may_be_sent(name: str) -> None:
    check_header(name, "Bearer a b\tc=;,\"'")


@pytest.mark.parametrize(
    "name",
    [
        *("", "a b", "a:b", "a\r\nb", "ä", "a\0", "x" * 201),
        *("x-api-key", "X-API-Key", "Host", "Content-Length", "Transfer-Encoding", "connection", "Cookie"),
        *("Accept-Encoding", "content-type", "Proxy-Authorization", "TE", "Upgrade", "expect"),
    ],
)
def test_names_that_may_not(name: str) -> None:
    with pytest.raises(TracksideError) as caught:
        check_header(name, "value")
    assert caught.value.failure.layer is FailureLayer.HEADERS
    assert "\r" not in caught.value.failure.sentence


@pytest.mark.parametrize(
    "value", ["a\r\nx-evil: 1", "a\nb", "ä", "日本", "\0", "x" * (MAX_HEADER_LENGTH + 1)]
)
def test_values_that_may_not_are_not_quoted(value: str) -> None:
    with pytest.raises(TracksideError) as caught:
        check_header("X-Gateway", value)
    assert value not in repr(caught.value.failure)


def test_a_header_that_is_there_twice_and_too_many() -> None:
    check_headers([(f"x-{n}", "") for n in range(MAX_HEADERS)])
    for headers in ([("X-A", "1"), ("x-a", "2")], [(f"x-{n}", "") for n in range(MAX_HEADERS + 1)]):
        with pytest.raises(TracksideError):
            check_headers(headers)
