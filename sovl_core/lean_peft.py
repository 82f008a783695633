"""PEFT for a model that is not quantized, without bitsandbytes.

PEFT imports bitsandbytes wherever it is installed, and that imports PyTorch's compiler: a second and a hundred MiB that
layers of plain floats have no use for.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Dict, Iterator

LEFT_OUT = "bitsandbytes"
#: Functions of ``peft.import_utils`` that remember what they found.
ASKED = ("is_bnb_available", "is_bnb_4bit_available")


@contextlib.contextmanager
def without_bitsandbytes() -> Iterator[None]:
    """Within this block bitsandbytes cannot be found by whoever imports it; imported before, it is as it was.

    Afterwards PEFT finds it when it meets a quantized layer.
    """
    modules: Dict[str, object] = sys.modules  # type: ignore[assignment]
    if LEFT_OUT in modules:
        yield
        return
    # What the import system takes for a module that does not exist.
    modules[LEFT_OUT] = None
    try:
        yield
    finally:
        del modules[LEFT_OUT]
        for name in ASKED:
            getattr(getattr(modules.get("peft.import_utils"), name, None), "cache_clear", lambda: None)()
