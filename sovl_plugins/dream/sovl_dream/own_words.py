"""The sentences of a turn that the user said as themselves.

Somebody else's words are known by how they stand in the turn, never by what they say: pasted blocks, quotation marks, a
sentence that hands a text over or asks about the one before it, and attribution ("according to", "he said").
"""

from __future__ import annotations

import re
import unicodedata
from typing import List

from sovl_dream.handed_over import begins_anothers_words, is_about_what_stands_before
from sovl_dream.hearsay import is_hearsay, is_report
from sovl_dream.pasted import PASTED, without_pasted
from sovl_dream.quotations import MARK, OPEN, is_speech, masked, unmasked
from sovl_dream.sentence import without_opener
from sovl_dream.statement import parse_statement
from sovl_dream.taken_back import is_denial, is_retraction, takes_back, takes_back_itself

_ABBREVIATION = r"(?<!\bDr\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bProf\.)(?<!\be\.g\.)(?<!\bi\.e\.)"
_BEGINS = r"(?=(?:I|I['’]\w+|My|We|Our|The|He|She|It|They|You|And|But|So)\b)"
#: After an initial ("J. K. Rowling") a sentence ends only where another clearly begins.
_SENTENCE = re.compile(rf"{_ABBREVIATION}(?<=[.!?])(?:(?<!\b[A-Z]\.)\s+|\s+{_BEGINS})|\n+")
#: Line breaks of other systems and programs, and marks that are not seen: neither changes whose words they are.
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_BULLET = re.compile(r"^(?:[-*•–+]|\d{1,3}[.)])\s+")
_NUMBER = re.compile(r"^\d{1,3}[.)]$")
#: Whose words these were: "— Hamlet" below them, "(from his website)", "*I am late.* – from the film".
_SIGNATURE = (
    r"(?:(?:from|by) )?(?:the )?(?!(?:I|My|We|Our)\b)[^\W\d_a-z][\w.'’-]*(?: (?:of|the|[^\W\d_a-z][\w.'’-]*)){0,3}$"
)
_SIGNED = re.compile(
    rf"^(?:—|--) ?{_SIGNATURE}|[.!?\ue000][*_]{{0,3}}\s+[—–-] ?{_SIGNATURE}|"
    r"[.!?\ue000][*_]{1,3}\s+[—–-] (?:from|by) [\w .'’-]+$|^\((?:from|by|via|source)\b[^()]*\)$"
)
#: "Some facts about me: I live in Cork", "Dear SOVL, I live in Cork".
_OWN_LEAD = re.compile(
    r"^(?:[\w ,'’-]{0,40}\babout (?:me|myself|us)\s*:|(?:(?:a|an|one|another|some) )?(?:fun|random|little|"
    r"interesting|personal|quick|important|small|side) (?:fact|note|thing|info)s?\s*[:,]|"
    r"dear (?:sovl|assistant|friend|diary|all)\s*[,:]|(?:to sum up|in short|edit|fact)\s*:)\s*",
    re.IGNORECASE,
)
_TEXT_NOUN = re.compile(
    r"\b(?:message|answer|reply|response|note|text|e-?mail|letter|sign|comment|post|word|line|sentence|graffito|"
    r"graffiti|headline|statement|lie|claim|story|caption|inscription)s?$",
    re.IGNORECASE,
)


def sentences(text: str) -> List[str]:
    """Return the sentences of a text, in order; "Dr. Smith" and "J. K. Rowling" end none."""
    return [sentence for sentence in (part.strip() for part in _SENTENCE.split(text)) if sentence]


def own_sentences(prompt: str) -> List[str]:
    """Return the sentences that the user said as themselves and did not take back, in order."""
    composed = unicodedata.normalize("NFC", prompt)  # an accent that stands by itself would cut a word in two
    text, quotations = masked(without_pasted(_UNSEEN.sub("", _BREAK.sub("\n", composed))))
    rest = list(quotations)
    found: List[str] = []
    said = [sentence for sentence in sentences(text) if not _NUMBER.match(sentence)]
    before = ""
    for place, sentence in enumerate(said):
        within = [rest.pop(0) for _ in range(sentence.count(MARK))]
        bare = _OWN_LEAD.sub("", without_opener(_BULLET.sub("", sentence)), count=1)
        if is_about_what_stands_before(bare) and ":" not in bare:
            found.clear()
        _take_back(found, sentence, before)
        if begins_anothers_words(bare) or begins_anothers_words(sentence):
            after = said[place + 1] if place + 1 < len(said) else ""
            if _ends_by_itself(bare, after):
                continue
            return found
        if OPEN in sentence:
            return found
        before = ""
        if not is_about_what_stands_before(bare) and not _is_anothers(bare, within):
            before = unmasked(_BULLET.sub("", _OWN_LEAD.sub("", sentence, count=1)), within)
            found.append(before)
    return found


def all_own(prompt: str) -> bool:
    """Return True where the user said the whole of a turn as themselves."""
    whole = "".join(sentence for sentence in own_sentences(prompt))
    return re.sub(r"\W", "", whole) == re.sub(r"\W", "", unicodedata.normalize("NFC", prompt))


def _take_back(found: List[str], sentence: str, before: str) -> None:
    """Take out of what was found what a sentence takes back, or says to be somebody else's.

    :param before: the sentence before, "" where it was not the user's.
    """
    aside = sentence.strip("()")
    if is_retraction(aside) or _SIGNED.search(sentence):
        found.clear()
    elif before and is_denial(aside):
        # "My neighbour says I have three dogs. That is a lie.": the neighbour's.
        del found[-1 if is_report(before) else 0 :]
    elif before and found and takes_back(aside, before):
        found.pop()


def _ends_by_itself(sentence: str, after: str) -> bool:
    """Return True where what is handed over has an end of its own: it is quoted, or stands in a block."""
    return MARK in sentence or after.startswith((PASTED, MARK))


def _is_anothers(sentence: str, quotations: List[str]) -> bool:
    if sentence.startswith((MARK, PASTED, "—", "--")) or sentence.endswith(":") or is_hearsay(sentence):
        return True
    if _SIGNED.search(sentence) or is_retraction(sentence) or takes_back_itself(sentence):
        return True
    if not any(is_speech(quotation) for quotation in quotations):
        return False
    # "My motto is ⟨I never give up⟩": the saying itself is the news.
    statement = parse_statement(sentence)
    named = statement is not None and statement.is_copula and statement.complement == MARK
    return statement is None or not named or _TEXT_NOUN.search(statement.subject) is not None
