"""Question wording: the many ways in which somebody asks for what a statement says. The floor under the model's own.

Varied wordings are what makes a fact retrievable (Physics of Language Models 3.1, arXiv:2309.14316: five wordings took
recall from 9.7 % to 96.6 %).
"""

from __future__ import annotations

import re
from typing import Dict, List, Tuple

from sovl_dream.statement import Statement

_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
_ORDINAL = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\\w+teenth|\\w+tieth|\\d+(?:st|nd|rd|th)"
_DAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_PLACE_PREPOSITIONS = ("in", "at", "under", "behind", "beside", "near", "inside", "on", "from", "between")
_PEOPLE = (
    "boss|manager|sister|brother|mother|father|mum|mom|dad|wife|husband|partner|son|daughter|uncle|aunt|cousin|friend|"
    "neighbour|neighbor|doctor|dentist|teacher|accountant|lawyer|landlord|plumber|gardener|therapist|coach|colleague|"
    "grandmother|grandfather|hairdresser|vet|babysitter|nanny|tutor|assistant|flatmate|roommate|girlfriend|boyfriend|fiancee"
)
#: Everyday other words for the same thing: (pattern in a question, replacements).
_SYNONYMS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    (r"\bfavou?rite (\w+)", (r"best-loved \1", r"preferred \1")),
    (r"\bboss\b", ("manager", "supervisor")),
    (r"\b(dog|cat)\b", ("pet",)),
    (r"\bbicycle\b", ("bike",)),
    (r"\bcar\b", ("vehicle",)),
    (r"\bpassword\b", ("passphrase", "login")),
    (r"\bcode\b", ("number", "PIN")),
    (r"\bjob\b", ("profession", "occupation", "work")),
    (r"\bphone number\b", ("phone", "telephone number")),
    (r"\bwife|husband\b", ("spouse", "partner")),
    (r"\btown\b", ("city", "place")),
    (r"\bgrandmother\b", ("grandma", "gran")),
    (r"\bgrandfather\b", ("grandpa",)),
    (r"\bmother\b", ("mum", "mom")),
    (r"\bfather\b", ("dad",)),
)
#: Whole questions by relation: (pattern over the statement in lower case, questions; {x} is the subject).
_RELATIONS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    (r"\b(my|our) (\w+)'s name is\b|\b(my|our) (\w+) is (called|named)\b", ("What is {p} {n} called?", "What is the name of {p} {n}?", "How is {p} {n} called?", "What did I say {p} {n} is called?", "Name {p} {n}.", "What did I name {p} {n}?", "What's {p} {n}'s name?", "How do I call {p} {n}?")),
    (r"^i live ", ("Where is my home?", "Which city is my home in?", "What town am I from?", "What is my address?", "Which town do I live in?", "Where do I have my house?", "What place do I call home?")),
    (r" works? as | is an? \w+(er|or|ist|ian|nurse|chef)$", ("What does {x} do for a living?", "What is {x}'s job?", "What is {x}'s profession?", "What does {x} do?", "What kind of work does {x} do?", "How does {x} earn money?")),
    (r"\b(my|our) favou?rite (\w+) is\b", ("Which {t} do I like best?", "What {t} do I like most?", "What {t} do I prefer?", "What {t} should you get me?", "Which {t} do I love?", "What {t} would I choose?", "If you bring me {t}, which one?", "Which {t} would make me happy?")),
    (r"\ballergic to\b", ("What must I not eat?", "Which food is bad for me?", "What should I avoid?", "What am I unable to eat?", "What allergy do I have?", "What makes me sick?", "Which allergies do I have?", "What can't I have?")),
    (r"\bpassword\b", ("How do I log in to {w}?", "How can I get into {w}?", "What do I type to get on {w}?", "How do I get online at {w}?", "Give me the login for {w}.")),
    (r"\b(my|our) (boss|manager)\b", ("Who do I work for?", "To whom do I report?", "Who is above me at work?", "Who leads me at work?", "Who is in charge of me?")),
    (r"\bi (drive|ride)\b", ("What do I travel in?", "Which make is my vehicle?", "What model do I own?", "How do I get around?", "What brand is it that I {v}?")),
    (r"\bi play the\b", ("What instrument do I play?", "Which musical instrument is mine?", "What kind of music do I make?", "What can I play?")),
    (r"\bborn in\b", ("What is {x}'s birth year?", "Which year was {x} born in?", "When is {x}'s birthday?", "How old is {x}?")),
    (r"\bcode\b|\bpin\b", ("How do I open {w}?", "Which digits open {w}?", "What do I type in to open {w}?", "What number do I need for {w}?")),
    (r"\banniversary\b|\bmarried\b|\bwedding\b", ("When did I get married?", "On which day did I marry?", "When was my wedding?", "What date is the anniversary?")),
    (r"\bbirthday\b", ("When was I born?", "What day do I celebrate?", "On what date is {x}?")),
    (r"\bkeep\b|\bhide\b|\bput\b", ("Where should I look for {o}?", "Where did I hide {o}?", "I lost {o}. Where is it?", "Where is {o} kept?", "Where can I find {o}?")),
    (r"\bblood type\b", ("What blood group do I have?", "Which blood do I have?", "What kind of blood is mine?")),
    (r"\bflight|train|bus|ferry\b", ("When do I depart?", "At what time does {x} depart?", "When should I be ready for {x}?", "When does {x} take off?")),
    (r"\byears old\b", ("What is the age of {x}?", "How many years old is {x}?", "Do you know {x}'s age?", "What age is {x}?")),
    (r"\b(learning|studying|speak)\b", ("Which language am I studying?", "What language do I want to speak?", "What am I studying?", "What do I practise?")),
    (r"\baccountant\b", ("Who does my taxes?", "Who handles my accounts?", "Who keeps my books?")),
    (r"\bdentist\b", ("Who looks after my teeth?", "Who checks my teeth?", "Whom do I see for my teeth?")),
    (r"\bdoctor\b", ("Whom do I see when I am ill?", "Who looks after my health?")),
    (r"\b(ships|launches|releases|starts|begins|opens)\b", ("What is the release date of {x}?", "On which date is {x} due?", "What is the date for {x}?", "When is {x} due?", "When will {x} be out?")),
    (r"\bserviced|repaired|checked\b", ("When did somebody last check {x}?", "In what month was {x} {m}?", "How long ago was {x} {m}?")),
    (r"\bcame from|comes from|come from|grew up\b", ("Where is {x} from?", "What is {x}'s home town?", "Where was {x} born?", "What is the birthplace of {x}?", "Which town is {x} from?")),
)  # fmt: skip


