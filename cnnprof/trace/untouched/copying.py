"""A copy of a network, for what must not happen to the caller's own."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer

from cnnprof.errors import ModelError, first_line


def copied(model: nn.Module) -> nn.Module:
    """The network once more, with weights of its own.

    Weight norm by hooks and pruning leave the results of ops among a module's attributes, which Python's own copy
    refuses: they are copied as what they hold, and made anew when the module runs. Raises ModelError for what cannot be
    copied otherwise.
    """
    # deepcopy takes what it finds here under an object's identity for the copy of that object.
    memo: dict[int, object] = {}
    for module in model.modules():
        for value in (*module.__dict__.values(), *module.__dict__.get("_buffers", {}).values()):
            if isinstance(value, Tensor) and id(value) not in memo and (copy := _copied(value)) is not None:
                memo[id(value)] = copy
    try:
        return deepcopy(model, memo)
    except Exception as error:  # whatever its attributes are made of
        raise ModelError(
            f"the network cannot be copied: {first_line(error)}",
            "it is run, or converted to another dtype, as a copy: give it a __deepcopy__, or leave out what has none",
        ) from error


def _copied(tensor: Tensor) -> Tensor | None:
    """A copy of a tensor that cannot be copied by the usual way; None of others."""
    if isinstance(tensor, UninitializedBuffer):
        make: Any = UninitializedBuffer  # torch's stubs have another signature
        copy: Tensor = make(tensor.requires_grad, tensor.data.device, tensor.data.dtype)
        return copy
    return None if tensor.is_leaf else tensor.detach().clone()
