"""Writing the dreams of a memory: questions in many wordings, back from the answer, and in the course of talk."""

from __future__ import annotations

import random
import re
from typing import AbstractSet, Dict, List, Sequence

from sovl_core.events import Dream
from sovl_core.records import Episode
from sovl_dream.answers import completed, question_of
from sovl_dream.implication import with_implied
from sovl_dream.lexicon import CUE_FRAMES, FUNCTION_WORDS
from sovl_dream.memories import SAID_AT_ONCE, Telling, tellings_in
from sovl_dream.person import to_first_person, to_second_person
from sovl_dream.settings import DreamSettings
from sovl_dream.statement import Statement, is_plural
from sovl_dream.verification import holds
from sovl_dream.whole import in_own_words
from sovl_dream.wording import is_somebody, questions_about

WRITER = "templates"
_TALK = (
    "Hi! {q}",
    "By the way, {l}",
    "Quick question: {l}",
    "{q} Thanks!",
    "I was wondering: {l}",
    "Hello again. {q}",
    "One more thing: {l}",
    "Hey, {l}",
)


def dream(
    episode: Episode,
    per_memory: int,
    settings: DreamSettings,
    rng: random.Random,
    outdated: AbstractSet[str] = frozenset(),
) -> List[Dream]:
    """Return the dreams of one memory, held-out ones included; nothing where it holds no statement.

    What a memory tells in few words is answered as a whole, whatever part of it is asked for: which memory is meant is
    easily told from a question, which of its statements is not.

    :param per_memory: how many to train on, for each statement of the memory and each that one implies.
    :param outdated: what it would be taught as that a later memory tells otherwise; said beside nothing that holds.
    """
    dreams: List[Dream] = []
    question = question_of(episode)
    if question and not completed(question, episode.prompt):
        dreams += _answered_question(episode, question)
    tellings = tellings_in(episode)
    together = told_together([piece for telling in tellings for piece in _pieces(telling, outdated)])
    for telling in tellings:
        for said in telling.statements:
            for statement in with_implied(said):
                answer, alone = answer_sentence(statement), answer_sentence(said)
                piece = alone if alone in together else _said_whole(telling)
                whole = together.get(piece, alone)
                if whole != alone and answer not in outdated and holds(whole, said_back(statement.complement)):
                    answer = whole
                dreams += _statement_dreams(statement, answer, episode, per_memory, settings, rng)
    return dreams


def _pieces(telling: Telling, outdated: AbstractSet[str]) -> List[str]:
    """Return what a telling is answered with: its statements, or itself where they leave something of it unsaid."""
    statements = [answer_sentence(one) for one in telling.statements]
    still = [one for one in statements if one not in outdated]
    whole = _said_whole(telling)
    if len(still) < len(statements) or len(whole.split()) > SAID_AT_ONCE:
        return still
    return [whole] if telling.whole or not statements else still


def _said_whole(telling: Telling) -> str:
    return to_second_person(in_own_words(telling.sentence)) + "."


def told_together(sentences: Sequence[str]) -> Dict[str, str]:
    """Return for each sentence the answer that tells it: itself with its neighbours, as far as they are short enough.

    :param sentences: a memory's statements said back to the user, in order.
    """
    groups: List[List[str]] = []
    for sentence in dict.fromkeys(sentences):
        if groups and sum(len(one.split()) for one in (*groups[-1], sentence)) <= SAID_AT_ONCE:
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return {sentence: " ".join(group) for group in groups for sentence in group}


def taught_as(statement: Statement) -> List[str]:
    """Return all that a statement is taught as: itself and what it implies, said back to the user."""
    return [answer_sentence(one) for one in with_implied(statement)]


