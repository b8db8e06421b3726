"""Which proxy a host is reached through, and which headers go to whom."""

import json
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.asking import KEY
from trackside.domain.connection import Connection, ExtraHeader, ProxyChoice, Secrets
from trackside.domain.failure import Failure, FailureKind, FailureLayer, TracksideError
from trackside.protocol import proxies
from trackside.protocol.blotting import Blot
from trackside.protocol.client import ServiceClient
from trackside.protocol.network import client_options, extra_headers, proxy_for
from trackside.protocol.proxies import chosen_proxy, is_exempt

URL = "https://api.example.test/v1.3"
KEYED = Secrets(KEY)
SYSTEM = Connection("c", "Test", URL)
MANUAL = replace(SYSTEM, proxy=ProxyChoice.MANUAL, proxy_url="http://proxy.test:3128", proxy_user="anna")


def proxy_shown(connection: Connection, url: str = URL) -> str | None:
    proxy = chosen_proxy(connection, Secrets(), url)
    return None if proxy is None else proxy.url


# -- the system's proxy -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, URL, None),
        ({"HTTPS_PROXY": "http://p:1"}, URL, "http://p:1"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, URL, "http://low:1"),
        ({"HTTP_PROXY": "http://p:1"}, URL, None),
        ({"HTTP_PROXY": "http://p:1"}, "http://api.example.test/", "http://p:1"),
        ({"ALL_PROXY": "socks5h://p:1"}, URL, "socks5://p:1"),
        ({"all_proxy": "p:1"}, "http://api.example.test/", "http://p:1"),
        ({"ALL_PROXY": "http://a:1", "HTTPS_PROXY": "http://h:1"}, URL, "http://h:1"),
        ({"SOCKS_PROXY": "p"}, URL, "socks5://p:1080"),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "example.test"}, URL, None),
        ({"HTTPS_PROXY": "p:1", "no_proxy": "example.test"}, URL, None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "api.example.test:444"}, URL, "http://p:1"),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "api.example.test:443"}, URL, None),
        ({"HTTPS_PROXY": "p:1"}, "https://127.0.0.1:8/", None),
        ({"HTTPS_PROXY": "p:1"}, "https://localhost/", None),
        ({"HTTPS_PROXY": "p:1"}, "https://a.localhost./", None),
        ({"HTTPS_PROXY": "p:1"}, "https://[::1]:8/", None),
        ({"HTTPS_PROXY": " "}, URL, None),
    ],
)
def test_the_environment_s_proxy(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_shown(SYSTEM, url) == proxy
    assert proxy_shown(replace(SYSTEM, proxy=ProxyChoice.NONE), url) is None


def test_the_system_s_settings_are_asked_where_the_environment_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proxies, "getproxies", lambda: {"https": "http://office:8080", "socks": "http://s:1"})
    monkeypatch.setattr(proxies, "proxy_bypass", lambda host: host == "intranet.example.test")
    assert proxy_shown(SYSTEM) == "http://office:8080"
    assert proxy_shown(SYSTEM, "http://api.example.test/") == "socks5://s:1"
    assert proxy_shown(SYSTEM, "https://intranet.example.test/") is None
    monkeypatch.setenv("HTTPS_PROXY", "env:1")
    assert proxy_shown(SYSTEM) == "http://env:1"


