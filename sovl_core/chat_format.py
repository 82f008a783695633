"""How a conversation looks to a model: its chat template, or a plain transcript where it has none.

Chat models are read through the template that their tokenizer carries. Plain ones (GPT-2) get a transcript::

    User: Hello.
    Assistant: Good morning.
    User: How are you?
    Assistant:
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Sequence, Set, Tuple

from sovl_core.error_handling import BadInput
from sovl_core.records import Message
from sovl_core.safe_encoding import (
    adds_prefix_space,
    control_tokens,
    encode_pieces,
    encode_text,
    encode_trusted,
    safe_pieces,
)

USER_LABEL = "User:"
ASSISTANT_LABEL = "Assistant:"
#: Where a plain model has begun somebody else's line: a reply ends before any of these.
TRANSCRIPT_STOPS = ("\n" + USER_LABEL, "\n" + ASSISTANT_LABEL)

_LABELS = {"user": USER_LABEL, "assistant": ASSISTANT_LABEL}
#: Said by nobody; stands where a template wants the user to have spoken first.
_SILENCE = "..."
_LABELLED = re.compile(rf"([\n\r\u2028\u2029])(?={USER_LABEL}|{ASSISTANT_LABEL})")
_PRIVATE_USE = range(0xE000, 0xF8FF)


@dataclass(frozen=True)
class AnswerFrame:
    """What a model writes around an answer: ``before`` its words (often nothing), ``end`` ids that close the turn."""

    before: str = ""
    end: List[int] = field(default_factory=list)


def has_chat_template(tokenizer: Any) -> bool:
    """Return True when the tokenizer carries a chat template."""
    return bool(getattr(tokenizer, "chat_template", None))


def render_chat(
    tokenizer: Any, messages: Sequence[Message], system_prompt: str = "", add_generation_prompt: bool = True
) -> str:
    """Return a conversation as the text that the model reads, for people to look at.

    Not for encoding: control tokens within the messages would be read as such. See :func:`encode_chat`.

    :param tokenizer: of the model that will read it.
    :param messages: oldest first.
    :param system_prompt: put first as the system's message; "" leaves the template's own default.
    :param add_generation_prompt: end with the opening of the assistant's turn.
    :raises BadInput: when the chat template refuses the conversation in every form.
    """
    messages = _with_system(messages, system_prompt)
    if not has_chat_template(tokenizer):
        return _transcript(messages, add_generation_prompt)
    return _apply_template(tokenizer, messages, add_generation_prompt)


def encode_chat(
    tokenizer: Any, messages: Sequence[Message], system_prompt: str = "", add_generation_prompt: bool = True
) -> List[int]:
    """Return a conversation as the ids that the model reads.

    The same ids as ``apply_chat_template`` gives, except that a control token's string within a message (``<|im_end|>``
    typed by the user) is encoded as the characters it consists of.

    :param tokenizer: of the model that will read it.
    :param messages: oldest first.
    :param system_prompt: put first as the system's message; "" leaves the template's own default.
    :param add_generation_prompt: end with the opening of the assistant's turn.
    :raises BadInput: when the chat template refuses the conversation in every form.
    """
    messages = _with_system(messages, system_prompt)
    marked, mark = _mark_cuts(tokenizer, messages)
    text = render_chat(tokenizer, marked, add_generation_prompt=add_generation_prompt)
    opening = [] if has_chat_template(tokenizer) else _automatic_opening(tokenizer)
    return opening + encode_pieces(tokenizer, text.split(mark))


def encode_completion(tokenizer: Any, text: str, frame: AnswerFrame) -> Tuple[List[int], List[int]]:
    """Return an answer as the ids that the model should write, and the ids that close its turn.

    :param text: the answer; control strings in it are encoded as characters.
    :param frame: of this tokenizer, see :func:`answer_frame`.
    """
    if frame.before.strip():
        return encode_trusted(tokenizer, frame.before) + encode_text(tokenizer, text, False), list(frame.end)
    before = "" if adds_prefix_space(tokenizer) else frame.before
    return encode_text(tokenizer, before + text, False), list(frame.end)


def answer_frame(tokenizer: Any) -> AnswerFrame:
    """Return what stands around an answer in this tokenizer's chat template or in a transcript."""
    end_of_text = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    if not has_chat_template(tokenizer):
        return AnswerFrame(" ", end_of_text or encode_trusted(tokenizer, "\n" + USER_LABEL))
    mark = chr(_PRIVATE_USE[0])
    question = Message("user", "?")
    opening = _apply_template(tokenizer, [question], True)
    whole = _apply_template(tokenizer, [question, Message("assistant", mark)], False)
    start, _, tail = whole.partition(mark)
    before = start[len(opening) :] if start.startswith(opening) else ""
    ids, controls = encode_trusted(tokenizer, tail), control_tokens(tokenizer).ids
    closing = next((position for position, token in enumerate(ids) if token in controls), None)
    return AnswerFrame(before, end_of_text if closing is None else ids[: closing + 1])