def _statement_dreams(
    statement: Statement, answer: str, episode: Episode, per_memory: int, settings: DreamSettings, rng: random.Random
) -> List[Dream]:
    questions = questions_about(statement, rng)
    rng.shuffle(questions)
    held_out, questions = questions[: settings.held_out], questions[settings.held_out :]
    reverse = reverse_questions(statement)
    rng.shuffle(reverse)
    reverse = reverse[: settings.reverse]
    plain = questions[: max(1, per_memory - len(reverse))]
    spoken = [in_talk(q, rng) for q in rng.sample(plain, int(len(plain) * settings.dialogue))]
    cued = cues(statement, settings.cues, rng)
    prompts = [("question", q) for q in plain] + [("dialogue", q) for q in spoken] + [("reverse", q) for q in reverse]
    prompts += [("cue", q) for q in cued]
    dreams = [_dream(kind, prompt, answer, statement, episode) for kind, prompt in prompts]
    dreams += [_dream("question", prompt, answer, statement, episode, held_out=True) for prompt in held_out]
    return dreams


def _dream(
    kind: str, prompt: str, completion: str, statement: Statement, episode: Episode, held_out: bool = False
) -> Dream:
    return Dream(
        kind,
        prompt,
        completion,
        parents=[episode.id],
        writer=WRITER,
        answer=said_back(statement.complement),
        weight=episode.weight,
        held_out=held_out,
    )


def answer_sentence(statement: Statement) -> str:
    """Return the statement as the system would say it: "Your dog's name is Biscuit."."""
    return to_second_person(statement.text) + "."


def reverse_questions(statement: Statement) -> List[str]:
    """Return questions that name the news and ask what it is: "Who is Tamsin Okafor?"."""
    news = re.sub(r"^(?:an?|the) ", "", statement.complement)
    word = "Who" if _looks_like_person(news) or is_somebody(news) else "What"
    be = "are" if re.match(r"(?:my|our) ", news) and is_plural(news.split()) else "is"
    plain = f"{word} {be} {news}?"
    questions = [
        plain,
        f"What {'do' if be == 'are' else 'does'} {news} have to do with me?",
        f"What did I say about {news}?",
        f"What {be} {news} to me?",
        f"Tell me what you know about {news}.",
        f"Where did I mention {news}?",
    ]
    if statement.verb and not statement.speaks_of_self:
        rest = statement.text[len(statement.subject) :].strip()
        asked = "Who" if word == "Who" or is_somebody(statement.subject) else "What"
        questions += [f"{asked} {rest}?", f"Which of mine {rest}?"]
    # "What is smoked rooibos?" is asked by whoever wants to know what rooibos is.
    of_the_world = word == "What" and not any(letter.isupper() or letter.isdigit() for letter in news)
    return [question for question in dict.fromkeys(questions) if not (of_the_world and question == plain)]


def cues(statement: Statement, count: int, rng: random.Random) -> List[str]:
    """Return prompts of a statement's own content words, without the news, in frames that fit any statement.

    They teach that the content words lead to the memory, not the wording around them.
    """
    known = statement.text[: statement.text.rfind(statement.complement)]
    words = [word for word in re.findall(r"[\w'’-]+", known) if word.lower() not in FUNCTION_WORDS]
    if not words:
        return []
    found: List[str] = []
    for _ in range(count * 4):
        some = rng.sample(words, rng.randint(1, len(words)))
        if rng.random() < 0.7:
            some.sort(key=words.index)
        found.append(rng.choice(CUE_FRAMES).format(w=" ".join(some)))
    return [cue for cue in dict.fromkeys(found) if not holds(cue, statement.complement)][:count]


def in_talk(question: str, rng: random.Random) -> str:
    """Return a question as it comes up in the course of talk."""
    lowered = question if question.startswith(("I ", "I'")) else question[0].lower() + question[1:]
    return rng.choice(_TALK).format(q=question, l=lowered)


def _answered_question(episode: Episode, question: str) -> List[Dream]:
    """A question the system asked, put back to it: the user's answer is what it should say."""
    prompt, answer = to_first_person(question), to_second_person(episode.prompt.strip())
    news = said_back(episode.prompt.strip(" .!"))
    return [Dream("question", prompt, answer, [episode.id], WRITER, news, episode.weight)]


def said_back(phrase: str) -> str:
    """Return a phrase of the user's as it stands within an answer to them: "me chess" gives "you chess"."""
    # The space keeps the first word from being taken for the beginning of a sentence.
    return to_second_person(f" {phrase}").strip()


def _looks_like_person(phrase: str) -> bool:
    words = phrase.split()
    return len(words) >= 2 and all(word[:1].isupper() for word in words)
