"""What is said in one breath, taken apart: "we got a puppy, she's called Moxie" tells two things.

A clause that begins with a pronoun is made to stand by itself where it is plain whom the pronoun stands for; where it
is not, nothing is learned from that clause.
"""

from __future__ import annotations

import re
from typing import List, Match, Optional

from sovl_dream.lexicon import PEOPLE
from sovl_dream.sentence import without_opener
from sovl_dream.small_talk import is_small_talk
from sovl_dream.statement import Statement, parse_statement
from sovl_dream.verbs import is_past
from sovl_dream.wording import is_somebody

#: What may stand between two clauses that follow each other without a conjunction.
_STOP = r"(?:\s*[,;]|\s+[-–—])"
_VERB = r"(?:is|was|are|were|has|had|will|can|lives|works|plays|runs|likes|loves|hates|teaches|speaks)"
_PRONOUN = r"(?:[Ii]|we|he|she|it|they)"
_NAME = r"[A-Z][\w'’-]*"
#: What a clause begins with. Whose turn it is to speak, or who is spoken of, begins one after a comma too.
_BEGINS = (
    rf"(?=(?:{_PRONOUN}\b|(?:his|her|its|their) (?:name\b|\w+ (?:is|are)\b)|(?:my|our) |"
    rf"(?!I\b){_NAME}(?: (?!I\b){_NAME})? {_VERB}\b))"
)
_ALONE = (
    rf"(?=(?:{_PRONOUN}\b|(?:my|our) [\w -]+?(?:['’]s| {_VERB})\b|(?:his|her|its|their) name\b|"
    r"(?:goes|lives|works|comes|plays|trains|flies|moves|starts) (?:every|to|at|in|on|with|by|near|as|for)\b|"
    r"(?:named|called|naming|calling) (?:it|him|her|them) [A-Z]))"
)
#: "My neighbour was bitten and needed stitches": the subject is the same.
_SAME_SUBJECT = (
    r"(?=(?:(?:never|now|still|also|then|always|finally|just) )*(?:[a-z]{3,}ed|has|is|was|gets|works|lives|plays|comes|"
    r"goes|trains|flies|moves|starts|needs|wears|makes|hates|loves|likes|misses|wants|speaks|teaches|owns|drives|got|had|made|took|went|came|bought|"
    r"kept) )"
)
_DOES = re.compile(rf"^{_SAME_SUBJECT}(?:(?:never|now|still|also|then|always|finally|just) )*(?P<verb>[a-z]+)")
_BOUNDARY = re.compile(
    rf"{_STOP}? (?:and|but)(?: (?:now|so far|also|then|actually|apparently))? {_BEGINS}|"
    rf"{_STOP} (?:so|and so|though|yet) (?=(?:{_PRONOUN})\b)| so (?=(?:I|i|we)(?:['’]| (?:am|are|have|will|can)\b))|"
    rf"{_STOP} (?:now |then |so far )?{_ALONE}|\s*; (?=\S)|{_STOP}? (?:and|but) {_SAME_SUBJECT}"
)
#: What stands beside the news and is none: "if you ever need it", "so don't let me forget", "how cool is that".
_ASIDE = re.compile(
    r",? (?:(?:so |and )?(?:please )?(?:do not|don['’]?t) (?:let me )?forget(?: (?:it|that|about it))?|"
    r"(?:just )?so (?:that )?you know|in case you\b.*|"
    r"if you (?:ever |must )?(?:need|want|wonder|are|were|know|care|ask)\b.*|"
    r"so (?:jealous|excited|happy|nervous|annoyed|proud|sad|pumped|tired)|(?:can['’]?t|cannot|can not) wait|"
    r"how (?:\w+) is that|believe (?:it or not|me)|can you believe (?:it|that)|"
    r"which is (?:so|such|really|pretty|quite|rather|a bit|kind of|kinda|very|super|totally|the)\b[^,]*|"
    r"(?<=, )what an? [\w ]+|for what it['’]?s worth|and so on|and that['’]?s (?:it|that|all))[.!]*$",
    re.IGNORECASE,
)
#: How somebody feels about it just now.
_MOOD = re.compile(
    r"^(?:(?:I|we) (?:am|are)|(?:I|we|it|that|they|he|she)['’](?:m|re|s)|(?:it|that|they|he|she) (?:is|are|was)) "
    r"(?:all |also |just )*(?:so|such|pretty|really|rather|quite|kinda|kind of|sort of|sorta|super|a bit|totally|"
    r"absolutely|well|the (?:best|worst)|amazing|awesome|great|lovely|awful|horrible|weird|crazy|fun|funny|nice|cool|"
    r"embarrassing|annoying|exciting)\b(?: [\w'’-]+){0,3}$|"
    r"^[\w'’ -]+?(?:['’](?:m|s|re)| am| is| are) (?:finally |much |way |still |always )?(?:strict|fair|nice|kind|mean|"
    r"lovely|great|good|bad|happy|sad|okay|ok|fine|bigger|better|worse|smaller|nicer|worth it|"
    r"the (?:best|worst)|amazing|awesome)$",
    re.IGNORECASE,
)
_HE = re.compile(r"^(?P<who>he|she)(?P<is>['’]s)?\b", re.IGNORECASE)
_IT = re.compile(r"^it(?P<is>['’]s)?\b", re.IGNORECASE)
_THEY = re.compile(r"^they(?P<are>['’]re)?(?P<have>['’]ve)?\b", re.IGNORECASE)
_WHOSE = re.compile(r"^(?:his|her|its|their) (?=name['’]s\b|\w+ (?:is|are|was|were)\b)", re.IGNORECASE)
#: Who is meant is not said, at the end.
_LEFT_OPEN = re.compile(r"\b(?:it|them|him|her|that|this|so)[.!]*$", re.IGNORECASE)
_NEW_ONE = re.compile(r"\ba new [\w -]+$")
_DENIED = re.compile(r"\b(?:not|\w+n['’]t)\b", re.IGNORECASE)
#: All of it was told: "Bob's dog is called Rex, he told me".
_TOLD = re.compile(r", (?:he|she|they) (?:told|tells?|said|says?|claims?|claimed|wrote|mentioned)(?: (?:me|us))?[.!]*$")
_OBJECT = re.compile(r" (?:for|with|to|of|from|by|at) (him|her)[.!]*$")
_NAMED_IT = re.compile(
    r"^(?:(?:I|we|he|she|they)(?:['’](?:s|ve|m|re)| has| have| am| are)? )?(?:just )?"
    r"(?:named|called|call|calls|calling|naming) (?:it|him|her|them) ([A-Z].*)$",
    re.IGNORECASE,
)
_HAS = re.compile(r"^ (?:been|gone|got|had|made|moved|started|bought|lost|won|just|already)\b")
_FOLLOWING_LL = re.compile(r"^(?:he|she|it|they|we|I)['’](?:ll|d)\b", re.IGNORECASE)
#: "a puppy", "a grey cat": the user's own from then on. "my sister Orla" is named as she is.
_NEW = re.compile(r"^(?:an?|another) (?:new |little |small |big |tiny )*((?:[a-z][\w'’-]* )?[a-z][\w'’-]*)$")
_KNOWN = re.compile(rf"^(?:my|our|the) [\w'’-]+(?: [\w'’-]+)?(?: {_NAME})?$")
_WHEN = re.compile(r" (?:last|this|next) \w+$| (?:yesterday|today|tomorrow|recently|again)$")
_HAVING = ("have", "get", "got", "own", "adopt", "adopted", "buy", "bought")
_CALLED = re.compile(r"^\w+(?:['’]s| is) (?:called|named)\b", re.IGNORECASE)
_FEMALE = r"sister|mother|mum|mom|wife|daughter|aunt|niece|grandmother|grandma|gran|nan|girlfriend|fiancee"
_MALE = r"brother|father|dad|husband|son|uncle|nephew|grandfather|grandpa|boyfriend|fiance"


