"""Peak memory against the storages that torch holds in a forward pass, followed by reference."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch import Tensor, nn

import cnnprof
from benchmarks.held import held_bytes
from cnnprof.zoo.catalogue import find_entry


@pytest.mark.parametrize(
    "name", ["googlenet", "darknet19", "resnet18", "ghostnet", "shufflenet_v2", "yolov3_tiny"]
)
def test_peak_is_what_is_held_but_for_the_caller_s_picture(name: str) -> None:
    """In these no frame of Python refers to more than what is still to be read, where the peak is."""
    model, shape = cnnprof.load_model(name), tuple(find_entry(name).input)
    counted = cnnprof.count(model, shape).peak_bytes
    assert held_bytes(model, shape) == counted + 4 * prod(shape)


@pytest.mark.parametrize(
    "name", ["mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "squeezenet1_1", "xception", "yolov8n"]
)
def test_peak_is_the_least_that_can_be_held(name: str) -> None:
    model, shape = cnnprof.load_model(name), tuple(find_entry(name).input)
    counted = cnnprof.count(model, shape).peak_bytes
    assert counted < held_bytes(model, shape) < 3 * counted


class Branches(nn.Module):
    """Two branches of different width that meet; what the first makes has to wait for the second."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(3, 16, 1), nn.Conv2d(3, 4, 1)
        self.last = nn.Conv2d(20, 8, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.wide(x)
        narrow = self.narrow(x)
        joined = torch.cat((wide, narrow), 1)
        del wide, narrow
        last: Tensor = self.last(joined)
        return last


def test_peak_of_branches_is_what_is_held() -> None:
    shape = (3, 32, 32)
    counted = cnnprof.count(Branches(), shape).peak_bytes
    assert counted == 4 * 32 * 32 * (16 + 4 + 20)  # where they are joined; the picture is not read again
    assert held_bytes(Branches(), shape) == counted + 4 * prod(shape)
