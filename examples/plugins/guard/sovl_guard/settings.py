"""Settings of the guard."""

from __future__ import annotations

from typing import List

from pydantic import Field, field_validator

from sovl_core.plugin import PluginSettings
from sovl_guard.patterns import KNOWN, compiled


class GuardSettings(PluginSettings):
    """What is withheld, and what stands in its place."""

    known: List[str] = Field(
        default=sorted(KNOWN), description="Kinds of secrets to withhold: " + ", ".join(sorted(KNOWN)) + "."
    )
    patterns: List[str] = Field(
        default=[],
        description="Regular expressions of your own; a group named `secret` withholds that part of the match alone.",
    )
    replacement: str = Field(default="[withheld]", description="What stands in the place of a secret.")

    @field_validator("known")
    @classmethod
    def _are_known(cls, kinds: List[str]) -> List[str]:
        unknown = [kind for kind in kinds if kind not in KNOWN]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not known; there are {', '.join(sorted(KNOWN))}")
        return kinds

    @field_validator("patterns")
    @classmethod
    def _are_patterns(cls, patterns: List[str]) -> List[str]:
        for pattern in patterns:
            compiled(pattern)
        return patterns
