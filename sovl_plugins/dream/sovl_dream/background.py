"""Background dreams: what has nothing to do with any memory, with the base's own answers, so that they stay its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Callable, List, Sequence

from sovl_core.events import Dream, DreamRequest
from sovl_dream.everyday_prompts import EVERYDAY
from sovl_dream.framed_prompts import framed_prompts

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_dream.settings import DreamSettings

WRITER = "base"
#: Dreams to judge a night by, at most.
HELD_OUT = 24
#: What the progress display calls the two parts of this work.
PROMPTS, BACKGROUND = "prompts for the background", "background"


def background_dreams(
    request: DreamRequest,
    models: Models,
    system_prompt: str,
    settings: DreamSettings,
    breathe: Callable[[], None],
    progress: Callable[[str, int, int], None] = lambda detail, step, total: None,
) -> List[Dream]:
    """Return ``request.background`` dreams: prompts the base made up, everyday ones, and ones in memories' own frames.

    Prompts the base makes up are long; without short questions beside them a relevance gate learns to tell long from
    short. A sixth, at least four, is held out to judge by.

    :param progress: told of what, how many of how many are there: first prompts, then dreams.
    """
    from sovl_dream.batch_generation import sampled_prompts

    wanted = request.background
    sampled = int(wanted * settings.sampled_background)
    prompts: List[str] = []
    if sampled:
        progress(PROMPTS, 0, sampled)
        seed = request.rng.randrange(2**31)
        prompts = sampled_prompts(
            models, sampled, seed, system_prompt, breathe, lambda count: progress(PROMPTS, count, sampled)
        )
    everyday = list(EVERYDAY)
    request.rng.shuffle(everyday)
    prompts += framed_prompts(int(wanted * settings.framed_background), request.rng)
    prompts = list(dict.fromkeys(prompts + everyday))[:wanted]
    request.rng.shuffle(prompts)
    return kept_dreams("background", prompts, models, system_prompt, settings, breathe, partial(progress, BACKGROUND))


def kept_dreams(
    kind: str,
    prompts: Sequence[str],
    models: Models,
    system_prompt: str,
    settings: DreamSettings,
    breathe: Callable[[], None],
    progress: Callable[[int, int], None],
) -> List[Dream]:
    """Return a dream for each prompt that the base alone answers, with its answer.

    The first sixth is held out, :data:`HELD_OUT` at most.

    :param progress: told how many of how many are answered.
    """
    from sovl_dream.batch_generation import greedy_answers

    count = len(prompts)
    progress(0, count)
    answers = greedy_answers(
        models, prompts, settings.background_tokens, system_prompt, breathe, lambda done: progress(done, count)
    )
    pairs = [(prompt, answer) for prompt, answer in zip(prompts, answers) if answer]
    held_out = min(len(pairs) // 2, max(4, len(pairs) // 6), HELD_OUT)
    return [
        Dream(kind, prompt, answer, writer=WRITER, held_out=index < held_out)
        for index, (prompt, answer) in enumerate(pairs)
    ]
