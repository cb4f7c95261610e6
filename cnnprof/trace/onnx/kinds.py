"""Which ONNX operator is which of cnnprof's kinds, and which of its inputs are weights."""

from __future__ import annotations

from collections.abc import Mapping

# Kinds that need no attribute; what stands neither here nor among the readers of ``operators`` keeps its name and
# shows up as uncounted.
KINDS: Mapping[str, str] = {
    "Relu": "relu", "ThresholdedRelu": "relu", "LeakyRelu": "leaky_relu", "PRelu": "leaky_relu",
    "Elu": "elu", "Selu": "elu", "Celu": "elu", "Sigmoid": "sigmoid",
    "HardSwish": "hard_swish", "Swish": "silu", "Tanh": "tanh", "Softplus": "softplus", "Mish": "mish", "Gelu": "gelu",
    "Softmax": "softmax", "LogSoftmax": "softmax",
    **dict.fromkeys(
        ("Erf", "Exp", "Log", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh"),
        "exp",
    ),
    "Sqrt": "sqrt", "Neg": "neg", "Abs": "abs",
    **dict.fromkeys(("Floor", "Ceil", "Round"), "round"), "Reciprocal": "div", "Sign": "compare",
    "Add": "add", "Sum": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Mod": "div", "Pow": "pow",
    "Max": "maximum", "Min": "minimum",
    **dict.fromkeys(
        ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "Where", "IsNaN",
         "IsInf"),
        "compare",
    ),
    **dict.fromkeys(
        ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
         "ReduceLogSumExp", "ReduceSumSquare", "GlobalLpPool", "ArgMax", "ArgMin", "CumSum", "TopK"),
        "reduce",
    ),
    "InstanceNormalization": "group_norm", "GroupNormalization": "group_norm",
    "Concat": "concat", "Pad": "pad", "GridSample": "upsample_bilinear",
    "QuantizeLinear": "quantize", "DequantizeLinear": "dequantize", "DynamicQuantizeLinear": "dynamic_quantize",
    # What torch answers with a view is a copy in ONNX, whose tensors have no strides.
    **dict.fromkeys(("Transpose", "Split", "Expand", "Tile", "Cast", "CastLike", "DepthToSpace", "SpaceToDepth",
                     "Trilu", "ScatterND", "ScatterElements", "ReverseSequence"), "copy"),
    **dict.fromkeys(("Slice", "Gather", "GatherElements", "GatherND", "Compress"), "gather"),
    **dict.fromkeys(("ConstantOfShape", "Range", "EyeLike", "OneHot", "RandomNormal", "RandomUniform",
                     "RandomNormalLike", "RandomUniformLike"), "fill"),
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), "view"),
    **dict.fromkeys(("Identity", "Dropout"), "identity"),
}  # fmt: skip

# Which inputs are weights whatever their dtype, and which are statistics, scales or places that nobody trains.
WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "Conv": (1, 2), "ConvTranspose": (1, 2), "DeformConv": (1, 3), "Gemm": (0, 1, 2), "MatMul": (0, 1),
    "BatchNormalization": (1, 2), "LayerNormalization": (1, 2), "RMSNormalization": (1,),
    "SimplifiedLayerNormalization": (1,), "QLinearConv": (3, 8), "ConvInteger": (1,), "QLinearMatMul": (0, 3),
    "MatMulInteger": (0, 1), "PRelu": (1,),
    "LSTM": (1, 2, 3), "GRU": (1, 2, 3), "RNN": (1, 2, 3),
    # ONNX Runtime's own: the operands, then the bias.
    "QGemm": (0, 3, 6), "FusedMatMul": (0, 1), "DynamicQuantizeMatMul": (0, 1, 4), "MatMulIntegerToFloat": (0, 1, 6),
}  # fmt: skip
STATISTICS: Mapping[str, tuple[int, ...]] = {
    "BatchNormalization": (3, 4), "QLinearConv": (1, 2, 4, 5, 6, 7), "QLinearMatMul": (1, 2, 4, 5, 6, 7),
    "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2), "GridSample": (1,),
}  # fmt: skip
# Which inputs say what to compute and are read before any of it: sizes and scales.
SETTINGS: Mapping[str, tuple[int, ...]] = {"Resize": (1, 2, 3), "Upsample": (1,)}
