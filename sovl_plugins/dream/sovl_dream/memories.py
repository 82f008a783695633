"""What of an episode is worth dreaming about: the statements the user made as themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import List, Optional, Tuple

from sovl_core.records import Episode
from sovl_dream.answers import completed, question_of
from sovl_dream.chat_spelling import of_a_label, written_out
from sovl_dream.clauses import is_mood, parsed_clauses, without_asides
from sovl_dream.hearsay import is_report
from sovl_dream.own_words import own_sentences
from sovl_dream.sentence import without_opener
from sovl_dream.small_talk import is_small_talk, is_supposed
from sovl_dream.statement import Statement, parse_statement
from sovl_dream.taken_back import is_joke
from sovl_dream.whole import is_own, kept, left_unsaid, may_be_kept, names_what_stands_before, whole_statement

#: A longer sentence is a story, not a fact that a question asks for.
LONGEST = 40
#: Words of an answer that tells several statements at most: it is to be short enough to be said as a whole.
SAID_AT_ONCE = 24
#: "I live in Oslo and work in Bergen": the subject of the second clause is that of the first.
_SAME_SUBJECT = re.compile(
    r"(?<= )(and|but) (?=(?:live|work|study|have|own|play|speak|drive|teach|like|love|hate) "
    r"(?:in|at|as|for|with|an?|the|my|two|three|(?!I\b)[A-Z])\b)"
)
#: News that says nothing by itself.
_PRONOUN = re.compile(
    r"^(?:it|them|him|her(?! \w)|this|that|these|those|you|so|too|mine|yours)(?: \w+)?$", re.IGNORECASE
)
#: A place for a value: "[NAME]", "____", "<name>".
_PLACEHOLDER = re.compile(r"^(?:\[[^\]]*\]|<[^>]*>|\{[^}]*\}|_{2,}|X{3,}|\.{3,}|\([a-z]+\)|\$[A-Z_]+)$")


@dataclass(frozen=True)
class Telling:
    """A sentence of a turn that tells something.

    ``statements`` are what the rules read in it, none where they read nothing; ``whole`` is True where they leave
    something unsaid that it tells.
    """

    sentence: str
    statements: Tuple[Statement, ...]
    whole: bool = False


def statements_in(episode: Episode) -> List[Statement]:
    """Return the statements of an episode's prompt, in order; questions, requests and small talk are left out.

    An answer of a few words is completed by the question it answers.
    """
    return [statement for telling in tellings_in(episode) for statement in telling.statements]


def tellings_in(episode: Episode) -> List[Telling]:
    """Return what an episode's prompt tells, sentence by sentence; nothing where no statement can be made of it."""
    found: List[Telling] = []
    if is_joke(episode.prompt):
        return found
    supposing = False
    before: List[Statement] = []
    for sentence in map(written_out, own_sentences(of_a_label(episode.prompt) or episode.prompt)):
        plain = without_opener(without_asides(sentence))
        # "Let's say I live in Rome. Then my phone number is Italian."
        supposing = is_supposed(plain) or (supposing and plain.lower().startswith("then "))
        named = bool(found) and names_what_stands_before(sentence)
        if supposing or plain.endswith("?") or len(plain.split()) > LONGEST or (is_small_talk(plain) and not named):
            before = []
            continue
        # "She is called Mia" says something right after "I have a cat".
        before = _statements_of(sentence, before[-1] if before else None)
        beyond = not is_report(plain) and not is_mood(plain) and may_be_kept(sentence)
        if before or beyond:
            found.append(Telling(sentence, tuple(before), beyond and left_unsaid(sentence, before)))
    if any(telling.statements for telling in found):
        return [_asked_for_whole(telling) if telling.whole and telling.statements else telling for telling in found]
    question = question_of(episode)
    if question:
        completed_answer = completed(question, episode.prompt)
        return [Telling(completed_answer, tuple(_statements_of(completed_answer)))]
    sentences = [telling.sentence for telling in found]
    statement = kept(sentences) if any(map(is_own, sentences)) else None
    return [] if statement is None else [Telling(statement.text, (statement,), whole=True)]


def _asked_for_whole(telling: Telling) -> Telling:
    """Return a telling that is also asked for by what its statements leave unsaid."""
    whole = kept([telling.sentence]) if len(telling.sentence.split()) <= SAID_AT_ONCE else None
    return telling if whole is None else replace(telling, statements=(*telling.statements, whole))


def _statements_of(sentence: str, before: Optional[Statement] = None) -> List[Statement]:
    """Return one statement for each clause that is one, else one for the whole sentence, if it is.

    :param before: what was said in the sentence before.
    """
    plain = without_opener(sentence)
    if re.match(r"(?:I|we|grew up|moved|was born|started|got)\b", plain, re.IGNORECASE):
        sentence = _SAME_SUBJECT.sub(r"\1 I ", sentence)
    if is_report(plain):
        whole = parse_statement(sentence)
        found = [] if whole is None else [whole]
    else:
        found = parsed_clauses(sentence, before)
        whole = None if found else whole_statement(without_asides(plain))
        found = found if whole is None else [whole]
    return [one for one in found if not _PRONOUN.match(one.complement) and not _PLACEHOLDER.match(one.complement)]
