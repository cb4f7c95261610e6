"""Bytes and ops that once differed between a pass on shapes alone and a real one, each written out by hand."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.cost.peak import find_peak
from cnnprof.errors import ModelError
from cnnprof.records.counts import Counts
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net
from tests.trace.test_paths import TOTALS, by_shapes, for_real

SHAPE = (2, 8, 6, 6)
NUMBERS = 2 * 8 * 6 * 6
LAST = torch.channels_last
Run = Callable[..., Tensor]


def agreed(run: Run, shape: tuple[int, ...] = SHAPE, **members: nn.Module | nn.Parameter) -> Counts:
    """What both ways of counting say."""
    model = Net(run, **members)
    found, expected = by_shapes(model, [shape]), for_real(model, [shape])
    for total in (*TOTALS, "memory_paper_bytes", "memory_fused_bytes"):
        assert getattr(found, total) == getattr(expected, total), total
    return found


def half_of(x: Tensor) -> Tensor:
    """Half the channels, which lie last in memory, with gaps between the pixels."""
    return x.contiguous(memory_format=LAST).chunk(2, 1)[0]


SLICED: dict[str, Run] = {
    "conv": lambda net, x: net.layer(half_of(x)),
    "batch norm": lambda net, x: F.batch_norm(half_of(x), torch.zeros(4), torch.ones(4)),
    "max pooling": lambda net, x: F.max_pool2d(half_of(x), 2),
    "average pooling": lambda net, x: F.avg_pool2d(half_of(x), 2),
    "adaptive pooling": lambda net, x: F.adaptive_avg_pool2d(half_of(x), 2),
    "resizing": lambda net, x: F.interpolate(half_of(x), scale_factor=2),
    "concatenation": lambda net, x: torch.cat(x.contiguous(memory_format=LAST).chunk(2, 1)[::-1], 1),
}


@pytest.mark.parametrize("name", SLICED)
def test_channels_of_a_slice_are_last_too(name: str) -> None:
    """What is made of it has its channels last: to lay it flat by channel takes a copy."""
    counts = agreed(lambda net, x: SLICED[name](net, x).flatten(1), layer=nn.Conv2d(4, 4, 3))
    assert counts.ops[-1].kind == "copy"


def test_pixels_of_one_row_lie_as_their_tensor_does() -> None:
    agreed(lambda net, x: net.layer(x[..., :4].permute(0, 3, 1, 2)).flatten(1), layer=nn.Conv2d(4, 4, 3))


def test_an_input_that_is_never_read_is_there_all_the_same() -> None:
    """Until the first op that is more than a view has run."""
    graph = trace_model(Net(lambda net, x, _unused: torch.relu(x.flatten(1))), [SHAPE, SHAPE])
    assert count_graph(graph).peak_bytes == find_peak(graph).orders[0].peak_bytes == 3 * 4 * NUMBERS


def test_the_paper_s_bytes_of_addmm() -> None:
    """64 rows of 8 by 8 x 96: input, output and weight, and not the sum's other side."""
    weight = nn.Parameter(torch.randn(8, 96))
    counts = agreed(
        lambda net, x: torch.addmm(x[0].mean(1, keepdim=True), x[0], net.weight), (1, 64, 8), weight=weight
    )
    assert counts.memory_paper_bytes == 4 * (64 * 8 + 64 * 96 + 8 * 96)


def test_the_paper_s_bytes_of_a_bias_that_is_computed() -> None:
    """As transformers join the biases of queries and values, with zeros for the keys'."""
    parts = {"weight": nn.Parameter(torch.randn(9, 4)), "bias": nn.Parameter(torch.randn(3))}
    counts = agreed(
        lambda net, x: F.linear(x, net.weight, torch.cat([net.bias, net.bias, net.bias])), (5, 4), **parts
    )
    assert counts.memory_paper_bytes == 4 * (5 * 4 + 5 * 9 + 9 * 4)


def test_what_is_given_to_write_into_is_not_read() -> None:
    counts = agreed(lambda _, x: torch.mul(x, 2, out=torch.empty_like(x)))
    assert counts.memory_bytes == 2 * 4 * NUMBERS


def test_and_does_not_add_to_what_is_alive() -> None:
    counts = agreed(lambda _, x: torch.cat([x, x], 1, out=torch.empty(2, 16, 6, 6)))
    assert (counts.memory_bytes, counts.peak_bytes) == (4 * 4 * NUMBERS, 3 * 4 * NUMBERS)


def unpooled(_: Net, x: Tensor) -> Tensor:
    return F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), [2, 2])


def unpooled_3d(_: Net, x: Tensor) -> Tensor:
    return F.max_unpool3d(*F.max_pool3d(x[:, None], 2, return_indices=True), [2, 2, 2])


@pytest.mark.parametrize("run", [unpooled, unpooled_3d])
def test_places_of_maxima_are_written_where_somebody_reads_them(run: Run) -> None:
    counts = agreed(run)
    pooled = NUMBERS // (4 if run is unpooled else 8)
    pool = next(op for op in counts.ops if op.kind == "max_pool")
    assert pool.memory_bytes == 4 * NUMBERS + (4 + 8) * pooled


def test_and_not_where_nobody_does() -> None:
    counts = agreed(lambda _, x: F.adaptive_max_pool2d(x, 1))
    assert counts.memory_bytes == 4 * NUMBERS + 4 * 2 * 8


