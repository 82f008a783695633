"""A plugin for tests: notes which examples its process trains on, and ends the process when told to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin


class TinyRank(Plugin):
    name = "tiny_rank"

    @hookimpl(wrapper=True)
    def on_train_step(self, step: Any) -> Any:
        rank = os.environ.get("RANK", "alone")
        if step.phase == "train":
            with open(str(Path(os.environ["TINY_RANK_NOTES"]) / rank), "a", encoding="utf-8") as notes:
                notes.writelines(f"{example.prompt}\n" for example in step.batch.examples)
        if os.environ.get("TINY_RANK_ENDS") == rank:
            os._exit(9)
        return (yield)
