"""What a model holds before it runs: its modules with their places, and the records of its weights and buffers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from cnnprof.errors import ModelError
from cnnprof.records.graph import ITEM_BYTES, Parameter
from cnnprof.records.making import maker
from cnnprof.trace.pruning import left_by_masks
from cnnprof.trace.untouched.caches import spaces_of
from cnnprof.trace.untouched.hooks import has_hooks

DTYPE_NAMES: Mapping[torch.dtype, str] = {
    value: str(value).removeprefix("torch.")
    for value in vars(torch).values()
    if isinstance(value, torch.dtype)
}
LAZY = (UninitializedParameter, UninitializedBuffer)
ORDINARY = (nn.Parameter, Tensor)  # others, such as uninitialised parameters, may not have a shape yet
IDLE = "num_batches_tracked"  # every batch norm has one, nothing reads it in eval mode: recorded if something does
COMPILED = "_orig_mod"  # under this name torch.compile holds the module that it wraps
TRACED = "_actual_script_module"  # and torch.jit.trace what it made, in a shell without tables of its own
Place = tuple[str, str]  # path and class of a module

make_parameter = maker(Parameter)


class Bases(dict[type[nn.Module], tuple[str, bool]]):
    """The nearest of torch's own classes to each class of modules, and whether it is that class itself."""

    def __missing__(self, cls: type[nn.Module]) -> tuple[str, bool]:
        base = next(each for each in cls.__mro__ if each.__module__.startswith("torch.nn."))
        found = self[cls] = (base.__name__, base is cls)
        return found


class Inventory:
    """Modules and tensors are known by identity. ``met`` counts how often a walk over the tree meets a module."""

    def __init__(self, model: nn.Module) -> None:
        self.model: nn.Module = _bare(model)
        self.modules: list[nn.Module] = []
        self.places: dict[int, Place] = {}
        self.hooked: list[nn.Module] = []
        self.bases = Bases()
        self.met: dict[int, int] = {}
        self.parameters: dict[int, Parameter] = {}
        self.trainable: list[Tensor] = []
        # Held: the network may replace one while it runs, and its id be another's.
        self._buffers: list[Tensor] = []
        self.left: dict[int, dict[str, int]] = {}  # what masks leave of a module's parameters
        self.has_compiled = False
        self._unread: dict[int, tuple[str, Tensor, bool]] = {}
        try:
            self._walk(self.model, "")
        except KeyError as error:
            if error.args[0] not in vars(nn.Module()):
                raise
            raise ModelError(
                "one of its modules lacks what nn.Module makes: its __init__ does not call super().__init__()",
                "call it first in the __init__ of every module",
            ) from error

    @cached_property
    def classes(self) -> set[type[nn.Module]]:
        """The classes of all modules."""
        return set(map(type, self.modules))

    @cached_property
    def spaces(self) -> list[Any]:
        """Where the code of the network may keep things: see ``caches``."""
        return spaces_of(self.classes)

    @cached_property
    def device(self) -> torch.device:
        """Where the first weight lies."""
        return next((tensor.device for tensor in self.trainable), torch.device("cpu"))

    @property
    def switches_modes(self) -> bool:
        """Whether going to eval mode takes more than a flag: some merge weights in a ``train`` of their own."""
        own = any(cls.train is not nn.Module.train or cls.eval is not nn.Module.eval for cls in self.classes)
        return own and any(module.training for module in self.modules)

    @property
    def has_data(self) -> bool:
        """Whether no weight is on meta."""
        return not any(tensor.is_meta for tensor in self.trainable)

    @property
    def is_lazy(self) -> bool:
        """Whether some weights get their shapes from the first input, and have none yet."""
        return any(tensor.__class__ in LAZY for _, tensor, _ in self._unread.values())

    def dtypes_beside(self, dtype: str) -> list[str]:
        """The other dtypes of floating-point weights, each once."""
        found = dict.fromkeys(tensor.dtype for tensor in self.trainable)
        return [DTYPE_NAMES[each] for each in found if each.is_floating_point and DTYPE_NAMES[each] != dtype]

    def _walk(self, module: nn.Module, path: str) -> None:
        """Every module's place and every weight's record; each module once, though all that hold it are counted."""
        own = module.__dict__
        if TRACED in own:
            self._walk(own[TRACED], path)
            return
        prefix = path + "." if path else ""
        if id(module) in self.met:
            self.met[id(module)] += 1
        else:
            self._meet(module, own, path, prefix)
        children = own["_modules"]
        if not children:
            return
        if COMPILED in children:  # what a compiled module wraps stands in its place
            self.has_compiled = True
            self._walk(children[COMPILED], path)
            return
        done: set[int] = set()  # each once, under its first name, as Module.apply goes
        for name, child in children.items():
            if child is not None and id(child) not in done:
                done.add(id(child))
                self._walk(child, prefix + name)

    def _meet(self, module: nn.Module, own: Mapping[str, Any], path: str, prefix: str) -> None:
        key = id(module)
        self.met[key] = 1
        self.modules.append(module)
        self.places[key] = (path, module.__class__.__name__)
        if parameters := own["_parameters"]:
            self._name_all(prefix, parameters, True)
        if buffers := own["_buffers"]:
            self._name_all(prefix, buffers, False)
        if has_hooks(own):
            self.hooked.append(module)
            if own["_forward_pre_hooks"] and (left := left_by_masks(own["_parameters"], own["_buffers"])):
                self.left[key] = left  # a hook masks the weights before each call

    def unwrapped(self, modules: Mapping[str, nn.Module | None]) -> dict[str, nn.Module | None]:
        """A module's children, those that torch.compile wraps bare: run as they are, all their ops are seen."""
        return {name: child if child is None else _bare(child) for name, child in modules.items()}

    def _name_all(self, prefix: str, table: Mapping[str, Tensor | None], trainable: bool) -> None:
        """Record the weights or buffers of one module, each under the first of its names."""
        known, held = self.parameters, self.trainable if trainable else self._buffers
        for name, tensor in table.items():
            key = id(tensor)
            if tensor is None or key in known:
                continue
            if tensor.__class__ in ORDINARY and name != IDLE:
                shape, dtype = tuple(tensor.shape), DTYPE_NAMES[tensor.dtype]
                elements = prod(shape)
                nbytes = elements * ITEM_BYTES.get(dtype, 4)
                known[key] = make_parameter(
                    prefix + name, shape, dtype, trainable, None, None, elements, nbytes, nbytes
                )
            elif key in self._unread:
                continue
            else:
                self._unread[key] = (prefix + name, tensor, trainable)
            held.append(tensor)

    def read(self, tensor: Tensor) -> Parameter | None:
        """The record of a tensor that was left for later; None for one that is no weight or buffer."""
        if id(tensor) not in self._unread:
            return None
        name, tensor, trainable = self._unread[id(tensor)]
        found = Parameter(name, tuple(tensor.shape), DTYPE_NAMES[tensor.dtype], trainable)
        self.parameters[id(tensor)] = found
        return found


def _bare(module: nn.Module) -> nn.Module:
    """What torch.compile wraps; any other module as it is."""
    # From its table: asked for the name, a module may answer for one that it holds.
    children = module.__dict__.get("_modules", ())
    return children[COMPILED] if COMPILED in children else module  # noqa: SIM401 (TorchScript's tables have no get)
