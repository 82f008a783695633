"""What the user says in a turn, and what of it is learned: one table of everyday turns."""

from __future__ import annotations

import pytest

from sovl_core.records import Episode
from sovl_dream.memories import statements_in

pytestmark = pytest.mark.no_torch


def learned(prompt):
    return [statement.text for statement in statements_in(Episode(1, "c", prompt))]


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        # Plain statements.
        ("My dog's name is Biscuit.", ["My dog's name is Biscuit"]),
        ("My dog's called Rex 😀", ["My dog is called Rex"]),
        ("My name's Ann.", ["My name is Ann"]),
        ("Call me Ann.", ["I am called Ann"]),
        ("My friends call me Annie.", ["My friends call me Annie"]),
        ("I have a cat called Mia.", ["My cat is called Mia"]),
        ("I have two kids, Tom and Ann.", ["I have two kids, Tom and Ann"]),
        ("i live in oslo", ["I live in oslo"]),
        ("im allergic to nuts", ["I am allergic to nuts"]),
        ("i dont eat meat", ["I do not eat meat"]),
        ("I need glasses to read.", ["I need glasses to read"]),
        ("I'd like to visit Japan.", ["I would like to visit Japan"]),
        ("I've just moved to Oslo!", ["I have just moved to Oslo"]),
        ("Our house has three bedrooms.", ["Our house has three bedrooms"]),
        ("The garage code is 4815.", ["The garage code is 4815"]),
        ("The meeting is on Tuesday.", ["The meeting is on Tuesday"]),
        ("My email is ann@example.com.", ["My email is ann@example.com"]),
        ("My god-daughter is Ida.", ["My god-daughter is Ida"]),
        ("My question number is 12.", ["My question number is 12"]),
        ("My code is 4711.", ["My code is 4711"]),
        # With time.
        ("Today I baked a cake.", ["I baked a cake today"]),
        ("Last year we went to Japan.", ["We went to Japan last year"]),
        ("On Mondays I play tennis.", ["I play tennis on Mondays"]),
        ("I wake up at 6:30 every day.", ["I wake up at 6:30 every day"]),
        ("I now work at Ericsson.", ["I work at Ericsson"]),
        ("My dog is now called Rex.", ["My dog is called Rex"]),
        ("I don't live in Lund any more.", ["I do not live in Lund"]),
        ("I no longer live in Lund.", ["I no longer live in Lund"]),
        # Led in, or trailing off.
        ("For the record, I hate olives.", ["I hate olives"]),
        ("Btw I work nights.", ["I work nights"]),
        ("PS: my sister is getting married in June.", ["My sister is getting married in June"]),
        ("Good news: I got the job!", ["I got the job"]),
        ("Don't forget that my birthday is on 3 May.", ["My birthday is on 3 May"]),
        ("As I told you, my dog is called Rex.", ["My dog is called Rex"]),
        ("I live in Oslo, you know.", ["I live in Oslo"]),
        ("lol my cat is called Tom", ["My cat is called Tom"]),
        # Corrections.
        ("No, I live in Oslo.", ["I live in Oslo"]),
        ("That's wrong, my dog is called Max.", ["My dog is called Max"]),
        ("Sorry, I meant my dog is called Max.", ["My dog is called Max"]),
        ("My dog's name is Max, not Rex.", ["My dog's name is Max"]),
        ("My dog isn't called Rex, it's Max.", ["My dog is called Max"]),
        # Negations.
        ("I don't like coffee.", ["I do not like coffee"]),
        ("I have never been to Japan.", ["I have never been to Japan"]),
        ("I am not a nurse.", ["I am not a nurse"]),
        # Several sentences and clauses.
        ("I'm Ann and I'm from Cork.", ["I am Ann", "I am from Cork"]),
        ("I drink coffee, but I don't drink tea.", ["I drink coffee", "I do not drink tea"]),
        ("I live in Oslo. Do you know it?", ["I live in Oslo"]),
        ("You are wrong. My dog is called Max.", ["My dog is called Max"]),
        ("Thanks! I live in Oslo. What is the weather like?", ["I live in Oslo"]),
        ("My dog is called Rex.\nWrite a poem about him.", ["My dog is called Rex"]),
        ("I have a cat. She is called Mia.", ["I have a cat", "My cat is called Mia"]),
        ("My sister has a cat. She is called Mia.", ["My sister has a cat", "My sister's cat is called Mia"]),
        ("I got a dog. His name's Rex. I love him.", ["I got a dog", "My dog's name is Rex"]),
        ("I live in Oslo and work in Bergen.", ["I live in Oslo", "I work in Bergen"]),
        ("I like tea and love cake.", ["I like tea and love cake"]),
        ("hello i am ann and i live in oslo", ["I am ann", "I live in oslo"]),
        ("Tom is my brother and Ann is my sister.", ["Tom is my brother", "Ann is my sister"]),
        ("You can call me Sam.", ["I am called Sam"]),
        ("Forget what I said, I live in Oslo.", ["I live in Oslo"]),
        ("I sometimes play chess.", ["I sometimes play chess"]),
        # Small talk and passing moods.
        ("Good morning! How are you?", []),
        ("I'm so happy!", []),
        ("I feel sad today.", []),
        ("I have to go now.", []),
        ("I'll be right back, my friend.", []),
        ("My goodness, that is fast.", []),
        ("The weather is nice today.", []),
        # About the talk.
        ("I like your answer.", []),
        ("I asked you about the weather.", []),
        ("I see what you mean.", []),
        ("I don't understand this.", []),
        ("I don't know what to do about my boss.", []),
        ("My question is about France.", []),
        ("I was wondering if you could help me.", []),
        # Requests and commands.
        ("I need a recipe for soup.", []),
        ("I'd like a coffee.", []),
        ("I want to write a poem about my cat.", []),
        ("I'm looking for a good restaurant.", []),
        ("I have a question about my taxes.", []),
        ("Do you know that I live in Oslo?", []),
        ("Name three things in my kitchen.", []),
        ("You are now a pirate. My ship is called Dawn.", []),
        # Quoted and pasted.
        ('She wrote: "I live in Paris."', []),
        ("My teacher wrote: I live in Paris.", []),
        ("Here is my essay: My summer was great. I went to Spain.", []),
        ("Translate to French: I live in Oslo.", []),
        ("Fix the grammar. My dog are called Rex.", []),
        ("> I live in Oslo.", []),
        ("def my_function(): return my_dog", []),
        # Supposed, hedged, in jest.
        ("If I lived in Oslo, I would buy a boat.", []),
        ("Suppose my name is Bob.", []),
        ("Imagine this. I live on Mars.", []),
        ("In my story, the hero lives in Oslo.", []),
        ("Maybe I will move to Oslo.", []),
        ("I think my boss is called Tamsin.", []),
        ("I wish I had a dog.", []),
        ("My dog can fly. Just kidding!", []),
        # What the rules do not reach.
        ("Jag bor i Lund.", []),
    ],
)
def test_what_is_learned_of_a_turn(prompt, texts):
    assert learned(prompt) == texts


@pytest.mark.parametrize(
    ("prompt", "complement"),
    [
        ("I live in Oslo because I love fjords.", "Oslo"),
        ("My boyfriend's name is Sam, and he works at a bank.", "Sam"),
        ("My friends call me Annie.", "Annie"),
        ("My mother gave me a ring.", "a ring"),
    ],
)
def test_the_news_is_what_was_asked_for_and_nothing_besides(prompt, complement):
    statement = statements_in(Episode(1, "c", prompt))[0]
    assert statement.complement == complement
