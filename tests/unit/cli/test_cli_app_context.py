from __future__ import annotations

import io
from pathlib import Path
from typing import Any, List

import pytest

from sovl_core.cli.app_context import AppContext
from sovl_core.events import Progress
from sovl_core.plugin_records import PluginInfo

pytestmark = pytest.mark.no_torch


def test_the_life_is_opened_once_on_first_use_and_closed(shell: Any, app: Any) -> None:
    assert app.opened is None
    assert shell.system is None
    system = app.system()
    assert app.system(read_only=True) is system is app.opened
    app.close()
    assert system.closed
    assert app.opened is None
    app.close()


def test_the_log_is_shared_with_the_store_and_never_written_by_a_reader(shell: Any) -> None:
    writer, reader = shell.app(), shell.app()
    writer.system()
    assert shell.system.opened_with["logger"].path == shell.folder / "sovl.log.jsonl"
    assert shell.system.opened_with["store"] is writer.store
    writer.close()
    reader.system(read_only=True)
    assert shell.system.opened_with["logger"].path is None
    reader.close()


def test_where_the_life_lies(tmp_path: Path) -> None:
    from sovl_core.life import Life

    assert AppContext(environ={"SOVL_LIFE": str(tmp_path)}).life_path() == tmp_path
    assert AppContext(environ={}).life_path() == Life.default_path()


def test_settings_are_read_without_opening_the_life(shell: Any, app: Any) -> None:
    shell.environ["SOVL_CORE__SEED"] = "8"
    app.options.overrides["generation.top_k"] = "5"
    config = app.config()
    assert (config.core.seed, config.generation.top_k) == (8, 5)
    assert shell.system is None


def test_an_open_life_has_its_own_settings(app: Any) -> None:
    assert app.config() is not app.system().config
    assert app.config() is app.opened.config


def test_asides_go_to_standard_error_or_into_the_session(app: Any) -> None:
    app.note("plain \x1b[31mred")
    assert app.stderr.getvalue() == "plain red\n"
    taken = []
    app.note_sink = taken.append
    app.note("other")
    assert taken == ["other"]
    assert app.stdout.getvalue() == ""


def test_results_can_be_sent_elsewhere_and_back(app: Any) -> None:
    out = app.out
    assert app.result_stream is app.stdout
    app.results_to(app.err)
    assert app.result_stream is app.stderr
    app.print("x")
    app.print_json({"a": 1})
    app.results_to(out)
    assert app.stdout.getvalue() == ""
    assert app.stderr.getvalue() == 'x\n{\n  "a": 1\n}\n'


def test_what_should_be_on_and_is_not_is_named_when_the_life_is_opened(shell: Any, app: Any) -> None:
    shell.prepare = lambda system: system.infos.append(PluginInfo("dream", "d", "1", [], False, "broken"))
    app.system()
    assert "Plugin 'dream' (d 1) is off: broken" in app.stderr.getvalue()


def test_a_person_sits_at_both_ends_or_there_is_none(terminal: Any) -> None:
    assert AppContext(terminal(), terminal(), io.StringIO()).interactive
    assert not AppContext(terminal(), io.StringIO(), io.StringIO()).interactive
    assert not AppContext(io.StringIO(), terminal(), io.StringIO()).interactive


def test_what_to_type_next_is_told_as_it_is_typed_here(app: Any, mocker: Any) -> None:
    assert app.typed("Let it learn: sovl sleep") == "Let it learn: sovl sleep"
    app.slash = mocker.Mock()
    assert app.typed("Let it learn: sovl sleep") == "Let it learn: /sleep"


def test_there_are_no_slash_commands_without_a_session(app: Any) -> None:
    assert not app.in_session
    with pytest.raises(RuntimeError, match="no session"):
        app.require_slash()


class FetchedModel:
    """Stands in for the store of an open life: tells what it does, as the real one, and counts."""

    def __init__(self, tell: Any) -> None:
        self.tell = tell
        self.located: List[str] = []

    def locate(self, name: str) -> None:
        self.located.append(name)
        self.tell(Progress("model", detail=f"downloading {name}"))
        self.tell(Progress("model", detail="converting it"))


@pytest.fixture
def fetching(app: Any, mocker: Any) -> Any:
    """The context of an open life whose model is not there yet."""
    made = mocker.patch("sovl_core.model_store.ModelStore", side_effect=lambda logger, progress: FetchedModel(progress))
    app.system().models_loaded = False
    assert made.called
    return app


def test_the_session_begins_when_the_model_is_there_and_shows_how_it_comes(fetching: Any) -> None:
    assert fetching.system_with_model() is fetching.opened
    assert len(fetching.store.located) == 1
    assert "model · downloading" in fetching.stderr.getvalue()
    assert "model · converting it" in fetching.stderr.getvalue()
    fetching.opened.models_loaded = True
    fetching.system_with_model()
    assert len(fetching.store.located) == 1


def test_a_model_fetched_in_the_middle_of_work_is_shown_with_it(fetching: Any) -> None:
    fetching.err.file = fetching.stderr
    with fetching.progress_shown() as report:
        fetching.store.locate("tiny")
        report(Progress("train", 1, 2))
    assert fetching.stderr.getvalue().splitlines() == [
        "model · downloading tiny",
        "model · converting it",
        "train 1/2",
    ]
    # Elsewhere it is an aside.
    fetching.store.locate("other")
    assert "downloading other" in fetching.stderr.getvalue()


def test_a_terminal_shows_it_live(shell: Any, terminal: Any, mocker: Any) -> None:
    mocker.patch("sovl_core.model_store.ModelStore", side_effect=lambda logger, progress: FetchedModel(progress))
    app = shell.app()
    app.stderr = terminal()
    app.system().models_loaded = False
    with app.progress_shown():
        app.store.locate("tiny")
    # A row of its own with the time that goes by.
    assert "0:00:0" in app.stderr.getvalue()
    app.close()


def test_opened_again_it_is_another_life_object_with_nothing_shown_yet(app: Any) -> None:
    before = app.system()
    app.last_episode = 3
    after = app.reopen()
    assert before.closed
    assert after is app.opened is not before
    assert not after.closed
    assert app.last_episode is None


def test_it_is_opened_again_although_something_could_not_be_saved(app: Any, mocker: Any) -> None:
    before = app.system()
    close = before.close

    def fail() -> None:
        close()
        raise OSError("disk full")

    mocker.patch.object(before, "close", fail)
    assert app.reopen() is not before
    assert "Not everything could be saved: " in app.stderr.getvalue()
    assert "disk full" in app.stderr.getvalue()


def test_a_plugin_that_fails_when_its_state_is_saved_is_named(app: Any, mocker: Any) -> None:
    system = app.system()
    close = system.close

    def fail() -> None:
        close()
        system.infos = [PluginInfo("muse", "m", "1", [], False, "failed in on_save_state: KeyError")]

    mocker.patch.object(system, "close", fail)
    app.close()
    assert "Plugin 'muse' (m 1) is off: failed in on_save_state: KeyError." in app.stderr.getvalue()


def test_an_alert_is_shown_at_once_wherever_that_is(app: Any) -> None:
    app.alert("muse hangs\x1b[2J")
    assert app.stderr.getvalue() == "muse hangs\n"
    waiting: Any = []
    app.alert_sink = waiting.append
    app.alert("muse hangs")
    assert app.stderr.getvalue() == "muse hangs\n"
    waiting[0]()
    assert app.stderr.getvalue() == "muse hangs\nmuse hangs\n"
