"""The objects that hooks carry: requests, results and the small records inside them.

Plain dataclasses, so that a field can be added without breaking a plugin. Tensors are named in annotations only:
importing this module imports no torch.
"""

from __future__ import annotations

import random
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Dict, List, Optional

from sovl_core.records import Episode, Message
from sovl_core.scaffold_context import ScaffoldContext as ScaffoldContext

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from sovl_core.answer_states import PromptCache
    from sovl_core.data_processing import Batch
    from sovl_core.models import Models


def _never() -> bool:
    return False


@dataclass
class Turn:
    """One exchange in the making.

    ``temperature`` 0 decodes greedily. ``use_scaffold`` False answers with the bare base, bit for bit. ``influence``
    multiplies the scaffold's weight for this turn; ``reach`` in (0, 1] is how far its relevance to the prompt is
    trusted: less of it leaves more prompts to the base, and where relevance is not measured weakens the scaffold.
    ``purpose`` is ``reply`` for the user's turns (the only ones that are journaled), else ``question``, ``dream``,
    ``reflection``, ``play`` or ``evaluation``. ``annotations`` is where plugins leave values for one another, keyed
    ``"plugin.value"``.
    """

    prompt: str
    conversation: str = ""
    history: List[Message] = field(default_factory=list)
    max_new_tokens: int = 128
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: Optional[int] = None
    use_scaffold: bool = True
    influence: float = 1.0
    reach: float = 1.0
    purpose: str = "reply"
    episode: Optional[int] = None
    on_text: Optional[Callable[[str], None]] = None
    cancelled: Callable[[], bool] = _never
    annotations: Dict[str, Any] = field(default_factory=dict)


@dataclass
class Reply:
    """What came of a turn.

    ``token_probabilities`` and ``token_entropies`` (nats) hold one number a generated token, taken from the
    distribution before temperature; ``confidence`` is their summary (see ``calculate_confidence_score``).
    ``finish_reason`` is ``stop``, ``length``, ``cancelled`` or ``repetition``. ``question`` is something the system
    wants to know, to be shown after the text. ``annotations`` is what plugins leave about it, keyed ``"plugin.value"``;
    ``sovl why`` understands two of them and shows the others as they are: ``"plugin.memories"``, a list of (episode,
    probability) that the reply draws on, and ``"plugin.why"``, a sentence on why the plugin took the part it took.
    """

    text: str
    token_ids: List[int] = field(default_factory=list)
    prompt_tokens: int = 0
    confidence: float = 0.5
    token_probabilities: List[float] = field(default_factory=list)
    token_entropies: List[float] = field(default_factory=list)
    finish_reason: str = "stop"
    seconds: float = 0.0
    question: Optional[str] = None
    episode: Optional[int] = None
    annotations: Dict[str, Any] = field(default_factory=dict)


@dataclass
class TrainStep:
    """One optimisation step in the making.

    The kernel's innermost implementation runs ``models.base`` over ``batch``, takes the loss at the labelled positions,
    adds each of ``loss_terms`` (called with the step, returns a scalar tensor), and calls ``backward`` with the sum.
    ``phase`` is ``train``, ``night`` or ``validation``; in validation no gradient is taken. A plugin that changes what
    the base computes at the prompt's positions, before its last token, sets ``prompt_frozen`` False: otherwise those
    are computed once without it and kept in ``prompt_cache``. ``influence`` multiplies the scaffold's weight; ``reach``
    as in :class:`Turn`. Whoever leaves something to chance in a step draws it from ``rng``, or from torch's generator:
    both follow the number of the step, so that a night that was interrupted takes the steps it would have taken.
    """

    batch: Batch
    models: Models
    index: int = 0
    total: int = 0
    phase: str = "train"
    backward: Optional[Callable[[Tensor], None]] = None
    loss_terms: Dict[str, Callable[[TrainStep], Tensor]] = field(default_factory=dict)
    influence: float = 1.0
    reach: float = 1.0
    prompt_frozen: bool = True
    prompt_cache: Optional[PromptCache] = None
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    annotations: Dict[str, Any] = field(default_factory=dict)


