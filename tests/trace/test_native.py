"""Layers of torch's own recorded without entering them: the graph their code gives, where it is their code."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from types import MethodType
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.errors import ModelError
from cnnprof.records.graph import Graph
from cnnprof.trace.rules.native import LAYERS, layer_of
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net

PICTURE = (2, 4, 9, 7)


def after_conv(activation: Any) -> nn.Module:
    return nn.Sequential(nn.Conv2d(4, 4, 1), activation(inplace=True))


LAYER_CASES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "conv": (lambda: nn.Conv2d(4, 6, 3), PICTURE),
    "conv, all options": (lambda: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), 2, bias=False), PICTURE),
    "conv, same": (lambda: nn.Conv2d(4, 6, (3, 2), padding="same"), PICTURE),
    "conv, valid": (lambda: nn.Conv2d(4, 6, 3, padding="valid"), PICTURE),
    "conv, reflected": (lambda: nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), PICTURE),
    "conv without a batch": (lambda: nn.Conv2d(4, 6, 3), (4, 9, 7)),
    "conv1d": (lambda: nn.Conv1d(4, 6, 3, 2, 1), (2, 4, 9)),
    "conv3d": (lambda: nn.Conv3d(4, 6, 3, padding=1), (2, 4, 3, 5, 5)),
    "batch norm": (lambda: nn.BatchNorm2d(4), PICTURE),
    "batch norm, not affine": (lambda: nn.BatchNorm2d(4, affine=False), PICTURE),
    "batch norm, no statistics": (lambda: nn.BatchNorm2d(4, track_running_stats=False), PICTURE),
    "batch norm 1d": (lambda: nn.BatchNorm1d(4), (2, 4)),
    "batch norm 1d, long": (lambda: nn.BatchNorm1d(4), (2, 4, 9)),
    "batch norm 3d": (lambda: nn.BatchNorm3d(4), (2, 4, 3, 5, 5)),
    "layer norm": (lambda: nn.LayerNorm([9, 7]), PICTURE),
    "layer norm, no bias": (lambda: nn.LayerNorm(7, bias=False), PICTURE),
    "layer norm, not affine": (lambda: nn.LayerNorm(7, elementwise_affine=False), PICTURE),
    "linear": (lambda: nn.Linear(7, 3), PICTURE),
    "linear, no bias": (lambda: nn.Linear(7, 3, bias=False), (7,)),
    "max pool": (lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True), PICTURE),
    "max pool, dilated": (lambda: nn.MaxPool2d((3, 2), dilation=2), PICTURE),
    "avg pool": (lambda: nn.AvgPool2d(3, 2, 1), PICTURE),
    "adaptive pool": (lambda: nn.AdaptiveAvgPool2d((None, 3)), PICTURE),
    "adaptive pool to 1": (lambda: nn.AdaptiveAvgPool2d(1), PICTURE),
    "dropout": (lambda: nn.Dropout(0.3), PICTURE),
    "identity": (lambda: nn.Identity(), PICTURE),
    "an empty sequence": (lambda: nn.Sequential(), PICTURE),
    **{cls.__name__: (cls, PICTURE) for cls in (nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.LeakyReLU, nn.SiLU, nn.Mish)},
    **{cls.__name__: (cls, PICTURE) for cls in (nn.GELU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid)},
    **{
        f"{cls.__name__} in place": (partial(after_conv, cls), PICTURE)
        for cls in (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardsigmoid)
    },
}  # fmt: skip


def entered(model: nn.Module) -> nn.Module:
    """A copy in which every module has to go through torch's own call: each has a hook that does nothing."""
    copy = deepcopy(model)
    for module in copy.modules():
        module.register_forward_pre_hook(lambda *_: None)
    return copy


def same_as_entered(model: nn.Module, *shapes: tuple[int, ...], dtype: str = "float32") -> Graph:
    graph = trace_model(model, shapes, dtype)
    assert graph == trace_model(entered(model), shapes, dtype)
    assert graph.method == "shapes"
    return graph


