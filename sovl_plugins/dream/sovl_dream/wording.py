"""Question wording: the many ways in which somebody asks for what a statement says. The floor under the model's own.

Varied wordings are what makes a fact retrievable (Physics of Language Models 3.1, arXiv:2309.14316: five wordings took
recall from 9.7 % to 96.6 %).
"""

from __future__ import annotations

import random
import re
from typing import Dict, List, Tuple

from sovl_dream.claims.words import NUMBERS
from sovl_dream.lexicon import (
    AGING,
    CLAUSE_FRAMES,
    DAY,
    DAYTIME,
    GOING,
    HOUR,
    IS_SOMEBODY,
    MANNER,
    MONTH,
    NOT_BROUGHT,
    ORDINAL,
    PEOPLE,
    PLACE_PREPOSITIONS,
    RELATIONS,
    SEASON,
    STATE,
    SYNONYMS,
)
from sovl_dream.statement import PREPOSITIONS, Statement
from sovl_dream.whole import questions_on, spoken_of, topics

#: Frames that a clause is put into, and framed clauses of a statement that is asked for in one or two ways.
FRAMES, LEAST_FRAMED = 6, 18
#: Questions about a sentence that was kept whole, and words from which on one is long.
WHOLE, LONG = 24, 14
#: Who is spoken to, or of: "I report to Sandra", "I share an office with Kim".
_TOWARDS_SOMEBODY = ("report", "lend", "give", "sell", "talk", "speak", "write", "send", "show", "introduce")
_SOMEBODY = re.compile(
    rf"^(?:(?:my|our) (?:\w+ )?(?:(?:{PEOPLE})s?(?:-in-law)?|kids|children|parents|family|twins)|"
    rf"(?:{AGING}))(?: [A-Z][\w'’-]*)?$"
)
_HOW = re.compile(rf"(?:{MANNER})(?: (?:when|if|on|at|in|every|without|with)\b.*)?$")
_PET = re.compile(rf"^(?:my|our) (?:\w+ )?(?:{AGING})(?: [A-Z][\w'’-]*)?$")
_MEASURE = r"[£$€%]|\b(?:quid|pounds?|euros?|dollars?|bucks|cents?|kilos?|kg|grams?|litres?|liters?|tons?|tonnes?)\b"
_AMOUNT = re.compile(rf"(?:about |over |almost |nearly )?(?:[£$€]?\d|(?:{'|'.join(NUMBERS)})\b)", re.IGNORECASE)
_CLOCK = r"\d{1,2}:\d\d\b|\S*o'clock\b|(?:noon|midnight)\b|\d{1,2} ?(?:am|pm|a\.m|p\.m)\b"


def question_word(statement: Statement) -> Tuple[str, ...]:
    """Return the question words that fit what the statement tells, the most fitting first."""
    news = statement.complement.lower()
    when = () if statement.preposition == "since" else _when(statement, news)
    if when:
        return when
    if re.search(r"\byears old$", news) or _tells_an_age(statement):
        return ("How old",)
    if statement.preposition in ("on", "in") and re.match(STATE, news):
        return ("What",)
    if statement.preposition in PLACE_PREPOSITIONS:
        return ("Where",)
    going = re.match(r"(?:going|moving|flying|travelling|driving|coming|sailing)$", statement.middle)
    if statement.preposition in ("to", "into") and (statement.lemma in GOING or going):
        return ("Where",)
    if statement.preposition == "since":
        return ("Since when", "How long")
    if _stands_before_somebody(statement):
        return ("Who",)
    if (
        statement.is_copula
        and statement.preposition == "by"
        and re.match(r"(?:my|our|an?) |[A-Z]", statement.complement)
    ):
        return ("Who", "What")
    if not statement.is_copula and not statement.middle and not statement.preposition and re.match(_HOW, news):
        return ("How",)
    if not statement.is_copula or statement.middle or statement.preposition:
        return ("What",)
    by_name = re.match(r"[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)?$", statement.subject)
    if by_name and not statement.speaks_of_self and re.match(r"(?:my|our|an?) ", news):
        return ("Who", "What")
    if re.search(
        rf"^(?:my|our|the) (?:(?!of )\w+ )*(?:(?:{PEOPLE})s?(?:-in-law)?|kids|children|parents)$", statement.subject
    ):
        return ("What", "Who") if re.match(r"an? ", news) else ("Who", "What")
    named = statement.verb.endswith((" called", " named"))
    return ("What",) if statement.speaks_of_self or named else ("What", "Which")


