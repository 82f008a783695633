"""Measuring on a file: reading it, what is known is decided by answers, halves that share nothing, the tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sovl_core.answer_match import says
from sovl_core.error_handling import BadInput, DataError
from sovl_core.events import Reply
from sovl_curiosity.commands import measure_file
from sovl_curiosity.measurement import Asked, Measured, halves, measure, read_questions, report
from sovl_curiosity.signals import Signals


@pytest.fixture
def file(tmp_path):
    """Return ``file(*entries)``: a JSONL file."""

    def write(*entries):
        path = tmp_path / "questions.jsonl"
        path.write_text("\n".join(e if isinstance(e, str) else json.dumps(e) for e in entries), encoding="utf-8")
        return path

    return write


@pytest.fixture
def knowing(context):
    """The model is right, and sure, where the question says that it is easy; it counts what it is asked."""

    def generate(turn):
        context.turns.append(turn)
        easy = "easy" in turn.prompt
        # Unsure from the sixth token on, that no more than the first twelve are looked at shows in test below.
        probabilities = [0.9 if easy else 0.4] * 12 + [0.01] * 20
        return Reply("It is right." if easy else "It is wrong.", [1] * 32, 0, 0.5, probabilities, [1.0] * 32)

    context.turns, context.generate = [], generate
    return context


def test_lines_are_questions_in_one_wording_or_several(file):
    path = file(
        {"ask": "Capital of France?", "answer": ["Paris"]},
        {"tell": "My dog is Rex.", "ask": ["My dog?", "Who is Rex?"], "answer": "Rex", "reverse": {"ask": "x"}},
        {"ask": ["My horse?"], "answer": []},
    )
    assert read_questions(path) == [
        Asked(1, "Capital of France?", ("Paris",)),
        Asked(2, "My dog?", ("Rex",), True),
        Asked(2, "Who is Rex?", ("Rex",), True),
        Asked(3, "My horse?", (), False),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"answer": ["Paris"]}, 'line 2: "ask" is missing'),
        ({"ask": ["x", ""]}, 'line 2: "ask" holds an empty text'),
        ({"ask": "x", "answer": 3}, 'line 2: "answer" must be'),
        ("{", "line 2"),
    ],
)
def test_a_wrong_line_is_named(file, line, problem):
    with pytest.raises(DataError, match=problem):
        read_questions(file({"ask": "x", "answer": "y"}, line))


def test_a_file_that_asks_nothing_is_refused(file):
    with pytest.raises(DataError, match="nothing is asked"):
        read_questions(file(""))


def test_the_answer_decides_what_is_known_and_the_first_tokens_how_sure_it_was(knowing):
    asked = [Asked(1, "easy", ("right",)), Asked(2, "hard", ("right",))]
    easy, hard = measure(asked, knowing)
    assert (easy.known, hard.known) == (True, False)
    # Alike probabilities count as flat for the classic formula.
    assert easy.ignorance == pytest.approx(0.8)
    assert easy.signals.mean_probability == pytest.approx(0.9)
    assert hard.signals.least_probability == pytest.approx(0.4)
    assert easy.classic == pytest.approx(0.7 * easy.ignorance + 0.3 * easy.novelty)
    assert {turn.purpose for turn in knowing.turns} == {"evaluation"}
    assert knowing.journal.count_episodes() == 0


def test_before_the_first_night_the_base_is_not_asked_twice(knowing, journal):
    asked = [Asked(1, "easy", ("right",))]
    measure(asked, knowing)
    assert len(knowing.turns) == 1
    journal.accept_night(journal.open_night(None, "api", {}), "accepted", [], {})
    knowing.turns.clear()
    measure(asked, knowing)
    assert [(turn.use_scaffold, turn.max_new_tokens) for turn in knowing.turns] == [(True, 32), (False, 12)]


def test_what_memory_holds_is_compared_with(knowing, mocker):
    from sovl_curiosity import embedding

    generate = knowing.generate

    def remembering(turn):
        turn.annotations["memory.vectors"] = embedding.embed(None, "easy")[None]
        return generate(turn)

    knowing.generate = remembering
    (easy,) = measure([Asked(1, "easy", ())], knowing)
    assert easy.novelty == pytest.approx(0.0, abs=1e-6)


def measured(line, known, probability, told=None):
    signals = Signals(probability, probability, 1.0, 1.0, 1.0, 0.0)
    return Measured(Asked(line, f"q{line}", (), told), "", known, signals, 1 - probability, 0.5, 0.5)


def ranked(told=None):
    """Twenty known and twenty unknown; confidence ranks them perfectly."""
    return [measured(n, n % 2 == 0, (0.9 if n % 2 == 0 else 0.3) + n / 1000, told) for n in range(40)]


def test_the_table_gives_areas_with_their_errors():
    text = report(ranked())
    assert "40 questions: 20 answered right, 20 not" in text
    assert "above known (answered right) (20 and 20" in text
    rows = {line.rsplit("±", 1)[0][:-7].strip(): line for line in text.splitlines() if "±" in line}
    assert "1.000 ± 0.000" in rows["classic ignorance, 1 - confidence"]
    assert "1.000 ± 0.000" in rows["calibrated on one half, asked on the other"]
    assert "1.000" in rows["least probability"]
    assert "0.500" in rows["novelty"]
    assert "own quiz" not in text
    assert "never told above" not in text


def test_what_was_told_is_set_against_what_was_not():
    all_right = [measured(n, True, 0.8, told=True) for n in range(10)] + [
        measured(n, False, 0.9, told=False) for n in range(10, 20)
    ]
    text = report(all_right)
    assert "10 about what was told (10 right), 10 never told" in text
    assert "AUROC, never told above told (10 and 10" in text


def test_too_few_of_one_kind_cannot_be_ranked():
    with pytest.raises(BadInput, match="1 answered right, 5 not: too few"):
        report([measured(n, n == 0, 0.5) for n in range(6)])


def test_halves_share_no_line_and_have_their_share_of_both_kinds():
    # Four wordings a line; known and unknown lines alternate.
    found = [measured(line, line % 2 == 0, 0.5 + line / 100) for line in range(40) for _ in range(4)]
    first, second = halves(found, [not each.known for each in found])
    assert len(first[0]) == len(second[0]) == 80
    assert sum(first[1]) == sum(second[1]) == 40


def test_the_half_that_is_asked_about_is_not_the_one_it_was_calibrated_on(mocker):
    fitted = []

    def calibrate(known, unknown):
        fitted.append({signals.mean_probability for signals in (*known, *unknown)})
        return mocker.Mock(ignorance=lambda signals: signals.mean_probability)

    mocker.patch("sovl_curiosity.measurement.calibrate", side_effect=calibrate)
    found = [measured(line, line % 2 == 0, line / 100) for line in range(40) for _ in range(3)]
    for fit, (scores, _) in zip(fitted, halves(found, [not each.known for each in found])):
        assert fit.isdisjoint(scores)
        assert fit


def test_too_small_halves_leave_a_gap():
    assert halves(ranked()[:16], [not each.known for each in ranked()[:16]]) == []


def test_the_command_measures_a_file_and_writes_what_it_found(knowing, file, tmp_path):
    lines = [{"ask": f"{kind} {n}", "answer": "right"} for kind in ("easy", "hard") for n in range(10)]
    out = tmp_path / "out.jsonl"
    text = measure_file([str(file(*lines))], str(out), knowing, None)
    assert "20 questions: 10 answered right, 10 not" in text
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(written) == 20
    assert {"question", "reply", "known", "mean_probability", "novelty", "classic"} <= written[0].keys()


def test_the_command_is_refused_before_anything_is_asked(knowing, file, tmp_path):
    path = file({"ask": "easy", "answer": "right"})
    for words in ([], [str(path), str(path)]):
        with pytest.raises(BadInput, match="takes one file"):
            measure_file(words, None, knowing, None)
    with pytest.raises(BadInput, match="cannot be written"):
        measure_file([str(path)], str(path), knowing, None)
    assert path.read_text(encoding="utf-8")
    assert knowing.turns == []


def test_the_questions_that_come_with_it_can_be_used():
    data = Path(__file__).parent / "data"
    general, personal = read_questions(data / "general.jsonl"), read_questions(data / "personal.jsonl")
    assert len({asked.question for asked in general}) == len(general) >= 200
    assert len(personal) >= 200
    # No question gives its answer away: a model that repeats it must not seem to know.
    assert [
        asked.question
        for asked in (*general, *personal)
        if any(says(asked.question, answer) for answer in asked.answers)
    ] == []
    assert {asked.told for asked in general} == {None}
