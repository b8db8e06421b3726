"""Pictures from signed addresses: without the key, within bounds, and no failure quotes the address."""

import asyncio
import gzip
from collections.abc import Callable

import httpx
import pytest

from protocol.asking import KEY, connection
from protocol.raw_server import Exchange, raw_server
from trackside.domain.connection import Secrets
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.protocol.client import ServiceClient
from trackside.protocol.pictures import PICTURE_LIMIT, Pictures

SERVICE = "https://api.example.test/v1.3"
LOCAL = "http://127.0.0.1:9/v1.3"
ADDRESS = "https://pictures.example.test/a.jpg?signature=SIGNED"
PICTURE = b"\xff\xd8\xff picture"
Answering = Callable[[httpx.Request], httpx.Response]


def picture(content: bytes = PICTURE, kind: str = "image/jpeg", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, headers={"content-type": kind, **named}, content=content)


async def failure_of(
    answering: Answering, address: str = ADDRESS, base_url: str = SERVICE, timeout_s: float = 5.0
) -> tuple[Failure, list[str]]:
    """The failure of fetching, with what was asked for, after a look at everything that is chained to it."""
    asked: list[str] = []

    def noting(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answering(request)

    pictures = Pictures(connection(base_url), Secrets(), httpx.MockTransport(noting))
    with pytest.raises(TracksideError) as caught:
        await pictures.fetch(address, timeout_s=timeout_s)
    await pictures.aclose()
    error: BaseException | None = caught.value
    while error is not None:
        assert "SIGNED" not in f"{error} {error!r} {error.args} {caught.value.failure!r}"
        error = error.__cause__ or error.__context__
    return caught.value.failure, asked


async def test_the_key_stays_with_the_service() -> None:
    seen: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return picture(set_cookie="who=you; Path=/")

    client = ServiceClient(connection(SERVICE), Secrets(KEY), transport=httpx.MockTransport(answering))
    assert await client.picture(ADDRESS) == PICTURE
    assert await client.picture("https://api.example.test/v1.3/picture.jpg") == PICTURE
    assert await client.picture("https://api.example.test/v1.3/picture.jpg") == PICTURE
    await client.aclose()
    assert len(seen) == 3
    for request in seen:
        assert KEY not in repr(request.headers.raw)
        assert "x-api-key" not in request.headers
        assert "cookie" not in request.headers


async def test_the_key_is_not_in_what_goes_over_the_wire() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(200, PICTURE, "content-type: image/png")

    async with raw_server(handle) as server:
        client = ServiceClient(connection(server.url), Secrets(KEY))
        assert await client.picture(server.url + "/a.png?signature=1") == PICTURE
        await client.aclose()
    (exchange,) = server.requests
    assert exchange.target == "/v1.3/a.png?signature=1"
    assert KEY.encode() not in exchange.head
    assert b"x-api-key" not in exchange.head.lower()


@pytest.mark.parametrize(
    ("address", "base_url"),
    [
        ("http://pictures.example.test/a.jpg", SERVICE),
        ("http://api.example.test/a.jpg", SERVICE),
        ("http://127.0.0.1:80/a.jpg", SERVICE),
        ("https://127.0.0.1/a.jpg", SERVICE),
        ("https://[::1]/a.jpg", SERVICE),
        ("http://localhost/a.jpg", "http://intranet.test/v1.3"),
        ("https://someone:SIGNED@pictures.example.test/a.jpg", SERVICE),
        ("file:///etc/passwd", SERVICE),
        ("ftp://pictures.example.test/a.jpg", SERVICE),
        ("data:image/png;base64,SIGNED", SERVICE),
        ("/a.jpg", SERVICE),
        ("", SERVICE),
        ("https://", SERVICE),
        ("https://a.test:SIGNED/", SERVICE),
        ("https://xn--\udcff/SIGNED", SERVICE),
    ],
)
async def test_an_address_that_nobody_should_be_sent_to_is_not_asked(address: str, base_url: str) -> None:
    failure, asked = await failure_of(lambda _: picture(), address, base_url)
    assert asked == []
    assert failure.kind in (FailureKind.BAD_ANSWER, FailureKind.CONNECTION)


@pytest.mark.parametrize(
    ("address", "base_url"),
    [
        ("http://127.0.0.1:4444/a.jpg", LOCAL),
        ("http://localhost:4444/a.jpg", LOCAL),
        ("http://intranet.test:81/a.jpg", "http://intranet.test/v1.3"),
        (ADDRESS, LOCAL),
    ],
)
async def test_plain_http_is_for_a_connection_that_speaks_it_itself(address: str, base_url: str) -> None:
    pictures = Pictures(connection(base_url), Secrets(), httpx.MockTransport(lambda _: picture()))
    assert await pictures.fetch(address) == PICTURE
    await pictures.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        picture(kind="text/html"),
        picture(kind=""),
        picture(b""),
        picture(b"x" * (PICTURE_LIMIT + 1)),
        picture(gzip.compress(PICTURE), content_encoding="gzip"),
        httpx.Response(204, headers={"content-type": "image/png"}),
    ],
)
async def test_what_is_no_small_picture_is_not_taken(answer: httpx.Response) -> None:
    failure, _ = await failure_of(lambda _: answer)
    assert failure.kind is FailureKind.BAD_ANSWER


