"""Which layers a compiled network's calls come from, out of what inductor tells."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.fx import Graph

from cnnprof.runtimes.compiled.calls import calls_of
from tests.runtimes.small_nets import SHAPE, SmallNet, seeded

CONV = "aoti_torch_cpu_mkldnn__convolution_pointwise"
LINEAR = "aoti_torch_cpu__linear_pointwise"


def exported(model: nn.Module) -> Graph:
    with torch.no_grad():
        graph: Graph = torch.export.export(model.eval(), (torch.zeros(SHAPE),), strict=False).graph
    return graph


def told(*rows: tuple[str, list[str]]) -> dict[str, dict[str, list[str]]]:
    """What inductor writes: calls numbered in their order, which is not that of the file."""
    numbered = [(f"{name}:{place}", {"pre_grad_nodes": nodes}) for place, (name, nodes) in enumerate(rows, 1)]
    return dict(reversed(numbered))


def test_layers_behind_the_last_node_of_each_call() -> None:
    calls = calls_of(
        exported(seeded(SmallNet)),
        told(
            ("cpp_fused_0", ["hardtanh"]),  # the input in another layout: it names what reads it
            (CONV, ["hardtanh"]),
            (CONV, ["conv2d_2"]),
            (
                CONV + "_binary_",
                ["add"],
            ),  # of the two convolutions that are added, the one without its own call
            ("cpp_fused_mean_1", ["adaptive_avg_pool2d"]),
            (LINEAR, []),
        ),
    )
    assert [(call.paths, call.types) for call in calls] == [
        ([], []),
        (["block.conv"], ["conv"]),
        (["shortcut"], ["conv"]),
        (["block.depthwise"], ["conv"]),
        (["pool"], []),
        (["fc"], ["linear"]),
    ]
    assert [call.name for call in calls][-2:] == ["cpp_fused_mean_1", LINEAR]


def test_a_call_that_could_be_either_is_none() -> None:
    (call,) = calls_of(exported(seeded(SmallNet)), told((CONV, ["add"])))
    assert (call.paths, call.types) == ([""], [])


def test_a_module_called_twice_keeps_its_path() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.conv(self.conv(x))
            return y

    calls = calls_of(exported(Twice()), told((CONV, ["conv2d"]), (CONV, ["conv2d_1"])))
    assert [call.paths for call in calls] == [["conv"], ["conv"]]
