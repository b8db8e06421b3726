"""Keys as people paste them."""

import pytest

from trackside.domain.failure import TracksideError
from trackside.domain.pasted_key import MAX_KEY_LENGTH, key_in

KEY = "tlk_2ABCdef0123456789"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"  {KEY} \n",
        f'"{KEY}"',
        f"'{KEY}',",
        f"“{KEY}”",
        f"`{KEY}`",
        f"x-api-key: {KEY}",
        f"X-Api-Key:{KEY}\r\n",
        f'"x-api-key": "{KEY}",',
        f"curl -H 'x-api-key: {KEY}' https://api.twelvelabs.io/v1.3/assets",
        f"TWELVELABS_API_KEY={KEY}",
        f'export TWELVELABS_API_KEY="{KEY}"',
        f"$env:TL_API_KEY = '{KEY}'",
        f"api_key: {KEY}",
        f"Authorization: Bearer {KEY}",
        f"\ufeff{KEY}\u200b",
        f"\u00a0{KEY}\u00a0",
    ],
)
def test_what_was_copied_along_is_left_off(text: str) -> None:
    assert key_in(text) == KEY


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "Paste it whole"),
        ("''", "Paste it whole"),
        ("tlk_one tlk_two", "Paste it whole, without spaces."),
        ("tlk_one\ntlk_two", "Paste it whole, without spaces."),
        ("schlüssel", "characters that no key has"),
        ("https://playground.twelvelabs.io/dashboard/api-key", "It is an address"),
        ("tlk_2AB…789", "shortened"),
        ("tlk_••••••••", "shortened"),
        ("tlk_********", "shortened"),
        ("k" * (MAX_KEY_LENGTH + 1), "far too long"),
    ],
)
def test_what_is_no_key_is_named_and_not_quoted(text: str, advice: str) -> None:
    with pytest.raises(TracksideError) as caught:
        key_in(text)
    failure = caught.value.failure
    assert failure.headline == "This is no API key."
    assert advice in failure.advice
    assert not text or text not in failure.sentence
