"""Explaining a reply: it is gone through again with the scaffold and without, and its memories are looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

from sovl_core.constants import KEPT_KINDS
from sovl_core.error_handling import BadInput
from sovl_core.events import Reply, Turn
from sovl_core.explanation import (
    Change,
    Explanation,
    MovedToken,
    Origin,
    given_reasons,
    named_memories,
    plain_annotations,
)
from sovl_core.safe_encoding import decode_exactly

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.journal import Journal
    from sovl_core.model_gate import ModelGate
    from sovl_core.model_host import ModelHost
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.records import Episode
    from sovl_core.settings import SystemConfig

#: Dreams that are told of each memory.
DREAMS_TOLD = 3
#: Dreams among which they are sought: those held out taught nothing.
DREAMS_LOOKED_AT = 30
#: Tokens whose logits are compared at once: a vocabulary may have a quarter of a million.
COMPARED_AT_ONCE = 32


class Explaining:
    """Explains replies of the journal by what the life knows now.

    :param gate: held while a reply is gone through again.
    """

    def __init__(
        self, config: SystemConfig, journal: Journal, hooks: PluginManager, host: ModelHost, gate: ModelGate
    ) -> None:
        self._config = config
        self._journal = journal
        self._hooks = hooks
        self._host = host
        self._gate = gate

    def find(self, number: Optional[int] = None) -> Episode:
        """Return the turn to explain.

        :param number: of the episode, None for the last one with a reply.
        :raises BadInput: when there is none, or nothing was answered in it.
        """
        if number is None:
            last = self._journal.last_answered()
            if last is None:
                raise BadInput("Nothing was answered yet in this life", "Ask something: sovl ask TEXT")
            return last
        episode = self._journal.episode(number)
        if episode is None:
            raise BadInput(f"There is no turn {number} in this life", "Find its number: sovl history --all")
        if not episode.reply:
            raise BadInput(
                f"Turn {number} has no reply: it was only told, or broken off", "Choose another: sovl history --all"
            )
        return episode

    def explain(self, episode: Episode) -> Explanation:
        """Explain a turn's reply; loads the models, and costs about as much as giving the reply twice."""
        with self._gate.turn():
            models = self._host.get()
            change, annotations = self._followed(models, episode)
        return Explanation(
            episode=episode.id,
            prompt=episode.prompt,
            reply=episode.reply,
            change=change,
            night=self._journal.current_night(),
            given_in=episode.details.get("night"),
            given_in_known="night" in episode.details,
            scaffold=bool(episode.details.get("scaffold", True)),
            origins=[self._origin(number, probability) for number, probability in named_memories(annotations)],
            reasons=given_reasons(annotations),
            annotations=plain_annotations(annotations),
        )

    def _followed(self, models: Models, episode: Episode) -> Tuple[Change, Dict[str, Any]]:
        from sovl_core.teacher_forcing import reply_ids

        details = episode.details
        ended, written = details.get("finish_reason") == "stop", details.get("token_ids", ())
        ids = reply_ids(models.base_tokenizer, episode.reply, ended, written)
        now, annotations = self._states(models, episode, ids, bool(details.get("scaffold", True)))
        bare, _ = self._states(models, episode, ids, False)
        if now is None or bare is None or not len(now):
            return Change(), annotations
        return compare(models, bare, now, ids), annotations

    def _states(
        self, models: Models, episode: Episode, ids: Sequence[int], use_scaffold: bool
    ) -> Tuple[Optional[Tensor], Dict[str, Any]]:
        """Return the states that foretold each token, None where the base was not asked, and the annotations left."""
        from sovl_core.teacher_forcing import follow

        settings = self._config.generation
        found: List[Tensor] = []

        def innermost(turn: Turn) -> Reply:
            found.append(follow(models, turn, ids, settings))
            return Reply(episode.reply, token_ids=list(ids))

        turn = Turn(
            episode.prompt,
            conversation=episode.conversation,
            history=self._journal.messages(episode.conversation, settings.history_turns, before=episode.id),
            max_new_tokens=settings.max_new_tokens,
            influence=float(episode.details.get("influence", 1.0)),
            use_scaffold=use_scaffold,
            # Not a reply: nobody asks a question after it, and nothing of it is remembered.
            purpose="evaluation",
        )
        reply = self._hooks.on_generate(turn, innermost)
        return (found[-1] if found else None), reply.annotations

    def _origin(self, number: int, probability: float) -> Origin:
        episode, nights = self._journal.episode(number), self._journal.nights_that_learned(number)
        if episode is None:
            return Origin(number, probability, nights=nights)
        dreams = self._journal.dreams(
            episode=number, verdict="accepted", without=KEPT_KINDS, limit=DREAMS_LOOKED_AT, oldest_first=True
        )
        return Origin(
            number,
            probability,
            episode.prompt,
            episode.superseded_by,
            nights,
            [dream for dream in dreams if not dream.held_out][:DREAMS_TOLD],
        )


def compare(models: Models, bare: Tensor, now: Tensor, ids: Sequence[int]) -> Change:
    """Compare what the base foretold alone with what it foretold now, along the same tokens.

    :param bare: hidden states that foretold each token, float [tokens, width]; ``now`` the same with the scaffold.
    :param ids: the tokens.
    """
    import torch

    tokens = min(len(bare), len(now))
    if torch.equal(bare[:tokens], now[:tokens]):
        return Change(0.0, tokens, exact=True)
    moved: List[MovedToken] = []
    total = 0.0
    with torch.no_grad():
        for start in range(0, tokens, COMPARED_AT_ONCE):
            part = slice(start, min(tokens, start + COMPARED_AT_ONCE))
            before = torch.log_softmax(models.logits(bare[part]), dim=-1)
            after = torch.log_softmax(models.logits(now[part]), dim=-1)
            # What has no probability adds nothing, and is not 0 times minus infinity.
            terms = torch.where(before > float("-inf"), before.exp() * (before - after), torch.zeros_like(before))
            divergence = terms.sum(-1)
            total += float(divergence.sum())
            differ = (before.argmax(-1) != after.argmax(-1)).nonzero().flatten().tolist()
            moved += [_moved(models, start + row, row, ids, before, after, divergence) for row in differ]
    return Change(total / tokens, tokens, moved=moved)


def _moved(
    models: Models, position: int, row: int, ids: Sequence[int], before: Tensor, after: Tensor, divergence: Tensor
) -> MovedToken:
    said = ids[position]
    choices = (said, int(after[row].argmax()), int(before[row].argmax()))
    text, chosen, base = (decode_exactly(models.base_tokenizer, [token]) for token in choices)
    return MovedToken(
        position,
        text,
        chosen,
        base,
        kl=float(divergence[row]),
        probability=float(after[row, said].exp()),
        base_probability=float(before[row, said].exp()),
    )
