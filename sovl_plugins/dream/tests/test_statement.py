"""Parsing of the sentences in which people tell facts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sovl_dream.statement import parse_statement, uncapitalise

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("text", "subject", "lemma", "complement"),
    [
        ("My dog's name is Biscuit.", "my dog's name", "is", "Biscuit"),
        ("My boss is called Tamsin Okafor.", "my boss", "is called", "Tamsin Okafor"),
        ("My cat is named Pixel!", "my cat", "is named", "Pixel"),
        ("I keep the spare key under the blue kettle.", "I", "keep", "the blue kettle"),
        ("My sister Orla lives in Cork.", "my sister Orla", "live", "Cork"),
        ("I was born in May.", "I", "was", "May"),
        ("I'm allergic to peanuts.", "I", "am", "peanuts"),
        ("My favourite colour is teal.", "my favourite colour", "is", "teal"),
        ("Our anniversary is on the 3rd of June.", "our anniversary", "is", "the 3rd of June"),
        ("I work as a plumber.", "I", "work", "a plumber"),
        ("I live in Lisbon, by the river.", "I", "live", "Lisbon"),
        ("I live in Lund with my wife.", "I", "live", "Lund"),
        ("My dog, a poodle, is called Fifi.", "my dog", "is called", "Fifi"),
        ("Our hens lay eight eggs a day.", "our hens", "lay", "eight eggs a day"),
        ("I owe Ben 20 euros.", "I", "owe", "20 euros"),
        ("I named my boat Sea Breeze.", "I", "name", "Sea Breeze"),
        ("The code for the garage is 4815.", "the code for the garage", "is", "4815"),
        ("I am learning to speak Welsh.", "I", "am", "Welsh"),
        ("My daughter is seven years old.", "my daughter", "is", "seven years old"),
        ("We moved to Leeds in 2014.", "we", "move", "2014"),
        ("My car was serviced in March.", "my car", "was", "March"),
        ("My grandmother came from Riga.", "my grandmother", "come", "Riga"),
        ("I always drink tea with honey.", "I", "drink", "honey"),
        ("By the way, my blood type is O negative.", "my blood type", "is", "O negative"),
        ("Please remember that my meeting is on Tuesday.", "my meeting", "is", "Tuesday"),
        ("Project Falcon ships on the 9th of March.", "Project Falcon", "ship", "the 9th of March"),
        ("My brother studies law in Utrecht.", "my brother", "study", "Utrecht"),
        ("My neighbour watches the cat.", "my neighbour", "watch", "the cat"),
        ("I bought a bicycle from Marco.", "I", "buy", "Marco"),
        ("I last saw the dentist in October.", "I", "see", "October"),
        ("The bus to town leaves at noon.", "the bus to town", "leave", "noon"),
        ("I've lived in Rome.", "I", "lived", "Rome"),
        ("My aunt baked the cake.", "my aunt", "bake", "the cake"),
        ("We planned the party together.", "we", "plan", "the party together"),
        ("My wife called the plumber.", "my wife", "call", "the plumber"),
        ("My brother agreed to the plan.", "my brother", "agree", "the plan"),
        ("My house is near the river.", "my house", "is", "the river"),
        ("My new business partner sells famous boats.", "my new business partner", "sell", "famous boats"),
    ],
)
def test_everyday_sentences(text, subject, lemma, complement):
    statement = parse_statement(text)
    assert (statement.subject, statement.lemma, statement.complement) == (subject, lemma, complement)


@pytest.mark.parametrize(
    ("text", "auxiliary", "verb", "lemma", "rest"),
    [
        ("I don't eat meat.", "do", "do not eat", "not eat", ("", "", "meat")),
        ("I never eat meat.", "do", "never eat", "never eat", ("", "", "meat")),
        ("I do yoga on Mondays.", "do", "do", "do", ("yoga", "on", "Mondays")),
        ("I can play chess.", "can", "can play", "play", ("", "", "chess")),
        ("I can't eat gluten.", "can", "can not eat", "not eat", ("", "", "gluten")),
        ("I will marry Anna in June.", "will", "will marry", "marry", ("Anna", "in", "June")),
        ("I'll be in Rome on Friday.", "will", "will be", "be", ("in Rome", "on", "Friday")),
        ("I have two sisters.", "do", "have", "have", ("", "", "two sisters")),
        ("I've got two cats.", "have", "have got", "got", ("", "", "two cats")),
        ("I have lived in Oslo since 2010.", "have", "have lived", "lived", ("", "in", "Oslo since 2010")),
        ("My sister has moved to Rome.", "has", "has moved", "moved", ("", "to", "Rome")),
        ("I have to leave at nine.", "do", "have to leave", "have to leave", ("", "at", "nine")),
        ("I want to learn Spanish.", "do", "want to learn", "want to learn", ("", "", "Spanish")),
        ("I'd like to visit Japan.", "would", "would like to visit", "like to visit", ("", "", "Japan")),
        ("I used to live in Rome.", "did", "used to live", "use to live", ("", "in", "Rome")),
        ("I think my dog is sick.", "do", "think", "think", ("", "", "my dog is sick")),
        ("I wasn't born in Oslo.", "was", "was", "was", ("not born", "in", "Oslo")),
        ("My dog isn't big.", "is", "is", "is", ("not", "", "big")),
        ("I am afraid of spiders.", "am", "am", "am", ("afraid", "of", "spiders")),
        ("I'm currently learning Welsh.", "am", "am", "am", ("currently learning", "", "Welsh")),
        ("My parents live in Oslo.", "do", "live", "live", ("", "in", "Oslo")),
        ("Tom and Ann live in Oslo.", "do", "live", "live", ("", "in", "Oslo")),
        ("My favourite drinks are tea and coffee.", "are", "are", "are", ("", "", "tea and coffee")),
        ("My new glasses are red and round.", "are", "are", "are", ("", "", "red and round")),
        ("The keys of the cars are in the drawer.", "are", "are", "are", ("", "in", "the drawer")),
        ("My brother said he is ill.", "did", "said", "say", ("", "", "he is ill")),
        ("The man who lives next door is nice.", "is", "is", "is", ("", "", "nice")),
        ("I put the key under the mat.", "did", "put", "put", ("the key", "under", "the mat")),
        (
            "I keep the key to the shed under the kettle.",
            "do",
            "keep",
            "keep",
            ("the key to the shed", "under", "the kettle"),
        ),
        ('My favourite book is "Emma".', "is", "is", "is", ("", "", "Emma")),
    ],
)
def test_verbs_and_what_follows_them(text, auxiliary, verb, lemma, rest):
    statement = parse_statement(text)
    assert (statement.auxiliary, statement.verb, statement.lemma) == (auxiliary, verb, lemma)
    assert (statement.middle, statement.preposition, statement.complement) == rest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello there",
        "Is my dog happy today?",
        "So very nice",
        "  ",
        "She is my sister.",
        "They live in Peru.",
        "There is nothing in my garden.",
        "It was my birthday yesterday.",
        "This is my house now.",
        "I do not drive.",
        "I can not.",
    ],
)
def test_what_is_no_statement_is_none(text):
    assert parse_statement(text) is None


@pytest.mark.parametrize(
    ("text", "auxiliary", "copula", "of_self"),
    [
        ("My dog is called Rex.", "is", True, False),
        ("I live in Cork.", "do", False, True),
        ("We moved to Leeds.", "did", False, True),
        ("I do sports every day.", "do", False, True),
        ("My sister lives in Cork.", "does", False, False),
    ],
)
def test_what_a_question_needs(text, auxiliary, copula, of_self):
    statement = parse_statement(text)
    assert (statement.auxiliary, statement.is_copula, statement.speaks_of_self) == (auxiliary, copula, of_self)


def test_a_name_keeps_its_capital():
    assert uncapitalise("My dog Rex") == "my dog Rex"
    assert uncapitalise("Project Falcon") == "Project Falcon"
    assert uncapitalise("") == ""


WORDS = st.sampled_from(
    [
        "I",
        "my",
        "the",
        "dog",
        "is",
        "was",
        "called",
        "in",
        "to",
        "of",
        "lives",
        "did",
        ".",
        "!",
        "'",
        "’",
        "bus",
        "We've",
        "{x}",
        "I'm",
        "not",
        "that",
        "never",
        "have",
        "can",
        "want",
        "don't",
        "and",
        "who",
    ]
)


@pytest.mark.parametrize("piece", ["a ", "my code is ", "never ", "not ", "to ", "lives ", "I have to want to ", "'"])
@pytest.mark.parametrize("start", ["", "My ", "I "])
def test_long_texts_come_to_an_end(start, piece):
    statement = parse_statement(start + piece * 2000)
    assert statement is None or statement.complement


@example("I I can not")
@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=10).map(" ".join)))
def test_no_text_breaks_the_parser(text):
    statement = parse_statement(text)
    if statement is not None:
        assert statement.subject
        assert statement.verb
        assert statement.complement
        assert statement.complement in statement.text
