"""The prompt of a turn as ids that fit the model: oldest history goes first, then the middle of a text too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple

from sovl_core.chat_format import encode_chat
from sovl_core.error_handling import BadInput
from sovl_core.records import Message
from sovl_core.safe_encoding import decode_exactly, encode_text

if TYPE_CHECKING:
    from sovl_core.events import Turn
    from sovl_core.settings import GenerationSettings

#: ``turn.annotations`` key of ids to go on from as they are, in place of prompt and history.
PROMPT_IDS = "generation.prompt_ids"
#: Stands where the middle of a text was left out.
GAP = "\n[...]\n"
#: Share of a model's positions that a reply may claim before the prompt is shortened for it.
_REPLY_SHARE = 0.25
#: Of a text too long, the share of what is kept that comes from its beginning: the question is mostly at the end.
_HEAD_SHARE = 0.25


@dataclass(frozen=True)
class FittedPrompt:
    """A prompt as ids; how many messages of history, and how many tokens of the text, were left out."""

    ids: List[int]
    dropped_messages: int = 0
    dropped_tokens: int = 0


def fit_prompt(tokenizer: Any, turn: Turn, settings: GenerationSettings, positions: Optional[int]) -> FittedPrompt:
    """Return the prompt of a turn.

    Whole exchanges of history are left out, the oldest first, until it has at most ``settings.max_prompt_tokens``. A
    prompt longer than that by itself is kept, as long as the model has positions for it.

    :param tokenizer: of the model that answers.
    :param positions: tokens the model can tell apart, prompt and reply together; None where it names no limit.
    :raises BadInput: when not even an empty prompt fits.
    """
    room = None if positions is None else positions - max(1, min(turn.max_new_tokens, int(positions * _REPLY_SHARE)))
    given = turn.annotations.get(PROMPT_IDS)
    if given:
        return FittedPrompt(list(given) if room is None else list(given)[-room:])
    limit = settings.max_prompt_tokens if room is None else min(settings.max_prompt_tokens, room)
    history = list(turn.history)
    ids = _encode(tokenizer, history, turn.prompt, settings)
    while history and len(ids) > limit:
        history = _without_oldest(history)
        ids = _encode(tokenizer, history, turn.prompt, settings)
    dropped_messages, dropped_tokens = len(turn.history) - len(history), 0
    if room is not None and len(ids) > room:
        ids, dropped_tokens = _leave_out_middle(tokenizer, turn.prompt, ids, settings, room)
    return FittedPrompt(ids, dropped_messages, dropped_tokens)


def _encode(tokenizer: Any, history: Sequence[Message], prompt: str, settings: GenerationSettings) -> List[int]:
    return encode_chat(tokenizer, [*history, Message("user", prompt)], settings.system_prompt)


def _without_oldest(history: List[Message]) -> List[Message]:
    """Drop the oldest message and the answers to it, so that what is left begins with the user."""
    rest = history[1:]
    while rest and rest[0].role == "assistant":
        rest = rest[1:]
    return rest


def _leave_out_middle(
    tokenizer: Any, prompt: str, ids: List[int], settings: GenerationSettings, room: int
) -> Tuple[List[int], int]:
    words = encode_text(tokenizer, prompt)
    kept = len(words)
    while len(ids) > room:
        # At least one less each time: a text cut elsewhere may take more tokens than its parts did.
        kept -= max(len(ids) - room, 1)
        if kept < 0:
            raise BadInput(
                f"The system prompt alone takes more than the {room} tokens this model has for a prompt",
                "Shorten generation.system_prompt.",
            )
        head = int(kept * _HEAD_SHARE)
        beginning, end = words[:head], words[len(words) - (kept - head) :]
        shortened = _whole(tokenizer, beginning) + GAP + _whole(tokenizer, end)
        ids = _encode(tokenizer, [], shortened, settings)
    return ids, len(words) - kept


def _whole(tokenizer: Any, ids: Sequence[int]) -> str:
    return decode_exactly(tokenizer, ids).strip("\ufffd") if ids else ""
