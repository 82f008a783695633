from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.journal import Journal

pytestmark = pytest.mark.no_torch


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db", clock=lambda: 7.0)
    yield journal
    journal.close()


@pytest.fixture
def memories(journal):
    return [journal.begin_episode(text, "c").id for text in "abcd"]


def sleep(journal, learned, parent=None, status="accepted"):
    number = journal.open_night(journal.current_night() if parent is None else parent, "command", {})
    journal.accept_night(number, status, learned, {})
    return number


def nights_of(journal, memories):
    return [journal.episode(number).night for number in memories]


def statuses(journal):
    return {night.number: night.status for night in journal.nights()}


def test_night_is_open_until_it_is_accepted(journal, memories):
    number = journal.open_night(None, "gestation", {"dream": "sovl-dream 0.1.0"})

    running = journal.running_night()
    assert (running.number, running.status, running.parent, running.finished) == (number, "running", None, None)
    assert (running.trigger, running.plugins, running.started) == ("gestation", {"dream": "sovl-dream 0.1.0"}, 7.0)
    assert journal.current_night() is None

    journal.accept_night(number, "partial", memories[:2], {"recall": 0.75})

    accepted = journal.night(number)
    assert (accepted.status, accepted.report, accepted.finished) == ("partial", {"recall": 0.75}, 7.0)
    assert journal.running_night() is None
    assert journal.current_night() == number
    assert nights_of(journal, memories) == [number, number, None, None]
    assert journal.count_unconsolidated() == 2


@pytest.mark.parametrize("status", ["set_aside", "nothing", "failed"])
def test_night_that_is_not_accepted_changes_nothing_else(journal, memories, status):
    first = sleep(journal, memories[:1])
    second = journal.open_night(first, "command", {})
    journal.close_night(second, status, {"why": "drift"})

    assert (journal.night(second).status, journal.night(second).report) == (status, {"why": "drift"})
    assert journal.current_night() == first
    assert nights_of(journal, memories) == [first, None, None, None]
    with pytest.raises(BadInput, match=f"cannot be used: its status is {status}"):
        journal.use_night(second)


def test_only_one_night_runs(journal):
    number = journal.open_night(None, "command", {})

    with pytest.raises(SOVLError, match=f"Night {number} is not finished"):
        journal.open_night(None, "command", {})


def test_running_night_is_found_after_a_crash(tmp_path):
    path = tmp_path / "journal.db"
    number = Journal(path).open_night(None, "command", {})

    assert Journal(path).running_night().number == number


def test_night_starts_from_an_accepted_one(journal):
    number = journal.open_night(None, "command", {})
    journal.close_night(number, "failed", {})

    with pytest.raises(BadInput, match="status is failed"):
        journal.open_night(number, "command", {})
    with pytest.raises(BadInput, match="no night 99"):
        journal.open_night(99, "command", {})
    assert journal.running_night() is None


def test_finished_night_stays_as_it_is(journal, memories):
    number = sleep(journal, memories)

    with pytest.raises(BadInput, match="is finished"):
        journal.accept_night(number, "accepted", [], {})
    with pytest.raises(BadInput, match="is finished"):
        journal.close_night(number, "failed", {})
    with pytest.raises(BadInput, match="no night 99"):
        journal.accept_night(99, "accepted", [], {})
    assert statuses(journal) == {number: "accepted"}


def test_status_must_fit_the_way_a_night_ends(journal):
    number = journal.open_night(None, "command", {})

    with pytest.raises(BadInput, match="accepted, partial"):
        journal.accept_night(number, "set_aside", [], {})
    with pytest.raises(BadInput, match="set_aside, nothing, failed"):
        journal.close_night(number, "accepted", {})
    assert statuses(journal) == {number: "running"}


def test_acceptance_is_whole_or_not_at_all(journal, memories):
    number = journal.open_night(None, "command", {})

    # JSON is made last but one, the episodes last: either failing must leave the night running.
    with pytest.raises(TypeError):
        journal.accept_night(number, "accepted", memories, {"model": object()})
    with pytest.raises(BadInput, match="too large"):
        journal.accept_night(number, "accepted", [*memories, 2**80], {})

    assert journal.running_night().number == number
    assert journal.current_night() is None
    assert nights_of(journal, memories) == [None] * 4


def test_episode_deleted_while_the_night_ran_is_left_out(journal, memories):
    number = journal.open_night(None, "command", {})
    journal.forget_episodes(memories[:1])
    journal.accept_night(number, "accepted", memories, {})

    assert nights_of(journal, memories[1:]) == [number] * 3