@dataclass
class StepResult:
    """What a step did: mean losses in nats a token, token count, and per example the smallest answer probability."""

    loss: float = float("nan")
    losses: Dict[str, float] = field(default_factory=dict)
    tokens: int = 0
    correct: int = 0
    least_probability: List[float] = field(default_factory=list)
    skipped: Optional[str] = None

    @classmethod
    def skip(cls, reason: str) -> StepResult:
        """Return the result of a step that was not taken, with the reason."""
        return cls(skipped=reason)


@dataclass
class Dream:
    """A text made out of memories, to be learned from or replayed.

    ``kind`` is one of ``question``, ``rewrite``, ``reverse``, ``dialogue``, ``replay``, ``contrast``, ``background``.
    ``parents`` are episode ids. ``prompt`` is what a user would say, ``completion`` what the system should answer;
    for ``background`` and ``contrast`` the completion is the base's own and is learned as a distribution (KL), so that
    nothing changes there. ``held_out`` dreams are never trained on: they judge the night. ``verdict`` is ``""`` before
    verification, then ``accepted`` or ``rejected`` with ``why``.
    """

    kind: str
    prompt: str
    completion: str
    parents: List[int] = field(default_factory=list)
    writer: str = ""
    answer: str = ""
    weight: float = 1.0
    held_out: bool = False
    verdict: str = ""
    why: str = ""
    id: Optional[int] = None
    night: Optional[int] = None


@dataclass
class DreamRequest:
    """What to dream about.

    ``memories`` are fresh (or, for ``replay``, old) episodes; ``per_memory`` how many dreams each; ``background`` how
    many dreams of nothing in particular; ``breathe`` is to be called between pieces of work, as in a night. ``known``
    are dreams of earlier nights that are trained on beside the new ones: what is dreamed of what was never told has to
    go with them.
    """

    memories: List[Episode] = field(default_factory=list)
    known: List[Dream] = field(default_factory=list)
    per_memory: int = 12
    background: int = 0
    rng: random.Random = field(default_factory=random.Random)
    breathe: Callable[[], None] = lambda: None
    progress: Optional[Callable[[Progress], None]] = None
    annotations: Dict[str, Any] = field(default_factory=dict)


@dataclass
class Progress:
    """How far a long piece of work has come; ``seconds_left`` is None until it can be estimated."""

    stage: str
    step: int = 0
    total: int = 0
    loss: Optional[float] = None
    seconds_left: Optional[float] = None
    detail: str = ""


class NightInterrupted(Exception):
    """Raised by ``Night.breathe`` when the night has to end now; what was checkpointed is gone on with later."""


@dataclass
class Night:
    """One night in the making.

    ``number`` is its number, ``parent`` the accepted night it starts from. ``memories`` are the learnable episodes not
    yet consolidated, ``old_memories`` those of earlier nights. ``folder`` is this night's own folder for checkpoints;
    it survives an interruption and is handed in again when the night goes on (``resumed`` True). ``trigger`` is
    ``command``, ``gestation`` or ``api``. ``options`` come from the command line and override settings. A plugin that
    learns more than registered weights adds to ``while_awake`` a context manager that puts the accepted state in place:
    it is entered whenever somebody who speaks in the middle of the night is answered. ``by_day`` gives one that does
    the same, weights included, for whoever wants to know what was known before. A ``deep`` night starts from untrained
    weights and is handed all there is to learn: its ``memories`` are those of earlier nights too (their ``night`` is
    set), and it has no ``old_memories``; whoever keeps state of his own starts it anew.
    """

    number: int
    parent: Optional[int]
    memories: List[Episode]
    old_memories: List[Episode]
    models: Models
    folder: Path
    rng: random.Random
    trigger: str = "command"
    resumed: bool = False
    options: Dict[str, Any] = field(default_factory=dict)
    breathe: Callable[[], None] = lambda: None
    progress: Callable[[Progress], None] = lambda progress: None
    while_awake: List[Callable[[], ContextManager[None]]] = field(default_factory=list)
    by_day: Callable[[], ContextManager[None]] = nullcontext
    deep: bool = False
    annotations: Dict[str, Any] = field(default_factory=dict)


