"""Why the shape of a value stays unknown, and what the user can do about it."""

from __future__ import annotations

from typing import Any

from cnnprof.errors import ModelError
from cnnprof.trace.onnx.contributed import DOMAIN
from cnnprof.trace.onnx.inference import title
from cnnprof.trace.onnx.nodes import attribute

UNKNOWN_OPERATOR = "export the network with standard operators, or with the shapes of its values in the file"
DATA_DEPENDENT = "export the network with fixed shapes; parts whose shapes depend on values cannot be counted"
CHOOSING = "export the network without its post-processing: how much that writes depends on values"
FOR_ONE_PROCESSOR = (
    "ONNX Runtime saved it for one processor: count the file it was made from, or save it again at "
    "ORT_ENABLE_EXTENDED"
)
# What only the values say the shape of: these pick boxes, places or steps.
CHOOSERS = frozenset({"NonMaxSuppression", "NonZero", "Unique", "Compress", "Loop"})


def unknown_shape(name: str, node: Any, is_inferred: bool) -> ModelError:
    """The error for a value that a node writes; ``is_inferred`` where ONNX knows such nodes."""
    if not is_inferred:
        hint = FOR_ONE_PROCESSOR if _is_laid_out(node) else UNKNOWN_OPERATOR
        return ModelError(f"the shape of {name!r} is not known: ONNX infers none for {title(node)}", hint)
    hint = CHOOSING if node.op_type in CHOOSERS else DATA_DEPENDENT
    return ModelError(f"the shape of {name!r} is not known before {title(node)} has run", hint)


def _is_laid_out(node: Any) -> bool:
    """Whether a node reads channels in an order of ONNX Runtime's own: in blocks, or last."""
    last = node.domain == DOMAIN and attribute(node, "channels_last", 0)
    return node.domain == f"{DOMAIN}.nchwc" or bool(last)