def _when(statement: Statement, news: str) -> Tuple[str, ...]:
    """Return the question words for news that is a time or a day; none for other news."""
    plain = statement.is_copula and not statement.middle
    # "I'm seeing the doctor at 10:15": what I am seeing, not when.
    told = re.search if statement.preposition or plain else re.match
    at, in_season = statement.preposition == "at", statement.preposition == "in" or not (statement.preposition or plain)
    if told(rf"(?<!\w)(?:{_CLOCK})", news) or (at and re.match(rf"\d{{1,2}}\.\d\d\b|(?:{HOUR})$", news)):
        return ("What time", "When", "At what time")
    if statement.preposition in ("by", "until", "before", "after") and re.fullmatch(HOUR, news):
        return ("When",)
    if told(rf"(?:the )?\b(?:{ORDINAL}) of (?:{MONTH})\b|\b(?:{MONTH}) \d+|\b\d{{1,2}}\.? (?:{MONTH})\b", news):
        return ("When", "On what date", "On which day")
    if re.search(rf"^(?:(?:every|next|last|this) )?(?:{DAY})s?\b", news):
        return ("When", "On which day", "What day")
    if re.search(rf"^(?:{MONTH})\b", news):
        return ("When", "In which month", "In what month")
    if re.search(r"^(?:19|20)\d\d$", news):
        return ("When", "In which year", "In what year")
    return ("When",) if re.fullmatch(DAYTIME, news) or (in_season and re.fullmatch(SEASON, news)) else ()


def _tells_an_age(statement: Statement) -> bool:
    """Return True for "My cat is five" and "I am 34"."""
    plain = statement.is_copula and not statement.middle and not statement.preposition
    somebody = statement.speaks_of_self or is_somebody(statement.subject) or _PET.match(statement.subject)
    words = statement.complement.lower().replace("-", " ").split()
    number = len(words) <= 2 and all(word in NUMBERS or re.fullmatch(r"\d{1,3}", word) for word in words)
    return plain and bool(somebody) and number


def is_somebody(phrase: str) -> bool:
    """Return True for "my sister" and "our neighbours", False for a name: whose it is does not show."""
    return _SOMEBODY.match(phrase) is not None


def _stands_before_somebody(statement: Statement) -> bool:
    """Return True where a person stands behind the preposition: "I live with my parents", "I report to Sandra"."""
    if statement.is_copula or statement.preposition not in ("with", "to", "for", "from"):
        return False
    name = re.fullmatch(r"[^\W\d_a-z][\w'’-]*", statement.complement) is not None
    with_them = statement.preposition == "with" and bool(statement.middle)
    towards = statement.preposition == "to" and statement.lemma in _TOWARDS_SOMEBODY
    return is_somebody(statement.complement) or (name and (with_them or towards))


