from __future__ import annotations

import contextlib
import threading
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import Night, NightInterrupted, NightReport, Progress
from sovl_core.hookspecs import hookimpl
from sovl_core.model_gate import ModelGate
from sovl_core.model_host import ModelHost
from sovl_core.night_keeper import NightKeeper
from sovl_core.night_weights import NightWeights
from sovl_core.plugin import Plugin, PluginState
from sovl_core.proposal import propose
from sovl_core.settings import SystemConfig


class Sleeper(Plugin):
    """Lives each night by calling ``live``; by default learns every memory and fills the adapter with the number."""

    name = "sleeper"

    def __init__(self) -> None:
        self.nights: List[Night] = []
        self.live: Optional[Callable[[Night], Optional[NightReport]]] = None

    @hookimpl
    def on_sleep(self, night: Night) -> Optional[NightReport]:
        self.nights.append(night)
        if self.live is not None:
            return self.live(night)
        fill(night.models, float(night.number))
        return NightReport("accepted", learned=[memory.id for memory in night.memories])


class State:
    def __init__(self) -> None:
        self.calls: List[Any] = []

    def gather(self) -> Dict[str, PluginState]:
        return {"sleeper": PluginState({"slept": True})}

    def wake(self, characters: int) -> None:
        self.calls.append(("wake", characters))

    def learned(self, characters: int) -> None:
        self.calls.append(("learned", characters))

    def take_back(self, states: Dict[str, PluginState]) -> None:
        self.calls.append(("take_back", {name: state.values for name, state in states.items()}))


def fill(models: Any, value: float) -> None:
    import torch

    with torch.no_grad():
        models.trainables["adapter"].module.weight.fill_(value)


class World:
    def __init__(self, journal: Any, store: Any, manager: Any, load: Any) -> None:
        self.journal, self.store, self.manager, self.load = journal, store, manager, load
        self.state, self.plugin, self.gate, self.stopping = State(), Sleeper(), ModelGate(), False
        self.warnings: List[str] = []
        self.open(self.plugin)

    def open(self, *plugins: Plugin) -> None:
        """Begin a session with these plugins."""
        self.hooks = self.manager(*plugins)
        self.weights = NightWeights(self.journal, self.store, None, self.warnings.append)
        self.host = ModelHost(self.load, self.hooks, self.gate, self.weights.wake)
        self.keeper = NightKeeper(
            SystemConfig(),
            self.journal,
            self.hooks,
            self.host,
            self.gate,
            self.weights,
            self.store,
            self.state,
            None,
            lambda: self.stopping,
        )

    def tell(self, *texts: str) -> List[int]:
        return [self.journal.begin_episode(text, "c").id for text in texts]

    def value(self) -> float:
        return float(self.host.get().trainables["adapter"].module.weight.detach()[0, 0])

    def statuses(self) -> List[str]:
        return [night.status for night in self.journal.nights()]


@pytest.fixture
def world(journal: Any, memory_store: Any, manager: Any, linear_models: Any) -> World:
    return World(journal, memory_store, manager, linear_models)


def test_an_accepted_night_is_stored_and_woken_up_with(world: World) -> None:
    world.tell("12345", "678")
    report = world.keeper.sleep("command")
    assert (report.number, report.learned) == (1, [1, 2])
    assert world.value() == 1.0
    weights, states = world.store.nights[1]
    assert weights["adapter"]["weight"].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert states["sleeper"].values == {"slept": True}
    record = world.journal.night(1)
    assert (record.status, record.trigger, record.plugins) == ("accepted", "command", {"sleeper": "test-sleeper 1"})
    assert record.report["base_model"] == SystemConfig().core.base_model
    assert record.report["settings"]["generation"]["greedy"] is SystemConfig().generation.greedy
    assert world.store.reports[1]["settings"] == record.report["settings"]
    assert world.journal.current_night() == 1
    assert world.journal.unconsolidated() == []
    assert world.state.calls == [("wake", 8)]
    assert not world.store.working_folder(1).exists()


