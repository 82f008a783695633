"""Settings of the ghostwriter."""

from __future__ import annotations

from typing import List
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from sovl_core.plugin import PluginSettings


class GhostwriterSettings(PluginSettings):
    """Whom to ask, for how much, and for how long."""

    url: str = Field(
        default="", description="Base of the endpoint, such as http://localhost:11434/v1; empty asks nobody."
    )
    model: str = Field(default="", description="Name of the model there; empty leaves it to the endpoint.")
    key_variable: str = Field(
        default="OPENAI_API_KEY", description="Environment variable that holds the API key; unset, none is sent."
    )
    questions: int = Field(default=6, ge=2, le=50, description="Questions asked for, for each memory.")
    memories: int = Field(default=100, ge=1, le=100000, description="Memories of a night that are sent, at most.")
    kept_back: List[str] = Field(
        default=["[withheld"],
        description="Memories that hold one of these words are not sent: marks of what somebody has withheld.",
    )
    parallel: int = Field(default=4, ge=1, le=32, description="Requests at a time.")
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds that a request may take, all in all.")
    patience: int = Field(
        default=3, ge=1, le=1000, description="Failures in a row after which nothing more is asked in a night."
    )
    temperature: float = Field(default=0.8, ge=0, le=2, description="Sampling temperature asked for.")
    tokens: int = Field(default=800, ge=50, le=100000, description="Longest answer asked for, in tokens.")

    @field_validator("url")
    @classmethod
    def _is_an_endpoint(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not an address: it begins with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("a key does not belong into the address: put it into the environment (key_variable)")
        return url.rstrip("/")
