"""What of an episode is worth dreaming about: the statements the user made as themselves."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Set, Tuple

from sovl_core.records import Episode
from sovl_dream.statement import Statement, parse_statement, without_opener

#: A longer sentence is a story, not a fact that a question asks for.
LONGEST = 40
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ABBREVIATION = r"(?<!\bDr\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bProf\.)(?<!\be\.g\.)(?<!\bi\.e\.)"
_BEGINS = r"(?=(?:I|I['’]\w+|My|We|Our|The|He|She|It|They|You|And|But|So)\b)"
#: After an initial ("J. K. Rowling") a sentence ends only where another clearly begins.
_SENTENCE = re.compile(rf"{_ABBREVIATION}(?<=[.!?])(?:(?<!\b[A-Z]\.)\s+|\s+{_BEGINS})|\n+")
_CLAUSE = re.compile(r",? (?:and|but) (?=(?:my|our|I|we)\b)")
_SMALL_TALK = re.compile(
    r"^(?:hi|hello|hey|thanks|thank you|ok|okay|yes|no|sure|good (?:morning|evening|night)|bye|goodbye|please|sorry|"
    r"(?:i am|i['’]m) (?:(?:very|so|just|a bit|really) )?(?:fine|ok|okay|good|well|sorry|glad|bored|tired|hungry|"
    r"thirsty|back|sure|not sure|done|ready|here|happy to|afraid (?:that|i|you|not))|"
    r"that is|that['’]s|this is|it is|it['’]s|you are|you['’]re|"
    r"i (?:think|guess|hope|mean|wonder|suppose|assume)|what|why|how|who|when|where|"
    r"which|can|could|would|will|do|does|did|tell|write|explain|give|show|make|let|name|list|sing|count|"
    r"say|describe|remind|help|invent|suggest|recommend|i want you|i need you|i would like you)\b",
    re.IGNORECASE,
)
#: Asks for something to be done with a text; what follows was not said by the user as themselves.
_WITH_A_TEXT = re.compile(
    r"^(?:(?:please|can you|could you|would you|will you|i want you to|i need you to)[ ,]+)*"
    r"(?:summari[sz]e|translate|rewrite|rephrase|paraphrase|correct|proofread|improve|edit|fix|continue|complete|"
    r"shorten|analy[sz]e|classify|check|answer|read|repeat)\b",
    re.IGNORECASE,
)
#: News that says nothing by itself.
_PRONOUN = re.compile(r"^(?:it|them|him|her|this|that|these|those|you|so|too)(?: \w+)?$", re.IGNORECASE)


def statements_in(episode: Episode) -> List[Statement]:
    """Return the statements of an episode's prompt, in order; questions, requests and small talk are left out."""
    found: List[Statement] = []
    for sentence in _own_sentences(episode.prompt):
        plain = without_opener(sentence)
        if plain.endswith("?") or len(plain.split()) > LONGEST or _SMALL_TALK.match(plain):
            continue
        found += _statements_of(plain)
    return found


def outdated(memories: List[Episode]) -> Set[Tuple[int, str]]:
    """Return (memory, news) of what a later memory tells otherwise: "My favourite tea is oolong", then "is mint".

    Told apart only where there can be one answer: a name, a favourite, where somebody lives.

    :param memories: in any order; the one with the higher number was told later.
    """
    latest: Dict[Tuple[str, ...], Tuple[int, str]] = {}
    old: Set[Tuple[int, str]] = set()
    for memory in sorted(memories, key=lambda memory: memory.id):
        for statement in statements_in(memory):
            if not _has_one_answer(statement):
                continue
            about = (statement.subject, statement.verb, statement.middle, statement.preposition)
            before = latest.get(about)
            if before is not None and before[1].lower() != statement.complement.lower():
                old.add(before)
            latest[about] = (memory.id, statement.complement)
    return old


def _has_one_answer(statement: Statement) -> bool:
    if statement.lemma == "live" and statement.preposition == "in":
        return True
    named = statement.verb.endswith((" called", " named"))
    owned = re.search(
        r"['’]s \w+$|\bfavou?rite\b|\b(?:name|number|password|code|pin|birthday|address|type)\b", statement.subject
    )
    return statement.is_copula and (named or bool(owned))


def _own_sentences(prompt: str) -> Iterator[str]:
    """Yield the sentences the user said as themselves; quoted and pasted ones were said by somebody else."""
    for sentence in _SENTENCE.split(_FENCED.sub("\n", prompt)):
        clean = sentence.strip()
        if _WITH_A_TEXT.match(without_opener(clean)):
            return
        quotes = len(re.findall(r'["“”]', clean))
        if clean and not clean.startswith((">", "#", "|", '"', "“")) and quotes % 2 == 0:
            yield clean


def _statements_of(sentence: str) -> List[Statement]:
    """Return one statement for each clause where every clause is one, else one for the whole sentence, if it is."""
    clauses = [parse_statement(clause) for clause in _CLAUSE.split(sentence)]
    found = [clause for clause in clauses if clause is not None]
    if len(found) < len(clauses):
        whole = parse_statement(sentence)
        found = [] if whole is None else [whole]
    return [statement for statement in found if not _PRONOUN.match(statement.complement)]