@pytest.mark.parametrize("name", LAYER_CASES)
def test_a_layer_gives_what_its_own_code_gives(name: str) -> None:
    build, shape = LAYER_CASES[name]
    assert same_as_entered(build(), shape).ops


def test_every_layer_has_a_case() -> None:
    built = [module for build, _ in LAYER_CASES.values() for module in build().modules()]
    assert {type(module) for module in built} == set(LAYERS)


def residual(net: Any, x: Tensor) -> Any:
    return net.after(x[:, :, ::2] + net.body(x[:, :, ::2]))


def block() -> nn.Module:
    norm = nn.BatchNorm2d(4)
    body = nn.Sequential(nn.Conv2d(4, 4, 1), norm, nn.Sequential(nn.ReLU(True), norm, nn.Identity()))
    return Net(residual, body=body, after=nn.Sequential(nn.ReLU6(), Net(lambda _, x: x * 2), nn.Sigmoid()))


def test_a_network_of_all_sorts() -> None:
    graph = same_as_entered(block(), PICTURE)
    assert [op.kind for op in graph.ops if op.kind not in ("view", "aten.slice")] == [
        "conv", "batch_norm", "relu", "batch_norm", "identity", "add", "relu6", "mul", "sigmoid",
    ]  # fmt: skip


@pytest.mark.parametrize("layer", [nn.ReLU(), nn.Sequential(nn.Sigmoid(), nn.Identity())])
def test_strides_are_kept_as_torch_keeps_them(layer: nn.Module) -> None:
    def turned(net: Any, x: Tensor) -> Any:
        return net.layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).view(-1)  # a view only of the same order

    same_as_entered(Net(turned, layer=layer), (2, 9, 7, 4))


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_other_dtypes(dtype: str) -> None:
    same_as_entered(block().to(getattr(torch, dtype)), PICTURE, dtype=dtype)


def test_integers_are_left_to_torch() -> None:
    same_as_entered(nn.ReLU(), (3, 4), dtype="int64")


def test_a_convolution_met_before_is_told_apart_by_its_input_and_options() -> None:
    layers = [
        nn.Conv2d(4, 4, 3, stride, padding) for stride, padding in ((1, 1), (1, 1), (2, 1), (1, 0), (1, 1))
    ]
    shapes = [op.outputs[0].shape[2:] for op in same_as_entered(nn.Sequential(*layers), PICTURE).ops]
    # (size + 2 padding - 3) // stride + 1
    assert shapes == [(9, 7), (9, 7), (5, 4), (3, 2), (3, 2)]


