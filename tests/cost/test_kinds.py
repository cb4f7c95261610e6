"""Layers summed up by kind, and the time of their work at made-up limits."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.cost.kinds import work_by_kind
from cnnprof.records.ceilings import Ceilings, Rate
from cnnprof.records.layer_times import LayerTime, LayerTimes
from cnnprof.trace.trace import trace_model

CEILINGS = Ceilings("float32", 1, "cpu", Rate(1e6, "made up"), Rate(1e6, "made up"), None, 1e-6)
P = 8 * 8 * 4  # bytes of one channel


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 8, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        out: Tensor = (y + y).flatten(1)
        return out


GRAPH = trace_model(Net(), [(1, 4, 8, 8)])
COUNTS = count_graph(GRAPH)


def times(*layers: tuple[int, ...], runtime: str = "eager") -> LayerTimes:
    """Layer i takes (i + 1) ms in the first call and twice that in the second."""
    made = tuple(
        LayerTime(f"layer {i}", (), ops, ((i + 1) / 1e3, 2 * (i + 1) / 1e3)) for i, ops in enumerate(layers)
    )
    return LayerTimes(runtime, made, (1.0, 2.0))


def test_each_kind_with_its_work_at_the_limit_that_binds_it() -> None:
    found = {
        kind.kind: kind for kind in work_by_kind(GRAPH, COUNTS, times((0,), (1,), (2,), (3,), (4,)), CEILINGS)
    }
    assert list(found) == [
        "pointwise conv",
        "depthwise conv",
        "elementwise",
        "normalisation",
        "views, layout, others",
    ]
    pointwise = found["pointwise conv"]
    macs, moved = 8 * 8 * 4 * 8, 4 * P + 8 * P + 4 * 8 * 4
    assert (pointwise.layers, pointwise.macs, pointwise.memory_bytes) == (1, macs, moved)
    assert macs < moved
    assert pointwise.compute_s == 0.0
    assert pointwise.memory_s == pytest.approx(moved / 1e6)
    depthwise = found["depthwise conv"]
    assert depthwise.compute_s == pytest.approx(8 * 8 * 8 * 9 / 1e6)  # 4608 macs against 4384 bytes
    assert depthwise.memory_s == 0.0
    assert found["elementwise"].seconds == pytest.approx((0.004, 0.008))
    assert (found["views, layout, others"].compute_s, found["views, layout, others"].memory_s) == (0.0, 0.0)


def test_a_fused_layer_is_of_the_kind_of_its_most_costly_op() -> None:
    fused = work_by_kind(GRAPH, COUNTS, times((0, 1), (2, 3), runtime="onnxruntime"), CEILINGS)
    assert [(kind.kind, kind.layers) for kind in fused] == [("pointwise conv", 1), ("depthwise conv", 1)]
    assert fused[0].memory_bytes == sum(COUNTS.ops[i].memory_fused_bytes for i in (0, 1))


def test_rows_without_an_op_are_others() -> None:
    (only,) = work_by_kind(GRAPH, COUNTS, times((), ()), CEILINGS)
    assert (only.kind, only.layers) == ("views, layout, others", 2)
    assert only.seconds == pytest.approx((0.003, 0.006))


def test_each_layer_is_a_point_of_work_and_time() -> None:
    (only,) = work_by_kind(GRAPH, COUNTS, times((0,), (0,)), CEILINGS)
    moved = 4 * P + 8 * P + 4 * 8 * 4
    assert [work for work, _ in only.points] == pytest.approx([moved / 1e6] * 2)
    assert [seconds for _, seconds in only.points] == [(0.001, 0.002), (0.002, 0.004)]
