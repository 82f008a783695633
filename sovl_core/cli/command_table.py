"""The one table of commands: what each is called, where it lives, and whether shell, session or both offer it.

The shell's subcommands and the session's slash commands are built from these entries; reading the table imports none
of the modules that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, List, Optional, Tuple

if TYPE_CHECKING:
    import click

SHELL = "shell"
SESSION = "session"
BOTH = (SHELL, SESSION)

#: Headings under which help lists the commands, in this order.
SECTIONS = ("Talk", "Learn", "Look back", "Set up", "Session")


@dataclass(frozen=True)
class CommandEntry:
    """One command: ``target`` is ``module:attribute`` of its click command, within ``sovl_core.cli``.

    ``examples`` are written as they are typed, without ``sovl`` or the slash before them. ``free_text`` commands take
    the rest of a typed line as it is, quotes included.
    """

    name: str
    target: str
    section: str
    summary: str
    places: Tuple[str, ...] = BOTH
    aliases: Tuple[str, ...] = ()
    examples: Tuple[str, ...] = ()
    free_text: bool = False

    def load(self) -> click.Command:
        """Import the command's module and return its click command."""
        module, attribute = self.target.split(":")
        command: click.Command = getattr(import_module(f"sovl_core.cli.{module}"), attribute)
        return command