def test_options_in_lists() -> None:
    layer: Any = nn.Conv2d(4, 6, 3)
    layer.stride, layer.padding = [2, 1], [1, 0]
    assert same_as_entered(layer, PICTURE).outputs[0].shape == (2, 6, (9 + 2 - 3) // 2 + 1, 7 - 3 + 1)


class Doubled(nn.Conv2d):
    """Runs twice."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) + super().forward(input)


class Named(nn.Conv2d):
    """Only built in another way."""

    def __init__(self) -> None:
        super().__init__(4, 4, 1)


class Counted(nn.Sequential):
    """Another way to go through its modules."""

    def __iter__(self) -> Any:
        return iter([*self._modules.values()] * 2)


def kinds(model: nn.Module) -> list[str]:
    return [op.kind for op in trace_model(model, [PICTURE]).ops]


def test_derived_classes() -> None:
    assert kinds(Doubled(4, 4, 1)) == ["conv", "conv", "add"]
    assert kinds(Counted(nn.ReLU())) == ["relu", "relu"]
    assert kinds(Named()) == ["conv"]
    assert layer_of(Named) is LAYERS[nn.Conv2d]
    assert layer_of(Doubled) is layer_of(Counted) is layer_of(nn.ConvTranspose2d) is None


def test_a_method_put_into_one_module() -> None:
    tiled: Any = nn.Sequential(nn.Conv2d(4, 4, 1))
    plain = nn.Conv2d._conv_forward
    tiled[0]._conv_forward = MethodType(lambda self, x, w, b: plain(self, x, w, b) * 2, tiled[0])
    assert kinds(tiled) == ["conv", "mul"]
    replaced: Any = nn.Sequential(nn.ReLU())
    replaced[0].forward = lambda x: x + 1
    assert kinds(replaced) == ["add"]


def test_a_function_or_method_put_into_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.Sequential(nn.ReLU(), nn.BatchNorm2d(4))
    with monkeypatch.context() as patch:
        patch.setattr(F, "relu", lambda x, inplace: torch.sigmoid(x))
        assert kinds(model) == ["sigmoid", "batch_norm"]
    with monkeypatch.context() as patch:
        patch.setattr(nn.modules.batchnorm._BatchNorm, "forward", lambda self, x: x * 2)
        assert kinds(model) == ["relu", "mul"]
    with monkeypatch.context() as patch:
        call: Any = nn.Module.__call__
        patch.setattr(nn.Module, "__call__", lambda self, x: call(self, x) + 1)
        assert kinds(model) == ["relu", "add", "batch_norm", "add", "add"]
    assert kinds(model) == ["relu", "batch_norm"]


def test_hooks_inside_of_a_sequence_run_and_may_change_what_passes() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Conv2d(4, 4, 1), nn.ReLU())
    model[1].register_forward_hook(lambda module, inputs, output: output.sigmoid())
    model[2].register_forward_pre_hook(lambda module, inputs: (inputs[0] * 2,))
    assert kinds(model) == ["relu", "conv", "sigmoid", "mul", "relu"]


def test_hooks_for_all_modules_run() -> None:
    seen: list[str] = []
    handle = nn.modules.module.register_module_forward_hook(lambda m, *_: seen.append(type(m).__name__))
    try:
        trace_model(nn.Sequential(nn.ReLU(), nn.Conv2d(4, 4, 1)), [PICTURE])
    finally:
        handle.remove()
    assert seen == ["ReLU", "Conv2d", "Sequential"]


def test_a_weight_taken_away_or_replaced() -> None:
    without: Any = nn.Sequential(nn.Linear(7, 3))
    del without[0].bias
    with pytest.raises(ModelError, match="bias"):
        trace_model(without.to("meta"), [PICTURE])
    without[0].bias = None
    assert trace_model(without, [PICTURE]).ops[0].attributes["bias"] is False
    other = nn.Linear(7, 3)
    weight = nn.Parameter(torch.ones(5, 7))

    def swapped(net: Any, x: Tensor) -> Tensor:
        net.layer.weight, net.layer.bias = weight, None
        out: Tensor = net.layer(x)
        return out

    assert trace_model(Net(swapped, layer=other), [PICTURE]).outputs[0].shape == (2, 4, 9, 5)
    assert other.weight is not weight


def test_what_passes_through_a_sequence_need_not_be_a_tensor() -> None:
    pair = nn.Sequential(nn.ReLU(), Net(lambda _, x: (x, x)), Net(lambda _, two: two[0] + two[1]))
    assert kinds(pair) == ["relu", "add"]
    runs: list[int] = []
    nothing = nn.Sequential(nn.ReLU(), Net(lambda _, x: runs.append(1)))
    assert kinds(Net(lambda net, x: (net.last(x), x)[1], last=nothing)) == ["relu"]
    assert runs == [1]


def test_a_layer_under_vmap_sees_the_whole_batch() -> None:
    def mapped(net: Any, x: Tensor) -> Tensor:
        out: Tensor = torch.vmap(net.layer)(x)
        return out

    graph = trace_model(Net(mapped, layer=nn.Linear(7, 3)), [(5, 7)])
    assert graph.outputs[0].shape == (5, 3)


def test_without_calls_only_they_and_the_names_are_missing() -> None:
    full, short = trace_model(block(), [PICTURE]), trace_model(block(), [PICTURE], calls=False)
    assert full.calls
    assert short.calls == ()
    assert short.storage_bytes == full.storage_bytes
    assert [op.outputs for op in short.ops] == [op.outputs for op in full.ops]
    assert [op.path for op in short.ops] == [op.path for op in full.ops]
