"""A connection test's findings as steps: what httpcore tells of the way, and what came at its end."""

import ssl
import time
from dataclasses import replace
from typing import Any

from trackside.domain.connection import Connection
from trackside.domain.connection_test import (
    Mend,
    StepName,
    Steps,
    StepState,
    TestStep,
    step_of,
    untested_steps,
    with_step,
)
from trackside.domain.failure import Failure, FailureKind, FailureLayer
from trackside.domain.network_rules import ProxyAddress
from trackside.protocol.probe_words import FAILED_WORDS, MENDS, SILENT, certificate_note, page_note

_USUAL_PATH = "/v1.3"
TRY, EDIT = Mend.TRY_AGAIN, Mend.EDIT_CONNECTION


class ProbeSteps:
    """The steps of one test. `tell` takes httpcore's events, `fail` and `succeed` the end."""

    def __init__(self, connection: Connection) -> None:
        self.steps: Steps = untested_steps()
        self.proxy: ProxyAddress | None = None
        self.is_answer_awaited = False
        """Whether the request is the service's now, so that all the way to it is proven."""
        self._connection = connection
        self._ca_issuers: tuple[str, ...] = ()
        self._began: dict[StepName, float] = {}
        self._certificate_note = ""

    # -- on the way ------------------------------------------------------------------------------

    def begin(self, name: StepName) -> None:
        self._began[name] = time.monotonic()
        step = step_of(self.steps, name)
        self._put(TestStep(name, StepState.RUNNING, step.words, step.note))

    def take_way(self, proxy: ProxyAddress | None) -> None:
        """Which proxy is used, known before anything is sent."""
        self.proxy = proxy
        if proxy is not None:
            self._put(TestStep(StepName.PROXY, words=f"Proxy {proxy.shown}"))
        else:
            self._put(TestStep(StepName.PROXY, StepState.SKIPPED, "No proxy"))

    def take_address(self) -> None:
        """The name of what a socket is opened to was found."""
        if self.proxy is not None:
            self._pass(StepName.ADDRESS, "Address of the proxy found")
            self.begin(StepName.PROXY)

    def tell(self, event: str, info: dict[str, Any]) -> None:
        """What httpcore says of the way."""
        layer, _, moment = event.rpartition(".")
        request = info.get("request")
        is_tunnel = request is not None and request.method == b"CONNECT"
        match layer.partition(".")[2], moment:
            case "connect_tcp", "complete" if self.proxy is None:
                self._pass(StepName.ADDRESS, "Address found")
            case "start_tls", "started" if not self._is_proxys(layer):
                self._pass_proxy()
                self.begin(StepName.TLS)
            case "start_tls", "complete" if not self._is_proxys(layer):
                self._on_tls(info.get("return_value"))
            case "start_tls", "failed":
                self._certificate_note = certificate_note(info.get("exception"))
            case "send_request_headers", "started" if not is_tunnel:
                self._pass_proxy()
                if step_of(self.steps, StepName.TLS).state is StepState.WAITING:
                    self._tell_no_tls()
                self.is_answer_awaited = True
                self.begin(StepName.KEY)

    def _is_proxys(self, layer: str) -> bool:
        """Whether a handshake is the one with the proxy itself."""
        has_tls_proxy = self.proxy is not None and self.proxy.scheme == "https"
        return has_tls_proxy and layer.startswith("connection.")

    def _pass_proxy(self) -> None:
        if self.proxy is not None and step_of(self.steps, StepName.PROXY).state is StepState.RUNNING:
            self._pass(StepName.PROXY, f"Through proxy {self.proxy.shown}")

    def _on_tls(self, stream: Any) -> None:
        tls = stream.get_extra_info("ssl_object") if stream is not None else None
        version = (tls.version() or "") if tls is not None else ""
        words = "Certificate trusted by this computer"
        if self._connection.ca_file:
            certificate = (tls.getpeercert() or {}) if tls is not None else {}
            is_ours = repr(certificate.get("issuer")) in self._ca_issuers
            words = "Certificate trusted by your CA file" if is_ours else "Certificate trusted"
        self._pass(StepName.TLS, words, version.replace("TLSv", "TLS "))

    def know_ca_file(self, context: ssl.SSLContext) -> None:
        """The authorities of the connection's own CA file, to tell who vouches for the certificate."""
        self._ca_issuers = tuple(repr(one.get("subject")) for one in context.get_ca_certs())

    def _tell_no_tls(self) -> None:
        is_here = not self._connection.is_unprotected
        words = "Plain http, within this computer" if is_here else "Plain http, not protected"
        note = "" if is_here else "others can read the key"
        self._put(TestStep(StepName.TLS, StepState.SKIPPED, words, note, is_doubtful=not is_here))

    # -- the end ---------------------------------------------------------------------------------

    def succeed(self, count: int) -> None:
        """The list of stores came."""
        self._pass(StepName.KEY, "Key accepted", timed=False)
        self._pass(StepName.ACCESS, "The key may use knowledge stores", timed=False)
        note = {0: "no store yet", 1: "1 store"}.get(count, f"{count:,} stores")
        self._pass(StepName.STORES, "List of stores", note)

    def fail(self, failure: Failure, *, has_key: bool = True) -> None:
        """What ended the test."""
        if failure.status == 407 and self.proxy is not None:
            self._fail_layer(FailureLayer.PROXY_LOGIN, failure, "407")
        elif failure.layer is FailureLayer.REACH and self.is_answer_awaited:
            self._end(self.running, "The connection broke", "", failure, (TRY, EDIT))
        elif failure.layer is not None:
            self._fail_layer(failure.layer, failure, self._note_of(failure))
        else:
            self._fail_answer(failure, has_key=has_key)

    def fail_silence(self, name: StepName, failure: Failure, note: str) -> None:
        """Nothing came within a step's limit."""
        words = {StepName.ADDRESS: "No answer about the address", StepName.KEY: "No answer"}
        mends = MENDS[FailureLayer.ADDRESS][1] if name is StepName.ADDRESS else (TRY, EDIT)
        self._end(name, words.get(name, "No answer"), note, failure, mends)

    def _note_of(self, failure: Failure) -> str:
        if failure.layer in (FailureLayer.TRUST, FailureLayer.TLS):
            return self._certificate_note
        return ""

    def _fail_layer(self, layer: FailureLayer, failure: Failure, note: str) -> None:
        name, mends = MENDS[layer]
        words = FAILED_WORDS[layer]
        if layer is FailureLayer.PROXY_LOGIN and not self._connection.proxy_user:
            words = "Proxy {proxy} wants a login"
        if layer is FailureLayer.TLS and self._certificate_note:
            words = "Certificate not accepted"
        shown = self.proxy.shown if self.proxy is not None else ""
        if not note and layer in SILENT and self._has_waited(name):
            note = f"{self._connection.connect_timeout_s:g} s"
            if layer is FailureLayer.REACH:
                failure = _retold(failure, f"No answer from {self._connection.host} for {note}.")
        if layer is FailureLayer.PROXY and step_of(self.steps, StepName.ADDRESS).state is StepState.RUNNING:
            name, words = StepName.ADDRESS, "No address found for the proxy"
        self._end(name, words.format(proxy=shown), note, failure, mends)

    def _has_waited(self, name: StepName) -> bool:
        """Whether a step took as long as it may."""
        began_s = self._began.get(name)
        limit_s = self._connection.connect_timeout_s
        return began_s is not None and time.monotonic() - began_s > 0.9 * limit_s

    def _fail_answer(self, failure: Failure, *, has_key: bool) -> None:
        status, code = failure.status, failure.code
        note = " ".join(filter(None, (str(status or ""), code)))
        is_page = "html" in failure.headers.get("content-type", "")
        match failure.kind:
            case FailureKind.KEY if status is None:
                self._end(StepName.KEY, "The key can’t be sent", note, failure, (Mend.REPLACE_KEY,))
            case FailureKind.KEY if is_page and code is None:
                self._fail_foreign(failure, note)
            case FailureKind.KEY if not has_key:
                told = Failure(FailureKind.KEY, "There is no key yet.", "The way to the service is fine.")
                self._end(StepName.KEY, "No key", note, told, (Mend.REPLACE_KEY,))
            case FailureKind.KEY if status == 403 and code != "api_key_invalid":
                told = _retold(failure, "Your key works, but it may not use knowledge stores.")
                self._fail_access(told, note)
            case FailureKind.KEY:
                self._end(StepName.KEY, "The service refused the key", note, failure, (Mend.REPLACE_KEY,))
            case FailureKind.NO_ACCESS:
                told = Failure(
                    failure.kind,
                    "Your key works, but its account has no access to Jockey yet.",
                    "Ask for access in the TwelveLabs dashboard, or use another key."
                    if self._connection.base_url.endswith(_USUAL_PATH)
                    else f"Or the address is wrong: it usually ends with {_USUAL_PATH}.",
                    failure.detail,
                    status,
                    code,
                    headers=failure.headers,
                )
                self._fail_access(told, note)
            case FailureKind.RATE_LIMIT | FailureKind.PLAN_LIMIT:
                self._fail_limit(failure, note)
            case FailureKind.SERVICE:
                words = "The service has trouble of its own"
                self._end(StepName.KEY, words, page_note(note, is_page=is_page), failure, (TRY,))
            case FailureKind.BAD_ANSWER:
                self._fail_foreign(failure, "a web page" if "web page" in failure.headline else note)
            case FailureKind.NOT_FOUND:
                told = Failure(
                    failure.kind,
                    "There is no such service at this address.",
                    f"Check the address; it usually ends with {_USUAL_PATH}.",
                    failure.detail,
                    status,
                    code,
                    headers=failure.headers,
                )
                self._fail_foreign(told, note)
            case FailureKind.CONNECTION if status is not None and 300 <= status < 400:
                self._end(StepName.KEY, "The address leads elsewhere", note, failure, (EDIT, TRY))
            case FailureKind.CONNECTION | FailureKind.SILENCE | FailureKind.INTERRUPTED:
                self._end(self.running, "The connection broke", note, failure, (TRY, EDIT))
            case FailureKind.BUG:
                self._end(self.running, "The test itself failed", note, failure, (TRY,))
            case _:
                self._fail_foreign(failure, note)

    def _fail_foreign(self, failure: Failure, note: str) -> None:
        """What answered is not the service, or not where it should be."""
        words = "What answered is not the service"
        is_page = "html" in failure.headers.get("content-type", "")
        self._end(StepName.KEY, words, page_note(note, is_page=is_page), failure, (EDIT, TRY))

    def _fail_access(self, failure: Failure, note: str) -> None:
        self._pass(StepName.KEY, "Key accepted", timed=False)
        mends = (Mend.REPLACE_KEY, TRY)
        self._end(StepName.ACCESS, "The key may not use knowledge stores", note, failure, mends)

    def _fail_limit(self, failure: Failure, note: str) -> None:
        """Who is counted is known, so the key is right."""
        self._pass(StepName.KEY, "Key accepted", timed=False)
        self._put(TestStep(StepName.ACCESS, StepState.NOT_TRIED, "Access to knowledge stores", "not told"))
        if failure.kind is FailureKind.PLAN_LIMIT:
            told = _retold(failure, "Your key works, but its plan’s limit is used up.")
        else:
            wait_s = failure.retry_after_s
            advice = f"Try again in {max(1, round(wait_s))} s." if wait_s else "Try again in a minute."
            headline = "Your key works, but the service takes no more requests for the moment."
            told = _retold(failure, headline, advice)
        self._end(StepName.STORES, "List of stores not given", note, told, (TRY,))

    # -- inside ----------------------------------------------------------------------------------

    @property
    def running(self) -> StepName:
        """The step that is under way."""
        running = (step.name for step in self.steps if step.state is StepState.RUNNING)
        return next(running, StepName.KEY)

    def _pass(self, name: StepName, words: str, note: str = "", *, timed: bool = True) -> None:
        if not note and timed and name in self._began:
            passed_ms = (time.monotonic() - self._began[name]) * 1_000
            note = f"{passed_ms:.0f} ms" if passed_ms >= 1 else "under 1 ms"
        self._put(TestStep(name, StepState.PASSED, words, note))

    def _end(self, name: StepName, words: str, note: str, failure: Failure, mends: tuple[Mend, ...]) -> None:
        waiting = {step.name: step for step in untested_steps()}
        for step in self.steps:
            if step.name is not name and step.state in (StepState.WAITING, StepState.RUNNING):
                words_then = step.words if step.name is StepName.PROXY else waiting[step.name].words
                self._put(TestStep(step.name, StepState.NOT_TRIED, words_then, "not tried"))
        self._put(TestStep(name, StepState.FAILED, words, note, failure, mends))

    def _put(self, step: TestStep) -> None:
        self.steps = with_step(self.steps, step)


def _retold(failure: Failure, headline: str, advice: str | None = None) -> Failure:
    return replace(failure, headline=headline, advice=failure.advice if advice is None else advice)
