"""The plugin in a real life on a tiny model: rows come with a night, outlast a restart, and go with it."""

from __future__ import annotations

import pytest

NIGHT = {
    "gestation": {
        "dreams_per_memory": 3,
        "background": 8,
        "batch_answers": 4,
        "batch_background": 2,
        "least_steps": 4,
        "most_steps": 4,
        "known_probability": 1.0,
        "least_recall": 0.0,
        "drift_budget": 100.0,
        "judged_memories": 2,
    },
    "dream": {"sampled_background": 0.0, "background_tokens": 4, "cues": 2, "reverse": 1, "contrast": 1},
}


@pytest.fixture
def nightly(open_life):
    pytest.importorskip("sovl_cross_attention")
    pytest.importorskip("sovl_gestation")
    pytest.importorskip("sovl_dream")
    settings = {f"plugins__{name}__{key}": value for name, table in NIGHT.items() for key, value in table.items()}

    def open_it(*more, **changed):
        return open_life("cross_attention", "dream", "gestation", *more, **{**settings, **changed})

    return open_it


def rows_of(system):
    return dict(system.models().snapshot()["recall"].items())


def test_a_night_leaves_rows_that_outlast_a_restart(nightly):
    import torch

    system = nightly("recall")
    system.tell("My dog is called Biscuit.")
    system.tell("Hello!")
    report = system.sleep()
    assert report.status == "accepted", report.reason
    learned = rows_of(system)
    assert list(learned) == ["rows.1"]
    system.close()

    system = nightly("recall")
    again = rows_of(system)
    assert again.keys() == learned.keys()
    assert torch.equal(again["rows.1"], learned["rows.1"])
    system.tell("My cat is called Juniper.")
    assert system.sleep().status == "accepted"
    assert sorted(rows_of(system)) == ["rows.1", "rows.3"]
    system.use_night(1)
    assert list(rows_of(system)) == ["rows.1"]


def test_a_night_set_aside_leaves_no_rows(nightly):
    system = nightly("recall", plugins__gestation__least_recall=1.0)
    system.tell("My dog is called Biscuit.")
    assert system.sleep().status == "set_aside"
    assert rows_of(system) == {}


def test_without_the_plugin_its_rows_are_kept_for_it(nightly):
    system = nightly("recall")
    system.tell("My dog is called Biscuit.")
    system.sleep()
    learned = rows_of(system)
    system.close()

    system = nightly()
    assert "recall" not in system.models().trainables
    system.tell("My cat is called Juniper.")
    assert system.sleep().status == "accepted"
    system.close()

    system = nightly("recall")
    assert rows_of(system).keys() == learned.keys()


@pytest.mark.parametrize("base_is_llama", [True, False])
def test_a_scaffold_of_another_width_and_tokenizer_brings_rows_of_its_own(nightly, tiny_base, tiny_gpt2, base_is_llama):
    base, scaffold = (tiny_base, tiny_gpt2) if base_is_llama else (tiny_gpt2, tiny_base)
    system = nightly("recall", core__base_model=str(base), core__scaffold_model=str(scaffold))
    system.tell("My dog is called Biscuit.")
    report = system.sleep()
    assert report.status == "accepted", report.reason
    (rows,) = rows_of(system).values()
    assert rows.shape[1] == system.models().scaffold.config.hidden_size
    assert rows.abs().sum() > 0


def test_where_rows_were_all_that_was_listened_to_the_base_is_bare_without_them(nightly):
    from sovl_core.events import Turn

    asked = {"max_new_tokens": 4, "temperature": 0.0, "purpose": "evaluation"}
    gate = {"plugins__cross_attention__relevance_gate": False}
    system = nightly("recall", **gate)
    system.tell("My dog is called Biscuit.")
    assert system.sleep().status == "accepted"
    system.close()

    system = nightly(**gate)
    reply = system.answer(Turn("What is my dog called?", **asked))
    bare = system.answer(Turn("What is my dog called?", use_scaffold=False, **asked))
    assert reply.token_probabilities == bare.token_probabilities
    assert reply.annotations["cross_attention.influence"] == 0.0


def test_whoever_speaks_in_a_deep_night_changes_nothing_of_it(nightly, tmp_path, mocker):
    """Rows of yesterday, as a rule not as many, take the place of tonight's for a moment; the optimizer knows these."""
    import shutil

    import torch

    settings = {"plugins__gestation__most_deep_steps": 6, "plugins__gestation__passes": 50.0}
    life, before, ends, heard = tmp_path / "life", tmp_path / "before", [], []
    system = nightly("recall", **settings)
    system.tell("My dog is called Biscuit.")
    system.sleep()
    system.tell("My cat is called Juniper.")
    accepted = rows_of(system)
    system.close()
    shutil.copytree(str(life), str(before))

    for spoken in (True, False):
        system = nightly("recall", **settings)
        living = mocker.spy(system.plugins, "on_sleep")

        def speak(at, living=living, system=system):
            if at.stage == "train" and at.step in (2, 4):
                with living.call_args.args[0].by_day():
                    heard.append(rows_of(system))

        assert system.sleep(deep=True, progress=speak if spoken else None).status == "accepted"
        ends.append(rows_of(system))
        system.close()
        if spoken:
            shutil.rmtree(str(life))
            before.rename(life)

    assert [sorted(seen) for seen in heard] == [["rows.1"], ["rows.1"]]
    assert all(torch.equal(seen["rows.1"], accepted["rows.1"]) for seen in heard)
    assert [sorted(end) for end in ends] == [["rows.1", "rows.2"]] * 2
    assert all(torch.equal(ends[0][row], ends[1][row]) for row in ends[0])
    assert not torch.equal(ends[0]["rows.1"], accepted["rows.1"])
