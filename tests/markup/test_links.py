"""Link targets: what may be opened, and how it is shown before."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackside.markup.links import LONGEST_TARGET, host_of, safe_target, shown_target


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("https://example.com", "https://example.com"),
        (" HTTP://Example.COM/A?b=c#d ", "http://example.com/A?b=c#d"),
        ("https://example.com:8080/a b", "https://example.com:8080/a%20b"),
        ("https://example.com/漢?q=ü", "https://example.com/%E6%BC%A2?q=%C3%BC"),
        ("https://example.com/%41%zz", "https://example.com/%41%25zz"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://ｅｘａｍｐｌｅ。com", "https://example.com"),
        ("https://[::1]:80/a", "https://[::1]:80/a"),
        ("https://good.example@bad.example/", "https://good.example@bad.example/"),
        ("https://x.com/\u202egpj", "https://x.com/%E2%80%AEgpj"),
        ("mailto:me@example.com?subject=Hi there", "mailto:me@example.com?subject=Hi%20there"),
    ],
)
def test_web_and_mail_targets_are_normalised(href: str, target: str) -> None:
    assert safe_target(href) == target
    assert safe_target(target) == target


@pytest.mark.parametrize(
    "href",
    [
        "",
        "#top",
        "/etc/passwd",
        "../x",
        "//example.com/a",
        "example.com",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "smb://host/share",
        "ftp://example.com",
        "ms-settings:x",
        "view-source:https://example.com",
        "blob:https://example.com/x",
        "https:",
        "https:example.com",
        "https://",
        "https:///path",
        "https://?q",
        "https://exa mple.com",
        "https://example.com\\@bad.example",
        "https:\\\\example.com",
        "https://exam\u200bple.com",
        "https://exam\u00adple.com",
        "https://example.com:port/",
        "https://example.com:99999/",
        "https://%65xample.com/",
        "https://example..com/",
        "https://" + "a" * 64 + ".com",
        "https://example.com/\x00",
        "https://example.com/\na",
        "https://example.com/\ud800",
        "https://example.com/" + "a" * LONGEST_TARGET,
        "mailto:",
        "mailto:nobody",
        "mailto:me@example.com?attach=/etc/passwd",
    ],
)
def test_other_targets_are_not_opened(href: str) -> None:
    assert safe_target(href) == ""


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("https://example.com/a?b", "https://example.com/a?b"),
        ("https://example.com/%E6%BC%A2%20x", "https://example.com/漢%20x"),
        ("https://x.com/%E2%80%AEgpj", "https://x.com/‹U+202E›gpj"),
        ("https://x.com/\u202e\u200bgpj", "https://x.com/‹U+202E›‹U+200B›gpj"),
        ("https://x.com/\u3164\u00a0", "https://x.com/‹U+3164›‹U+00A0›"),
        ("https://x.com/%ff", "https://x.com/%ff"),
        ("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com/ (аррӏе.com)"),
        ("https://аррӏе.com/", "https://xn--80ak6aa92e.com/ (аррӏе.com)"),
        ("https://good.example@bad.example/", "https://bad.example/ (with the user name “good.example”)"),
        (
            "https://good.example%2Fa@bad.example/",
            "https://bad.example/ (with the user name “good.example%2Fa”)",
        ),
        ("javascript:alert\u202e(1)", "javascript:alert‹U+202E›(1)"),
        ("a\ud800\x00b", "a‹U+D800›‹U+0000›b"),
    ],
)
def test_target_as_a_person_can_judge_it(href: str, shown: str) -> None:
    assert shown_target(href) == shown


def test_host_is_a_hint() -> None:
    assert host_of("https://me@Example.com:80/a") == "example.com"
    assert host_of("https://аррӏе.com/") == "xn--80ak6aa92e.com"
    assert host_of("mailto:me@example.com") == ""


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.text(st.sampled_from("htps:/@.%[]\\?#\u202e\u200b\ud800éxn-0 "), max_size=30).map(
            "https://".__add__
        ),
        st.text(max_size=20).map("https://xn--".__add__),
        st.text(max_size=20).map("mailto:".__add__),
    )
)
def test_any_string_is_told_apart(href: str) -> None:
    target = safe_target(href)
    assert target.isascii()
    assert target.isprintable()
    assert safe_target(target) == target
    shown = shown_target(href)
    assert shown.isprintable()
    shown_target(target).encode("utf-8")
    host_of(href)