def test_nor_where_they_are_only_looked_at() -> None:
    """In one dimension torch pools a picture of one row, and takes the row off its result and the places alike."""
    counts = agreed(lambda _, x: F.max_pool1d(x.flatten(2), 2))
    assert counts.memory_bytes == 4 * (NUMBERS + NUMBERS // 2)


def test_a_linear_layer_is_one_op_however_its_input_lies() -> None:
    """Two pictures of 36 pixels, each pixel's 8 channels by 8 x 5: torch copies, multiplies and adds."""
    counts = agreed(lambda net, x: net.layer(x.flatten(2).transpose(1, 2)), layer=nn.Linear(8, 5))
    (linear,) = [op for op in counts.ops if op.kind != "view"]
    assert (linear.kind, linear.memory_bytes) == ("linear", 4 * (NUMBERS + 2 * 36 * 5 + 8 * 5 + 5))


def test_an_activation_after_it_is_fused_on_a_real_pass_too() -> None:
    counts = agreed(lambda net, x: F.relu(net.layer(x.flatten(2).transpose(1, 2))), layer=nn.Linear(8, 5))
    assert counts.memory_fused_bytes == 4 * (NUMBERS + 2 * 36 * 5 + 8 * 5 + 5)


def test_one_over_a_tensor_is_its_reciprocal_times_one() -> None:
    counts = agreed(lambda _, x: 1 / x)
    assert (counts.flops, counts.memory_bytes) == (2 * NUMBERS, 4 * 4 * NUMBERS)


@pytest.mark.parametrize("function", [torch.log_softmax, F.log_softmax, torch.softmax])
def test_a_dtype_by_its_place(function: Callable[..., Tensor]) -> None:
    third = (3,) if function is F.log_softmax else ()
    agreed(lambda _, x: function(x, 1, *third, torch.float64))


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.ReLU6(), "relu6"),
        (nn.Hardtanh(), "hard_tanh"),
        (nn.Hardtanh(0.0, 6.0), "relu6"),
        (F.relu6, "relu6"),
        (F.hardtanh, "hard_tanh"),
        (partial(F.hardtanh, min_val=0, max_val=6), "relu6"),
        (partial(F.hardtanh_, min_val=-1, max_val=6), "hard_tanh"),
    ],
    ids=["ReLU6", "Hardtanh", "Hardtanh-0-6", "relu6", "hardtanh", "hardtanh-0-6", "hardtanh_"],
)
def test_relu6_goes_by_its_name(layer: Run, kind: str) -> None:
    model = layer if isinstance(layer, nn.Module) else Net(lambda _, x: layer(x + 1))
    for counts in (by_shapes(model, [SHAPE]), for_real(model, [SHAPE])):
        assert counts.ops[-1].kind == kind


def test_a_question_on_values_is_not_passed_over() -> None:
    counts = count_graph(trace_model(Net(lambda _, x: x + 1 if torch.equal(x, x * 2) else x + 2), [SHAPE]))
    assert "aten.equal" in dict(counts.uncounted_ops)


def test_layers_that_run_in_another_thread_are_no_silent_zero() -> None:
    def run(net: Net, x: Tensor) -> Tensor:
        with ThreadPoolExecutor(1) as pool:
            found: Tensor = pool.submit(net.layer, x).result()
        return found + 1

    with pytest.raises(ModelError, match=r"layer layer \(Conv2d\) runs in another thread"):
        trace_model(Net(run, layer=nn.Conv2d(8, 4, 1)), [SHAPE])


def halves(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value of two heads of 4."""
    y = x.flatten(2).reshape(2, 2, 4, 36).transpose(2, 3)
    return y, y * 2, y * 3


@pytest.mark.parametrize("mask", [(36, 36), (2, 36, 36), (1, 2, 36, 36)])
@pytest.mark.parametrize("width", [4, 3])
def test_attention_is_one_op_whatever_kernel_takes_it(mask: tuple[int, ...], width: int) -> None:
    def run(_: Net, x: Tensor) -> Tensor:
        q, k, v = (each.contiguous() for each in halves(x))
        y = F.scaled_dot_product_attention(q, k, v[..., :width], attn_mask=torch.zeros(mask))
        return y.transpose(1, 2).reshape(2, 36, 2 * width) * 2

    assert [op.kind for op in agreed(run).ops].count("attention") == 1


class Growing(nn.Module):
    """Attention whose buffer is made anew where it is too short, as ConViT's is."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(16, 48)
        self.grid: Tensor
        self.register_buffer("grid", torch.arange(float(length)))

    def forward(self, x: Tensor) -> Tensor:
        """``N x 16 x 16`` to the same shape."""
        if self.grid.numel() != 16:
            self.grid = torch.arange(16.0)
        q, k, v = (self.qkv(x) + 0.0).reshape(-1, 16, 3, 16).permute(2, 0, 1, 3)
        y: Tensor = (q @ k.transpose(-1, -2)) @ v + self.grid
        return y


class Deciding(nn.Sequential):
    """Whether it runs at all hangs on values, so that it is counted on a real pass."""

    def forward(self, x: Tensor) -> Tensor:
        """``N x 16 x 16`` to the same shape."""
        y: Tensor = x if x.sum() > 1e9 else super().forward(x)  # type: ignore[no-untyped-call]
        return y


def test_a_buffer_that_is_replaced_lends_its_record_to_nobody() -> None:
    """What is made later may lie where the buffer lay, under the same id."""
    whole = Deciding(*[Growing(16) for _ in range(24)])
    expected = count_graph(trace_model(whole, [(1, 16, 16)])).memory_bytes
    model = Deciding(*[Growing(1) for _ in range(24)])
    found = {count_graph(trace_model(model, [(1, 16, 16)])).memory_bytes for _ in range(6)}
    assert found == {expected + 24 * 16 * 4}  # each grid that is made is written
