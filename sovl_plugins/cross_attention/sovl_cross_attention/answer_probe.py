"""Does what was told answer a question? A probe on the bare base, which reads both, one after the other.

The relevance gate knows which memory lies nearest; that the bakery's alarm code says nothing about the library's it
cannot tell, for it never met the library. A model that reads "the bakery's code is 5093" and then the question knows
more: whether what is asked for stood there, and whether anything is asked at all. That is a linear function of its
states (a probe, arXiv:1610.01644), the same for every memory, and learned once for a base from practice that comes
with this plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Dict, List, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from sovl_core.data_processing import encode_text, pad_token_id
from sovl_core.model_layers import decoder_layers, hidden_size
from sovl_cross_attention.base_states import base_states, unit_rms
from sovl_cross_attention.reader import READ_TOKENS, padded, word_ids
from sovl_cross_attention.settings import LEAST_SKILL

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_cross_attention.practice import Lesson

#: What was told, and a question.
Pair = Tuple[str, str]

#: Heights of the base's layers that are read: one shows which words come again, the other one what is asked for.
HEIGHTS = (0.47, 0.67)
#: Pairs that are read side by side.
BATCH = 32
#: Parts that practice is cut into: each is judged by a probe that learned from the others.
FOLDS = 5
#: Lessons read first, and the skill after them below which the rest is not worth the time.
TRIAL, LEAST_TRIAL_SKILL = 20, 0.7
#: Penalty on the squared weights.
DECAY = 1e-2


def pair_width(models: Models) -> int:
    """Return the width of :func:`pair_features`."""
    return 3 * hidden_size(models.base)


def pair_features(models: Models, pairs: Sequence[Pair]) -> Tensor:
    """Return what the base makes of each question after what was told: float32 [pairs, 3 * width] on the CPU.

    The state of the last token at the lower layer, the mean over the question's tokens and the last one at the upper.
    """
    tokenizer = models.base_tokenizer
    told = [encode_text(tokenizer, f"{text}\n")[-READ_TOKENS:] for text, _ in pairs]
    asked = [word_ids(tokenizer, question) for _, question in pairs]
    ids, mask = padded([a + b for a, b in zip(told, asked)], pad_token_id(tokenizer), models.device)
    count = len(decoder_layers(models.base))
    layers = [min(count - 1, max(0, round(height * count) - 1)) for height in HEIGHTS]
    lower, upper = (unit_rms(states.float()) for states in base_states(models, ids, mask, layers))
    rows: List[Tensor] = []
    for number, (before, question) in enumerate(zip(told, asked)):
        end = len(before) + len(question)
        read = upper[number, len(before) : end]
        rows.append(torch.cat([lower[number, end - 1], read.mean(0), read[-1]]).cpu())
    return torch.stack(rows)


class AnswerProbe:
    """A logistic regression over :func:`pair_features`.

    ``skill`` is the share of an answered and an unanswered question that it puts in the right order (the area under
    the ROC curve), measured on lessons it did not learn from. Remarks and questions of the world are too easy to tell
    from questions to count.
    """

    def __init__(self) -> None:
        self.weight: Tensor = torch.zeros(0)
        self.bias: Tensor = torch.zeros(())
        self.skill = 0.0

    @property
    def trusted(self) -> bool:
        """True when the base was found to know whether a question is answered; a small one may not."""
        return self.skill >= LEAST_SKILL

    def fits(self, models: Models) -> bool:
        """Return True when it has learned from a base of this width."""
        return len(self.weight) == pair_width(models)

    def match(self, models: Models, pairs: Sequence[Pair]) -> List[float]:
        """Return how likely each question is answered by what was told before it."""
        found: List[float] = torch.sigmoid(pair_features(models, pairs) @ self.weight + self.bias).tolist()
        return found

    def practise(
        self, models: Models, lessons: Sequence[Lesson], heard: Callable[[int, int], None] = lambda step, total: None
    ) -> None:
        """Learn from lessons.

        :param heard: called between batches with how many pairs were read, of how many.
        """
        trial = _Read(models, lessons[:TRIAL], heard)
        self.skill = trial.skill()
        if self.skill >= LEAST_TRIAL_SKILL:
            whole = trial.joined(_Read(models, lessons[TRIAL:], heard))
            self.skill = whole.skill()
            self.weight, self.bias = _regression(whole.features, whole.answered)
        else:
            self.weight, self.bias = torch.zeros(pair_width(models)), torch.zeros(())

    def save(self, values: Dict[str, object], tensors: Dict[str, Tensor]) -> None:
        """Put it into a plugin's state."""
        tensors["probe.weight"], tensors["probe.bias"] = self.weight, self.bias
        values["probe.skill"] = self.skill

    @classmethod
    def load(cls, values: Dict[str, object], tensors: Dict[str, Tensor]) -> Optional[AnswerProbe]:
        """Return what :meth:`save` stored, None where nothing was."""
        if "probe.weight" not in tensors:
            return None
        probe = cls()
        probe.weight, probe.bias = tensors["probe.weight"].float(), tensors["probe.bias"].float()
        probe.skill = float(values.get("probe.skill", 0.0))  # type: ignore[arg-type]
        return probe


