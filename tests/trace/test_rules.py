"""The fast rules give the shapes and dtypes that torch itself gives on real tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from cnnprof.trace.inventory import Inventory
from cnnprof.trace.rules.resize import FUNCTIONS
from cnnprof.trace.rules.shapes import ShapeError
from cnnprof.trace.tape import Tape
from cnnprof.trace.trace import trace_model
from cnnprof.trace.tracer import FunctionRecorder, run_without_compute
from tests.trace.nets import Net

Call = Callable[..., Any]
QUICK = settings(max_examples=60)
small = st.integers(1, 9)
few = st.integers(1, 3)


@pytest.fixture(scope="module", autouse=True)
def rules_only() -> Any:
    """Torch's own meta kernels are not asked: what is compared are the rules."""

    def refuse(self: object, func: Call, args: object, kwargs: object) -> None:
        raise AssertionError(f"{func} has no rule for {args} {kwargs}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FunctionRecorder, "run_on_meta", refuse)
        yield


def by_rules(call: Call, *shapes: Sequence[int]) -> list[tuple[tuple[int, ...], torch.dtype]]:
    net = Net(lambda _, *inputs: call(*inputs))
    inputs = [torch.empty(tuple(shape), device="meta") for shape in shapes]
    return [(tuple(out.shape), out.dtype) for out in run_without_compute(net, inputs, Tape(Inventory(net)))]


def by_torch(call: Call, *shapes: Sequence[int]) -> list[tuple[tuple[int, ...], torch.dtype]]:
    result = call(*[torch.ones(tuple(shape)) for shape in shapes])
    results = [result] if isinstance(result, Tensor) else list(result)
    return [(tuple(out.shape), out.dtype) for out in results]


def agree(call: Call, *shapes: Sequence[int]) -> None:
    """The same shapes, or a refusal from both."""
    try:
        expected = by_torch(call, *shapes)
    except (RuntimeError, ValueError, IndexError):
        with pytest.raises(ShapeError):
            by_rules(call, *shapes)
        return
    assert by_rules(call, *shapes) == expected


@st.composite
def windows(draw: st.DrawFn, dims: int) -> dict[str, Any]:
    def each(values: st.SearchStrategy[int]) -> Any:
        return draw(st.one_of(values, st.tuples(*[values] * dims)))

    return {
        "stride": each(few),
        "padding": each(st.integers(0, 2)),
        "dilation": each(few),
    }


@QUICK
@given(st.data())
def test_convolutions(data: st.DataObject) -> None:
    dims = data.draw(st.sampled_from([1, 2, 3]))
    groups, per_group, outputs = data.draw(few), data.draw(few), data.draw(few)
    kernel = data.draw(st.lists(few, min_size=dims, max_size=dims))
    batch = data.draw(st.sampled_from([[], [1], [2]]))
    channels = groups * per_group + data.draw(st.sampled_from([0, 0, 0, 1]))
    sizes = data.draw(st.lists(small, min_size=dims, max_size=dims))
    options = data.draw(windows(dims))
    if data.draw(st.booleans()):
        options |= {"padding": data.draw(st.sampled_from(["same", "valid"])), "stride": 1}
        assume(options["padding"] == "valid" or all(k % 2 for k in kernel))  # torch warns of even ones
    function = (F.conv1d, F.conv2d, F.conv3d)[dims - 1]
    weight, bias = [groups * outputs, per_group, *kernel], [groups * outputs]
    agree(
        lambda x, w, b: function(x, w, b, groups=groups, **options), [*batch, channels, *sizes], weight, bias
    )


@QUICK
@given(st.data())
def test_pooling(data: st.DataObject) -> None:
    kernel = data.draw(st.one_of(few, st.tuples(few, few)))
    options = data.draw(windows(2)) | {"ceil_mode": data.draw(st.booleans())}
    stride = data.draw(st.one_of(st.none(), few, st.tuples(few, few)))
    shape = [*data.draw(st.sampled_from([[], [2]])), 3, data.draw(small), data.draw(small)]
    # Torch refuses a padding of more than half the kernel.
    half = kernel // 2 if isinstance(kernel, int) else tuple(k // 2 for k in kernel)
    options |= {"stride": stride, "padding": data.draw(st.sampled_from([0, half]))}
    agree(lambda x: F.max_pool2d(x, kernel, **options), shape)
    agree(lambda x: F.max_pool2d(x, kernel, return_indices=True, **options), shape)
    del options["dilation"]
    agree(lambda x: F.avg_pool2d(x, kernel, **options), shape)


@QUICK
@given(small, small, st.one_of(few, st.tuples(st.none() | few, st.none() | few)), st.booleans())
def test_adaptive_pooling(height: int, width: int, wanted: Any, batched: bool) -> None:
    shape = [2, 3, height, width] if batched else [3, height, width]
    agree(lambda x: F.adaptive_avg_pool2d(x, wanted), shape)


@st.composite
def broadcastable(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    full = draw(st.lists(few, max_size=4))
    return tuple(  # type: ignore[return-value]
        [size if draw(st.booleans()) else 1 for size in full[draw(st.integers(0, len(full))) :]]
        for _ in range(2)
    )


@QUICK
@given(broadcastable())
def test_broadcasting(shapes: tuple[list[int], list[int]]) -> None:
    for call in (
        torch.add,
        torch.mul,
        torch.maximum,
        lambda a, b: a - b,
        lambda a, b: a / b,
        lambda a, b: a**b,
    ):
        agree(call, *shapes)


@QUICK
@given(st.lists(few, max_size=3), st.lists(few, max_size=3))
def test_shapes_that_may_not_broadcast(a: list[int], b: list[int]) -> None:
    agree(torch.add, a, b)
    agree(lambda x, y: (x * 1).add_(y), a, b)


@QUICK
@given(st.lists(few, min_size=1, max_size=4), st.lists(few, min_size=1, max_size=3), st.integers(-4, 3))
def test_concatenation(shape: list[int], sizes: list[int], dim: int) -> None:
    assume(-len(shape) <= dim < len(shape))
    shapes = [[*shape] for _ in sizes]
    for own, size in zip(shapes, sizes, strict=True):
        own[dim] = size
    agree(lambda *tensors: torch.cat(tensors, dim), *shapes)
    shapes[-1][(dim - 1) % len(shape)] += 1  # one that does not fit, where there is another dimension
    agree(lambda *tensors: torch.cat(tensors, dim=dim), *shapes)


@QUICK
@given(st.lists(few, min_size=1, max_size=4), st.data(), st.booleans())
def test_means(shape: list[int], data: st.DataObject, keep: bool) -> None:
    inside = st.integers(-len(shape), len(shape) - 1)
    dim = data.draw(st.one_of(inside, st.lists(inside, min_size=1, unique_by=lambda d: d % len(shape))))
    agree(lambda x: x.mean(dim, keep), shape)
    agree(lambda x: torch.mean(x, dim=dim, keepdim=keep), shape)


@QUICK
@given(st.lists(few, min_size=1, max_size=3), few, few, st.booleans())
def test_linear_layers(shape: list[int], inputs: int, outputs: int, bias: bool) -> None:
    agree(lambda x, w, b: F.linear(x, w, b if bias else None), shape, [outputs, inputs], [outputs])
    agree(lambda x, w: F.linear(x, w), [*shape, inputs], [outputs, inputs])


@QUICK
@given(broadcastable(), few, few, few, few)
def test_matrix_products(batches: tuple[list[int], list[int]], m: int, k: int, other: int, n: int) -> None:
    a, b = batches
    agree(torch.matmul, [*a, m, k], [*b, k, n])
    agree(lambda x, y: x @ y, [*a, m, k], [*b, other, n])
    agree(torch.bmm, [2, m, k], [2, other, n])


@QUICK
@given(st.lists(few, min_size=1, max_size=2), few, few, few, few)
def test_attention(batch: list[int], length: int, others: int, width: int, value: int) -> None:
    shapes = [*batch, length, width], [*batch, others, width], [*batch, others, value]
    agree(F.scaled_dot_product_attention, *shapes)


@QUICK
@given(st.lists(few, min_size=2, max_size=4))
def test_norms(shape: list[int]) -> None:
    channels = [shape[1]]
    agree(lambda x, m, v, w, b: F.batch_norm(x, m, v, w, b), shape, *[channels] * 4)
    agree(lambda x: F.layer_norm(x, shape[-1:]), shape)
    agree(lambda x, w: F.layer_norm(x, shape[1:], w), shape, shape[1:])
    with pytest.raises(ShapeError, match="channels"):
        by_rules(lambda x, m, v: F.batch_norm(x, m, v), shape, [shape[1] + 1], [shape[1] + 1])


VIEWS: list[Call] = [
    lambda x: x.view(-1),
    lambda x: x.reshape(4, -1),
    lambda x: x.flatten(1),
    lambda x: torch.flatten(x, 0, 2),
    lambda x: x.permute(0, 2, 3, 1),
    lambda x: x.transpose(1, 2).reshape(2, -1),  # a copy
    lambda x: x.transpose(1, 2).contiguous().view(2, -1),  # a copy
    lambda x: x.transpose(0, 1).flatten(),  # a copy
    lambda x: x.unsqueeze(0).squeeze(0),
    lambda x: x.chunk(2, dim=1),
    lambda x: torch.split(x, 3, 2),
    lambda x: x.split([1, 3], 1),
    lambda x: torch.unbind(x, 1),
    lambda x: x.mean(1, keepdim=True).expand(-1, 7, -1, -1),
    lambda x: x.mean((2, 3), keepdim=True).expand_as(x),
    lambda x: x.narrow(1, 1, 2),
    lambda x: x.unflatten(1, (2, 2)).transpose(1, 2).flatten(1, 2),
    lambda x: x.select(1, 2),
    lambda x: x.tensor_split(3, dim=3),
    lambda x: x.movedim(1, -1).swapaxes(0, 1),
    lambda x: x.mT,
    lambda x: x.detach().contiguous(),
    lambda x: x[:, 1:3],
    lambda x: (x[0], x[-1, 2], x[...], x[:, ::2, None, ..., 1]),
    lambda x: x[9:],  # nothing
]


@pytest.mark.parametrize("call", VIEWS)
def test_views(call: Call) -> None:
    agree(call, (2, 4, 6, 5))


def test_a_view_shares_its_memory_and_a_copy_does_not() -> None:
    net = Net(lambda _, x: [x.view(-1), x.transpose(1, 2).reshape(2, -1), x.transpose(1, 2)])
    tape = Tape(Inventory(net))
    x = torch.empty(2, 4, 3, device="meta")
    view, copy, turned = run_without_compute(net, [x], tape)
    assert tape.value(view).storage == tape.value(turned).storage == tape.value(x).storage
    assert tape.value(copy).storage != tape.value(x).storage
    assert [op.kind for op in tape.ops] == ["view", "view", "copy", "view"]


INDICES: dict[str, Any] = {
    "a slice": slice(1, 3),
    "several": (slice(None), slice(1, 3)),
    "a number": 0,
    "dots": (..., None, 1),
}
LISTS: dict[str, Any] = {
    "a list": [1, 0],
    "a tensor": torch.tensor([1, 0]),
    "a list of channels": (slice(None), [2]),
    "True": True,
}


@pytest.mark.parametrize("name", [*INDICES, *LISTS])
def test_numbers_and_slices_look_at_memory_and_lists_copy_it(name: str) -> None:
    index = (INDICES | LISTS)[name]
    graph = trace_model(Net(lambda _, x: x[index]), [(2, 4, 3)])
    (found,) = graph.outputs
    assert found.shape == torch.empty(2, 4, 3)[index].shape
    assert (found.storage == graph.inputs[0].storage) == (name in INDICES)
    assert graph.ops[-1].kind == ("view" if name in INDICES else "gather")


def test_a_slice_up_to_a_tensor_s_value() -> None:
    graph = trace_model(Net(lambda _, x: x[: torch.tensor(1)]), [(2, 4, 3)])
    assert graph.outputs[0].shape == (1, 4, 3)


def memory_of(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def shares(call: Call, shape: tuple[int, ...]) -> tuple[list[bool], list[bool]]:
    """Whether each result is in the input's memory: by the rules, and of real tensors."""
    net = Net(lambda _, x: call(x))
    x, tape, real = torch.empty(shape, device="meta"), Tape(Inventory(net)), torch.ones(shape)
    results = run_without_compute(net, [x], tape)
    found = call(real)
    return (
        [tape.value(out).storage == tape.value(x).storage for out in results],
        [memory_of(out) == memory_of(real) for out in ([found] if isinstance(found, Tensor) else found)],
    )


@pytest.mark.parametrize("call", VIEWS)
def test_memory_is_shared_where_torch_shares_it(call: Call) -> None:
    ours, torchs = shares(call, (2, 4, 6, 5))
    assert ours == torchs


@given(
    st.permutations(range(4)), st.integers(0, 3), st.integers(0, 3), st.lists(small, min_size=4, max_size=4)
)
@QUICK
def test_whether_flattening_copies(order: list[int], first: int, last: int, shape: list[int]) -> None:
    assume(first <= last)
    ours, torchs = shares(lambda x: x.permute(order).flatten(first, last), tuple(shape))
    assert ours == torchs


UNARY: list[Call] = [
    F.relu, F.relu6, F.hardtanh, F.hardswish, F.hardsigmoid, F.silu, torch.sigmoid, torch.tanh, F.gelu, F.mish,
    F.leaky_relu, F.elu, F.selu, F.softplus, torch.exp, torch.sqrt, torch.neg, torch.abs, torch.square,
    lambda x: x.clamp(0, 1), lambda x: torch.clamp(x, min=0.5), lambda x: F.softmax(x, 1),
    lambda x: x.log_softmax(-1), lambda x: -x, lambda x: 1 - x, lambda x: 2 * x, lambda x: x / 3, lambda x: x**2,
    lambda x: F.relu(x * 1, inplace=True), lambda x: F.hardtanh(x * 1, -1.0, 1.0, True), lambda x: (x * 1).relu_(),
    lambda x: F.dropout(x, 0.5, False), lambda x: torch.add(x, 1, alpha=2),
]  # fmt: skip


@pytest.mark.parametrize("call", UNARY)
def test_elementwise(call: Call) -> None:
    agree(call, (2, 4, 3, 3))


@pytest.mark.parametrize("slopes", [1, 4])
def test_prelu(slopes: int) -> None:
    agree(F.prelu, (2, 4, 3, 3), (slopes,))


def test_only_what_asks_for_it_is_in_place_by_an_argument() -> None:
    def flags(x: Tensor) -> Tensor:
        return F.relu(x * True + True, True)

    assert [op.inplace for op in trace_model(Net(lambda _, x: flags(x)), [(2, 3)]).ops] == [
        False,
        False,
        True,
    ]


def test_an_op_in_place_returns_and_writes_its_input() -> None:
    net = Net(lambda _, x: (x * 2).relu_().add_(x))
    tape = Tape(Inventory(net))
    run_without_compute(net, [torch.empty(2, 4, device="meta")], tape)
    product, relu, add = tape.ops
    assert [op.inplace for op in tape.ops] == [False, True, True]
    assert product.outputs == relu.outputs == relu.inputs == add.outputs
    assert add.inputs == (product.outputs[0], product.inputs[0])


@pytest.mark.parametrize(
    "options",
    [{"size": 5}, {"scale_factor": 1.5}, {"scale_factor": 1.7, "recompute_scale_factor": True}],
)
@pytest.mark.parametrize(("dims", "mode", "antialias"), FUNCTIONS)
def test_resizing(dims: int, mode: str, antialias: bool, options: dict[str, Any]) -> None:
    agree(lambda x: F.interpolate(x, mode=mode, antialias=antialias, **options), (2, 4, 3, 7, 6)[:dims])
