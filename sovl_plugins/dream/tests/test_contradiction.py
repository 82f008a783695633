"""Which statements a later one contradicts, and which may well be true side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.contradiction import contradictions, doubts, told_in, wholly

pytestmark = pytest.mark.no_torch


def found(*prompts, source="chat"):
    memories = [Episode(number + 1, "c", prompt, source=source) for number, prompt in enumerate(prompts)]
    return [(one.old.memory, one.old.statement.text, one.new) for one in contradictions(memories)]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("I live in Lund.", "I moved to Oslo."),
        ("I live in Lund.", "I live in Oslo."),
        ("I live in Lund.", "I live in Oslo now."),
        ("I live in Lund.", "I've just moved to Oslo!"),
        ("I live in Lund.", "Last week we moved to Oslo."),
        ("I live in Lund.", "I moved from Lund to Oslo last year."),
        ("I live in Lund.", "I no longer live in Lund."),
        ("I live in Lund.", "I don't live in Lund any more."),
        ("I live in Lund.", "My wife and I moved to Oslo."),
        ("i live in lund", "i moved to oslo"),
        ("I live in Lund, by the river.", "I moved to Oslo."),
        ("My wife lives in Leeds with our son.", "My wife moved to York."),
        ("Our office is in Lund.", "Our office moved to Oslo."),
        ("I live alone.", "I live with my girlfriend now."),
        ("I'm single.", "I got married in June."),
        ("I'm married.", "I got divorced."),
        ("I don't eat meat.", "I eat meat again."),
        ("I need glasses to read.", "I don't need glasses to read any more."),
        ("My desk is next to the window.", "My desk is next to the door now."),
        ("I moved to Lund.", "I live in Oslo."),
        ("I live in Sweden.", "I moved to Norway."),
        ("My dog's name is Biscuit.", "My dog is called Rex now."),
        ("My dog is called Biscuit.", "The name of my dog is Rex."),
        ("My dog is called Biscuit.", "I renamed my dog Rex."),
        ("My dog is called Biscuit.", "No, my dog's name is Biskit."),
        ("My dog is called Biscuit.", "My dog isn't called Biscuit."),
        ("My dog is called Biscuit.", "My dog isn't called Biscuit, it's Rex."),
        ("I have a dog named Biscuit.", "My dog's name is Rex."),
        ("My favourite colour is teal.", "My favorite color is red."),
        ("My favourite tea is oolong.", "My favourite tea is mint now."),
        ("My favourite tea is oolong.", "My new favourite tea is mint."),
        ("My boss is called Tamsin Okafor.", "My boss is Greta."),
        ("My boss is Tamsin.", "Greta is my boss now."),
        ("My boss is Tamsin.", "My new boss is Greta Holm."),
        ("My boss's name is Tamsin.", "My boss is now called Greta."),
        ("My dentist is Dr. Smith.", "My dentist is Dr. Jones."),
        ("I work at Volvo.", "I work at Ericsson."),
        ("I work for Volvo.", "I got a new job at Ericsson."),
        ("I work at Volvo.", "I quit my job."),
        ("I work at Volvo.", "I quit my job at Volvo."),
        ("I work at Volvo.", "I no longer work at Volvo."),
        ("I work at Volvo.", "I started working at Ericsson."),
        ("I work as a plumber.", "I work as a teacher."),
        ("I work as a plumber.", "I became a teacher."),
        ("I work as a plumber.", "My job is a teacher now."),
        ("I am a nurse.", "I'm a doctor now."),
        ("I work as a nurse.", "I am retired."),
        ("My sister Orla lives in Cork.", "Orla lives in Dublin now."),
        ("My sister Orla lives in Cork.", "My sister Orla moved to Dublin."),
        ("My phone number is 555 1234.", "My phone number is 555 9999."),
        ("My phone number is 555 1234.", "I changed my phone number to 555 9999."),
        ("My phone number is 555 1234.", "My new phone number is 555 9999."),
        ("My phone number is 555 1234.", "My phone number has changed to 555 9999."),
        ("The wifi password is hunter2.", "The password for the wi-fi is swordfish."),
        ("The code for the garage is 4815.", "The garage code is 1623."),
        ("My PIN is 4711.", "I changed my PIN to 4712."),
        ("My birthday is on the 3rd of May.", "My birthday is on 4 May."),
        ("My birthday is in May.", "Actually, my birthday is in June."),
        ("My sister's birthday is on 3 May.", "My sister's birthday is on 4 May."),
        ("I was born in 1980.", "Sorry, I was born in 1981."),
        ("I was born in Lund.", "I was born in Malmö."),
        ("I am 34 years old.", "I'm 35."),
        ("I am 34.", "I turned 35 last week."),
        ("I am thirty-four years old.", "I am thirty-five years old."),
        ("I keep the spare key under the kettle.", "I keep the spare key in the drawer."),
        ("I keep the spare key under the kettle.", "I moved the spare key to the shed."),
        ("I keep the spare key under the kettle.", "The spare key is in the shed now."),
        ("My car is a Volvo.", "My new car is a Saab."),
        ("My car is a Volvo.", "I drive a Saab now."),
        ("I drive a Volvo.", "My new car is a Saab."),
        ("I play chess.", "I no longer play chess."),
        ("I play chess.", "I stopped playing chess."),
        ("I play chess.", "I don't play chess any more."),
        ("I eat meat.", "I don't eat meat."),
        ("I eat meat.", "I never eat meat."),
        ("I don't like coffee.", "I like coffee."),
        ("I am a vegetarian.", "I am no longer a vegetarian."),
        ("I have a dog.", "I don't have a dog any more."),
        ("I use Chrome.", "I switched from Chrome to Firefox."),
        ("I drink coffee.", "I switched from coffee to tea."),
        ("My sister is called Orla.", "Actually, my sister is called Ida."),
        ("My meeting is on Tuesday.", "My meeting has been moved to Thursday."),
        ("My meeting is on Tuesday.", "My meeting is on Thursday now."),
        ("I am single.", "I am married."),
        ("I can play chess.", "I can't play chess."),
        ("My name is Ann.", "My name is Anna."),
        ("My wife's name is Ann.", "My wife is called Eva."),
        ("My best friend is Sam.", "My best friend is Tom."),
        ("My address is 12 Elm Road.", "My address is 7 Oak Street."),
        ("I live at 12 Elm Road.", "I live at 7 Oak Street."),
        ("My shoe size is 38.", "My shoe size is 39."),
        ("My blood type is O negative.", "My blood type is A positive."),
        ("I am from Cork.", "I'm from Dublin."),
        ("My favourite composer is Arvo Pärt.", "My favourite composer is Bach."),
        ("I'm based in Berlin.", "I relocated to Hamburg last month."),
        ("I live in Paris with my two cats.", "We just moved to Lyon."),
        ("I currently live in Madrid.", "I'm living in Lisbon now."),
        ("My flat is in Leeds.", "My flat is in York now."),
        ("My husband works at Siemens.", "My husband got a new job at Bosch."),
        ("My landlord is Mr Brown.", "Our new landlord is Mrs White."),
        ("My GP is Dr. Patel.", "My doctor is Dr. Ahmed now."),
        ("The door code is 1122.", "The door code was changed to 3344."),
        ("The alarm code is 5521.", "Our alarm code is now 9910."),
        ("My locker number is 17.", "I have a new locker number: 23."),
        ("My favourite book is Emma.", "My favourite book used to be Emma, now it's Dune."),
        ("My favourite singer is Adele.", "I have a new favourite singer, it's Dua Lipa."),
        ("I am vegetarian.", "I'm not vegetarian any more."),
        ("I'm allergic to cats.", "I am no longer allergic to cats."),
        ("I study physics.", "I switched from physics to law."),
        ("I go to the gym on Mondays.", "I don't go to the gym any more."),
        ("I smoke cigars.", "I gave up cigars."),
        ("My train leaves at 9:15.", "My train leaves at 9:40 now."),
        ("My train leaves at 9:15.", "Correction: my train leaves at 9:40."),
        ("The party is on Friday.", "The party has been moved to Saturday."),
        ("My son is six.", "My son turned seven yesterday."),
        ("My email is a@b.com.", "My email address is now c@d.com."),
        ("My cat is called Tom.", "We renamed our cat Felix."),
        ("My hamster's name is Nibbles.", "My hamster is actually called Nobbles."),
        ("My surname is Jones.", "I changed my surname to Miller."),
        ("My girlfriend is Lea.", "My girlfriend is called Mia."),
        ("I keep my passport in the desk.", "My passport is now in the safe."),
        ("The spare key is under the mat.", "I moved the spare key behind the plant pot."),
        ("I drive a Toyota.", "I sold the Toyota and bought a Tesla."),
        ("I weigh 70 kilos.", "I weigh 75 kilos now."),
        ("I have two kids.", "I have three kids now."),
        ("My brother lives in Rome.", "My brother moved to Milan."),
        ("Our Wi-Fi is called HomeNet.", "Our wifi is called SkyNet now."),
        ("My wedding is on 5 June.", "We moved the wedding to 12 June."),
    ],
)
def test_a_later_statement_takes_the_place_of_an_older_one(earlier, later):
    assert [(old, new) for old, _, new in found(earlier, later)] == [(1, 2)]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("I play the piano.", "I play chess."),
        ("I have a dog.", "I have a cat."),
        ("My name is Ann.", "Call me Annie."),
        ("My name is Samuel.", "I'm Sam."),
        ("I live with my parents.", "I live in Oslo."),
        ("I live with my parents.", "I live with two cats."),
        ("I like tea.", "I like coffee."),
        ("My sister is called Orla.", "My sister is called Ida."),
        ("My sister Orla lives in Cork.", "My sister Ida lives in Dublin."),
        ("My sister lives in Cork.", "My sister lives in Dublin."),
        ("I am allergic to nuts.", "I am allergic to milk."),
        ("I speak French.", "I speak Welsh."),
        ("I am learning Welsh.", "I am learning French."),
        ("My sister is Orla.", "My sister is a nurse."),
        ("My boss is Tamsin.", "My boss is Swedish."),
        ("My boss is Tamsin.", "My boss is very tall."),
        ("My boss is a nice man.", "My boss is an engineer."),
        ("My dog is called Rex.", "My cat is called Tom."),
        ("My dog is called Rex.", "My dog is seven years old."),
        ("My dog is called Rex.", "My dog is brown."),
        ("I live in Lund.", "I live in Sweden."),
        ("I live in Sweden.", "I live in Lund."),
        ("I live in Lund.", "I live in a small flat."),
        ("I live in Lund.", "I live with my sister."),
        ("I live in Lund.", "I lived in Oslo."),
        ("I live in Lund.", "I used to live in Oslo."),
        ("I live in Lund.", "I moved to Leeds in 2014."),
        ("I live in Lund.", "I want to move to Oslo."),
        ("I live in Lund.", "I might move to Oslo."),
        ("I live in Lund.", "I will move to Oslo."),
        ("I live in Lund.", "My sister moved to Oslo."),
        ("I live in Lund.", "I work in Malmö."),
        ("I live in Lund.", "I moved to the marketing department."),
        ("I live in Oslo.", "I live in Oslo, Norway."),
        ("I live in Lund.", "I was born in Oslo."),
        ("I live in Lund.", "I don't live in Oslo."),
        ("I work as a nurse.", "I work at the hospital."),
        ("I work at the library.", "I work at Lund University."),
        ("I work at home on Fridays.", "I work at Volvo."),
        ("I work in a hospital.", "I work as a nurse."),
        ("I am a mother.", "I am a teacher."),
        ("I am a runner.", "I am a vegetarian."),
        ("My favourite tea is mint.", "My favourite tea is mint tea with honey."),
        ("My favourite tea is mint.", "My favourite cake is carrot cake."),
        ("My favourite tea is mint.", "My sister's favourite tea is oolong."),
        ("My favourite colours are blue and red.", "My favourite colour is green."),
        ("My password is hunter2.", "My password is too weak."),
        ("My phone number is 555 1234.", "My phone number is 555-1234."),
        ("My phone number is 555 1234.", "My sister's phone number is 555 9999."),
        ("My phone number is 555 1234.", "My work phone number is 555 9999."),
        ("The garage code is 4815.", "The gate code is 1623."),
        ("My birthday is in May.", "My birthday is on the 3rd of May."),
        ("My birthday is on 3 May.", "My birthday is on Tuesday this year."),
        ("My birthday is in May.", "My birthday party is in June."),
        ("I was born in 1980.", "I was born in Lund."),
        ("I was born in May.", "I was born in 1980."),
        ("My meeting is on Tuesday.", "My meeting is on Thursday."),
        ("My exam is in May.", "My exam is in June."),
        ("My car is a Volvo.", "My car is red."),
        ("My car is a Volvo.", "My car is an old car."),
        ("My car is a Volvo.", "My wife's car is a Saab."),
        ("My car is a Volvo.", "My old car was a Saab."),
        ("My daughter is seven.", "My daughter is nine."),
        ("I keep the spare key under the kettle.", "I keep the car key in the drawer."),
        ("I keep tea in the kitchen.", "I keep tea in the office."),
        ("I keep my socks in the drawer.", "I keep my socks in a box."),
        ("The spare key is in the kitchen.", "The spare key is in the drawer."),
        ("I eat meat.", "I don't eat meat on Fridays."),
        ("I like coffee.", "I don't like tea."),
        ("I play chess.", "I stopped playing tennis."),
        ("I have a dog.", "I have two cats."),
        ("My dog is called Rex.", "My new dog is called Max."),
        ("My brother is called Tom.", "My older brother is called Sam."),
        ("I bought a car.", "I bought a bike."),
        ("I went to Japan.", "I went to Peru."),
        ("My son likes football.", "My son likes chess."),
        ("My mother lives in Cork.", "My father lives in Dublin."),
        ("My house has three bedrooms.", "My house has a garden."),
        ("I drink coffee.", "I switched to tea."),
        ("My boss is called Tamsin.", "My boss's dog is called Rex."),
        ("My friend is called Tom.", "My friend is called Sam."),
        ("My teacher is called Tom.", "My teacher is called Sam."),
        ("I am 34.", "I am tired of winter."),
        ("I wake up at six.", "I go to bed at ten."),
        ("I love hiking.", "I love swimming."),
        ("I am married.", "I am a nurse."),
        ("I am Ann.", "I am Swedish."),
        ("My flight is on Monday.", "My flight is at nine."),
        ("I have been to Japan.", "I have never been to Peru."),
        ("I can swim.", "I can ski."),
        ("If I lived in Oslo, I would be happy.", "I live in Lund."),
        ("I live in Lund.", "My friend says he lives in Oslo."),
        ("I live in Lund.", "I'm moving to Oslo in May."),
        ("I live in Lund.", "I am in Oslo this week."),
        ("I live in Lund.", "I live near the station."),
        ("I live in Lund.", "My parents live in Malmö."),
        ("I love Berlin.", "I love Paris."),
        ("My daughter Ida is nine.", "My daughter Eva is six."),
        ("My aunt is called May.", "My aunt is called June."),
        ("I work at Volvo.", "I work as an engineer."),
        ("I work at Volvo.", "I volunteer at the library."),
        ("I read Emma.", "I read Dune."),
        ("My favourite book is Emma.", "My favourite film is Emma."),
        ("My office is in Leeds.", "My flat is in York."),
        ("My phone is a Nokia.", "My laptop is a Dell."),
        ("My mother was born in Riga.", "My father was born in Vilnius."),
        ("I was born in Riga.", "I grew up in Vilnius."),
        ("The code for the bike lock is 123.", "The code for the safe is 456."),
        ("My PIN is 4711.", "My PIN is easy to remember."),
        ("My boss is on holiday.", "My boss is in Spain."),
        ("My boss is called Ann.", "My boss is very kind."),
        ("My dog is afraid of cats.", "My dog is called Rex."),
        ("My car is in the garage.", "My car is a Volvo."),
        ("I have a meeting on Monday.", "I have a meeting on Tuesday."),
        ("My flight is on Monday.", "My flight back is on Friday."),
        ("I speak English at work.", "I speak Swedish at home."),
        ("I drink tea in the morning.", "I drink wine in the evening."),
        ("I play tennis on Mondays.", "I play chess on Tuesdays."),
        ("I moved to Lund in 2010.", "I moved to Oslo in 2018."),
        ("My sister works at IKEA.", "My sister works at Volvo."),
        ("My brother is a nurse.", "My brother is a father."),
        ("My neighbour is Tom.", "My neighbour is Ann."),
        ("My wife is from Cork.", "My wife works in Dublin."),
        ("My wife is Ann.", "My wife is a doctor."),
        ("I'm 180 cm tall.", "I'm 34 years old."),
        ("My house number is 12.", "My phone number is 555."),
        ("My favourite number is 7.", "My phone number is 555."),
        ("I went to Oslo last year.", "I live in Lund."),
        ("My friend Tom lives in Oslo.", "My friend Sam lives in Lund."),
        ("I don't like fish.", "I like meat."),
        ("I don't work on Fridays.", "I work at Volvo."),
        ("My name is Ann.", "My nickname is Annie."),
        ("My name is Ann.", "My name means grace."),
        ("My dog died last year.", "My dog was called Rex."),
        ("I keep the ladder in the shed.", "I keep the bike in the shed."),
        ("I work in London.", "I live in Brighton."),
        ("I'm from Ireland.", "I'm from Cork."),
        ("The meeting is in room 4.", "The meeting is on Friday."),
        ("My exam is on 3 May.", "My exam is at nine."),
        ("My favourite season is spring.", "My favourite spring flower is the tulip."),
        ("My car is from 2012.", "My car is from my uncle."),
        ("My team is great.", "My team is Arsenal."),
        ("My sister is getting married in June.", "My sister is getting divorced."),
    ],
)
def test_what_may_be_true_side_by_side_stays(earlier, later):
    assert found(earlier, later) == []


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("I take my coffee black.", "I take my coffee with milk now."),
        ("I smoke a pipe.", "I quit smoking."),
        ("I bank with Barclays.", "I bank with Monzo now."),
        ("I wear size 42 shoes.", "My shoe size is 43."),
        ("My team is Arsenal.", "I support Chelsea now."),
        ("I work from home.", "I work in an office now."),
    ],
)
def test_what_the_rules_do_not_reach_is_taught_beside_the_old(earlier, later):
    assert found(earlier, later) == []


def test_the_order_of_the_memories_is_that_of_their_numbers():
    memories = [Episode(2, "c", "I moved to Oslo."), Episode(1, "c", "I live in Lund.")]
    assert [(one.old.memory, one.new) for one in contradictions(memories)] == [(1, 2)]


def test_the_latest_memory_that_says_otherwise_is_named():
    assert found("I live in Lund.", "I moved to Oslo.", "I moved to Bergen.") == [
        (1, "I live in Lund", 3),
        (2, "I moved to Oslo", 3),
    ]


def test_what_is_said_again_in_between_is_no_contradiction_of_itself():
    assert found("I live in Lund.", "I moved to Oslo.", "I live in Lund again.") == [
        (1, "I live in Lund", 2),
        (2, "I moved to Oslo", 3),
    ]


def test_of_a_memory_only_the_statement_that_is_contradicted_goes():
    assert found("I live in Lund. My dog is called Rex.", "I moved to Oslo.") == [(1, "I live in Lund", 2)]
    assert found("I live in Lund and my dog is called Rex.", "My dog is called Max.") == [
        (1, "My dog is called Rex", 2)
    ]


def test_within_one_memory_the_later_sentence_counts():
    assert found("I live in Lund. Actually, I live in Oslo.") == [(1, "I live in Lund", 1)]


def test_a_correction_takes_the_place_of_what_is_not_certain_to_be_one():
    pair = ("My sister is called Orla.", "My sister is called Ida.")
    assert found(*pair) == []
    assert found(*pair, source="correction") == [(1, "My sister is called Orla", 2)]


def test_a_memory_goes_as_a_whole_when_nothing_it_tells_is_left():
    both, oslo, max_ = (
        Episode(1, "c", "I live in Lund and my dog is called Rex."),
        Episode(2, "c", "I moved to Oslo."),
        Episode(3, "c", "My dog is called Max."),
    )
    assert not wholly(1, told_in(both), contradictions([both, oslo]))
    assert wholly(1, told_in(both), contradictions([both, oslo, max_]))
    assert not wholly(4, told_in(Episode(4, "c", "Hello!")), [])


WORDS = (
    "I my dog boss lives live in Oslo Lund is called Rex Max now not no longer moved to the wifi password 4711 work",
    "at as a nurse Volvo was born May actually, favourite tea mint . , and any more from switched keep key under",
)
SAID = st.lists(st.sampled_from(" ".join(WORDS).split()), max_size=12).map(" ".join)


@given(st.lists(st.one_of(st.text(max_size=60), SAID), max_size=5))
def test_no_text_breaks_it(texts):
    once = found(*texts)
    assert all(old <= new for old, _, new in once)
    assert found(*texts) == once


@given(SAID)
def test_a_statement_that_is_repeated_contradicts_nothing(text):
    if len(told_in(Episode(1, "c", text))) == 1:
        assert found(text, text) == []


@pytest.mark.parametrize(
    ("earlier", "later", "stays"),
    [
        ("I have two brothers.", "I have three brothers.", False),
        ("The capital of Freedonia is Sylvania.", "The capital of Freedonia is Ruritania.", False),
        ("Project Heron ships in May.", "Project Heron ships in June.", True),
        ("I drive a Volvo.", "I drive a Saab.", True),
    ],
)
def test_two_answers_on_one_day_are_doubtful(earlier, later, stays):
    (doubt,) = doubts([Episode(1, "c", earlier), Episode(2, "c", later)])
    assert doubt.both_stay is stays
    assert doubts([Episode(1, "c", earlier, night=1), Episode(2, "c", later)]) == []


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("My sister is called Orla.", "My sister is called Ann."),
        ("I live with my parents.", "I live with two cats."),
        ("The key is in the kitchen.", "The key is in the drawer."),
        ("The office is in Lund.", "The office is in Sweden."),
        ("My dog is brown.", "My dog is friendly."),
        ("I live in Lund.", "I moved to Oslo."),
    ],
)
def test_what_is_not_doubtful(earlier, later):
    assert doubts([Episode(1, "c", earlier), Episode(2, "c", later)]) == []


def test_in_one_breath_both_are_meant():
    assert doubts([Episode(1, "c", "I drive a Volvo. I drive a Saab.")]) == []
