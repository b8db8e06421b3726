"""What every call shares: the key stays inside, errors are translated, proxies and TLS are as promised."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
import trustme

from protocol.asking import CREATED, DELTA, KEY, answer, connection
from protocol.raw_server import Exchange, raw_server
from trackside.domain.connection import Secrets
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.stream import StreamFailed, UnknownEvent
from trackside.protocol.client import ServiceClient

URL = "http://127.0.0.1:9/v1.3"
Answering = Callable[[httpx.Request], httpx.Response]


def client_of(answering: Answering, key: str = KEY) -> ServiceClient:
    return ServiceClient(connection(URL), Secrets(key), transport=httpx.MockTransport(answering))


async def failure_of(client: ServiceClient) -> Failure:
    """The failure of a plain call, after a look at everything that is chained to it."""
    with pytest.raises(TracksideError) as caught:
        await client.stores()
    await client.aclose()
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error} {error!r} {error.args}"
        error = error.__cause__ or error.__context__
    return caught.value.failure


def assert_no_key(value: object) -> None:
    text = repr(value)
    for spelling in (KEY, quote(KEY), quote(KEY, safe=""), json.dumps(KEY)[1:-1]):
        assert spelling not in text


ECHOES: dict[str, Answering] = {
    "json": lambda r: httpx.Response(401, json={"code": f"c {KEY}", "message": f"bad key {KEY}"}),
    "nested json": lambda r: httpx.Response(400, json={"error": {"code": KEY, "message": KEY}}),
    "html": lambda r: httpx.Response(502, html=f"<p>{KEY}</p>"),
    "cut in two": lambda r: httpx.Response(500, text="x" * 1990 + KEY),
    "message cut in two": lambda r: httpx.Response(500, json={"message": "x" * 1990 + KEY}),
    "headers": lambda r: httpx.Response(500, headers={"x-request-id": KEY, "server": quote(KEY, safe="")}),
    "redirect": lambda r: httpx.Response(302, headers={"location": f"https://evil.example/?k={quote(KEY)}"}),
    "wrong json": lambda r: httpx.Response(200, text=f'{{"a": {KEY}'),
    "html with 200": lambda r: httpx.Response(200, html=f"<p>{KEY}</p>"),
}


def raising(error: Exception) -> Answering:
    def answering(request: httpx.Request) -> httpx.Response:
        raise error

    return answering


for kind in (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError, httpx.ProxyError, OSError):
    ECHOES[kind.__name__] = raising(kind(f"illegal line {KEY!r} {KEY}"))


@pytest.mark.parametrize("name", ECHOES)
async def test_a_server_that_echoes_the_key_does_not_get_it_into_a_failure(name: str) -> None:
    assert_no_key(await failure_of(client_of(ECHOES[name])))
    client = client_of(ECHOES[name])
    events, failure = await answer(client)
    await client.aclose()
    assert failure is not None
    assert_no_key((events, failure))


async def test_events_that_echo_the_key_do_not_get_it_to_the_screen() -> None:
    stream = (
        json.dumps({"type": "error", "code": KEY, "message": f"bad {KEY}"}),
        json.dumps({"type": "response.future", "key": KEY}),
        json.dumps({"type": "response.failed", "response": {"error": {"code": KEY, "message": KEY}}}),
    )
    body = "".join(f"data: {data}\n\n" for data in stream)
    client = client_of(lambda r: httpx.Response(200, text=body))
    events, failure = await answer(client)
    await client.aclose()
    assert failure is None
    assert [type(e) for e in events[:2]] == [StreamFailed, UnknownEvent]
    assert len(events) == 3
    assert_no_key(events)


async def test_the_key_is_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(lambda r: httpx.Response(200, json={"data": []}))
    await client.stores()
    await client.aclose()
    assert_no_key((client, client.connection))
    assert KEY not in caplog.text


async def test_the_key_goes_out_trimmed() -> None:
    keys: list[str] = []

    def answering(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["x-api-key"])
        return httpx.Response(200, json={"data": []})

    client = client_of(answering, f"  {KEY}\n")
    await client.stores()
    await client.aclose()
    assert keys == [KEY]


@pytest.mark.parametrize("key", ["tlk_é", "tlk_a\r\nx-evil: 1", "tlk_\0", "tlk_日本"])
async def test_a_key_that_cannot_be_sent_is_told_when_it_is_used(key: str) -> None:
    client = client_of(lambda r: httpx.Response(200), key)
    failure = await failure_of(client)
    assert failure.kind is FailureKind.KEY
    assert key not in failure.sentence + failure.detail


@pytest.mark.parametrize(
    "url", ["http://[::1", "https://a\0b", "http://127.0.0.1:x", "no address", "ftp://host"]
)
async def test_an_unusable_address_is_told_when_it_is_used(url: str) -> None:
    failure = await failure_of(ServiceClient(connection(url), Secrets(KEY)))
    assert failure.kind is FailureKind.CONNECTION
    assert "address" in failure.headline


async def test_a_host_name_that_idna_refuses() -> None:
    failure = await failure_of(ServiceClient(connection("http://" + "a" * 70 + ".example"), Secrets(KEY)))
    assert failure.kind is FailureKind.CONNECTION


async def test_redirects_are_not_followed() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(307, b"", "location: /elsewhere")

    async with asyncio.timeout(5), raw_server(handle) as server:
        client = ServiceClient(connection(server.url), Secrets(KEY))
        _, failure = await answer(client)
        assert (await failure_of(client)).kind is FailureKind.CONNECTION
        assert failure is not None
        assert failure.status == 307
        assert {r.target for r in server.requests} == {
            "/v1.3/responses",
            "/v1.3/knowledge-stores?page=1&page_limit=50",
        }


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
async def test_a_proxy_never_sees_this_computer_s_own_server(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, b'{"data":[]}')

    async with asyncio.timeout(5), raw_server(handle) as proxy, raw_server(handle) as server:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        client = ServiceClient(connection(server.url), Secrets(KEY))
        await client.stores()
        await client.aclose()
        assert (proxy.connections, server.connections) == (0, 1)


async def test_a_proxy_is_used_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, b'{"data":[]}')

    async with asyncio.timeout(5), raw_server(handle) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        client = ServiceClient(connection("http://service.invalid/v1.3"), Secrets(KEY))
        await client.stores()
        await client.aclose()
        assert proxy.requests[0].target.startswith("http://service.invalid/v1.3/")


async def test_proxy_settings_that_cannot_be_used_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:1")
    failure = await failure_of(ServiceClient(connection("http://service.invalid"), Secrets(KEY)))
    assert failure.kind is FailureKind.CONNECTION
    assert "proxy" in failure.headline


@pytest.mark.parametrize("bad", ["../../admin", "a/b", "a?x=1", "a#b", "a\r\nx-evil: 1", "..", "ü", "a%2fb"])
async def test_ids_stay_one_path_segment(bad: str) -> None:
    seen: list[httpx.URL] = []

    def answering(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        assert "x-evil" not in request.headers
        return httpx.Response(200, json={"_id": "x"})

    client = client_of(answering)
    await client.store(bad)
    await client.item("ks_1", bad)
    await client.asset(bad)
    await client.aclose()
    assert [url.raw_path.count(b"/") for url in seen] == [3, 5, 3]
    assert all(url.query == b"" for url in seen)


async def test_a_call_that_takes_too_long() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.client_closed()

    async with asyncio.timeout(5), raw_server(handle) as server:
        client = ServiceClient(connection(server.url), Secrets(KEY))
        with pytest.raises(TracksideError) as caught:
            await client.call("GET", "assets", timeout_s=0.05)
        assert caught.value.failure.kind is FailureKind.CONNECTION
        await client.aclose()


async def test_a_connect_that_takes_too_long_is_the_network_s_fault() -> None:
    failure = await failure_of(client_of(raising(httpx.ConnectTimeout(""))))
    assert "did not answer in time" in failure.headline


# -- TLS --------------------------------------------------------------------------------------------


def server_tls(*names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(*names).configure_cert(context)
    return context


async def test_an_untrusted_certificate_is_named_as_such() -> None:
    async def handle(exchange: Exchange) -> None:
        raise AssertionError("The key was sent to a stranger.")

    async with asyncio.timeout(10), raw_server(handle, server_tls("127.0.0.1")) as server:
        url = server.url.replace("http:", "https:")
        failure = await failure_of(ServiceClient(connection(url), Secrets(KEY)))
        assert failure.kind is FailureKind.CONNECTION
        assert failure.headline.startswith(
            f"The certificate of 127.0.0.1:{server.port} is issued by “trustme"
        )
        assert server.requests == []


async def test_plain_http_behind_an_https_address() -> None:
    async def handle(exchange: Exchange) -> None:
        return

    async with asyncio.timeout(10), raw_server(handle) as server:
        impatient = replace(connection(server.url.replace("http:", "https:")), connect_timeout_s=0.2)
        failure = await failure_of(ServiceClient(impatient, Secrets(KEY)))
        assert failure.kind is FailureKind.CONNECTION


async def test_https_behind_a_plain_address() -> None:
    async def handle(exchange: Exchange) -> None:
        return

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # asyncio reports the failed handshake of the server's side
    async with asyncio.timeout(10), raw_server(handle, server_tls("127.0.0.1")) as server:
        failure = await failure_of(ServiceClient(connection(server.url), Secrets(KEY)))
        assert failure.kind is FailureKind.CONNECTION


async def test_an_answer_over_trusted_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """The system's store decides; OpenSSL takes another one by its own environment variable."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.chunk(CREATED + DELTA)
        await exchange.finish()

    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        async with asyncio.timeout(10), raw_server(handle, context) as server:
            client = ServiceClient(connection(server.url.replace("http:", "https:")), Secrets(KEY))
            events, failure = await answer(client)
            await client.aclose()
    assert failure is None
    assert len(events) == 2
