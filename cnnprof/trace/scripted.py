"""TorchScript in a real pass: what its compiler does to a graph before it runs, and the ops that it hides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from cnnprof.errors import ModelError

HIDDEN = "prim::mkldnn_convolution"  # runs inside of TorchScript, not as an op of torch's


@contextmanager
def scripted_run_plainly() -> Iterator[None]:
    """Inside graphs run as they stand: to merge equal constants, their compiler compares them weight by weight."""
    found = torch._C._get_graph_executor_optimize()
    torch._C._set_graph_executor_optimize(False)
    try:
        yield
    finally:
        torch._C._set_graph_executor_optimize(found)


def refuse_hidden(modules: Iterable[nn.Module]) -> None:
    """ModelError for what ``torch.jit.optimize_for_inference`` made of a network."""
    if any(isinstance(module, torch.jit.ScriptModule) and _hides(module._c) for module in modules):
        raise ModelError(
            "torch.jit.optimize_for_inference has put its convolutions where nothing sees them",
            "count it as it was before that; a frozen one can be counted",
        )


def _hides(made: Any) -> bool:
    has_graph = made._has_method("forward")
    return has_graph and made._get_method("forward").graph.findNode(HIDDEN, True) is not None
