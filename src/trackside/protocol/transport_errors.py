"""The one place that turns what httpx and the layers below it raise into a Failure that names the layer."""

import re
import socket
import ssl
from collections.abc import Iterator

import httpx

from trackside.domain.failure import Failure, FailureKind, FailureLayer
from trackside.domain.network_rules import ProxyAddress
from trackside.protocol.bodies import TooLargeError
from trackside.protocol.certificates import why_refused
from trackside.protocol.route import Journey, Stage, journey_of
from trackside.protocol.silence import StreamSilentError
from trackside.protocol.tls import CertificateRefusedError

Words = tuple[FailureLayer, str, str]
"""Layer, headline and advice."""

_NO_NAME = re.compile(r"name or service|nodename nor|getaddrinfo|name resolution|no address", re.IGNORECASE)
_REFUSED = re.compile(r"refused|all connection attempts failed", re.IGNORECASE)
_STATUS = re.compile(r"\s*(\d{3})\b")
_CHECK_NETWORK = "Check the network, then try again."
_CHECK_PROXY = "Check the proxy in the connection's settings."
_LONGEST_DETAIL = 2_000


def failure_of_error(error: Exception, host: str, *, has_started: bool = False) -> Failure:
    """What a transport error means to the user. `has_started`: part of an answer had come already."""
    journey = journey_of(error)
    detail = _detail(error, journey)

    def failure(
        kind: FailureKind, headline: str, advice: str = "", layer: FailureLayer | None = None
    ) -> Failure:
        return Failure(kind, headline, advice, detail, layer=layer)

    def on_the_way(words: Words) -> Failure:
        layer, headline, advice = words
        return failure(FailureKind.CONNECTION, headline, advice, layer)

    match error:
        case StreamSilentError():
            return failure(
                FailureKind.SILENCE,
                f"Nothing came for {error.limit_s:g} s, so the connection was given up.",
                "Ask again, or raise the silence limit in the settings.",
            )
        case TooLargeError():
            return failure(
                FailureKind.INTERRUPTED if has_started else FailureKind.BAD_ANSWER,
                f"The answer is too large: more than {error.limit / (1 << 20):g} MB came.",
                "A proxy or a wrong address often causes this; check the connection's address.",
            )
        case httpx.ConnectTimeout():
            return on_the_way(_too_slow(journey, host))
        case httpx.PoolTimeout():
            return on_the_way((FailureLayer.REACH, f"{host} did not answer in time.", _CHECK_NETWORK))
        case httpx.ProxyError():
            return on_the_way(_proxy_refusal(error, journey, host))
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
            return on_the_way(
                (FailureLayer.ADDRESS, "The service's address can't be used.", "Check it in the settings.")
            )
        case _ if has_started and isinstance(error, httpx.RequestError | OSError):
            return failure(
                FailureKind.INTERRUPTED,
                "The connection dropped before the answer's end.",
                "The service does not resume a stream, so a retry asks again.",
            )
        case httpx.ConnectError():
            return on_the_way(_why_no_connection(error, journey, host))
        case httpx.DecodingError():
            return failure(FailureKind.BAD_ANSWER, "The answer came in an encoding that can't be read.")
        case httpx.TransportError() | OSError():
            return on_the_way(_broken(journey, host))
        case _:
            return failure(
                FailureKind.BUG, "Something went wrong inside Trackside.", "The log has the details."
            )


def _why_no_connection(error: httpx.ConnectError, journey: Journey | None, host: str) -> Words:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLSyscallError):
            return _why_no_tls(cause, journey, host)
    proxy = _proxy_being_reached(journey)
    stage = journey.stage if journey is not None else Stage.CONNECTING
    if stage in (Stage.TLS, Stage.PROXY_TLS):
        at, layer = (f"the proxy {proxy.shown}", FailureLayer.PROXY) if proxy else (host, FailureLayer.TLS)
        return (
            layer,
            f"The connection to {at} was closed before it was secured.",
            "Is its address right, and does it speak https?",
        )
    text = " ".join(str(cause) for cause in causes)
    if any(isinstance(cause, socket.gaierror) for cause in causes) or _NO_NAME.search(text):
        is_passing = any(getattr(cause, "errno", None) == socket.EAI_AGAIN for cause in causes)
        is_passing = is_passing and any(isinstance(cause, socket.gaierror) for cause in causes)
        return _no_address(proxy, host, is_passing=is_passing)
    if proxy is not None:
        what = "refused the connection" if _REFUSED.search(text) else "can't be reached"
        return FailureLayer.PROXY, f"The proxy {proxy.shown} {what}.", _CHECK_PROXY
    if _REFUSED.search(text):
        return FailureLayer.REACH, f"{host} refused the connection.", "Is the service running there?"
    return FailureLayer.REACH, f"{host} can't be reached.", _CHECK_NETWORK


def _no_address(proxy: ProxyAddress | None, host: str, *, is_passing: bool) -> Words:
    whose = f"the proxy {proxy.shown}" if proxy is not None else host
    layer = FailureLayer.PROXY if proxy is not None else FailureLayer.ADDRESS
    if is_passing:
        return (
            layer,
            f"The address of {whose} could not be looked up.",
            "Is this computer online? If so, the name may be misspelt.",
        )
    return layer, f"There is no address for {whose}.", "Check the spelling and the network."


