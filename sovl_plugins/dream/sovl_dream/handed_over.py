"""Where in a turn somebody else's words begin or end: a text is handed over, or a part is played.

Each function judges one sentence, in which :data:`sovl_dream.quotations.MARK` stands for a quotation.
"""

from __future__ import annotations

import re

_PLEASE = (
    r"(?:(?:please|now|and|then|so|can you|could you|would you|will you|i want you to|i need you to|i['’]d like you to|"
    r"help me(?: to)?)[ ,]+)*"
)
_TEXT = (
    "text|essay|story|letter|e-?mail|mail|draft|poem|article|paragraph|code|log|transcript|message|translation|"
    "conversation|summary|song|lyrics|quote|quotation|saying|proverb|review|post|tweet|comment|speech|bio|biography|"
    "profile|advert|ad|listing|chat|dialogue|dialog|scene|passage|excerpt|extract|abstract|chapter|page|document|"
    "report|statement|caption|riddle|joke|voicemail|sms|memo|prompt|snippet|sentence|sentences|sample|scenario|"
    "monologue|script|instructions?|answer|reply|response|output|headline|verse|chorus|refrain|prayer|note|announcement|"
    "(?:press )?release|exercise|homework|quiz|horoscope|slogan|(?:\\w+ )?of the day|spam"
)
_SAYING = (
    "wrote|writes|written|said|says|reads|asked|asks|texted|posted|sent|replied|told|tweeted|commented|shouted|shouts|"
    "whispered|claims|claimed|mentioned|explained|added|announced|announces|went|goes|began|begins|starts|started|sang|sings|"
    "quoted|answered|answers|states|stated|declares|declared|yelled|screamed|dictated|recited|printed|emailed|e-mailed"
)
#: What somebody may be asked to do with a text.
_WORK = (
    "summari[sz]e|translate|rewrite|rephrase|paraphrase|correct|proofread|improve|edit|fix|continue|complete|shorten|"
    "analy[sz]e|classify|check|answer|read|repeat|explain|reply to|respond to|finish|format|convert|extract|review|rate"
)
_PLAYED = re.compile(
    rf"^{_PLEASE}(?:imagine|pretend|suppose|assume|act as|role-?play|let['’]?s (?:play|pretend|imagine|assume)|"
    r"you are now\b|you['’]re now\b|from now on,? you\b|hypothetically|once upon a time|"
    r"for the rest of (?:this|the|our) (?:chat|conversation|talk|session|game|story)|"
    r"in (?:my|this|the|a|that) (?:story|novel|book|film|movie|game|play|poem|dream|song|scene|video|show|series)\b)",
    re.IGNORECASE,
)
_SET_TO_WORK = re.compile(rf"^{_PLEASE}(?:{_WORK})\b", re.IGNORECASE)
_BEGINS_TO_TALK = r"(?:i|my|we|our|the|a|an|he|she|it|they|his|her|hi|hello|dear|hey|you|your)\b|\ue000|i['’]"
#: What follows the colon, here or in the lines below, is no mere value.
_TALK_FOLLOWS = rf"[^\w\n]*:\s*(?:$|(?={_BEGINS_TO_TALK}))"
_OF_A_TEXT = r"(?:says|reads|from|by|of|for|to(?! (?:self|me|myself))|about(?! me| myself)|i|that|below|above)\b"
_LEAD = re.compile(
    r"^(?!(?:as )?(?:i|we) (?:said|told|mentioned|wrote|added|repeat|mean|meant|already|just)\b)[^:\n]{0,120}?"
    rf"(?:\b(?:{_TEXT})(?: {_OF_A_TEXT}[^:\n]{{0,60}})?"
    rf"|\b(?:your|his|her|their|the) (?:\w+ )?(?:{_TEXT}) (?:is|was|were)"
    r"|\b(?:like this|as follows|after me|example|e\.g\.|such as"
    rf"|(?:got|received|found|saw|read|heard|see) (?:this|that|these))(?: [\w ]{{0,30}})?){_TALK_FOLLOWS}",
    re.IGNORECASE,
)
#: "My friend texted me: ...", "The sign read: ..."; what I myself say after a colon is mine.
_SAID_LEAD = re.compile(
    rf"^(?!(?:as )?(?:i|we)\b)[^:\n]{{0,120}}?\b(?:{_SAYING}|read)\b[^:\n]{{0,60}}{_TALK_FOLLOWS}", re.IGNORECASE
)
_OWN_LEAD = re.compile(
    r"^(?:(?:quick|side|short|little|small|another|one more) )?note(?: to (?:self|myself))?\s*:|"
    r"\babout (?:me|myself|us)\s*:|^(?:my|our) (?:answer|reply|response)\s*:",
    re.IGNORECASE,
)
_HERE_IS = re.compile(
    rf"^(?:here(?:['’]?s| is| are)|below is|this is) (?:my|the|an?|some) (?:\w+ )?(?:{_TEXT})\b", re.IGNORECASE
)
_ASKING = r"(?:what|who|is|are|does|do|did|how|why|where|when|which|can|could|would|was)\b"
_BEFORE = re.compile(
    rf"^{_PLEASE}(?:translate|summari[sz]e|rewrite|rephrase|paraphrase|proofread|shorten|correct) "
    r"(?:this|that|these|all)\b"
    rf"|^{_PLEASE}(?:{_WORK}) (?:the |this |that |these |my )?(?:\w+ ){{0,3}}?"
    rf"(?:above|(?:in|of|from) (?:the|this|that) (?:{_TEXT})\b)"
    rf"|^{_PLEASE}(?:{_WORK}) (?:this|that|these) (?:\w+ )?(?:{_TEXT})\b"
    rf"|^{_ASKING}.*\b(?:this|that|these|the) (?:{_TEXT})(?: above)?\b.*\?$"
    rf"|\b(?:the|this) (?:{_TEXT}) above\b|\babove (?:{_TEXT})\b|\bthe above\b"
    r"|^(?:what|who) (?:is|was) (?:this|that) (?:about|from|by)\b"
    r"|^(?:is|was) (?:this|that|it) (?:correct|good|proper|right|grammatical(?:ly correct)?) "
    r"(?:english|grammar|spelling|style)\b",
    re.IGNORECASE,
)


def begins_anothers_words(sentence: str) -> bool:
    """Return True where what follows was not said by the user as themselves: a text to work on, a part to play."""
    if _PLAYED.match(sentence) or _SET_TO_WORK.match(sentence) or _HERE_IS.match(sentence):
        return True
    leads = _LEAD.match(sentence) or _SAID_LEAD.match(sentence)
    return leads is not None and _OWN_LEAD.search(sentence) is None


def is_about_what_stands_before(sentence: str) -> bool:
    """Return True for a request or a question about what was said before it as a text: "Translate this"."""
    return _BEFORE.search(sentence) is not None
