"""What a graph says of a network: places, parameters, storages, inputs and outputs, and why it could not be made."""

from __future__ import annotations

import sys
from collections import UserDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.errors import ModelError
from cnnprof.records.graph import ITEM_BYTES, Parameter, Value
from cnnprof.trace.inventory import Inventory
from cnnprof.trace.trace import trace_model
from tests.trace.nets import PICTURE, Counter, Net, Pair, Residual, tied


def test_every_op_has_the_place_that_ran_it() -> None:
    graph = trace_model(Residual(), [PICTURE])
    assert [(op.kind, op.path, op.module) for op in graph.ops] == [
        ("conv", "stem.0", "Conv2d"),
        ("batch_norm", "stem.1", "BatchNorm2d"),
        ("relu", "stem.2", "ReLU"),
        *[("conv", "shared", "Conv2d"), ("relu", "", "Residual"), ("add", "", "Residual")] * 3,
        ("adaptive_avg_pool", "", "Residual"),
        ("view", "", "Residual"),
        ("linear", "head", "Linear"),
    ]


def test_a_module_called_k_times_counts_k_times_and_its_weights_once() -> None:
    graph = trace_model(Residual(), [PICTURE])
    counts = count_graph(graph)
    # 2 pictures of 12 x 10: 3x3 from 4 to 8, three times 1x1 from 8 to 8, then 8 to 5
    assert counts.macs == 2 * 120 * 8 * 4 * 9 + 3 * (2 * 120 * 8 * 8) + 2 * 8 * 5
    assert counts.params == 8 * 4 * 9 + 2 * 8 + (8 * 8 + 8) + (8 * 5 + 5)
    shared = [op.params for op in counts.ops if op.path == "shared"]
    assert shared == [8 * 8 + 8, 0, 0]
    assert sum(op.params for op in counts.ops) == counts.params


def test_tied_weights_are_one_parameter() -> None:
    counts = count_graph(trace_model(tied(), [(2, 10)]))
    assert counts.params == 10 * 10 + 10
    assert counts.macs == 2 * (2 * 10 * 10)


def test_parameters_that_no_op_reads_are_parameters_all_the_same() -> None:
    model = Net(lambda net, x: net.used(x), used=nn.Conv2d(4, 4, 1), idle=nn.Linear(3, 2))
    assert count_graph(trace_model(model, [PICTURE])).params == 4 * 4 + 4 + 3 * 2 + 2


def test_frozen_parameters_count_and_buffers_do_not() -> None:
    model = Counter()
    model.requires_grad_(False)
    graph = trace_model(model, [PICTURE])
    assert count_graph(graph).params == 4 * 4 + 4
    assert Parameter("seen", (4, 1, 1), "float32", False) in graph.ops[0].parameters


def test_outputs_in_any_container() -> None:
    y = (2, 4, 12, 10)
    nested = Net(lambda net, x: {"a": x + 1, "b": [x * 2, (x.flatten(2),)]})
    assert [value.shape for value in trace_model(nested, [PICTURE]).outputs] == [y, y, (2, 4, 120)]
    pair = Net(lambda net, x: Pair(x + 1, x * 2))
    assert count_graph(trace_model(pair, [PICTURE])).flops == 2 * 960


def test_outputs_in_objects_that_torch_does_not_know() -> None:
    for run in (
        lambda net, x: Pair(x + 1, x * 2),
        lambda net, x: [Pair(x + 1, Pair(x * 2, None))],  # type: ignore[arg-type]
        lambda net, x: SimpleNamespace(boxes=x + 1, scores={"a": [x * 2]}, label="cat", kind=Pair, net=net),
        lambda net, x: UserDict(a=x + 1, b=x * 2),
    ):
        graph = trace_model(Net(run), [PICTURE])
        assert [value.shape for value in graph.outputs] == [PICTURE, PICTURE]
        assert count_graph(graph).peak_bytes == 3 * 4 * 960  # the input and both


def test_several_inputs_of_several_ranks() -> None:
    graph = trace_model(Net(lambda net, a, b: a * b), [PICTURE, (4, 1, 1)])
    assert [value.shape for value in graph.inputs] == [PICTURE, (4, 1, 1)]
    assert graph.outputs[0].shape == PICTURE


