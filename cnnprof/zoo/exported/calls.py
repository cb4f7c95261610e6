"""A node of an exported graph as a call that torch can make.

Only torch's own aten ops run, and of those none that reads or writes files, resizes memory or skips bounds checks.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from cnnprof.errors import ModelError
from cnnprof.zoo.exported.archive import SAVE_AGAIN

# Numbers of torch/_export/serde/schema.py.
DTYPES: Mapping[int, torch.dtype] = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16,
    7: torch.float32, 8: torch.float64, 10: torch.complex64, 11: torch.complex128, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
MEMORY_FORMATS: Mapping[int, torch.memory_format] = {
    1: torch.contiguous_format, 2: torch.channels_last, 3: torch.channels_last_3d, 4: torch.preserve_format,
}  # fmt: skip
# Arithmetic on sizes.
ON_SIZES: Mapping[str, Callable[..., Any]] = {
    **{f"_operator.{name}": getattr(operator, name) for name in (
        "add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "eq", "ne", "lt", "le", "gt", "ge", "pow",
        "and_", "or_",
    )},
    **{f"math.{name}": getattr(math, name) for name in ("ceil", "floor", "trunc")},
    "torch.sym_max": max, "torch.sym_min": min, "torch.sym_not": operator.not_, "torch.sym_float": float,
}  # fmt: skip
ATEN = re.compile(r"torch\.ops\.aten\.([A-Za-z][A-Za-z0-9_]*|_[A-Za-z0-9_]+)\.([A-Za-z0-9_]+)", re.ASCII)
# Ops with an underscore are torch's inner ones, which trust their caller: only these run.
INNER = frozenset(
    {
        "_adaptive_avg_pool2d", "_assert_tensor_metadata", "_log_softmax", "_native_batch_norm_legit_no_training",
        "_prelu_kernel", "_scaled_dot_product_flash_attention_for_cpu", "_softmax", "_to_copy", "_unsafe_view",
        "_upsample_bilinear2d_aa", "_upsample_nearest_exact2d",
    }
)  # fmt: skip
REFUSED = frozenset(
    {"from_file", "save", "load", "set", "set_", "resize", "resize_", "resize_as_", "set_data"}
)
# These, and the ops of a backward pass, read or write wherever their indices and sizes say; no network in eval mode
# needs them.
UNCHECKED = frozenset({"ctc_loss", "mkldnn_rnn_layer", "native_batch_norm", "segment_reduce"})
# Text is an option's value in these arguments; in any other it could be a file's name.
OPTIONS = frozenset(
    {"padding", "approximate", "rounding_mode", "mode", "reduce", "indexing", "equation", "ord"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One node: what it calls, how its arguments are found, which names its results get, which values end here."""

    call: Callable[..., Any]
    arguments: tuple[tuple[str, Any], ...]
    keywords: tuple[tuple[str, str, Any], ...]
    results: tuple[Any, ...]
    last: tuple[str, ...] = ()


def read_step(node: Mapping[str, Any]) -> Step:
    """A node of the graph; ModelError for one that cnnprof does not run."""
    call, keyword_only = _find(node["target"])
    arguments: list[tuple[str, Any]] = []
    keywords: list[tuple[str, str, Any]] = []
    for entry in node["inputs"]:
        ((kind, content),) = entry["arg"].items()
        if kind in ("as_string", "as_strings") and entry["name"] not in OPTIONS:
            raise ModelError(
                f"{node['target']} takes a text as {entry['name']!r}, which cnnprof does not run", SAVE_AGAIN
            )
        if entry["name"] in keyword_only or keywords:
            keywords.append((entry["name"], kind, content))
        else:
            arguments.append((kind, content))
    return Step(call, tuple(arguments), tuple(keywords), tuple(node["outputs"]))


def _find(target: str) -> tuple[Callable[..., Any], frozenset[str]]:
    """The function of a node and its keyword-only arguments; ModelError for all but harmless aten ops."""
    if target in ON_SIZES:
        return ON_SIZES[target], frozenset()
    match = ATEN.fullmatch(target)
    name, overload = match.groups() if match else ("", "")
    if not match or not _is_harmless(name):
        raise ModelError(
            f"it calls {target}, which cnnprof does not run from a file",
            "pass a factory instead: file.py:factory",
        )
    try:
        found = getattr(getattr(torch.ops.aten, name), overload)
        schema = found._schema
    except (AttributeError, RuntimeError) as error:
        raise ModelError(
            f"it calls {target}, which torch {torch.__version__} does not have", SAVE_AGAIN
        ) from error
    return found, frozenset(argument.name for argument in schema.arguments if argument.kwarg_only)


def _is_harmless(name: str) -> bool:
    if name in REFUSED or name in UNCHECKED or name.endswith("_backward"):
        return False
    return name in INNER or not name.startswith("_")


def value_of(kind: str, content: Any, values: Mapping[str, Any]) -> Any:
    """An argument as torch takes it, from the way the archive writes it (``Argument`` of the schema)."""
    if kind in ("as_tensor", "as_sym_int", "as_sym_bool", "as_sym_float"):
        name = content.get("name", content.get("as_name"))
        return next(iter(content.values())) if name is None else values[name]
    if kind in ("as_tensors", "as_sym_ints", "as_sym_bools", "as_sym_floats"):
        return [value_of("as_tensor", item, values) for item in content]
    if kind == "as_optional_tensors":
        return [value_of(inner, part, values) for item in content for inner, part in item.items()]
    return _plain(kind, content)


def _plain(kind: str, content: Any) -> Any:
    if kind == "as_none":
        return None
    if kind == "as_scalar_type":
        return DTYPES[content]
    if kind == "as_memory_format":
        return MEMORY_FORMATS[content]
    if kind == "as_layout":
        return torch.strided
    if kind == "as_device":  # where the network runs now, not where it was exported
        return None
    if kind in ("as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_bools", "as_string"):
        return content
    raise ValueError(f"an argument of kind {kind}")


def bind(target: Mapping[str, Any], output: Any, values: dict[str, Any]) -> None:
    """Give a result its name, or the tensors of a list theirs."""
    names = names_in(target)
    if "as_tensors" in target:
        values.update(zip(names, output, strict=True))
    elif names:
        values[names[0]] = output


def names_in(argument: Mapping[str, Any]) -> list[str]:
    """The values that an argument names."""
    ((kind, content),) = argument.items()
    items = content if isinstance(content, list) else [content]
    names = []
    for item in items:
        inner = item.get("as_tensor", item) if isinstance(item, dict) else {}
        name = inner.get("name", inner.get("as_name")) if isinstance(inner, dict) else None
        if name is not None and not kind.endswith("_none"):
            names.append(name)
    return names
