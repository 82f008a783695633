"""What the user takes back within a turn: "My name is Abu. Just kidding!", "I live on the moon. Nah."

Each function judges one sentence, :func:`is_joke` a whole turn.
"""

from __future__ import annotations

import re

_LEAD = r"(?:(?:ha(?:ha)*h?|he(?:he)+|lol|oh|oops|well|ok|okay|sorry|please|but|or|no|nope|nah|wait|hm+|just)[,.!… ]+)*"
_THAT = r"(?:that|this|it)"
_IS = rf"{_THAT}(?:['’]s| is| was) (?:(?:all|just|only|of course) )*"
_JOKING = (
    r"(?:(?:i(?: am|['’]?m| was) )?(?:(?:just|only|totally|obviously|of course) )?"
    r"(?:kidding|joking|trolling|(?:messing|joking) (?:with|around)|teasing(?: you)?|testing(?: you)?|pulling your leg)"
    r"|j/?k|psych|gotcha|(?:i )?(?:fooled|got) you|you believed (?:that|me|it)\??|i(?: was| am|['’]m) lying"
    r"|april fools?(?:['’]?s? day)?|sarcasm|irony|/s|i (?:just |totally )?(?:lied|(?:made|was making) (?:all of )?"
    rf"{_THAT} (?:all )?up|invented {_THAT})|{_IS}(?:a joke|a test|an example|sarcasm|irony|ironic|fiction)"
    rf"|(?:do not|don['’]?t) (?:believe|remember|learn|save|store|keep|memori[sz]e) (?:any of )?{_THAT})"
)
_DENIED = (
    rf"(?:none of {_THAT} (?:is|was) true|{_IS}(?:not (?:really )?true|untrue|false|a lie|lies|nonsense|made up|"
    rf"invented|fake)|{_THAT} (?:isn|wasn)['’]t (?:really )?true)"
)
_NO = r"(?:not (?:really|true)|nah|no(?:pe)?|wrong|not|i wish|if only)"
_MENDED = (
    rf"(?:(?:forget|ignore|scratch|strike|delete|disregard|never ?mind) (?:{_THAT}|what i (?:just )?(?:said|wrote))|"
    r"(?:no,? (?:wait,? )?|wait,? )(?:(?:it|that)(?: is|['’]s) not|(?:it|that) isn['’]t|i(?: am|['’]m) not))"
)
_END = r"(?:[,. ]+(?:of course|obviously|though|lol|haha|sorry|everyone|all|you))*[\s.!…:;)]*$"
_ANY_JOKING = re.compile(rf"^{_LEAD}{_JOKING}{_END}", re.IGNORECASE)
_ANY_DENIED = re.compile(rf"^{_LEAD}{_DENIED}{_END}", re.IGNORECASE)
_ANY_MENDED = re.compile(rf"^{_LEAD}{_MENDED}{_END}", re.IGNORECASE)
_ANY_NO = re.compile(rf"^{_LEAD}{_NO}{_END}", re.IGNORECASE)
#: After the very statement: "My name is Abu, not really", "I am the pope /s".
_WITHIN = re.compile(
    rf"(?:[,;.…–—-]+\s*|\s\(?)(?:(?i:{_LEAD}(?:not really|not true|j/?k|kidding|joking|psych|i['’]m lying)|"
    r"haha,? no|wait,? no|or so i wish)|/s|NOT)[\s.!…)]*$"
    r"|,? but (?:that|it)(?:['’]s| is) (?:wrong|not (?:true|right)|a lie|false)[.!]*$"
)
_NEGATED = re.compile(r"\b(?:not|never|no|\w+n['’]?t)\b(?! really[\s.!…)]*$)", re.IGNORECASE)
#: "My boss is called Tamsin. Right?": it was a question.
_ASKED_FOR = re.compile(
    r"^(?:or )?(?:correct|right|true|yes|no|is(?: that|n['’]t (?:that|it)| this| it)(?: (?:so|right|correct|true))?|"
    r"am i right|or not|or is it|do i|don['’]t i|am i|are we)\s*\?+$",
    re.IGNORECASE,
)
#: Anywhere in a turn.
_JOKE = re.compile(
    r"\b(?:just|only) (?:kidding|joking)\b|\b(?:i am|i['’]?m) (?:kidding|joking)\b|\bnot (?:really|true)!|\bjk\b|"
    r"\bit was a joke\b|\bthat was a joke\b",
    re.IGNORECASE,
)


def is_joke(prompt: str) -> bool:
    """Return True when a whole turn takes back what it says: "My dog can fly, just kidding."."""
    return _JOKE.search(prompt) is not None


def is_retraction(sentence: str) -> bool:
    """Return True for "Just kidding!": nothing that was said before it was meant."""
    return _ANY_JOKING.match(sentence) is not None


def is_denial(sentence: str) -> bool:
    """Return True for "That was a lie.": what it speaks of is all that was said before, or what somebody else said."""
    return _ANY_DENIED.match(sentence) is not None


def takes_back(sentence: str, before: str) -> bool:
    """Return True for "Scratch that.", "Right?", or "Nah." after ``before``; "I don't smoke. No." is meant."""
    if _ANY_NO.match(sentence):
        return _NEGATED.search(before) is None
    return _ANY_MENDED.match(sentence) is not None or _ASKED_FOR.match(sentence) is not None


def takes_back_itself(sentence: str) -> bool:
    """Return True for "My name is Abu, not really"; "I don't like it, not really" is meant."""
    found = _WITHIN.search(sentence)
    return found is not None and _NEGATED.search(sentence[: found.start()]) is None
