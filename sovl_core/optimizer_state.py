"""What an optimizer remembers of each parameter, by name, so that interrupted training goes on with it.

AdamW's running means (arXiv:1711.05101) are half of where training stands: without them the first steps after an
interruption are steps of another length in another direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.models import Models

    #: ``{trainable: {parameter: {what is remembered: tensor}}}``
    OptimizerState = Dict[str, Dict[str, Dict[str, Tensor]]]


def optimizer_state(models: Models, optimizer: Any) -> OptimizerState:
    """Return copies on the CPU of what an optimizer remembers; parameters it has not moved yet are left out.

    :param optimizer: of ``torch.optim``, over parameters of ``models``.
    """
    remembered = optimizer.state_dict()["state"]
    found: OptimizerState = {}
    for index, name in enumerate(_names(models, optimizer)):
        if name is None or index not in remembered:
            continue
        values = {key: tensor.detach().to("cpu", copy=True) for key, tensor in remembered[index].items()}
        found.setdefault(name[0], {})[name[1]] = values
    return found


def restore_optimizer_state(models: Models, optimizer: Any, state: OptimizerState) -> None:
    """Let an optimizer remember what another one did; parameters that ``state`` does not know begin anew.

    :param optimizer: as ``setup_optimizer`` returns it, over the same parameters in any order.
    """
    whole = optimizer.state_dict()
    for index, name in enumerate(_names(models, optimizer)):
        if name is not None and name[1] in state.get(name[0], {}):
            whole["state"][index] = dict(state[name[0]][name[1]])
    # PyTorch itself knows which of the tensors belong beside their parameter, in its precision.
    optimizer.load_state_dict(whole)


def _names(models: Models, optimizer: Any) -> List[Optional[Tuple[str, str]]]:
    """Return for each parameter of an optimizer its trainable and its name there."""
    names = {
        id(parameter): (trainable.name, key)
        for trainable in models.trainables.values()
        for key, parameter in trainable.parameters().items()
    }
    return [names.get(id(parameter)) for group in optimizer.param_groups for parameter in group["params"]]
