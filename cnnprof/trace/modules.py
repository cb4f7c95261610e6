"""Calls of modules: where the pass is now, and layers of torch's own recorded at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import peek_interpreter_stack
from torch.nn.modules import module as torch_hooks
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from cnnprof.records.graph import Value
from cnnprof.trace.calls import record_call
from cnnprof.trace.inventory import Place
from cnnprof.trace.rules.native import Layer, is_module_as_made, layer_of
from cnnprof.trace.tape import NO_ATTRIBUTES, Tape
from cnnprof.trace.untouched.hooks import has_hooks


@contextmanager
def places(tape: Tape) -> Iterator[None]:
    """Keep the tape's stack of modules up to date; after an exception it stays as it was when raised.

    The hooks are everybody's: what another thread runs meanwhile is none of the tape's business, unless it is a module
    of this network, whose ops nothing sees there.
    """
    begun: list[int] = []
    thread = get_ident()

    def enter(module: nn.Module, _inputs: object) -> None:
        if get_ident() == thread:
            tape.stack.append(_place(tape, module))
            begun.append(len(tape.ops))
        elif id(module) in tape.places:
            tape.elsewhere.append(_place(tape, module))

    def leave(module: nn.Module, inputs: object, output: object) -> None:
        if get_ident() == thread:
            _leave(tape, module, begun.pop(), inputs, output)

    handles = (register_module_forward_pre_hook(enter), register_module_forward_hook(leave))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _place(tape: Tape, module: nn.Module) -> Place:
    return tape.places.get(id(module)) or ("", module.__class__.__name__)


def _leave(tape: Tape, module: nn.Module, first: int, inputs: object, output: object) -> None:
    if first == len(tape.ops) and not module._modules and isinstance(output, Tensor):
        # A module of the user's own that calls nothing is a layer all the same, as nn.Identity is.
        tape.call = ""
        tape.emit("identity", "identity", (output,), (output,))
    if tape.with_calls:
        record_call(tape, module, first, inputs, output)
    tape.stack.pop()


class Layers(dict[type[nn.Module], Layer | None]):
    """How calls of each class are recorded, worked out when one pass first meets it."""

    def __missing__(self, cls: type[nn.Module]) -> Layer | None:
        found = self[cls] = layer_of(cls)
        return found


class ModuleRecorder:
    """Takes the place of ``nn.Module._call_impl`` in the modules of a network for the length of one pass.

    What only torch's own code would run is recorded by its layer's rule, and between two such layers of an
    ``nn.Sequential`` no tensor is made. Every other module runs as ever; one with hooks goes through ``_call_impl``,
    as does one that the network does not hold, and there ``places`` sees it.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.thread = get_ident()
        self.modes = torch._C._len_torch_function_stack() + 1  # with the pass's own on top
        self.layers = Layers()

    def call(self, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        """Record or run one module; in another thread only run it, as ``places`` does."""
        if get_ident() != self.thread:
            self.tape.elsewhere.append(_place(self.tape, module))
            return module._call_impl(*args, **kwargs)  # type: ignore[no-untyped-call]
        layer = self.layer(module)
        if layer is not None and len(args) == 1 and not kwargs and self.sees_functions():
            out = self.record(module, layer, args[0])
            if out is not NotImplemented:
                return self.tensor(out)
        elif has_hooks(module.__dict__):
            return module._call_impl(*args, **kwargs)  # type: ignore[no-untyped-call]
        tape = self.tape
        tape.stack.append(_place(tape, module))
        first = len(tape.ops)
        result = module.forward(*args, **kwargs)
        _leave(tape, module, first, args, result)
        return result

    def layer(self, module: nn.Module) -> Layer | None:
        """How to record calls of a module; None if it has to run."""
        layer, own = self.layers[module.__class__], module.__dict__
        if layer is None or has_hooks(own) or not own.keys().isdisjoint(layer.own_names):
            return None
        return layer

    def sees_functions(self) -> bool:
        """Whether torch's functions come to this pass: not within ``torch.vmap`` or a mode of the model's own."""
        return (
            torch._C._len_torch_function_stack() == self.modes
            and torch._C._is_torch_function_mode_enabled()
            and peek_interpreter_stack() is None
        )

    def record(self, module: nn.Module, layer: Layer, x: Any) -> Any:
        """What the layer makes of ``x``, a tensor or a value; NotImplemented where its own code has to say."""
        tape = self.tape
        value = x if isinstance(x, Value) else tape.known(x)
        if value is None or (layer.keeps_strides and x is not value and not _is_contiguous(x)):
            return NotImplemented
        tape.stack.append(_place(tape, module))
        first = len(tape.ops)
        out = self.walk(module, x) if layer.rule is None else layer.rule(tape, module, value)
        if out is not NotImplemented and tape.with_calls:
            record_call(tape, module, first, value, out)
        tape.stack.pop()
        return x if out is value else out

    def walk(self, module: nn.Module, x: Any) -> Any:
        """An ``nn.Sequential``, one module after another."""
        modules: dict[str, Any] = module._modules
        if not modules:
            value = x if isinstance(x, Value) else self.tape.value(x)
            self.tape.append("identity", "identity", (value,), (value,), (), NO_ATTRIBUTES, False, "")
        for child in modules.values():
            layer = self.layer(child)
            out = NotImplemented if layer is None else self.record(child, layer, x)
            x = child(self.tensor(x)) if out is NotImplemented else out
        return x

    def tensor(self, x: Any) -> Any:
        """What code outside of torch's layers gets to see: a tensor that stands for a value."""
        if not isinstance(x, Value):
            return x
        with torch._C.DisableTorchFunction():
            return self.tape.tensor(x)


def _is_contiguous(tensor: Tensor) -> bool:
    with torch._C.DisableTorchFunction():
        return tensor.is_contiguous()


def recorder(tape: Tape) -> Callable[..., Any] | None:
    """What modules are called by in a pass: torch's own call under hooks for all of them, which may do anything."""
    watched = any(vars(torch_hooks)[name] for name in GLOBAL_HOOKS)
    return None if watched or not is_module_as_made() else ModuleRecorder(tape).call


GLOBAL_HOOKS = (
    "_global_forward_hooks",
    "_global_forward_pre_hooks",
    "_global_backward_hooks",
    "_global_backward_pre_hooks",
)
