"""Which name the network's code called an op by: counters that replace functions see one name and not another."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch._C._functorch import peek_interpreter_stack
from torch.overrides import TorchFunctionMode

from cnnprof.trace.rules.products import recorded_attention, recorded_linear
from cnnprof.trace.tape import Tape

# torch reports ``x * y`` and ``x.mul(y)`` as the same function; only the caller's byte code tells them apart.
OPERATORS = frozenset({Tensor.add, Tensor.sub, Tensor.mul, Tensor.matmul})
# No function to torch, though counters replace it: it calls ``F.interpolate``, which is replaced as well.
UPSAMPLE: CodeType | None = getattr(vars(F).get("upsample"), "__code__", None)
WITHIN_TORCH = ("torch.overrides", "torch.nn.functional")
# What numpy and its like compute of a tensor that they are given is seen by nobody.
LEAVES_TORCH = frozenset({Tensor.numpy, Tensor.__array__, Tensor.__dlpack__})

# Run as ever, and recorded as one op each.
WHOLE: dict[Any, Callable[..., Tensor]] = {
    F.linear: recorded_linear,
    F.scaled_dot_product_attention: recorded_attention,
}


def name_call(function: Callable[..., Any], caller: FrameType) -> str:
    """``F.relu``, ``torch.cat``, ``Tensor.mean``, or ``operator.mul`` where the code says ``x * y``."""
    if function in OPERATORS and not _by_name(caller, function.__name__):
        return f"operator.{function.__name__}"
    if function is F.interpolate and _for_upsample(caller):
        return "F.upsample"
    return name_function(function)


@lru_cache(maxsize=4096)
def name_function(function: Callable[..., Any]) -> str:
    """Where torch offers a function under its own name: ``F``, ``torch`` or ``Tensor``, the first of them."""
    name = getattr(function, "__name__", "")
    for prefix, space in (("F", F), ("torch", torch), ("Tensor", Tensor)):
        if getattr(space, name, None) is function:
            return f"{prefix}.{name}"
    return name


def _by_name(caller: FrameType, name: str) -> bool:
    """Whether the code asks a tensor for its ``add``: ``x + y`` does not, nor do ``sum`` and ``reduce`` for it."""
    code, place = caller.f_code, caller.f_lasti
    written = dis.opname[code.co_code[place]]
    return not written.startswith(("BINARY_", "INPLACE_")) and _calls_attribute(code, place, name)


@lru_cache(maxsize=1024)
def _calls_attribute(code: CodeType, place: int, name: str) -> bool:
    """Whether what is called there is an attribute of that name, and not Python's own ``operator.add``.

    A call begins where the expression does that says what is called. Python 3.10 does not say where: then any such
    attribute in the code will do.
    """
    steps = list(dis.get_instructions(code))
    begins = next((_begin(step) for step in steps if step.offset == place), None)
    return any(
        step.opname in ("LOAD_ATTR", "LOAD_METHOD")
        and step.argval == name
        and owner.argval != "operator"
        and _begin(step) == begins
        for owner, step in pairwise(steps)
        if step.offset < place
    )


def _begin(step: dis.Instruction) -> object:
    positions = getattr(step, "positions", None)
    return positions and (positions.lineno, positions.col_offset)


def _for_upsample(caller: FrameType) -> bool:
    """Whether ``F.upsample`` is among the functions of torch that the call came through."""
    frame: FrameType | None = caller
    while frame is not None and frame.f_globals.get("__name__") in WITHIN_TORCH:
        if frame.f_code is UPSAMPLE:
            return True
        frame = frame.f_back
    return False


class CallNamer(TorchFunctionMode):
    """Tells the tape which function a real forward pass has called; the function itself runs.

    ``F.linear`` is one op here: depending on how its input lies in memory torch makes copies of it, and adds the bias
    in a pass of its own, which a pass on shapes does not see. Attention is one as well, whether there is a fused kernel
    for its shapes or not. A tensor that goes where no op is seen is named as an op that has no cost.
    """

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note the name and run the function."""
        self.tape.call = name_call(func, sys._getframe(1))
        if func in LEAVES_TORCH and self.tape.parameter(args[0]) is None:
            self.tape.emit(f"Tensor.{func.__name__}", func.__name__, args[:1], ())
        record = WHOLE.get(func)
        if record is None or peek_interpreter_stack() is not None:
            return func(*args, **(kwargs or {}))
        with self.tape.one_op():
            out = func(*args, **(kwargs or {}))
        self.tape.add(out)
        return record(self.tape, out, *args, **(kwargs or {}))
