"""The connection test on real sockets: certificates, proxies, silence, answers that are none."""

import asyncio
import socket
import ssl
from contextlib import ExitStack, aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from protocol.asking import KEY, connection
from protocol.proxy_server import http_proxy, socks_proxy
from protocol.raw_server import Exchange, raw_server
from trackside.domain.connection import Connection, ExtraHeader, ProxyChoice, Secrets
from trackside.domain.connection_test import Mend, StepName, Steps, StepState, failed_step, step_of
from trackside.protocol.probe import Probe

LIST = b'{"data":[{"_id":"ks_1","name":"One"},{"_id":"ks_2"}],"page_info":{"total_page":1,"total_results":2}}'
SERVICE = "https://service.test/v1.3"


async def steps_of(connection: Connection, secrets: Secrets | None = None, **how: Any) -> Steps:
    """The last steps of a test."""
    steps: Steps = ()
    async with aclosing(Probe(connection, secrets or Secrets(KEY), **how).run()) as changes:
        async for steps in changes:
            assert not [step for step in steps if step.state is StepState.RUNNING][1:], "one at a time"
    return steps


def failure_of(steps: Steps, name: StepName) -> tuple[str, str, Mend | None]:
    """The failed step's sentence, its note, and what is offered first."""
    failed = failed_step(steps)
    assert failed is not None
    assert failed.failure is not None
    assert failed.name is name, failed
    return failed.failure.sentence, failed.note, failed.mends[0] if failed.mends else None


async def list_stores(exchange: Exchange) -> None:
    await exchange.reply(200, LIST, "content-type: application/json")


def server_tls(authority: trustme.CA, *names: str, not_after: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=not_after).configure_cert(context)
    return context


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


async def test_tls_with_a_ca_file_passes(authority: trustme.CA, ca_file: str) -> None:
    async with raw_server(list_stores, server_tls(authority, "localhost")) as server:
        there = replace(connection(f"https://localhost:{server.port}/v1.3"), ca_file=ca_file)
        steps = await steps_of(there)
    assert failed_step(steps) is None
    tls = step_of(steps, StepName.TLS)
    assert (tls.words, tls.note) == ("Certificate trusted by your CA file", "TLS 1.3")
    assert step_of(steps, StepName.STORES).note == "2 stores"
    assert server.requests[0].header("x-api-key") == KEY


async def test_an_unknown_issuer_offers_to_choose_its_file(authority: trustme.CA) -> None:
    async with raw_server(list_stores, server_tls(authority, "localhost")) as server:
        steps = await steps_of(connection(f"https://localhost:{server.port}/v1.3"))
        words, note, mend = failure_of(steps, StepName.TLS)
        assert not server.requests, "the key was sent all the same"
    assert "trustme" in words
    assert (note, mend) == ("unknown issuer", Mend.CHOOSE_CA_FILE)
    assert step_of(steps, StepName.ADDRESS).state is StepState.PASSED
    assert step_of(steps, StepName.KEY).state is StepState.NOT_TRIED


@pytest.mark.parametrize(
    ("name", "not_after", "note"),
    [("other.test", None, "another host’s"), ("localhost", datetime(2020, 1, 1, tzinfo=UTC), "expired")],
)
async def test_a_certificate_that_does_not_fit_is_no_matter_of_trust(
    authority: trustme.CA, ca_file: str, name: str, not_after: datetime | None, note: str
) -> None:
    async with raw_server(list_stores, server_tls(authority, name, not_after=not_after)) as server:
        there = replace(connection(f"https://localhost:{server.port}/v1.3"), ca_file=ca_file)
        steps = await steps_of(there)
    _, shown, mend = failure_of(steps, StepName.TLS)
    assert (shown, mend) == (note, Mend.TRY_AGAIN)
    assert Mend.CHOOSE_CA_FILE not in step_of(steps, StepName.TLS).mends


async def test_a_ca_file_that_is_gone_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    there = replace(connection(SERVICE), ca_file=str(tmp_path / "gone.pem"))
    words, _, mend = failure_of(await steps_of(there), StepName.TLS)
    assert "gone.pem is not there" in words
    assert mend is Mend.CHOOSE_CA_FILE


@pytest.mark.parametrize("kind", [http_proxy, socks_proxy])
async def test_through_a_proxy_with_a_login(authority: trustme.CA, ca_file: str, kind: Any) -> None:
    async with (
        raw_server(list_stores, server_tls(authority, "service.test")) as server,
        kind(ports={"service.test:443": server.port}, login=("anna", "hush")) as proxy,
    ):
        scheme = "http" if kind is http_proxy else "socks5"
        there = replace(
            connection(SERVICE),
            ca_file=ca_file,
            proxy=ProxyChoice.MANUAL,
            proxy_url=f"{scheme}://127.0.0.1:{proxy.port}",
            proxy_user="anna",
        )
        steps = await steps_of(there, Secrets(KEY, proxy_password="hush"))
        assert failed_step(steps) is None
        assert step_of(steps, StepName.ADDRESS).words == "Address of the proxy found"
        assert step_of(steps, StepName.PROXY).words == f"Through proxy 127.0.0.1:{proxy.port}"
        refused = await steps_of(there, Secrets(KEY, proxy_password="wrong"))
        words, _, mend = failure_of(refused, StepName.PROXY)
        assert mend is Mend.OPEN_PROXY
        assert "hush" not in f"{words}{steps}{refused}"
        assert KEY.encode() not in proxy.passed_on


