"""Which extra headers are taken for secrets unasked."""

import pytest

from trackside.domain.extra_headers import looks_secret


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "X-Gateway-Key",
        "X-Auth-Token",
        "client_secret",
        "Cookie",
        "apikey",
    ],
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["X-Team", "User-Agent", "X-Keyboard", "X-Tokens-Used", "Authority", ""])
def test_others_are_not(name: str) -> None:
    assert not looks_secret(name)
