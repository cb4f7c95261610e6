"""Layers of torch's own that are recorded by their module: what their ``forward`` would call, without calling it.

Entering ``nn.Conv2d.forward``, having its function caught, and making a tensor for the result take five times as long
as the record itself. A layer is taken over only where that gives the same graph: its class is torch's own or derived
from it without changing what it does, and neither its ``forward`` nor the function that it calls has been replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from torch import nn

from cnnprof.trace.aten.kinds import KINDS
from cnnprof.trace.naming import name_function
from cnnprof.trace.rules.native_rules import ACTIVATIONS, KEEPING_STRIDES, OTHERS, Rule, activation

# What the body of a class may define without changing what its instances do when they are called.
HARMLESS = frozenset(
    {
        "__init__", "__module__", "__qualname__", "__doc__", "__annotations__", "__parameters__", "__orig_bases__",
        "__firstlineno__", "__static_attributes__", "extra_repr", "__repr__", "reset_parameters",
        "_version", "__slotnames__",
    }
)  # fmt: skip
CALLED = ("forward", "_conv_forward", "_check_input_dim")
WEIGHTS = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Layer:
    """How calls of one class are recorded.

    ``rule`` is None for ``nn.Sequential``, which is walked through. ``calls`` is the function that ``forward`` calls:
    its space, its name there, itself. ``bodies`` are the functions of the class and of those that it derives from.
    ``own_names``: with one of these in its ``__dict__`` a module is not what its class says. ``keeps_strides``: its
    output lies in memory as its input does, so that a tensor that is not contiguous is left to the function's rule.
    """

    rule: Rule | None
    calls: tuple[Any, str, object] | None
    bodies: tuple[tuple[type, Mapping[str, object]], ...]
    own_names: frozenset[str]
    keeps_strides: bool = False

    def is_as_made(self) -> bool:
        """Whether torch's own code is what would run."""
        if self.calls is not None and getattr(*self.calls[:2], None) is not self.calls[2]:
            return False
        return all(methods.items() <= vars(cls).items() for cls, methods in self.bodies)


def layer_of(module: type[nn.Module]) -> Layer | None:
    """How to record calls of a class of modules; None where only its own code knows."""
    for base in module.__mro__:
        layer = LAYERS.get(base)
        if layer is not None:
            return layer if layer.is_as_made() else None
        if not HARMLESS.issuperset(vars(base)):
            return None
    return None


def is_module_as_made() -> bool:
    """Whether ``nn.Module`` is torch's own and asks its instances how to call them."""
    return hasattr(nn.Module, "_compiled_call_impl") and MODULE.items() <= vars(nn.Module).items()


def _methods(cls: type) -> Mapping[str, object]:
    return {name: value for name, value in vars(cls).items() if isinstance(value, (FunctionType, property))}


def _layer(cls: type[nn.Module], rule: Rule | None, space: Any, name: str) -> Layer:
    weights = () if rule is None or cls in ACTIVATIONS else WEIGHTS
    bodies = tuple((base, _methods(base)) for base in cls.__mro__[: cls.__mro__.index(nn.Module)])
    calls = (space, name, getattr(space, name)) if name else None
    own_names = [name for _, methods in bodies for name in methods if name in CALLED]
    return Layer(rule, calls, bodies, frozenset((*own_names, *weights)), cls in KEEPING_STRIDES)


MODULE = _methods(nn.Module)
LAYERS: Mapping[type, Layer] = {
    **{cls: _layer(cls, rule, space, name) for cls, (rule, space, name) in OTHERS.items()},
    **{
        cls: _layer(cls, activation(KINDS[name], name, name_function(getattr(space, name))), space, name)
        for cls, (space, name) in ACTIVATIONS.items()
    },
}
