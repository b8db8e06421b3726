"""Whom a key is for, and how a host is named."""

from dataclasses import replace

import pytest

from trackside.domain.connection import SERVICE_URL, TWELVELABS
from trackside.domain.key_place import key_place, place_words, proxy_place


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (SERVICE_URL, ""),
        ("https://API.twelvelabs.io:443/v2", ""),
        ("http://127.0.0.1:8080/v1.3", ""),
        ("http://api.twelvelabs.io/v1.3", "http://api.twelvelabs.io"),
        ("https://api.twelvelabs.io:444", "https://api.twelvelabs.io:444"),
        ("https://gate.example/a", "https://gate.example"),
        ("https://GATE.example./b", "https://gate.example"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://api.twelvelabs.io@evil.example", "https://evil.example"),
        ("https://[", "?"),
    ],
)
def test_a_place_is_the_origin(url: str, place: str) -> None:
    assert key_place(url) == place


def test_a_look_alike_is_another_place_and_named_as_on_the_wire() -> None:
    on_wire = "\u0430pi.twelvelabs.io".encode("idna").decode()
    assert on_wire.startswith("xn--")
    url = "https://\u0430pi.twelvelabs.io/v1.3"
    assert key_place(url) != key_place(SERVICE_URL)
    assert place_words(key_place(url)) == on_wire
    assert replace(TWELVELABS, base_url=url).host == on_wire
    turned = replace(TWELVELABS, base_url="https://x\u202eoi.example:8443/")
    assert turned.host.isascii()
    assert turned.host.endswith(".example:8443")


def test_plain_http_is_said() -> None:
    assert place_words(key_place("http://api.twelvelabs.io")) == "http://api.twelvelabs.io"
    assert place_words("") == "api.twelvelabs.io"


def test_a_proxy_s_place() -> None:
    assert proxy_place("Proxy.lan:3128") == proxy_place("http://proxy.lan:3128") == "http://proxy.lan:3128"
    assert proxy_place("https://proxy.lan:3128") != proxy_place("http://proxy.lan:3128")
    assert (proxy_place(""), proxy_place("ftp://x")) == ("", "?")
