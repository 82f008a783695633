"""What comes from elsewhere: chats of other programs, and the classic program's settings.

Killed in the middle of it, the same command typed again takes in what is missing, and nothing twice.
"""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from sovl_core.config_file import read_toml
from torture.attempt import Attempt
from torture.ledger import Ledger
from torture.processes import Ended

EXCHANGES = 8
#: So many at once instead of a hundred: a small file then has as many transactions as a large one.
AT_ONCE = 3

Pairs = List[Tuple[str, str]]


def take_in(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """A chat of another program, in one of the forms that are known."""
    pairs = [
        (f"The key {number}-{one} hangs on hook {rng.randrange(10**6)}.", f"Hook it is, {one}.")
        for one in range(EXCHANGES)
    ]
    form = rng.choice(sorted(FORMS))
    file = FORMS[form](folder / f"chat-{number}", pairs)
    prompts = [prompt for prompt, _ in pairs]

    def all_in(ended: Ended, ledger: Ledger) -> List[str]:
        ledger.once.append(prompts)
        ledger.keep(*prompts)
        return []

    arguments = ["tell", "--format", form, str(file)]
    # Acknowledged is only what is told again: until then a part of it may be there.
    return Attempt(arguments, prepare=_small_pieces, again=Attempt(arguments, promised=all_in))


def _small_pieces() -> None:
    from sovl_core.importing import taking_in

    taking_in.AT_ONCE = AT_ONCE


def _pairs_file(path: Path, pairs: Pairs) -> Path:
    file = path.with_suffix(".jsonl")
    lines = (json.dumps({"prompt": prompt, "response": reply}) for prompt, reply in pairs)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def _llm_log(path: Path, pairs: Pairs) -> Path:
    file = path.with_suffix(".db")
    with contextlib.closing(sqlite3.connect(str(file))) as connection, connection:
        connection.execute("CREATE TABLE responses (id TEXT, prompt TEXT, response TEXT, conversation_id TEXT)")
        rows = [(f"{path.name}-{number}", *pair, path.name) for number, pair in enumerate(pairs)]
        connection.executemany("INSERT INTO responses VALUES (?, ?, ?, ?)", rows)
    return file


def _chatgpt_export(path: Path, pairs: Pairs) -> Path:
    nodes: Dict[str, Any] = {}
    above = None
    for number, said in enumerate(text for pair in pairs for text in pair):
        name = f"{path.name}-{number}"
        author, content = {"role": ("user", "assistant")[number % 2]}, {"content_type": "text", "parts": [said]}
        nodes[name] = {"id": name, "parent": above, "message": {"id": name, "author": author, "content": content}}
        above = name
    file = path.with_suffix(".json")
    conversation = {"id": path.name, "title": path.name, "mapping": nodes, "current_node": above}
    file.write_text(json.dumps([conversation]), encoding="utf-8")
    return file


FORMS: Dict[str, Callable[[Path, Pairs], Path]] = {"pairs": _pairs_file, "llm": _llm_log, "chatgpt": _chatgpt_export}


def take_over(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Settings of the classic program: the file has the old ones or the new ones, never some of each."""
    classic = {"base_temperature": round(0.2 + number % 70 / 100, 2), "confidence_history_maxlen": 3 + number % 90}
    today = {"generation": {"temperature": classic["base_temperature"]}}
    today["lifecycle"] = {"confidence_history": classic["confidence_history_maxlen"]}
    file = folder / f"config-{number}.json"
    file.write_text(json.dumps({"controls_config": classic}), encoding="utf-8")
    settings = life / "life.toml"
    before, wanted = read_toml(settings), _with(read_toml(settings), today)

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        found = read_toml(settings)
        allowed = [wanted] if ended.status == 0 else [before, wanted]
        return [] if found in allowed else [f"{settings.name} is neither as it was nor as it was to be: {found}"]

    arguments = ["config", "import", str(file)]
    return Attempt(arguments, promised=promised, again=Attempt(arguments, promised=promised))


def _with(settings: Dict[str, Any], changes: Dict[str, Dict[str, Any]]) -> Dict[str, Any]:
    return {**settings, **{section: {**settings.get(section, {}), **changes[section]} for section in changes}}
