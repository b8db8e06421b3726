"""Through a proxy: tunnels, logins, SOCKS, and each way in which a proxy says no."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from protocol.asking import COMPLETED, CREATED, DELTA, DONE, KEY, answer
from protocol.proxy_server import ProxyServer, http_proxy, socks_proxy
from protocol.raw_server import Exchange, RawServer, raw_server
from trackside.domain.connection import Connection, ExtraHeader, ProxyChoice, Secrets
from trackside.domain.failure import Failure, FailureAction, FailureKind, FailureLayer, TracksideError
from trackside.protocol.client import ServiceClient

HOST = "service.example.test"
KEYED = Secrets(KEY)
LOGIN = ("anna", "p@ss:wo/rd% é")


@dataclass
class World:
    """A service behind TLS that only a proxy can reach, since nobody else knows its name."""

    server: RawServer
    authority: trustme.CA
    ca_file: str
    ports: dict[str, int]

    def connection(self, proxy: ProxyServer, scheme: str = "http", user: str = "") -> Connection:
        return Connection(
            "c",
            "Test",
            f"https://{HOST}/v1.3",
            connect_timeout_s=3.0,
            silence_limit_s=5.0,
            proxy=ProxyChoice.MANUAL,
            proxy_url=f"{scheme}://127.0.0.1:{proxy.port}",
            proxy_user=user,
            ca_file=self.ca_file,
        )


@asynccontextmanager
async def world(tmp_path: Path) -> AsyncIterator[World]:
    authority = trustme.CA(organization_name="Corp CA")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "127.0.0.1").configure_cert(tls)
    ca_file = tmp_path / "corp.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    async def handle(exchange: Exchange) -> None:
        if exchange.method == "POST":
            await exchange.start_stream()
            await exchange.chunk(CREATED + DELTA + COMPLETED + DONE)
            await exchange.finish()
        elif "picture" in exchange.target:
            await exchange.reply(200, b"\xff\xd8", "content-type: image/jpeg")
        else:
            await exchange.reply(200, b'{"data":[]}')

    async with asyncio.timeout(20), raw_server(handle, tls) as server:
        yield World(server, authority, str(ca_file), {f"{HOST}:443": server.port})


async def failure_of(connection: Connection, secrets: Secrets = KEYED) -> Failure:
    client = ServiceClient(connection, secrets)
    with pytest.raises(TracksideError) as caught:
        await client.stores()
    await client.aclose()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    text = repr(caught.value.failure)
    for secret in (KEY, secrets.proxy_password):
        assert not secret or secret not in text
    return caught.value.failure


# -- whom it leads to -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "host"),
    [
        ("http", "other.example.test"),
        ("http", "192.0.2.7"),
        ("http", "xn--80ak6aa92e.example"),
        ("socks5", "other.example.test"),
    ],
)
async def test_a_proxy_that_leads_to_another_host_gets_no_key_there(
    scheme: str, host: str, tmp_path: Path
) -> None:
    started = http_proxy if scheme == "http" else socks_proxy
    async with world(tmp_path) as here, started(ports={f"{host}:443": here.server.port}) as proxy:
        connection = replace(here.connection(proxy, scheme), base_url=f"https://{host}/v1.3")
        failure = await failure_of(connection)
        assert here.server.requests == []
    assert failure.layer is FailureLayer.TLS
    assert f"is for another host: {HOST}" in failure.headline


# -- it works ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", [None, LOGIN])
async def test_an_answer_comes_through_a_tunnel(login: tuple[str, str] | None, tmp_path: Path) -> None:
    async with world(tmp_path) as here, http_proxy(ports=here.ports, login=login) as proxy:
        user, password = login or ("", "")
        client = ServiceClient(here.connection(proxy, user=user), Secrets(KEY, password))
        events, failure = await answer(client)
        await client.stores()
        await client.aclose()
        assert failure is None
        assert len(events) == 4
        assert set(proxy.asked) == {f"{HOST}:443"}
        # The key is for the service alone, and so is everything else that was said to it.
        assert KEY.encode() not in b"".join(proxy.heads) + proxy.passed_on
        assert [r.header("x-api-key") for r in here.server.requests] == [KEY, KEY]
        assert all(r.header("proxy-authorization") is None for r in here.server.requests)


@pytest.mark.parametrize("login", [None, LOGIN])
async def test_an_answer_comes_through_socks(login: tuple[str, str] | None, tmp_path: Path) -> None:
    async with world(tmp_path) as here, socks_proxy(ports=here.ports, login=login) as proxy:
        user, password = login or ("", "")
        client = ServiceClient(here.connection(proxy, "socks5", user), Secrets(KEY, password))
        events, failure = await answer(client)
        await client.aclose()
        assert failure is None
        assert len(events) == 4
        assert proxy.asked == [f"{HOST}:443"]


async def test_a_proxy_that_speaks_tls_itself_is_trusted_by_the_same_file(tmp_path: Path) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with world(tmp_path) as here, http_proxy(tls, ports=here.ports) as proxy:
        both = tmp_path / "both.pem"
        both.write_bytes(here.authority.cert_pem.bytes() + authority.cert_pem.bytes())
        connection = here.connection(proxy, "https")
        client = ServiceClient(replace(connection, ca_file=str(both)), Secrets(KEY))
        await client.stores()
        await client.aclose()
        failure = await failure_of(connection)
        assert failure.layer is FailureLayer.TRUST
        assert f"The certificate of the proxy 127.0.0.1:{proxy.port}" in failure.headline


async def test_the_environment_s_proxy_and_its_login_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path) as here, http_proxy(ports=here.ports, login=LOGIN) as proxy:
        login = f"{LOGIN[0]}:{quote(LOGIN[1], safe='')}"
        monkeypatch.setenv("https_proxy", f"http://{login}@127.0.0.1:{proxy.port}")
        connection = replace(here.connection(proxy), proxy=ProxyChoice.SYSTEM)
        client = ServiceClient(connection, Secrets(KEY))
        await client.stores()
        await client.aclose()
        assert proxy.asked == [f"{HOST}:443"]


async def test_no_proxy_and_the_choice_of_none_lead_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path) as here, http_proxy(ports=here.ports) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        system = replace(here.connection(proxy), proxy=ProxyChoice.SYSTEM)
        none = replace(system, proxy=ProxyChoice.NONE)
        assert (await failure_of(none)).layer is FailureLayer.ADDRESS  # nobody else knows that name
        monkeypatch.setenv("NO_PROXY", "other.test, .example.test")
        assert (await failure_of(system)).layer is FailureLayer.ADDRESS
        assert proxy.asked == []


async def test_pictures_take_the_same_proxy_without_key_and_headers(tmp_path: Path) -> None:
    async with world(tmp_path) as here, http_proxy(ports=here.ports, login=LOGIN) as proxy:
        connection = replace(
            here.connection(proxy, user=LOGIN[0]),
            headers=(ExtraHeader("X-Gateway", "open"), ExtraHeader("X-Secret", is_secret=True)),
        )
        secrets = Secrets(KEY, LOGIN[1], (("x-secret", "hush-hush"),))
        client = ServiceClient(connection, secrets)
        await client.stores()
        assert await client.picture(f"https://{HOST}/picture.jpg?sig=1") == b"\xff\xd8"
        await client.aclose()
        service, picture = here.server.requests
        assert (service.header("x-gateway"), service.header("x-secret")) == ("open", "hush-hush")
        for name in ("x-api-key", "x-gateway", "x-secret", "proxy-authorization"):
            assert picture.header(name) is None
        assert b"hush-hush" not in b"".join(proxy.heads)
        assert len(proxy.asked) == 2


async def test_a_picture_that_no_proxy_names_goes_another_way_than_its_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path) as here, http_proxy(ports=here.ports) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "media.test")
        client = ServiceClient(replace(here.connection(proxy), proxy=ProxyChoice.SYSTEM), Secrets(KEY))
        await client.picture(f"https://{HOST}/picture.jpg")
        with pytest.raises(TracksideError, match=r"no address|looked up"):
            await client.picture("https://media.test/picture.jpg")
        await client.aclose()
        assert proxy.asked == [f"{HOST}:443"]


# -- it says no -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [http_proxy, socks_proxy])
async def test_a_login_that_is_missing_or_wrong(make: type[ProxyServer], tmp_path: Path) -> None:
    scheme = "http" if make is http_proxy else "socks5"
    async with world(tmp_path) as here, make(ports=here.ports, login=LOGIN) as proxy:
        failure = await failure_of(here.connection(proxy, scheme))
        assert failure.headline == f"The proxy 127.0.0.1:{proxy.port} wants a login."
        assert failure.layer is FailureLayer.PROXY_LOGIN
        assert failure.actions[0] is FailureAction.OPEN_CONNECTION
        wrong = await failure_of(here.connection(proxy, scheme, LOGIN[0]), Secrets(KEY, "wrong-one"))
        assert wrong.headline == f"The proxy 127.0.0.1:{proxy.port} refused the login."
        assert here.server.requests == []


async def test_a_login_refused_the_way_tinyproxy_says_it(tmp_path: Path) -> None:
    said = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"
    async with world(tmp_path) as here, http_proxy(answer=said) as proxy:
        failure = await failure_of(here.connection(proxy, user="anna"), Secrets(KEY, "wrong-one"))
    assert failure.headline.endswith("refused the login.")
    assert failure.layer is FailureLayer.PROXY_LOGIN


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_can_not_reach_the_host(scheme: str, tmp_path: Path) -> None:
    make = http_proxy if scheme == "http" else socks_proxy
    async with world(tmp_path) as here, make(ports={}) as proxy:
        failure = await failure_of(here.connection(proxy, scheme))
        assert failure.headline == f"The proxy 127.0.0.1:{proxy.port} can't reach {HOST}."
        assert failure.layer is FailureLayer.PROXY


@pytest.mark.parametrize(
    ("scheme", "said", "headline"),
    [
        ("http", b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "does not allow"),
        ("http", b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n", "can't reach"),
        ("http", b"HTTP/1.1 405 Nope\r\ncontent-length: 0\r\n\r\n", "refused the connection"),
        ("http", b"HTTP/1.1 302 Found\r\nlocation: http://login.test/\r\n\r\n", "refused the connection"),
        ("http", b"SSH-2.0-OpenSSH_9\r\n", "closed the connection"),
        ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n", "refused the connection"),
        ("socks5", b"\x05\x00\x05", "refused the connection"),
        ("socks5", b"\x05", "refused the connection"),
    ],
)
async def test_other_answers_of_a_proxy(scheme: str, said: bytes, headline: str, tmp_path: Path) -> None:
    make = http_proxy if scheme == "http" else socks_proxy
    async with world(tmp_path) as here, make(answer=said) as proxy:
        failure = await failure_of(here.connection(proxy, scheme))
        assert headline in failure.headline
        assert f"127.0.0.1:{proxy.port}" in failure.headline
        assert failure.layer is FailureLayer.PROXY
        assert here.server.connections == 0


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_silent_is_given_up_and_its_socket_closed(scheme: str, tmp_path: Path) -> None:
    make = http_proxy if scheme == "http" else socks_proxy
    async with world(tmp_path) as here, make(answer=b"") as proxy:
        connection = replace(here.connection(proxy, scheme), connect_timeout_s=0.1)
        failure = await failure_of(connection)
        assert failure.headline == f"The proxy 127.0.0.1:{proxy.port} did not connect to {HOST} in time."
        await proxy.given_up.wait()


async def test_a_stop_while_a_proxy_is_silent_closes_the_socket(tmp_path: Path) -> None:
    async with world(tmp_path) as here, socks_proxy(answer=b"") as proxy:
        client = ServiceClient(here.connection(proxy, "socks5"), Secrets(KEY))
        task = asyncio.create_task(client.stores())
        await proxy.is_asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await proxy.given_up.wait()
        await client.aclose()


async def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    async with world(tmp_path) as here, http_proxy() as proxy:
        connection = here.connection(proxy)
    failure = await failure_of(connection)
    assert failure.headline == f"The proxy 127.0.0.1:{proxy.port} refused the connection."
    assert failure.layer is FailureLayer.PROXY
    nowhere = replace(connection, proxy_url="http://proxy.invalid:3128")
    failure = await failure_of(nowhere)
    assert failure.layer is FailureLayer.PROXY
    assert "the proxy proxy.invalid:3128" in failure.headline


async def test_a_forwarding_proxy_that_wants_a_login_is_not_the_service_s_refusal(tmp_path: Path) -> None:
    async with asyncio.timeout(10), http_proxy(login=LOGIN) as proxy:
        connection = Connection(
            "c", "Test", f"http://{HOST}/v1.3", proxy=ProxyChoice.MANUAL, proxy_url=proxy.url
        )
        failure = await failure_of(connection)
    assert failure.layer is FailureLayer.PROXY_LOGIN
    assert failure.kind is FailureKind.CONNECTION


async def test_a_proxy_that_echoes_the_login_does_not_get_it_into_a_failure(tmp_path: Path) -> None:
    token = b64encode(":".join(LOGIN).encode()).decode()
    said = f"HTTP/1.1 403 {quote(LOGIN[1])} {token}\r\ncontent-length: 0\r\n\r\n".encode()
    async with world(tmp_path) as here, http_proxy(answer=said) as proxy:
        failure = await failure_of(here.connection(proxy, user=LOGIN[0]), Secrets(KEY, LOGIN[1]))
        assert token not in repr(failure)
        assert quote(LOGIN[1]) not in repr(failure)
        assert "•••" in failure.detail