def without_asides(sentence: str) -> str:
    """Return a sentence without what stands beside the news: "if you ever need it", "how cool is that"."""
    bare = re.sub(r"(?<!\S)i(?=['’]| [a-z])", "I", re.sub(r"\s+", " ", sentence)).strip()
    before = ""
    while before != bare:
        before, bare = bare, _ASIDE.sub("", bare)
    return bare


def clauses(sentence: str) -> List[str]:
    """Return the clauses of a sentence in order, pronouns as they were said, without what only stands beside them."""
    bare = without_asides(sentence)
    if _TOLD.search(bare):
        return [bare]
    found: List[str] = []
    start = 0
    for match in _BOUNDARY.finditer(bare):
        after = bare[match.end() :]
        if _is_another(bare[start : match.start()], after):
            found.append(bare[start : match.start()])
            start = match.end()
    return [part for part in (piece.strip(" ,;") for piece in [*found, bare[start:]]) if part]


def _is_another(before: str, after: str) -> bool:
    """Return True where what follows is a clause, not the second of two things ("my dog and my cat")."""
    if _DENIED.search(before) and re.match(r"(?:it|he|she|they)['’](?:s|re)\b", after):
        return False  # "My dog isn't called Rex, it's Max"
    if _NEW_ONE.search(before) and re.match(r"it(?:['’]s| is)\b", after):
        return False  # "I have a new favourite singer, it's Dua Lipa"
    if re.match(r"(?:I|we|he|she|it|they)\b", after, re.IGNORECASE) or _WHOSE.match(after):
        return True
    does = _DOES.match(after)
    if does and re.search(r", [A-Z][\w'’-]*$", before):
        return False  # "My manager, Solvei, goes on leave"
    if does:
        return is_past(does.group("verb")) or not re.match(r"(?:I|we)\b", without_opener(before), re.IGNORECASE)
    upto = _BOUNDARY.search(after)
    return parse_statement(after[: upto.start()] if upto else after) is not None