def _direct_and_indirect(s: Statement) -> Tuple[List[str], List[str]]:
    """Return whole wh-questions, and wh-clauses for "Tell me ..." in statement order."""
    direct: List[str] = []
    indirect: List[str] = []
    words = question_word(s)
    for word in words:
        low = word[0].lower() + word[1:]
        if s.is_copula:
            be = s.auxiliary
            # Asked for by "who" or "which", a name needs no "called".
            named = s.verb.split()[1:] if word == "What" else []
            tail = "".join(f" {part}" for part in (*named, s.middle) if part)
            strand = f" {s.preposition}" if s.preposition and (word == "What" or s.preposition == "from") else ""
            direct.append(f"{word} {be} {s.subject}{tail}{strand}?")
            if word != "Which":
                indirect.append(f"{low} {s.subject} {be}{tail}{strand}")
        else:
            middle = f" {s.middle}" if s.middle else ""
            stranded = word in ("What", "Who") or s.preposition == "from"
            strand = f" {s.preposition}" if s.preposition and stranded else ""
            direct.append(f"{word} {s.auxiliary} {s.subject} {s.lemma}{middle}{strand}?")
            if word != "Which":
                indirect.append(f"{low} {s.subject} {s.verb}{middle}{strand}")
    if not s.is_copula and s.preposition and not {"What", "Who"}.intersection(words):
        direct.append(f"What {s.auxiliary} {s.subject} {s.lemma} {s.middle} {s.preposition}?".replace("  ", " "))
    return direct, indirect


#: What stands between verb and preposition and is no noun: "back" of "I moved back to Lagos".
_NO_NOUNS = ("down", "out", "off", "back", "away", "along", "next", "badly", "well", "early", "late")


def topic(s: Statement) -> str:
    """Return what the statement is about, in the user's words, without the news; "" where nothing but the news is."""
    if not s.speaks_of_self:
        return re.sub(r" and I$", " and me", s.subject)
    if s.middle and not s.is_copula:
        placed = re.match(rf"(?:{PREPOSITIONS}) (.+)$", s.middle)
        if placed:
            return placed.group(1)
        return "" if s.middle in _NO_NOUNS else s.middle
    if s.is_copula and s.middle == "not":
        return f"what {s.subject} {s.auxiliary} not"
    if s.is_copula:
        return f"being {s.middle} {s.preposition}".strip() if s.middle else "me"
    return "" if question_word(s) == ("How",) else f"what {s.subject} {s.verb}"


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
        if not is_somebody(of.group(2)):
            phrases.append(f"{of.group(2)[4:] if of.group(2).startswith('the ') else of.group(2)} {of.group(1)}")
    return phrases


def _relations(s: Statement) -> List[str]:
    questions: List[str] = []
    low = s.text.lower()
    name = re.match(r"(my|our) (\w+)", s.subject)
    thing = re.search(r"favou?rite (\w+)", low)
    where = re.search(r"\b(?:for|of|at|in) (the [\w ]+?|my [\w ]+?)$", s.subject)
    person = re.sub(r"^((?:my|our) \w+) [A-Z]\w+$", r"\1", s.subject)
    taught = re.match(r"(?:my|our) (\w+) (?:teacher|tutor|coach|instructor|trainer)\b", s.subject)
    slots: Dict[str, str] = {
        "p": name.group(1) if name else "",
        "n": name.group(2) if name else "",
        "x": person,
        "t": thing.group(1) if thing else "",
        "k": taught.group(1) if taught else "",
        "w": where.group(1) if where else "",
        "v": s.lemma,
        "o": s.middle,
        "m": s.middle,
    }
    for pattern, templates in RELATIONS:
        if pattern.endswith(IS_SOMEBODY) and not _tells_a_name(s):
            continue
        if thing and re.fullmatch(NOT_BROUGHT, thing.group(1)):
            templates = tuple(template for template in templates if not re.search(r"\b(?:get|bring) ", template))
        if re.search(pattern, low):
            # A template asks for something this statement may not name.
            fitting = [t for t in templates if all(slots[key] for key in re.findall(r"{(\w)}", t))]
            filled = [template.format(**slots) for template in fitting]
            questions += map(_of_self, filled) if s.speaks_of_self else filled
    return [question for question in questions if _fits_news(question, question_word(s))]