async def test_a_picture_that_never_ends_is_left() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream(content_type="image/png")
        for _ in range(100):
            await exchange.chunk(b"x" * (PICTURE_LIMIT // 8))

    async with raw_server(handle) as server:
        pictures = Pictures(connection(server.url), Secrets())
        with pytest.raises(TracksideError, match="too large"):
            await pictures.fetch(server.url)
        await pictures.aclose()


async def test_a_picture_as_large_as_can_be_is_taken() -> None:
    content = b"x" * PICTURE_LIMIT
    pictures = Pictures(connection(SERVICE), Secrets(), httpx.MockTransport(lambda _: picture(content)))
    assert await pictures.fetch(ADDRESS) == content
    await pictures.aclose()


async def test_a_host_that_is_silent_is_given_up() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.start_stream(content_type="image/png")
        await exchange.client_closed()

    async with raw_server(handle) as server:
        pictures = Pictures(connection(server.url), Secrets())
        with pytest.raises(TracksideError, match="too long"):
            await pictures.fetch(server.url, timeout_s=0.05)
        async with asyncio.timeout(5):
            await server.closed.wait()
        await pictures.aclose()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, FailureKind.NOT_FOUND),
        (403, FailureKind.NOT_FOUND),
        (404, FailureKind.NOT_FOUND),
        (429, FailureKind.RATE_LIMIT),
        (500, FailureKind.SERVICE),
        (304, FailureKind.CONNECTION),
    ],
)
async def test_a_refusal_says_nothing_of_the_key_or_the_address(status: int, kind: FailureKind) -> None:
    body = b"<Error><StringToSign>SIGNED</StringToSign></Error>"
    failure, _ = await failure_of(
        lambda _: httpx.Response(status, headers={"server": "SIGNED"}, content=body)
    )
    assert (failure.kind, failure.status in (status, None)) == (kind, True)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError, httpx.ProxyError, OSError])
async def test_a_broken_connection_is_a_failure(error: type[Exception]) -> None:
    def answering(request: httpx.Request) -> httpx.Response:
        raise error(f"at {request.url}")

    failure, _ = await failure_of(answering)
    assert failure.kind is FailureKind.CONNECTION


async def test_a_redirect_is_followed_within_its_scheme() -> None:
    def answering(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/a.jpg":
            return httpx.Response(302, headers={"location": "https://elsewhere.test/b.jpg"})
        return picture(str(request.url).encode())

    pictures = Pictures(connection(SERVICE), Secrets(), httpx.MockTransport(answering))
    assert await pictures.fetch(ADDRESS) == b"https://elsewhere.test/b.jpg"
    await pictures.aclose()


@pytest.mark.parametrize(
    ("address", "target", "base_url"),
    [
        (ADDRESS, "http://pictures.example.test/b.jpg", SERVICE),
        (ADDRESS, "http://127.0.0.1:9/b.jpg", LOCAL),
        ("http://127.0.0.1:9/a.jpg", "https://elsewhere.test/b.jpg", LOCAL),
        (ADDRESS, "https://127.0.0.1/b.jpg", SERVICE),
        (ADDRESS, "file:///etc/passwd", SERVICE),
        (ADDRESS, "https://a.test:SIGNED/", SERVICE),
    ],
)
async def test_a_redirect_leads_nowhere_else(address: str, target: str, base_url: str) -> None:
    redirect = httpx.Response(302, headers={"location": target})
    _, asked = await failure_of(lambda _: redirect, address, base_url)
    assert asked == [address]


async def test_redirects_come_to_an_end() -> None:
    _, asked = await failure_of(lambda request: httpx.Response(302, headers={"location": str(request.url)}))
    assert len(asked) == 4


async def test_a_closed_client_asks_no_more() -> None:
    pictures = Pictures(connection(SERVICE), Secrets(), httpx.MockTransport(lambda _: picture()))
    await pictures.aclose()
    with pytest.raises(TracksideError):
        await pictures.fetch(ADDRESS)


async def test_a_proxy_that_can_not_be_used_costs_the_picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(connection(SERVICE), Secrets())
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://proxy:1")
    with pytest.raises(TracksideError, match="proxy"):
        await pictures.fetch(ADDRESS)
    await pictures.aclose()
