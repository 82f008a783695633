"""Question wording: the many ways in which somebody asks for what a statement says. The floor under the model's own.

Varied wordings are what makes a fact retrievable (Physics of Language Models 3.1, arXiv:2309.14316: five wordings took
recall from 9.7 % to 96.6 %).
"""

from __future__ import annotations

import random
import re
from typing import Dict, List, Tuple

from sovl_dream.lexicon import CLAUSE_FRAMES, DAY, MONTH, ORDINAL, PEOPLE, PLACE_PREPOSITIONS, RELATIONS, SYNONYMS
from sovl_dream.statement import Statement


def question_word(statement: Statement) -> Tuple[str, ...]:
    """Return the question words that fit what the statement tells, the most fitting first."""
    news = statement.complement.lower()
    if re.search(r"\b\d{1,2}[:.]\d\d\b|\bo'clock\b|\b(noon|midnight)\b", news):
        return ("What time", "When", "At what time")
    if re.search(rf"\b(?:{ORDINAL}) of (?:{MONTH})\b|\b(?:{MONTH}) \d+", news):
        return ("When", "On what date", "On which day")
    if re.search(rf"\b(?:{DAY})s?\b", news):
        return ("When", "On which day", "What day")
    if re.search(rf"^(?:{MONTH})\b", news):
        return ("When", "In which month", "In what month")
    if re.search(r"^(?:19|20)\d\d$", news):
        return ("When", "In which year", "In what year")
    if re.search(r"\byears old$", news):
        return ("How old",)
    if statement.preposition in PLACE_PREPOSITIONS and not statement.is_copula:
        return ("Where",)
    if statement.is_copula and statement.preposition in PLACE_PREPOSITIONS:
        return ("Where",)
    if re.search(rf"\b(?:{PEOPLE})$", statement.subject):
        return ("Who", "What")
    return ("What", "Which")


def _direct_and_indirect(s: Statement) -> Tuple[List[str], List[str]]:
    """Return whole wh-questions, and wh-clauses for "Tell me ..." in statement order."""
    direct: List[str] = []
    indirect: List[str] = []
    words = question_word(s)
    for word in words:
        low = word[0].lower() + word[1:]
        if s.is_copula:
            be = s.auxiliary
            tail = f" {s.middle}" if s.middle else ""
            strand = f" {s.preposition}" if s.preposition and word in ("What", "Which") else ""
            direct.append(f"{word} {be} {s.subject}{tail}{strand}?")
            if word != "Which":
                indirect.append(f"{low} {s.subject} {be}{tail}{strand}")
        else:
            middle = f" {s.middle}" if s.middle else ""
            strand = (
                f" {s.preposition}" if s.preposition and (word in ("What", "Which") or s.preposition == "from") else ""
            )
            direct.append(f"{word} {s.auxiliary} {s.subject} {s.lemma}{middle}{strand}?")
            if word != "Which":
                indirect.append(f"{low} {s.subject} {s.verb}{middle}{strand}")
    if not s.is_copula and s.preposition and "What" not in words:
        direct.append(f"What {s.auxiliary} {s.subject} {s.lemma} {s.middle} {s.preposition}?".replace("  ", " "))
    return direct, indirect


def topic(s: Statement) -> str:
    """Return what the statement is about, in the user's words, without the news."""
    if not s.speaks_of_self:
        return s.subject
    if s.middle and not s.is_copula:
        return s.middle
    if s.is_copula:
        return f"being {s.middle} {s.preposition}".strip() if s.middle else "me"
    return f"what {s.subject} {s.verb}"


def _noun_phrases(s: Statement) -> List[str]:
    """Return noun phrases that name the news: "my dog's name", "the name of my dog"."""
    if s.speaks_of_self or not s.is_copula or s.middle or s.preposition:
        return []
    phrases = [s.subject]
    owner = re.match(r"^(my|our) (\w+)'s (\w+)$", s.subject)
    if owner:
        phrases.append(f"the {owner.group(3)} of {owner.group(1)} {owner.group(2)}")
    of = re.match(r"^the (\w+(?: \w+)?) (?:for|of|at|in) (the \w+|my \w+|our \w+)$", s.subject)
    if of:
        phrases.append(f"{of.group(2)}'s {of.group(1)}")
        phrases.append(f"{of.group(2)[4:] if of.group(2).startswith('the ') else of.group(2)} {of.group(1)}")
    return phrases


