"""Guidelines by time: what a finding could save is a part of a measured time, written out."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.cost.guidelines.assess import assess
from cnnprof.cost.guidelines.clock import seconds_of_ops
from cnnprof.records.guidelines import Finding, Guidelines
from cnnprof.records.layer_times import LayerTime, LayerTimes
from cnnprof.trace.trace import trace_model


class Net(nn.Module):
    """A grouped and an unbalanced pointwise convolution, then three branches of one tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.grouped = nn.Conv2d(8, 8, 1, groups=2, bias=False)
        self.wide = nn.Conv2d(8, 32, 1, bias=False)
        self.first, self.second = nn.Conv2d(32, 32, 3, padding=1), nn.Conv2d(32, 32, 3, padding=1)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.wide(self.grouped(x))
        out: Tensor = self.act(self.first(x) + self.second(x) + x)
        return out


GRAPH = trace_model(Net(), [(1, 8, 8, 8)])
COUNTS = count_graph(GRAPH)
# grouped, wide, first, second, add, add, relu; 1 ms is spent outside
MS = (2.0, 4.0, 9.0, 9.0, 3.0, 1.0, 2.0)
WHOLE = sum(MS) + 1.0


def times(runtime: str = "eager") -> LayerTimes:
    layers = tuple(LayerTime(op.function, (op.path,), (i,), (MS[i] / 1e3,)) for i, op in enumerate(GRAPH.ops))
    return LayerTimes(runtime, layers, (WHOLE / 1e3,))


def of(found: Guidelines, guideline: str) -> list[Finding]:
    return [finding for finding in found.findings if finding.guideline == guideline]


def test_findings_are_sorted_by_the_time_they_could_save() -> None:
    found = assess(GRAPH, COUNTS, times())
    saved = [finding.saved_s for finding in found.findings]
    assert None not in saved
    assert saved == sorted(saved, reverse=True, key=lambda seconds: seconds or 0.0)
    by_bytes = [finding.saved_bytes for finding in assess(GRAPH, COUNTS).findings]
    assert by_bytes == sorted(by_bytes, reverse=True)


def test_an_elementwise_op_could_save_all_of_its_time() -> None:
    found = of(assess(GRAPH, COUNTS, times()), "G4")
    assert sorted(finding.saved_s or 0.0 for finding in found) == pytest.approx([0.001, 0.002, 0.003])
    relu = next(finding for finding in found if finding.path == "act")
    assert relu.figure.endswith(f"{200.0 / WHOLE:.1f} % of the time")


def test_a_layer_could_save_the_part_of_its_time_that_its_bytes_are() -> None:
    found = assess(GRAPH, COUNTS, times())
    (grouped,) = of(found, "G2")
    # groups add 8 x 8 positions x 8 channels / 2 elements of 4 bytes
    assert grouped.saved_bytes == 64 * 8 // 2 * 4
    assert grouped.saved_s == pytest.approx(0.002 * grouped.saved_bytes / COUNTS.ops[0].memory_bytes)
    wide = next(finding for finding in of(found, "G1") if finding.path == "wide")
    assert wide.saved_s == pytest.approx(0.004 * wide.saved_bytes / COUNTS.ops[1].memory_bytes)


def test_a_block_has_its_time_and_that_of_its_small_operations() -> None:
    found = assess(GRAPH, COUNTS, times())
    (block,) = found.blocks
    assert block.seconds == pytest.approx((9.0 + 9.0 + 3.0 + 1.0) / 1e3)  # the relu is behind it: one tensor
    assert block.small == 2  # an average op takes 30 / 7 ms, each addition less
    assert block.small_s == pytest.approx(0.004)
    (finding,) = of(found, "G3")
    assert finding.figure == f"3 branches, 4 operations, 2 small ones {400.0 / WHOLE:.1f} % of the time"
    assert finding.saved_s == pytest.approx(0.022 * block.saved_bytes / block.memory_bytes)


def test_groups_add_up_to_the_time_of_the_layers() -> None:
    shares = assess(GRAPH, COUNTS, times()).shares
    assert sum(share.seconds or 0.0 for share in shares) == pytest.approx(sum(MS) / 1e3)
    assert {share.group: share.seconds for share in shares}["activations"] == pytest.approx(0.002)


def test_without_times_nothing_is_said_of_time() -> None:
    found = assess(GRAPH, COUNTS)
    assert all(finding.saved_s is None and "time" not in finding.figure for finding in of(found, "G4"))
    assert all(block.seconds is None for block in found.blocks)
    assert all(share.seconds is None for share in found.shares)


def test_what_is_fused_takes_no_time_of_its_own() -> None:
    layers = (
        LayerTime("Conv", (), (2, 4, 6), (0.010,)),
        LayerTime("Conv", (), (3,), (0.008,)),
        LayerTime("Reorder", (), (), (0.001,)),
    )
    found = seconds_of_ops(COUNTS, LayerTimes("onnxruntime", layers, (0.02,)))
    assert found == (0.0, 0.0, 0.010, 0.008, 0.0, 0.0, 0.0)
