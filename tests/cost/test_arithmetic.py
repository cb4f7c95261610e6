"""Each formula against its product written out, and against loops that count one operation at a time."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations

from cnnprof.cost.arithmetic import MOVES, PER_ELEMENT, STATUS
from cnnprof.cost.conventions.deepspeed import deepspeed
from cnnprof.cost.count import count_graph
from cnnprof.records.counts import Counts, OpCounts
from cnnprof.records.graph import Graph, Op, Value
from cnnprof.trace.aten.kinds import DECOMPOSED, KINDS
from cnnprof.trace.rules.functions import _BINARY, _UNARY
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net

QUICK = settings(max_examples=40)
few = st.integers(1, 3)


def counted(model: nn.Module, *shapes: tuple[int, ...]) -> Counts:
    return count_graph(trace_model(model, list(shapes)))


def only_op(call: Any, *shapes: tuple[int, ...]) -> OpCounts:
    """The one costed op of a function."""
    (op,) = [op for op in counted(Net(lambda _, *x: call(*x)), *shapes).ops if op.status != "free"]
    return op


# Convolutions


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[tuple[int, ...], dict[str, Any]]:
    dims = draw(st.sampled_from([1, 2]))
    groups = draw(few)
    channels = groups * draw(few)
    options = {
        "in_channels": channels,
        "out_channels": groups * draw(few),
        "kernel_size": tuple(draw(st.lists(st.integers(1, 3), min_size=dims, max_size=dims))),
        "stride": draw(few),
        "dilation": draw(few),
        "groups": groups,
        "bias": draw(st.booleans()),
    }
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    size = st.integers(1, 6)
    return (*batch, channels, *draw(st.lists(size, min_size=dims, max_size=dims))), options


def window_starts(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> list[int]:
    """Where windows start, by trying every place: each must end within the padded line."""
    last_tap = dilation * (kernel - 1)
    places = range(-before, size + after)
    return [start for start in places[::stride] if start + last_tap < size + after]


def looped_macs(shape: tuple[int, ...], padding: Any, options: dict[str, Any]) -> int:
    """Multiply-adds of a convolution, one by one; taps on padding multiply too."""
    kernel, dilation, groups = options["kernel_size"], options["dilation"], options["groups"]
    dims = len(kernel)
    images = shape[0] if len(shape) == dims + 2 else 1
    lines = []
    for size, taps in zip(shape[-dims:], kernel, strict=True):
        total = {"same": dilation * (taps - 1), "valid": 0}.get(padding, 0) if isinstance(padding, str) else 0
        before = total // 2 if isinstance(padding, str) else padding
        after = total - before if isinstance(padding, str) else padding
        lines.append(window_starts(size, taps, options["stride"], before, after, dilation))
    done = 0
    for _image, out in product(range(images), range(options["out_channels"])):
        group = out // (options["out_channels"] // groups)
        for _place in product(*lines):
            for channel in range(options["in_channels"]):
                if channel // (options["in_channels"] // groups) == group:
                    done += len(list(product(*map(range, kernel))))
    return done


@QUICK
@given(convolutions(), st.sampled_from([0, 1, 2, "same", "valid"]))
def test_convolutions_one_multiply_add_at_a_time(case: Any, padding: Any) -> None:
    shape, options = case
    if padding == "same":
        options["stride"] = 1
        assume(all(taps % 2 for taps in options["kernel_size"]))
    expected = looped_macs(shape, padding, options)
    assume(expected > 0)
    model = (nn.Conv1d, nn.Conv2d)[len(options["kernel_size"]) - 1](padding=padding, **options)
    (op,) = counted(model, shape).ops
    outputs = model(torch.zeros(shape)).numel()
    assert op.macs == expected
    assert op.flops == 2 * expected + (outputs if options["bias"] else 0)
    assert op.activations == outputs
    assert op.params == sum(parameter.numel() for parameter in model.parameters())


@QUICK
@given(convolutions(), st.integers(0, 1), st.integers(0, 1))
def test_transposed_convolutions_one_multiply_add_at_a_time(case: Any, padding: int, extra: int) -> None:
    shape, options = case
    dims = len(options["kernel_size"])
    assume(extra < max(options["stride"], options["dilation"]))
    spread = [(size - 1) * options["stride"] + options["dilation"] * (taps - 1) + 1 + extra - 2 * padding
              for size, taps in zip(shape[-dims:], options["kernel_size"], strict=True)]  # fmt: skip
    assume(min(spread) > 0)
    model = (nn.ConvTranspose1d, nn.ConvTranspose2d)[dims - 1](
        padding=padding, output_padding=extra, **options
    )
    done = 0
    images = shape[0] if len(shape) == dims + 2 else 1
    per_group = options["out_channels"] // options["groups"]
    for _image, _channel, *_place in product(
        range(images), range(options["in_channels"]), *map(range, shape[-dims:])
    ):
        # Each input element is multiplied by every tap of every filter of its group.
        done += len(list(product(range(per_group), *map(range, options["kernel_size"]))))
    # Torch gives an unbatched input a batch of one, by a view.
    (op,) = [op for op in counted(model, shape).ops if op.kind != "view"]
    outputs = model(torch.zeros(shape)).numel()
    assert (op.kind, op.macs) == ("conv_transpose", done)
    assert op.flops == 2 * done + (outputs if options["bias"] else 0)
    assert op.activations == outputs


def test_a_depthwise_and_a_grouped_convolution_written_out() -> None:
    (op,) = counted(nn.Conv2d(32, 32, 3, stride=2, padding=1, groups=32, bias=False), (1, 32, 112, 112)).ops
    assert op.macs == 1 * 32 * 56 * 56 * 1 * 3 * 3
    (op,) = counted(nn.Conv2d(240, 120, 1, groups=3, bias=False), (2, 240, 28, 28)).ops
    assert op.macs == 2 * 120 * 28 * 28 * 80
    (op,) = counted(nn.Conv3d(2, 4, (3, 2, 1), bias=True), (1, 2, 5, 6, 7)).ops
    assert (op.macs, op.flops) == (4 * 3 * 5 * 7 * 2 * 6, 2 * 4 * 3 * 5 * 7 * 2 * 6 + 4 * 3 * 5 * 7)


def test_a_transposed_convolution_written_out() -> None:
    (op,) = counted(nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1), (1, 16, 7, 7)).ops
    assert op.macs == 7 * 7 * 16 * 8 * 4 * 4
    assert op.flops == 2 * 7 * 7 * 16 * 8 * 4 * 4 + 8 * 14 * 14


# Pooling


def looped_reads(size: int, kernel: int, stride: int, padding: int, dilation: int, count: int) -> int:
    """Elements that the windows of one line read, one by one; what lies outside is not read."""
    return sum(
        1 for i in range(count) for tap in range(kernel) if 0 <= i * stride - padding + tap * dilation < size
    )


@QUICK
@given(st.data())
def test_pooling_one_element_at_a_time(data: st.DataObject) -> None:
    kernel, stride = data.draw(st.tuples(few, few)), data.draw(st.tuples(few, few))
    padding = (data.draw(st.integers(0, kernel[0] // 2)), data.draw(st.integers(0, kernel[1] // 2)))
    dilation = data.draw(st.tuples(few, few))
    ceil = data.draw(st.booleans())
    shape = (2, 3, *data.draw(st.tuples(st.integers(7, 10), st.integers(8, 9))))

    largest = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil)
    (op,) = counted(largest, shape).ops
    steps = largest(torch.zeros(shape)).shape[2:]
    lines = zip(shape[2:], kernel, stride, padding, dilation, steps, strict=True)
    reads = [looped_reads(*line) for line in lines]
    assert (op.macs, op.flops) == (0, 2 * 3 * reads[0] * reads[1])

    average = nn.AvgPool2d(kernel, stride, padding, ceil_mode=ceil)
    (op,) = counted(average, shape).ops
    steps = average(torch.zeros(shape)).shape[2:]
    lines = zip(shape[2:], kernel, stride, padding, (1, 1), steps, strict=True)
    reads = [looped_reads(*line) for line in lines]
    assert op.flops == 2 * 3 * reads[0] * reads[1]


@QUICK
@given(st.tuples(st.integers(1, 9), st.integers(1, 9)), st.tuples(few, few))
def test_adaptive_pooling_one_element_at_a_time(sizes: tuple[int, int], wanted: tuple[int, int]) -> None:
    def reads(size: int, count: int) -> int:
        # Window i of n holds the elements that it covers in part: [i s / n, (i + 1) s / n).
        return sum(
            1
            for i in range(count)
            for e in range(size)
            if (e + 1) * count > i * size and e * count < (i + 1) * size
        )

    expected = 2 * 3 * reads(sizes[0], wanted[0]) * reads(sizes[1], wanted[1])
    for layer in (nn.AdaptiveAvgPool2d(wanted), nn.AdaptiveMaxPool2d(wanted)):
        assert counted(layer, (2, 3, *sizes)).flops == expected


def test_pooling_written_out() -> None:
    # Windows of 3 at stride 2 over 112 with a margin of 1: the first reads 2, the other 55 read 3.
    assert counted(nn.MaxPool2d(3, 2, 1), (1, 24, 112, 112)).flops == 24 * (2 + 55 * 3) ** 2
    assert counted(nn.AvgPool2d(2), (1, 8, 6, 6)).flops == 8 * 3 * 3 * 4
    assert counted(nn.AdaptiveAvgPool2d(1), (1, 8, 7, 7)).flops == 8 * 49
    assert only_op(lambda x: x.mean((2, 3)), (1, 8, 7, 7)).flops == 8 * 49


def test_pooling_in_three_dimensions() -> None:
    # Along each side, windows of 2, 3 and 3 at strides 2, 1 and 2, the last two with a margin of 1.
    deep, high, wide = 6, 2 + 4 * 3 + 2, 2 + 3 + 3
    shape, window = (2, 3, 6, 6, 6), ((2, 3, 3), (2, 1, 2), (0, 1, 1))
    for layer in (nn.MaxPool3d(*window), nn.AvgPool3d(*window)):
        assert counted(layer, shape).flops == 2 * 3 * deep * high * wide
    assert counted(nn.AvgPool3d(2), shape).flops == 2 * 3 * 6**3
    for adaptive in (nn.AdaptiveAvgPool3d((2, 4, 6)), nn.AdaptiveMaxPool3d((2, 4, 6))):
        assert counted(adaptive, shape).flops == 2 * 3 * 6 * 8 * 6  # four windows of 2 over 6


def test_a_view_of_a_weight_counts_in_its_own_shape() -> None:
    const, table = nn.Parameter(torch.ones(1, 4, 3, 3)), nn.Parameter(torch.ones(64))

    def counts_of(run: Any) -> Counts:
        up = nn.ConvTranspose2d(4, 6, 2, bias=False)
        found = counted(Net(run, const=const, table=table, up=up), (5, 4, 3, 3))
        assert found.params == 36 + 64 + up.weight.numel()
        return found

    spread = counts_of(lambda n, x: n.up(n.const.expand(len(x), -1, -1, -1)))
    assert spread.macs == 5 * 9 * 4 * (6 * 2 * 2)
    assert spread.memory_bytes == 4 * (36 + 5 * 6 * 4 * 4 + 4 * 6 * 2 * 2)  # no more read than there is
    assert spread.memory_paper_bytes == 4 * (5 * 36 + 5 * 6 * 4 * 4 + 4 * 6 * 2 * 2)
    assert counts_of(lambda n, x: F.avg_pool2d(n.table.view(1, 1, 8, 8), 2)).flops == 64
    assert counts_of(lambda n, x: F.max_pool2d(n.table[:16].view(1, 4, 4), 3, 2, 1)).flops == (2 + 3) ** 2
    assert counts_of(lambda n, x: F.adaptive_avg_pool2d(n.table.view(1, 1, 8, 8), (2, 3))).flops == 8 * 10
    assert counts_of(lambda n, x: n.table[:16].sum()).flops == 16


def test_a_resized_weight_counts_by_its_factors() -> None:
    model = Net(
        lambda n, x: F.interpolate(n.t.view(1, 1, 8, 8), scale_factor=2), t=nn.Parameter(torch.ones(64))
    )
    found = deepspeed(trace_model(model, [(1,)]))
    assert found.total == 64 * 4


# Products of matrices


@QUICK
@given(st.lists(few, max_size=2), few, few, st.booleans())
def test_linear_layers(rows: list[int], inputs: int, outputs: int, bias: bool) -> None:
    (op,) = counted(nn.Linear(inputs, outputs, bias), (*rows, inputs)).ops
    done = 0
    for _ in product(*map(range, rows), range(outputs), range(inputs)):
        done += 1
    results = len(list(product(*map(range, rows), range(outputs))))
    assert op.macs == done
    assert op.flops == 2 * done + (results if bias else 0)
    assert op.activations == results


@QUICK
@given(st.lists(few, max_size=2), st.lists(st.booleans(), min_size=4, max_size=4), few, few, few)
def test_matrix_products_with_broadcasting(
    batch: list[int], ones: list[bool], m: int, k: int, n: int
) -> None:
    a = [1 if one else size for size, one in zip(batch, ones[:2], strict=False)]
    b = [1 if one else size for size, one in zip(batch, ones[2:], strict=False)]
    expected = torch.matmul(torch.ones(*a, m, k), torch.ones(*b, k, n))
    # A sum of k ones for each result: the results themselves count the multiply-adds.
    op = only_op(torch.matmul, (*a, m, k), (*b, k, n))
    assert op.macs == int(expected.sum())
    assert op.flops == 2 * int(expected.sum())
    assert op.activations == 0


def test_products_written_out() -> None:
    contracted = Net(lambda _, x: torch.einsum("nchw,ncxw->nhx", x, x))
    assert counted(contracted, (2, 3, 4, 5)).macs == 2 * 4 * 4 * (3 * 5)
    assert only_op(torch.bmm, (2, 3, 4), (2, 4, 5)).macs == 2 * 3 * 5 * 4
    assert only_op(torch.mv, (3, 4), (4,)).macs == 3 * 4
    added = only_op(torch.addmm, (3, 5), (3, 4), (4, 5))
    assert (added.macs, added.flops) == (3 * 5 * 4, 2 * 3 * 5 * 4 + 3 * 5)
    summed = only_op(torch.addbmm, (3, 5), (2, 3, 4), (2, 4, 5))
    assert (summed.macs, summed.flops) == (2 * 3 * 5 * 4, 2 * 2 * 3 * 5 * 4 + 3 * 5)


def test_products_with_weights() -> None:
    v, w = nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(4, 5))
    (by_vector,) = counted(Net(lambda n, x: x @ n.v, v=v), (3, 4)).ops
    assert (by_vector.kind, by_vector.macs) == ("matmul", 3 * 4)
    for call in (torch.mm, torch.matmul):
        (by_matrix,) = counted(Net(lambda n, x, call=call: call(x, n.w), w=w), (3, 4)).ops
        assert (by_matrix.kind, by_matrix.macs, by_matrix.activations) == ("linear", 3 * 5 * 4, 3 * 5)
        assert by_matrix.memory_paper_bytes == 4 * (3 * 4 + 3 * 5 + 4 * 5)


@QUICK
@given(st.lists(few, max_size=2), few, few, few, few)
def test_attention(batch: list[int], length: int, others: int, width: int, value: int) -> None:
    shapes = (*batch, length, width), (*batch, others, width), (*batch, others, value)
    scores = products = 0
    for _ in product(*map(range, batch), range(length), range(others)):
        scores += 1
        products += width + value
    op = only_op(F.scaled_dot_product_attention, *shapes)
    assert op.macs == products
    # Each score is also scaled (1), and normalised as any softmax (5).
    assert op.flops == 2 * products + 6 * scores


def test_attention_that_broadcasts() -> None:
    # 8 pictures of 49 tokens, 4 heads of 16; one learnt query for all: 8 * 4 * 49 scores
    one = only_op(F.scaled_dot_product_attention, (1, 4, 1, 16), (8, 4, 49, 16), (8, 4, 49, 16))
    assert (one.macs, one.output_shapes) == (8 * 4 * 49 * (16 + 16), ((8, 4, 1, 16),))

    def grouped(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)

    shared = only_op(grouped, (2, 8, 3, 16), (2, 4, 5, 16), (2, 4, 5, 16))
    assert (shared.macs, shared.output_shapes) == (2 * 8 * 3 * 5 * (16 + 16), ((2, 8, 3, 16),))


# Everything else


@pytest.mark.parametrize(
    ("call", "per_element"),
    [
        (torch.relu, 1), (F.relu6, 1), (F.leaky_relu, 1), (F.hardtanh, 1), (lambda x: x.clamp(0, 1), 1),
        (lambda x: x + x, 1), (lambda x: x - 1, 1), (lambda x: x * x, 1), (lambda x: x / 2, 1), (torch.sqrt, 1),
        (torch.exp, 1), (lambda x: x**2, 1), (lambda x: -x, 1), (torch.abs, 1), (torch.floor, 1),
        (lambda x: torch.maximum(x, x), 1), (lambda x: torch.minimum(x, x), 1), (lambda x: x > 0, 1),
        (F.hardsigmoid, 3), (F.hardswish, 4), (torch.sigmoid, 4), (F.silu, 5), (torch.tanh, 5), (F.softplus, 3),
        (F.mish, 9), (F.elu, 3), (F.gelu, 5), (lambda x: x.softmax(1), 5), (lambda x: F.layer_norm(x, x.shape[2:]), 7),
        (lambda x: F.group_norm(x, 2), 7),
        (lambda x: torch.fake_quantize_per_tensor_affine(x, 0.1, 0, 0, 255), 4 + 2),
    ],
)  # fmt: skip
def test_flops_per_element(call: Any, per_element: int) -> None:
    op = only_op(call, (2, 4, 3, 5))
    assert (op.macs, op.flops) == (0, per_element * 2 * 4 * 3 * 5)
    assert op.activations == 0


@pytest.mark.parametrize(
    "name", ["expm1", "exp2", "log10", "tan", "atan", "sinh", "erfc", "trunc", "isinf", "nan_to_num"]
)
def test_functions_of_each_number_are_one_operation(name: str) -> None:
    assert only_op(getattr(torch, name), (2, 4)).flops == 8


@pytest.mark.parametrize("name", ["fmod", "fmax", "fmin", "atan2", "logical_xor"])
def test_functions_of_two_numbers_are_one_operation(name: str) -> None:
    assert only_op(getattr(torch, name), (2, 4), (2, 4)).flops == 8


@pytest.mark.parametrize("name", ["std_mean", "aminmax", "count_nonzero", "median"])
def test_what_looks_at_each_number_once(name: str) -> None:
    assert only_op(getattr(torch, name), (2, 4)).flops == 8


def test_shrinking() -> None:
    assert only_op(F.hardshrink, (2, 4)).flops == 8  # a comparison
    assert only_op(F.softshrink, (2, 4)).flops == 2 * 8  # and the threshold taken off


def test_sums_of_products_and_points_between() -> None:
    assert only_op(lambda x: torch.addcmul(x, x, x), (2, 4)).flops == 2 * 8  # a product, a sum
    assert only_op(lambda x: torch.addcdiv(x, x, x), (2, 4)).flops == 2 * 8  # a quotient, a sum
    assert (
        only_op(lambda x: torch.lerp(x, x, 0.5), (2, 4)).flops == 3 * 8
    )  # the way, a part of it, from where


def test_random_numbers_are_written_and_compute_nothing() -> None:
    # as a network drops out in eval mode, too: numbers drawn, divided by what is kept, and multiplied
    counts = counted(Net(lambda _, x: F.dropout(x, 0.5, training=True)), (2, 4))
    assert (counts.flops, counts.uncounted_ops) == (2 * 8, ())
    assert counts.memory_bytes == 4 * 8 * (1 + 2 + 3)


def test_batch_norm_and_upsampling() -> None:
    assert counted(nn.BatchNorm2d(4), (2, 4, 3, 5)).flops == 2 * 120
    assert (
        only_op(lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), (1, 4, 3, 5)).flops
        == 7 * 4 * 6 * 10
    )
    assert only_op(lambda x: F.interpolate(x, scale_factor=2), (1, 4, 3, 5)).flops == 0


@pytest.mark.parametrize(
    ("mode", "sides", "per_element"),
    [
        ("linear", (4,), 2 + 1), ("trilinear", (4, 3, 2), 8 + 7), ("bicubic", (4, 3), 16 + 15),
        ("nearest", (4,), 0), ("nearest", (4, 3, 2), 0), ("nearest-exact", (4,), 0),
    ],
)  # fmt: skip
def test_upsampling_in_other_modes(mode: str, sides: tuple[int, ...], per_element: int) -> None:
    op = only_op(lambda x: F.interpolate(x, scale_factor=2, mode=mode), (2, 5, *sides))
    outputs = 2 * 5 * 2 ** len(sides) * math.prod(sides)
    assert (op.status, op.flops) == ("costed", per_element * outputs)
    assert op.memory_bytes == 4 * (2 * 5 * math.prod(sides) + outputs)


def test_layers_whose_ops_are_seldom_seen() -> None:
    # half of 4 channels, each gated by the sigmoid (4) of another
    assert only_op(lambda x: F.glu(x, 1), (2, 4, 3, 5)).flops == 5 * 2 * 2 * 3 * 5
    assert only_op(torch.log1p, (2, 4)).flops == 8
    # patches of 2 x 2 at stride 1: 9 of them in a picture of 4 x 4, each element added to those around
    assert only_op(lambda x: F.fold(x, (4, 4), 2), (1, 3 * 4, 9)).flops == 3 * 4 * 9
    assert only_op(torch.vdot, (6,), (6,)).macs == 6


def test_normalised_weights() -> None:
    by_sigma = counted(parametrizations.spectral_norm(nn.Conv2d(4, 6, 3)), (1, 4, 5, 5))
    # the matrix of 6 x 36 by a vector, that by another, and the convolution of 3 x 3 places
    assert (by_sigma.macs, by_sigma.uncounted_ops) == (6 * 36 + 6 + 9 * 6 * 36, ())
    by_norm = counted(parametrizations.weight_norm(nn.Conv2d(4, 6, 3, bias=False)), (1, 4, 5, 5))
    assert (by_norm.flops, by_norm.uncounted_ops) == (2 * 6 * 36 + 2 * 9 * 6 * 36, ())


@pytest.mark.parametrize(
    "call",
    [
        lambda x: torch.cat([x, x], 1), lambda x: x.transpose(1, 2).contiguous(), lambda x: F.pad(x, (1, 1)),
        lambda x: F.pixel_shuffle(x, 2), lambda x: x.repeat(1, 2, 1, 1), lambda x: torch.roll(x, 1, 2),
        lambda x: x[:, [0, 1]],
        lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"), lambda x: F.pad(x[0], (1, 1), mode="reflect"),
        lambda x: F.pad(x[None], (1,) * 6, mode="reflect"), lambda x: F.pad(x[0], (1, 1), mode="replicate"),
        lambda x: F.pad(x[None], (1,) * 6, mode="replicate"),
        lambda x: F.max_unpool2d(x, torch.zeros_like(x, dtype=torch.long), (2, 2)),
        lambda x: x.index_put((torch.zeros(3, dtype=torch.long),), x[0]),
        lambda x: x.scatter(1, torch.zeros_like(x, dtype=torch.long), x),
    ],
)  # fmt: skip
def test_moving_computes_nothing(call: Any) -> None:
    counts = counted(Net(lambda _, x: call(x)), (2, 4, 3, 5))
    assert (counts.macs, counts.flops, counts.uncounted_ops) == (0, 0, ())
    assert counts.memory_bytes > 0


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.view(-1), lambda x: x.flatten(2), lambda x: x.permute(0, 2, 3, 1), lambda x: x.chunk(2, 1),
        lambda x: x[:, :2], lambda x: x[..., None], lambda x: x.mT, lambda x: F.dropout(x, 0.5, False),
        lambda x: x.expand(3, 2, 4, 3, 5), lambda x: x.detach(), lambda x: x.contiguous(),
    ],
)  # fmt: skip
def test_views_cost_nothing_at_all(call: Any) -> None:
    counts = counted(Net(lambda _, x: call(x)), (2, 4, 3, 5))
    assert (counts.macs, counts.flops, counts.memory_bytes, counts.uncounted_ops) == (0, 0, 0, ())


# Nothing silent


def op_of(kind: str) -> Op:
    value = Value(0, (1, 2), "float32")
    return Op(kind, kind, "", "", (value,), (value,))


@pytest.mark.parametrize(
    "kind", sorted({*KINDS.values(), *DECOMPOSED.values(), *_UNARY.values(), *_BINARY.values()})
)
def test_every_kind_that_tracing_gives_is_known(kind: str) -> None:
    assert STATUS[kind] in ("costed", "free")


def test_unknown_kinds_are_named_with_how_often_they_ran() -> None:
    value = Value(0, (1, 2), "float32")
    graph = Graph(
        (op_of("aten.new"), op_of("relu"), op_of("aten.new"), op_of("aten.fft")), (value,), (value,), (), (8,)
    )
    counts = count_graph(graph)
    assert counts.uncounted_ops == (("aten.fft", 1), ("aten.new", 2))
    assert [op.status for op in counts.ops] == ["uncounted", "costed", "uncounted", "uncounted"]
    assert counts.flops == 2  # of the relu alone


def test_no_kind_both_computes_and_only_moves() -> None:
    assert not MOVES & PER_ELEMENT.keys()


def test_totals_are_the_sums_over_the_ops() -> None:
    counts = counted(
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 1)), (2, 3, 9, 9)
    )
    for total in (
        "params",
        "macs",
        "flops",
        "activations",
        "memory_bytes",
        "memory_paper_bytes",
        "memory_fused_bytes",
    ):
        assert getattr(counts, total) == sum(getattr(op, total) for op in counts.ops)


def test_counts_are_integers_of_any_size() -> None:
    counts = counted(nn.Conv2d(3, 8, 1), (2**20, 3, 2**12, 2**12))
    assert counts.macs == 2**44 * 24
    assert all(
        type(value) is int for value in (counts.macs, counts.flops, counts.memory_bytes, counts.peak_bytes)
    )


def test_a_learned_constant_under_computed_weights() -> None:
    """The weights are the activation here, as in networks that modulate them (Karras et al. 2020)."""

    def forward(net: Net, z: torch.Tensor) -> torch.Tensor:
        return F.conv_transpose2d(net.const, net.weight * net.style(z).view(4, 1, 1, 1), stride=2)

    model = Net(forward, style=nn.Linear(8, 4))
    model.const = nn.Parameter(torch.zeros(1, 4, 4, 4))
    model.weight = nn.Parameter(torch.zeros(4, 6, 3, 3))
    found = count_graph(trace_model(model, [(1, 8)]))
    assert found.macs == 8 * 4 + 4 * 4 * 4 * 6 * 9
    assert found.ops[-1].memory_paper_bytes == 4 * (64 + 4 * 6 * 9 + 6 * 9 * 9)


def test_instance_norm_is_a_group_norm_of_single_channels() -> None:
    layers = [nn.InstanceNorm2d(8), nn.GroupNorm(8, 8, affine=False)]
    found = [count_graph(trace_model(layer, [(2, 8, 16, 16)])).flops for layer in layers]
    assert found == [7 * 4096, 7 * 4096]


def test_a_linear_layer_of_computed_weights_is_one_on_a_real_pass_too() -> None:
    def forward(net: Net, x: torch.Tensor) -> Any:
        y = net.linear(x)
        return y * 2 if bool(y.isnan().any()) else y

    graph = trace_model(Net(forward, linear=parametrizations.weight_norm(nn.Linear(10, 7))), [(1, 10)])
    found = count_graph(graph)
    assert graph.method == "forward"
    assert (found.macs, found.activations) == (70, 7)
    assert found.memory_paper_bytes == 4 * (10 + 70 + 7)
