"""What of an episode is worth dreaming about: the statements the user made as themselves."""

from __future__ import annotations

import re
from typing import List

from sovl_core.records import Episode
from sovl_dream.statement import Statement, parse_statement, without_opener

#: A longer sentence is a story, not a fact that a question asks for.
LONGEST = 40
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SMALL_TALK = re.compile(
    r"^(?:hi|hello|hey|thanks|thank you|ok|okay|yes|no|sure|good (?:morning|evening|night)|bye|goodbye|please|sorry|"
    r"i am fine|i'm fine|that is|that's|this is|it is|it's|you are|you're|i think you|what|why|how|who|when|where|"
    r"which|can|could|would|will|do|does|did|tell|write|explain|give|show|make|let|name|list|sing|count|"
    r"say|describe|suggest|recommend|translate|i want you|i need you|"
    r"i would like you)\b",
    re.IGNORECASE,
)
#: News that says nothing by itself.
_PRONOUN = re.compile(r"^(?:it|them|him|her|this|that|these|those|you|so|too)(?: \w+)?$", re.IGNORECASE)


def statements_in(episode: Episode) -> List[Statement]:
    """Return the statements of an episode's prompt, in order; questions, requests and small talk are left out."""
    found: List[Statement] = []
    for sentence in _SENTENCE.split(_FENCED.sub("\n", episode.prompt)):
        clean = sentence.strip().strip('"')
        # What is quoted or pasted was not said by the user as themselves.
        if not clean or clean.startswith((">", "#")) or clean != sentence.strip():
            continue
        if clean.endswith("?") or len(clean.split()) > LONGEST or _SMALL_TALK.match(without_opener(clean)):
            continue
        statement = parse_statement(clean)
        if statement is not None and not _PRONOUN.match(statement.complement):
            found.append(statement)
    return found