def _amounts(s: Statement) -> List[str]:
    """Return how much is asked for where an amount stands before the news: "I won forty quid on a scratchcard"."""
    if s.is_copula or not _AMOUNT.match(s.middle):
        return []
    word = "How much" if re.search(_MEASURE, s.middle) else "How many"
    return [f"{word} {s.auxiliary} {s.subject} {s.lemma}?", f"{word} was it that {s.subject} {s.verb}?"]


def _tells_a_name(s: Statement) -> bool:
    """Return True for "is called rex" and "is Rex", False for "is tall" and "my mother tongue is Turkish"."""
    if re.match(rf"(?:my|our) (?:{PEOPLE}) [a-z]", s.subject):
        return False
    if s.middle or s.preposition:
        return False
    return s.verb.endswith((" called", " named")) or s.subject.endswith(" name") or s.complement[0].isupper()


def _fits_news(question: str, words: Tuple[str, ...]) -> bool:
    """Return False for a question after time or place when the news tells neither."""
    if re.match(r"Where\b", question):
        return words[0] == "Where"
    if re.match(r"(?:When|At what time|(?:On|In) (?:what|which) (?:day|date|month|year))\b", question):
        return words[0] in ("When", "What time")
    return True


def _of_self(question: str) -> str:
    """Mend a question whose subject became "I" or "we": "What does I do?" gives "What do I do?"."""
    question = re.sub(r"\bI's\b", "my", re.sub(r"\bwe's\b", "our", question))
    question = re.sub(r"\bdoes (I|we)\b", r"do \1", question)
    question = re.sub(r"the age of (?:I|me)\b", "my age", re.sub(r"\b(of|for|to) I\b", r"\1 me", question))
    question = re.sub(r"\b(of|for|to) we\b", r"\1 us", re.sub(r"\bwas we\b", "were we", question))
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
    if not statement.verb:
        return questions_on(topics(statement), WHOLE, rng)
    # A long sentence tells of more than what stands before its news.
    long = len(statement.text.split()) > LONG
    found: List[str] = questions_on(spoken_of(statement.complement), WHOLE // 2, rng) if long else []
    clauses: List[str] = []
    for s in [statement, *_named_subject(statement)]:
        direct, indirect = _direct_and_indirect(s)
        phrases = _noun_phrases(s)
        about = topic(s)
        found += direct
        clauses += indirect
        for phrase in phrases:
            be, named = s.auxiliary, s.verb[len(s.auxiliary) :]
            found += [
                f"What {be} {phrase}{named}?",
                f"Tell me {phrase}.",
                f"Remind me of {phrase}.",
                f"{phrase[0].upper()}{phrase[1:]}?",
                f"What did I say {phrase} {s.verb}?",
                f"I forgot {phrase}. What {be} {'they' if be in ('are', 'were') else 'it'}{named}?",
                f"Say {phrase}, please.",
            ]
        if about:
            found += [
                f"What did I tell you about {about}?",
                f"What do you know about {about}?",
                f"Tell me about {about}.",
            ]
    relations = _relations(statement)
    found += relations + _amounts(statement)
    clauses += [clause for clause in map(as_clause, relations + _with_synonyms(relations)) if clause]
    # Frame and content meet at random, so that no frame comes to stand for a memory.
    each = dict.fromkeys(clauses)
    frames = max(FRAMES, LEAST_FRAMED // max(1, len(each)))
    found += [frame.format(c=clause) for clause in each for frame in rng.sample(CLAUSE_FRAMES, frames)]
    return list(dict.fromkeys(found + _with_synonyms(found)))


def as_clause(question: str) -> str:
    """Return a direct question as a clause: "Where is my home?" gives "where my home is"; "" where it has none."""
    match = re.match(r"^(\w+) did I say (.+)\?$", question)
    if match:
        return f"{match.group(1).lower()} I said {match.group(2)}"
    participles = r"born|called|named|kept|due|from|hidden|located|based|made|in|for|\w{4,}ed"
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
