"""Bytes moved and kept, each sum written out, on networks small enough to follow by hand.

All activations are float32 pictures of 1 x C x 8 x 8, so ``P`` below is the bytes of one channel.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.records.counts import Counts
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.networks.layers import SqueezeExcite, channel_shuffle
from tests.trace.nets import Net

P = 8 * 8 * 4
PICTURE = (1, 4, 8, 8)


def counted(model: Any, *shapes: tuple[int, ...], dtype: str = "float32") -> Counts:
    module = model if isinstance(model, nn.Module) else Net(lambda _, *inputs: model(*inputs))
    return count_graph(trace_model(module, list(shapes or [PICTURE]), dtype))


def by_op(counts: Counts) -> list[tuple[str, int]]:
    return [(op.kind, op.memory_bytes) for op in counts.ops]


def fused(counts: Counts) -> list[tuple[str, int]]:
    return [(op.kind, op.memory_fused_bytes) for op in counts.ops]


def test_a_chain_of_convolution_norm_and_activation() -> None:
    model = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
    counts = counted(model)
    weight, norm = 6 * 4 * 9 * 4, 4 * 6 * 4  # scale, shift, mean and variance of 6 channels
    assert by_op(counts) == [
        ("conv", 4 * P + 6 * P + weight),
        ("batch_norm", 6 * P + 6 * P + norm),
        ("relu", 6 * P + 6 * P),
    ]
    assert counts.memory_bytes == 34 * P + weight + norm
    assert counts.memory_paper_bytes == 4 * P + 6 * P + weight
    # One kernel reads 4 channels, writes 6, and has the folded shift of each output channel beside its weight.
    assert counts.memory_fused_bytes == 4 * P + 6 * P + weight + 6 * 4
    # The input is no longer alive while the norm runs: at worst what it reads and what it writes.
    assert counts.peak_bytes == 6 * P + 6 * P


def test_folding_into_a_convolution_that_has_a_bias() -> None:
    model = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6))
    counts = counted(model)
    weight, bias = 6 * 4 * 4, 6 * 4
    assert counts.memory_paper_bytes == 10 * P + weight  # the paper's has no bias
    assert counts.memory_fused_bytes == 10 * P + weight + bias  # the bias takes the shift up
    assert fused(counts) == [("conv", 4 * P + weight + bias), ("batch_norm", 6 * P)]


def test_a_norm_before_its_convolution_cannot_be_folded() -> None:
    model = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 1, bias=False))
    counts = counted(model)
    norm, weight = 4 * 4 * 4, 6 * 4 * 4
    assert counts.memory_bytes == (8 * P + norm) + 8 * P + (10 * P + weight)
    # The activation still joins the norm: what lies between them never reaches memory.
    assert counts.memory_fused_bytes == (8 * P + norm) + (10 * P + weight)


def test_a_norm_by_the_batch_cannot_be_folded() -> None:
    model = nn.Sequential(nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6, track_running_stats=False))
    counts = counted(model)
    assert counts.memory_fused_bytes == counts.memory_bytes == (10 * P + 6 * 4 * 4) + (12 * P + 2 * 6 * 4)


def test_a_result_that_two_ops_read_reaches_memory() -> None:
    model = Net(lambda n, x: n.norm(y := n.conv(x)) + y, conv=nn.Conv2d(4, 4, 1), norm=nn.BatchNorm2d(4))
    counts = counted(model)
    conv, norm, add = counts.ops
    assert conv.memory_fused_bytes == conv.memory_bytes == 8 * P + 4 * 4 * 4 + 4 * 4
    assert norm.memory_fused_bytes == norm.memory_bytes == 8 * P + 4 * 4 * 4
    assert add.memory_fused_bytes == add.memory_bytes == 12 * P


def test_the_last_of_two_readers_is_not_fused_either() -> None:
    model = Net(
        lambda n, x: (F.max_pool2d(y := n.conv(x), 2), F.relu(y)), conv=nn.Conv2d(4, 4, 1, bias=False)
    )
    counts = counted(model)
    assert [op.kind for op in counts.ops] == ["conv", "max_pool", "relu"]
    assert counts.memory_fused_bytes == counts.memory_bytes


def test_a_result_that_the_caller_gets_reaches_memory() -> None:
    model = Net(lambda n, x: (y := n.conv(x), F.relu(y)), conv=nn.Conv2d(4, 4, 1))
    assert fused(counted(model)) == [("conv", 8 * P + 4 * 4 * 4 + 4 * 4), ("relu", 8 * P)]


def residual(net: Net, x: Tensor) -> Tensor:
    y: Tensor = net.conv(x)
    return F.relu(y + x)


def test_a_residual_addition() -> None:
    counts = counted(Net(residual, conv=nn.Conv2d(4, 4, 1, bias=False)))
    weight = 4 * 4 * 4
    assert by_op(counts) == [("conv", 8 * P + weight), ("add", 12 * P), ("relu", 8 * P)]
    # One kernel: the convolution reads x, the sum reads x again, the activation writes.
    assert counts.memory_fused_bytes == 4 * P + weight + 4 * P + 4 * P
    assert counts.peak_bytes == 3 * 4 * P  # x, y and their sum


@pytest.mark.parametrize("bias", [(6, 1, 1), (1, 6, 1, 1)])
def test_a_bias_by_an_op_of_its_own(bias: tuple[int, ...]) -> None:
    net = Net(
        lambda net, x: net.conv(x) + net.bias,
        conv=nn.Conv2d(4, 6, 1, bias=False),
        bias=nn.Parameter(torch.zeros(bias)),
    )
    counts = counted(net)
    assert [op.kind for op in counts.ops] == ["conv", "add"]
    assert counts.memory_fused_bytes == counted(nn.Conv2d(4, 6, 1)).memory_fused_bytes


def test_a_weight_that_is_more_than_a_bias_is_not_fused() -> None:
    net = Net(
        lambda net, x: net.conv(x) + net.many,
        conv=nn.Conv2d(4, 6, 1),
        many=nn.Parameter(torch.zeros(3, 6, 8, 8)),
    )
    counts = counted(net)
    assert counts.memory_fused_bytes == counts.memory_bytes


def test_ops_in_place() -> None:
    model = nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), nn.ReLU(inplace=True))
    counts = counted(model)
    weight = 4 * 4 * 4
    assert by_op(counts) == [("conv", 8 * P + weight), ("relu", 8 * P)]  # read and written
    assert counts.memory_fused_bytes == 8 * P + weight
    assert counts.peak_bytes == 8 * P  # no third picture

    def augmented(x: Tensor) -> Tensor:
        y = x * 2
        y += x
        return y

    counts = counted(augmented)
    assert by_op(counts) == [("mul", 8 * P), ("add", 12 * P)]
    assert counts.peak_bytes == 8 * P


def test_concatenation_copies_all_it_joins() -> None:
    counts = counted(lambda x: torch.cat([x, x * 2], 1))
    assert by_op(counts) == [("mul", 8 * P), ("concat", 8 * P + 8 * P)]
    assert counts.memory_paper_bytes == 0
    assert counts.memory_fused_bytes == 24 * P
    assert counts.peak_bytes == (4 + 4 + 8) * P


def test_a_channel_shuffle_is_one_copy_between_views() -> None:
    counts = counted(lambda x: channel_shuffle(x, 2))
    assert by_op(counts) == [("view", 0), ("view", 0), ("copy", 8 * P), ("view", 0)]
    assert counts.peak_bytes == 8 * P


def test_chunks_are_views_and_read_only_their_part() -> None:
    def halves(x: Tensor) -> Tensor:
        kept, used = x.chunk(2, 1)
        return torch.cat([kept, used + 1], 1)

    counts = counted(halves)
    assert by_op(counts) == [("view", 0), ("add", 2 * P + 2 * P), ("concat", 4 * P + 4 * P)]
    assert counts.peak_bytes == (4 + 2 + 4) * P  # x is kept by the half that passes


def test_an_expanded_view_is_read_from_the_memory_it_has() -> None:
    counts = counted(lambda x: x.mean((2, 3), keepdim=True).expand_as(x) * x)
    mean = 4 * 4
    assert by_op(counts) == [("reduce", 4 * P + mean), ("view", 0), ("mul", mean + 4 * P + 4 * P)]


def test_broadcasting_reads_the_small_operand_once() -> None:
    assert by_op(counted(torch.mul, PICTURE, (4, 1, 1))) == [("mul", 4 * P + 4 * 4 + 4 * P)]


def test_a_squeeze_and_excite_block() -> None:
    counts = counted(SqueezeExcite(4, 2))
    squeeze, expand = 2 * 4 * 4 + 2 * 4, 4 * 2 * 4 + 4 * 4  # weights and biases
    small, hidden = 4 * 4, 2 * 4
    assert by_op(counts) == [
        ("adaptive_avg_pool", 4 * P + small),
        ("conv", small + hidden + squeeze),
        ("relu", 2 * hidden),
        ("conv", hidden + small + expand),
        ("sigmoid", 2 * small),
        ("mul", 4 * P + small + 4 * P),
    ]
    assert counts.memory_paper_bytes == (small + hidden + 2 * 4 * 4) + (hidden + small + 4 * 2 * 4)
    # Both activations join their convolutions; the product reads the gate from memory.
    joined = (4 * P + small) + (small + hidden + squeeze) + (hidden + small + expand) + (8 * P + small)
    assert counts.memory_fused_bytes == joined
    assert counts.peak_bytes == 4 * P + small + 4 * P


def test_the_papers_formula() -> None:
    # h w (c1 + c2) + c1 c2 elements for a 1x1 convolution; with groups c1 c2 / g.
    h, w, c1, c2, g = 7, 9, 24, 16, 4
    counts = counted(nn.Conv2d(c1, c2, 1), (1, c1, h, w))
    assert counts.memory_paper_bytes == 4 * (h * w * (c1 + c2) + c1 * c2)
    counts = counted(nn.Conv2d(c1, c2, 1, groups=g), (1, c1, h, w))
    assert counts.memory_paper_bytes == 4 * (h * w * (c1 + c2) + c1 * c2 // g)
    counts = counted(nn.Linear(10, 7), (3, 10))
    assert counts.memory_paper_bytes == 4 * (3 * (10 + 7) + 10 * 7)


def test_weights_are_read_once_a_batch() -> None:
    one, eight = (counted(nn.Conv2d(4, 6, 1), (batch, 4, 8, 8)).memory_bytes for batch in (1, 8))
    weights = (6 * 4 + 6) * 4
    assert one == 10 * P + weights
    assert eight == 8 * 10 * P + weights


def test_half_precision_halves_the_bytes() -> None:
    model = nn.Sequential(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.ReLU())
    single, half = counted(model), counted(model.half(), dtype="float16")
    for name in ("memory_bytes", "memory_paper_bytes", "memory_fused_bytes", "peak_bytes"):
        assert 2 * getattr(half, name) == getattr(single, name)
    assert (half.macs, half.flops) == (single.macs, single.flops)


def test_a_lookup_reads_what_it_takes() -> None:
    table = nn.Embedding(1000, 16)
    model = Net(lambda n, x: n.table(torch.zeros(3, dtype=torch.long)), table=table)
    gather = [op for op in counted(model).ops if op.kind == "gather"]
    # 3 rows of 16 read and written, 3 indices of 8 bytes
    assert [op.memory_bytes for op in gather] == [2 * 3 * 16 * 4 + 3 * 8]


def test_a_lookup_by_a_buffer() -> None:
    perm = nn.Buffer(torch.arange(4).flip(0))
    for shuffle in (lambda n, x: x[:, n.perm], lambda n, x: x.index_select(1, n.perm)):
        # The picture read and written, 4 indices of 8 bytes.
        assert by_op(counted(Net(shuffle, perm=perm))) == [("gather", 2 * 4 * P + 4 * 8)]
    index, table = nn.Buffer(torch.zeros(5, 5, dtype=torch.long)), nn.Parameter(torch.ones(9, 2))
    biased = Net(lambda n, x: n.table[n.index.view(-1)], index=index, table=table)
    assert by_op(counted(biased)) == [("view", 0), ("gather", 2 * 25 * 2 * 4 + 25 * 8)]


@pytest.mark.parametrize(
    "fill",
    [torch.zeros_like, torch.rand_like, lambda x: torch.full_like(x, 2), lambda x: x.new_zeros(x.shape)],
)
def test_a_fill_only_writes(fill: Any) -> None:
    counts = counted(lambda x: fill(x) + 1)
    assert [op.memory_bytes for op in counts.ops if op.status != "free"] == [4 * P, 8 * P]
    # What it takes its shape from needs not be kept for it, and can stay inside of its producer.
    model = Net(lambda n, x: F.relu(y := n.conv(x)) + fill(y), conv=nn.Conv2d(4, 4, 1, bias=False))
    assert [op.memory_fused_bytes for op in counted(model).ops][:2] == [4 * P + 4 * 4 * 4, 4 * P]


def test_what_is_overwritten_is_not_read() -> None:
    def overwritten(x: Tensor) -> Tensor:
        y = torch.empty_like(x)
        y.fill_(3)
        y[:, :1] = x[:, :1]
        return y.normal_()

    costed = [(op.function, op.memory_bytes) for op in counted(overwritten).ops if op.status != "free"]
    assert costed == [("fill_", 4 * P), ("copy_", 2 * P), ("normal_", 4 * P)]
    model = Net(lambda n, x: x + n.seen.zero_(), seen=nn.Buffer(torch.ones(4, 1, 1)))
    assert by_op(counted(model)) == [("fill", 4 * 4), ("add", 8 * P + 4 * 4)]


def test_a_slice_of_a_weight_is_read_as_far_as_it_goes() -> None:
    w = nn.Parameter(torch.ones(8, 8, 3, 3))
    model = Net(lambda n, x: F.conv2d(x, n.w[:2, :4], padding=1), w=w)
    counts = counted(model)
    assert [op.memory_bytes for op in counts.ops if op.kind == "conv"] == [4 * P + 2 * P + 2 * 4 * 9 * 4]
    assert sum(op.params for op in counts.ops) == counts.params == w.numel()
    # An expanded view shows more than there is; the slice of a slice is the smaller of the two.
    model = Net(lambda n, x: x + n.b.expand(4, 8, 8) + n.b[:4][:1], b=nn.Parameter(torch.ones(8, 1, 8)[:4]))
    assert [op.memory_bytes for op in counted(model).ops if op.kind == "add"] == [
        8 * P + 4 * 8 * 4,
        8 * P + 8 * 4,
    ]


def test_a_matrix_out_of_a_stack_of_weights_is_a_linear_layer() -> None:
    model = Net(lambda n, x: x @ n.w[1], w=nn.Parameter(torch.ones(3, 8, 5)))
    (op,) = [op for op in counted(model).ops if op.kind != "view"]
    assert (op.kind, op.memory_bytes) == ("linear", 4 * P + 4 * 8 * 5 * 4 + 8 * 5 * 4)
    assert op.memory_bytes == op.memory_paper_bytes


def test_padding_and_upsampling_move_what_they_copy() -> None:
    assert by_op(counted(lambda x: F.pad(x, (1, 1, 1, 1)))) == [("pad", 4 * P + 4 * 10 * 10 * 4)]
    assert by_op(counted(lambda x: F.interpolate(x, scale_factor=2))) == [
        ("upsample_nearest", 4 * P + 16 * P)
    ]


def test_the_peak_of_two_branches() -> None:
    def branches(x: Tensor) -> Tensor:
        a = x * 2  # x, a
        b = torch.cat([a, a], 1)  # x, a, b (8 channels)
        c = b[:, :4] + a  # x, a, b, c
        return c + x  # x, c, sum

    assert counted(branches).peak_bytes == (4 + 4 + 8 + 4) * P


def test_the_input_lives_no_longer_than_it_is_read_and_outputs_live_to_the_end() -> None:
    assert counted(lambda x: ((x * 2).mean(1, keepdim=True) * 2).repeat(1, 9, 1, 1)).peak_bytes == (9 + 1) * P
    assert counted(lambda x: [x * 2, x * 3, x * 4]).peak_bytes == 4 * 4 * P


def test_a_network_that_does_nothing() -> None:
    counts = counted(nn.Identity())
    assert (counts.memory_bytes, counts.peak_bytes, counts.intensity) == (0, 4 * P, None)
    assert counted(nn.ReLU()).intensity == 4 * 64 / (8 * P)


def test_what_is_put_in_place_moves_no_more_than_is_put() -> None:
    rows, mask = torch.tensor([0, 2, 5]), torch.ones(8, 8, dtype=torch.bool)

    def put(x: Tensor, values: Tensor) -> Tensor:
        y = x * 2
        y[:, :, rows] = values
        y[0][:, mask] = 0.0
        y.scatter_(2, torch.zeros(1, 4, 1, 8, dtype=torch.long), values)
        return y

    counts = counted(put, PICTURE, (1, 4, 3, 8))
    by_index, by_mask, by_place = [op.memory_bytes for op in counts.ops if op.kind == "scatter"]
    values, row = 4 * (4 * 3 * 8), 4 * 8
    assert by_index == 2 * values + 3 * 8
    assert by_mask == 4 + 4 * P + 8 * 8  # at most all of them; a byte for each place of the mask
    assert by_place == values + 4 * row + 8 * (4 * 8)
    assert counts.uncounted_ops == ()


def test_what_is_put_into_a_buffer_moves_no_more_either() -> None:
    def keep(net: Net, x: Tensor) -> Tensor:
        net.seen[torch.tensor([1, 3])] = x[0, 0, :2]
        return x + 1

    (put,) = [
        op for op in counted(Net(keep, seen=nn.Buffer(torch.zeros(100, 8)))).ops if op.kind == "scatter"
    ]
    assert put.memory_bytes == 2 * (4 * 2 * 8) + 2 * 8


def test_an_expanded_index_is_read_from_the_memory_it_has() -> None:
    def forward(net: Net, x: Tensor) -> Tensor:
        picked = x.sum(-1).argsort(1)[:, :20]
        return torch.gather(x, 1, picked[:, :, None].expand(-1, -1, 64))

    found = [op for op in counted(Net(forward), (1, 100, 64)).ops if op.kind == "gather"]
    assert [op.memory_bytes for op in found] == [2 * 20 * 64 * 4 + 100 * 8]


def test_a_buffer_updated_in_place_is_read_and_written() -> None:
    model = Net(lambda net, x: x * net.bank.mul_(0.9).sum())
    model.register_buffer("bank", torch.ones(1000))
    assert counted(model, (1, 3)).ops[0].memory_bytes == 8000


def test_eight_bits_are_a_byte() -> None:
    model = Net(lambda net, x: F.linear(x, net.eighth.to(torch.float32)))
    model.register_buffer("eighth", torch.zeros(20, 10).to(torch.float8_e4m3fn))
    assert counted(model, (1, 10)).ops[0].memory_bytes == 200 + 800


def test_a_norm_over_tokens_is_not_folded_into_a_linear_layer() -> None:
    found = counted(nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(5)), (2, 5, 6))
    assert found.memory_fused_bytes == found.memory_bytes
    folded = counted(nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6)), (2, 6))
    assert folded.memory_fused_bytes < folded.memory_bytes
