"""What layers of torch's own record when they are called: each rule reads the module as its ``forward`` does.

NotImplemented leaves the call to that ``forward``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from cnnprof.records.graph import Value
from cnnprof.trace.aten.kinds import kind_between
from cnnprof.trace.rules.convolutions import conv_result
from cnnprof.trace.rules.shapes import (
    adaptive_shape,
    expect_channels,
    expect_last,
    linear_shape,
    window_result,
)
from cnnprof.trace.tape import NO_ATTRIBUTES, Tape

Rule = Callable[[Tape, Any, Value], Any]  # a value; NotImplemented: leave it to the module's own code
FLOATING = frozenset({"float32", "float16", "bfloat16", "float64"})
CONVS = {dims + 2: (f"conv{dims}d", f"F.conv{dims}d") for dims in (1, 2, 3)}  # by how many sizes a weight has


def _conv(tape: Tape, module: nn.Conv2d, x: Value) -> Any:
    own = module.__dict__
    weights = tape.weights(own["_parameters"], "weight", "bias")
    if not weights or own["_parameters"]["weight"] is None or own["padding_mode"] != "zeros":
        return NotImplemented
    if x.dtype != weights[0].dtype:
        return NotImplemented
    weight, bias = weights[0].shape, weights[1].shape if len(weights) == 2 else None
    options = (own["stride"], own["padding"], own["dilation"], own["groups"])
    shape, attributes = conv_result(x.shape, weight, bias, *options)
    out = tape.fresh_value(shape, x.dtype)
    name, call = CONVS[len(weight)]
    tape.append("conv", name, (x,), (out,), weights, attributes, False, call)
    return out


def _batch_norm(*ranks: int) -> Rule:
    def rule(tape: Tape, module: nn.BatchNorm2d, x: Value) -> Any:
        own = module.__dict__
        weights = tape.weights(own["_parameters"], "weight", "bias")
        statistics = tape.weights(own["_buffers"], "running_mean", "running_var")
        if weights is None or statistics is None or len(statistics) < 2:
            return NotImplemented
        if own["training"] or len(x.shape) not in ranks:
            return NotImplemented
        reads = weights + statistics
        for each in reads:
            if each.shape[0] != x.shape[1]:
                expect_channels(x.shape, each.shape[0])
        out = tape.fresh_like(x)
        attributes = {"affine": own["_parameters"]["weight"] is not None, "training": False}
        tape.append("batch_norm", "batch_norm", (x,), (out,), reads, attributes, False, "F.batch_norm")
        return out

    return rule


def _layer_norm(tape: Tape, module: nn.LayerNorm, x: Value) -> Any:
    weights = tape.weights(module._parameters, "weight", "bias")
    if weights is None:
        return NotImplemented
    expect_last(x.shape, tuple(module.normalized_shape))
    out = tape.fresh_like(x)
    attributes = {"affine": module._parameters["weight"] is not None}
    tape.append("layer_norm", "layer_norm", (x,), (out,), weights, attributes, False, "F.layer_norm")
    return out


def _linear(tape: Tape, module: nn.Linear, x: Value) -> Any:
    weights = tape.weights(module._parameters, "weight", "bias")
    if not weights or module._parameters["weight"] is None:
        return NotImplemented
    weight = weights[0].shape
    if x.dtype != weights[0].dtype or (len(weights) == 2 and weights[1].shape != weight[:1]):
        return NotImplemented
    out = tape.fresh_value(linear_shape(x.shape, weight), x.dtype)
    attributes = {"weight": weight, "bias": len(weights) == 2}
    tape.append("linear", "linear", (x,), (out,), weights, attributes, False, "F.linear")
    return out


def activation(kind: str, name: str, call: str) -> Rule:
    """The rule of an elementwise layer, in place where the module says so."""

    def rule(tape: Tape, module: nn.Module, x: Value) -> Any:
        if x.dtype not in FLOATING:
            return NotImplemented
        inplace = bool(module.__dict__.get("inplace"))
        out = x if inplace else tape.fresh_like(x)
        tape.append(kind, name, (x,), (out,), (), NO_ATTRIBUTES, inplace, call)
        return out

    return rule


CLIPS = {kind: activation(kind, "hardtanh", "F.hardtanh") for kind in ("relu6", "hard_tanh")}


def _hard_tanh(tape: Tape, module: nn.Hardtanh, x: Value) -> Any:
    return CLIPS[kind_between(module.min_val, module.max_val)](tape, module, x)


def _max_pool(tape: Tape, module: nn.MaxPool2d, x: Value) -> Any:
    return NotImplemented if module.return_indices else _window(tape, "max_pool", module, x, module.dilation)


def _avg_pool(tape: Tape, module: nn.AvgPool2d, x: Value) -> Any:
    return _window(tape, "avg_pool", module, x, 1)


def _window(tape: Tape, kind: str, module: Any, x: Value, dilation: Any) -> Value:
    options = (module.kernel_size, module.stride, module.padding, dilation, module.ceil_mode)
    shape, attributes = window_result(x.shape, *options)
    out = tape.fresh_value(shape, x.dtype)
    tape.append(kind, f"{kind}2d", (x,), (out,), (), attributes, False, f"F.{kind}2d")
    return out


def _adaptive_avg_pool(tape: Tape, module: nn.AdaptiveAvgPool2d, x: Value) -> Any:
    out = tape.fresh_value(adaptive_shape(x.shape, module.output_size), x.dtype)
    name = "adaptive_avg_pool2d"
    tape.append("adaptive_avg_pool", name, (x,), (out,), (), NO_ATTRIBUTES, False, f"F.{name}")
    return out


def _dropout(tape: Tape, module: nn.Dropout, x: Value) -> Any:
    if module.training:
        return NotImplemented
    tape.append("identity", "dropout", (x,), (x,), (), NO_ATTRIBUTES, False, "F.dropout")
    return x


def _identity(tape: Tape, module: nn.Module, x: Value) -> Value:
    """A module that calls nothing, and is a layer all the same."""
    tape.append("identity", "identity", (x,), (x,), (), NO_ATTRIBUTES, False, "")
    return x


# The function that each layer's forward calls: its space and its name there.
ACTIVATIONS = {
    nn.ReLU: (F, "relu"),
    nn.LeakyReLU: (F, "leaky_relu"),
    nn.SiLU: (F, "silu"),
    nn.Mish: (F, "mish"),
    nn.GELU: (F, "gelu"),
    nn.Sigmoid: (torch, "sigmoid"),
    nn.Tanh: (torch, "tanh"),
    nn.Hardswish: (F, "hardswish"),
    nn.Hardsigmoid: (F, "hardsigmoid"),
}
OTHERS: dict[type[nn.Module], tuple[Rule | None, Any, str]] = {
    nn.Conv1d: (_conv, F, "conv1d"),
    nn.Conv2d: (_conv, F, "conv2d"),
    nn.Conv3d: (_conv, F, "conv3d"),
    nn.BatchNorm1d: (_batch_norm(2, 3), F, "batch_norm"),
    nn.BatchNorm2d: (_batch_norm(4), F, "batch_norm"),
    nn.BatchNorm3d: (_batch_norm(5), F, "batch_norm"),
    nn.LayerNorm: (_layer_norm, F, "layer_norm"),
    nn.Linear: (_linear, F, "linear"),
    nn.ReLU6: (_hard_tanh, F, "hardtanh"),
    nn.Hardtanh: (_hard_tanh, F, "hardtanh"),
    nn.MaxPool2d: (_max_pool, F, "max_pool2d"),
    nn.AvgPool2d: (_avg_pool, F, "avg_pool2d"),
    nn.AdaptiveAvgPool2d: (_adaptive_avg_pool, F, "adaptive_avg_pool2d"),
    nn.Dropout: (_dropout, F, "dropout"),
    nn.Identity: (_identity, None, ""),
    nn.Sequential: (None, None, ""),
}
KEEPING_STRIDES = frozenset(
    {
        *ACTIVATIONS, nn.ReLU6, nn.Hardtanh, nn.Conv2d, nn.Conv3d, nn.BatchNorm2d, nn.BatchNorm3d, nn.MaxPool2d,
        nn.AvgPool2d, nn.AdaptiveAvgPool2d,
    }
)  # fmt: skip
