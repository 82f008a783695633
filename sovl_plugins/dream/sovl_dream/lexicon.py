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
DAYTIME = (
    r"yesterday|today|tomorrow|tonight|this (?:morning|evening|week|month|year)|"
    r"(?:last|next) (?:week|month|year|night|weekend|summer|winter|spring|autumn)"
)
HOUR = r"(?:half past |quarter (?:past|to) )?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})"
DAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
PLACE_PREPOSITIONS = (
    *("in", "at", "under", "behind", "beside", "near", "inside", "on", "from", "between"),
    *("next to", "close to", "in front of", "on top of", "across from", "far from"),
)
SEASON = "spring|summer|autumn|fall|winter"
#: What somebody is on or in, and no place.
STATE = r"a (?:\w+ )?diet\b|(?:medication|antibiotics|fire|love|debt|pain|therapy|charge|trouble)\b"
#: Of whom or what one asks how old they are.
AGING = r"dog|cat|pet|horse|puppy|kitten|rabbit|parrot|hamster|baby|child|kid|twin|niece|nephew|grandson|granddaughter"
#: Favourites that nobody brings.
NOT_BROUGHT = (
    "colou?r|season|band|number|word|animal|city|country|town|place|sport|team|artist|singer|author|writer|day|month|"
    "subject|language|hobby|holiday|actor|actress|teacher|cafe|restaurant"
)
#: Adverbs that are asked for with "how": "I live alone".
MANNER = r"alone|together|well|badly|\w{3,}(?<!fami)(?<!mo)ly"
#: Verbs that lead to a place: "I go to the gym" is asked for with "where".
GOING = frozenset(("go", "come", "move", "travel", "fly", "walk", "drive", "run", "been", "gone", "moved", "commute"))
PEOPLE = (
    "boss|manager|sister|brother|mother|father|mum|mom|dad|wife|husband|partner|son|daughter|uncle|aunt|cousin|friend|"
    "neighbour|neighbor|doctor|dentist|teacher|accountant|lawyer|landlord|plumber|gardener|therapist|coach|colleague|"
    "grandmother|grandfather|hairdresser|vet|babysitter|nanny|tutor|assistant|flatmate|roommate|girlfriend|boyfriend|"
    "fiancee"
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
        r"(?<!\bI )(?<!\bto )\bcode\b(?! in\b)",
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
OCCUPATION = (
    r"(?!\w*(?:mother|father|brother|sister|daughter|lover|beginner|member|stranger|foreigner|teenager|winner|loser|"
    r"smoker|swimmer|runner|reader|supporter|owner|survivor|christian|vegetarian)$)\w+(?:er|or|ist|ian)|"
    "nurse|chef|cook|surgeon|vet|clerk|judge|pilot|priest|guard|accountant|assistant|consultant|student|politician"
)
LANGUAGE = (
    r"\w+ish|\w+ese|\w+ian|french|german|dutch|greek|arabic|hindi|urdu|mandarin|korean|latin|czech|thai|hebrew|welsh|"
    "icelandic|basque|catalan|swahili|esperanto|mandarin|sign language"
)
#: What an address ends with, what stands in a diary, and what is kept at home.
STREET = "street|road|lane|avenue|close|drive|square|court|way|terrace|row|gardens|place|crescent|hill|st|rd|ave"
EVENT = (
    "exam|test|interview|appointment|check-up|checkup|wedding|party|meeting|deadline|concert|lesson|operation|surgery|"
    "graduation|recital|match|race|audition|viewing"
)
PET = (
    "dog|puppy|cat|kitten|horse|pony|rabbit|bunny|parrot|budgie|hamster|tortoise|goldfish|goat|ferret|guinea pig|hen|"
    "donkey|gecko|snake"
)
#: Subjects that a person stands behind, and what makes a sentence name one.
_SOMEBODY = rf"my (?:{PEOPLE})(?: \w+)?"
IS_SOMEBODY = r"(?:'s name)? is (?:called |named )?(?!(?:an?|the|from|in|at|on|very|so|not|my|our)\b)\w"
#: Whole questions by relation: (pattern over the statement in lower case, questions). Filled in are {x} the subject,
#: {p} {n} its "my dog", {t} the favourite thing, {k} what is taught, {w} what a code or password is for, {v} the verb,
#: {o} what was put somewhere, {m} what stands before the preposition; a question is left out when the statement does
#: not name it.
RELATIONS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    (
        r"^(?:my|our) \w+(?:'s name is| is (?:called|named))\b",
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
        r"^i (?:now |currently )?live (?:in|at|near|on)\b",
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
        rf"^(?:i|{_SOMEBODY}) works? as\b|^(?:i am|{_SOMEBODY} is) an? (?:\w+ )?(?:{OCCUPATION})$",
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
        r"^(?:my|our) favou?rite \w+ is\b",
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
        r"^i am allergic to\b",
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
        r"^.*\bpassword\b.* is\b",
        (
            "How do I log in to {w}?",
            "How can I get into {w}?",
            "What do I type to get on {w}?",
            "How do I get online at {w}?",
            "Give me the login for {w}.",
        ),
    ),
    (
        rf"^{_SOMEBODY}{IS_SOMEBODY}",
        (
            "What is {p} {n} called?",
            "What is the name of {p} {n}?",
            "What is {p} {n}'s name?",
        ),
    ),
    (
        rf"^(?:my|our) (?:boss|manager){IS_SOMEBODY}",
        (
            "Who do I work for?",
            "To whom do I report?",
            "Who is above me at work?",
            "Who leads me at work?",
            "Who is in charge of me?",
        ),
    ),
    (
        r"^i drive an?\b",
        (
            "What do I travel in?",
            "Which make is my vehicle?",
            "What model do I own?",
            "How do I get around?",
            "What brand is it that I {v}?",
        ),
    ),
    (
        r"^i play the\b",
        (
            "What instrument do I play?",
            "Which musical instrument is mine?",
            "What kind of music do I make?",
            "What can I play?",
        ),
    ),
    (
        rf"^(?:i|{_SOMEBODY}) was born in \d{{4}}$",
        (
            "What is {x}'s birth year?",
            "Which year was {x} born in?",
            "When is {x}'s birthday?",
            "How old is {x}?",
        ),
    ),
    (
        rf"^(?:i|{_SOMEBODY}) was born in (?!{MONTH})[^\d\W]",
        (
            "What is {x}'s birthplace?",
            "Where is {x} from?",
            "What is {x}'s home town?",
        ),
    ),
    (
        r"^.*\b(?:code|pin)\b.* is\b",
        (
            "How do I open {w}?",
            "Which digits open {w}?",
            "What do I type in to open {w}?",
            "What number do I need for {w}?",
        ),
    ),
    (
        r"^(?:(?:my|our) (?:wedding )?(?:wedding|anniversary) (?:is|was)|(?:i|we) (?:got )?married) (?:on|in)\b",
        (
            "When did I get married?",
            "On which day did I marry?",
            "When was my wedding?",
            "What date is the anniversary?",
        ),
    ),
    (
        r"^my birthday is\b",
        (
            "When was I born?",
            "What day do I celebrate?",
            "On what date is my birthday?",
        ),
    ),
    (
        rf"^(?:i|we) (?:keep|kept|hide|hid|put) .* (?:{'|'.join(PLACE_PREPOSITIONS)})\b",
        (
            "Where should I look for {o}?",
            "Where did I hide {o}?",
            "I lost {o}. Where is it?",
            "Where is {o} kept?",
            "Where can I find {o}?",
        ),
    ),
    (
        r"^my blood type is\b",
        (
            "What blood group do I have?",
            "Which blood do I have?",
            "What kind of blood is mine?",
        ),
    ),
    (
        r"^(?:my|our|the) (?:flight|train|bus|ferry)\b.* (?:leaves|departs|goes|is) (?:at|on)\b",
        (
            "When do I depart?",
            "At what time does {x} depart?",
            "When should I be ready for {x}?",
            "When does {x} take off?",
        ),
    ),
    (
        r"\byears old$",
        (
            "What is the age of {x}?",
            "How many years old is {x}?",
            "Do you know {x}'s age?",
            "What age is {x}?",
        ),
    ),
    (
        rf"^i (?:am (?:learning|studying)|learn|study|speak)(?: to speak)? (?:{LANGUAGE})$",
        (
            "Which language am I studying?",
            "What language do I want to speak?",
            "Which language do I practise?",
        ),
    ),
    (
        rf"^(?:my|our) accountant{IS_SOMEBODY}",
        (
            "Who does my taxes?",
            "Who handles my accounts?",
            "Who keeps my books?",
        ),
    ),
    (
        rf"^(?:my|our) dentist{IS_SOMEBODY}",
        (
            "Who looks after my teeth?",
            "Who checks my teeth?",
            "Whom do I see for my teeth?",
        ),
    ),
    (
        rf"^(?:my|our) doctor{IS_SOMEBODY}",
        (
            "Whom do I see when I am ill?",
            "Who looks after my health?",
        ),
    ),
    (
        r"\b(?:ships|launches|releases) (?:on|in)\b",
        (
            "What is the release date of {x}?",
            "On which date is {x} due?",
            "What is the date for {x}?",
            "When is {x} due?",
            "When will {x} be out?",
        ),
    ),
    (
        rf"\b(?:serviced|repaired|checked) in (?:{MONTH})\b",
        (
            "When did somebody last check {x}?",
            "In what month was {x} {m}?",
            "How long ago was {x} {m}?",
        ),
    ),
    (
        rf"^(?:i|{_SOMEBODY}) (?:came from|comes? from|grew up in)\b",
        (
            "Where is {x} from?",
            "What is {x}'s home town?",
            "Where was {x} born?",
            "What is the birthplace of {x}?",
            "Which town is {x} from?",
        ),
    ),
    (
        rf"^(?:i|we|{_SOMEBODY}) (?:now )?lives? (?:in|at|on) (?:the )?(?:\d+\b|.*\b(?:{STREET})$)",
        (
            "What is {x}'s address?",
            "What is {x}'s new address?",
            "What street does {x} live on?",
            "Which street is {x}'s home in?",
        ),
    ),
    (
        rf"^(?:i|we|{_SOMEBODY}) (?:really )?(?:hates?|dislikes?|loathes?|can(?: ?not|'t) stand|"
        r"(?:do|does)(?: not|n't) (?:like|eat|drink)|never (?:eats?|drinks?))\b",
        (
            "What does {x} hate?",
            "What does {x} dislike?",
            "What does {x} not like?",
            "What is it that {x} cannot stand?",
            "What should you leave out for {x}?",
        ),
    ),
    (
        rf"^(?:i|we|{_SOMEBODY}) (?:(?:really |totally )?(?:loves?|adores?|likes?|enjoys?)|(?:am|are|is) (?:\w+ )?"
        r"(?:obsessed with|mad about|crazy about|into|a fan of))\b",
        (
            "What does {x} love?",
            "What does {x} like?",
            "What is {x} into?",
            "What is {x} mad about?",
        ),
    ),
    (
        rf"^(?:i|we|{_SOMEBODY}) (?:(?:now )?works? (?:at|for)|(?:got|have got|has got) a (?:new )?job (?:at|with))\b",
        (
            "Where does {x} work?",
            "Who does {x} work for?",
            "Which company does {x} work for?",
            "What is the name of {x}'s employer?",
            "Where is {x}'s job?",
        ),
    ),
    (
        rf"^(?:i|{_SOMEBODY}) (?:stud(?:y|ies)|(?:am|is) studying|reads?|(?:am|is) doing) "
        rf"(?!(?:{LANGUAGE})$|at\b|in\b|for\b)"
        r".*\b(?:\w+(?:ology|ics|istry|omy|aphy|phy|ory)|law|medicine|art|architecture|engineering|nursing|music)$",
        (
            "What does {x} study?",
            "What subject does {x} study?",
            "What is {x}'s subject?",
            "Which degree is {x} doing?",
        ),
    ),
    (
        rf"^(?:my|our) .*\b(?:{EVENT})s? (?:is|are) (?:on|at|in|the)\b",
        (
            "When do I have {x}?",
            "What date is {x}?",
            "On what day is {x}?",
            "How long until {x}?",
        ),
    ),
    (
        r"^(?:my|our) (?:\w+ )*(?:username|user name|handle|nickname|gamer ?tag|screen name|account name)\b.* is\b",
        (
            "What is my username?",
            "What name do I go by online?",
            "What do I call myself online?",
            "Which name is mine online?",
        ),
    ),
    (
        rf"^(?:i|we) (?:have|have got|got|adopted|own|bought) an? (?:\w+ )?(?:{PET})$",
        (
            "What pet does {x} have?",
            "Which animal does {x} have?",
        ),
    ),
    (
        r"^(?:i am|we are) (?:going|flying|travelling|off|driving|sailing) to\b",
        (
            "What is {x}'s destination?",
            "Where is {x} off to?",
            "Where is {x} going?",
            "Where is {x} headed?",
        ),
    ),
    (
        r"\bmakes? (?:me|my \w+) (?:\w+ )?(?:sick|ill|swell|itch|sneeze|swell up)$",
        (
            "What makes me sick?",
            "What am I allergic to?",
            "What must I not have?",
            "What should I avoid?",
        ),
    ),
    (
        r"^(?:my|our) \w+ (?:teacher|tutor|coach|instructor|trainer)\b.* is\b",
        (
            "Who teaches me {k}?",
            "Who is teaching me {k}?",
            "Who do I have for {k}?",
            "Who gives me {k} lessons?",
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
    "What is my {w}?",
    "What's my {w}?",
    "Who is my {w}?",
    "What is the name of my {w}?",
    "Which {w} do I have?",
    "What do I {w}?",
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
