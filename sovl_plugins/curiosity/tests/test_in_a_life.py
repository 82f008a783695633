"""The plugin alone in a real life on a tiny model."""

from __future__ import annotations

from sovl_core.events import Idle

SAID = "My dog is called Biscuit."
#: Nights on a random model: short, and accepted whatever they come to.
NIGHT = {
    "plugins__gestation__dreams_per_memory": 3,
    "plugins__gestation__background": 2,
    "plugins__gestation__least_steps": 2,
    "plugins__gestation__most_steps": 2,
    "plugins__gestation__known_probability": 1.0,
    "plugins__gestation__least_recall": 0.0,
    "plugins__gestation__drift_budget": 100.0,
    "plugins__dream__sampled_background": 0.0,
    "plugins__dream__background_tokens": 4,
    "plugins__dream__contrast": 4.0,
    "plugins__cross_attention__relevance_gate": False,
}


def still_clock(system):
    """First words are drawn afresh at each moment, once in a while none at all; at this one there are some."""
    system.plugins.get("curiosity").context.clock = lambda: 0.0


def silence(system, seconds=60):
    """Let a silence pass second by second; return what is said into it, with the second."""
    said = []
    for second in range(1, seconds):
        idle = Idle(float(second), system.conversation, system.vitals.last_prompt)
        said += [(second, utterance.text) for utterance in system.idle(idle)]
    return said


def test_it_speaks_up_and_the_answer_is_kept_with_its_question(open_life):
    system = open_life("curiosity", plugins__curiosity__eruption_chance=1.0)
    system.generate(SAID)
    ((second, question),) = silence(system)
    assert second >= 20
    # The random model writes no question: the plain one is the floor.
    assert question == "Can you tell me more about Biscuit?"
    reply = system.generate("He sleeps in a box.")
    assert reply.text.startswith("Thank you, I will remember that. ")
    asked = system.journal.questions()
    assert [(entry.text, entry.status, entry.answer_episode) for entry in asked] == [
        (question, "answered", reply.episode)
    ]
    answer = system.journal.episode(reply.episode)
    assert (answer.source, answer.weight) == ("answer", 1.2)
    assert system.plugins.get("curiosity").tally.answered == 1
    system.close()

    again = open_life("curiosity")
    assert again.plugins.get("curiosity").tally.answered == 1
    assert "1 asked" in str(again.status())


def test_a_question_by_command_is_answered_by_the_next_turn(open_life):
    system = open_life("curiosity")
    system.generate(SAID)
    question = system.commands()["curiosity"].run(["ask"], {})
    reply = system.generate("He sleeps in a box.")
    (entry,) = system.journal.questions()
    assert (entry.text, entry.status, entry.answer_episode) == (question, "answered", reply.episode)
    assert [feedback.kind for feedback in system.journal.feedback()] == ["answer"]


def test_an_eruption_in_a_reply_asks_after_it(open_life):
    system = open_life("curiosity", plugins__curiosity__eruption_chance=1.0)
    system.plugins.get("curiosity").pressure.value = 1.0
    reply = system.generate(SAID)
    assert reply.question == "Can you tell me more about Biscuit?"
    (entry,) = system.journal.questions(status="asked")
    assert (entry.text, entry.episode) == (reply.question, reply.episode)


def test_idling_loads_no_model(open_life):
    system = open_life("curiosity", plugins__curiosity__eruption_chance=1.0)
    system.vitals.last_prompt = SAID
    assert silence(system) == []
    assert not system.models_loaded


def test_a_life_that_is_only_read_is_spoken_to_and_left_as_it_is(open_life):
    open_life("curiosity").close()
    system = open_life("curiosity", read_only=True, plugins__curiosity__eruption_chance=1.0)
    system.plugins.get("curiosity").pressure.value = 1.0
    assert system.generate(SAID).question == "Can you tell me more about Biscuit?"
    system.vitals.last_prompt = SAID
    assert silence(system)
    assert system.journal.questions() == []


def test_a_new_life_wakes_up_and_learns_from_the_answer_alone(open_life):
    system = open_life("curiosity")
    still_clock(system)
    assert silence(system) == []
    system.models()
    said = [utterance for _ in range(5) for utterance in system.idle(Idle(4.0, system.conversation))]
    assert [utterance.question for utterance in said] == [False, True]
    # Nothing of it is a memory.
    assert system.journal.count_episodes() == 0
    (asked,) = system.journal.questions()
    assert (asked.text, asked.status, asked.source) == (said[1].text, "asked", "curiosity")
    reply = system.generate("Call me Ann.")
    answer = system.journal.episode(reply.episode)
    assert (answer.source, answer.weight) == ("answer", 1.2)
    assert [memory.prompt for memory in system.journal.unconsolidated()] == ["Call me Ann."]
    (asked,) = system.journal.questions()
    assert (asked.status, asked.answer_episode) == ("answered", reply.episode)
    system.close()
    again = open_life("curiosity")
    again.models()
    assert again.idle(Idle(4.0, again.conversation)) == []


def test_a_life_that_is_only_read_wakes_up_once_and_keeps_nothing(open_life):
    open_life("curiosity").close()
    system = open_life("curiosity", read_only=True)
    still_clock(system)
    system.models()
    said = [utterance for _ in range(4) for utterance in system.idle(Idle(4.0, system.conversation))]
    assert len(said) == 2
    assert system.journal.questions() == []


def test_a_night_calibrates_and_measures_answers_and_is_undone_whole(open_life, mocker):
    # Random weights answer nothing right, and a short night has few questions.
    mocker.patch("sovl_curiosity.quiz.says", return_value=True)
    mocker.patch("sovl_curiosity.calibration.FEWEST", 2)
    mocker.patch("sovl_curiosity.quiz.FEWEST", 2)
    mocker.patch("sovl_curiosity.calibration.Calibration.trusted", True)
    plugins = ("curiosity", "cross_attention", "dream", "gestation")
    system = open_life(*plugins, **NIGHT, plugins__curiosity__cooldown=0.0)
    for said in (SAID, "I live in Oslo."):
        system.tell(said)
    system.vitals.last_prompt = SAID
    system.commands()["curiosity"].run(["ask"], {})
    answer = system.generate("My dog Biscuit sleeps in a box.").episode
    system.plugins.get("curiosity").pressure.value = 0.5
    number = system.sleep().number
    # A random model gets everything right here, and writes no question: a plain one about the newest.
    (left,) = system.journal.questions(status="queued")
    assert (left.text, left.details["night"]) == ("Can you tell me more about Oslo?", number)
    assert silence(system, 3) == [(1, left.text)]
    assert system.journal.question(left.id).status == "asked"
    knowledge = system.plugins.get("curiosity").knowledge
    made = knowledge.calibration()
    assert min(made.known, made.unknown) >= 2
    shown = system.commands()["curiosity"].run([], {})
    assert f"calibrated in night {number}" in shown
    assert f"night {number}: " in shown
    before, after = (system.journal.metrics(f"curiosity.answer_loss_{when}")[0] for when in ("before", "after"))
    assert (before.episode, before.night) == (after.episode, after.night) == (answer, number)
    # What was trained moved the loss, and before is before: the night is two steps old.
    assert before.value != after.value
    system.close()

    again = open_life(*plugins, **NIGHT)
    assert again.plugins.get("curiosity").knowledge.calibration() == made
    again.use_night(None)
    assert again.plugins.get("curiosity").knowledge.calibration() is None
    assert "no night has learned from an answer yet" in again.commands()["curiosity"].run([], {})
    again.use_night(number)
    assert again.plugins.get("curiosity").knowledge.calibration() == made