def user_opening(tokenizer: Any, system_prompt: str = "") -> List[int]:
    """Return the ids up to where the user's first words would stand.

    A chat model that goes on from here writes a plausible user's turn by itself (Magpie, Xu et al. 2024).
    """
    mark = chr(_PRIVATE_USE[0])
    text = render_chat(tokenizer, [Message("user", mark)], system_prompt, add_generation_prompt=False)
    opening = [] if has_chat_template(tokenizer) else _automatic_opening(tokenizer)
    return opening + encode_trusted(tokenizer, text.partition(mark)[0].rstrip(" "))


def turn_end_ids(tokenizer: Any) -> Set[int]:
    """Return the ids after which a reply is over: the tokenizer's end of text and its template's end of turn."""
    ends = set() if tokenizer.eos_token_id is None else {int(tokenizer.eos_token_id)}
    if has_chat_template(tokenizer):
        ends.update(answer_frame(tokenizer).end[-1:])
    return ends


def _with_system(messages: Sequence[Message], system_prompt: str) -> List[Message]:
    return [Message("system", system_prompt), *messages] if system_prompt else list(messages)


def _transcript(messages: Sequence[Message], add_generation_prompt: bool) -> str:
    said = ((m.role, _within_a_turn(m.content)) for m in messages)
    lines = [f"{_LABELS[role]} {text}\n" if role in _LABELS else f"{text}\n\n" for role, text in said]
    return "".join(lines) + (ASSISTANT_LABEL if add_generation_prompt else "")


def _within_a_turn(text: str) -> str:
    """Indent lines that would read as the beginning of somebody's turn: a pasted "Assistant: ..." answers nothing."""
    return _LABELLED.sub(r"\1 ", text)


def _automatic_opening(tokenizer: Any) -> List[int]:
    """Return the begin-of-text id where the tokenizer would put one before any text by itself."""
    ids = tokenizer("x")["input_ids"]
    opens = tokenizer.bos_token_id is not None and ids[:1] == [tokenizer.bos_token_id]
    return list(ids[:1]) if opens and ids != encode_trusted(tokenizer, "x") else []


def _mark_cuts(tokenizer: Any, messages: Sequence[Message]) -> Tuple[List[Message], str]:
    """Put a character that occurs nowhere else wherever a message has to be cut before it is encoded."""
    used = set().union(*(message.content for message in messages))
    mark = next(chr(code) for code in _PRIVATE_USE if chr(code) not in used)
    # A model's own <think> in an earlier reply is for the template to handle; only real control tokens are cut there.
    strict, lenient = control_tokens(tokenizer), control_tokens(tokenizer, template_tokens=False)
    marked = []
    for message in messages:
        control = lenient if message.role == "assistant" else strict
        marked.append(Message(message.role, mark.join(safe_pieces(tokenizer, message.content, control))))
    return marked, mark


def _apply_template(tokenizer: Any, messages: Sequence[Message], add_generation_prompt: bool) -> str:
    from jinja2.exceptions import TemplateError

    failure: Exception = TemplateError("no messages")
    for form in (list(messages), _strictly_alternating(messages)):
        dictionaries: List[Dict[str, str]] = [{"role": m.role, "content": m.content} for m in form]
        try:
            return str(
                tokenizer.apply_chat_template(dictionaries, tokenize=False, add_generation_prompt=add_generation_prompt)
            )
        except TemplateError as error:
            failure = error
    raise BadInput(
        f"the chat template of {getattr(tokenizer, 'name_or_path', '') or 'the model'} refuses this conversation: "
        f"{failure}",
        "Start a new conversation with /new, or leave generation.system_prompt empty.",
    ) from failure


def _strictly_alternating(messages: Sequence[Message]) -> List[Message]:
    """Return a conversation as the strictest templates want it: no system message, user first, roles in turn."""
    system = [m.content for m in messages if m.role == "system"]
    turns: List[Message] = []
    for message in messages:
        if message.role == "system":
            continue
        if not turns and message.role == "assistant":
            turns.append(Message("user", _SILENCE))
        if turns and turns[-1].role == message.role:
            turns[-1] = Message(message.role, turns[-1].content + "\n\n" + message.content)
        else:
            turns.append(message)
    if system and turns:
        turns[0] = Message(turns[0].role, "\n\n".join([*system, turns[0].content]))
    return turns
