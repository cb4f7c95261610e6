"""What a model holds before it runs: its modules with their places, and the records of its weights and buffers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import torch
from torch import Tensor, nn

from cnnprof.records.graph import ITEM_BYTES, Parameter
from cnnprof.records.making import maker

DTYPE_NAMES: Mapping[torch.dtype, str] = {
    value: str(value).removeprefix("torch.")
    for value in vars(torch).values()
    if isinstance(value, torch.dtype)
}
ORDINARY = (nn.Parameter, Tensor)  # others, such as uninitialised parameters, may not have a shape yet
Place = tuple[str, str]  # path and class of a module

make_parameter = maker(Parameter)


class Inventory:
    """Modules and tensors are known by identity.

    ``met`` counts how often a walk over the tree meets a module; ``has_data`` is False where a weight is on meta.
    """

    def __init__(self, model: nn.Module) -> None:
        self.modules: list[nn.Module] = []
        self.places: dict[int, Place] = {}
        self.met: dict[int, int] = {}
        self.parameters: dict[int, Parameter] = {}
        self.trainable: list[Tensor] = []
        self.has_data = True
        self._unread: dict[int, tuple[str, Tensor, bool]] = {}
        self._walk(model, "")

    def _walk(self, module: nn.Module, path: str) -> None:
        """Every module's place and every weight's record; each module once, though all that hold it are counted."""
        key = id(module)
        self.met[key] = self.met.get(key, 0) + 1
        own = module.__dict__
        children: dict[nn.Module, str] = {}  # each once, under its first name, as Module.apply goes
        for name, child in own["_modules"].items():
            if child is not None:
                children.setdefault(child, name)
        if key in self.places:
            for child in children:
                self._walk(child, path)
            return
        self.modules.append(module)
        self.places[key] = (path, module.__class__.__name__)
        prefix = path + "." if path else ""
        for trainable, table in ((True, own["_parameters"]), (False, own["_buffers"])):
            for name, tensor in table.items():
                if tensor is not None and id(tensor) not in self.parameters:
                    self._name(prefix + name, tensor, trainable)
        for child, name in children.items():
            self._walk(child, prefix + name)

    def _name(self, name: str, tensor: Tensor, trainable: bool) -> None:
        """Record a weight or buffer under the first of its names."""
        if tensor.__class__ in ORDINARY:
            shape, dtype = tuple(tensor.shape), DTYPE_NAMES[tensor.dtype]
            elements = prod(shape)
            nbytes = elements * ITEM_BYTES.get(dtype, 4)
            record = make_parameter(name, shape, dtype, trainable, elements, nbytes)
            self.parameters[id(tensor)] = record
        elif id(tensor) in self._unread:
            return
        else:
            self._unread[id(tensor)] = (name, tensor, trainable)
        if trainable:
            self.has_data = self.has_data and not tensor.is_meta
            self.trainable.append(tensor)

    def read(self, tensor: Tensor) -> Parameter | None:
        """The record of a weight that may not have had a shape in the beginning; None for any other tensor."""
        if id(tensor) not in self._unread:
            return None
        name, tensor, trainable = self._unread[id(tensor)]
        found = Parameter(name, tuple(tensor.shape), DTYPE_NAMES[tensor.dtype], trainable)
        self.parameters[id(tensor)] = found
        return found
