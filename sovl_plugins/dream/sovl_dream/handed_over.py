"""Where in a turn somebody else's words begin or end: a text is handed over, or a part is played.

Each function judges one sentence, in which :data:`sovl_dream.quotations.MARK` stands for a quotation.
"""

from __future__ import annotations

import re

from sovl_dream.lexicon import LANGUAGE

_PLEASE = (
    r"(?:(?:please|now|and|then|so|can you|could you|would you|will you|i want you to|i need you to|i['’]d like you to|"
    r"help me(?: to)?)[ ,]+)*"
)
_TEXT = (
    "text|essay|story|letter|e-?mail|mail|draft|poem|article|paragraph|code|log|transcript|message|translation|"
    "conversation|summary|song|lyrics|quote|quotation|saying|proverb|review|post|tweet|comment|speech|bio|biography|"
    "profile|advert|ad|listing|chat|dialogue|dialog|scene|passage|excerpt|extract|abstract|chapter|page|document|"
    "report|statement|caption|riddle|joke|voicemail|sms|memo|prompt|snippet|sentence|sentences|sample|scenario|"
    "monologue|script|instructions?|answer|reply|response|output|headline|verse|"
    "chorus|refrain|prayer|note|announcement|"
    "(?:press )?release|exercise|homework|quiz|horoscope|slogan|(?:\\w+ )?of the day|spam"
)
#: What is a text only where one follows: "Premise: ...".
_AHEAD = "input|premise|hypothesis|template|lines?|plot|testimonial"
_SAYING = (
    "wrote|writes|written|said|says|reads|asked|asks|texted|posted|sent|replied|told|tweeted|commented|shouted|shouts|"
    "whispered|claims|claimed|mentioned|explained|added|announced|announces|went|goes|began|begins|starts|started|sang|sings|"
    "quoted|answered|answers|states|stated|declares|declared|yelled|screamed|dictated|recited|printed|emailed|e-mailed"
)
#: What somebody may be asked to do with a text.
_WORK = (
    "summari[sz]e|translate|rewrite|reword|rephrase|paraphrase|correct|proofread|improve|polish|edit|fix|continue|"
    "complete|shorten|simplify|spell-?check|tl;?dr|"
    "analy[sz]e|classify|check|answer|read|repeat|explain|reply to|respond to|finish|format|convert|extract|review|rate"
)
_PLAYED = re.compile(
    rf"^{_PLEASE}(?:imagine|pretend|suppose|assume|act as|role-?play|let['’]?s (?:play|pretend|imagine|assume|role)|"
    r"let['’]?s (?:write|tell|make up|invent|create) (?:an?|our|the) (?:\w+ )?(?:story|tale|scene|novel|adventure)\b|"
    r"you(?:['’]re| are) (?:an?|the|my) [\w ]{1,30},? and (?:i am|i['’]m|i play) (?:an?|the|your)\b|picture this|"
    r"thought experiment|"
    r"(?:answer|behave|reply|respond|speak|talk|write) (?:as|like) (?:if|an?|the|my|our)\b|let (?:\w|the \w+) be\b|"
    r"you (?:be|play the (?:role|part) of) (?:an?|the|my|our)\b|two truths and (?:a|one) lie|"
    r"you are now\b|you['’]re now\b|from now on,? your?\b|hypothetically|once upon a time|"
    r"for the rest of (?:this|the|our) (?:chat|conversation|talk|session|game|story)|"
    r"in (?:my|this|the|a|that) (?:story|novel|book|film|movie|game|play|poem|dream|song|scene|video|show|series)\b|"
    r"(?:in|for) (?:this|the|that) (?:scenario|exercise|example|role-?play|simulation|thought experiment)\b)",
    re.IGNORECASE,
)
_SET_TO_WORK = re.compile(rf"^{_PLEASE}(?:{_WORK})\b", re.IGNORECASE)
_BEGINS_TO_TALK = (
    r"(?:i|my|we|our|the|a|an|he|she|it|they|his|her|hi|hello|dear|hey|you|your)\b|\ue000|i['’]|\w+(?: \w+)?:\s"
)
#: What follows the colon, here or in the lines below, is no mere value.
_TALK_FOLLOWS = rf"[^\w\n]*:\s*(?:$|(?={_BEGINS_TO_TALK}))"
_OF_A_TEXT = r"(?:says|reads|from|by|of|for|to(?! (?:self|me|myself))|about(?! me| myself)|i|that|below|above)\b"
_LEAD = re.compile(
    r"^(?!(?:as )?(?:i|we) (?:said|told|mentioned|wrote|added|repeat|mean|meant|already|just)\b)[^:\n]{0,120}?"
    rf"(?:\b(?:{_TEXT}|{_AHEAD})(?: {_OF_A_TEXT}[^:\n]{{0,60}})?"
    rf"|\b(?:your|his|her|their|the) (?:\w+ )?(?:{_TEXT}) (?:is|was|were)"
    r"|\b(?:like this|as follows|after me|examples?|for instance|e\.g\.|such as|favou?rite (?:line|lyric)s? (?:is|are)"
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
#: "He's like, my car is faster".
_QUOTATIVE = re.compile(
    r"\b(?:he|she|they)(?:['’]s|['’]re| is| are| was| were) (?:(?:all|just) )*like,? (?:i|we|my \w+ (?:is|are|was))\b",
    re.IGNORECASE,
)
#: What only a model says of itself.
_OF_A_MODEL = re.compile(
    r"\b(?:as|i am|i['’]?m)(?: \w+,)? (?:(?:just|only) )?(?:an? (?:ai(?: (?:language )?(?:model|assistant|chatbot))?|"
    r"artificial intelligence|(?:large )?language model|chatbot)\b(?![ -](?:\w+er|\w+or|\w+ist|student|company)\b)|"
    r"(?:chatgpt|gpt-?\d)\b)",
    re.IGNORECASE,
)
#: "Type my name is Bob".
_UTTERED = re.compile(
    rf"^{_PLEASE}(?:say|type|print|echo|output|recite|write|answer|reply|respond)(?: only| just| exactly)*(?: with)?"
    r":? (?:i|my|we|our) (?:[\w'’-]+ ){0,3}(?:is|am|are|live|have|work)\b",
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
    rf"|(?:->|=>|→) ?(?:{LANGUAGE})[.!?]?$"
    rf"|^{_PLEASE}(?:{_WORK}) (?:this|that|these) (?:\w+ )?(?:{_TEXT})\b"
    rf"|^{_ASKING}.*\b(?:this|that|these|the) (?:{_TEXT})(?: above)?\b.*\?$"
    rf"|\b(?:the|this) (?:{_TEXT}) above\b|\babove (?:{_TEXT})\b|\bthe above\b"
    r"|^(?:what|who) (?:is|was) (?:this|that) (?:about|from|by)\b"
    rf"|^{_PLEASE}(?:translate|summari[sz]e|rewrite|reword|rephrase|paraphrase|proofread|polish|shorten|simplify)"
    r"(?:,? please)?[.!]*$"
    rf"|^{_PLEASE}(?:(?:say|put|write|repeat|turn|make) (?:that|this|it) |(?:rewrite|reword|rephrase|translate) )"
    rf"(?:in|into|to|as) (?:{LANGUAGE}|the \w+ (?:tense|voice)|(?:an?|the) (?:\w+ )?(?:{_TEXT}|question))\b"
    rf"|^{_PLEASE}make (?:that|this|it) (?:plural|singular|shorter|longer|simpler|(?:more )?(?:in)?formal|rhyme)\b"
    r"|^(?:which|what|how many) (?:words?|verbs?|nouns?|letters?|syllables?|tense)\b"
    rf"|^(?:{_PLEASE}(?:in|to|into) (?:{LANGUAGE})(?:,? please)?[.!?]*)$"
    r"|^how (?:do|would|can|should) (?:you|i|we) (?:say|write|spell|translate) (?:that|this|it)\b"
    r"|^(?:is|was) (?:this|that|it) (?:correct|good|proper|right|grammatical(?:ly correct)?) "
    r"(?:english|grammar|spelling|style)\b",
    re.IGNORECASE,
)


def begins_anothers_words(sentence: str) -> bool:
    """Return True where what follows was not said by the user as themselves: a text to work on, a part to play."""
    if _PLAYED.match(sentence) or _SET_TO_WORK.match(sentence) or _HERE_IS.match(sentence):
        return True
    if _QUOTATIVE.search(sentence) or _OF_A_MODEL.search(sentence) or _UTTERED.match(sentence):
        return True
    leads = _LEAD.match(sentence) or _SAID_LEAD.match(sentence)
    return leads is not None and _OWN_LEAD.search(sentence) is None


def is_about_what_stands_before(sentence: str) -> bool:
    """Return True for a request or a question about what was said before it as a text: "Translate this"."""
    return _BEFORE.search(sentence) is not None