@dataclass
class NightReport:
    """What a night proposes.

    ``status`` is ``accepted``, ``partial`` (accepted with the reach of the scaffold cut to ``multiplier``, see
    :class:`Turn`), ``set_aside`` or ``nothing`` (nothing to learn). ``learned`` are the episode ids now consolidated.
    ``metrics`` are JSON-able; ``of`` among them says how many a share is of (``{"recall": 0.5, "of": {"recall": 4}}``).
    ``outcomes`` are measurements of what the system had done before, feedback of the kind ``outcome``: whoever measures
    them in the night adds them, and once it is accepted the kernel tells everybody.
    """

    status: str
    reason: str = ""
    learned: List[int] = field(default_factory=list)
    multiplier: float = 1.0
    metrics: Dict[str, Any] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0
    number: Optional[int] = None
    outcomes: List[Feedback] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """True when the night's weights are to be woken up with."""
        return self.status in ("accepted", "partial")


@dataclass
class Feedback:
    """Something said or measured about what the system did.

    ``kind`` is ``rating`` (``value`` -1 to 1), ``correction`` (``text`` is the right statement), ``answer`` (``text``
    answers question ``question``), or ``outcome`` (``value`` is a measurement named by ``text``). ``source`` is who
    said or measured it: ``user``, or the name of a plugin.
    """

    kind: str
    value: float = 0.0
    text: str = ""
    episode: Optional[int] = None
    question: Optional[int] = None
    source: str = "user"


@dataclass
class Forgetting:
    """What has just been deleted from the journal for good: ``episodes`` are the numbers it had."""

    episodes: List[int]


@dataclass
class JournalEntry:
    """Words on their way into the journal; what ``text`` is then is what is kept and what the models see.

    ``part`` is ``prompt`` (what the user says, also in a file that is taken in), ``reply``, ``question``, ``feedback``,
    or ``typed``: a line of the history of sessions. ``source`` and ``conversation`` are those of the episode, "" where
    there is none.
    """

    text: str
    part: str
    source: str = ""
    conversation: str = ""

    def __setattr__(self, name: str, value: Any) -> None:
        # In the plugin's own frame, so that it is the one that is blamed.
        if name == "text" and not isinstance(value, str):
            raise TypeError(f"the text of a journal entry is a str, not {type(value).__name__}")
        super().__setattr__(name, value)


@dataclass
class Idle:
    """A moment of silence. ``may_speak`` is False while somebody types or nobody would hear.

    ``wants_sleep`` is why a night is due, None when it is not; ``wants_deep`` is set when that is to be a deep one.
    """

    seconds: float
    conversation: str = ""
    last_prompt: str = ""
    may_speak: bool = True
    wants_sleep: Optional[str] = None
    wants_deep: bool = False


@dataclass
class Utterance:
    """Something said without being asked, or by a command; a ``question`` is journaled and can be answered."""

    text: str
    question: bool = True
    source: str = ""


@dataclass
class ModelRequest:
    """How a model is about to be loaded: ``role`` is ``base`` or ``scaffold``, ``arguments`` of ``from_pretrained``."""

    role: str
    path: str
    arguments: Dict[str, Any] = field(default_factory=dict)


@dataclass
class ErrorEvent:
    """A failure the system survived."""

    what: str
    message: str
    plugin: Optional[str] = None
    hook: Optional[str] = None
    episode: Optional[int] = None
