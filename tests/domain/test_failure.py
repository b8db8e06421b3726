import msgspec
import pytest

from trackside.domain.failure import Failure, FailureAction, FailureKind, FailureLayer, TracksideError


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


@pytest.mark.parametrize("layer", FailureLayer)
def test_every_layer_offers_a_retry_too(layer: FailureLayer) -> None:
    assert FailureAction.RETRY in Failure(FailureKind.CONNECTION, "It broke.", layer=layer).actions


@pytest.mark.parametrize(
    ("layer", "first"),
    [
        (FailureLayer.TRUST, FailureAction.CHOOSE_CA_FILE),
        (FailureLayer.CA_FILE, FailureAction.CHOOSE_CA_FILE),
        (FailureLayer.PROXY_LOGIN, FailureAction.OPEN_CONNECTION),
        (FailureLayer.HEADERS, FailureAction.OPEN_CONNECTION),
        (FailureLayer.TLS, FailureAction.RETRY),
        (FailureLayer.REACH, FailureAction.RETRY),
    ],
)
def test_a_layer_offers_its_own_mend_first(layer: FailureLayer, first: FailureAction) -> None:
    assert Failure(FailureKind.CONNECTION, "It broke.", layer=layer).actions[0] is first


def test_failures_saved_before_there_were_layers_are_read() -> None:
    saved = b'{"kind":"connection","headline":"It broke.","advice":"","detail":"","status":null,"code":null}'
    assert msgspec.json.decode(saved, type=Failure) == Failure(FailureKind.CONNECTION, "It broke.")
    now = Failure(FailureKind.CONNECTION, "It broke.", layer=FailureLayer.TRUST)
    assert msgspec.json.decode(msgspec.json.encode(now), type=Failure) == now


def test_an_error_reads_as_its_sentence() -> None:
    failure = Failure(FailureKind.SERVICE, "It broke.", "Wait.", "secret detail")
    assert str(TracksideError(failure)) == "It broke. Wait."
    assert Failure(FailureKind.SERVICE, "It broke.").sentence == "It broke."
