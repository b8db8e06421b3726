"""A test's steps as values, and the report that is passed on."""

from dataclasses import replace
from datetime import UTC, datetime

from trackside.domain import connection_test as found
from trackside.domain.connection import TWELVELABS, ExtraHeader
from trackside.domain.connection_test import Mend, StepName, StepState
from trackside.domain.failure import Failure, FailureKind

WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_step_takes_its_namesakes_place() -> None:
    steps = found.untested_steps()
    passed = found.TestStep(StepName.TLS, StepState.PASSED, "Certificate trusted", "TLS 1.3")
    changed = found.with_step(steps, passed)
    assert [step.name for step in changed] == list(StepName)
    assert found.step_of(changed, StepName.TLS) is passed
    assert not found.are_all_done(changed)
    assert found.failed_step(changed) is None


def test_a_step_can_be_read_out() -> None:
    step = found.TestStep(StepName.TLS, StepState.PASSED, "Certificate trusted", "TLS 1.3")
    assert step.sentence == "Certificate trusted, TLS 1.3, passed"
    assert replace(step, state=StepState.NOT_TRIED, note="not tried").sentence == (
        "Certificate trusted, not tried"
    )


def test_the_report_has_what_helps_and_nothing_secret() -> None:
    failure = Failure(
        FailureKind.SERVICE,
        "The service has trouble of its own (503).",
        detail="the body of a page",
        headers={"x-request-id": "r-7", "location": "https://login.example/?token=hush"},
    )
    step = found.TestStep(
        StepName.KEY, StepState.FAILED, "No answer", "503", failure, mends=(Mend.TRY_AGAIN,)
    )
    connection = replace(
        TWELVELABS, headers=(ExtraHeader("x-team", "hush"),), proxy_url="http://hush", proxy_user="hush"
    )
    steps = found.with_step(found.untested_steps(), step)
    report = found.report_of(connection, steps, "1.2", WHEN)
    assert "Trackside 1.2, 2026-03-04T05:06:07+00:00" in report
    assert "TwelveLabs, https://api.twelvelabs.io/v1.3" in report
    assert "[failed] No answer (503)" in report
    assert "[not begun] Address" in report
    assert "x-request-id: r-7" in report
    assert "hush" not in report
    assert "the body" not in report
