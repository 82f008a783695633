"""Contrast dreams: questions about what the user never told, close to what they did, so that the system stays silent.

"What is my horse called?" was never told; beside "What is my dog called?" it teaches that only the dog has a name here.
They are kept as the base's own, like background.
"""

from __future__ import annotations

import random
import re
from typing import Dict, List, Sequence, Set, Tuple

#: Things of one kind, of which a person has told one but not another. Names for a whole kind (pet, relative) are not
#: among them: they may well mean the one that was told.
KINDS: Tuple[Tuple[str, ...], ...] = (
    ("dog", "cat", "horse", "rabbit", "hamster", "parrot", "goldfish", "tortoise", "pony", "guinea pig"),
    ("sister", "brother", "cousin", "uncle", "aunt", "nephew", "niece"),
    ("mother", "father", "stepmother", "stepfather"),
    ("grandmother", "grandfather", "great-aunt", "godmother", "godfather"),
    ("son", "daughter", "grandson", "granddaughter", "godson"),
    ("wife", "husband", "best friend", "neighbour", "flatmate"),
    ("boss", "assistant", "landlord", "colleague", "intern"),
    ("dentist", "doctor", "accountant", "lawyer", "plumber", "hairdresser", "therapist", "physiotherapist", "gardener"),
    ("teacher", "tutor", "coach", "professor"),
    ("garage", "cellar", "office", "cabin", "attic", "gate", "gym", "boat", "workshop", "locker", "hotel"),
    ("wifi", "email", "bank", "phone", "laptop", "router"),
    ("tea", "coffee", "wine", "beer", "juice", "soup", "cheese", "cake", "fruit"),
    ("colour", "season", "flower", "animal", "smell"),
    ("composer", "author", "painter", "actor", "singer", "poet", "director"),
    ("film", "book", "song", "game", "opera", "poem", "podcast"),
    ("car", "bicycle", "motorcycle", "boat", "scooter", "van"),
    ("wedding", "birthday", "graduation", "engagement", "retirement"),
    ("shoe", "hat", "ring", "shirt", "trouser", "glove"),
    ("bassoon", "violin", "cello", "piano", "guitar", "trumpet", "flute", "drums", "harp"),
    ("blood type", "star sign", "eye colour", "hair colour", "shoe size"),
    ("flight", "train", "ferry", "bus"),
    ("passport", "wallet", "umbrella", "spare key", "suitcase", "ladder"),
    ("boiler", "fridge", "roof", "washing machine", "dishwasher", "oven"),
)
#: Questions people ask about themselves, each with words that tell that it may have been told after all.
PERSONAL: Tuple[Tuple[str, str], ...] = (
    ("What is my favourite colour?", "colour color"),
    ("How old am I?", "old age born birthday years"),
    ("What is my middle name?", "name called"),
    ("Which school did I go to?", "school studied university college"),
    ("How tall am I?", "tall height metres centimetres"),
    ("What did I have for breakfast?", "breakfast ate eat morning food"),
    ("Which football team do I support?", "team football support club"),
    ("What is my phone number?", "phone number telephone call"),
    ("When did I move here?", "move moved live home"),
    ("What is my tortoise called?", "tortoise turtle pet animal called"),
    ("Who is my best friend?", "friend"),
    ("Where did I go on holiday?", "holiday travel trip went vacation"),
    ("What is the name of my street?", "street road address live"),
    ("Who repairs my roof?", "roof repair repairs roofer"),
    ("Where was my grandfather born?", "grandfather born"),
    ("How many children do I have?", "children child kids son daughter"),
    ("What is my star sign?", "star sign born birthday"),
    ("When is my exam?", "exam test study"),
    ("What does my aunt do?", "aunt"),
    ("What is the password of my bank account?", "password bank account code"),
    ("Where did I park?", "park parked car"),
    ("Which newspaper do I read?", "newspaper read"),
    ("What is my ring size?", "ring size"),
    ("Who cuts my hair?", "hair hairdresser barber"),
    ("What is my nephew's job?", "nephew job work"),
    ("Which bus do I take to work?", "bus work commute"),
    ("How do I like my eggs?", "egg eggs food eat"),
    ("What am I afraid of?", "afraid fear scared"),
    ("When does my lease end?", "lease rent flat"),
    ("What is my favourite film?", "film movie favourite"),
    ("Who gave me this watch?", "watch gave gift"),
    ("What is the name of my ship?", "ship boat"),
)
#: Words for the same: who told of a mum has told of their mother.
SAME: Tuple[Tuple[str, ...], ...] = (
    ("mother", "mum", "mom"),
    ("father", "dad"),
    ("grandmother", "grandma", "granny"),
    ("grandfather", "grandpa", "granddad"),
    ("boss", "manager", "supervisor"),
    ("neighbour", "neighbor"),
    ("flatmate", "roommate"),
    ("wife", "spouse", "partner"),
    ("husband", "spouse", "partner"),
    ("colour", "color"),
    ("bicycle", "bike"),
    ("car", "vehicle"),
    ("film", "movie"),
    ("phone", "telephone", "mobile"),
)
_WORD = re.compile(r"(?:[^\W\d_]|')+")
#: A word that is written large in the middle of a sentence.
_NAME = re.compile(r"(?<=[a-z,'’] )(?!I\b|PIN\b)[^\W\d_a-z][\w-]*")


def contrast_prompts(told: Sequence[str], asked: Sequence[str], count: int, rng: random.Random) -> List[str]:
    """Return questions about what was never told, half of them next to what was.

    :param told: everything the user has told, tonight and before.
    :param asked: the questions that memories are dreamed of with; a word that occurs in them is no contrast.
    :param count: how many are wanted; fewer where there are not so many.
    """
    known = _words([*told, *asked])
    known = known.union(*(same for same in SAME if known.intersection(same)))
    # A name was told of, whatever stands beside it.
    names = {name for text in (*told, *asked) for name in _NAME.findall(text) if name[0].isupper()}
    near = [q for q in _swapped(asked, known, rng) if not names.intersection(re.findall(r"[\w-]+", q))]
    far = [question for question, words in PERSONAL if not known.intersection(words.split())]
    rng.shuffle(far)
    taken = far[: max(count // 2, count - len(near))]
    return list(dict.fromkeys(near[: count - len(taken)] + taken))


def _swapped(asked: Sequence[str], known: Set[str], rng: random.Random) -> List[str]:
    """Return questions of memories with the thing they ask about replaced by another of its kind, mixed well."""
    other: Dict[str, List[str]] = {}
    for kind in KINDS:
        untold = [word for word in kind if not known.intersection(_words([word]))]
        for word in kind:
            other.setdefault(word, []).extend(untold)
    pattern = re.compile(rf"\b({'|'.join(sorted(map(re.escape, other), key=len, reverse=True))})(?=\b|s\b)")
    found: List[str] = []
    for question in asked:
        hit = pattern.search(question)
        if hit is None or not other[hit.group(1)]:
            continue
        # One thing of a sentence is enough.
        swapped = question[: hit.start()] + rng.choice(other[hit.group(1)]) + question[hit.end() :]
        found.append(swapped)
    rng.shuffle(found)
    return list(dict.fromkeys(found))


def _words(texts: Sequence[str]) -> Set[str]:
    found: Set[str] = set()
    for text in texts:
        for word in _WORD.findall(text.lower()):
            plain = word[:-2] if word.endswith("'s") else word
            found.update((word, plain, plain[:-1] if plain.endswith("s") else plain))
            if plain.endswith("ies"):
                found.add(f"{plain[:-3]}y")
    return found