class _Read:
    """Lessons that the base has read.

    ``features`` float [pairs, width], ``answered`` float [pairs], 1 for answered questions, ``asking`` bool [pairs],
    False for remarks and questions of the world, ``lesson`` of each pair.
    """

    def __init__(self, models: Models, lessons: Sequence[Lesson], heard: Callable[[int, int], None]) -> None:
        pairs: List[Pair] = []
        labels: List[float] = []
        asking: List[bool] = []
        lesson_of: List[int] = []
        for number, lesson in enumerate(lessons):
            besides = (*lesson.remarks, *lesson.general)
            kinds = ((lesson.answered, 1.0, True), (lesson.unanswered, 0.0, True), (besides, 0.0, False))
            for prompts, label, asks in kinds:
                pairs += [(lesson.told, prompt) for prompt in prompts]
                labels += [label] * len(prompts)
                asking += [asks] * len(prompts)
                lesson_of += [number] * len(prompts)
        self.answered, self.lesson = torch.tensor(labels), torch.tensor(lesson_of)
        self.asking = torch.tensor(asking, dtype=torch.bool)
        self.features = torch.zeros(len(pairs), pair_width(models))
        # Of like length side by side, so that little of what is read is padding.
        order = sorted(range(len(pairs)), key=lambda number: sum(map(len, pairs[number])))
        for start in range(0, len(order), BATCH):
            heard(start, len(pairs))
            some = order[start : start + BATCH]
            self.features[some] = pair_features(models, [pairs[number] for number in some])

    def joined(self, other: _Read) -> _Read:
        """Take in other lessons."""
        self.features = torch.cat([self.features, other.features])
        self.answered = torch.cat([self.answered, other.answered])
        self.asking = torch.cat([self.asking, other.asking])
        self.lesson = torch.cat([self.lesson, other.lesson + int(self.lesson.max()) + 1])
        return self

    def skill(self) -> float:
        """Return how well a probe orders questions about lessons that it did not learn from."""
        guessed = torch.zeros(len(self.lesson))
        for part in range(FOLDS):
            held_out = self.lesson % FOLDS == part
            weight, bias = _regression(self.features[~held_out], self.answered[~held_out])
            guessed[held_out] = self.features[held_out] @ weight + bias
        yes, no = guessed[self.answered == 1], guessed[(self.answered == 0) & self.asking]
        return float((yes[:, None] > no[None]).float().mean())


def _regression(features: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
    """Return weight and bias of a logistic regression in which both answers weigh the same."""
    mean = features.mean(0)
    # A few dimensions of a language model's states are a hundred times as large as the rest and say little.
    scale = features.std(0) + 1e-4
    centred = (features - mean) / scale
    share = torch.where(labels > 0, 0.5 / labels.sum(), 0.5 / (1 - labels).sum())
    weight = torch.zeros(features.shape[1], requires_grad=True)
    bias = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        losses = nn.functional.binary_cross_entropy_with_logits(centred @ weight + bias, labels, reduction="none")
        loss = (losses * share).sum() + DECAY * weight.pow(2).sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(closure)
    plain = weight.detach() / scale
    return plain, bias.detach() - mean @ plain
