from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.masking import MASK, is_secret, masked, masked_values, types_secret

pytestmark = pytest.mark.no_torch

HF = "hf_" + "a1B2c3D4" * 4


@pytest.mark.parametrize("key", ["api_key", "HF_TOKEN", "plugins.web.password", "apiKey", "secret", "x.y.access-key"])
def test_secret_names(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize(
    "key", ["max_new_tokens", "token_rise", "core.seed", "keyboard", "", "tokens", "monkey", "memory.token_map"]
)
def test_names_that_are_none(key: str) -> None:
    assert not is_secret(key)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"401 for token {HF}", f"401 for token {MASK}"),
        ("https://ann:pa55@example.com/x", f"https://{MASK}@example.com/x"),
        (f"https://{HF}@hub.example/x", f"https://{MASK}@hub.example/x"),
        ("GET /x?api_key=abc123&n=1", f"GET /x?api_key={MASK}&n=1"),
        ("plugins.web.api_key = 'abc': must be longer", f"plugins.web.api_key = {MASK}: must be longer"),
        ("Authorization: Bearer abcdefgh12345", f"Authorization: Bearer {MASK}"),
        ('{"password": "x y"}', f'{{"password": {MASK}}}'),
        ("HF_TOKEN=abc sovl chat", f"HF_TOKEN={MASK} sovl chat"),
        ("sk-" + "a1" * 12, MASK),
        ("https://example.com/a:b", "https://example.com/a:b"),
        ("max_new_tokens = 5, the key: to the door", "max_new_tokens = 5, the key: to the door"),
        ("token 5 of 7 was skipped", "token 5 of 7 was skipped"),
    ],
)
def test_text(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_values_by_name_and_by_form() -> None:
    values = {
        "api_key": "abc",
        "token": None,
        "key": 3,
        "secret": "",
        "web": {"password": "p", "list": [f"{HF}"], "n": 1.5, "on": True},
    }
    assert masked_values(values) == {
        "api_key": MASK,
        "token": None,
        "key": 3,
        "secret": "",
        "web": {"password": MASK, "list": [MASK], "n": 1.5, "on": True},
    }


@given(st.text())
def test_any_text_is_masked_once_and_for_all(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@given(st.text(st.characters(whitelist_categories=("L", "Zs"))))
def test_words_alone_are_left_as_they_are(text: str) -> None:
    assert masked(text) == text


def test_long_texts_come_to_an_end() -> None:
    for piece in ("key=", "a.", "://", "_", "token-", "eyJaaaaaaaa.", "x:"):
        masked(piece * (100_000 // len(piece)))


@pytest.mark.parametrize(
    "command",
    [
        "/config set plugins.web.api_key abc",
        "/config set plugins.web.api_key=abc",
        '/config set "plugins.web.password" "a b"',
        "/run fetch --hf-token abc",
        "/run fetch --api-key=abc",
        f"/config set plugins.web.api_kye {HF}",
    ],
)
def test_commands_that_give_a_secret(command: str) -> None:
    assert types_secret(command)


@pytest.mark.parametrize(
    "command",
    [
        "/config set generation.max_new_tokens 40",
        "/ask --max-tokens 20 what is my key",
        "/no The key. It is under the mat",
        "/search secret",
        "/no My dog's password-free... token",
    ],
)
def test_commands_that_give_none(command: str) -> None:
    assert not types_secret(command)
