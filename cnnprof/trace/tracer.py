"""The pass over a network: function calls are caught one by one, modules tell where they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from sys import _getframe
from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import peek_interpreter_stack
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from cnnprof.trace.aten import AtenRecorder
from cnnprof.trace.naming import name_call
from cnnprof.trace.rules import QUESTIONS, RULES
from cnnprof.trace.tape import META, Tape, UndecidedError

# Where torch keeps meta kernels written in Python: a call from there is part of an op that was not seen itself.
KERNELS = ("torch._refs", "torch._prims", "torch._meta_registrations", "torch._decomp")


class FunctionRecorder(TorchFunctionMode):
    """Records every torch function that is called while it is active, and computes none of them."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Apply the function's rule, or run torch's meta kernels where it has none."""
        if func in QUESTIONS:
            return func(*args, **(kwargs or {}))
        self.tape.call = name_call(func, sys._getframe(1))
        rule = RULES.get(func)
        # Under torch.vmap and its like a tensor hides its batch: only the ops below see the whole shape.
        if rule is not None and peek_interpreter_stack() is None:
            result = rule(self.tape, *args, **(kwargs or {}))
            if result is not NotImplemented:
                return result
        return self.run_on_meta(func, args, kwargs or {})

    def run_on_meta(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function on tensors without data, its inner ops recorded one by one."""
        if _getframe(2).f_globals.get("__name__", "").startswith(KERNELS):
            raise UndecidedError("an op was called from outside of Python, as TorchScript does")

        def without_data(leaf: object) -> object:
            return self.tape.on_meta(leaf) if isinstance(leaf, Tensor) else leaf

        args, kwargs = tree_map(without_data, (args, kwargs))
        with META, AtenRecorder(self.tape):
            result = func(*args, **kwargs)
        self.tape.admit(leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor))
        return result


@contextmanager
def places(tape: Tape) -> Iterator[None]:
    """Keep the tape's stack of modules up to date; after an exception it stays as it was when raised."""

    begun: list[int] = []

    def enter(module: nn.Module, _inputs: object) -> None:
        tape.stack.append(tape.places.get(id(module)) or ("", type(module).__name__))
        begun.append(len(tape.ops))

    def leave(module: nn.Module, inputs: object, output: object) -> None:
        first = begun.pop()
        if first == len(tape.ops) and not module._modules and isinstance(output, Tensor):
            # nn.Identity and its like call nothing, and are layers all the same.
            tape.call = ""
            tape.emit("identity", "identity", (output,), (output,))
        tape.close(module, first, inputs, output)
        tape.stack.pop()

    hooks = (register_module_forward_pre_hook(enter), register_module_forward_hook(leave))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def as_found(model: nn.Module) -> Iterator[None]:
    """Eval mode inside; afterwards every attribute, buffer and mode is the one found, also after an error."""
    modules = _held_modules(model)
    if any(isinstance(module, torch.jit.ScriptModule) for module in modules):
        raise UndecidedError("TorchScript runs outside of Python")
    found = [
        (module.__dict__, dict(module.__dict__), [(held, dict(held)) for held in _held(module)])
        for module in modules
    ]
    try:
        for module in modules:
            module.__dict__["training"] = False
        yield
    finally:
        for attributes, before, tables in found:
            attributes.clear()
            attributes.update(before)
            for table, entries in tables:
                table.clear()
                table.update(entries)


def _held_modules(model: nn.Module) -> list[nn.Module]:
    """Every module once; ``nn.Module.modules`` hands each through all the modules around it, which takes longer."""
    found, waiting = {id(model): model}, [model]
    while waiting:
        for child in waiting.pop()._modules.values():
            if child is not None and id(child) not in found:
                found[id(child)] = child
                waiting.append(child)
    return list(found.values())


def _held(module: nn.Module) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    return module._parameters, module._buffers, module._modules


def run_without_compute(model: nn.Module, inputs: Sequence[Tensor], tape: Tape) -> list[Tensor]:
    """One pass over the network with every function recorded and none computed; returns the outputs."""
    for tensor in inputs:
        tape.add(tensor)
    with torch.no_grad(), as_found(model), places(tape), FunctionRecorder(tape):
        result = model(*inputs)
    return [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