def test_the_night_is_handed_what_there_is_to_learn(world: World) -> None:
    world.tell("old")
    world.keeper.sleep("command")
    world.tell("new")
    world.keeper.sleep("gestation", options={"steps": 3})
    night = world.plugin.nights[1]
    assert [memory.prompt for memory in night.memories] == ["new"]
    assert [memory.prompt for memory in night.old_memories] == ["old"]
    assert (night.parent, night.trigger, night.resumed, night.options) == (1, "gestation", False, {"steps": 3})
    assert night.models is world.host.get()


def test_the_same_night_draws_the_same_numbers(world: World) -> None:
    draws: List[float] = []

    def live(night: Night) -> NightReport:
        draws.append(night.rng.random())
        raise NightInterrupted

    world.plugin.live = live
    for _ in range(2):
        with pytest.raises(NightInterrupted):
            world.keeper.sleep("command")
    assert draws[0] == draws[1]


def test_a_partly_accepted_night_is_woken_up_with(world: World) -> None:
    world.plugin.live = lambda night: fill(night.models, 2.0) or NightReport("partial", multiplier=0.5)
    world.keeper.sleep("command")
    assert world.statuses() == ["partial"]
    assert world.value() == 2.0
    assert world.journal.night(1).report["multiplier"] == 0.5


def test_a_status_nobody_knows_counts_as_failed(world: World) -> None:
    world.plugin.live = lambda night: fill(night.models, 2.0) or NightReport("excellent", "it says")
    report = world.keeper.sleep("command")
    assert (report.status, world.statuses(), world.value()) == ("failed", ["failed"], 0.0)
    assert report.reason == "a plugin reported the unknown status 'excellent'. it says"


def test_after_a_night_in_vain_another_waits_for_something_new(world: World) -> None:
    assert world.keeper.anything_new()
    world.tell("a fact")
    world.plugin.live = lambda night: NightReport("set_aside")
    world.keeper.sleep("gestation")
    assert not world.keeper.anything_new()
    world.tell("another")
    assert world.keeper.anything_new()
    world.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("gestation")
    assert world.keeper.anything_new()
    world.plugin.live = None
    world.keeper.sleep("gestation")
    assert world.keeper.anything_new()


@pytest.mark.parametrize("status", ["set_aside", "nothing"])
def test_a_night_that_is_not_accepted_leaves_everything_as_it_was(world: World, status: str) -> None:
    world.tell("a fact")
    world.plugin.live = lambda night: fill(night.models, 2.0) or NightReport(status, "too much drift", learned=[1])
    report = world.keeper.sleep("command")
    assert report.number == 1
    assert world.value() == 0.0
    assert world.journal.current_night() is None
    assert world.journal.count_unconsolidated() == 1
    assert world.statuses() == [status]
    assert world.journal.night(1).report["reason"] == "too much drift"
    assert world.store.nights == {}
    assert world.state.calls == []


def test_only_what_was_handed_in_can_be_learned(world: World) -> None:
    world.tell("a", "b")
    world.plugin.live = lambda night: NightReport("accepted", learned=[2, 99])
    assert world.keeper.sleep("command").learned == [2]
    assert [memory.id for memory in world.journal.unconsolidated()] == [1]


def test_an_interrupted_night_is_gone_on_with(world: World) -> None:
    world.tell("a fact")

    def interrupted(night: Night) -> NightReport:
        fill(night.models, 2.0)
        (night.folder / "step.json").write_text("{}")
        raise NightInterrupted("the life is being closed")

    world.plugin.live = interrupted
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("gestation")
    assert world.value() == 0.0
    assert world.statuses() == ["running"]
    world.plugin.live = None
    world.keeper.sleep("command")
    night = world.plugin.nights[1]
    assert (night.number, night.resumed, night.trigger) == (1, True, "gestation")
    assert world.statuses() == ["accepted"]


@pytest.mark.parametrize("change", ["another night", "another plugin"])
def test_an_interrupted_night_that_no_longer_fits_is_begun_anew(world: World, change: str) -> None:
    world.keeper.sleep("command")
    world.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("command")
    folder = world.store.working_folder(2)
    assert folder.exists()
    world.plugin.live = None
    if change == "another night":
        world.keeper.use(None)
    else:

        class Other(Plugin):
            name = "other"

        world.open(world.plugin, Other())
    world.keeper.sleep("command")
    assert world.statuses()[1:] == ["failed", "accepted"]
    assert not world.plugin.nights[-1].resumed
    assert not folder.exists()


