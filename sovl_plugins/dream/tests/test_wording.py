"""Question wording: how statements are asked for."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.statement import parse_statement
from sovl_dream.wording import as_clause, question_word, questions_about, topic

pytestmark = pytest.mark.no_torch

STATEMENTS = [
    "My dog's name is Biscuit.",
    "My boss is called Tamsin Okafor.",
    "I keep the spare key under the blue kettle.",
    "My sister Orla lives in Cork.",
    "I was born in May.",
    "I'm allergic to peanuts.",
    "My favourite colour is teal.",
    "Our anniversary is on the 3rd of June.",
    "I work as a plumber.",
    "We live in Leeds.",
    "The code for the garage is 4815.",
    "I am learning to speak Welsh.",
    "My daughter is seven years old.",
    "My car was serviced in March.",
    "The mechanic serviced it in May.",
    "The shop checked receipts.",
    "My grandmother came from Riga.",
    "My blood type is O negative.",
    "Project Falcon ships on the 9th of March.",
    "I last saw the dentist in October.",
    "The wifi password is tangerine.",
    "My wife's birthday is the 4th of April.",
    "The bus to town leaves at noon.",
    "My accountant is Mr. Patel.",
    "I drive a red Volvo.",
    "I have two sisters.",
    "I've lived in Rome.",
    "I don't eat meat.",
    "I can play the piano.",
    "I would like to visit Japan.",
    "My parents live in Oslo.",
    "We are from Bergen.",
    "I code in Python.",
    "My PIN is 1234.",
    "I am 34 years old.",
    "My kids are Tom and Ann.",
    "Anna is my best friend.",
    "My glasses broke yesterday.",
    "I wasn't born in Oslo.",
]


def asked(text, seed=1):
    return questions_about(parse_statement(text), random.Random(seed))


@pytest.mark.parametrize("text", STATEMENTS)
def test_questions_are_well_formed(text):
    questions = asked(text)
    assert len(questions) >= 5
    assert len(set(questions)) == len(questions)
    for question in questions:
        assert question == question.strip()
        assert question.endswith(("?", "."))
        assert len(question) > 3
        assert not set("{}\\") & set(question)
        assert "  " not in question
        assert " ?" not in question


@pytest.mark.parametrize("text", [text for text in STATEMENTS if text.startswith(("I ", "I'", "We "))])
def test_questions_about_oneself_agree_with_their_verb(text):
    for question in asked(text):
        assert not any(wrong in question for wrong in ("I's", "we's", "does I", "does we", " is I", " is we"))


@pytest.mark.parametrize("text", STATEMENTS)
def test_most_questions_do_not_give_the_news_away(text):
    news = parse_statement(text).complement.lower()
    assert [question for question in asked(text) if news in question.lower()] == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("My dog's name is Biscuit.", "What is the name of my dog?"),
        ("I keep the spare key under the blue kettle.", "Where do I keep the spare key?"),
        ("My sister Orla lives in Cork.", "Where does my sister live?"),
        ("My sister Orla lives in Cork.", "Where does Orla live?"),
        ("I work as a plumber.", "What do I do for a living?"),
        ("My favourite colour is teal.", "What is my best-loved colour?"),
        ("The code for the garage is 4815.", "What is the garage's code?"),
        ("My car was serviced in March.", "In what month was my car serviced?"),
        ("We are from Bergen.", "Where are we from?"),
        ("My dog is called Rex.", "What is my dog called?"),
        ("My boss is called Tamsin.", "Who is my boss?"),
        ("I do yoga on Mondays.", "When do I do yoga?"),
        ("I don't eat meat.", "What do I not eat?"),
        ("I never eat meat.", "What do I never eat?"),
        ("I can play chess.", "What can I play?"),
        ("I have lived in Oslo.", "Where have I lived?"),
        ("I want to learn Spanish.", "What do I want to learn?"),
        ("My parents live in Oslo.", "Where do my parents live?"),
        ("I go to the gym.", "Where do I go?"),
        ("My glasses broke yesterday.", "When did my glasses break?"),
        ("The meeting is at 3 pm.", "What time is the meeting?"),
        ("I have to leave at nine.", "What time do I have to leave?"),
        ("Anna is my best friend.", "Who is Anna?"),
        ("My kids are Tom and Ann.", "Who are my kids?"),
        ("My sister is a nurse.", "What is my sister's job?"),
        ("I was born in Oslo.", "What is my birthplace?"),
        ("I am 34 years old.", "What is my age?"),
        ("My boss is Tamsin.", "What is my boss called?"),
        ("My boss is Tamsin.", "Who do I work for?"),
        ("My sister's name is Orla.", "What is my sister called?"),
        ("My landlord is called igor.", "What is the name of my landlord?"),
        ("I live in Lisbon, by the river.", "Where do I live?"),
        ("I live alone.", "How do I live?"),
        ("I live with my parents.", "Who do I live with?"),
        ("I report to Sandra.", "Who do I report to?"),
        ("I share an office with Kim.", "Who do I share an office with?"),
        ("I owe Ben 20 euros.", "What do I owe Ben?"),
        ("I need glasses to read.", "What do I need?"),
        ("We named our son Elias.", "What did we name our son?"),
        ("I quit my job in March.", "When did I quit my job?"),
        ("I was born on 4 June.", "When was I born?"),
        ("I have to be at work by seven.", "When do I have to be at work?"),
        ("I'd like to visit Japan in spring.", "When would I like to visit Japan?"),
        ("I'm going to Iceland in March.", "Where am I going?"),
        ("We are getting married next summer.", "When are we getting married?"),
        ("My desk is next to the window.", "Where is my desk?"),
        ("My dog is afraid of thunder.", "What is my dog afraid of?"),
        ("My cat is fourteen.", "How old is my cat?"),
        ("My house was built in 1902.", "When was my house built?"),
        ("My parents have a farm near York.", "Where do my parents have a farm?"),
        ("My plan is to open a bakery.", "What is my plan?"),
        ("My sister lives in Leeds with her husband.", "Where does my sister live?"),
        ("My sister Orla, who lives in Cork, is a vet.", "What is my sister?"),
        ("My wife and I met in Prague.", "Tell me about my wife and me."),
        ("We live at 62 Thistledown Lane.", "What is our address?"),
        ("I can't stand coriander.", "What do I hate?"),
        ("My sister hates mushrooms.", "What does my sister not like?"),
        ("I'm obsessed with axolotls.", "What am I into?"),
        ("My brother works for Siemens.", "Which company does my brother work for?"),
        ("I got a job at Pellow's.", "What is the name of my employer?"),
        ("My cousin studies marine archaeology.", "Which degree is my cousin doing?"),
        ("My driving test is on the 19th of November.", "What date is my driving test?"),
        ("My gamer tag is quillfox_88.", "What name do I go by online?"),
        ("We got a goat.", "What pet do we have?"),
        ("We are going to Lanzarote.", "Where are we off to?"),
        ("Peaches make my mouth swell.", "What am I allergic to?"),
        ("My chemistry teacher is Mr Oduya.", "Who do I have for chemistry?"),
        ("I won forty-five quid on a scratchcard.", "How much did I win?"),
        ("I counted 12 swans on the lake.", "How many did I count?"),
    ],
)
def test_some_wordings_that_must_be_there(text, question):
    assert question in asked(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("My business partner is Ada.", "When do I depart?"),
        ("My trainer is Bob.", "When do I depart?"),
        ("My flights manual is thick.", "When do I depart?"),
        ("I train dogs.", "When do I depart?"),
        ("My train is late.", "When do I depart?"),
        ("My mother's birthday is on the third of June.", "When was I born?"),
        ("My boss drives a Volvo.", "Who do I work for?"),
        ("My boss drives a Volvo.", "Who does my boss drive?"),
        ("My son is allergic to nuts.", "What must I not eat?"),
        ("I am married to Anna.", "When did I get married?"),
        ("Our wedding was in Rome.", "When did I get married?"),
        ("I live with two cats.", "Where is my home?"),
        ("I am a doctor.", "Who looks after my health?"),
        ("I am a mother.", "What is my job?"),
        ("My car is a blazer.", "What is my car's job?"),
        ("I am studying law.", "Which language am I studying?"),
        ("The cat of my aunt is called Tom.", "What is my aunt called?"),
        ("I was born in Oslo.", "What is my birth year?"),
        ("My shop opens at nine.", "What is the release date of my shop?"),
        ("The noise comes from the boiler.", "Where was the noise born?"),
        ("I keep bees.", "Where did I hide what I keep?"),
        ("My sister is tall.", "What is my sister called?"),
        ("My son is allergic to nuts.", "What is the name of my son?"),
        ("My boss is nice.", "Who do I work for?"),
        ("My brother Tom is a nurse.", "What is my brother's name?"),
        ("I live in Lisbon, by the river.", "What do I live in Lisbon, by?"),
        ("I live alone.", "What do I live?"),
        ("I'm a carpenter.", "Who am I?"),
        ("I'm not a morning person.", "Tell me about being not."),
        ("I go to the gym on Tuesdays.", "Tell me about to the gym."),
        ("I am 1.82 tall.", "What time am I?"),
        ("I'm seeing the doctor at 10:15.", "What time am I seeing?"),
        ("My birthday is on 4 June.", "Where is my birthday?"),
        ("My mother tongue is Turkish.", "What is my mother called?"),
        ("My sister is getting married in June.", "What is my sister called?"),
        ("My favourite colour is teal.", "If you bring me colour, which one?"),
        ("The cat of my neighbour is called Tom.", "Who is the cat of my neighbour?"),
    ],
)
def test_a_question_about_something_else_is_not_asked(text, wrong):
    assert wrong not in asked(text)


def test_the_same_seed_asks_the_same():
    assert asked("I live in Cork.", 3) == asked("I live in Cork.", 3)
    assert asked("I live in Cork.", 3) != asked("I live in Cork.", 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("My train leaves at 6:45.", "What time"),
        ("The show starts at noon.", "What time"),
        ("My party is on the 3rd of June.", "When"),
        ("My meeting is on Tuesday.", "When"),
        ("I was born in May.", "When"),
        ("We moved to Leeds in 2014.", "When"),
        ("My son is nine years old.", "How old"),
        ("I live in Cork.", "Where"),
        ("My house is near the river.", "Where"),
        ("My boss is Tamsin.", "Who"),
        ("My car is red.", "What"),
    ],
)
def test_the_question_word_fits_the_news(text, words):
    assert question_word(parse_statement(text))[0] == words


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("My dog is called Rex.", "my dog"),
        ("I keep the key under the mat.", "the key"),
        ("I'm allergic to nuts.", "being allergic to"),
        ("I have two sisters.", "what I have"),
    ],
)
def test_the_topic_leaves_out_the_news(text, about):
    assert topic(parse_statement(text)) == about


@pytest.mark.parametrize(
    ("question", "clause"),
    [
        ("Where is my home?", "where my home is"),
        ("What is my dog called?", "what my dog is called"),
        ("When was I born?", "when I was born"),
        ("What do I prefer?", "what I prefer"),
        ("Which city is my home in?", "which city my home is in"),
        ("In which month was my car serviced?", "in which month my car was serviced"),
        ("Who are they?", "who they are"),
        ("What did I say my dog is called?", "what I said my dog is called"),
        ("Name my dog.", ""),
        ("Did I tell you?", ""),
        ("", ""),
    ],
)
def test_as_clause(question, clause):
    assert as_clause(question) == clause


WORDS = st.sampled_from(
    [
        "I",
        "my",
        "the",
        "dog",
        "sister",
        "Orla",
        "is",
        "was",
        "called",
        "in",
        "to",
        "lives",
        "code",
        "flight",
        "{x}",
        "{0}",
        "\\1",
        "Rex",
        "favourite",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, min_size=3, max_size=9).map(" ".join)), st.integers(0, 9))
def test_no_text_breaks_it(text, seed):
    statement = parse_statement(text)
    if statement is not None:
        questions = questions_about(statement, random.Random(seed))
        assert questions
        assert all(question.strip() for question in questions)
