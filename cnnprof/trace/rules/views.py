"""Rules of functions that look at the same memory in another way, or copy it where they cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from cnnprof.trace.tape import Tape

VIEWS = (
    "view", "reshape", "flatten", "permute", "transpose", "squeeze", "unsqueeze", "chunk", "split",
    "narrow", "unbind", "expand", "expand_as", "detach", "t", "unflatten", "view_as",
    "reshape_as", "swapaxes", "movedim", "tensor_split", "split_with_sizes", "select", "swapdims",
)  # fmt: skip
MAY_COPY = frozenset({"reshape", "reshape_as", "flatten", "contiguous"})  # the others are views or errors
GETTERS_OF_VIEWS = ("T", "mT", "data", "real")
BASIC = (int, slice, type(None), type(...))  # what indices may be to look at memory; True copies it


def view(function: Callable[..., Any], tape: Tape, *args: Any, **kwargs: Any) -> Any:
    """Another look at the same memory, or a copy where strides do not allow one: torch itself decides on meta."""
    source = args[0] if args else None  # given by name
    if not isinstance(source, Tensor):
        return NotImplemented
    args = tuple([tape.on_meta(arg) if isinstance(arg, Tensor) else arg for arg in args])
    result = function(*args, **kwargs)
    if result is args[0]:
        return source
    outputs = (result,) if isinstance(result, Tensor) else tuple(result)
    if function.__name__ in MAY_COPY and not _share_memory(args[0], outputs):
        for out in outputs:
            tape.add(out)
        tape.emit("copy", function.__name__, (source,), outputs)
    else:
        tape.look(function.__name__, source, outputs)
    return result


def item(tape: Tape, input: Tensor, index: Any) -> Any:
    """``x[:, :3]``: a view by whole numbers and slices of them; by anything else it may be a copy."""
    places = index if index.__class__ is tuple else (index,)
    slices = [place for place in places if place.__class__ is slice]
    ends = [end for each in slices for end in (each.start, each.stop, each.step)]
    if not all(each.__class__ in BASIC for each in (*places, *ends)):
        return NotImplemented
    return view(Tensor.__getitem__, tape, input, index)


def _share_memory(source: Tensor, outputs: Sequence[Tensor]) -> bool:
    memory = source.untyped_storage()._cdata
    return all(out.untyped_storage()._cdata == memory for out in outputs)


def contiguous(
    tape: Tape, input: Tensor, memory_format: torch.memory_format = torch.contiguous_format
) -> Any:
    """A copy in the usual order of dimensions, unless they stand so already; torch's own meta kernel is slow here."""
    if memory_format is not torch.contiguous_format:
        return view(Tensor.contiguous, tape, input, memory_format=memory_format)
    if input.is_contiguous():
        return input
    out = tape.fresh(tuple(input.shape), input.dtype)
    tape.emit("copy", "contiguous", (input,), (out,))
    return out
