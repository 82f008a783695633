"""What tells nothing of the user or their world: greetings, requests, talk about the talk, what is only supposed.

Each function judges one sentence, from which :func:`sovl_dream.sentence.without_opener` has taken what leads into it.
"""

from __future__ import annotations

import re

_I_AM = r"(?:i am|i['’]?m)"
_SMALL_TALK = re.compile(
    r"^(?:hi|hello|hey|thanks|thank you|ok|okay|yes|no|sure|good (?:morning|evening|night)|bye|goodbye|please|sorry|"
    rf"{_I_AM} (?:(?:very|so|just|a bit|really|only|not|all) )?(?:fine|ok|okay|good|well|sorry|glad|bored|tired|hungry|"
    r"thirsty|back|sure|done|ready|here|happy|sad|confused|lost|curious|impressed|joking|kidding|afraid (?:that|i|you|"
    r"not)|talking|asking|wondering|working on (?:it|this|that|something)|looking for|trying to)|"
    r"that is|that['’]?s|this is|it is|it['’]?s|you are|you['’]?re|the weather|"
    r"what(?! (?:i|we)\b.* (?:is|are) \w)|why|how|who|when(?! [^,?]+, \w)|where|"
    r"which|can(?!['’]?t (?:stand|do|eat|drink) [a-z]{4}| ?not (?:stand|eat|drink) )|"
    r"could|would|will|do|does|did|tell|write|explain|give|show|make|let|name|list|sing|count|"
    r"say|describe|remind|help|invent|suggest|recommend|i see(?=[.,!]|$| (?:what|why|how|that|you)\b)|"
    r"i (?:was|am) wondering|"
    r"i(?: (?:do|did) not| don['’]?t| didn['’]?t)? (?:think|guess|hope|mean|wonder|suppose|assume|wish|bet|believe|"
    r"understand|agree|disagree|know (?:that|what|how|why|if|whether)|see (?:what|why|how|that)|feel)|"
    r"i(?: (?:forgot|forget|have forgotten)|['’]ve forgotten| (?:cannot|can['’]?t|can not) (?:remember|recall)) "
    r"(?:what|who|where|when|which|how|why|whether|if)|"
    r"i (?:never|always|keep|can never) (?:remember|recall|forget|forgetting) "
    r"(?:what|who|where|when|which|how|why|whether)|"
    r"i(?:['’]ve| have)(?: got| absolutely)* no (?:idea|clue)|"
    r"i(?: do not| don['’]?t) (?:know|care|remember)|i(?:['’]ll| will) (?:be (?:right )?back|try|let you)|"
    rf"{_I_AM} (?:so|pretty|kinda|kind of|sort of|super|a bit|dead|absolutely) \w+[.!]*$|"
    r"my (?:dear|god|goodness|bad|pleasure|apologies|guess|question|problem|point|request)"
    r"(?!-)(?! \w+ (?:is|are)\b))\b",
    re.IGNORECASE,
)
#: Wishes that are put to whoever listens: "I need a recipe", not "I need glasses to read".
_REQUEST = re.compile(
    r"^(?:i (?:want|need)|i(?:['’]d| would) like) (?:you|an?|some|more|help|advice|ideas|information|suggestions|tips|"
    r"the (?:answer|code|text|name of)|your|to (?:know|ask|write|see|hear|make|create|build|understand|translate))\b|"
    r"^i have (?:an?|another|one more|some|a few) (?:\w+ )?(?:questions?|problems?|issues?|errors?|requests?|doubts?|"
    r"ideas?|tasks?|texts?|favou?r)\b|"
    r"^i (?:have|need|got|['’]ve got) to (?:go|leave|run)(?: now| soon)?[.!]*$|^i(?:['’]m| am) off\b",
    re.IGNORECASE,
)
#: The listener is spoken of, or what was said just now.
_ABOUT_THE_TALK = re.compile(
    r"\b(?:you|your|yours|yourself)\b(?! know\b)|\b(?:this|that|these|those)[.!]*$", re.IGNORECASE
)
_SUPPOSED = re.compile(
    r"^(?:if|suppose|supposing|imagine|pretend|assume|assuming|hypothetically|let['’]?s (?:say|pretend|imagine|assume|"
    r"play)|maybe|perhaps|probably|possibly|what if|say|in theory|in an? (?:\w+ )?(?:world|universe)|"
    r"take the case|think of an? |picture an? )\b",
    re.IGNORECASE,
)
#: A question whose mark was not typed: "is my dog called rex".
_ASKED = re.compile(
    r"^(?:is|are|was|were|am) (?:i|my|our|we|the|he|she|it|they|you|his|her|their|this|that|there)\b", re.IGNORECASE
)


def is_small_talk(sentence: str) -> bool:
    """Return True for a greeting, a question, a request, a passing mood, or talk about what was just said."""
    return any(pattern.search(sentence) for pattern in (_SMALL_TALK, _REQUEST, _ABOUT_THE_TALK, _ASKED))


def is_supposed(sentence: str) -> bool:
    """Return True for what is not said to be so: "If I were rich, ...", "Maybe I will ..."."""
    return _SUPPOSED.match(sentence) is not None