def is_mood(clause: str) -> bool:
    """Return True for "I'm so nervous" and "it's so embarrassing": gone tomorrow."""
    return _MOOD.match(clause.strip(" .!")) is not None


def standing_alone(clause: str, before: Optional[Statement]) -> str:
    """Return a clause with its first pronoun replaced by whom it stands for, "" where that is not plain.

    :param before: what was said before it.
    """
    if _FOLLOWING_LL.match(clause) and not re.match(r"(?:I|we)\b", clause, re.IGNORECASE):
        return ""
    named = _NAMED_IT.match(clause)
    if named:
        what = "" if before is None else _its_name(before)
        return f"{what} is called {named.group(1)}" if what else ""
    for pattern, thing in ((_HE, False), (_IT, True), (_THEY, True)):
        match = pattern.match(clause)
        if match is None:
            continue
        whom = "" if before is None else _antecedent(before, match, thing, clause)
        rest = clause[match.end() :]
        if not whom or _LEFT_OPEN.search(rest):
            return ""
        if match.groupdict().get("is"):
            rest = f" has{rest}" if _HAS.match(rest) else f" is{rest}"
        elif match.groupdict().get("are"):
            rest = f" are{rest}"
        elif match.groupdict().get("have"):
            rest = f" have{rest}"
        return f"{whom[0].upper()}{whom[1:]}{rest}"
    whose = _WHOSE.match(clause)
    if whose:
        owner = (
            ""
            if before is None
            else _antecedent(before, whose, not re.match(r"(?:his|her)\b", clause, re.IGNORECASE), "")
        )
        return f"{owner[0].upper()}{owner[1:]}'s {clause[whose.end() :]}" if owner else ""
    told_of = _OBJECT.search(clause)
    if (
        told_of
        and before is not None
        and not before.speaks_of_self
        and _fits(before.subject, False, told_of.group(1) == "her")
    ):
        return f"{clause[: told_of.start(1)]}{before.subject}"
    return clause


