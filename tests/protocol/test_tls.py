"""TLS: whom we trust, and what is said of a certificate that is refused."""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from protocol.asking import KEY
from protocol.raw_server import Exchange, RawServer, raw_server
from trackside.chat import diagnosis_looks
from trackside.domain.connection import Connection, Secrets
from trackside.domain.failure import Failure, FailureAction, FailureKind, FailureLayer, TracksideError
from trackside.protocol.certificates import why_refused
from trackside.protocol.client import ServiceClient
from trackside.protocol.tls import empty_context, tls_context

CORP = trustme.CA(organization_name="Corp CA")
LAYER = FailureLayer


def server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    path = tmp_path / "corp.pem"
    CORP.cert_pem.write_to_path(str(path))
    return str(path)


async def answered(exchange: Exchange) -> None:
    await exchange.reply(200, b'{"data":[]}')


def connection(server: RawServer, ca_file: str = "", host: str = "127.0.0.1") -> Connection:
    url = f"https://{host}:{server.port}/v1.3"
    return Connection("c", "Test", url, connect_timeout_s=2.0, ca_file=ca_file)


async def failure_of(connection: Connection) -> Failure:
    client = ServiceClient(connection, Secrets(KEY))
    with pytest.raises(TracksideError) as caught:
        await client.stores()
    await client.aclose()
    failure = caught.value.failure
    assert failure.kind is FailureKind.CONNECTION
    assert KEY not in repr(failure)
    return failure


async def failure_with(context: ssl.SSLContext, ca_file: str, host: str = "127.0.0.1") -> Failure:
    async with asyncio.timeout(10), raw_server(answered, context) as server:
        failure = await failure_of(connection(server, ca_file, host))
        assert server.requests == []  # nothing was said to a stranger
    return failure


async def failure_at_a_handshake(context: ssl.SSLContext, ca_file: str) -> Failure:
    """Of a server that says why it hangs up, as asyncio's don't."""

    def serve(listener: socket.socket) -> None:
        plain, _ = listener.accept()
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as secured:
            secured.recv(100)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        serving = asyncio.create_task(asyncio.to_thread(serve, listener))
        failure = await failure_of(connection(RawServer(listener.getsockname()[1]), ca_file))
        await serving
    return failure


# -- the CA file ------------------------------------------------------------------------------------


def pem(path: Path) -> None:
    CORP.cert_pem.write_to_path(str(path))


def der(path: Path) -> None:
    path.write_bytes(ssl.PEM_cert_to_DER_cert(CORP.cert_pem.bytes().decode()))


def among_others(path: Path) -> None:
    noise = "# Unsere Zertifikate: Größe\n".encode() + trustme.CA().cert_pem.bytes()
    path.write_bytes(noise + b"\r\nIssuer: \xff\xfe\n" + CORP.cert_pem.bytes())


def with_its_key(path: Path) -> None:
    path.write_bytes(CORP.private_key_pem.bytes() + CORP.cert_pem.bytes())


