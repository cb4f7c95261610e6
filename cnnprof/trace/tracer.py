"""The pass over a network: function calls are caught one by one, modules tell where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import _getframe
from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import peek_interpreter_stack
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from cnnprof.trace.activations import META
from cnnprof.trace.as_found import as_found
from cnnprof.trace.aten.recorder import AtenRecorder
from cnnprof.trace.naming import name_call
from cnnprof.trace.results import tensors_in, unrolled
from cnnprof.trace.rules.functions import RULES
from cnnprof.trace.rules.questions import QUESTIONS
from cnnprof.trace.tape import Tape, UndecidedError

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
        rule = RULES.get(func)
        if rule is None and func in QUESTIONS:
            return func(*args, **(kwargs or {}))
        if self.tape.with_calls:
            self.tape.call = name_call(func, _getframe(1))
        # Under torch.vmap and its like a tensor hides its batch: only the ops below see the whole shape.
        if rule is not None and peek_interpreter_stack() is None:
            try:
                result = rule(self.tape, *args, **(kwargs or {}))
            except TypeError as error:
                if not _is_of_call(error):
                    raise
                result = NotImplemented  # torch has spellings that the rule does not know
            if result is not NotImplemented:
                return result
        return self.run_on_meta(func, args, kwargs or {})

    def run_on_meta(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function on tensors without data, its inner ops recorded one by one."""
        if _getframe(2).f_globals.get("__name__", "").startswith(KERNELS):
            raise UndecidedError("an op was called from outside of Python, as TorchScript does")

        def without_data(leaf: object) -> object:
            if isinstance(leaf, Tensor):
                return self.tape.on_meta(leaf)
            return META if isinstance(leaf, torch.device) else leaf

        args, kwargs = tree_map(without_data, (args, kwargs))
        if kwargs.get("device") is not None:  # by its name or number; it would go before the one around
            kwargs["device"] = META
        with META, AtenRecorder(self.tape):
            result = func(*args, **kwargs)
        self.tape.admit(leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor))
        return result


def _is_of_call(error: TypeError) -> bool:
    """Whether the arguments did not fit, so that nothing ran: it was raised here, and no further inside."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is None


def run_without_compute(model: nn.Module, inputs: Sequence[Tensor], tape: Tape) -> list[Tensor]:
    """One pass over the network with every function recorded and none computed; returns the outputs."""
    for tensor in inputs:
        tape.add(tensor)
    with torch.no_grad(), as_found(tape), FunctionRecorder(tape):
        result = unrolled(model(*inputs))
    return tensors_in(result)