def _antecedent(before: Statement, match: Match[str], thing: bool, clause: str) -> str:
    """Return whom or what a pronoun stands for, "" where there are two or none."""
    pronoun = match.group(0).lower()
    female = bool(re.match(r"she|her\b", pronoun))
    named = _named_at_the_end(before)
    if thing and named and re.match(r"^it(?:['’]s| is) (?:an?|the|that|this) ", clause):
        return named
    if before.speaks_of_self:
        for phrase in (before.middle, _WHEN.sub("", before.complement)):
            owned = _NEW.match(re.split(r" (?:with|from|for|in|at|on|of) ", phrase)[0])
            if owned:
                return f"my {owned.group(1)}"
            if _KNOWN.match(phrase) and _fits(phrase, thing, female):
                return phrase
        return ""
    subject = re.sub(r"['’]s name$", "", before.subject)
    owned = _NEW.match(before.complement) if before.lemma in _HAVING else None
    if owned and _CALLED.match(clause):
        return f"{subject}'s {owned.group(1)}"
    if not _fits(subject, thing, female):
        return ""
    # "My boss met my sister. She is ...": either of them.
    if not thing and is_somebody(before.complement) and _fits(before.complement, thing, female):
        return ""
    return subject


def _its_name(before: Statement) -> str:
    """Return what was named, with whose it is: "My dad's car" for "My dad drives an old car", then "he named it"."""
    owned = re.match(r"^(?:an?|the|my|our|his|her|their) (?:[\w-]+ )*?([a-z][\w-]*)$", _WHEN.sub("", before.complement))
    if owned is None:
        return ""
    return (
        f"My {owned.group(1)}"
        if before.speaks_of_self
        else f"{before.subject[0].upper()}{before.subject[1:]}'s {owned.group(1)}"
    )


def _named_at_the_end(before: Statement) -> str:
    """Return the name of a place that a statement ends with: "Pellow's" of "I got a job at Pellow's"."""
    name = re.fullmatch(rf"{_NAME}(?: {_NAME})*", before.complement)
    return before.complement if name and before.preposition and before.middle else ""


def _fits(phrase: str, thing: bool, female: bool) -> bool:
    """Return True where a pronoun may stand for a phrase: "she" for nobody's brother, "it" for nobody."""
    person = bool(
        re.search(rf"\b(?:{PEOPLE}|{_FEMALE}|{_MALE}|lady|woman|man|girl|boy|guy)\b", phrase)
    ) and not re.search(r"['’]s\b", phrase)
    if thing:
        return not person
    return not re.search(rf"\b(?:{_MALE if female else _FEMALE})\b", phrase)


#: "When my aunt gave up the farm, she bought a cottage": the news stands in what follows.
_SUBORDINATE = re.compile(
    r"^(?:after|when|although|though|even though|since|while|because|once|now that|as) "
    r"(?:([^,]+), (?=(?:I|we|my|our|the|he|she|it|they)\b)|((?:I|we) [^,]+?) (?=(?:I|we) \w))(.+)$",
    re.IGNORECASE,
)


def parsed_clauses(sentence: str, before: Optional[Statement] = None) -> List[Statement]:
    """Return the statements that the clauses of a sentence make, each standing by itself.

    Where the first of them is none ("My sister" of "My sister and I share a room") the whole sentence is tried.

    :param before: what was said before.
    """
    found: List[Statement] = []
    led = _SUBORDINATE.match(without_opener(sentence))
    if led:
        before, sentence = parse_statement(led.group(1) or led.group(2)), led.group(3)
    for number, clause in enumerate(clauses(sentence)):
        alone = standing_alone(clause, found[-1] if found else before)
        if number and _DOES.match(clause):
            alone = f"{found[-1].subject[0].upper()}{found[-1].subject[1:]} {clause}" if found else ""
        if found and (is_mood(clause) or is_small_talk(alone)):
            continue
        statement = parse_statement(alone) if alone else None
        if statement is None and number == 0:
            whole = parse_statement(sentence)
            if whole is not None:
                return [whole]
        if statement is not None:
            found.append(statement)
    return found