def test_a_breath_calls_the_callers_own_and_the_kernels(world: World) -> None:
    breaths: List[str] = []

    def live(night: Night) -> NightReport:
        night.breathe()
        world.stopping = True
        night.breathe()
        raise AssertionError("the night should have ended")

    world.plugin.live = live
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("command", breathe=lambda: breaths.append("own"))
    assert breaths == ["own", "own"]


def test_progress_is_passed_on(world: World) -> None:
    stages: List[str] = []
    world.plugin.live = lambda night: night.progress(Progress("dreaming")) or NightReport("nothing")
    world.keeper.sleep("command", progress=lambda progress: stages.append(progress.stage))
    assert stages == ["dreaming"]


def test_what_the_caller_raises_in_a_breath_is_no_failure_of_the_plugin(world: World) -> None:
    world.plugin.live = lambda night: night.breathe() or NightReport("nothing")

    def breathe() -> None:
        raise SOVLError("the terminal is gone")

    with pytest.raises(SOVLError, match="the terminal is gone"):
        world.keeper.sleep("command", breathe=breathe)
    assert world.hooks.failures == []
    assert world.statuses() == ["failed"]


def test_a_plugin_that_fails_in_the_night_is_named_and_the_weights_come_back(world: World) -> None:
    def live(night: Night) -> NightReport:
        fill(night.models, 2.0)
        raise ValueError("dreams went wrong")

    world.plugin.live = live
    with pytest.raises(SOVLError, match=r"sleeper is off: failed in on_sleep: ValueError: dreams went wrong"):
        world.keeper.sleep("command")
    assert world.value() == 0.0
    assert world.statuses() == ["failed"]
    assert world.gate.work is None


def test_without_a_plugin_that_sleeps_nothing_begins(world: World) -> None:
    world.open()
    with pytest.raises(SOVLError, match=r"No plugin knows how to sleep.*pip install sovl-gestation"):
        world.keeper.sleep("command")
    assert world.statuses() == []
    assert not world.host.loaded


def test_a_sleeper_that_gives_no_report_leaves_a_failed_night(world: World) -> None:
    world.plugin.live = lambda night: None
    with pytest.raises(SOVLError, match=r"none brought it to an end.*pip install"):
        world.keeper.sleep("command")
    assert world.statuses() == ["failed"]


