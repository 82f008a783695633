"""What a plugin could leave behind in the process: threads, environment, folder, import path, settings of torch."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Tuple

#: Seconds that a thread which has been told to end may take to do so.
PATIENCE = 2.0


@dataclass(frozen=True)
class Surroundings:
    """The process at one moment; make it with :meth:`now`."""

    threads: FrozenSet[threading.Thread]
    environment: Dict[str, str]
    folder: str
    path: Tuple[str, ...]
    torch: Dict[str, Any]

    @classmethod
    def now(cls) -> Surroundings:
        """Look around."""
        threads = frozenset(threading.enumerate())
        return cls(threads, dict(os.environ), os.getcwd(), tuple(sys.path), _torch_settings())

    def changes(self) -> List[str]:
        """Return in words what is otherwise now; threads are given a moment to end."""
        for thread in threading.enumerate():
            if thread not in self.threads and thread is not threading.current_thread():
                thread.join(PATIENCE)
        now = Surroundings.now()
        found = [f"the thread {name!r} still runs" for name in sorted(t.name for t in now.threads - self.threads)]
        for name in sorted(set(self.environment) | set(now.environment)):
            if self.environment.get(name) != now.environment.get(name):
                found.append(f"the environment variable {name} was changed")
        if now.folder != self.folder:
            found.append(f"the working directory is {now.folder} now")
        if now.path != self.path:
            found.append(f"sys.path was changed: {sorted(set(now.path) ^ set(self.path))}")
        # torch may only have been imported in between.
        for name, value in self.torch.items():
            if now.torch[name] != value:
                found.append(f"torch's {name} is {now.torch[name]} now, and was {value}")
        return found


def _torch_settings() -> Dict[str, Any]:
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return {}
    return {
        "number of threads": torch.get_num_threads(),
        "default dtype": torch.get_default_dtype(),
        "grad mode": torch.is_grad_enabled(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
    }
