"""Background text: ordinary prose that a night must not make harder to foretell, cut into passages."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Tuple, Union

from sovl_core.error_handling import DataError

#: Words of a passage that are said, and as many that are foretold after them.
HALF = 64
#: Passages measured at most, spread evenly over the text.
PASSAGES = 32

#: Measured on when no other text is given. Written for this project.
DEFAULT = """
A lighthouse stands where the land gives way to the sea, and for most of its history it had one task: to be seen.
Before electric lamps, keepers climbed the stairs at dusk with oil in heavy cans, trimmed the wicks, and wound the
clockwork that turned the lens. The lens itself was the marvel of the building. Rings of glass prisms bent the light
of a modest flame into a narrow beam that could be noticed from twenty miles away on a clear night. Fog was another
matter. When the air turned white, the keepers rang bells, fired guns, or blew horns driven by steam, and they went on
doing so for as long as the weather lasted, sometimes for days. Supplies came by boat when the swell allowed it, and
the log book was filled in every few hours with the wind, the state of the sea, and the names of passing ships.

Soil looks like the simplest thing in the world, but a spoonful of it contains more living creatures than there are
people in a large city. Bacteria break down dead leaves and make their nutrients available to roots. Fungi reach
further than any root can, and trade water and minerals for sugar. Worms pull plant matter below the surface, leaving
tunnels that let in air and rain. When a field is ploughed again and again, much of this structure is lost, and the
ground turns hard after rain and dusty in summer. Farmers who plant clover or rye between their crops keep the soil
covered, feed the organisms in it, and lose less of it to the wind. The change is slow. It may take five years before
the difference can be felt in the hand, and ten before it shows in the harvest.

The game begins with an empty board and a bowl of stones for each player. They take turns placing one stone at a time,
and a stone that has been placed is never moved. A group that is surrounded on every side is taken off the board. The
rules can be explained in a few minutes, yet people have studied the game for more than two thousand years without
coming to the end of it. Beginners fight in the corners, because corners are easy to defend. Stronger players look at
the whole board and ask which part of it matters most right now. They are willing to give up a few stones on one side
in return for the first move on the other. It is said that you can learn a good deal about people by watching what
they do when they are ahead, and even more by watching what they do when they are behind.

Bridges are judged by what they carry, but they are designed for what they must survive. Engineers add up the weight
of the deck, the traffic, the snow, and the push of the strongest wind on record, and then multiply by a factor that
stands for everything they do not know. Steel stretches a little in summer and shrinks in winter, so long bridges have
gaps in them, covered by interlocking teeth that a driver notices only as a short rattle. Inspectors look for rust,
for cracks around rivets, and for stones that the river has carried away from the foundations. Most of what they write
down is dull, which is exactly what everybody hopes for. A bridge that has been well looked after can serve for a
century; one that has been neglected may have to be closed after thirty years.

Bread needs only flour, water, salt, and time. Yeast feeds on the sugars in the flour and gives off gas, and the dough
holds on to that gas because kneading has joined its proteins into long elastic strands. A warm kitchen makes the work
go quickly, a cold one makes it go slowly, and the slow loaf usually tastes better. Bakers press a finger into the
dough to see whether it is ready: if the dent comes back at once, it needs longer; if it stays, the loaf has waited
too long. In the oven the gas expands, the crust sets, and the sugars at the surface turn brown. The smell tells you
when to look, and the sound tells you when to stop. Knock on the bottom of a finished loaf and it answers like a
hollow box.
"""


def read_background(path: Optional[Union[str, Path]] = None) -> str:
    """Return the text of a file, or :data:`DEFAULT` without one.

    :raises DataError: when the file cannot be read as UTF-8 text.
    """
    if path is None:
        return DEFAULT
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start + 1})", "Give a plain text file") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", "Give a plain text file") from error


def passages(text: str, half: int = HALF, most: int = PASSAGES) -> List[Tuple[str, str]]:
    """Cut a text into (beginning, what follows it), both of ``half`` words, at most ``most`` spread over the text.

    A text too short for one such passage is one passage, cut in the middle.

    :raises DataError: when there are not two words.
    """
    words = text.split()
    if len(words) < 2:
        raise DataError("The background text has no two words", "Give a longer text, or none for the built-in one")
    half = min(half, len(words) // 2)
    starts = list(range(0, len(words) - 2 * half + 1, 2 * half))
    if len(starts) > most:
        starts = [starts[index * len(starts) // most] for index in range(most)]
    return [
        (" ".join(words[start : start + half]), " ".join(words[start + half : start + 2 * half])) for start in starts
    ]