def test_a_full_disk_keeps_the_night_to_go_on_with(world: World) -> None:
    world.tell("a fact")
    world.store.full = True
    with pytest.raises(SOVLError, match=r"Night 1 could not be stored.*No space left.*goes on where it stopped"):
        world.keeper.sleep("command")
    assert world.value() == 0.0
    assert world.statuses() == ["running"]
    world.store.full = False
    world.keeper.sleep("command")
    assert world.plugin.nights[1].resumed
    assert world.statuses() == ["accepted"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_in_the_night_is_not_the_plugins_fault(world: World, error: Exception) -> None:
    world.tell("a fact")

    def live(night: Night) -> NightReport:
        (night.folder / "checkpoint").write_text("half of it")
        fill(night.models, 2.0)
        raise error

    world.plugin.live = live
    with pytest.raises(SOVLError, match=r"Night 1 was interrupted, because the disk is full.*`sovl sleep` goes on"):
        world.keeper.sleep("command")
    assert world.hooks.failures == []
    assert world.value() == 0.0
    assert world.statuses() == ["running"]
    assert (world.store.working_folder(1) / "checkpoint").read_text() == "half of it"
    world.plugin.live = None
    world.keeper.sleep("command")
    assert world.plugin.nights[1].resumed
    assert world.statuses() == ["accepted"]


def test_a_measurement_that_is_no_json_does_not_cost_the_night(world: World) -> None:
    world.plugin.live = lambda night: NightReport("accepted", metrics={"recall": {1, 2}, "loss": float("nan")})
    world.keeper.sleep("command")
    assert world.statuses() == ["accepted"]
    assert world.journal.night(1).report["metrics"]["recall"] == "{1, 2}"


def test_a_night_that_can_never_be_stored_is_not_gone_on_with(world: World, mocker: Any) -> None:
    mocker.patch.object(world.store, "save", side_effect=ValueError("a name that cannot be a file's"))
    with pytest.raises(ValueError, match="cannot be a file"):
        world.keeper.sleep("command")
    assert world.statuses() == ["failed"]
    assert world.journal.running_night() is None


def test_another_thread_is_answered_with_the_accepted_weights_meanwhile(world: World) -> None:
    seen: List[Any] = []
    multiplier = ["candidate"]
    world.host.get()

    def turn() -> None:
        with world.gate.turn():
            seen.append((world.value(), multiplier[0]))

    @contextlib.contextmanager
    def accepted() -> Iterator[None]:
        multiplier[0] = "accepted"
        yield
        multiplier[0] = "candidate"

    def live(night: Night) -> NightReport:
        night.while_awake.append(accepted)
        fill(night.models, 2.0)
        thread = threading.Thread(target=turn)
        thread.start()
        while thread.is_alive():
            night.breathe()
            thread.join(0.005)
        return NightReport("accepted")

    world.plugin.live = live
    world.keeper.sleep("command")
    assert seen == [(0.0, "accepted")]
    assert world.value() == 2.0
    assert multiplier == ["candidate"]


def test_training_by_day_is_kept_as_a_night_of_its_own(world: World) -> None:
    with propose(world.host, world.gate, "a training run", lambda: False) as proposal:
        fill(proposal.models, 4.0)
        number = world.keeper.keep_training(proposal, {"loss": 0.5}, 120)
    assert number == 1
    record = world.journal.night(1)
    assert (record.status, record.trigger, record.report["loss"]) == ("accepted", "train", 0.5)
    assert world.value() == 4.0
    assert world.state.calls == [("learned", 120)]


def test_training_closes_a_night_that_was_interrupted_before(world: World) -> None:
    world.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("command")
    with propose(world.host, world.gate, "a training run", lambda: False) as proposal:
        world.keeper.keep_training(proposal, {}, 0)
    assert world.statuses() == ["failed", "accepted"]


def test_training_that_cannot_be_stored_is_undone(world: World) -> None:
    world.store.full = True

    def train() -> None:
        with propose(world.host, world.gate, "a training run", lambda: False) as proposal:
            fill(proposal.models, 4.0)
            world.keeper.keep_training(proposal, {}, 120)

    with pytest.raises(SOVLError, match="No space left"):
        train()
    assert world.value() == 0.0
    assert world.statuses() == ["failed"]
    assert world.state.calls == []


def test_going_back_to_an_earlier_night_and_forth_again(world: World) -> None:
    world.tell("one")
    world.keeper.sleep("command")
    world.tell("two")
    world.keeper.sleep("command")
    world.keeper.use(1)
    assert world.value() == 1.0
    assert [memory.prompt for memory in world.journal.unconsolidated()] == ["two"]
    world.keeper.use(None)
    assert world.value() == 0.0
    world.keeper.use(2)
    assert world.value() == 2.0
    assert world.journal.count_unconsolidated() == 0
    assert ("take_back", {"sleeper": {"slept": True}}) in world.state.calls


def test_only_a_good_accepted_night_can_be_used(world: World) -> None:
    world.keeper.sleep("command")
    world.plugin.live = lambda night: NightReport("set_aside")
    world.keeper.sleep("command")
    for number in (2, 3):
        with pytest.raises(BadInput, match=f"no accepted night {number}"):
            world.keeper.use(number)
    world.store.damaged = {1}
    with pytest.raises(SOVLError, match="Night 1 is damaged"):
        world.keeper.use(1)
    assert world.journal.current_night() == 1


def test_a_deep_night_begins_untrained_with_all_there_is_to_learn(world: World) -> None:
    world.tell("old one", "old two")
    world.keeper.sleep("command")
    world.tell("new")
    met: List[Any] = []

    def live(night: Night) -> NightReport:
        met.append((world.value(), [memory.prompt for memory in night.memories], night.old_memories))
        with night.by_day():
            met.append(world.value())
        fill(night.models, 7.0)
        return NightReport("accepted", learned=[2, 3])

    world.plugin.live = live
    report = world.keeper.sleep("command", deep=True)

    assert met == [(0.0, ["old one", "old two", "new"], []), 1.0]
    assert world.plugin.nights[1].deep
    assert (report.learned, world.value()) == ([2, 3], 7.0)
    record = world.journal.night(2)
    assert (record.deep, record.parent, world.journal.current_night()) == (True, 1, 2)
    assert [memory.id for memory in world.journal.unconsolidated()] == [1]
    # Only what was learned for the first time is gone through.
    assert world.state.calls[-1] == ("wake", len("new"))
    world.keeper.use(record.parent)
    assert world.value() == 1.0
    assert [memory.id for memory in world.journal.unconsolidated()] == [3]


def test_a_deep_night_set_aside_leaves_what_was_accepted(world: World) -> None:
    world.tell("a fact")
    world.keeper.sleep("command")
    world.plugin.live = lambda night: fill(night.models, 7.0) or NightReport("set_aside")
    world.keeper.sleep("command", deep=True)
    assert world.value() == 1.0
    assert world.journal.current_night() == 1
    assert world.journal.unconsolidated() == []


def test_a_deep_night_carries_no_weights_of_absent_plugins(world: World) -> None:
    world.tell("a fact")
    world.keeper.sleep("command")
    world.store.nights[1][0]["absent"] = {"weight": world.store.nights[1][0]["adapter"]["weight"]}
    world.keeper.sleep("command")
    assert "absent" in world.store.nights[2][0]
    world.keeper.sleep("command", deep=True)
    assert "absent" not in world.store.nights[3][0]


def interrupt(world: World, **options: Any) -> None:
    world.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
    with pytest.raises(NightInterrupted):
        world.keeper.sleep("command", **options)
    world.plugin.live = None


def test_an_interrupted_deep_night_is_gone_on_with_as_one(world: World) -> None:
    world.tell("a fact")
    world.keeper.sleep("command")
    interrupt(world, deep=True)
    met: List[float] = []
    world.plugin.live = lambda night: met.append(world.value()) or NightReport("accepted", learned=[1])
    world.keeper.sleep("command")
    night = world.plugin.nights[-1]
    assert (night.number, night.resumed, night.deep) == (2, True, True)
    assert [memory.id for memory in night.memories] == [1]
    assert met == [0.0]


@pytest.mark.parametrize(("interrupted", "wanted"), [(False, True), (True, False)])
def test_a_night_of_the_other_kind_is_not_gone_on_with(world: World, interrupted: bool, wanted: bool) -> None:
    world.tell("a fact")
    interrupt(world, deep=interrupted)
    world.keeper.sleep("command", deep=wanted)
    assert world.statuses() == ["failed", "accepted"]
    assert "was asked for instead" in world.journal.night(1).report["reason"]
    assert world.journal.night(2).deep is wanted


def test_after_something_learned_was_forgotten_the_next_night_is_a_deep_one(world: World) -> None:
    world.tell("a fact", "another")
    world.keeper.sleep("command")
    world.journal.forget_episodes([1])
    world.keeper.sleep("command", deep=False)
    world.keeper.sleep("command")
    world.keeper.sleep("command")
    assert [night.deep for night in world.plugin.nights] == [False, False, True, False]


def test_an_interrupted_night_that_dreamed_of_what_is_forgotten_is_given_up(world: World) -> None:
    from sovl_core.events import Dream

    one, other = world.tell("a fact", "another")
    interrupt(world)
    world.journal.add_dreams(1, [Dream("question", "what?", "a fact", [one])])
    world.keeper.give_up([other])
    assert world.statuses() == ["running"]
    world.keeper.give_up([other, one])
    assert world.statuses() == ["failed"]
    assert not world.store.working_folder(1).exists()
    world.keeper.give_up([one])


def test_a_night_whose_files_were_removed_is_named_as_such(world: World) -> None:
    world.keeper.sleep("command")
    world.keeper.sleep("command")
    world.journal.mark_purged(1)
    with pytest.raises(BadInput, match="Night 1 is no more: its files were removed for good"):
        world.keeper.use(1)
