"""A sentence made ready for parsing: without what leads into it or trails off, contractions written out.

Remembers on the way whether it is said to hold now, or instead of something said before.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Match

from sovl_dream.lexicon import MONTH, PEOPLE

_OPENERS = re.compile(
    r"^(?:(?:by the way|btw|well|so+|oh+|actually|also|and|but|hi|hello|hey|you know|fyi|for the record|guess what|"
    r"turns out(?: that)?|(?:i )?(?:(?:just|recently|finally|only) )?(?:found|find) out(?: that)?|"
    r"i should (?:explain|say|mention|add|tell you)(?: that)?|(?:quick|small|little) (?:update|note|thing)|"
    r"you (?:can|may|could)(?= (?:just )?call me\b)|"
    r"(?:please )?(?:note|remember|don['’]?t forget|do not forget|keep in mind)(?: that| this)?|lol|haha|"
    r"(?:ok|okay) so|(?:so )?yeah(?= (?:i|we|my|our)\b)|so yeah|(?:ugh|argh|yay|aww|wow|omg|haha)|"
    r"ok(?:ay)?(?= (?:finally|just|i|we|my|our|got)\b)|to be (?:honest|fair)|tbh|ngl|omg|in all honesty|"
    r"(?:honestly|literally|basically|seriously)(?= (?:i|we|my|our|can(?:not|['’]?t)|do not|don['’]?t)\b)|"
    r"(?:i )?(?:didn['’]?t|did not|never|forgot to) (?:mention|say|tell you)"
    r"(?: it| this| that)?(?: before| yet| earlier)?,? but|"
    r"in my (?:opinion|view|book)|(?:given|if i had|if i have) the choice|"
    r"if (?:anyone|anybody|someone)(?: [\w'’-]+){0,5} (?:asks|wants to know)|"
    r"if you (?:ever )?(?:need|want|wonder|are|were|have to|call|visit|come)\b[^,?]*,(?= (?:the|my|our|i|we)\b)|"
    r"of (?:the|my|our) [\w ]+,|"
    r"just so you know|for your information|i want you to know that|"
    r"you should know(?: that|(?= (?:i|my|we|our)\b|,? i['’]?m\b))|"
    r"(?:you(?:['’]re| are) (?:going to|gonna) laugh|(?:do not|don['’]?t) laugh),? but|"
    r"i forgot to (?:say|mention|tell you) that|"
    r"(?:as|like) i (?:said|told you|mentioned)(?: before| earlier)?|"
    r"i (?:said|mean|meant|told you|mentioned)(?: that)?(?=,? (?:i|we|my|our)\b)|in fact)[,:!.]? |"
    r"(?:(?:hi|hello|hey)(?: there| again)|thanks(?: a lot)?|thank you(?: very much)?|ok|okay|yes|no|nope|sure|sorry|"
    r"right|great|nice|good (?:morning|evening|night|afternoon)|please|anyway|wait|wrong|correction|update|reminder|"
    r"(?:forget|ignore|scratch) (?:that|it|what i (?:said|wrote))|never ?mind|"
    r"p\.?s\.?|honestly|(?:good|bad|great) news|yeah(?!, and)|yep|unfortunately|sadly|luckily|fortunately|thankfully|"
    r"important|no kidding|i['’]?m (?:serious|not (?:kidding|joking))|seriously|(?:it|that)['’]?s true|"
    r"(?:that|it)(?:['’]?s| is) (?:wrong|not (?:right|true)))[,:!.] )",
    re.IGNORECASE,
)
#: Lead into what takes the place of something said before.
_INSTEAD = re.compile(
    r"\b(?:actually|no(?! kidding)|nope|sorry|wait|wrong|correction|update|in fact|not(?! kidding| joking)|mean|meant|"
    r"forget (?:it|that|what)|ignore|scratch|mind)\b",
    re.IGNORECASE,
)
_TRAILS = re.compile(
    r",? (?:by the way|btw|you know|though|haha+|lol|lmao|omg|tbh|ngl|imo|innit|honestly|"
    r"to be (?:honest|fair)|of course|i think|i guess|as well|too|actually|apparently|please|thanks|thank you|"
    r"[:;]-?[)D]|"
    r"(?P<now>nowadays|these days|any ?more|any longer|at the moment|right now|instead))$",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"(?<!\bright)(?<!\bfrom)(?<!\buntil)(?<!\bby)(?<!\bjust)(?<!\bevery)(?<!\bup to) now\b(?! and\b|,? on\b| that\b)"
)
_ACTUALLY = re.compile(r"^((?:\S+ ){0,4}?(?:is|are|am)) (?:actually|really) (?=\S)")
#: "My dog isn't called Rex, it's Max", "My dog's name is Max, not Rex".
_NOT_THIS = re.compile(
    r"^(.+? (?:is|are|am)) not (called |named )?[^,]+, (?:but|it['’]?s|it is) (?:called |named )?(.+)$"
)
_NOT_THAT = re.compile(r"^(.+), (?:and )?not [^,]+$")
_FRONTED = re.compile(
    r"^(today|yesterday|tomorrow|tonight|(?:last|this|next|every) \w+|on \w+|"
    rf"in (?:{MONTH}|\d{{4}}|(?:the )?(?:summer|winter|spring|autumn|morning|evening|afternoon)s?)|"
    r"(?:at|for|before|after|during|by|since|until|as) (?:[\w'’-]+ ){0,3}?[\w'’-]+),? "
    r"((?:I|my|we|our)\b.+)$",
    re.IGNORECASE,
)
#: What people say they did, are or are doing without a word for themselves: "sold the car", "allergic to nuts".
_DONE = (
    "got|bought|sold|moved|started|finished|adopted|won|lost|met|booked|signed|passed|broke|took|had|gave|picked|joined|"
    "found|fixed|painted|made|named|went|quit|left|ordered|learned|learnt|inherited|switched|changed|"
    "retired|grew up|turned|hid|put|kept|lent|stashed|planted|applied|enrolled|visited|stayed|baked|built|called|ran|"
    "ate|dropped|smashed|spilled|spilt|ruined|burnt|burned|forgot|paid|spent|saw|chose|cooked|planned"
)
_DONE_TO = r"(?:an?|my|our|the|to|up|into|some|out|off|down|for|from|in|at|with|back|last|tickets|\d\w*|\w{3,}ing)\b"
_BEING = (
    "allergic to|scared of|afraid of|addicted to|obsessed with|married to|engaged to|married|born|left[- ]handed|"
    "studying|living|working|driving|renting|teaching|training|learning|saving|moving|getting married"
)


def _by_the_user(match: Match[str]) -> str:
    return f"I {match.group(1).lower()} "


def _is_the_user(match: Match[str]) -> str:
    said = match.group(1).lower()
    return f"I {'was' if said.endswith('born') else 'am'} {said} "


def _the(phrase: str) -> str:
    return re.sub(r"^an? ", "The ", phrase) if phrase.startswith("a") else phrase.capitalize()


_REWRITTEN = (
    (
        re.compile(r"^(Mum|Mom|Dad|Mummy|Daddy|Gran|Granny|Grandma|Grandpa|Granddad|Nan|Nana)\b(?=['’]s | [a-z])"),
        lambda m: f"My {m.group(1).lower()}",
    ),
    (re.compile(r"^Me and ((?:my |our )?[\w'’-]+) "), lambda m: f"{m.group(1)[:1].upper()}{m.group(1)[1:]} and I "),
    # Who tells leaves themselves out.
    (
        re.compile(
            r"^((?:Still |Just |Finally |Recently )?"
            r"(?:Can not (?:stand|do|eat|have|drink)|Hate|Love|Adore|Prefer|Live in|Work at)) "
            r"(?!you\b|u\b)"
        ),
        lambda m: f"I {m.group(1).lower()} ",
    ),
    (re.compile(rf"^((?:Just |Finally |Recently |Already )?(?:{_DONE})) (?={_DONE_TO})", re.IGNORECASE), _by_the_user),
    (re.compile(rf"^((?:Still |Currently |Also |Now )?(?:{_BEING})) ", re.IGNORECASE), _is_the_user),
    (
        re.compile(r"^((?:Still |Just |Already )?[Bb]een) (?=(?:with|to|in|at|off|an?|the) )"),
        lambda m: f"I have {m.group(1)[0].lower()}{m.group(1)[1:]} ",
    ),
    # "The new cafe on the corner, it's called Grindstone".
    (
        re.compile(r"^((?:My|Our|The) [\w'’ -]+?), (?:it|he|she|they)(?:['’](s|re)| (is|are|has|was)) (?=\w)"),
        lambda m: f"{m.group(1)} {m.group(3) or ('are' if m.group(2) == 're' else 'is')} ",
    ),
    (re.compile(r"^(I|We) (?:am|are) (?:calling|naming) (?=(?:the|our|my) \w+ [A-Z])"), r"\1 call "),
    # "There's a spare key under the pot".
    (
        re.compile(
            r"^There(?:['’]s| is| are) ((?:an?|two|three|some) .+?) "
            r"((?:in|on|under|behind|at|by|next to|near|inside) .+)$"
        ),
        lambda m: f"{_the(m.group(1))} {'is' if m.group(1).startswith('a') else 'are'} {m.group(2)}",
    ),
    # "There are 31 beds on our ward".
    (
        re.compile(
            r"^There are ((?:\d+|[a-z]+(?:teen|ty|ty-[a-z]+)|two|three|four|five|six|seven|eight|nine|ten|eleven|"
            r"twelve) .+?) (?:in|on|at) ((?:my|our) [\w'’ -]+)$"
        ),
        lambda m: f"{m.group(2)[0].upper()}{m.group(2)[1:]} has {m.group(1)}",
    ),
    # A cleft: "It was Ann who lent me the money".
    (
        re.compile(r"^It (?:is|was|['’]s) ((?:[A-Z]|my |our ).+?) (?:who|that) (?=[a-z])"),
        lambda m: f"{m.group(1)[:1].upper()}{m.group(1)[1:]} ",
    ),
    (re.compile(r"^What ((?:I|we)\b.+? (?:is|are) )(?=\w)"), r"The thing \1"),
    # "O negative, that's my blood type".
    (
        re.compile(r"^([^,]+), that['’]s ((?:my|our) [\w'’ -]+)$"),
        lambda m: f"{m.group(2)[0].upper()}{m.group(2)[1:]} is {m.group(1)}",
    ),
    (re.compile(r" goes by (?:the name (?:of )?)?(?=[A-Z])"), " is called "),
    (
        re.compile(r"^(.+) has the (code ?name|nickname|name|title|number|motto|password) (?=\S)"),
        lambda m: f"The {m.group(2)} of {re.sub('^(?:The|My|Our|An?) ', lambda d: d.group().lower(), m.group(1))} is ",
    ),
    (re.compile(r"^Call me (?=[A-Z])"), "I am called "),
    (
        re.compile(r"^(I|We) have (?:got )?an? ([a-z]+(?: [a-z]+)?) (?:named|called) (?=[A-Z][\w'’-]*$)"),
        r"My \2 is called ",
    ),
)
_CONTRACTIONS = (
    (re.compile(r"^(I)['’]?m\b"), r"\1 am"),
    (re.compile(r"^(We|They)['’]re\b"), r"\1 are"),
    (re.compile(r"^(I|We)['’]ve\b|^(I)ve\b"), lambda m: f"{m.group(1) or m.group(2)} have"),
    (re.compile(r"^(I|We)['’]ll\b"), r"\1 will"),
    (re.compile(r"^(I|We)['’]d (?=be\b|like\b|love\b|prefer\b|rather\b|hate\b|take\b|choose\b|pick\b)"), r"\1 would "),
    (re.compile(r"^(I|We)['’]d\b"), r"\1 had"),
    (re.compile(r"^((?:My|Our|The) (?:[\w'’-]+ ){0,4}?name)['’]s\b"), r"\1 is"),
    (
        re.compile(r"^((?:My|Our|The)(?: [\w-]+){1,4})['’]s (?=(?:called|named|now|not|an?|the|in|at|on|from)\b)"),
        r"\1 is ",
    ),
    (
        re.compile(
            rf"^((?:(?:My|Our) (?:[\w-]+ )?(?:{PEOPLE})|The [\w-]+)(?: [A-Z][\w-]*)?)['’]s (?=(?:getting|going|coming|"
            r"moving|having|learning|starting|staying|studying|working|living|doing|making|teaching|playing|leaving|"
            r"visiting|training|expecting|running|taking|selling|buying|flying|driving|turning|writing|building|"
            r"opening|saving|looking for)\b)"
        ),
        r"\1 is ",
    ),
    (re.compile(r"\b([Cc]an)(?:not|['’]?t)\b"), r"\1 not"),
    (re.compile(r"\bwon['’]?t\b"), "will not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|have|has|had|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"\b(\w+)n['’]t\b"), r"\1 not"),
)


#: "My locker's number 3817": read so where nothing else in the sentence is a verb.
_NOUN_IS = re.compile(r"^((?:[\w-]+ ){0,5}?[A-Za-z][\w-]*)['’]s (?=\S)")
#: "The landlord, a guy named Petrakis, takes checks": who it is besides.
_APPOSED = re.compile(r"^((?:My|Our|The) [\w'’ -]+?), (?:an?|the|one|who|which) [^,]+, (?=[a-z])")
_NOUN_HAS = re.compile(r"^((?:(?:My|Our|The) (?:[\w-]+ ){0,4}?)?[A-Za-z][\w-]*)['’]s (?=(?:been|gone|got|had)\b)")


@dataclass(frozen=True)
class Sentence:
    """A sentence ready for parsing: ``text`` without its full stop, and what it lost on the way.

    ``newly`` is True where it is said to hold now or instead of something else: "now", "any more", "actually".
    """

    text: str
    newly: bool = False


def without_opener(sentence: str) -> str:
    """Return a sentence without what leads into it: "Hi, my name is Ann." gives "my name is Ann."."""
    before = ""
    while before != sentence:
        before, sentence = sentence, _OPENERS.sub("", sentence, count=1)
    return sentence


def plain_sentence(text: str) -> Sentence:
    """Make a sentence ready for parsing: "Actually, I'm a nurse now." gives "I am a nurse", said to hold now."""
    clean = without_end(re.sub(r"\s+", " ", text))
    bare = without_opener(clean)
    newly = bool(_INSTEAD.search(clean[: len(clean) - len(bare)]))
    bare, trails = _without_trails(bare)
    bare = bare[:1].upper() + bare[1:]
    bare = _NOUN_HAS.sub(r"\1 has ", bare)
    for pattern, full in _CONTRACTIONS:
        bare = pattern.sub(full, bare)
    still, now = _NOW.subn("", bare)
    if now and len(still.split()) > 2:
        bare, newly = still, True
    really, actually = _ACTUALLY.subn(r"\1 ", bare)
    if actually:
        bare, newly = really, True
    turned = _NOT_THIS.match(bare) or _NOT_THAT.match(bare)
    if turned:
        bare, newly = " ".join((part or "").strip() for part in turned.groups() if part), True
    bare = _APPOSED.sub(r"\1 ", bare)
    for pattern, other in _REWRITTEN:
        bare = pattern.sub(other, bare)
    fronted = _FRONTED.match(bare)
    if fronted:
        when, rest = fronted.groups()
        for pattern, full in _CONTRACTIONS:
            rest = pattern.sub(full, rest)
        bare = f"{rest[0].upper()}{rest[1:]} {when[0].lower()}{when[1:]}"
    return Sentence(bare, newly or trails)


def written_out(text: str) -> str:
    """Return a sentence with the "'s" after its subject written out: "My tag's q_88" gives "My tag is q_88"."""
    return _NOUN_IS.sub(r"\1 is ", text, count=1)


def without_end(text: str) -> str:
    """Take off the full stop, and the pictures that stand for a smile."""
    end = len(text)
    while end and (text[end - 1] in " .!\u200d\ufe0f" or unicodedata.category(text[end - 1]) == "So"):
        end -= 1
    return text[:end].strip()


def _without_trails(sentence: str) -> tuple[str, bool]:
    newly = False
    while True:
        found = _TRAILS.search(sentence)
        if found is None or len(sentence[: found.start()].split()) < 3:
            return sentence, newly
        newly = newly or found.group("now") is not None
        sentence = sentence[: found.start()]