def question_word(statement: Statement) -> Tuple[str, ...]:
    """Return the question words that fit what the statement tells, the most fitting first."""
    news = statement.complement.lower()
    if re.search(r"\b\d{1,2}[:.]\d\d\b|\bo'clock\b|\b(noon|midnight)\b", news):
        return ("What time", "When", "At what time")
    if re.search(rf"\b(?:{_ORDINAL}) of (?:{_MONTH})\b|\b(?:{_MONTH}) \d+", news):
        return ("When", "On what date", "On which day")
    if re.search(rf"\b(?:{_DAY})s?\b", news):
        return ("When", "On which day", "What day")
    if re.search(rf"^(?:{_MONTH})\b", news):
        return ("When", "In which month", "In what month")
    if re.search(r"^(?:19|20)\d\d$", news):
        return ("When", "In which year", "In what year")
    if re.search(r"\byears old$", news):
        return ("How old",)
    if statement.preposition in _PLACE_PREPOSITIONS and not statement.is_copula:
        return ("Where",)
    if statement.is_copula and statement.preposition in _PLACE_PREPOSITIONS:
        return ("Where",)
    if re.search(rf"\b(?:{_PEOPLE})$", statement.subject):
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
            strand = f" {s.preposition}" if s.preposition and (word in ("What", "Which") or s.preposition == "from") else ""
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
    for pattern, templates in _RELATIONS:
        if re.search(pattern, low):
            questions += [template.format(**slots) for template in templates]
    return questions


def _named_subject(s: Statement) -> List[Statement]:
    """Return variants of "my sister Orla ..." that use the relation or the name alone."""
    match = re.match(rf"^((?:my|our) (?:{_PEOPLE}|dog|cat|pet|horse)) ([A-Z]\w+)$", s.subject)
    if match is None:
        return []
    values = {**s.__dict__}
    return [Statement(**{**values, "subject": match.group(1)}), Statement(**{**values, "subject": match.group(2)})]


def questions_about(statement: Statement) -> List[str]:
    """Return questions, imperatives and cues whose answer is the statement, varied and without repetition.

    :param statement: a parsed statement in the user's first person.
    """
    found: List[str] = []
    for s in [statement, *_named_subject(statement)]:
        direct, indirect = _direct_and_indirect(s)
        phrases = _noun_phrases(s)
        about = topic(s)
        found += direct
        for clause in indirect[:2]:
            found += [
                f"Tell me {clause}.",
                f"Do you remember {clause}?",
                f"Remind me {clause}.",
                f"Do you know {clause}?",
                f"I forgot {clause}.",
                f"Can you tell me {clause}?",
            ]
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
    found += _relations(statement)
    return list(dict.fromkeys(found + _with_synonyms(found)))


def _with_synonyms(questions: List[str]) -> List[str]:
    varied: List[str] = []
    for question in questions:
        for pattern, replacements in _SYNONYMS:
            if re.search(pattern, question):
                varied += [re.sub(pattern, replacement, question) for replacement in replacements]
    return varied[: max(6, len(questions) // 2)]
