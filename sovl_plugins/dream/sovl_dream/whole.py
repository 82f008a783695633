"""What is told in words that the rules cannot parse: kept whole, and asked for by what it is about.

"there's a leak upstairs and the plumber's coming Friday" has no verb that a question could be made of, but "What did I
tell you about the leak?" is a question all the same, and the whole sentence its answer. So is a whole turn where no
sentence of it is read ("booked it!! two weeks in the Azores"), and a sentence of which the rules read a part.
"""

from __future__ import annotations

import random
import re
from typing import List, Optional, Sequence, Set

from sovl_dream.lexicon import DAY, FUNCTION_WORDS, MONTH, PEOPLE
from sovl_dream.sentence import plain_sentence, without_end, without_opener
from sovl_dream.statement import Statement
from sovl_dream.verbs import is_infinitive, is_past

#: Fewer words than this tell nothing by themselves.
LEAST_WORDS = 4
#: The user or what is theirs; without it a sentence may tell of anything.
_OWN = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Ww]e|us|[Oo]urs?)\b(?!\.)")
#: Not said to be so, or said to whoever listens.
_UNSURE = re.compile(
    r"\b(?:if|in case|maybe|perhaps|probably|suppose|supposing|imagine|pretend|wish|hope|guess|think|thought|believe|"
    r"feel|seems?|might|(?<!in )(?<!of )may(?! \d)|could|would|should|must|let['’]?s|unless|whether|"
    r"wonder|wondering|story|novel|dream|dreamt|character|role|you|your|yours|yourself|example|e\.g|please|sorry|thanks|thank)\b|\?",
    re.IGNORECASE,
)
#: The user's own without a word that says so: "daughter rang", "booked it!!".
_RELATIVE = re.compile(
    rf"(?:^|[,;.!] )(?:the )?(?:{PEOPLE}|missus|hubby|hubs|wifey|grandson|granddaughter|gran|grandma|grandpa|grandad|"
    r"granddad|nan|nana|niece|nephew|bro|bestie|kids|lads|girls|boys)(?= [a-z])",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(
    r"^(?:(?:just|finally|also|still|already|only) )?(?P<verb>[a-z]+) "
    r"(?:an?|the|that|this|it|my|our|some|two|three|into|out|up|off|for|to|from|at|in|with)\b",
    re.IGNORECASE,
)
#: A form that nobody has filled in.
_BLANK = re.compile(r"\[[^\]]*\]|<[^>]*>|\{[^}]*\}|__|XXX|\([a-z]+\)|\$[A-Z_]+")
#: Half of it is not so, and only the rules know which half.
_DENIES = re.compile(
    r"n['’]?t\b|\b(?:not|nor|neither|never|no longer|any ?more|any longer|used to|instead of|rather than|no)\b",
    re.IGNORECASE,
)
#: What no sentence begins with that tells something by itself.
_BEGINS_NOTHING = re.compile(
    r"^(?:do|does|did|don['’]?t|not|no|never|to|of|what|who|which|where|why|how|yes|ok|okay|hi|hello|let)\b",
    re.IGNORECASE,
)
#: Of somebody or something that was spoken of before.
_BEFORE = re.compile(
    r"^(?:he|she|him|her|this|that|these|those)\b|\b(?:this|that|these|those)(?: (?:is|was|are|were)\b|[.!]*$)",
    re.IGNORECASE,
)
_HE = re.compile(r"\b(?:he|she|him)\b", re.IGNORECASE)
_BEGINS_NO_STATEMENT = re.compile(
    r"^(?:as|when|while|because|although|though|since|until|so|do|does|did|don['’]?t|not|no|never|to|of|for|with|in|on|at|"
    r"what|who|which|where|why|how|and|or|but|it|its|it['’]s|there|here|yes|ok|okay|hi|hello)\b",
    re.IGNORECASE,
)
_IT_IS = re.compile(r"^It(?:['’]s| is) (?!so\b|too\b|very\b)")
_NAME = re.compile(r"(?!I(?:['’]|$))[^\W\d_a-z][\w'’-]*")
#: What stands for no thing that one could ask about.
_NO_TOPIC = FUNCTION_WORDS | frozenset(
    word
    for line in (
        "got get gets getting went go going gone came come coming took take taken made make makes making left put",
        "said told yesterday today tomorrow tonight morning evening week month year ago again out up down off away",
        "back one two lot bit kind sort thing things way then than too also just already yet even because until",
        "while when where which who what it's its i'm i've i'd i'll we're we've finally always never once done",
        "having about pretty quite ever whenever since",
    )
    for word in line.split()
)
_VALUE = re.compile(rf"(?:\S*\d\S*|(?:{MONTH}|{DAY})s?)$", re.IGNORECASE)
_TOPIC_FRAMES = (
    "What did I tell you about {t}?",
    "What do you know about {t}?",
    "Tell me about {t}.",
    "What did I say about {t}?",
    "Do you remember what I said about {t}?",
    "Remind me about {t}.",
    "What was it about {t}?",
    "What is it with {t}?",
    "I mentioned {t}. What was that?",
    "Anything I told you about {t}?",
)


def whole_statement(sentence: str) -> Optional[Statement]:
    """Return a sentence as a statement without subject and verb, None where it does not tell of the user's own.

    Its ``complement`` is what stands at the end or is a number or a name; the rest is what it is about.

    :param sentence: one of the user's own, no question and no small talk.
    """
    clean = plain_sentence(sentence).text
    words = clean.split()
    if len(words) < LEAST_WORDS or not _OWN.search(clean) or _UNSURE.search(clean) or _BEFORE.search(clean):
        return None
    if _HE.search(clean) and not re.search(rf"\b(?:{PEOPLE})\b|(?<=[a-z,] )(?!I\b)[A-Z][a-z]", clean):
        return None
    if _BEGINS_NO_STATEMENT.match(clean) or is_infinitive(words[0].strip(",")):
        return None
    news = _news(words)
    statement = Statement(clean, "", "", "", "", "", "", news)
    return statement if news and topics(statement) else None


def may_be_kept(sentence: str) -> bool:
    """Return True for a sentence that may stand beside what else a turn tells, for it is said to be so.

    :param sentence: one of the user's own, no question, no small talk and no mood.
    """
    clean = in_own_words(sentence)
    unsaid = any(pattern.search(clean) for pattern in (_UNSURE, _DENIES, _BEGINS_NOTHING, _BLANK))
    return len(clean.split()) > 1 and not unsaid and not is_infinitive(clean.split()[0].strip(","))


def names_what_stands_before(sentence: str) -> bool:
    """Return True for "It's number 608", after a sentence about a locker."""
    words = in_own_words(sentence).split()
    return _IT_IS.match(" ".join(words)) is not None and any(
        _VALUE.match(word.strip(",")) or _NAME.match(word) for word in words[1:]
    )


def is_own(sentence: str) -> bool:
    """Return True where a sentence tells of the user or what is theirs, be it without a word that says so."""
    clean = in_own_words(sentence)
    done = _LEFT_OUT.match(clean)
    left_out = done is not None and is_past(done.group("verb"))
    return left_out or any(pattern.search(clean) for pattern in (_OWN, _RELATIVE))


def in_own_words(sentence: str) -> str:
    """Return a sentence as it was said, without what leads into it and without its end."""
    bare = without_end(without_opener(re.sub(r"\s+", " ", sentence).strip()))
    bare = re.sub(r"(?<!\S)i(?=['’]| [a-z])", "I", bare)
    return bare[:1].upper() + bare[1:]


def kept(sentences: Sequence[str]) -> Optional[Statement]:
    """Return sentences as one statement without subject and verb, None where nothing in them can be asked for."""
    clean = ". ".join(map(in_own_words, sentences))
    words = clean.split()
    if len(words) < LEAST_WORDS:
        return None
    news = _news(words)
    statement = Statement(clean, "", "", "", "", "", "", news)
    return statement if news and topics(statement) else None


def left_unsaid(sentence: str, statements: Sequence[Statement]) -> bool:
    """Return True where a sentence holds a number or a name that none of its statements tells."""
    told = _content(" ".join(statement.text for statement in statements))
    words = in_own_words(sentence).split()
    missing = [word.strip(",.;:!()") for word in words[1:] if not _content(word) <= told]
    return any(_VALUE.match(word) or _NAME.match(word) for word in missing)


def _content(text: str) -> Set[str]:
    """Return the words of a text that say something, as far as they are the same in every form."""
    found = (re.sub(r"['’]\w+$", "", word) for word in re.findall(r"[\w'’-]+", text.lower()))
    return {word[:5] for word in found if word and word not in _NO_TOPIC}


def topics(statement: Statement) -> List[str]:
    """Return what a sentence that was kept whole is about, in its own words, without the news."""
    return spoken_of(statement.text[: statement.text.rfind(statement.complement)])


def spoken_of(text: str) -> List[str]:
    """Return what a text speaks of: runs of words that stand for something."""
    found: List[str] = []
    run: List[str] = []
    for word in [*re.findall(r"[\w'’-]+|[,;:()–—]", text), ","]:
        bare = re.sub(r"['’]s$", "", word)
        if re.match(r"\w", word) and bare.lower() not in _NO_TOPIC and not re.search(r"(?:ed|ing)$", bare):
            run.append(bare)
        elif run:
            found.append(" ".join(run))
            run = []
    return list(dict.fromkeys(found))


def questions_on(about: Sequence[str], count: int, rng: random.Random) -> List[str]:
    """Return up to ``count`` questions about any of these topics."""
    found: List[str] = []
    for topic in about:
        named = topic if topic[:1].isupper() else f"{rng.choice(('the', 'my'))} {topic}"
        found += [frame.format(t=named) for frame in _TOPIC_FRAMES]
    rng.shuffle(found)
    return found[:count]


def _news(words: List[str]) -> str:
    """Return the last number, date or name of a sentence, else its last words."""
    plain = [word.strip(",;:()") for word in words]
    for place in range(len(plain) - 1, 0, -1):
        if _VALUE.match(plain[place]):
            return plain[place]
        if plain[place][:1].isupper() and not re.match(r"I(?:['’]|$)", plain[place]):
            first = place
            while first > 1 and plain[first - 1][:1].isupper() and plain[first - 1] == words[first - 1]:
                first -= 1
            return " ".join(words[first : place + 1]).strip(",;:()")
    first = len(words) - 1
    while first > 1 and plain[first - 1].lower() not in FUNCTION_WORDS and plain[first - 1] == words[first - 1]:
        first -= 1
    return " ".join(words[first:]).strip(",;:()")