def _why_no_tls(error: ssl.SSLError, journey: Journey | None, host: str) -> Words:
    is_proxys = journey is not None and journey.stage is Stage.PROXY_TLS and journey.proxy is not None
    whose = f"the proxy {journey.proxy.shown}" if is_proxys and journey and journey.proxy else host
    if isinstance(error, ssl.SSLCertVerificationError):
        chain = error.chain if isinstance(error, CertificateRefusedError) else ()
        name = error.host if isinstance(error, CertificateRefusedError) else ""
        return why_refused(error, whose, name, chain)
    reason = (getattr(error, "reason", "") or "").upper()
    layer = FailureLayer.PROXY if is_proxys else FailureLayer.TLS
    headline = f"No secure connection to {whose} could be made"
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"):
        return layer, f"{headline}: what answers there speaks no TLS.", "Are its address and port right?"
    if "PROTOCOL_VERSION" in reason or reason in ("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"):
        return (
            layer,
            f"{headline}: it offers no TLS version of today.",
            "TLS 1.2 is the least that Trackside takes; the server or a proxy on the way has to be renewed.",
        )
    if "CERTIFICATE_REQUIRED" in reason or reason == "SSLV3_ALERT_BAD_CERTIFICATE":
        return (
            layer,
            f"{headline}: it asks for a certificate of yours.",
            "Trackside can't present one; ask whoever runs it.",
        )
    if "HANDSHAKE_FAILURE" in reason or reason in ("NO_SHARED_CIPHER", "NO_CIPHERS_AVAILABLE"):
        return layer, f"{headline}: both sides found no common cipher.", "Is its address right?"
    return layer, f"{headline}.", "Is its address right?"


def _too_slow(journey: Journey | None, host: str) -> Words:
    proxy = journey.proxy if journey is not None else None
    stage = journey.stage if journey is not None else Stage.CONNECTING
    if proxy is not None and stage in (Stage.CONNECTING, Stage.PROXY_TLS):
        return FailureLayer.PROXY, f"The proxy {proxy.shown} did not answer in time.", _CHECK_PROXY
    if proxy is not None and stage is Stage.ASKING_PROXY:
        return (
            FailureLayer.PROXY,
            f"The proxy {proxy.shown} did not connect to {host} in time.",
            "Check whether the proxy lets you reach it, then try again.",
        )
    if stage is Stage.TLS:
        return (
            FailureLayer.TLS,
            f"{host} did not answer in time when a secure connection was to be made.",
            "Is its address right, and does it speak https?",
        )
    return FailureLayer.REACH, f"{host} did not answer in time.", _CHECK_NETWORK


def _proxy_refusal(error: httpx.ProxyError, journey: Journey | None, host: str) -> Words:
    text = str(error)
    proxy = journey.proxy if journey is not None else None
    name = f"The proxy {proxy.shown}" if proxy is not None else "The proxy"
    has_login = proxy is not None and proxy.has_login
    found = _STATUS.match(text)
    status = int(found[1]) if found else 0
    # tinyproxy says 401 of a wrong login.
    if status in (401, 407) or "username/password" in text.lower() or "NO ACCEPTABLE METHODS" in text:
        if has_login:
            return FailureLayer.PROXY_LOGIN, f"{name} refused the login.", _CHECK_PROXY
        return (
            FailureLayer.PROXY_LOGIN,
            f"{name} wants a login.",
            "Enter its user name and password in the connection's settings.",
        )
    if status == 403 or "not allowed" in text:
        return (
            FailureLayer.PROXY,
            f"{name} does not allow connections to {host}.",
            "Ask whoever runs it, or choose another one in the connection's settings.",
        )
    if 500 <= status < 600 or "could not connect" in text:
        return (
            FailureLayer.PROXY,
            f"{name} can't reach {host}.",
            "Check the service's address; if that is right, ask whoever runs the proxy.",
        )
    return FailureLayer.PROXY, f"{name} refused the connection.", _CHECK_PROXY


def _broken(journey: Journey | None, host: str) -> Words:
    if journey is not None and journey.proxy is not None and journey.stage is Stage.ASKING_PROXY:
        return (
            FailureLayer.PROXY,
            f"The proxy {journey.proxy.shown} closed the connection.",
            "Check its address and its kind in the connection's settings.",
        )
    return FailureLayer.REACH, f"The connection to {host} broke.", _CHECK_NETWORK


def _proxy_being_reached(journey: Journey | None) -> ProxyAddress | None:
    """The proxy, if it was what the connection was made to when it failed."""
    if journey is None or journey.stage not in (Stage.CONNECTING, Stage.PROXY_TLS):
        return None
    return journey.proxy


def _detail(error: Exception, journey: Journey | None) -> str:
    lines = [f"{type(error).__name__}: {error}"]
    if journey is not None and journey.stage is not Stage.SENDING:
        lines.append(f"stage: {journey.stage}")
    if journey is not None and journey.proxy is not None:
        lines.append(f"proxy: {journey.proxy.url}")
    for cause in _causes(error):
        text = str(cause)
        if isinstance(cause, OSError) and text and not any(text in line for line in lines):
            lines.append(f"{type(cause).__name__}: {text}")
    return "\n".join(lines)[:_LONGEST_DETAIL]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, each once; several addresses of a host failed as a group."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        cause = todo.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            todo += cause.exceptions
        if (behind := cause.__cause__ or cause.__context__) is not None:
            todo.append(behind)
