"""What torchstat counts for each class of layers that it knows: MAdd, Flops, and elements read and written.

Source: torchstat 0.0.7, ``compute_madd.py``, ``compute_flops.py``, ``compute_memory.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from cnnprof.records.graph import Op

ReadWrite = tuple[int, int]


def _image(shape: tuple[int, ...]) -> int:
    """Elements of one picture: torchstat leaves the batch out of MAdd."""
    return prod(shape[1:])


def _conv_madd(op: Op) -> int:
    products = prod(op.weight[1:])
    return _image(op.outputs[0].shape) * (2 * products - 1 + bool(op.attributes["bias"]))


def _conv_flops(op: Op) -> int:
    bias = op.outputs[0].elements if op.attributes["bias"] else 0
    return op.outputs[0].elements * prod(op.weight[1:]) + bias


def _linear_madd(op: Op) -> int:
    return _image(op.outputs[0].shape) * (2 * op.weight[-1] - 1)


def _window_madd(op: Op, each: int) -> int:
    kernel = op.attributes["kernel"]
    assert isinstance(kernel, tuple)
    return _image(op.outputs[0].shape) * (prod(kernel) - each)


def _softmax_madd(op: Op) -> int:
    return 3 * _image(op.source.shape) - 1


def _input_image(op: Op) -> int:
    return _image(op.source.shape)


def _batch_norm_flops(op: Op) -> int:
    return op.source.elements * (2 if op.attributes["affine"] else 1)


def _input_elements(op: Op) -> int:
    return op.source.elements


def _upsample_flops(op: Op) -> int:
    """Height times width for each picture, whatever the channels: it takes the first of the outputs for all of them."""
    return op.source.shape[0] * prod(op.outputs[0].shape[2:])


def _unary_memory(op: Op) -> ReadWrite:
    return op.source.elements, op.source.elements


def _weighted_memory(op: Op) -> ReadWrite:
    """Weights are read again for every picture of the batch."""
    weights = sum(parameter.elements for parameter in op.parameters if parameter.trainable)
    return op.source.elements + op.source.shape[0] * weights, op.outputs[0].elements


def _batch_norm_memory(op: Op) -> ReadWrite:
    batch, channels = op.source.shape[:2]
    return op.source.elements + batch * 2 * channels, op.source.elements


def _pool_memory(op: Op) -> ReadWrite:
    return op.source.elements, op.outputs[0].elements


def _transposed(op: Op) -> int:
    """Operations at each input position; the weight is ``Cin x Cout/g x Kh x Kw``."""
    inputs, outputs, *kernel = op.weight
    groups = op.attributes["groups"]
    assert isinstance(groups, int)
    products = inputs // groups * prod(kernel)
    return outputs * groups * (2 * products - 1 + bool(op.attributes["bias"]))


UPSAMPLINGS = ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")
# Classes whose formulas need the attributes of one kind of op.
OWN: Mapping[str, str] = {
    "Conv2d": "conv",
    "ConvTranspose2d": "conv_transpose",
    "BatchNorm2d": "batch_norm",
    "MaxPool2d": "max_pool",
    "AvgPool2d": "avg_pool",
    "Linear": "linear",
}
MADD: Mapping[str, Callable[[Op], int]] = {
    "Conv2d": _conv_madd,
    "ConvTranspose2d": lambda op: _image(op.source.shape) // op.source.shape[1] * _transposed(op),
    "BatchNorm2d": lambda op: 4 * _input_image(op),
    "MaxPool2d": lambda op: _window_madd(op, 1),
    "AvgPool2d": lambda op: _window_madd(op, 0),
    "ReLU": _input_image,
    "ReLU6": _input_image,
    "Softmax": _softmax_madd,
    "Linear": _linear_madd,
}
FLOPS: Mapping[str, Callable[[Op], int]] = {
    "Conv2d": _conv_flops,
    "BatchNorm2d": _batch_norm_flops,
    "AvgPool2d": _input_elements,
    "MaxPool2d": _input_elements,
    **dict.fromkeys(("ReLU", "ReLU6", "PReLU", "ELU", "LeakyReLU"), _input_elements),
    **dict.fromkeys(UPSAMPLINGS, _upsample_flops),
    "Linear": lambda op: op.outputs[0].elements * op.weight[-1],
}
REASONS: Mapping[str, str] = {
    "BatchNorm2d": "batch norm: 2 an element",
    **dict.fromkeys(("AvgPool2d", "MaxPool2d"), "pooling: 1 an input element"),
    **dict.fromkeys(UPSAMPLINGS, "upsampling: 1 an output position"),
}
MEMORY: Mapping[str, Callable[[Op], ReadWrite]] = {
    **dict.fromkeys(("ReLU", "ReLU6", "ELU", "LeakyReLU"), _unary_memory),
    "PReLU": _weighted_memory,
    "Conv2d": _weighted_memory,
    "Linear": _weighted_memory,
    "BatchNorm2d": _batch_norm_memory,
    "AvgPool2d": _pool_memory,
    "MaxPool2d": _pool_memory,
}
