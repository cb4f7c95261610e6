"""A module and the ONNX file that torch exports from it count to the same."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import cnnprof
from cnnprof.records.counts import Counts

pytest.importorskip("onnx", reason="the onnx package is not installed")
pytest.importorskip("onnxscript", reason="exporting needs onnxscript (the extra `onnx`)")


def exported(model: nn.Module, path: Path, optimize: bool) -> Counts:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        logging.disable(logging.WARNING)
        try:
            torch.onnx.export(
                model,
                (torch.randn(2, 3, 64, 64),),
                path,
                dynamo=True,
                optimize=optimize,
                verbose=False,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
            )
        finally:
            logging.disable(logging.NOTSET)
    return cnnprof.profile(str(path), latency=False, batch=3).counts


class Net(nn.Module):
    """A stem, an inverted residual with squeeze-and-excite, a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish())
        self.depthwise = nn.Sequential(
            nn.Conv2d(8, 8, 5, 1, 2, groups=8, bias=False), nn.BatchNorm2d(8), nn.ReLU6()
        )
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Hardsigmoid())
        self.project = nn.Sequential(nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8))
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.depthwise(x)
        x = x + self.project(y * self.squeeze(y))
        result: Tensor = self.head(nn.functional.max_pool2d(x, 2).mean((2, 3)))
        return result


def with_values() -> nn.Module:
    """The exporter drops biases that are zero and keeps equal weights once: no weight here is either."""
    model = Net().eval()
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5)
    return model


def test_macs_params_and_paper_memory_are_the_modules(tmp_path: Path) -> None:
    model = with_values()
    own = cnnprof.profile(model, (3, 64, 64), latency=False, batch=3).counts
    found = exported(model, tmp_path / "net.onnx", optimize=False)
    macs = 32 * 32 * (8 * 27 + 8 * 25 + 8 * 8) + 8 * 8 + 8 * 10
    assert found.macs == own.macs == 3 * macs
    assert (found.params, found.activations) == (own.params, own.activations)
    assert found.memory_paper_bytes == own.memory_paper_bytes
    assert found.uncounted_ops == ()

    folded = exported(model, tmp_path / "folded.onnx", optimize=True)
    channels = 8 + 8 + 8
    # Scale and shift of each channel become one bias.
    assert folded.params == own.params - channels
    assert (folded.macs, folded.memory_paper_bytes) == (own.macs, own.memory_paper_bytes)
