"""What the user passes on without vouching for it: "according to the letter", "my brother claims", "he said".

Each function judges one sentence. A plain report stays: "My doctor says I have asthma" is learned as what the doctor
says, never without the doctor.
"""

from __future__ import annotations

import re

#: Nothing but speech: "..., he said".
_SPEAKING = (
    "say|says|said|write|writes|wrote|claim|claims|claimed|shout|shouts|shouted|yell|yells|yelled|scream|screams|screamed|"
    "whisper|whispers|whispered|mutter|muttered|murmur|murmured|announce|announces|announced|declare|declares|declared|"
    "explain|explains|explained|exclaim|exclaims|exclaimed|report|reports|reported|repeat|repeats|repeated|reply|replies|"
    "replied|mention|mentions|mentioned|state|states|stated"
)
_SAYING = _SPEAKING + (
    "|tell|tells|told|ask|asks|asked|answer|answers|answered|add|adds|added|quote|quotes|quoted|post|posts|posted|text|"
    "texts|texted|tweet|tweets|tweeted|read|reads|sing|sings|sang|joke|jokes|joked|cry|cries|cried|recall|recalls|"
    "recalled|comment|comments|commented"
)
_DOUBTED = (
    "claims?|claimed|alleges?|alleged|insists?|insisted|believes?|believed|thinks?|thought|pretends?|pretended|"
    "swears?|swore|reckons?|reckoned|suspects?|suspected|assumes?|assumed|imagines?|imagined|maintains?|maintained|guesse[sd]|"
    "supposes?|supposed|suggests?|suggested|dreams?|dreamt|dreamed|fears?|feared|lied|lies"
)
_UNSURE = re.compile(
    r"^(?:supposedly|allegedly|apparently|reportedly|purportedly|seemingly|rumou?r has it|legend has it|word has it|"
    r"word is|the story goes|they say|people say|some say|it is said|it['’]s said|one says|you said|"
    r"(?:as|like) (?:you|he|she|they|someone|somebody)\b|"
    r"(?:in|from) (?!my|our)(?:[\w'’]+ ){1,3}(?:opinion|view|eyes|words|version)\b)",
    re.IGNORECASE,
)
_ACCORDING = re.compile(
    r"\b(?:according to|in the words of|quote,? unquote|supposedly|allegedly|purportedly)\b", re.IGNORECASE
)
_DOUBTED_CLAUSE = re.compile(
    rf"^(?!(?:i|we)\b)(?:[\w.'’-]+ ){{1,6}}?(?:{_DOUBTED}) "
    r"(?:that|i|we|my|our|his|her|he|she|it|they|their)\b",
    re.IGNORECASE,
)
#: "..., he said", "..., said my colleague", "..., as the vet wrote".
_SAID_AFTER = re.compile(
    rf", (?:as |so )?(?:(?:{_SPEAKING})(?: to \w+)? (?!(?:me|us|that|to|i|we)\b)[\w.'’-]+"
    rf"|(?!(?:i|we|and|but|who|which|so i)\b)(?:[\w.'’-]+ ){{1,4}}?(?:{_SPEAKING}))(?: [\w.'’-]+){{0,5}}$",
    re.IGNORECASE,
)
#: "My colleague said, my password is X": the colleague's words, without quotation marks.
_SPOKEN = re.compile(
    rf"^(?!(?:i|we)\b)(?:[\w.'’-]+ ){{1,6}}?(?:{_SAYING})(?: (?:me|us|him|her|them|everybody|everyone))?, "
    r"(?:(?:i|my|we|our)\b|(?:i|we)['’])",
    re.IGNORECASE,
)
_REPORT = re.compile(
    rf"^(?:[\w.'’-]+ ){{1,6}}?(?:{_SAYING}|{_DOUBTED}|hears?|heard|learns?|learned|knows?|knew|promised?|hopes?) "
    r"(?:(?:[\w'’-]+ ){0,6}?that|me|us|him|her|them|everybody|everyone|i|we|my|our|his|her|their|he|she|it|they|the)\b",
    re.IGNORECASE,
)
#: Whoever speaks of "the user" is not the user.
_OF_THE_USER = re.compile(
    rf"^(?:(?:the|your|an?|this|that) (?:\w+ )?(?:ai|bot|model|llm|machine|program)|chatgpt) (?:{_SAYING})\b|"
    r"\bthe (?:user|human|assistant|chatbot|language model|person (?:you are|you['’]re) (?:talking|speaking))\b",
    re.IGNORECASE,
)


def is_hearsay(sentence: str) -> bool:
    """Return True for what somebody else said, or may have said, and the user does not say as themselves."""
    bare = sentence.strip().rstrip(".! ")
    patterns = (_UNSURE, _ACCORDING, _DOUBTED_CLAUSE, _SAID_AFTER, _SPOKEN, _OF_THE_USER)
    return any(pattern.search(bare) for pattern in patterns)


def is_report(sentence: str) -> bool:
    """Return True for "My sister told me that ...": all that follows was told, so that no part stands by itself."""
    return _REPORT.match(sentence.strip()) is not None
