"""Which op and which layer an exporter's error is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import torch
from torch import nn


def missing_op(error: BaseException) -> str:
    """The op that the exporter has no function for, out of its message."""
    found = re.search(r"No ONNX function found for <OpOverload\(op='([\w.]+)'", str(error))
    return found[1] if found else ""


def module_of_node(error: BaseException) -> str:
    """The layer of the graph's node that was being converted: the exporter's errors name only the node."""
    for value in _locals(error, "node"):
        if isinstance(value, torch.fx.Node):
            stack = value.meta.get("nn_module_stack") or {}
            path = [str(entry[0]) for entry in stack.values()][-1:]
            return path[0] if path else ""
    return ""


def module_at(error: BaseException, model: nn.Module) -> str:
    """The innermost module whose forward was running when the error arose."""
    paths = {id(module): path for path, module in model.named_modules()}
    found = [paths[id(value)] for value in _locals(error, "self") if id(value) in paths]
    return found[-1] if found else ""


def _locals(error: BaseException, name: str) -> Iterable[object]:
    """The local variables of that name, from the outermost frame inwards, of the error and then of its causes."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain.from_iterable(_frame_locals(each, name) for each in causes)


def _frame_locals(error: BaseException, name: str) -> Iterator[object]:
    trace = error.__traceback__
    while trace is not None:
        if name in trace.tb_frame.f_locals:
            yield trace.tb_frame.f_locals[name]
        trace = trace.tb_next
