"""How people type when they chat, written out: "u", "bday", "gonna", and "birthday: 3 june" for a sentence."""

from __future__ import annotations

import re

#: Short for one thing only; as they are typed, in small letters.
_SHORT = {
    "u": "you",
    "ur": "your",
    "bday": "birthday",
    "fav": "favourite",
    "fave": "favourite",
    "gf": "girlfriend",
    "bf": "boyfriend",
    "bff": "best friend",
    "sis": "sister",
    "appt": "appointment",
    "tmrw": "tomorrow",
    "tmr": "tomorrow",
    "pls": "please",
    "plz": "please",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "have to",
    "cuz": "because",
    "cos": "because",
    "w/": "with",
}
_TYPED = re.compile(rf"(?<![\w'’/.@-])(?:{'|'.join(map(re.escape, _SHORT))})(?![\w'’/.@-])")
#: Who will or wants to is left out as well: "gonna stay at my aunt's".
_LEFT_OUT = re.compile(r"^(?:(?:still|also|just) )?(?:gonna|wanna|gotta) ", re.IGNORECASE)
#: "my sister is marrying him in a windmill??": no question, by its order.
_TOLD = re.compile(r"(?:(?:so|omg|ok|and|but|wow),? ){0,3}(?:i|we|my|our)\b(?! (?:is|are|was|am)\b)", re.IGNORECASE)
_ASKED_AT_LAST = re.compile(r"\b(?:what|when|where|who|whom|why|how|which|right|or not)$", re.IGNORECASE)
#: What people tell of themselves as on a form.
_LABEL = re.compile(
    r"^(?:my )?((?:(?:nick|middle|maiden|user)[ -]?)?name|age|birthday|home ?town|address|phone(?: number)?|"
    r"height|weight|shoe size|blood type|star sign|job|hobby|allergy|pets?|"
    r"favou?rite [a-z]+(?: (?!is|are)[a-z]+)?|(?:[a-z]+ )?(?:password|pin|passcode)) ?: ?"
    r"(?=[^\s:/])([^\s:!?]+(?: [^\s:.!?]+){0,4})$",
    re.IGNORECASE,
)


def written_out(sentence: str) -> str:
    """Return a sentence with what is typed short written out: "my bday's in may" gives "my birthday's in may"."""
    left_out = _LEFT_OUT.match(sentence)
    if left_out:
        who = "I am " if "gonna" in left_out.group().lower() else "I "
        sentence = f"{who}{sentence[0].lower()}{sentence[1:]}"
    full = re.sub(r"(?<![\w'’/.@-])ur (?=gonna\b|going\b|right\b|so\b)", "you're ", sentence)
    full = re.sub(r"(?<![\w'’/.@-])(\w+?)(?=['’]s\b)", lambda m: _SHORT.get(m.group(), m.group()), full)
    full = _TYPED.sub(lambda m: _SHORT[m.group()], full)
    bare = full.rstrip("?!")
    amazed = len(full) - len(bare) > 1 and _TOLD.match(bare) and not _ASKED_AT_LAST.search(bare)
    return f"{bare}!" if amazed else full


def of_a_label(prompt: str) -> str:
    """Return "My birthday is 3 june" for "birthday: 3 june", "" for any other turn.

    It is to be all that is said: with more of them it may be anybody's form.
    """
    label = _LABEL.match(written_out(prompt.strip(" .!\n")))
    return f"My {label.group(1)[0].lower()}{label.group(1)[1:]} is {label.group(2)}" if label else ""