def test_going_back_unlearns_and_going_forth_learns_again(journal, memories):
    first = sleep(journal, memories[:1])
    second = sleep(journal, memories[1:2])
    third = sleep(journal, memories[2:3])
    learned = nights_of(journal, memories)

    journal.use_night(first)
    assert journal.current_night() == first
    assert nights_of(journal, memories) == [first, None, None, None]
    assert statuses(journal) == {first: "accepted", second: "undone", third: "undone"}
    assert journal.count_unconsolidated() == 3

    journal.use_night(None)
    assert journal.current_night() is None
    assert nights_of(journal, memories) == [None] * 4

    journal.use_night(third)
    assert nights_of(journal, memories) == learned
    assert statuses(journal) == {first: "accepted", second: "accepted", third: "accepted"}
    with pytest.raises(BadInput, match="no night 99"):
        journal.use_night(99)
    assert journal.current_night() == third


def test_branches_are_told_apart_by_their_parents(journal, memories):
    root = sleep(journal, memories[:1])
    left = sleep(journal, memories[1:2])
    journal.use_night(root)
    right = sleep(journal, memories[2:3], status="partial")

    assert nights_of(journal, memories) == [root, None, right, None]
    assert statuses(journal) == {root: "accepted", left: "undone", right: "partial"}

    journal.use_night(left)
    assert nights_of(journal, memories) == [root, left, None, None]
    assert statuses(journal) == {root: "accepted", left: "accepted", right: "undone"}
    assert journal.ancestors(right) == [right, root]
    assert journal.ancestors(left) == [left, root]


def test_memory_learned_twice_falls_back_to_the_earlier_night(journal, memories):
    first = sleep(journal, memories[:1])
    deep = sleep(journal, memories[:2])
    last = sleep(journal, memories[2:3])
    assert nights_of(journal, memories) == [deep, deep, last, None]

    journal.use_night(deep)
    assert nights_of(journal, memories) == [deep, deep, None, None]

    journal.use_night(first)
    assert nights_of(journal, memories) == [first, None, None, None]


def test_the_nights_that_have_learned_a_memory(journal, memories):
    first = sleep(journal, memories[:2])
    second = sleep(journal, memories[1:])
    journal.use_night(first)

    found = [journal.nights_that_learned(number) for number in memories]
    assert found == [[first], [first, second], [second], [second]]
    assert journal.nights_that_learned(99) == []


def test_what_one_night_knows_and_another_does_not(journal, memories):
    a, b, c, d = memories
    first = sleep(journal, [a, b])
    second = sleep(journal, [b, c])
    other = sleep(journal, [d], parent=first)
    journal.forget_episodes([b])

    def known(night, besides):
        return [episode.id for episode in journal.learned_beyond(night, besides)]

    assert known(second, first) == [c]
    assert known(first, second) == []
    assert (known(second, other), known(other, second)) == ([c], [d])
    assert (known(second, None), known(None, second)) == ([a, c], [])
    with pytest.raises(BadInput, match="no night 99"):
        journal.learned_beyond(99, None)


def test_night_accepted_after_its_parent_was_left(journal, memories):
    first = sleep(journal, memories[:1])
    second = sleep(journal, memories[1:2])
    running = journal.open_night(first, "command", {})
    journal.accept_night(running, "accepted", memories[2:3], {})

    assert journal.current_night() == running
    assert nights_of(journal, memories) == [first, None, running, None]
    assert statuses(journal)[second] == "undone"


def test_nights_oldest_first_and_counted(journal):
    numbers = [sleep(journal, []) for _ in range(4)]

    assert [night.number for night in journal.nights()] == numbers
    assert [night.number for night in journal.nights(limit=2)] == numbers[2:]
    assert journal.count_nights() == 4
    assert journal.night(99) is None
    with pytest.raises(BadInput, match="no night 99"):
        journal.ancestors(99)