COMMANDS: Tuple[CommandEntry, ...] = (
    CommandEntry(
        "chat",
        "talk_commands:chat",
        "Talk",
        "Talk in a session; what plain `sovl` does.",
        (SHELL,),
        examples=("chat", "chat --continue"),
    ),
    CommandEntry(
        "ask",
        "talk_commands:ask",
        "Talk",
        "Ask one thing in a conversation of its own and print the reply.",
        aliases=("generate",),
        examples=('ask "What is my dog called?"', 'ask --max-tokens 20 --no-scaffold "What is my dog called?"'),
    ),
    CommandEntry(
        "tell",
        "talk_commands:tell",
        "Talk",
        "Put files into the journal, without replies; also chat exports.",
        examples=(
            "tell notes.txt",
            "tell january.txt february.txt",
            "tell -",
            "tell conversations.json",
            "tell --format pairs seed.jsonl",
        ),
    ),
    CommandEntry("new", "session_commands:new", "Talk", "Begin another conversation.", (SESSION,), examples=("new",)),
    CommandEntry("good", "feedback_commands:good", "Talk", "Say that the last reply was good.", examples=("good",)),
    CommandEntry("bad", "feedback_commands:bad", "Talk", "Say that the last reply was bad.", examples=("bad",)),
    CommandEntry(
        "no",
        "feedback_commands:correct",
        "Talk",
        "Correct the last reply: what is right instead.",
        examples=("no My dog is called Biscuit, not Rex.",),
        free_text=True,
    ),
    CommandEntry(
        "sleep",
        "sleep_commands:sleep",
        "Learn",
        "Sleep one night: learn what was lived since the last one.",
        aliases=("gestate",),
        examples=("sleep", "sleep --deep", "sleep --option steps=60", "sleep tune --log-minimum 12"),
    ),
    CommandEntry(
        "dream",
        "sleep_commands:dream",
        "Learn",
        "Dream about recent memories and show the dreams; learns nothing.",
        examples=("dream", "dream --memories 3 --count 4", "dream tune --noise 0.05"),
    ),
    CommandEntry(
        "nights",
        "night_commands:nights",
        "Learn",
        "List nights, look at one, go back to one, undo the last.",
        examples=("nights", "nights show 2", "nights diff 1 2", "nights use 1", "nights undo"),
    ),
    CommandEntry(
        "forget",
        "forget_command:forget",
        "Learn",
        "Forget turns and all that was dreamed of them, for good.",
        examples=("forget 12 13", "forget zanzibar", "forget --purge"),
    ),
    CommandEntry(
        "train",
        "train_command:train",
        "Learn",
        "Train on prompt and completion pairs from a JSONL file.",
        examples=("train pairs.jsonl --dry-run", "train pairs.jsonl --epochs 3 --test held-back.jsonl"),
    ),
    CommandEntry(
        "eval",
        "eval_command:evaluate",
        "Learn",
        "Judge what nights teach, on facts of a file, in lives of their own.",
        (SHELL,),
        examples=(
            "eval facts.jsonl",
            "eval facts.jsonl --arms lora,sovl --nights 4 --seeds 1,2,3 --json out.json",
            "eval --from out.json --plot plots",
        ),
    ),
    CommandEntry(
        "history",
        "journal_commands:history",
        "Look back",
        "Show the turns of this conversation, or of all.",
        examples=("history", "history --all -n 50"),
    ),
    CommandEntry(
        "search",
        "journal_commands:search",
        "Look back",
        "Find turns by their words.",
        aliases=("recall",),
        examples=("search dog",),
    ),
    CommandEntry(
        "why",
        "why_command:why",
        "Look back",
        "Tell how much of a reply came from what was learned.",
        examples=("why", "why 12", "why --json"),
    ),
    CommandEntry(
        "dreams",
        "dream_commands:dreams",
        "Look back",
        "Show what was dreamed, memory by memory.",
        examples=("dreams", "dreams --night 2 --rejected", "dreams --memory 12", "dreams --kind background -n 10"),
    ),
    CommandEntry(
        "recap",
        "journal_commands:recap",
        "Look back",
        "Sum up the day: what was told, asked, learned.",
        examples=("recap",),
    ),
    CommandEntry(
        "status",
        "status_commands:status",
        "Look back",
        "Show how this life is doing, with each plugin's part.",
        examples=("status", "status --json"),
    ),
    CommandEntry(
        "log",
        "status_commands:log",
        "Look back",
        "Show the newest entries of the log.",
        examples=("log", "log --errors -n 50"),
    ),
    CommandEntry(
        "config",
        "config_commands:config",
        "Set up",
        "Read, change and describe the settings.",
        examples=(
            "config describe generation",
            "config set generation.temperature 0.9",
            "config import config.json --dry-run",
        ),
    ),
    CommandEntry(
        "lifecycle",
        "tune_commands:lifecycle",
        "Set up",
        "Show or change how a life matures.",
        examples=("lifecycle", "lifecycle --capacity-factor 0.02 --curve exponential"),
    ),
    CommandEntry(
        "layers",
        "tune_commands:layers",
        "Set up",
        "Show or change which layers of the base listen.",
        examples=("layers", "layers --placement balanced", "layers --placement fixed --numbers 3,7"),
    ),
    CommandEntry(
        "blend",
        "tune_commands:blend",
        "Set up",
        "Show or change how much of what was learned is heard.",
        examples=("blend", "blend --weight-cap 0.9 --base-temperature 0.8"),
    ),
    CommandEntry(
        "plugins",
        "plugin_commands:plugins",
        "Set up",
        "List the plugins, tell about one, switch one on or off, begin one.",
        examples=(
            "plugins list",
            "plugins info dream",
            "plugins order",
            "plugins disable curiosity",
            "plugins new diary --hooks on_journal,on_sleep",
            "plugins check dream",
        ),
    ),
    CommandEntry(
        "run",
        "run_command:run",
        "Set up",
        "Run a command that a plugin brings.",
        examples=("run",),
    ),
    CommandEntry(
        "models",
        "model_commands:models",
        "Set up",
        "List the models on this machine, fetch one.",
        examples=("models list", "models pull"),
    ),
    CommandEntry(
        "doctor",
        "doctor_command:doctor",
        "Set up",
        "Check versions, device, model, plugins, the life and the disk.",
        examples=("doctor", "doctor --repair"),
    ),
    CommandEntry(
        "help",
        "session_commands:show_help",
        "Session",
        "List the commands, or explain one.",
        (SESSION,),
        examples=("help", "help sleep"),
    ),
    CommandEntry(
        "save", "session_commands:save", "Session", "Save now; leaving saves too.", (SESSION,), examples=("save",)
    ),
    CommandEntry(
        "load",
        "session_commands:load",
        "Session",
        "Save, and go on with the life of another folder.",
        (SESSION,),
        examples=("load", "load ../another-life"),
    ),
    CommandEntry(
        "panic",
        "session_commands:panic",
        "Session",
        "Save everything and start afresh.",
        (SESSION,),
        ("reset",),
        ("panic",),
    ),
    CommandEntry(
        "quit", "session_commands:leave", "Session", "Save and leave (also Ctrl-D).", (SESSION,), ("exit",), ("quit",)
    ),
)


def entries(place: str) -> List[CommandEntry]:
    """Return the commands that a place (:data:`SHELL` or :data:`SESSION`) offers, in the table's order."""
    return [entry for entry in COMMANDS if place in entry.places]


def find_entry(name: str, place: str) -> Optional[CommandEntry]:
    """Return the command of that name or alias, None when the place has none."""
    for entry in entries(place):
        if name == entry.name or name in entry.aliases:
            return entry
    return None
