"""What a connection test finds, layer by layer: steps in words, and what mends the one that failed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from trackside.domain.connection import Connection
from trackside.domain.failure import Failure


class StepName(StrEnum):
    """The layers, in the order in which they are gone through."""

    ADDRESS = "address"
    PROXY = "proxy"
    TLS = "tls"
    KEY = "key"
    ACCESS = "access"
    STORES = "stores"


class StepState(StrEnum):
    """How far a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """There is nothing to be done here, as where no proxy is used."""
    NOT_TRIED = "not_tried"
    """An earlier one failed, so it could not be tried."""


class Mend(StrEnum):
    """What helps with a step that failed; the card turns each into a button."""

    REPLACE_KEY = "replace_key"
    CHOOSE_CA_FILE = "choose_ca_file"
    OPEN_PROXY = "open_proxy"
    EDIT_CONNECTION = "edit_connection"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True, slots=True)
class TestStep:
    """One layer. `words` say what was found there, `note` the figure or name that belongs to it.

    `is_doubtful` marks what works and should still be looked at, such as a key that travels unencrypted.
    """

    __test__: ClassVar[bool] = False
    """A name that begins like this is a test case to pytest."""

    name: StepName
    state: StepState = StepState.WAITING
    words: str = ""
    note: str = ""
    failure: Failure | None = None
    mends: tuple[Mend, ...] = ()
    is_doubtful: bool = False

    @property
    def sentence(self) -> str:
        """All of it in one line, for whoever can't see the dot."""
        parts = (self.words, self.note, _STATE_WORDS[self.state])
        return ", ".join(dict.fromkeys(filter(None, parts)))


Steps = tuple[TestStep, ...]

_STATE_WORDS = {
    StepState.WAITING: "",
    StepState.RUNNING: "being tested",
    StepState.PASSED: "passed",
    StepState.FAILED: "failed",
    StepState.SKIPPED: "skipped",
    StepState.NOT_TRIED: "not tried",
}
_WAITING_WORDS = {
    StepName.ADDRESS: "Address",
    StepName.PROXY: "Proxy",
    StepName.TLS: "Certificate",
    StepName.KEY: "Key",
    StepName.ACCESS: "Access to knowledge stores",
    StepName.STORES: "List of stores",
}


def untested_steps() -> Steps:
    """Every step before the test begins."""
    return tuple(TestStep(name, words=words) for name, words in _WAITING_WORDS.items())


def with_step(steps: Steps, step: TestStep) -> Steps:
    """The steps with this one in the place of its namesake."""
    return tuple(step if one.name is step.name else one for one in steps)


def step_of(steps: Steps, name: StepName) -> TestStep:
    """The step of this name; LookupError when it is not among them."""
    for step in steps:
        if step.name is name:
            return step
    raise LookupError(f"There is no step {name}.")


def failed_step(steps: Steps) -> TestStep | None:
    """The step that failed; at most one does."""
    return next((step for step in steps if step.state is StepState.FAILED), None)


def are_all_done(steps: Iterable[TestStep]) -> bool:
    """Whether there is nothing left to be tested."""
    return all(step.state not in (StepState.WAITING, StepState.RUNNING) for step in steps)


_REPORTED_HEADERS = ("x-request-id", "request-id", "date", "server", "retry-after")
"""Where a redirect leads is not among them: such an address can carry a token."""


def report_of(connection: Connection | None, steps: Steps, version: str, when: datetime) -> str:
    """The test as text to be passed on: what was found and how it was reached, and no secret."""
    lines = ["Trackside connection test", f"Trackside {version}, {when.isoformat(timespec='seconds')}"]
    if connection is not None:
        lines.append(f"{connection.name}, {connection.base_url}")
    lines.append("")
    for step in steps:
        state = _STATE_WORDS[step.state] or "not begun"
        lines.append(f"[{state}] {step.words}" + (f" ({step.note})" if step.note not in ("", state) else ""))
    failed = failed_step(steps)
    if failed is not None and failed.failure is not None:
        failure = failed.failure
        lines += ["", failure.sentence]
        lines += [f"{name}: {failure.headers[name]}" for name in _REPORTED_HEADERS if name in failure.headers]
    return "\n".join(lines) + "\n"
