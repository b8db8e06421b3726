import pytest

from trackside.domain.failure import Failure, FailureAction, FailureKind, TracksideError


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_offers_something(kind: FailureKind) -> None:
    assert Failure(kind, "It broke.").actions


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (FailureKind.KEY, FailureAction.OPEN_CONNECTION),
        (FailureKind.DEAD_SESSION, FailureAction.NEW_SERVER_SESSION),
        (FailureKind.CONNECTION, FailureAction.RETRY),
        (FailureKind.NOT_FOUND, FailureAction.CHOOSE_STORE),
    ],
)
def test_the_most_helpful_action_comes_first(kind: FailureKind, first: FailureAction) -> None:
    assert Failure(kind, "It broke.").actions[0] is first


def test_an_error_reads_as_its_sentence() -> None:
    failure = Failure(FailureKind.SERVICE, "It broke.", "Wait.", "secret detail")
    assert str(TracksideError(failure)) == "It broke. Wait."
    assert Failure(FailureKind.SERVICE, "It broke.").sentence == "It broke."
