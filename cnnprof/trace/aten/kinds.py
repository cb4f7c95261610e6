"""What aten's ops are called here, and which of them are not what their schema says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# aten's name -> cnnprof's kind; what stands in no table keeps its own name and shows up as uncounted.
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("convolution", "_convolution", "convolution_overrideable"), "conv"),
    **dict.fromkeys(("mm", "bmm", "addmm", "baddbmm", "addbmm", "mv", "addmv", "dot", "vdot", "matmul"), "matmul"),
    "linear": "linear",
    **dict.fromkeys(
        (
            "scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention",
            "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_attention_math",
        ),
        "attention",
    ),
    **dict.fromkeys(
        (
            "batch_norm", "native_batch_norm", "cudnn_batch_norm", "_native_batch_norm_legit_no_training",
            "_native_batch_norm_legit", "_batch_norm_no_update", "miopen_batch_norm",
        ),
        "batch_norm",
    ),
    "native_layer_norm": "layer_norm", "layer_norm": "layer_norm",
    "native_group_norm": "group_norm", "group_norm": "group_norm", "_weight_norm_interface": "weight_norm",
    "relu": "relu", "hardtanh": "hard_tanh", "relu6": "relu6", "hardswish": "hard_swish",
    "hardsigmoid": "hard_sigmoid", "silu": "silu", "sigmoid": "sigmoid", "tanh": "tanh", "gelu": "gelu",
    "mish": "mish", "leaky_relu": "leaky_relu", "prelu": "leaky_relu", "_prelu_kernel": "leaky_relu",
    "elu": "elu", "celu": "elu", "threshold": "relu", "rrelu_with_noise": "leaky_relu",
    "log_sigmoid_forward": "softplus", "softplus": "softplus",
    **dict.fromkeys(
        ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
         "sinh", "cosh", "asinh", "acosh", "atanh", "erf", "erfc", "erfinv"),
        "exp",
    ),
    "hardshrink": "relu", "softshrink": "soft_shrink", "sqrt": "sqrt", "glu": "glu",
    "rsqrt": "sqrt", "neg": "neg", "abs": "abs", "clamp": "clamp", "clamp_min": "clamp", "clamp_max": "clamp",
    "_softmax": "softmax", "_safe_softmax": "softmax", "_log_softmax": "softmax", "softmax": "softmax",
    "reciprocal": "div", "floor": "round", "ceil": "round", "round": "round", "trunc": "round",
    "sign": "compare", "nan_to_num": "clamp",
    "add": "add", "rsub": "sub", "sub": "sub", "mul": "mul", "div": "div", "pow": "pow",
    "addcmul": "multiply_add", "addcdiv": "multiply_add", "lerp": "lerp",
    "remainder": "div", "fmod": "div", "floor_divide": "div",
    "maximum": "maximum", "fmax": "maximum", "minimum": "minimum", "fmin": "minimum",
    **dict.fromkeys(
        ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_not", "logical_xor",
         "bitwise_and", "bitwise_or", "bitwise_not", "bitwise_xor", "where", "masked_fill", "isnan", "isinf"),
        "compare",
    ),
    **dict.fromkeys(
        ("mean", "sum", "amax", "amin", "max", "min", "argmax", "argmin", "prod", "var", "var_mean", "std",
         "std_mean", "aminmax", "linalg_vector_norm", "norm", "cumsum", "cumprod", "any", "all", "count_nonzero",
         "logsumexp", "topk", "sort", "median", "kthvalue", "col2im"),
        "reduce",
    ),
    "max_pool2d_with_indices": "max_pool", "max_pool2d": "max_pool", "mkldnn_max_pool2d": "max_pool",
    "max_pool3d_with_indices": "max_pool", "avg_pool2d": "avg_pool", "avg_pool3d": "avg_pool",
    **dict.fromkeys(("_adaptive_avg_pool2d", "adaptive_avg_pool2d", "_adaptive_avg_pool3d"), "adaptive_avg_pool"),
    **dict.fromkeys(("adaptive_max_pool2d", "adaptive_max_pool3d"), "adaptive_max_pool"),
    "cat": "concat", "stack": "concat",
    "constant_pad_nd": "pad", "_pad_circular": "pad",
    **dict.fromkeys((f"{how}_pad{dims}d" for how in ("reflection", "replication") for dims in (1, 2, 3)), "pad"),
    **dict.fromkeys(
        (f"{how}{dims}d" for how in ("upsample_nearest", "_upsample_nearest_exact") for dims in (1, 2, 3)),
        "upsample_nearest",
    ),
    "upsample_linear1d": "upsample_linear", "upsample_trilinear3d": "upsample_trilinear",
    "upsample_bicubic2d": "upsample_bicubic", "_upsample_bicubic2d_aa": "upsample_bicubic",
    **dict.fromkeys(("upsample_bilinear2d", "_upsample_bilinear2d_aa", "grid_sampler_2d"), "upsample_bilinear"),
    **dict.fromkeys(
        ("clone", "copy_", "copy", "_to_copy", "contiguous", "repeat", "roll", "flip", "rot90", "pixel_shuffle",
         "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "im2col", "tril", "triu", "slice_scatter",
         "select_scatter", "_reshape_copy", "lift_fresh_copy", "repeat_interleave", "index_put", "scatter",
         "max_unpool2d"),
        "copy",
    ),
    **dict.fromkeys(("index_put_", "scatter_"), "scatter"),
    **dict.fromkeys(("index", "index_select", "gather", "embedding", "take"), "gather"),
    **dict.fromkeys(
        ("zeros", "ones", "full", "arange", "linspace", "zeros_like", "ones_like", "full_like", "new_zeros",
         "new_ones", "new_full", "scalar_tensor", "rand", "randn", "rand_like", "randn_like", "fill", "zero", "eye",
         "normal", "uniform", "bernoulli_", "exponential_"),
        "fill",
    ),
    **dict.fromkeys(("empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided"), "empty"),
    **dict.fromkeys(("native_dropout", "dropout", "alias", "detach", "lift_fresh"), "identity"),
    **dict.fromkeys(("quantize_per_tensor", "quantize_per_channel"), "quantize"), "dequantize": "dequantize",
    "quantize_per_tensor_dynamic": "dynamic_quantize",
    **dict.fromkeys(
        ("fake_quantize_per_tensor_affine_cachemask", "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams",
         "fake_quantize_per_channel_affine_cachemask", "_fused_moving_avg_obs_fq_helper"),
        "fake_quantize",
    ),
}  # fmt: skip
# The same of a network that was exported and then quantised (PT2E).
DECOMPOSED: Mapping[str, str] = {
    f"{step}_per_{part}": step for step in ("quantize", "dequantize") for part in ("tensor", "channel")
}
LIBRARIES: Mapping[str, Mapping[str, str]] = {"aten": KINDS, "quantized_decomposed": DECOMPOSED}


# Views whose schema does not say so.
UNSAFE_VIEWS = frozenset(
    f"aten::{name}" for name in ("_unsafe_view", "unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk")
)
# What these return beside their result (statistics, indices) is for a backward pass, unless something reads it.
WITH_EXTRAS = frozenset(
    {
        "batch_norm", "layer_norm", "group_norm", "attention", "max_pool", "adaptive_max_pool", "softplus",
        "weight_norm", "fake_quantize",
    }
)  # fmt: skip
# Their schemas put what is added to a product before it.
BIAS_FIRST = frozenset({"addmm", "baddbmm", "addbmm", "addmv"})
ASKS = frozenset({"equal"})  # what looks at whole tensors and returns none


def kind_of(func: Any) -> str:
    """cnnprof's kind for an op; one that no table has keeps its name: ``quantized::linear`` is not ``aten::linear``."""
    name: str = func.overloadpacket.__name__
    kinds = LIBRARIES.get(func.namespace, {})
    return kinds.get(name) or kinds.get(name.removesuffix("_")) or f"{func.namespace}.{name}"


def kind_between(low: float = -1.0, high: float = 1.0) -> str:
    """What ``hardtanh`` is at these bounds: torch runs ReLU6 by it."""
    return "relu6" if (low, high) == (0, 6) else "hard_tanh"
