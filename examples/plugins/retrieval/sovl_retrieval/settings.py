"""Settings of retrieval."""

from __future__ import annotations

from pydantic import Field

from sovl_core.plugin import PluginSettings


class RetrievalSettings(PluginSettings):
    """Whether passages are put into prompts, how many, and how they are introduced."""

    on: bool = Field(default=True, description="Put passages into prompts. Off, only the command compare does.")
    passages: int = Field(default=4, ge=1, le=100, description="Passages in a prompt, at most.")
    characters: int = Field(default=1500, ge=50, le=100000, description="Length of all passages together, at most.")
    replies: bool = Field(default=False, description="Passages may be of the system's own replies too.")
    introduction: str = Field(
        default="What I told you before:", description="Stands before the passages; the prompt comes after them."
    )
    tokens: int = Field(default=48, ge=4, le=512, description="Longest answer of the command compare, in tokens.")
