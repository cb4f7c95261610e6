"""TorchScript that was frozen or optimised: its compiler's work is no part of the network."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import nn

from cnnprof.cost.count import count_graph
from cnnprof.errors import ModelError
from cnnprof.trace.trace import trace_model

PICTURE = (1, 3, 12, 12)
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def made(by: str) -> nn.Module:
    """Two convolutions of one shape, whose weights might be equal."""
    jit: Any = torch.jit
    net = nn.Sequential(nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 3, 3)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # later releases of torch discourage it
        found: nn.Module = getattr(jit, by)(jit.trace(net, torch.zeros(PICTURE)))
    return found


def test_a_frozen_graph_counts_as_it_stands() -> None:
    wanted = torch._C._get_graph_executor_optimize()
    counts = count_graph(trace_model(made("freeze"), [PICTURE]))
    assert [op.kind for op in counts.ops] == ["conv", "relu", "conv"]
    assert counts.uncounted_ops == ()
    assert counts.macs == 27 * 3 * 100 + 27 * 3 * 64
    assert torch._C._get_graph_executor_optimize() is wanted


@pytest.mark.skipif(not torch._C._has_mkldnn, reason="torch without oneDNN leaves them be")
def test_convolutions_that_torchscript_hides_are_no_silent_zero() -> None:
    with pytest.raises(ModelError, match="where nothing sees them"):
        trace_model(made("optimize_for_inference"), [PICTURE])
    with pytest.raises(ModelError, match="where nothing sees them"):
        trace_model(nn.Sequential(made("optimize_for_inference"), nn.ReLU()), [PICTURE])
