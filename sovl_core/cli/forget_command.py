"""Forgetting at the terminal: ``forget`` shows what it would be, asks, and tells where it still shows."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

import click

from sovl_core.cli.journal_commands import print_episodes

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.forgetting import Forgotten
    from sovl_core.records import Episode
    from sovl_core.system import SOVLSystem

#: Turns that are shown and forgotten at a time.
MOST = 1000
#: Turns that are named at most where a number was meant as words.
NAMED = 20
#: Turns that say the same which are shown one by one.
SHOWN = 5
#: What a deep sleep is asked for with.
DEEP = "sovl sleep --deep"


@click.command("forget", context_settings={"ignore_unknown_options": True})
@click.argument("what", nargs=-1, metavar="TEXT|NUMBER...")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@click.option("--purge", is_flag=True, help="Remove the nights that have learned what was forgotten, for good.")
@click.option("--json", "as_json", is_flag=True, help="Print what was forgotten as JSON.")
@click.pass_obj
def forget(app: AppContext, what: Tuple[str, ...], yes: bool, purge: bool, as_json: bool) -> None:
    """Forget turns and all that was dreamed of them, for good.

    A number names a turn, as history and search show it; words are searched for. What nights have learned stays in
    their weights until the next deep sleep, which learns everything else anew.
    """
    from sovl_core.error_handling import BadInput

    if not what and not purge:
        raise BadInput("There is nothing to forget: no number and no words were given", "sovl forget TEXT|NUMBER...")
    system = app.system()
    if what:
        found = _find(system, what)
        if not found:
            app.print(f"Nothing was said about {' '.join(what)!r}.")
            return
        _forget(app, system, found, yes, as_json)
    if purge:
        _purge(app, system, yes)


def tell_of_older_nights(app: AppContext, system: SOVLSystem) -> None:
    """Say which nights on the disk have learned what was forgotten, where the one in use has not."""
    held = [night for night in system.journal.nights_with_forgotten() if not _purged(system, night)]
    if held and not system.journal.still_learned():
        app.print(
            f"What was forgotten is still in {nights_text(held)}, kept to go back to. "
            + app.typed(f"To remove {'it' if len(held) == 1 else 'them'} for good: sovl forget --purge")
        )


def nights_text(numbers: Sequence[int]) -> str:
    """Return nights in words."""
    if len(numbers) == 1:
        return f"night {numbers[0]}"
    return f"nights {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _find(system: SOVLSystem, what: Tuple[str, ...]) -> List[Episode]:
    from sovl_core.error_handling import BadInput

    if not all(re.fullmatch(r"#?\d{1,18}", word) for word in what):
        return system.journal.search(" ".join(what), MOST)
    found: List[Episode] = []
    for number in dict.fromkeys(int(word.lstrip("#")) for word in what):
        episode = system.journal.episode(number)
        if episode is None:
            raise BadInput(f"There is no turn {number} in this life", _meant_as_words(system, number))
        found.append(episode)
    return found


def _meant_as_words(system: SOVLSystem, number: int) -> str:
    """Return what to type where a number that names no turn was said in one, as a code or a year."""
    saying = sorted(episode.id for episode in system.journal.search(str(number), NAMED))
    if not saying:
        return "Find it with `sovl search WORDS`"
    return f"To forget what says {number}: sovl forget {' '.join(map(str, saying))}"


def _forget(app: AppContext, system: SOVLSystem, found: List[Episode], yes: bool, as_json: bool) -> None:
    numbers = [episode.id for episode in found]
    if not yes:
        print_episodes(app, found, as_json=False)
        how = f"sovl forget --yes {' '.join(map(str, numbers))}"
        if not _confirmed(app, f"Forget {_count(len(found), 'turn')} for good?", how):
            return
    forgotten = system.forget(*numbers)
    if as_json:
        app.print_json(dataclasses.asdict(forgotten))
    else:
        _report(app, system, forgotten)


def _report(app: AppContext, system: SOVLSystem, forgotten: Forgotten) -> None:
    said = f"Forgot {_count(len(forgotten.episodes), 'turn')}"
    app.print(said + (f" and {_count(forgotten.dreams, 'dream')} of it." if forgotten.dreams else "."))
    if forgotten.still_shows:
        night = system.journal.current_night()
        app.print(f"It was learned, and may still show in night {night} until the next deep sleep: {DEEP}")
        tell_of_training(app, system)
    elif forgotten.nights:
        tell_of_older_nights(app, system)
    _tell_of_repeats(app, system, forgotten.said_again)
    if forgotten.traces:
        app.print(
            "Another process reads the journal: words of it may stay in unused parts of the file until this life is "
            "opened the next time."
        )


def _tell_of_repeats(app: AppContext, system: SOVLSystem, numbers: Sequence[int]) -> None:
    """Show which other turns say what was forgotten, and how to forget those."""
    if not numbers:
        return
    one = len(numbers) == 1
    app.print(f"{'This turn says' if one else f'These {len(numbers)} turns say'} it too, or nearly the same:\n")
    shown = [system.journal.episode(number) for number in numbers[:SHOWN]]
    print_episodes(app, [episode for episode in shown if episode is not None], as_json=False)
    again = f"To forget {'that' if one else 'those'} as well: sovl forget {' '.join(map(str, numbers))}"
    app.print(app.typed(again))


def tell_of_training(app: AppContext, system: SOVLSystem) -> None:
    """Say what a deep sleep leaves behind, because the journal knows nothing of it."""
    from sovl_core.night_keeper import TRAINING

    trained = system.journal.built_on_by(TRAINING)
    if trained:
        app.print(
            f"A deep sleep leaves behind what `sovl train` has taught ({nights_text(sorted(trained))}): "
            "train on those files again after it."
        )


def _purge(app: AppContext, system: SOVLSystem, yes: bool) -> None:
    nights = [night for night in system.journal.nights_with_forgotten() if not _purged(system, night)]
    if nights and system.journal.current_night() not in nights and not yes:
        app.print(f"{nights_text(nights).capitalize()} learned what was forgotten, and can be gone back to so far.")
        if not _confirmed(app, "Remove for good?", "sovl forget --purge --yes"):
            return
    removed = system.purge_nights()
    if removed:
        app.print(f"Removed {nights_text(removed)}; the journal keeps their numbers.")
    else:
        app.print("No night on the disk has learned what was forgotten.")


def _confirmed(app: AppContext, question: str, how: str) -> bool:
    """Ask, and return True for a yes.

    :param how: what to type where nobody is there to be asked.
    :raises BadInput: in that case.
    """
    from sovl_core.error_handling import BadInput

    if not app.interactive:
        raise BadInput("Nothing was done: nobody is there to confirm it", f"If it is meant: {how}")
    answer = _answer(app, f"{question} [y/N] ")
    if (answer or "").strip().lower() in ("y", "yes"):
        return True
    app.print("Nothing was done.")
    return False


def _answer(app: AppContext, question: str) -> Optional[str]:
    if app.in_session:
        # The session keeps the terminal from showing keys.
        from prompt_toolkit import prompt

        try:
            return prompt(question)
        except EOFError:
            return None
    app.out.print(question, end="", markup=False, highlight=False)
    app.out.file.flush()
    return app.stdin.readline()


def _purged(system: SOVLSystem, night: int) -> bool:
    record = system.journal.night(night)
    return record is not None and record.status == "purged"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
