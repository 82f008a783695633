from __future__ import annotations

import pytest

from sovl_guard.patterns import KNOWN, compiled, find, replaced, spans_of

KEY = "sk-" + "proj-" + "a1B2" * 6

SECRETS = [
    ("api_key", f"Use {KEY} for it", KEY),
    ("api_key", "token ghp_" + "x1" * 18, "ghp_" + "x1" * 18),
    ("api_key", "AKIA" + "ABCD1234" * 2, "AKIA" + "ABCD1234" * 2),
    ("api_key", "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2ln", "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2ln"),
    ("card", "It is 4111 1111 1111 1111, until 2030", "4111 1111 1111 1111"),
    ("card", "5500-0000-0000-0004.", None),
    ("iban", "to DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00"),
    ("password", "My password is hunter2, remember?", "hunter2,"),
    ("password", 'The passphrase for the attic = "open sesame"', "open"),
    ("password", "PIN: 4711", "4711"),
    ("private_key", "a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b", None),
]
HARMLESS = [
    ("api_key", "My sk-8 skateboard, and the task-force of 2024"),
    ("card", "My number is 4111 1111 1111 1112"),
    ("card", "Pi is 3.14159265358979323"),
    ("iban", "DE89 3704 0044 0532 0130 01"),
    ("password", "I forgot my password again."),
    ("private_key", "a private key"),
]


@pytest.mark.parametrize(("kind", "text", "secret"), SECRETS)
def test_a_secret_is_found(kind, text, secret):
    spans = KNOWN[kind](text)
    assert len(spans) == 1
    start, end = spans[0]
    if secret is not None:
        assert text[start:end] == secret


@pytest.mark.parametrize(("kind", "text"), HARMLESS)
def test_what_only_resembles_one_is_not(kind, text):
    assert KNOWN[kind](text) == []


def test_a_key_that_is_cut_off_is_withheld_to_the_end():
    text = "-----BEGIN PRIVATE KEY-----\nMII"
    assert KNOWN["private_key"](text) == [(0, len(text))]


def test_a_group_named_secret_is_withheld_alone():
    text = "the cellar is 7316"
    assert spans_of(compiled(r"cellar is (?P<secret>\d+)"), text) == [(14, 18)]
    assert spans_of(compiled(r"cellar is \d+"), text) == [(4, 18)]


@pytest.mark.parametrize(("pattern", "message"), [("(", "no regular expression"), ("x*", "where there is nothing")])
def test_a_pattern_that_cannot_be_used(pattern, message):
    with pytest.raises(ValueError, match=message):
        compiled(pattern)


def test_spans_that_overlap_are_one():
    assert replaced("0123456789", [(5, 7), (1, 3), (2, 4)], "#") == "0#4#789"


def test_kinds_are_chosen():
    text = "My PIN is 4711"
    assert find(text, ["card"], [], "#") == {}
    assert find(text, ["password"], [r"\d+"], "#") == {"password": [(10, 14)], "pattern": [(10, 14)]}


def test_what_was_withheld_before_is_no_secret():
    assert find("My PIN is [withheld].", ["password"], [], "[withheld]") == {}
