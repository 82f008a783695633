"""Verbs: which words are finite verbs of everyday statements, and their infinitives."""

from __future__ import annotations

import re

BE = ("is", "are", "was", "were", "am")
MODALS = ("can", "could", "will", "would", "shall", "should", "may", "might", "must")
#: Past tense (and participle, where it is another word) to infinitive.
_IRREGULAR = {
    past: infinitive
    for infinitive, forms in {
        "be": "been",
        "bite": "bit bitten",
        "blow": "blew blown",
        "become": "became",
        "begin": "began begun",
        "break": "broke broken",
        "bring": "brought",
        "build": "built",
        "buy": "bought",
        "catch": "caught",
        "choose": "chose chosen",
        "come": "came",
        "cost": "cost",
        "cut": "cut",
        "do": "did done",
        "draw": "drew drawn",
        "dig": "dug",
        "drink": "drank drunk",
        "drive": "drove driven",
        "eat": "ate eaten",
        "fall": "fell fallen",
        "feel": "felt",
        "fight": "fought",
        "find": "found",
        "fly": "flew flown",
        "freeze": "froze frozen",
        "forget": "forgot forgotten",
        "get": "got gotten",
        "give": "gave given",
        "go": "went gone",
        "grow": "grew grown",
        "have": "had",
        "hang": "hung",
        "hear": "heard",
        "hide": "hid hidden",
        "hold": "held",
        "hurt": "hurt",
        "keep": "kept",
        "lay": "laid",
        "know": "knew known",
        "lead": "led",
        "leave": "left",
        "lend": "lent",
        "lose": "lost",
        "make": "made",
        "mean": "meant",
        "meet": "met",
        "move": "moved",
        "pay": "paid",
        "put": "put",
        "quit": "quit",
        "read": "read",
        "ride": "rode ridden",
        "ring": "rang rung",
        "run": "ran",
        "say": "said",
        "see": "saw seen",
        "sell": "sold",
        "shake": "shook shaken",
        "send": "sent",
        "sing": "sang sung",
        "sit": "sat",
        "sleep": "slept",
        "speak": "spoke spoken",
        "spend": "spent",
        "stand": "stood",
        "stick": "stuck",
        "steal": "stole stolen",
        "swim": "swam swum",
        "take": "took taken",
        "teach": "taught",
        "tear": "tore torn",
        "tell": "told",
        "think": "thought",
        "throw": "threw thrown",
        "understand": "understood",
        "wake": "woke woken",
        "wear": "wore worn",
        "win": "won",
        "write": "wrote written",
    }.items()
    for past in forms.split()
}
_PARTICIPLES_ALONE = frozenset(
    word
    for line in (
        "been begun broken chosen done drawn drunk driven eaten fallen flown forgotten gotten given gone grown",
        "hidden bitten blown frozen shaken torn thrown known ridden rung seen sung spoken stolen swum taken woken",
        "worn written",
    )
    for word in line.split()
)
#: Verbs of everyday life; a word in s or ed that comes from none of them may well be a noun or an adjective.
_COMMON = frozenset(
    word
    for line in (
        "add admire adopt adore agree allow answer appear arrive ask attend avoid bake become begin believe belong",
        "break bring build buy call carry catch celebrate change charge choose clean climb close collect come",
        "commute consist contain cook cost count cover create cry cut dance decide depart die dislike do draw",
        "drink drive dye earn eat end enjoy expire fall feed feel fight find finish fix fly forget get give go",
        "graduate grow happen hate have hear help hide hold hope hurt include invent invite join keep kill know",
        "land last launch lay lead learn leave lend let like listen live look lose love make marry mean meet",
        "migrate miss move name need offer open order own paint park pass pay plan plant play practice practise",
        "prefer put raise reach read receive release relocate remember rename rent repair report reset retire",
        "return ride ring run save say see seem sell send serve service share ship show sign sing sit sleep smell",
        "smoke snore speak spell spend stand start stay steal stop store study support swim switch take talk taste",
        "teach tell think train travel treat try turn understand update use visit volunteer vote wait wake walk",
        "want wash watch wear weigh win wish work worry write",
    )
    for word in line.split()
)
#: Verbs that take another one with "to": "I want to learn Spanish".
_CATENATIVE = frozenset(
    word
    for line in ("begin decide hate have hope intend learn like love need plan prefer start try use want wish",)
    for word in line.split()
)
#: Words that end in s or ed and are no verbs where one is looked for.
_NO_VERB = frozenset(("this", "as", "its", "his", "us", "always", "sometimes", "perhaps", "red", "bed", "wed"))
_ENDING = re.compile(r"[a-z](?:(?<!s)(?<!ou)s|ed)$")


def infinitive(verb: str) -> str:
    """Return the infinitive of a finite verb or participle: "lives", "lived" and "live" give "live"."""
    low = verb.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if low in ("has", "does", "goes"):
        return {"has": "have", "does": "do", "goes": "go"}[low]
    if low.endswith(("ies", "ied")) and len(low) > 4:
        return low[:-3] + "y"
    if re.search(r"(?:ch|sh|ss|x|zz)es$", low):
        return low[:-2]
    if low.endswith("s") and not low.endswith("ss"):
        return low[:-1]
    if low.endswith("ed") and len(low) > 3 and low not in _COMMON:
        stem = low[:-2]
        if stem in _COMMON or low[:-1] in _COMMON:
            return stem if stem in _COMMON else low[:-1]
        if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "els":
            return stem[:-1]
        # "lived", "danced", "baked": a short stem that kept its one consonant lost an e.
        return low[:-1] if re.search(r"[vceu]$|^[^aeiou]*[aeiou][^aeiouwxy]$", stem) else stem
    return low


def is_past(word: str) -> bool:
    """Return True for a past tense; of words that are their own past "put" counts as one, "read" does not."""
    low = word.lower()
    if low in _IRREGULAR:
        return low not in _PARTICIPLES_ALONE and low not in ("read", "cost")
    return low.endswith("ed") and low not in _NO_VERB and low not in _COMMON


def is_participle(word: str) -> bool:
    """Return True for a word that can follow "have": "lived", "been", "bought"."""
    low = word.lower()
    return low in _PARTICIPLES_ALONE or low in _IRREGULAR or (low.endswith("ed") and low not in _NO_VERB)


def is_known(word: str) -> bool:
    """Return True when a word is a form of a verb of everyday life that differs from its infinitive."""
    low = word.lower()
    return is_finite(low) and infinitive(low) in _COMMON


def is_finite(word: str) -> bool:
    """Return True when a word looks like "sells" or "sold", not like "business", "famous" or a name."""
    low = word.lower()
    if not word[:1].islower() or low in _NO_VERB or low in BE or low in _PARTICIPLES_ALONE:
        return False
    return is_past(low) or bool(_ENDING.search(low)) or low in ("has", "does", "goes")


def is_infinitive(word: str) -> bool:
    """Return True for the infinitive of a verb of everyday life."""
    return word.lower() in _COMMON


def takes_another(word: str) -> bool:
    """Return True for verbs that another one follows with "to"."""
    return infinitive(word) in _CATENATIVE