def test_dtypes_of_half_precision() -> None:
    graph = trace_model(nn.Conv2d(4, 4, 1).half(), [PICTURE], "float16")
    (op,) = graph.ops
    assert {value.dtype for value in op.inputs + op.outputs} == {"float16"}
    assert {parameter.dtype for parameter in op.parameters} == {"float16"}


@pytest.mark.parametrize("name", [*ITEM_BYTES, "complex32", "qint32"])
def test_a_value_is_as_large_as_torch_makes_it(name: str) -> None:
    """``y.clone()`` of 64-bit unsigned numbers once moved half its bytes."""
    value = Value(0, (2, 3), name)
    assert value.nbytes == 6 * getattr(torch, name).itemsize


def test_the_layer_and_its_shape_are_named_where_a_network_cannot_run() -> None:
    with pytest.raises(ModelError) as refused:
        trace_model(Residual(), [(1, 3, 8, 8)])
    assert refused.value.message == (
        "the network cannot run at input 1x3x8x8: layer stem.0 (Conv2d): expects 4 input channels, got 3 (1x3x8x8)"
    )
    assert "--input" in refused.value.hint


@pytest.mark.parametrize("weights", [True, False])
def test_a_window_that_does_not_fit(weights: bool) -> None:
    with torch.device("cpu" if weights else "meta"):
        model = nn.Sequential(nn.Conv2d(4, 4, 1), nn.MaxPool2d(5))
    with pytest.raises(
        ModelError, match=r"layer 1 \(MaxPool2d\): its 5x5 window does not fit an input of 1x4x3x3"
    ):
        trace_model(model, [(1, 4, 3, 3)])


def test_the_number_of_inputs_is_checked() -> None:
    with pytest.raises(ModelError, match="at input 2x4x12x10 and 1"):
        trace_model(nn.Conv2d(4, 4, 1), [PICTURE, (1,)])


def test_an_error_of_the_models_own_code_is_told() -> None:
    def fail(net: Net, x: Tensor) -> Tensor:
        raise KeyError("no such head")

    with pytest.raises(ModelError, match="no such head"):
        trace_model(Net(fail), [PICTURE])


def test_a_network_without_weights_cannot_be_run_for_real() -> None:
    model = Net(lambda net, x: net.conv(x) * float(x.sum()), conv=nn.Conv2d(4, 4, 1, device="meta"))
    with pytest.raises(ModelError, match="meta"):
        trace_model(model, [PICTURE])


@pytest.mark.parametrize(("layer", "expected"), [(nn.Conv2d(4, 10, 1), True), (nn.LSTM(10, 4), False)])
def test_convolutions_keep_their_fast_kernels_on_a_real_pass(layer: nn.Module, expected: bool) -> None:
    """oneDNN has one op for a whole LSTM; without it a convolution takes several times as long."""
    seen: list[bool] = []

    def run(net: Net, x: Tensor) -> Tensor:
        if x.sum().item() < float("inf"):
            seen.append(torch._C._get_mkldnn_enabled())
        return x

    assert trace_model(Net(run, layer=layer), [PICTURE]).method == "forward"
    assert seen == [expected]
    assert torch._C._get_mkldnn_enabled()


def test_what_forward_takes_beside_its_tensors_is_given_by_a_factory() -> None:
    class Asking(nn.Module):
        def forward(self, x: Tensor, final: bool) -> Tensor:
            return x

    with pytest.raises(ModelError, match="'final'") as refused:
        trace_model(Asking(), [PICTURE])
    assert "factory" in refused.value.hint


def test_identity_is_a_layer_that_is_seen() -> None:
    graph = trace_model(nn.Sequential(nn.Identity(), nn.Conv2d(4, 4, 1)), [PICTURE])
    assert [(op.kind, op.path) for op in graph.ops] == [("identity", "0"), ("conv", "1")]


def test_unknown_ops_keep_their_name() -> None:
    model = Net(lambda net, x: torch.fft.rfft2(x).abs())
    counts = count_graph(trace_model(model, [PICTURE]))
    assert counts.uncounted_ops == (("aten._fft_r2c", 1),)


