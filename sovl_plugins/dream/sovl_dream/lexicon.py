"""Words of everyday life: months, people, places, other words for the same thing, and how relations are asked for.

Data alone; patterns are regular expressions.
"""

from __future__ import annotations

from typing import Tuple

MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
ORDINAL = (
    r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w+teenth|\w+tieth|"
    r"\d+(?:st|nd|rd|th)"
)
DAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
PLACE_PREPOSITIONS = ("in", "at", "under", "behind", "beside", "near", "inside", "on", "from", "between")
PEOPLE = (
    "boss|manager|sister|brother|mother|father|mum|mom|dad|wife|husband|partner|son|daughter|uncle|aunt|cousin|friend|"
    "neighbour|neighbor|doctor|dentist|teacher|accountant|lawyer|landlord|plumber|gardener|therapist|coach|colleague|"
    "grandmother|grandfather|hairdresser|vet|babysitter|nanny|tutor|assistant|flatmate|roommate|girlfriend|boyfriend|fiancee"
)
#: Everyday other words for the same thing: (pattern in a question, replacements).
SYNONYMS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    (
        r"\bfavou?rite (\w+)",
        (
            r"best-loved \1",
            r"preferred \1",
        ),
    ),
    (
        r"\bboss\b",
        (
            "manager",
            "supervisor",
        ),
    ),
    (r"\b(dog|cat)\b", ("pet",)),
    (r"\bbicycle\b", ("bike",)),
    (r"\bcar\b", ("vehicle",)),
    (
        r"\bpassword\b",
        (
            "passphrase",
            "login",
        ),
    ),
    (
        r"\bcode\b",
        (
            "number",
            "PIN",
        ),
    ),
    (
        r"\bjob\b",
        (
            "profession",
            "occupation",
            "work",
        ),
    ),
    (
        r"\bphone number\b",
        (
            "phone",
            "telephone number",
        ),
    ),
    (
        r"\b(?:wife|husband)\b",
        (
            "spouse",
            "partner",
        ),
    ),
    (
        r"\btown\b",
        (
            "city",
            "place",
        ),
    ),
    (
        r"\bgrandmother\b",
        (
            "grandma",
            "gran",
        ),
    ),
    (r"\bgrandfather\b", ("grandpa",)),
    (
        r"\bmother\b",
        (
            "mum",
            "mom",
        ),
    ),
    (r"\bfather\b", ("dad",)),
)
#: Whole questions by relation: (pattern over the statement in lower case, questions; {x} is the subject).
RELATIONS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    (
        r"\b(my|our) (\w+)'s name is\b|\b(my|our) (\w+) is (called|named)\b",
        (
            "What is {p} {n} called?",
            "What is the name of {p} {n}?",
            "How is {p} {n} called?",
            "What did I say {p} {n} is called?",
            "Name {p} {n}.",
            "What did I name {p} {n}?",
            "What's {p} {n}'s name?",
            "How do I call {p} {n}?",
        ),
    ),
    (
        r"^i live ",
        (
            "Where is my home?",
            "Which city is my home in?",
            "What town am I from?",
            "What is my address?",
            "Which town do I live in?",
            "Where do I have my house?",
            "What place do I call home?",
        ),
    ),
    (
        r" works? as | is an? \w+(er|or|ist|ian|nurse|chef)$",
        (
            "What does {x} do for a living?",
            "What is {x}'s job?",
            "What is {x}'s profession?",
            "What does {x} do?",
            "What kind of work does {x} do?",
            "How does {x} earn money?",
        ),
    ),
    (
        r"\b(my|our) favou?rite (\w+) is\b",
        (
            "Which {t} do I like best?",
            "What {t} do I like most?",
            "What {t} do I prefer?",
            "What {t} should you get me?",
            "Which {t} do I love?",
            "What {t} would I choose?",
            "If you bring me {t}, which one?",
            "Which {t} would make me happy?",
        ),
    ),
    (
        r"\ballergic to\b",
        (
            "What must I not eat?",
            "Which food is bad for me?",
            "What should I avoid?",
            "What am I unable to eat?",
            "What allergy do I have?",
            "What makes me sick?",
            "Which allergies do I have?",
            "What can't I have?",
        ),
    ),
    (
        r"\bpassword\b",
        (
            "How do I log in to {w}?",
            "How can I get into {w}?",
            "What do I type to get on {w}?",
            "How do I get online at {w}?",
            "Give me the login for {w}.",
        ),
    ),
    (
        r"\b(my|our) (boss|manager)\b",
        (
            "Who do I work for?",
            "To whom do I report?",
            "Who is above me at work?",
            "Who leads me at work?",
            "Who is in charge of me?",
        ),
    ),
    (
        r"\bi (drive|ride)\b",
        (
            "What do I travel in?",
            "Which make is my vehicle?",
            "What model do I own?",
            "How do I get around?",
            "What brand is it that I {v}?",
        ),
    ),
    (
        r"\bi play the\b",
        (
            "What instrument do I play?",
            "Which musical instrument is mine?",
            "What kind of music do I make?",
            "What can I play?",
        ),
    ),
    (
        r"\bborn in\b",
        (
            "What is {x}'s birth year?",
            "Which year was {x} born in?",
            "When is {x}'s birthday?",
            "How old is {x}?",
        ),
    ),
    (
        r"\bcode\b|\bpin\b",
        (
            "How do I open {w}?",
            "Which digits open {w}?",
            "What do I type in to open {w}?",
            "What number do I need for {w}?",
        ),
    ),
    (
        r"\banniversary\b|\bmarried\b|\bwedding\b",
        (
            "When did I get married?",
            "On which day did I marry?",
            "When was my wedding?",
            "What date is the anniversary?",
        ),
    ),
    (
        r"\bbirthday\b",
        (
            "When was I born?",
            "What day do I celebrate?",
            "On what date is {x}?",
        ),
    ),
    (
        r"\bkeep\b|\bhide\b|\bput\b",
        (
            "Where should I look for {o}?",
            "Where did I hide {o}?",
            "I lost {o}. Where is it?",
            "Where is {o} kept?",
            "Where can I find {o}?",
        ),
    ),
    (
        r"\bblood type\b",
        (
            "What blood group do I have?",
            "Which blood do I have?",
            "What kind of blood is mine?",
        ),
    ),
    (
        r"\b(?:flight|train|bus|ferry)\b",
        (
            "When do I depart?",
            "At what time does {x} depart?",
            "When should I be ready for {x}?",
            "When does {x} take off?",
        ),
    ),
    (
        r"\byears old\b",
        (
            "What is the age of {x}?",
            "How many years old is {x}?",
            "Do you know {x}'s age?",
            "What age is {x}?",
        ),
    ),
    (
        r"\b(learning|studying|speak)\b",
        (
            "Which language am I studying?",
            "What language do I want to speak?",
            "What am I studying?",
            "What do I practise?",
        ),
    ),
    (
        r"\baccountant\b",
        (
            "Who does my taxes?",
            "Who handles my accounts?",
            "Who keeps my books?",
        ),
    ),
    (
        r"\bdentist\b",
        (
            "Who looks after my teeth?",
            "Who checks my teeth?",
            "Whom do I see for my teeth?",
        ),
    ),
    (
        r"\bdoctor\b",
        (
            "Whom do I see when I am ill?",
            "Who looks after my health?",
        ),
    ),
    (
        r"\b(ships|launches|releases|starts|begins|opens)\b",
        (
            "What is the release date of {x}?",
            "On which date is {x} due?",
            "What is the date for {x}?",
            "When is {x} due?",
            "When will {x} be out?",
        ),
    ),
    (
        r"\b(?:serviced|repaired|checked)\b",
        (
            "When did somebody last check {x}?",
            "In what month was {x} {m}?",
            "How long ago was {x} {m}?",
        ),
    ),
    (
        r"\b(?:came from|comes from|come from|grew up)\b",
        (
            "Where is {x} from?",
            "What is {x}'s home town?",
            "Where was {x} born?",
            "What is the birthplace of {x}?",
            "Which town is {x} from?",
        ),
    ),
)