@pytest.mark.parametrize("bad", ["gopher://SECRET@p:1", "http://SECRET:x@:1", "http://SECRET@p:port"])
def test_a_proxy_of_the_environment_that_can_not_be_used_is_told(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", bad)
    with pytest.raises(TracksideError) as caught:
        chosen_proxy(SYSTEM, Secrets(), URL)
    failure = caught.value.failure
    assert failure.layer is FailureLayer.PROXY_SETTINGS
    assert "HTTPS_PROXY" in failure.advice
    assert caught.value.__context__ is None
    assert "SECRET" not in repr(failure)


@pytest.mark.parametrize(
    ("host", "no_proxy", "is_it"),
    [
        ("api.example.test", "*", True),
        ("api.example.test", "other.test,*", True),
        ("api.example.test", "example.test", True),
        ("api.example.test", ".example.test", True),
        ("api.example.test", "*.example.test", True),
        ("example.test", ".example.test", True),
        ("api.example.test", "EXAMPLE.Test.", True),
        ("API.EXAMPLE.test", "example.test", True),
        ("apiexample.test", "example.test", False),
        ("example.test.evil", "example.test", False),
        ("api.example.test", "other.test; api", False),
        ("api.example.test", "a b,api.example.test", True),
        ("api.example.test", "https://api.example.test/", True),
        ("api.example.test", "api.example.test:443", True),
        ("api.example.test", "api.example.test:80", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3:443", True),
        ("10.1.2.3", "2.3", False),
        ("10.1.2.3", "nonsense/99", False),
        ("fd00::1", "fd00::/8", True),
        ("[fd00::1]", "[fd00::1]:443", True),
        ("fd00::1", "fd00::2", False),
        ("api.example.test", "", False),
        ("api.example.test", ",, ,.", False),
        ("test", "10.0.0.0/8", False),
    ],
)
def test_whom_no_proxy_names(host: str, no_proxy: str, is_it: bool) -> None:
    assert is_exempt(host, 443, no_proxy) is is_it


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_proxy_never_raises(host: str, no_proxy: str) -> None:
    assert is_exempt(host, 443, no_proxy) in (True, False)


# -- one's own --------------------------------------------------------------------------------------


def test_a_manual_proxy_carries_its_login() -> None:
    proxy = proxy_for(MANUAL, Secrets(KEY, "p@ss:wo/rd%"), URL)
    assert proxy is not None
    assert (str(proxy.url), proxy.auth) == ("http://proxy.test:3128", ("anna", "p@ss:wo/rd%"))
    assert proxy_for(MANUAL, Secrets(), "http://127.0.0.1:9/") is None


async def failure_of(connection: Connection, secrets: Secrets = KEYED) -> Failure:
    client = ServiceClient(connection, secrets)
    with pytest.raises(TracksideError) as caught:
        await client.stores()
    await client.aclose()
    return caught.value.failure


@pytest.mark.parametrize(
    "url", ["", "ftp://p", "http://SECRET:x@p:1", "http://-\u2028:1", "http://" + "a" * 300]
)
async def test_a_manual_proxy_that_can_not_be_used_is_told_when_it_is_used(url: str) -> None:
    failure = await failure_of(replace(MANUAL, proxy_url=url))
    assert failure.layer in (FailureLayer.PROXY_SETTINGS, FailureLayer.PROXY)
    assert failure.kind is FailureKind.CONNECTION
    assert "SECRET" not in repr(failure)


async def test_the_environment_is_not_asked_for_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nonexistent/keys")
    options = client_options(MANUAL, Secrets(), URL)
    assert options["trust_env"] is False
    assert options["follow_redirects"] is False
    await httpx.AsyncClient(**options).aclose()


# -- headers ----------------------------------------------------------------------------------------

WITH_HEADERS = replace(
    SYSTEM,
    headers=(
        ExtraHeader("X-Gateway", " open "),
        ExtraHeader("Authorization", is_secret=True),
        ExtraHeader("User-Agent", "ours/1"),
    ),
)
HUSH = "Bearer hush+/=hush"


async def test_headers_go_to_the_service_and_nowhere_else() -> None:
    seen: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": []}, headers={"content-type": "image/png"})

    secrets = Secrets(KEY, headers=(("authorization", HUSH), ("x-unused", "left behind")))
    client = ServiceClient(WITH_HEADERS, secrets, transport=httpx.MockTransport(answering))
    await client.stores()
    await client.picture(f"{URL}/picture.png")
    await client.picture("https://storage.test/picture.png")
    await client.aclose()
    service, *outside = seen
    assert service.headers.get_list("user-agent") == ["ours/1"]
    assert service.headers["x-gateway"] == "open"
    assert service.headers["authorization"] == HUSH
    assert service.headers["x-api-key"] == KEY
    assert "x-unused" not in service.headers
    for request in outside:
        assert {"x-api-key", "x-gateway", "authorization"}.isdisjoint(request.headers)


async def test_a_secret_header_whose_value_is_nowhere_is_told() -> None:
    failure = await failure_of(WITH_HEADERS)
    assert failure.kind is FailureKind.KEY
    assert "“Authorization”" in failure.headline


@pytest.mark.parametrize("header", [ExtraHeader("X-Api-Key", "x"), ExtraHeader("X-A", "a\r\nb: c")])
async def test_a_header_that_can_not_be_sent_is_told(header: ExtraHeader) -> None:
    failure = await failure_of(replace(SYSTEM, headers=(header,)))
    assert failure.layer is FailureLayer.HEADERS


async def test_secrets_that_a_server_echoes_do_not_get_into_a_failure() -> None:
    connection = replace(WITH_HEADERS, proxy_user="anna")
    secrets = Secrets(KEY, "p@ss/wörd", (("Authorization", HUSH),))
    in_address = quote(HUSH, safe="")
    lower = in_address.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d")
    echoes = [HUSH, HUSH.removeprefix("Bearer "), in_address, lower, json.dumps("p@ss/wörd")]
    echoes += [quote("p@ss/wörd"), b64encode("anna:p@ss/wörd".encode()).decode(), KEY]

    def answering(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, text=" | ".join(echoes))

    client = ServiceClient(connection, secrets, transport=httpx.MockTransport(answering))
    with pytest.raises(TracksideError) as caught:
        await client.stores()
    await client.aclose()
    detail = caught.value.failure.detail
    assert detail.count("•••") == len(echoes)
    for secret in (*echoes, "hush", "ss/w", quote("ö")):
        assert secret not in detail


def test_a_short_secret_does_not_garble_what_is_said() -> None:
    blot = Blot(SYSTEM, Secrets("key", "the"), ())
    assert blot("the key") == "the key"


def test_extra_headers_are_those_of_the_connection() -> None:
    assert extra_headers(SYSTEM, Secrets(KEY, headers=(("x", "y"),))) == {}


# -- the key stays with the service -----------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/v1.3/x",
        "https://api.example.test:444/v1.3/x",
        "http://api.example.test/v1.3/x",
        "//evil.test/v1.3/x",
        "/v1.3/elsewhere",
    ],
)
async def test_a_redirect_is_not_followed_wherever_it_leads(target: str) -> None:
    asked: list[str] = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"location": target})

    client = ServiceClient(SYSTEM, Secrets(KEY), transport=httpx.MockTransport(answering))
    with pytest.raises(TracksideError) as caught:
        await client.stores()
    await client.aclose()
    assert caught.value.failure.status == 307
    assert len(asked) == 1


@pytest.mark.parametrize(
    "path", ["https://evil.test/", "https://api.example.test:444/", "http://api.example.test/"]
)
async def test_a_path_that_is_an_address_of_its_own_gets_no_key(path: str) -> None:
    def answering(request: httpx.Request) -> httpx.Response:
        raise AssertionError("It was sent.")

    client = ServiceClient(SYSTEM, Secrets(KEY), transport=httpx.MockTransport(answering))
    with pytest.raises(TracksideError) as caught:
        await client.call("GET", path)
    await client.aclose()
    assert caught.value.failure.layer is FailureLayer.ADDRESS
