"""Multiply-accumulates and floating-point operations of each kind of op.

``macs`` are those of convolutions, linear layers and matrix products. ``flops`` are 2 x macs, one per output element
for a bias, and the constants below for everything else. Shapes are in the comments; attributes come from the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from cnnprof.cost.recurrent import TIMES, recurrent_flops, recurrent_macs
from cnnprof.records.graph import Op

Shape = tuple[int, ...]

# Flops for each output element. A comparison, an addition, a multiplication, an exponential count one each.
PER_ELEMENT: Mapping[str, int] = {
    "relu": 1,
    "relu6": 1,
    "hard_tanh": 1,
    "leaky_relu": 1,
    "clamp": 1,
    "soft_shrink": 2,  # compare, and add or subtract the threshold
    "add": 1,
    "sub": 1,
    "mul": 1,
    "div": 1,
    "multiply_add": 2,  # x + factor * a * b, the factor folded; or a / b
    "lerp": 3,  # a + weight * (b - a)
    "pow": 1,
    "sqrt": 1,
    "exp": 1,
    "neg": 1,
    "abs": 1,
    "round": 1,
    "maximum": 1,
    "minimum": 1,
    "compare": 1,
    "hard_sigmoid": 3,  # relu6(x + 3) / 6
    "hard_swish": 4,  # x * hard_sigmoid(x)
    "sigmoid": 4,  # 1 / (1 + exp(-x))
    "silu": 5,  # x * sigmoid(x)
    "tanh": 5,  # 2 * sigmoid(2x) - 1, with the factor folded
    "softplus": 3,  # log(1 + exp(x))
    "mish": 9,  # x * tanh(softplus(x))
    "elu": 3,  # compare, exp(x) - 1
    "gelu": 5,  # x * (1 + erf(x / sqrt 2)) / 2
    "softmax": 5,  # max, subtract, exp, sum, divide
    "batch_norm": 2,  # folded scale and shift
    "layer_norm": 7,  # mean, centre, square, sum, scale, and the affine pair
    "group_norm": 7,
    "quantize": 4,  # divide by the scale, round, add the zero point, clamp
    "dequantize": 2,  # subtract the zero point, multiply
    "dynamic_quantize": 6,  # quantize by the largest and the smallest
    "fake_quantize": 6,  # quantize and dequantize in one; where it also watches the range, that is for training
    "weight_norm": 2,  # sum of squares, scale
    "glu": 5,  # a * sigmoid(b), the two halves of its input
    "upsample_linear": 3,  # two products, one sum
    "upsample_bilinear": 7,  # four products, three sums
    "upsample_trilinear": 15,  # eight products, seven sums
    "upsample_bicubic": 31,  # sixteen products, fifteen sums
}

# Ops that move bytes and compute nothing.
MOVES = frozenset({"concat", "copy", "pad", "gather", "scatter", "fill", "upsample_nearest"})

# Layers with a weight that each input meets.
WEIGHTED = ("conv", "conv_transpose", "linear")

# Ops that neither compute nor move: views, layers that do nothing in eval mode, and memory that is not filled.
FREE = frozenset({"view", "identity", "empty"})


def _ints(op: Op, name: str) -> Shape:
    value = op.attributes[name]
    assert isinstance(value, tuple)
    return value


def conv_macs(op: Op) -> int:
    """``N x Cout x Hout x Wout x (Cin/groups) x Kh x Kw``; the weight is ``Cout x Cin/groups x Kh x Kw``."""
    return op.outputs[0].elements * prod(op.weight[1:])


def conv_transpose_macs(op: Op) -> int:
    """``N x Cin x Hin x Win x (Cout/groups) x Kh x Kw``; the weight is ``Cin x Cout/groups x Kh x Kw``."""
    return op.source.elements * prod(op.weight[1:])


def linear_macs(op: Op) -> int:
    """``... x in`` by ``out x in``."""
    return op.outputs[0].elements * op.weight[-1]


def matmul_macs(op: Op) -> int:
    """``... x M x K`` by ``... x K x N``: every output element takes K."""
    inner = op.attributes["inner"]
    assert isinstance(inner, int)
    return op.outputs[0].elements * inner


def attention_macs(op: Op) -> int:
    """Scores ``... x L x E`` by ``... x S x E``, then ``... x L x S`` by ``... x S x V``."""
    query, key, value = (_ints(op, name) for name in ("query", "key", "value"))
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


MACS: Mapping[str, Callable[[Op], int]] = {
    "conv": conv_macs,
    "conv_transpose": conv_transpose_macs,
    "linear": linear_macs,
    "matmul": matmul_macs,
    "attention": attention_macs,
    **dict.fromkeys(TIMES, recurrent_macs),
}


def window_reads(op: Op) -> int:
    """Input elements summed over all windows of a pooling op; positions outside the input are not elements."""
    sizes, counts = op.source.shape, op.outputs[0].shape
    dims = len(_ints(op, "kernel"))
    reads = prod(counts[:-dims])
    columns = zip(
        sizes[-dims:],
        counts[-dims:],
        *(_ints(op, name) for name in ("kernel", "stride", "padding", "dilation")),
        strict=True,
    )
    for size, count, kernel, stride, padding, dilation in columns:
        offsets = range(-padding, kernel * dilation - padding, dilation)
        reads *= sum([_windows_inside(offset, stride, count, size) for offset in offsets])
    return reads


def _windows_inside(offset: int, stride: int, count: int, size: int) -> int:
    """In how many of ``count`` windows the element ``offset`` from the window's start is one of the input."""
    first = max(0, -(offset // stride))  # the smallest i with i stride + offset >= 0
    last = min(count - 1, (size - 1 - offset) // stride)
    return max(0, last - first + 1)


def adaptive_reads(op: Op) -> int:
    """The same for adaptive pooling: window ``i`` of ``n`` spans ``floor(i s/n)`` to ``ceil((i+1) s/n)``.

    A dimension that keeps its size, as images and channels do, has a window for each element.
    """
    reads = 1
    for size, count in zip(op.source.shape, op.outputs[0].shape, strict=True):
        windows = () if size == count else range(count)
        reads *= sum(-(-(i + 1) * size // count) - i * size // count for i in windows) or count
    return reads


def input_reads(op: Op) -> int:
    """One for each input element (sums, means, maxima over dimensions, sums of patches that overlap)."""
    return op.source.elements


def local_response_flops(op: Op) -> int:
    """``x / (k + alpha mean(x^2 of size neighbours))^beta``: square, scale, add, power, division and the mean."""
    size = op.attributes["size"]
    assert isinstance(size, int)
    return op.source.elements * (5 + size)


READS: Mapping[str, Callable[[Op], int]] = {
    "max_pool": window_reads,
    "avg_pool": window_reads,
    "adaptive_avg_pool": adaptive_reads,
    "adaptive_max_pool": adaptive_reads,
    "reduce": input_reads,
}
FORMULAS: Mapping[str, Callable[[Op], int]] = {**READS, "local_response_norm": local_response_flops}

# What stands in none of the tables is uncounted: no op is skipped in silence.
UNCOUNTED = "uncounted"
STATUS: Mapping[str, str] = {
    **dict.fromkeys((*PER_ELEMENT, *MACS, *FORMULAS, *MOVES), "costed"),
    **dict.fromkeys(FREE, "free"),
}


def macs(op: Op) -> int:
    """Multiply-accumulates of one op."""
    formula = MACS.get(op.kind)
    return formula(op) if formula else 0


def flops(op: Op, op_macs: int) -> int:
    """Floating-point operations of one op, given its macs."""
    kind = op.kind
    if kind in PER_ELEMENT:
        # By its input's own statistics, as instance norm does, nothing can be folded: a group norm of single channels.
        own = kind == "batch_norm" and op.attributes.get("training")
        each = PER_ELEMENT["group_norm" if own else kind]
        terms = op.attributes.get("terms")  # of a sum or a maximum of several tensors
        return each * op.outputs[0].elements * (terms - 1 if isinstance(terms, int) else 1)
    if kind in MACS:
        return 2 * op_macs + BESIDES.get(kind, _bias)(op)
    formula = FORMULAS.get(kind)
    return formula(op) if formula else 0


def _bias(op: Op) -> int:
    return op.outputs[0].elements if op.attributes.get("bias") else 0


def _softmax_inside(op: Op) -> int:
    """Fused attention also scales and normalises its ``... x L x S`` scores."""
    query, key = _ints(op, "query"), _ints(op, "key")
    return prod(query[:-1]) * key[-2] * (PER_ELEMENT["softmax"] + 1)


# Flops of ops that multiply, besides their products; a bias for all others.
BESIDES: Mapping[str, Callable[[Op], int]] = {
    "attention": _softmax_inside,
    **dict.fromkeys(TIMES, lambda op: recurrent_flops(op, PER_ELEMENT)),
}


def activations(op: Op) -> int:
    """Output elements of a convolution or linear layer (Radosavovic et al. 2020, section 2.2; fvcore, timm)."""
    return sum([value.elements for value in op.outputs])
