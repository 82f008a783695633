"""ChatGPT's export, ``conversations.json``: a list of conversations, each a tree of messages.

The tree has a branch for each time a prompt was edited or an answer made anew. What is taken is the path that the
conversation went last, from ``current_node`` up to the root: the words of the user, each with the answers to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any, Dict, Iterator, List, Optional, Union

from sovl_core.data_loader import kind_of
from sovl_core.importing.chatgpt_marks import without_marks
from sovl_core.importing.found import Found, LeftOut, Unusable
from sovl_core.importing.json_list import json_elements
from sovl_core.importing.keys import Keys
from sovl_core.importing.moments import seconds_of
from sovl_core.records import Exchange

#: Before the name of a conversation and of a message, so that it is no other's.
PREFIX = "chatgpt-"
#: Kinds of content that were said; others are what tools were given, thoughts, and instructions set once for all.
SAID = ("text", "multimodal_text")
#: Channels of what is no answer: thoughts, and words about the work that is being done for one.
WORKING = ("analysis", "commentary")
#: What is left out, and counted.
BRANCHES = "messages of branches that were left"
NOT_TALK = "messages of tools, instructions and thoughts"
WORDLESS = "messages without words"
BESIDE_WORDS = "images and files beside words"
UNASKED = "answers to nothing"
#: Between several answers to one prompt.
BETWEEN = "\n\n"
#: Characters of a title that tell a conversation from others in a message.
TITLE_LENGTH = 40


def read_chatgpt_export(stream: IO[bytes], keys: Keys) -> Iterator[Found]:
    """Yield what was said in each conversation of an export, conversation by conversation.

    :param stream: ``conversations.json``; one conversation is in memory at a time.
    :param keys: for messages without an id.
    """
    for number, (conversation, problem) in enumerate(json_elements(stream), start=1):
        place = f"conversation {number}"
        if problem:
            yield Unusable(place, problem)
        else:
            yield from read_conversation(conversation, place, keys)


def read_conversation(conversation: Any, place: str, keys: Keys) -> Iterator[Found]:
    """Yield what was said in one conversation: a prompt of the user with the answers to it, oldest first.

    :param conversation: any JSON value.
    :param place: what it is called where something in it cannot be used.
    """
    if not isinstance(conversation, dict):
        yield Unusable(place, f"an object is needed, this is {kind_of(conversation)}")
        return
    title = conversation.get("title")
    if isinstance(title, str) and title.strip():
        place += f' ("{" ".join(title.split())[:TITLE_LENGTH]}")'
    nodes = conversation.get("mapping")
    if not isinstance(nodes, dict):
        yield Unusable(place, 'it has no "mapping" of messages')
        return
    said: List[_Said] = []
    path = _path(conversation, nodes)
    for number, name in enumerate(path, start=1):
        found = _said(nodes[name]["message"], f"{place}, message {number}")
        if isinstance(found, _Said):
            said.append(found)
            if found.beside:
                yield LeftOut(BESIDE_WORDS, found.beside)
        elif found is not None:
            yield found
    elsewhere = (_message(node) for name, node in nodes.items() if name not in path)
    left = sum(isinstance(_said(message, place), _Said) for message in elsewhere)
    if left:
        yield LeftOut(BRANCHES, left)
    yield from _exchanges(said, conversation, keys)


@dataclass(frozen=True)
class _Said:
    """A message in words: ``role`` is ``user`` or ``assistant``."""

    role: str
    text: str
    id: str
    created: Optional[float]
    model: str
    beside: int


def _path(conversation: Dict[str, Any], nodes: Dict[str, Any]) -> List[str]:
    """Return the nodes that hold a message, from the root to where the conversation stands."""
    name = conversation.get("current_node")
    if not isinstance(name, str) or name not in nodes:
        name = _latest_leaf(nodes)
    path: List[str] = []
    seen = set()
    while isinstance(name, str) and name in nodes and name not in seen:
        seen.add(name)
        if _message(nodes[name]) is not None:
            path.append(name)
        name = _mapping(nodes[name]).get("parent")
    return path[::-1]


def _message(node: Any) -> Any:
    return _mapping(node).get("message")


def _latest_leaf(nodes: Dict[str, Any]) -> Optional[str]:
    """Return the node that nothing follows and that was made last, where the export does not say where it stands."""
    parents = [node.get("parent") for node in nodes.values() if isinstance(node, dict)]
    followed = {parent for parent in parents if isinstance(parent, str)}
    leaves = [name for name in nodes if name not in followed]
    return max(leaves, key=lambda name: _created(nodes[name]), default=None)


def _created(node: Any) -> float:
    message = _message(node)
    return (seconds_of(message.get("create_time")) or 0.0) if isinstance(message, dict) else 0.0


def _said(message: Any, place: str) -> Union[_Said, Unusable, LeftOut, None]:
    """Return what a message says, why it cannot be used or is left out, None where there is nothing in it."""
    if not isinstance(message, dict):
        return Unusable(place, f"an object is needed, this is {kind_of(message)}")
    author, metadata = _mapping(message.get("author")), _mapping(message.get("metadata"))
    role = author.get("role")
    content = message.get("content")
    if role not in ("user", "assistant") or _unheard(message, metadata):
        return _not_talk(content)
    if not isinstance(content, dict):
        return Unusable(place, f'"content" must be an object, this is {kind_of(content)}')
    if content.get("content_type", "text") not in SAID:
        return _not_talk(content)
    parts = content.get("parts")
    if not isinstance(parts, list):
        return Unusable(place, f'"parts" must be a list, this is {kind_of(parts)}')
    text = BETWEEN.join(filter(None, (_words(part) for part in parts)))
    if role == "assistant":
        text = without_marks(text)
    shown = sum(isinstance(part, dict) and not _words(part) for part in parts)
    if not text:  # an image alone
        return LeftOut(WORDLESS) if shown else None
    id, model = message.get("id"), metadata.get("model_slug")
    return _Said(
        role,
        text,
        id if isinstance(id, str) else "",
        seconds_of(message.get("create_time")),
        model if isinstance(model, str) else "",
        shown,
    )


def _unheard(message: Dict[str, Any], metadata: Dict[str, Any]) -> bool:
    """Return whether a message was not shown as part of the talk, or was not said to the other."""
    return (
        metadata.get("is_visually_hidden_from_conversation") is True
        or metadata.get("is_thinking_preamble_message") is True
        or message.get("channel") in WORKING
        or message.get("recipient") not in (None, "all")
        # What has no weight the model was not shown either: it was taken out of the talk.
        or message.get("weight") == 0
    )


def _not_talk(content: Any) -> Optional[LeftOut]:
    held = [value for key, value in _mapping(content).items() if key != "content_type"]
    return LeftOut(NOT_TALK) if any(value not in (None, "", [], [""]) for value in held) else None


def _words(part: Any) -> str:
    """Return the words of one part of a message: text, or what was heard when it was spoken."""
    if isinstance(part, dict) and part.get("content_type") == "audio_transcription":
        part = part.get("text")
    return part.strip() if isinstance(part, str) else ""


def _exchanges(said: List[_Said], conversation: Dict[str, Any], keys: Keys) -> Iterator[Found]:
    """Yield each prompt with the answers up to the next; answers to nothing are left out."""
    unasked = next((number for number, message in enumerate(said) if message.role == "user"), len(said))
    if unasked:
        yield LeftOut(UNASKED, unasked)
    names = (conversation.get("conversation_id"), conversation.get("id"))
    name = next((name for name in names if isinstance(name, str) and name), "")
    title = conversation.get("title")
    for number, message in enumerate(said):
        if message.role != "user":
            continue
        answers = []
        for answer in said[number + 1 :]:
            if answer.role == "user":
                break
            answers.append(answer)
        details = {"from": "chatgpt", "title": title if isinstance(title, str) else ""}
        if answers and answers[-1].model:
            details["model"] = answers[-1].model
        created, reply = message.created, BETWEEN.join(answer.text for answer in answers)
        yield Exchange(
            message.text,
            reply,
            f"{PREFIX}{name}" if name else "",
            seconds_of(conversation.get("create_time")) if created is None else created,
            # A message keeps its id in every later export.
            f"{PREFIX}{message.id}" if message.id else keys.key(message.text, reply),
            details=details,
        )


def _mapping(value: Any) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}