@pytest.mark.parametrize(
    ("leave", "name"),
    [
        (lambda y: y.numpy(), "numpy"),
        (lambda y: np.asarray(y), "__array__"),
        (lambda y: np.from_dlpack(y), "__dlpack__"),
    ],
)
def test_what_numpy_computes_is_named_as_uncounted(leave: Callable[[Tensor], Any], name: str) -> None:
    model = Net(lambda net, x: torch.from_numpy(leave(net.conv(x)) * 2), conv=nn.Conv2d(4, 4, 1))
    counts = count_graph(trace_model(model, [PICTURE]))
    assert counts.uncounted_ops == ((f"Tensor.{name}", 1),)
    assert counts.macs == 2 * 12 * 10 * 4 * 4


def test_a_weight_is_no_work_that_numpy_takes_over() -> None:
    model = Net(lambda net, x: x * float(net.scale.detach().numpy()[0]) * x.mean().item())
    model.scale = nn.Parameter(torch.ones(1))
    graph = trace_model(model, [PICTURE])
    assert graph.method == "forward"
    assert count_graph(graph).uncounted_ops == ()


def test_what_a_batch_norm_counts_is_a_buffer_like_others_where_it_is_read() -> None:
    model = Net(lambda net, x: net.norm(x) * net.norm.num_batches_tracked, norm=nn.BatchNorm2d(4))
    norm, product = trace_model(model, [PICTURE]).ops
    assert product.parameters == (Parameter("norm.num_batches_tracked", (), "int64", False),)
    assert len(norm.parameters) == 4


def test_the_dtype_of_the_weights_is_that_of_all_floating_ones() -> None:
    model = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
    assert Inventory(model).dtypes_beside("float32") == []
    assert Inventory(model).dtypes_beside("float16") == ["float32"]
    assert Inventory(model.half()).dtypes_beside("float16") == []
    model[0].float()
    assert Inventory(model).dtypes_beside("float64") == ["float32", "float16"]
    assert Inventory(nn.ReLU()).dtypes_beside("float16") == []


@pytest.mark.parametrize("enabled", [True, False])
def test_autocast_is_not_followed_and_that_is_told(enabled: bool) -> None:
    def run(net: Net, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=enabled):
            y: Tensor = net.conv(net.conv(x))
        return y

    enter = torch.autocast.__enter__
    graph = trace_model(Net(run, conv=nn.Conv2d(4, 4, 1)), [PICTURE])
    assert graph.method == "shapes"
    assert [warning for warning in graph.warnings if "autocast" in warning] == list(graph.warnings)
    assert len(graph.warnings) == enabled
    assert torch.autocast.__enter__ is enter


def failing(problem: Exception) -> Net:
    def forward(net: Net, x: Tensor) -> Tensor:
        raise problem

    return Net(forward, conv=nn.Conv2d(4, 4, 1))


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        (ValueError("the sides differ"), "in the forward of Net: the sides differ"),
        (KeyError("scale"), "in the forward of Net: KeyError: 'scale'"),
        (AssertionError(), "in the forward of Net: AssertionError"),
    ],
)
def test_what_the_networks_own_code_raises(problem: Exception, says: str) -> None:
    with pytest.raises(ModelError) as refused:
        trace_model(failing(problem), [PICTURE])
    assert refused.value.message.endswith(says)


@pytest.mark.parametrize("code", [0, 3])
def test_a_network_that_ends_python_cannot_run(code: int) -> None:
    with pytest.raises(ModelError, match=f"SystemExit: {code}") as refused:
        trace_model(Net(lambda net, x: sys.exit(code), conv=nn.Conv2d(4, 4, 1)), [PICTURE])
    assert "sys.exit" in refused.value.hint


def test_an_error_that_cannot_be_put_in_words_has_a_name() -> None:
    class WeirdError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("bad str")

    def forward(net: Net, x: Tensor) -> Tensor:
        raise WeirdError

    with pytest.raises(ModelError, match="WeirdError"):
        trace_model(Net(forward, conv=nn.Conv2d(4, 4, 1)), [PICTURE])
