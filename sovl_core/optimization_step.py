"""One optimisation step: the loss of a batch, its gradient, and what the optimizer makes of it.

:func:`train_step` is the innermost ``on_train_step``: what is learned is either the answer itself (cross-entropy) or,
for background and contrast dreams, the base's own distribution (KL divergence), so that nothing changes there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence

from sovl_core.answer_states import AnswerStates, answer_states, full_states
from sovl_core.constants import IGNORED_LABEL, KEPT_KINDS
from sovl_core.events import StepResult, TrainStep

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.answer_states import PromptCache
    from sovl_core.data_processing import Batch, Encoded
    from sovl_core.models import Models

#: Share of the loss left to a token that is known already, p > 0.5 (greedy recall needs no more; arXiv:2605.30260).
KNOWN_TOKEN_WEIGHT = 0.3
_LOG_HALF = math.log(2.0)


def train_step(step: TrainStep) -> StepResult:
    """Compute the loss of a batch and its gradient; the optimizer is the caller's.

    Answers: token cross-entropy, weighted by example, tokens above p = 0.5 counting less. Background and contrast:
    KL(base || now) at the answer's tokens. Both are means a token; ``step.loss_terms`` are added.

    :return: the losses in nats a token; skipped when there is no answer token, or the sum is not finite.
    """
    import torch

    batch, models = step.batch, step.models
    if not (batch.labels[:, 1:] != IGNORED_LABEL).any():
        return StepResult.skip("no example has an answer to learn")
    kept = [example.kind in KEPT_KINDS for example in batch.examples]
    new = [item for item, is_kept in zip(batch.encoded, kept) if is_kept and item.teacher_hidden is None]
    if new:
        remember_teacher(models, new, step.prompt_frozen, step.prompt_cache)
    states = _states(models, batch, step.prompt_frozen, step.prompt_cache)
    logits = models.logits(states.hidden)  # [answer tokens, vocabulary]
    log_probabilities = torch.log_softmax(logits, dim=-1)
    nll = -log_probabilities.gather(-1, states.targets[:, None]).squeeze(-1)  # [answer tokens]
    is_kept = torch.tensor(kept, device=nll.device)[states.rows]
    losses: Dict[str, Tensor] = {}
    if not bool(is_kept.all()):
        known = torch.where(nll.detach() < _LOG_HALF, KNOWN_TOKEN_WEIGHT, 1.0)
        weight = known * batch.weights[states.rows]
        losses["answer"] = (nll * weight)[~is_kept].sum() / (~is_kept).sum()
    if bool(is_kept.any()):
        losses["kept"] = _kept_divergence(step, log_probabilities[is_kept], kept)
    for name, term in step.loss_terms.items():
        losses[name] = term(step)
    total = torch.stack([loss.reshape(()) for loss in losses.values()]).sum()
    if not torch.isfinite(total):
        return StepResult.skip("the loss is not finite")
    if step.backward is not None and step.phase != "validation":
        if not total.requires_grad:
            return StepResult.skip("nothing that learns took part")
        step.backward(total)
    return _result(states, nll, logits, losses, total, len(batch))


def optimise(models: Models, optimizer: Any, schedule: Any, max_grad_norm: float) -> float:
    """Clip the gradients, take one optimizer step, clear them; returns their norm before clipping."""
    import torch

    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm))
    if math.isfinite(norm):
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    schedule.step()
    return norm


def remember_teacher(
    models: Models, encoded: Sequence[Encoded], frozen: bool = True, cache: Optional[PromptCache] = None
) -> None:
    """Keep in examples what the bare base makes of them, once for all steps they come up in.

    :param encoded: at least one example; read side by side.
    :param frozen: whether prompts are the bare base's, as in ``TrainStep.prompt_frozen``.
    """
    import torch

    from sovl_core.data_processing import collate, pad_token_id

    batch = collate(encoded, pad_token_id(models.base_tokenizer)).to(models.device)
    with torch.no_grad(), models.bypass():
        states = _states(models, batch, frozen, cache)
    for row, item in enumerate(encoded):
        item.teacher_hidden = states.hidden[states.rows == row]


def _states(models: Models, batch: Batch, frozen: bool, cache: Optional[PromptCache]) -> AnswerStates:
    if frozen and all(item.prompt_length > 0 for item in batch.encoded):
        return answer_states(models, batch, cache)
    return full_states(models, batch)


def _kept_divergence(step: TrainStep, log_probabilities: Tensor, kept: List[bool]) -> Tensor:
    import torch

    hidden = [item.teacher_hidden for item, is_kept in zip(step.batch.encoded, kept) if is_kept]
    with torch.no_grad():
        teacher = torch.log_softmax(step.models.logits(torch.cat([h for h in hidden if h is not None])), dim=-1)
    return (teacher.exp() * (teacher - log_probabilities)).sum(-1).mean()


def _result(
    states: AnswerStates, nll: Tensor, logits: Tensor, losses: Dict[str, Tensor], total: Tensor, rows: int
) -> StepResult:
    import torch

    detached = nll.detach()
    least = torch.zeros(rows, device=detached.device)
    least = least.scatter_reduce(0, states.rows, detached, "amax").neg().exp()
    return StepResult(
        loss=float(total.detach()),
        losses={name: float(loss.detach()) for name, loss in losses.items()},
        tokens=len(states.targets),
        correct=int((logits.detach().argmax(-1) == states.targets).sum()),
        least_probability=least.tolist(),
    )