#: Words that lead to no memory by themselves.
FUNCTION_WORDS = frozenset(
    word
    for line in (
        "i you he she it we they me him her us them my your his its our their mine yours the a an this that these",
        "those is am are was were be been being have has had do does did will would can could shall should may might",
        "must called named not no and or but if of in at on under behind beside from to with for as by near inside",
        "into over about after before around between last always usually often never now still also only just first",
        "currently very really there here some any",
    )
    for word in line.split()
)
#: Frames for bare content words; question words stand in them at random, for they belong to no memory.
CUE_FRAMES: Tuple[str, ...] = (
    "{w}?",
    "{w}",
    "What about {w}?",
    "And {w}?",
    "{w}, what was it?",
    "Anything on {w}?",
    "My {w}?",
    "The {w}?",
    "How about {w}?",
    "What is it with {w}?",
    "Which {w}?",
    "Where {w}?",
    "When {w}?",
    "Who {w}?",
    "Remember {w}?",
    "Tell me {w}.",
    "What should I know about {w}?",
    "I need {w}.",
)
#: Frames for a clause such as "what my dog's name is".
CLAUSE_FRAMES: Tuple[str, ...] = (
    "Tell me {c}.",
    "Remind me {c}.",
    "Do you remember {c}?",
    "Do you know {c}?",
    "I forgot {c}.",
    "Can you tell me {c}?",
    "Could you remind me {c}?",
    "I would like to know {c}.",
    "Any idea {c}?",
    "Do you recall {c}?",
    "Please tell me {c}.",
    "I can't remember {c}.",
    "I wonder {c}.",
    "Did I tell you {c}?",
    "You should know {c}.",
    "Let me know {c}.",
    "Help me remember {c}.",
    "Have I mentioned {c}?",
)
