"""What of an episode is worth dreaming about: the statements the user made as themselves."""

from __future__ import annotations

import re
from typing import List

from sovl_core.records import Episode
from sovl_dream.answers import completed, question_of
from sovl_dream.hearsay import is_report
from sovl_dream.own_words import own_sentences
from sovl_dream.sentence import without_opener
from sovl_dream.small_talk import is_small_talk, is_supposed
from sovl_dream.statement import Statement, parse_statement
from sovl_dream.taken_back import is_joke

#: A longer sentence is a story, not a fact that a question asks for.
LONGEST = 40
_CLAUSE = re.compile(r",? (?:and|but) (?=(?:my|our|[Ii]|we)\b|[A-Z][\w-]+ (?:is|lives|works|has)\b)")
#: "I live in Oslo and work in Bergen": the subject of the second clause is that of the first.
_SAME_SUBJECT = re.compile(
    r"(?<= )(and|but) (?=(?:live|work|study|have|own|play|speak|drive|teach|like|love|hate) "
    r"(?:in|at|as|for|with|an?|the|my|two|three|(?!I\b)[A-Z])\b)"
)
#: News that says nothing by itself.
_PRONOUN = re.compile(r"^(?:it|them|him|her|this|that|these|those|you|so|too|mine|yours)(?: \w+)?$", re.IGNORECASE)
#: A place for a value: "[NAME]", "____", "<name>".
_PLACEHOLDER = re.compile(r"^(?:\[[^\]]*\]|<[^>]*>|\{[^}]*\}|_{2,}|X{3,}|\.{3,}|\([a-z]+\)|\$[A-Z_]+)$")
#: "I have a cat": what "she" is in the next sentence.
_OWNED, _HAVING = (
    re.compile(r"^an? (?:new )?([a-z]+)$"),
    ("have", "get", "got", "adopt", "adopted", "buy", "bought", "own"),
)
_PRONOUN_OWNER = re.compile(r"^(?:his|her|its) (?=name\b)", re.IGNORECASE)
_PRONOUN_SUBJECT = re.compile(r"^(?:he|she|it)(?:['’]s| is) (?=called\b|named\b)", re.IGNORECASE)


def statements_in(episode: Episode) -> List[Statement]:
    """Return the statements of an episode's prompt, in order; questions, requests and small talk are left out.

    An answer of a few words is completed by the question it answers.
    """
    found: List[Statement] = []
    if is_joke(episode.prompt):
        return found
    supposing = False
    for sentence in own_sentences(episode.prompt):
        plain = without_opener(sentence)
        # "Let's say I live in Rome. Then my phone number is Italian."
        supposing = is_supposed(plain) or (supposing and plain.lower().startswith("then "))
        if supposing or plain.endswith("?") or len(plain.split()) > LONGEST or is_small_talk(plain):
            continue
        found += _statements_of(_with_antecedent(plain, found[-1]) if found else sentence)
    question = question_of(episode)
    if question and not found:
        found += _statements_of(completed(question, episode.prompt))
    return found


def _with_antecedent(sentence: str, before: Statement) -> str:
    """Say who is meant where that is plain: "I have a cat", then "She is called Mia"."""
    owned = _OWNED.match(before.complement) if before.speaks_of_self and before.lemma in _HAVING else None
    if owned is None or before.middle or before.preposition:
        return sentence
    whose = _PRONOUN_OWNER.sub(f"My {owned.group(1)}'s ", sentence, count=1)
    return _PRONOUN_SUBJECT.sub(f"My {owned.group(1)} is ", whose, count=1)


def _statements_of(sentence: str) -> List[Statement]:
    """Return one statement for each clause where every clause is one, else one for the whole sentence, if it is."""
    if re.match(r"(?:I|we)\b", without_opener(sentence), re.IGNORECASE):
        sentence = _SAME_SUBJECT.sub(r"\1 I ", sentence)
    parts = [sentence] if is_report(without_opener(sentence)) else _CLAUSE.split(sentence)
    clauses = [parse_statement(clause) for clause in parts]
    found = [clause for clause in clauses if clause is not None]
    if len(found) < len(clauses):
        whole = parse_statement(sentence)
        found = [] if whole is None else [whole]
    return [one for one in found if not _PRONOUN.match(one.complement) and not _PLACEHOLDER.match(one.complement)]
