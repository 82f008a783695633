"""SOVL as a library: a life is opened, told something, asked, sent to sleep, and asked again.

    python examples/library_use.py LIFE

The life lies in the folder LIFE; without one in ``my-life``, here.
"""

from __future__ import annotations

import sys

from sovl_core import SOVLSystem

QUESTION = "Which name does my dog have?"


def main(folder: str) -> None:
    """Live a day, a night and a morning in the life that lies in a folder; it is made where there is none."""
    with SOVLSystem.open(folder) as life:
        life.tell("My dog is called Biscuit.")
        reply = life.generate("Good evening! How are you?", on_text=lambda piece: print(piece, end="", flush=True))
        print(f"\n({len(reply.token_ids)} tokens, confidence {reply.confidence:.2f})")
        # In a conversation of its own nothing that was told before stands in the prompt.
        life.new_conversation()
        print("before:", life.generate(QUESTION).text)
        night = life.sleep(progress=lambda at: print(f"{at.stage} {at.step}/{at.total}", file=sys.stderr))
        print(f"night {night.number}: {night.status}. {night.reason}")
        life.new_conversation()
        print("after:", life.generate(QUESTION).text)


if __name__ == "__main__":
    main(*sys.argv[1:2] or ["my-life"])
