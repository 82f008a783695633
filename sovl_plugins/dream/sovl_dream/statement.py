"""Parsing of simple statements: who or what, which verb, what is said.

Rules for the short declarative sentences in which people tell facts ("My boss is called Tamsin.", "I keep the key under
the kettle."). What they cannot parse is not dreamed about: a question that makes no sense teaches nonsense.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from sovl_dream import verbs
from sovl_dream.sentence import Sentence, plain_sentence, written_out

PREPOSITIONS = (
    "in|at|on|under|behind|beside|from|to|with|for|as|by|near|inside|into|over|about|after|before|around|between|"
    "against|without|through|during|above|below|outside"
)
#: Prepositions that tell where something is kept, and those of two or three words that do.
PLACES = "in|at|on|under|behind|beside|near|inside|over|between|above|below|outside"
#: No part of a verb, as "in" of "hand in" is: what follows them is the news, wherever the sentence goes on.
_BEFORE_NEWS = "at|near|under|behind|beside|inside|outside"
_IN_TIME = re.compile(r" (?:by|until|before|after|at|on) \S+(?: \S+)?$")
LONG_PLACES = "next to|close to|in front of|on top of|across from"
_LONG_PREPOSITIONS = f"{LONG_PLACES}|far from"
_ADVERBS = (
    "last|always|usually|often|never|now|still|also|only|just|first|currently|really|already|recently|finally|sometimes|"
    "mostly|normally|generally|definitely|totally|absolutely|literally|basically|officially|secretly|completely"
)
#: What follows one of these is a noun, whatever it ends in.
_DETERMINERS = ("my", "our", "the", "a", "an", "this", "these", "those", "his", "her", "their", "its", "your")
#: Who or what these are was said somewhere else.
_WITHOUT_ANTECEDENT = re.compile(
    r"^(?:he|she|it|they|his|her|its|their|there|here|this|that|these|those|you|who|what|everything|everybody|everyone|nothing|"
    r"something|somebody|someone)(?:['’]\w+)?$",
    re.IGNORECASE,
)
_AUXILIARIES = ("do", "does", "did", "have", "has", "had")
#: Words before the verb that no subject is made of: another clause, something supposed, somebody not named.
_NO_SUBJECT = re.compile(
    r"^(?:if|suppose|supposing|imagine|pretend|assume|let|maybe|perhaps|probably|when|while|because|although|unless|"
    r"do|don['’]t|not|as|just|since|until|once|whenever|whether|see|says?|in case|e\.g\.?)(?!\w)|"
    r"[:;]|, (?!.*,$)| (?<!and )(?:I|we|you|he|she|it|they)$",
    re.IGNORECASE,
)
#: "My dog, a poodle,": who it is needs no more than "my dog".
_APPOSITION = re.compile(r"^([^,]+), (?!and )[^,]+,$")
#: Verbs of which what follows first is a place, and what may be said of it besides: "in Leeds with her husband".
_DWELLING = ("live", "reside", "stay", "work", "study")
_DWELT = re.compile(r"^(in|at|near|on) (.+?)(?:, (?:by|in|near|close to|next to|with|at|on) .+| (?:with|since) .+)$")
#: Verbs with a person before what they give: "I owe Ben 20 euros".
_GIVING = ("owe", "give", "lend", "pay", "teach", "send", "sell", "buy")
_GIVEN = re.compile(r"^((?:my|our) [a-z]+|[A-Z][\w'’-]+) ((?:an?|the|my|some|two|three|four|five|\d[\d.,]*) .+)$")
_NAMED = re.compile(r"^((?:my|our|the) [a-z][a-z '’-]*?) ([A-Z][\w'’ -]*)$")
#: Adjectives of others than the user: "My dog is afraid of thunder".
_OF = "afraid|scared|terrified|frightened|fond|proud|full|jealous|sick|tired|capable|made"
#: What is said besides the news: "Oslo because I love fjords", "Sam, and he works at a bank".
_BESIDES = re.compile(
    r",? (?:because|although|even though|whereas|unless|so that)\b|"
    r", (?:which|where|who|and (?:he|she|it|they)\b|but|so)\b"
)


#: What is said besides of what stands before it, and "two years": a number is no subject of that verb.
_RELATIVE = re.compile(r"(?<=\w), (?:which|who|whose|where|whom)\b")
_SPAN_OF_TIME = re.compile(r"(?:seconds|minutes|hours|days|weeks|months|years|times)$")


@dataclass(frozen=True)
class Statement:
    """A parsed statement.

    ``subject`` as the user says it in mid-sentence; ``verb`` as it is said, auxiliaries and "not" included; ``lemma``
    what stands in a question after the subject, the infinitive mostly; ``auxiliary`` what a question begins with
    (``do``, ``does``, ``did``, ``can``, ``have``, or the copula itself); ``middle`` what stands between the verb and
    the ``preposition``; ``complement`` is the news. ``newly`` is True where it is said to hold now, or instead of
    something else.
    """

    text: str
    subject: str
    verb: str
    lemma: str
    auxiliary: str
    middle: str
    preposition: str
    complement: str
    newly: bool = False

    @property
    def is_copula(self) -> bool:
        """True for "X is Y"."""
        return self.auxiliary in verbs.BE

    @property
    def speaks_of_self(self) -> bool:
        """True when the subject is the user."""
        return self.subject in ("I", "we")


@dataclass(frozen=True)
class _Verb:
    """A finite verb, with its auxiliaries, at words ``start`` to ``end`` of a sentence."""

    start: int
    end: int
    verb: str
    lemma: str
    auxiliary: str


def uncapitalise(phrase: str) -> str:
    """Make the first letter of a sentence small where it is no name: "My dog" to "my dog", "Project X" stays."""
    first = phrase.split(" ", 1)[0].lower()
    return phrase[:1].lower() + phrase[1:] if first in _DETERMINERS or first in ("we", "that") else phrase


def parse_statement(text: str) -> Optional[Statement]:
    """Parse a statement, or return None where the rules do not reach.

    :param text: one sentence of the user's, in the first person.
    """
    sentence = plain_sentence(text)
    found = _parsed(sentence)
    out = written_out(sentence.text)
    return _parsed(Sentence(out, sentence.newly)) if found is None and out != sentence.text else found


def _parsed(sentence: Sentence) -> Optional[Statement]:
    clean = sentence.text
    words = clean.split()
    if len(words) < 3 or "?" in clean or _WITHOUT_ANTECEDENT.match(words[0]):
        return None
    verb = _own_verb(words) if words[0] in ("I", "We") else _verb_of_others(words)
    if verb is None or not 0 < verb.start < verb.end < len(words):
        return None
    subject = _APPOSITION.sub(r"\1", uncapitalise(_subject(words, verb.start)))
    if not subject or _NO_SUBJECT.search(subject):
        return None
    rest = " ".join(words[verb.end :])
    split = _split_state(subject, rest) if verb.auxiliary in verbs.BE else _split_complement(rest, verb.lemma)
    middle, preposition, complement = split
    complement = _BESIDES.split(complement, maxsplit=1)[0].strip("\"“”'’`｢｣《》 ,")
    if not complement:
        return None
    clean, complement = (part.replace("can not", "cannot") for part in (clean, complement))
    return Statement(
        clean, subject, verb.verb, verb.lemma, verb.auxiliary, middle, preposition, complement, newly=sentence.newly
    )


def _subject(words: Sequence[str], verb: int) -> str:
    """Return what stands before the verb, without the adverbs that belong to it."""
    while verb > 1 and re.fullmatch(_ADVERBS, words[verb - 1]):
        verb -= 1
    return words[0] if words[0] in ("I", "We") else " ".join(words[:verb])


def _own_verb(words: Sequence[str]) -> Optional[_Verb]:
    """Return the verb of a sentence that begins with "I" or "We"."""
    start = 1
    while start < len(words) and re.fullmatch(_ADVERBS, words[start]) and words[start] != "never":
        start += 1
    return _verb_at(words, start, "do")


def _verb_of_others(words: Sequence[str]) -> Optional[_Verb]:
    """Return the first finite verb after the subject; words that may be something else only where nothing else is."""
    first = 2 if words[0].lower() in _DETERMINERS else 1
    doubtful: Optional[int] = None
    for position in range(first, len(words) - 1):
        before, word, after = words[position - 1].lower(), words[position], words[position + 1].lower()
        # "The novel I have been writing is called ...": what somebody does with it comes first.
        with_them = position > 1 and words[position - 2].lower() == "and"
        if re.search(r"^(?:who|which|that|i|we|you|they)$", before) and not with_them:
            continue
        if word in verbs.BE or word in verbs.MODALS or word in _AUXILIARIES:
            return _verb_at(words, position, "do" if word in ("have", "do") else "does")
        # "my favourite drinks are", "the cars on the street": nouns.
        if before in _DETERMINERS or re.fullmatch(rf"{PREPOSITIONS}|of|and|or", before):
            continue
        if after in verbs.BE or after in verbs.MODALS or after in _AUXILIARIES:
            continue
        if verbs.is_known(word) or (verbs.is_infinitive(word) and is_plural(words[:position])):
            return _verb_at(words, position, "do" if verbs.is_infinitive(word) else "does")
        if doubtful is None and verbs.is_finite(word) and not _SPAN_OF_TIME.match(word):
            doubtful = position
    return None if doubtful is None else _verb_at(words, doubtful, "does")


def is_plural(subject: Sequence[str]) -> bool:
    """Return True for the words of a subject that are several: "my parents", "Tom and Ann"."""
    last = subject[-1].lower()
    several = re.search(r"[^s]s$", last) and not last.endswith(("'s", "’s"))
    return bool(several) or last in ("children", "people", "men", "women", "family") or "and" in subject


def _verb_at(words: Sequence[str], start: int, auxiliary: str) -> Optional[_Verb]:
    """Read the verb that begins at a word.

    :param auxiliary: what a question in the present tense begins with for this subject.
    """
    if start >= len(words):
        return None
    head = words[start].lower()
    if head in verbs.BE:
        named = words[start + 1] if start + 1 < len(words) and words[start + 1] in ("called", "named") else ""
        verb = f"{head} {named}".strip()
        return _Verb(start, start + (2 if named else 1), verb, verb, head)
    end, parts = start + 1, [head]
    negated = end < len(words) and words[end] == "not"
    if head in verbs.MODALS or (negated and head in _AUXILIARIES):
        auxiliary = head
        while end < len(words) and (words[end] == "not" or re.fullmatch(_ADVERBS, words[end])):
            parts.append(words[end])
            end += 1
        if end >= len(words) - 1 or not words[end].isalpha() or words[end] in _DETERMINERS:
            return None
        parts.append(words[end])
        return _extended(words, start, end + 1, parts, " ".join(parts[1:]), auxiliary)
    if head == "no" and words[end : end + 1] == ["longer"]:
        head, end = "no longer", end + 1
    if head in ("never", "no longer") and end < len(words) and words[end] not in ("never", "no"):
        # "I never eat meat": asked for as "What do I never eat?".
        found = _verb_at(words, end, auxiliary)
        if found is None or found.auxiliary in verbs.BE:
            return None
        return _Verb(start, found.end, f"{head} {found.verb}", f"{head} {found.lemma}", found.auxiliary)
    if head in ("have", "has", "had"):
        while end < len(words) - 2 and re.fullmatch(_ADVERBS, words[end]):
            end += 1
        if end == len(words) - 2 and re.fullmatch(_ADVERBS, words[end]) and verbs.is_participle(words[-1]):
            return None  # "I have already packed" tells nothing that is asked for
        if end < len(words) - 1 and verbs.is_participle(words[end]):
            said = " ".join(words[start + 1 : end + 1])
            return _Verb(start, end + 1, f"{head} {said}", said, head)
        end = start + 1
    if not head.isalpha():
        return None
    past = verbs.is_past(head)
    own = auxiliary == "do" and not past
    return _extended(words, start, end, parts, head if own else verbs.infinitive(head), "did" if past else auxiliary)


def _extended(words: Sequence[str], start: int, end: int, parts: List[str], lemma: str, auxiliary: str) -> _Verb:
    """Take in a verb that follows with "to": "want to learn", "have to leave"."""
    follows = verbs.takes_another(parts[-1]) and end + 2 < len(words) and words[end] == "to"
    if follows and words[end + 1].islower() and words[end + 1] not in _DETERMINERS:
        more = words[end : end + 2]
        return _Verb(start, end + 2, " ".join(parts + more), " ".join([lemma, *more]), auxiliary)
    return _Verb(start, end, " ".join(parts), lemma, auxiliary)


def _split_complement(rest: str, lemma: str) -> Tuple[str, str, str]:
    """Split what follows a verb into (middle, preposition, complement)."""
    match = None
    rest = _RELATIVE.split(rest)[0]
    dwelt = _DWELT.match(rest) if lemma.split()[-1] in _DWELLING else None
    if dwelt:
        return "", dwelt.group(1), dwelt.group(2)
    given = _GIVEN.match(rest) if lemma.split()[-1] in _GIVING else None
    named = _NAMED.match(rest) if lemma.split()[-1] in ("name", "call", "named", "called") else None
    if named:
        return named.group(1), "", named.group(2)
    if given and not re.search(rf" (?:{PREPOSITIONS}) ", rest):
        return given.group(1), "", given.group(2)
    long = re.match(rf"^({_LONG_PREPOSITIONS}) (.+)$", rest)
    if long:
        return "", long.group(1), long.group(2)
    bare = re.sub(r"^(?:not|never|no longer) ", "", lemma)
    purpose = re.match(r"^[\w ]+? to ([a-z]+)\b", rest) if bare in ("need", "use", "wear", "want") else None
    if purpose and verbs.is_infinitive(purpose.group(1)):
        return "", "", rest
    if lemma.split()[-1] in ("keep", "put", "hide", "store", "leave"):
        match = re.match(rf"^(?:(.+?) )({PLACES}) (.+)$", rest)
    since = re.match(rf"^((?!(?:{PREPOSITIONS}) )[\w'’]+(?: [\w'’]+)?) (since) (.+)$", rest)
    if since:
        return since.group(1), since.group(2), since.group(3)
    if not _IN_TIME.search(rest):
        match = match or re.match(rf"^()({_BEFORE_NEWS}) (.+)$", rest)
    match = match or re.match(rf"^(?:(.+?) )?({PREPOSITIONS}) (.+)$", rest)
    if match is not None:
        return match.group(1) or "", match.group(2), match.group(3)
    to_me = re.match(r"^(me|us) (.+)$", rest)
    return (to_me.group(1), "", to_me.group(2)) if to_me else ("", "", rest)


def _split_state(subject: str, rest: str) -> Tuple[str, str, str]:
    """Split what follows a copula into (middle, preposition, complement): "born in 2019", "allergic to nuts"."""
    lead = rf"(?:not |no longer )?(?:(?:{_ADVERBS}) )?"
    if re.match(r"^to [a-z]+\b", rest) and verbs.is_infinitive(rest.split()[1]):
        return "", "", rest
    done_by = re.match(
        rf"^({lead}(?:being )?\w+(?:ed|en|wn|ught|ilt|ade)(?: \w+){{0,4}}?) (by) ((?:my|our|an?|the|[A-Z]).+)$", rest
    )
    if done_by:
        return done_by.group(1), done_by.group(2), done_by.group(3)
    passive = re.match(
        rf"^({lead}(?:getting |being )?(?:\w+(?:ed|ing|rn|ic|en|pt|uilt|eld|old|due)|sewn|sung|won|sent|lent|run)"
        rf"(?: (?:out|up|off|down|away))?) ({PREPOSITIONS}) (.+)$",
        rest,
    )
    if passive and not re.match(r"^\w+ing to\b", rest):
        return passive.group(1), passive.group(2), passive.group(3)
    soon = re.match(r"^(getting \w+ed) ((?:next|this) \w+|tomorrow|soon)$", rest)
    if soon:
        return soon.group(1), "", soon.group(2)
    of_what = re.match(rf"^((?:not |no longer )?(?:very )?(?:{_OF})) of (.+)$", rest)
    if of_what:
        return of_what.group(1), "of", of_what.group(2)
    long = re.match(rf"^({_LONG_PREPOSITIONS}) (.+)$", rest)
    if long:
        return "", long.group(1), long.group(2)
    placed = re.match(rf"^(not |no longer )?({PREPOSITIONS}) (.+)$", rest)
    if placed:
        return (placed.group(1) or "").strip(), placed.group(2), placed.group(3)
    if subject in ("I", "we"):
        particle = re.match(rf"^({lead}\w+ing (?:up|out|off|away|forward)) ({PREPOSITIONS}) (.+)$", rest)
        if particle:
            return particle.group(1), particle.group(2), particle.group(3)
        gerund = re.match(rf"^({lead}\w+ing(?: to \w+)?) (?!(?:{PREPOSITIONS}) )(.+)$", rest)
        if gerund:
            return gerund.group(1), "", gerund.group(2)
        adjective = re.match(
            rf"^((?!(?:a|an|the|one|my|our|part) )(?:not |no longer )?\w+) ({PREPOSITIONS}|of) (.+)$", rest
        )
        if adjective:
            return adjective.group(1), adjective.group(2), adjective.group(3)
    negated = re.match(r"^(not|no longer) (.+)$", rest)
    return (negated.group(1), "", negated.group(2)) if negated else ("", "", rest)
