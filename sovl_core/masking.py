"""Secrets taken out of what is logged, reported and shown: tokens, keys, passwords, addresses with a password in them.

Known by the name of a setting or field, or by the form that the well-known services give their tokens. What the user
says to the system is none of its business: a password told as a memory is a memory.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

MASK = "***"
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_SECRET_WORDS = frozenset(
    ("secret", "token", "key", "apikey", "password", "passwd", "passphrase", "credential", "credentials")
)
_NAME = (
    r"(?:secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|password|passwd|passphrase|credentials?)"
)
#: Tokens of Hugging Face, OpenAI and Anthropic, GitHub, GitLab, Slack, Amazon, Google; JSON web tokens.
_TOKEN = re.compile(
    r"\b(?:hf_|api_org_|sk-|sk_live_|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ASIA|AIza|ya29\.)[\w-]{12,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
)
_ADDRESS = re.compile(r"(?<=://)[^\s/@:\"']*:[^\s/@\"']+(?=@)|(?<=://)[^\s/@:\"']{12,}(?=@)")
_HEADER = re.compile(r"\b((?:Bearer|Basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
#: "hf_token = 'abc'", "?api_key=abc", "PASSWORD: abc".
_ASSIGNED = re.compile(
    rf"((?<![^\W_]){_NAME}\b[\"']?\s{{0,8}}[=:]\s{{0,8}})(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;&)}}\]]+)", re.IGNORECASE
)

#: "plugins.web.api_key" or "--api-key" as it is typed, alone or before an equals sign.
_TYPED_NAME = re.compile(r"(?<!\S)[\"']?(?:--(?P<option>[\w-]+)|(?P<key>[\w-]+(?:\.[\w-]+)+))(?=[\s=\"']|\Z)")


def is_secret(key: str) -> bool:
    """Return True for the name of what nobody is shown: "plugins.web.api_key", "HF_TOKEN", but not "max_new_tokens".

    :param key: with dots or without; its last word decides.
    """
    words = _WORD.findall(key)
    return bool(words) and words[-1].lower() in _SECRET_WORDS


def masked(text: str) -> str:
    """Return a text without the secrets in it that can be known as such."""
    if not any(mark in text for mark in ("://", "=", ":", "-", "_", "AKIA", "ASIA", "AIza", "eyJ", "Bearer", "Basic")):
        return text
    text = _ADDRESS.sub(MASK, _TOKEN.sub(MASK, text))
    return _ASSIGNED.sub(rf"\g<1>{MASK}", _HEADER.sub(rf"\g<1>{MASK}", text))


def types_secret(command: str) -> bool:
    """Return True for a command, as it is typed, that names a secret setting or holds a secret of a known form."""
    names = (found.group("option") or found.group("key") for found in _TYPED_NAME.finditer(command))
    return any(map(is_secret, names)) or masked(command) != command


def masked_values(values: Any, key: str = "") -> Any:
    """Return JSON-able values without secrets: of secret names the value, of other text what can be known as one.

    :param key: the name that the values stand under. Numbers and switches are no secrets, nor is what is not set.
    """
    if isinstance(values, Mapping):
        return {name: masked_values(value, str(name)) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [masked_values(value, key) for value in values]
    if isinstance(values, str) and values:
        return MASK if is_secret(key) else masked(values)
    return values
