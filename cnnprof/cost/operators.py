"""What runtimes call the kinds of ops: ONNX, OpenVINO and ncnn by their types, aten and inductor by their names."""

from __future__ import annotations

from collections.abc import Mapping

from cnnprof.cost.fusion import ACTIVATIONS

CONV = frozenset({"conv", "conv_transpose"})
PRODUCT = frozenset({"linear", "matmul"})
HEAVY = CONV | PRODUCT
MEAN = frozenset({"reduce", "adaptive_avg_pool", "avg_pool"})

# Lower case, without underscores and digits for dimensions.
WORDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "conv",
            "convolution",
            "convolutiondepthwise",
            "groupconvolution",
            "fusedconv",
            "qlinearconv",
            "convinteger",
            "convolutionpointwise",
        ),
        CONV,
    ),
    **dict.fromkeys(
        (
            "convtranspose",
            "deconvolution",
            "deconvolutiondepthwise",
            "convolutionbackpropdata",
            "groupdeconvolution",
        ),
        CONV,
    ),
    **dict.fromkeys(
        ("gemm", "matmul", "fullyconnected", "innerproduct", "fusedgemm", "fusedmatmul"), PRODUCT
    ),
    **dict.fromkeys(("addmm", "mm", "linear", "mkllinear", "linearpointwise"), PRODUCT),
    **{name: frozenset({name}) for name in ("lstm", "gru", "rnn")},
    **dict.fromkeys(("batchnormalization", "batchnorm", "batchnorminference"), frozenset({"batch_norm"})),
    **dict.fromkeys(("layernormalization", "layernorm", "mvn"), frozenset({"layer_norm", "group_norm"})),
    **dict.fromkeys(("clip", "clamp"), frozenset({"clamp", "relu6", "hard_tanh"})),
    **dict.fromkeys(("hardtanh", "relu6"), frozenset({"hard_tanh", "relu6", "clamp"})),
    "relu": frozenset({"relu"}),
    **dict.fromkeys(("hardswish", "hswish"), frozenset({"hard_swish"})),
    **dict.fromkeys(("hardsigmoid", "hsigmoid"), frozenset({"hard_sigmoid"})),
    "sigmoid": frozenset({"sigmoid", "silu"}),
    **dict.fromkeys(("swish", "silu", "quickgelu"), frozenset({"silu"})),
    **dict.fromkeys(("leakyrelu", "prelu"), frozenset({"leaky_relu"})),
    "gelu": frozenset({"gelu"}),
    "glu": frozenset({"glu"}),
    "mish": frozenset({"mish"}),
    "tanh": frozenset({"tanh"}),
    "elu": frozenset({"elu"}),
    "softplus": frozenset({"softplus"}),
    "softmax": frozenset({"softmax"}),
    **dict.fromkeys(("add", "sum"), frozenset({"add"})),
    **dict.fromkeys(("sub", "subtract"), frozenset({"sub"})),
    **dict.fromkeys(("mul", "multiply"), frozenset({"mul"})),
    **dict.fromkeys(("div", "divide"), frozenset({"div"})),
    **dict.fromkeys(("pow", "power"), frozenset({"pow"})),
    "sqrt": frozenset({"sqrt"}),
    "binaryop": frozenset({"add", "sub", "mul", "div", "maximum", "minimum", "pow"}),
    "eltwise": frozenset({"add", "sub", "mul", "div", "maximum", "minimum"} | ACTIVATIONS),
    **dict.fromkeys(("concat", "concatenation", "cat"), frozenset({"concat"})),
    **dict.fromkeys(("maxpool", "maxpooling"), frozenset({"max_pool", "adaptive_max_pool"})),
    **dict.fromkeys(("averagepool", "avgpool", "globalaveragepool", "pooling"), MEAN | {"max_pool"}),
    **dict.fromkeys(("reducemean", "reduce", "mean", "reducesum", "reduction"), MEAN),
    # Of a channel shuffle, the transposition is what copies; shapes and splits are views of it.
    **dict.fromkeys(("transpose", "permute"), frozenset({"copy"})),
    **dict.fromkeys(("shufflechannel", "shufflechannels", "channelshuffle"), frozenset({"copy"})),
    **dict.fromkeys(
        (
            "reshape",
            "flatten",
            "squeeze",
            "unsqueeze",
            "split",
            "variadicsplit",
            "slice",
            "stridedslice",
            "crop",
        ),
        frozenset({"view"}),
    ),
    "pad": frozenset({"pad"}),
    **dict.fromkeys(("gather", "gathernd"), frozenset({"gather", "view", "copy"})),
    **dict.fromkeys(
        ("resize", "interpolate", "interp", "upsample"),
        frozenset(f"upsample_{how}" for how in ("nearest", "linear", "bilinear", "trilinear", "bicubic")),
    ),
}
NOTHING: frozenset[str] = frozenset()


def kinds_of(word: str) -> frozenset[str]:
    """The kinds of op that a runtime's word may mean; none for a word that is not known.

    >>> sorted(kinds_of("Clip"))
    ['clamp', 'hard_tanh', 'relu6']
    """
    return WORDS.get(word.lower().replace("_", ""), NOTHING)