@pytest.mark.parametrize("written", [pem, der, among_others, with_its_key])
async def test_a_ca_file_is_trusted(written: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "größe 日本.crt"
    written(path)
    context = server_tls(CORP.issue_cert("127.0.0.1"))
    async with asyncio.timeout(10), raw_server(answered, context) as server:
        client = ServiceClient(connection(server, str(path)), Secrets(KEY))
        await client.stores()
        await client.aclose()
        assert server.requests[0].header("x-api-key") == KEY


async def test_a_ca_file_stands_beside_the_system_s_store(
    ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = trustme.CA()
    other.cert_pem.write_to_path(str(tmp_path / "system.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    for authority in (CORP, other):
        context = server_tls(authority.issue_cert("127.0.0.1"))
        async with asyncio.timeout(10), raw_server(answered, context) as server:
            client = ServiceClient(connection(server, ca_file), Secrets(KEY))
            await client.stores()
            await client.aclose()


def no_file(path: Path) -> None:
    """There is none."""


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (no_file, "is not there"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "pipe": (lambda path: os.mkfifo(path), "is no ordinary file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is no ordinary file"),
    "empty": (lambda path: path.write_bytes(b" \n"), "is empty"),
    "text": (lambda path: path.write_text("Hello"), "holds no certificate"),
    "key alone": (
        lambda path: CORP.private_key_pem.write_to_path(str(path)),
        "a private key and no certificate",
    ),
    "cut": (lambda path: path.write_bytes(CORP.cert_pem.bytes()[:300]), "is damaged"),
    "broken": (
        lambda path: path.write_bytes(CORP.cert_pem.bytes().replace(b"M", b"N")),
        "is damaged",
    ),
    "broken der": (lambda path: path.write_bytes(b"\x30\x82\x01\x00garbage"), "is damaged"),
    "huge": (lambda path: path.write_bytes(b"x" * ((16 << 20) + 1)), "too large"),
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_ca_file_that_can_not_be_used_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    make, said = BAD_FILES[name]
    make(path)
    failure = await failure_of(Connection("c", "Test", "https://api.example.test", ca_file=str(path)))
    assert failure.headline.startswith(f"The CA file {path} ")
    assert said in failure.headline
    assert failure.layer is LAYER.CA_FILE
    assert failure.actions[0] is FailureAction.CHOOSE_CA_FILE


async def test_a_ca_file_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ca_file: str
) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    failure = await failure_of(Connection("c", "Test", "https://api.example.test", ca_file=ca_file))
    assert "may not be read" in failure.headline


def test_checks_are_never_off() -> None:
    for context in (tls_context(), empty_context()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


# -- what is refused --------------------------------------------------------------------------------


async def test_an_unknown_issuer_is_named_and_its_ca_file_asked_for() -> None:
    failure = await failure_with(server_tls(CORP.issue_cert("127.0.0.1")), "")
    assert "is issued by “Corp CA”, which this computer does not trust." in failure.headline
    assert failure.layer is LAYER.TRUST
    assert failure.actions[0] is FailureAction.CHOOSE_CA_FILE
    assert "CA file" in failure.advice


async def test_of_a_chain_the_issuer_at_its_end_is_named() -> None:
    failure = await failure_with(server_tls(CORP.create_child_ca().issue_cert("127.0.0.1")), "")
    assert "issued by “Corp CA”" in failure.headline


async def test_another_authority_of_one_s_own_does_not_help(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    failure = await failure_with(server_tls(CORP.issue_cert("127.0.0.1")), str(tmp_path / "other.pem"))
    assert failure.layer is LAYER.TRUST


async def test_an_expired_certificate_says_since_when(ca_file: str) -> None:
    past = datetime(2024, 3, 5, 12, tzinfo=UTC)
    failure = await failure_with(server_tls(CORP.issue_cert("127.0.0.1", not_after=past)), ca_file)
    assert failure.headline.endswith("expired on 5 March 2024.")
    assert "clock" in failure.advice
    assert failure.layer is LAYER.TLS
    assert FailureAction.CHOOSE_CA_FILE not in failure.actions


async def test_a_certificate_of_the_future_says_from_when(ca_file: str) -> None:
    future = datetime.now(UTC) + timedelta(days=30)
    failure = await failure_with(server_tls(CORP.issue_cert("127.0.0.1", not_before=future)), ca_file)
    assert f"not valid yet, only from {future.day} {future:%B %Y} on" in failure.headline
    assert "clock" in failure.advice


async def test_a_certificate_for_another_host_says_for_which(ca_file: str) -> None:
    names = [f"{letter}.example.test" for letter in "abcdef"]
    failure = await failure_with(server_tls(CORP.issue_cert(*names)), ca_file)
    assert (
        "is for another host: a.example.test, b.example.test, c.example.test, d.example.test and 2 more."
        in (failure.headline)
    )
    assert failure.layer is LAYER.TLS


async def test_a_wildcard_and_localhost_by_name(ca_file: str) -> None:
    failure = await failure_with(server_tls(CORP.issue_cert("*.example.test")), ca_file, "localhost")
    assert "*.example.test" in failure.headline


async def test_a_server_of_yesterday(ca_file: str) -> None:
    context = server_tls(CORP.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSVersion.TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    failure = await failure_at_a_handshake(context, ca_file)
    assert "no TLS version of today" in failure.headline
    assert failure.layer is LAYER.TLS


async def test_a_server_without_a_common_cipher(ca_file: str) -> None:
    context = server_tls(CORP.issue_cert("127.0.0.1"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # the certificate's key is of another kind
    failure = await failure_at_a_handshake(context, ca_file)
    assert "no common cipher" in failure.headline
    assert failure.layer is LAYER.TLS


async def test_a_server_that_wants_a_certificate_of_ours(ca_file: str) -> None:
    context = server_tls(CORP.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    CORP.configure_trust(context)
    failure = await failure_at_a_handshake(context, ca_file)
    assert failure.layer is LAYER.TLS


async def test_a_server_that_hangs_up_in_the_handshake(ca_file: str) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        failure = await failure_of(connection(RawServer(port), ca_file))
    assert "was closed before it was secured" in failure.headline
    assert failure.layer is LAYER.TLS


async def test_no_tls_at_all(ca_file: str) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.test ready\r\n")
        await reader.read(100)
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        failure = await failure_of(connection(RawServer(port), ca_file))
    assert "speaks no TLS" in failure.headline
    assert failure.layer is LAYER.TLS


async def test_a_handshake_that_is_never_answered(ca_file: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        failure = await failure_of(Connection("c", "Test", url, connect_timeout_s=0.1, ca_file=ca_file))
    assert "when a secure connection was to be made" in failure.headline
    assert failure.layer is LAYER.TLS


async def test_a_picture_s_host_is_checked_the_same_way(ca_file: str) -> None:
    async with asyncio.timeout(10), raw_server(answered, server_tls(CORP.issue_cert("a.test"))) as server:
        here = Connection("c", "Test", "http://127.0.0.1:9/v1.3", ca_file=ca_file)
        client = ServiceClient(here, Secrets(KEY))
        with pytest.raises(TracksideError) as caught:
            await client.picture(f"https://127.0.0.1:{server.port}/a.jpg?sig=SIGNED")
        await client.aclose()
        assert server.requests == []
    assert "is for another host: a.test." in caught.value.failure.headline
    assert "SIGNED" not in repr(caught.value.failure)


# -- where the platform verifies --------------------------------------------------------------------


async def test_the_platform_s_own_checks_tell_just_as_much(
    monkeypatch: pytest.MonkeyPatch, ca_file: str
) -> None:
    """macOS and Windows verify by their own means, through truststore; here it asks OpenSSL."""
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    context = tls_context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    failure = await failure_with(server_tls(CORP.issue_cert("127.0.0.1")), "")
    assert "issued by “Corp CA”" in failure.headline
    async with asyncio.timeout(10), raw_server(answered, server_tls(CORP.issue_cert("127.0.0.1"))) as server:
        client = ServiceClient(connection(server, ca_file), Secrets(KEY))
        await client.stores()
        await client.aclose()


NOW = datetime(2026, 7, 1, tzinfo=UTC)


def certificate(
    issuer: str, *names: str, subject: str = "leaf", until: str = "Jan  1 00:00:00 2030 GMT"
) -> dict[str, object]:
    return {
        "subject": ((("commonName", subject),),),
        "issuer": ((("organizationName", "Org"),), (("commonName", issuer),)),
        "notBefore": "Jan  1 00:00:00 2020 GMT",
        "notAfter": until,
        "subjectAltName": tuple(("DNS", name) for name in names),
    }


def refused(code: int, message: str = "said so") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, message)
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("code", "chain", "layer", "said"),
    [
        # Windows and macOS have codes of their own, so what was presented decides.
        (-2146762487, (certificate("Corp", "a.test"),), LAYER.TRUST, "issued by “Corp”"),
        (-67843, (certificate("Corp", "b.test"),), LAYER.TLS, "for another host: b.test."),
        (-67818, (certificate("C", "a.test", until="Jun  1 00:00:00 2026 GMT"),), LAYER.TLS, "1 June 2026"),
        (18, (certificate("self", "a.test", subject="self"),), LAYER.TRUST, "nobody but itself"),
        (20, (), LAYER.TRUST, "not trusted: said so."),
        (10, (), LAYER.TLS, "expired."),
        (62, (), LAYER.TLS, "for another host."),
        (20, (certificate("A\r\nB\u202e" + "x" * 200, "a.test"),), LAYER.TRUST, "“A��B�xxx"),
        (20, ({"issuer": None, "notAfter": "soon"},), LAYER.TRUST, "not trusted"),
    ],
)
def test_what_is_said_of_a_certificate(
    code: int, chain: tuple[dict[str, object], ...], layer: FailureLayer, said: str
) -> None:
    found, headline, advice = why_refused(refused(code), "host", "a.test", chain, now=NOW)
    assert (found, said in headline) == (layer, True), headline
    assert advice
    assert len(headline) < 300


values = st.one_of(st.none(), st.text(max_size=20), st.just(()), st.just(((("commonName", "x"),),)))


@given(
    st.integers(0, 70), st.lists(st.dictionaries(st.sampled_from(["issuer", "subject", "notAfter"]), values))
)
def test_no_certificate_makes_it_stumble(code: int, chain: list[dict[str, object]]) -> None:
    assert why_refused(refused(code), "host", "a.test", tuple(chain))[1]


async def test_no_session_s_keys_are_written_down(
    ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSLKEYLOGFILE is for whoever debugs a browser; whoever reads that file has the API key, too."""
    keylog = tmp_path / "keylog"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keylog))
    async with raw_server(answered, server_tls(CORP.issue_cert("127.0.0.1"))) as server:
        client = ServiceClient(connection(server, ca_file), Secrets(KEY))
        await client.stores()
        await client.aclose()
    diagnosis_looks.network(None, {}, {})
    assert not keylog.exists()
