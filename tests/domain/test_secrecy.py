"""What is blotted out of logs and reports."""

import json
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.domain.connection import Secrets
from trackside.domain.secrecy import BLOT, forget_secrets, keep_secret, redacted

SECRET = "plain-secret"


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    forget_secrets()
    yield
    forget_secrets()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://gate:plain-secret@proxy.test:3128/x", f"https://{BLOT}@proxy.test:3128/x"),
        ("http://gate:p@plain-secret@proxy.test", f"http://{BLOT}@proxy.test"),
        ("socks5h://plain-secret@proxy.test", f"socks5h://{BLOT}@proxy.test"),
        ("Proxy-Authorization: Basic plain-secret==", f"Proxy-Authorization: Basic {BLOT}"),
        ("(b'proxy-authorization', b'Basic plain-secret')", "proxy-authorization"),
        ('Authorization: Digest username="x", response="plain-secret"', f"Digest {BLOT}"),
        ("Cookie: a=1; b=plain-secret", f"Cookie: {BLOT}"),
        ("('set-cookie', 'a=1; b=plain-secret')", "set-cookie"),
        ('{"password": "plain-secret"}', '"password": "'),
        ("https://x.test/a?X-Amz-Signature=plain-secret&X-Amz-Date=1&part=2", "&part=2"),
        ("https://x.test/a?X-Amz-Security-Token=plain-secret", "X-Amz-Security-Token="),
        ("https://x.test/a?AWSAccessKeyId=plain-secret&part=2", "&part=2"),
        ("https://x.test/a?X-Goog-Signature=plain-secret&X-Goog-Credential=plain-secret", "X-Goog-"),
        ("https://x.test/a?GoogleAccessId=plain-secret", "GoogleAccessId="),
        ("https://x.test/a?sv=2024&sig=plain-secret%2F%3D&sp=r", "sv=2024"),
        ("https://x.test/a?Policy=plain-secret__&Key-Pair-Id=plain-secret", "?Policy="),
        ("https://x.test/a?hdnts=exp=1~acl=/*~hmac=plain-secret&part=2", "&part=2"),
        ("https://x.test/a?__token__=exp=1~hmac=plain-secret", "__token__="),
        ("https://x.test/?u=https%3A%2F%2Fy.test%3FSignature%3Dplain-secret%26part%3D2", "%26part%3D2"),
    ],
)
def test_what_looks_secret_is_blotted_out(text: str, kept: str) -> None:
    shown = redacted(text)
    assert SECRET not in shown
    assert kept in shown


@pytest.mark.parametrize(
    "text",
    [
        "https://x.test/@someone/page?part=2&order=desc",
        "mail to a@b.test, then look at https://x.test",
        "key: value, cookies were eaten; the token ended",
        "std=1, class=2, base=3",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.text(min_size=5, max_size=40))
def test_a_known_secret_is_found_in_every_spelling(secret: str) -> None:
    if secret == "sandbox" or not secret.isprintable():
        return
    forget_secrets()
    keep_secret(secret)
    raw = secret.encode()
    spelled = [secret, repr(secret), json.dumps(secret), quote(secret, safe=""), b64encode(raw).decode()]
    for text in spelled:
        assert BLOT in redacted(f"<{text}>")
    assert redacted(f"<{secret}>") == f"<{BLOT}>"


def test_a_secret_in_another_leaves_nothing_behind() -> None:
    keep_secret("marked")
    keep_secret("marked-and-more")
    assert redacted("it is marked-and-more") == f"it is {BLOT}"


def test_what_is_too_short_or_the_sandboxs_is_no_secret() -> None:
    keep_secret("", "abc", "sandbox")
    assert redacted("abc in the sandbox") == "abc in the sandbox"


def test_whatever_a_connection_holds_is_known() -> None:
    Secrets(key=" the-key ", proxy_password="the-password", headers=(("x-gateway", "the-value"),))
    assert redacted("the-key the-password the-value") == " ".join([BLOT] * 3)


@pytest.mark.parametrize(
    "spelled",
    [
        "Pw%2fmark%26d%2b%22X%25%3c",
        "Pw%252Fmark%2526d%252B%2522X%2525%253C",
        "Pw/mark&amp;d+&quot;X%&lt;",
        'Pw/mark&amp;d+"X%&lt;',
        r"Pw\/mark&d+\"X%<",
        r"Pw/mark&d+\\\"X%<",
        'pw/mark&d+"x%<',
        'PW/MARK&D+"X%<',
    ],
)
def test_a_known_secret_goes_in_the_spellings_of_servers(spelled: str) -> None:
    keep_secret('Pw/mark&d+"X%<')
    assert redacted(f"said {spelled} again") == f"said {BLOT} again"