def _relations(s: Statement) -> List[str]:
    questions: List[str] = []
    low = s.text.lower()
    name = re.search(r"\b([Mm]y|[Oo]ur) (\w+)", s.text)
    thing = re.search(r"favou?rite (\w+)", low)
    where = re.search(r"\b(?:for|of|at|in) (the [\w ]+?|my [\w ]+?)$", s.subject)
    person = re.sub(r"^((?:my|our) \w+) [A-Z]\w+$", r"\1", s.subject)
    slots: Dict[str, str] = {
        "p": name.group(1).lower() if name else "my",
        "n": name.group(2) if name else "",
        "x": person,
        "t": thing.group(1) if thing else "",
        "w": where.group(1) if where else s.subject,
        "v": s.lemma,
        "o": s.middle or topic(s),
        "m": s.middle,
    }
    for pattern, templates in RELATIONS:
        if re.search(pattern, low):
            filled = [template.format(**slots) for template in templates if s.middle or "{m}" not in template]
            questions += map(_of_self, filled) if s.speaks_of_self else filled
    return questions


def _of_self(question: str) -> str:
    """Mend a question whose subject became "I" or "we": "What does I do?" gives "What do I do?"."""
    question = re.sub(r"\bI's\b", "my", re.sub(r"\bwe's\b", "our", question))
    question = re.sub(r"\bdoes (I|we)\b", r"do \1", question)
    return re.sub(r"\bis we\b", "are we", re.sub(r"\bis I\b", "am I", question))


def _named_subject(s: Statement) -> List[Statement]:
    """Return variants of "my sister Orla ..." that use the relation or the name alone."""
    match = re.match(rf"^((?:my|our) (?:{PEOPLE}|dog|cat|pet|horse)) ([A-Z]\w+)$", s.subject)
    if match is None:
        return []
    values = {**s.__dict__}
    return [Statement(**{**values, "subject": match.group(1)}), Statement(**{**values, "subject": match.group(2)})]


def questions_about(statement: Statement, rng: random.Random) -> List[str]:
    """Return questions, imperatives and cues whose answer is the statement, varied and without repetition.

    :param statement: a parsed statement in the user's first person.
    :param rng: chooses which frames meet which clauses.
    """
    found: List[str] = []
    clauses: List[str] = []
    for s in [statement, *_named_subject(statement)]:
        direct, indirect = _direct_and_indirect(s)
        phrases = _noun_phrases(s)
        about = topic(s)
        found += direct
        clauses += indirect
        for phrase in phrases:
            be = s.auxiliary
            found += [
                f"What {be} {phrase}?",
                f"Tell me {phrase}.",
                f"Remind me of {phrase}.",
                f"{phrase[0].upper()}{phrase[1:]}?",
                f"What did I say {phrase} {be}?",
                f"I forgot {phrase}. What {be} it?",
                f"Say {phrase}, please.",
            ]
        found += [
            f"What did I tell you about {about}?",
            f"What do you know about {about}?",
            f"Tell me about {about}.",
        ]
    relations = _relations(statement)
    found += relations
    clauses += [clause for clause in map(as_clause, relations + _with_synonyms(relations)) if clause]
    # Frame and content meet at random, so that no frame comes to stand for a memory.
    found += [frame.format(c=clause) for clause in dict.fromkeys(clauses) for frame in rng.sample(CLAUSE_FRAMES, 6)]
    return list(dict.fromkeys(found + _with_synonyms(found)))


def as_clause(question: str) -> str:
    """Return a direct question as a clause: "Where is my home?" gives "where my home is"; "" where it has none."""
    participles = "born|called|named|kept|due|from|hidden|located|based|made|in|for"
    words = r"(?:(?:In|On|At|To|From) )?(?:Who|Whom|What|Where|When|Which|How)\b[\w ]*?"
    match = re.match(rf"^({words}) (is|are|was|were|am) (.+?)(?: ({participles}))?\?$", question, re.IGNORECASE)
    if match:
        word, be, subject, participle = match.groups()
        tail = f" {participle}" if participle else ""
        return f"{word[0].lower()}{word[1:]} {subject} {be}{tail}"
    match = re.match(rf"^({words}) do (I|we) (.+)\?$", question, re.IGNORECASE)
    if match:
        return f"{match.group(1)[0].lower()}{match.group(1)[1:]} {match.group(2)} {match.group(3)}"
    return ""


def _with_synonyms(questions: List[str]) -> List[str]:
    varied: List[str] = []
    for question in questions:
        for pattern, replacements in SYNONYMS:
            if re.search(pattern, question):
                varied += [re.sub(pattern, replacement, question) for replacement in replacements]
    return varied[: max(6, len(questions) // 2)]
