import pytest

from trackside.domain.failure import Failure, FailureKind, FailureLayer
from trackside.protocol.retry import RetryPolicy

PASSING = {FailureKind.RATE_LIMIT, FailureKind.SERVICE, FailureKind.CONNECTION}
POLICY = RetryPolicy()


def failure(kind: FailureKind, retry_after_s: float | None = None, status: int | None = None) -> Failure:
    return Failure(kind, "It broke.", retry_after_s=retry_after_s, status=status)


@pytest.mark.parametrize("kind", FailureKind)
def test_only_what_may_pass_is_tried_again(kind: FailureKind) -> None:
    assert (POLICY.delay_s(failure(kind), 1) is not None) == (kind in PASSING)


@pytest.mark.parametrize("kind", PASSING)
def test_tries_are_bounded(kind: FailureKind) -> None:
    most = POLICY.max_refusals if kind is FailureKind.RATE_LIMIT else POLICY.max_tries
    assert POLICY.delay_s(failure(kind, 1.0), most - 1) is not None
    assert POLICY.delay_s(failure(kind, 1.0), most) is None


@pytest.mark.parametrize("kind", FailureKind)
def test_whoever_wants_no_retries_gets_none(kind: FailureKind) -> None:
    assert RetryPolicy(max_tries=1).delay_s(failure(kind, 1.0), 1) is None


def test_a_refusal_closes_the_connection_whether_or_not_it_is_tried_again() -> None:
    limited = failure(FailureKind.RATE_LIMIT, 12.0)
    assert RetryPolicy(max_tries=1).limited_s(limited, jitter=0.0) == 12.1
    assert POLICY.limited_s(failure(FailureKind.RATE_LIMIT, POLICY.max_hint_s + 1)) is None


def test_an_address_that_leads_elsewhere_is_not_tried_again() -> None:
    assert POLICY.delay_s(failure(FailureKind.CONNECTION, status=302), 1) is None


@pytest.mark.parametrize("layer", [FailureLayer.TRUST, FailureLayer.CA_FILE, FailureLayer.PROXY_LOGIN])
def test_what_somebody_has_to_mend_is_not_tried_again(layer: FailureLayer) -> None:
    assert POLICY.delay_s(Failure(FailureKind.CONNECTION, "It broke.", layer=layer), 1) is None


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_delays_double_up_to_a_ceiling(jitter: float) -> None:
    policy = RetryPolicy(max_tries=20)
    delays = [policy.delay_s(failure(FailureKind.SERVICE), n, jitter=jitter) for n in range(1, 20)]
    known = [d for d in delays if d is not None]
    assert len(known) == 19
    assert known[0] == (0.5 + 0.5 * jitter) * policy.base_delay_s
    assert known[1] == 2 * known[0]
    assert max(known) == known[-1] <= policy.max_delay_s


def test_the_service_s_hint_is_kept_to() -> None:
    for jitter in (0.0, 1.0):
        delay = POLICY.delay_s(failure(FailureKind.RATE_LIMIT, 12.0), 1, jitter=jitter)
        assert delay is not None
        assert 12.0 < delay <= 12.5


def test_a_hint_too_far_away_is_shown_not_waited_for() -> None:
    assert POLICY.delay_s(failure(FailureKind.RATE_LIMIT, POLICY.max_hint_s + 1), 1) is None


def test_a_rate_limit_without_a_hint_waits_long() -> None:
    delay = POLICY.delay_s(failure(FailureKind.RATE_LIMIT), 1)
    assert delay is not None
    assert 30 <= delay <= 32