async def test_a_proxy_that_wants_a_login_and_one_that_is_dead() -> None:
    async with http_proxy(login=("anna", "hush")) as proxy:
        there = replace(connection(SERVICE), proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
        steps = await steps_of(there)
    assert failure_of(steps, StepName.PROXY)[2] is Mend.OPEN_PROXY
    assert step_of(steps, StepName.PROXY).words == f"Proxy 127.0.0.1:{proxy.port} wants a login"
    words, _, _ = failure_of(await steps_of(there), StepName.PROXY)
    assert "refused the connection" in words


async def test_a_forwarding_proxy_that_wants_a_login() -> None:
    async with http_proxy(login=("anna", "hush")) as proxy:
        plain = Connection("c", "Test", "http://service.test/v1.3", allow_plain_http=True)
        steps = await steps_of(replace(plain, proxy=ProxyChoice.MANUAL, proxy_url=proxy.url))
    assert failure_of(steps, StepName.PROXY)[2] is Mend.OPEN_PROXY


async def test_plain_http_to_another_computer_passes_with_a_warning() -> None:
    async with raw_server(list_stores) as server, http_proxy(ports={"service.test:80": server.port}) as proxy:
        plain = Connection("c", "Test", "http://service.test/v1.3", allow_plain_http=True)
        steps = await steps_of(replace(plain, proxy=ProxyChoice.MANUAL, proxy_url=proxy.url))
    assert failed_step(steps) is None
    tls = step_of(steps, StepName.TLS)
    assert (tls.words, tls.note, tls.is_doubtful) == (
        "Plain http, not protected",
        "others can read the key",
        True,
    )


async def test_nobody_listens_and_nobody_is_called_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        words, _, _ = failure_of(
            await steps_of(connection(f"http://127.0.0.1:{port}/v1.3")), StepName.ADDRESS
        )
    assert "refused the connection" in words
    words, _, _ = failure_of(await steps_of(connection("https://nowhere.invalid/v1.3")), StepName.ADDRESS)
    assert "There is no address for nowhere.invalid" in words


async def test_silence_after_the_request_is_told_with_its_length() -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.client_closed()
        server.closed.set()

    async with raw_server(silent) as server:
        steps = await steps_of(connection(server.url), answer_limit_s=0.2)
        words, note, mend = failure_of(steps, StepName.KEY)
        async with asyncio.timeout(5):
            await server.closed.wait()
    assert words.startswith(f"No answer from 127.0.0.1:{server.port} for 0.2 s.")
    assert (note, mend) == ("0.2 s", Mend.TRY_AGAIN)


async def test_a_silent_handshake_is_told_as_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        there = replace(connection(f"https://127.0.0.1:{mute.getsockname()[1]}/v1.3"), connect_timeout_s=0.3)
        _, note, _ = failure_of(await steps_of(there), StepName.TLS)
    assert note == "0.3 s"


async def test_a_host_that_takes_no_connection_is_told_with_the_time_it_was_given() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(4):  # nobody accepts these, so there is no room for another
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(full.getsockname())
        there = replace(connection(f"http://127.0.0.1:{full.getsockname()[1]}/v1.3"), connect_timeout_s=0.3)
        words, note, _ = failure_of(await steps_of(there), StepName.ADDRESS)
    assert words.startswith("No answer from 127.0.0.1")
    assert note == "0.3 s"


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (302, b"", ("location: https://login.test/?token=hush",), "The address leads elsewhere"),
        (403, b"<html>blocked</html>", ("content-type: text/html",), "What answered is not the service"),
        (404, b"<html>no</html>", ("content-type: text/html",), "What answered is not the service"),
        (200, b'{"hello":"world"}', (), "What answered is not the service"),
        (200, b"[]", (), "What answered is not the service"),
        (200, b"\xff\xfe", (), "What answered is not the service"),
        (200, b'{"data":[{"name":7}]}', (), "What answered is not the service"),
    ],
)
async def test_whoever_is_not_the_service_is_not_taken_for_it(
    status: int, body: bytes, headers: tuple[str, ...], words: str
) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.reply(status, body, *headers)

    async with raw_server(handle) as server:
        steps = await steps_of(connection(server.url))
    failed = failed_step(steps)
    assert failed is not None
    assert (failed.name, failed.words, failed.mends[0]) == (StepName.KEY, words, Mend.EDIT_CONNECTION)
    assert "hush" not in failed.sentence


async def test_a_broken_connection_fails_where_it_broke() -> None:
    async def handle(exchange: Exchange) -> None:
        exchange.writer.close()

    async with raw_server(handle) as server:
        failed = failed_step(await steps_of(connection(server.url)))
    assert failed is not None
    assert (failed.name, failed.words) == (StepName.KEY, "The connection broke")


async def test_an_extra_header_that_can_not_be_sent_stops_the_test() -> None:
    there = replace(connection(SERVICE), headers=(ExtraHeader("x-team", is_secret=True),))
    words, _, mend = failure_of(await steps_of(there), StepName.KEY)
    assert "x-team" in words
    assert mend is Mend.EDIT_CONNECTION