class Life(RuleBasedStateMachine):
    """A life lived at random beside a plain model of it."""

    episodes = Bundle("episodes")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.journal = Journal(Path(self.folder.name) / "journal.db")
        self.alive, self.secret, self.parents, self.learned, self.deep, self.gone = {}, set(), {}, {}, set(), set()
        self.current = self.running = None

    def teardown(self):
        self.journal.close()
        self.folder.cleanup()

    def before(self):
        nights, night = [], self.current
        while night is not None:
            nights.append(night)
            night = self.parents[night]
        return nights

    def chain(self):
        before = self.before()
        ends = [number for number, night in enumerate(before, 1) if night in self.deep]
        return before[: ends[0]] if ends else before

    def night_of(self, episode):
        return max((night for night in self.chain() if episode in self.learned[night]), default=None)

    @rule(target=episodes)
    def say(self):
        number = self.journal.begin_episode("something", "c").id
        self.alive[number] = None
        return number

    @rule(old=episodes, new=episodes)
    def supersede(self, old, new):
        link = new
        while link is not None and link != old:
            link = self.alive.get(link)
        if old in self.alive and new in self.alive and link is None:
            self.journal.supersede(old, new)
            self.alive[old] = new
        else:
            with pytest.raises(BadInput):
                self.journal.supersede(old, new)

    @rule(episode=episodes, learnable=st.booleans())
    def choose(self, episode, learnable):
        if episode in self.alive:
            self.journal.set_learnable(episode, learnable)
            (self.secret.discard if learnable else self.secret.add)(episode)

    @rule(episode=episodes)
    def delete(self, episode):
        if episode in self.alive:
            self.journal.forget_episodes([episode])
            del self.alive[episode]
            self.gone.add(episode)
            self.alive = {key: None if value == episode else value for key, value in self.alive.items()}

    @precondition(lambda self: self.running is None)
    @rule(deep=st.booleans())
    def lie_down(self, deep):
        self.running = self.journal.open_night(self.current, "command", {}, deep=deep)
        self.parents[self.running] = self.current
        if deep:
            self.deep.add(self.running)

    @precondition(lambda self: self.running is not None)
    @rule(data=st.data(), status=st.sampled_from(["accepted", "partial", "set_aside", "failed"]))
    def wake_up(self, data, status):
        night, self.running = self.running, None
        if status in ("set_aside", "failed"):
            self.journal.close_night(night, status, {})
            return
        learned = data.draw(st.sets(st.sampled_from(sorted(self.alive))) if self.alive else st.just(set()))
        self.journal.accept_night(night, status, sorted(learned), {})
        self.learned[night], self.current = learned, night

    @rule(data=st.data())
    def use(self, data):
        self.current = data.draw(st.sampled_from([None, *sorted(self.learned)]))
        self.journal.use_night(self.current)

    @invariant()
    def journal_agrees(self):
        kept = {e.id: (e.night, e.superseded_by, e.learnable) for e in self.journal.episodes(limit=None)}
        assert kept == {
            number: (self.night_of(number), newer, number not in self.secret) for number, newer in self.alive.items()
        }
        due = [number for number, newer in sorted(self.alive.items()) if newer is None and number not in self.secret]
        fresh = [number for number in due if self.night_of(number) is None]
        assert [e.id for e in self.journal.unconsolidated()] == fresh
        assert [e.id for e in self.journal.consolidated()] == [n for n in due if n not in fresh]
        assert self.journal.current_night() == self.current
        undone = {night.number for night in self.journal.nights() if night.status == "undone"}
        assert undone == set(self.learned) - set(self.before())
        learned = set().union(*(self.learned[night] for night in self.chain()))
        assert self.journal.still_learned() == sorted(self.gone & learned)

    @invariant()
    def counters_agree(self):
        journal = self.journal
        assert journal.count_episodes() == len(journal.episodes(limit=None))
        assert journal.count_unconsolidated() == len(journal.unconsolidated())
        assert journal.count_consolidated() == len(journal.consolidated())
        assert journal.count_nights() == len(journal.nights())


Life.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase


def test_deep_night_builds_on_no_other_and_is_undone_to_the_one_before_it(journal, memories):
    first = sleep(journal, memories[:2])
    second = sleep(journal, memories[2:3])
    deep = journal.open_night(second, "command", {}, deep=True)
    assert journal.running_night().deep
    journal.accept_night(deep, "accepted", memories[1:], {})

    assert (journal.night(deep).deep, journal.night(deep).parent, journal.night(first).deep) == (True, second, False)
    assert journal.current_night() == deep
    assert journal.ancestors(deep) == [deep]
    assert nights_of(journal, memories) == [None, deep, deep, deep]
    assert [episode.id for episode in journal.unconsolidated()] == memories[:1]
    assert statuses(journal) == {first: "accepted", second: "accepted", deep: "accepted"}

    after = sleep(journal, memories[:1])
    assert journal.ancestors(after) == [after, deep]

    journal.use_night(second)
    assert nights_of(journal, memories) == [first, first, second, None]
    assert statuses(journal) == {first: "accepted", second: "accepted", deep: "undone", after: "undone"}
    journal.use_night(after)
    assert nights_of(journal, memories) == [after, deep, deep, deep]
    assert statuses(journal) == {first: "accepted", second: "accepted", deep: "accepted", after: "accepted"}


def test_nights_are_counted_since_the_last_deep_one_that_ended(journal):
    def live(status="accepted", deep=False, trigger="command"):
        number = journal.open_night(journal.current_night(), trigger, {}, deep=deep)
        end = journal.accept_night if status == "accepted" else journal.close_night
        end(number, status, *([[]] if status == "accepted" else []), {})
        return number

    assert (journal.accepted_since_deep(), journal.built_on_by("train")) == (0, [])
    first = live()
    live("set_aside")
    by_day = live(trigger="train")
    assert (journal.accepted_since_deep(), journal.built_on_by("train")) == (2, [by_day])
    live("failed", deep=True)
    assert journal.accepted_since_deep() == 2
    live("set_aside", deep=True)
    assert journal.accepted_since_deep() == 0
    live()
    assert (journal.accepted_since_deep(), journal.built_on_by("train")) == (1, [by_day])
    live(deep=True)
    assert (journal.accepted_since_deep(), journal.built_on_by("train")) == (0, [])
    journal.use_night(first)
    assert journal.accepted_since_deep() == 0
