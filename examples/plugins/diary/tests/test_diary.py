from __future__ import annotations

from datetime import datetime

import pytest

from sovl_core.events import Dream, Forgetting, Idle, NightReport
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.records import Exchange
from sovl_diary import DiaryPlugin
from sovl_diary.pages import Pages, Section

DAY = 24 * 3600.0


class Sleeper(Plugin):
    """Lives a night that dreams once of each memory."""

    name = "sleeper"

    @hookimpl
    def on_start(self, context):
        self.context = context

    @hookimpl
    def on_sleep(self, night):
        dreams = [
            Dream("question", f"What of <!-- {memory.id}?", memory.prompt, [memory.id], verdict="accepted")
            for memory in night.memories
        ]
        self.context.journal.add_dreams(night.number, [*dreams, Dream("background", "Hi", "Hi", verdict="accepted")])
        learned = [memory.id for memory in night.memories]
        return NightReport("accepted", "all is known", learned=learned, metrics={"recall": 0.75}, steps=3)


@pytest.fixture
def life(sovl_life):
    return sovl_life(DiaryPlugin, Sleeper, reply="I see.")


def page_of(life, days=0.0):
    day = datetime.fromtimestamp(1_700_000_000.0 + days * DAY)
    return life.life.path / "plugins" / "diary" / f"{day:%Y-%m-%d}.md"


def test_a_day_and_a_night_are_written_down(life, sovl_clock):
    life.generate("My dog is called Bruno.\n# Not a heading")
    assert not page_of(life).exists()
    life.tell("I live in Oslo.")
    life.sleep()
    life.close()
    text = page_of(life).read_text()
    assert text.startswith("# ")
    assert "> My dog is called Bruno.\n> # Not a heading\n\nit said:\n\n> I see.\n<!-- /episode 1 -->" in text
    assert "you told:\n\n> I live in Oslo.\n" in text
    assert "## Night 1 was accepted\n\nall is known\n\nIt learned 2 memories.\n\n- steps: 3\n" in text
    assert "- recall: 0.75" in text
    assert "It dreamed 3 times" in text
    assert "- What of <! -- 1? → My dog is called Bruno. # Not a heading <!-- of 1 -->" in text


def test_a_turn_is_written_with_its_reply_at_the_next_moment(life):
    life.generate("One")
    life.generate("Two")
    text = page_of(life).read_text()
    assert "> One\n\nit said:\n\n> I see.\n" in text
    assert "Two" not in text
    life.idle(Idle(3.0))
    assert "> Two\n\nit said:" in page_of(life).read_text()


def test_a_turn_that_waits_for_its_reply_is_waited_for(life, sovl_clock):
    life.generate("One")
    life.journal.begin_episode("Two", "c")
    life.idle(Idle(1.0))
    assert "Two" not in page_of(life).read_text()
    sovl_clock.advance(3600)
    life.idle(Idle(1.0))
    assert "> Two\n<!-- /episode 2 -->" in page_of(life).read_text()


def test_each_day_has_a_page_and_nothing_is_written_twice(life, sovl_life, sovl_clock):
    life.generate("One")
    sovl_clock.advance(DAY)
    life.generate("Two")
    life.close()
    first, second = page_of(life).read_text(), page_of(life, 1).read_text()
    # As after a crash: what was written is not remembered.
    plugin = DiaryPlugin()
    again = sovl_life(plugin, reply="I see.")
    plugin.last_episode = 0
    again.close()
    assert (page_of(life).read_text(), page_of(life, 1).read_text()) == (first, second)
    assert first.count("> One") == second.count("> Two") == 1


def test_what_is_forgotten_leaves_the_pages(life):
    life.tell("The code is 1234.")
    life.tell("I live in Oslo.")
    life.sleep()
    life.save()
    assert page_of(life).read_text().count("1234") == 2
    life.forget(1)
    life.close()
    text = page_of(life).read_text()
    assert "1234" not in text
    assert "> I live in Oslo." in text
    assert "→ I live in Oslo. <!-- of 2 -->" in text


def test_the_readers_own_lines_stay(tmp_path):
    pages = Pages(tmp_path / "pages")
    pages.write([Section("episode 1", 0.0, "> One"), Section("episode 2", 1.0, "> Two")])
    (page,) = (tmp_path / "pages").iterdir()
    page.write_text(page.read_text() + "\nMy own words.\n")
    pages.write([Section("episode 1", 0.0, "> One"), Section("episode 3", 2.0, "> Three")])
    pages.forget({1, 7})
    text = page.read_text()
    assert "One" not in text
    assert text.index("Two") < text.index("My own words.") < text.index("Three")


def test_the_folder_can_be_chosen_and_replies_left_out(sovl_life, tmp_path):
    settings = {"plugins__diary__folder": str(tmp_path / "mine"), "plugins__diary__replies": False}
    life = sovl_life(DiaryPlugin, reply="I see.", **settings)
    life.generate("One")
    life.close()
    (page,) = (tmp_path / "mine").iterdir()
    assert "> One\n<!-- /episode 1 -->" in page.read_text()


def test_a_life_that_is_only_read_is_not_written_about(life, sovl_life):
    life.tell("One")
    life.close()
    page = page_of(life)
    page.unlink()
    reader = sovl_life(DiaryPlugin, reply="I see.", read_only=True)
    reader.generate("Two")
    reader.idle(Idle(3.0))
    reader.close()
    assert not page.exists()


def test_a_life_that_began_without_it_is_written_up(sovl_life):
    before = sovl_life(reply="I see.")
    before.journal.take_in([Exchange(f"Told {number}", source="tell") for number in range(501)])
    before.close()
    life = sovl_life(DiaryPlugin, reply="I see.")
    life.close()
    text = page_of(life).read_text()
    assert text.index("> Told 0\n") < text.index("> Told 500\n")


def test_forgetting_nothing_reads_no_page(mocker):
    read = mocker.patch.object(Pages, "forget")
    DiaryPlugin().on_forget(Forgetting([]))
    assert not read.called
