"""The rows of the journal as plain dataclasses: what happened, durable and free of tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional


@dataclass(frozen=True)
class Message:
    """One utterance of a conversation; ``role`` is ``user``, ``assistant`` or ``system``."""

    role: str
    content: str


@dataclass(frozen=True)
class Episode:
    """One exchange as it was lived.

    ``prompt`` is what the user said, ``reply`` what the system answered ("" when it was only told). ``source`` is
    ``chat``, ``tell``, ``answer``, ``correction`` or ``import``. ``weight`` multiplies its loss in training. ``night``
    is the accepted night that consolidated it, None before. ``superseded_by`` is the newer episode that contradicts it.
    ``created`` is seconds since the epoch.
    """

    id: int
    conversation: str
    prompt: str
    reply: str = ""
    source: str = "chat"
    confidence: Optional[float] = None
    weight: float = 1.0
    learnable: bool = True
    night: Optional[int] = None
    superseded_by: Optional[int] = None
    created: float = 0.0
    details: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Exchange:
    """Something that was said elsewhere, on its way into the journal.

    ``key`` names it among all that a life ever took in, and what has a key is taken in once; "" takes it in each time.
    ``created`` is seconds since the epoch, None for now. The other fields are those of the :class:`Episode` it becomes.
    """

    prompt: str
    reply: str = ""
    conversation: str = ""
    created: Optional[float] = None
    key: str = ""
    source: str = "import"
    details: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """Something the system asked; ``status`` is ``queued``, ``asked``, ``answered`` or ``dropped``."""

    id: int
    text: str
    source: str
    status: str = "queued"
    episode: Optional[int] = None
    answer_episode: Optional[int] = None
    created: float = 0.0
    details: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NightRecord:
    """One night in the journal.

    ``status`` is ``running``, ``accepted``, ``partial``, ``set_aside``, ``nothing``, ``failed``, ``undone``, or
    ``purged`` (its files are gone). ``plugins`` maps plugin name to ``distribution version``. A ``deep`` night started
    from untrained weights: its ``parent`` is the night that was current before it. ``newest_episode`` is the number of
    the last thing said before it began, 0 when nothing was.
    """

    number: int
    parent: Optional[int]
    status: str
    trigger: str
    started: float
    finished: Optional[float] = None
    report: Dict[str, Any] = field(default_factory=dict)
    plugins: Dict[str, str] = field(default_factory=dict)
    deep: bool = False
    newest_episode: int = 0


@dataclass(frozen=True)
class Metric:
    """One measurement: ``value`` may be NaN; ``night`` and ``episode`` say what it was taken of."""

    name: str
    value: float
    night: Optional[int] = None
    episode: Optional[int] = None
    created: float = 0.0
