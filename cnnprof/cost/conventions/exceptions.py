"""Layers that a counter's total is not reproduced for, told where the network has one: in what the counter counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cnnprof.cost.conventions.functions import UPSAMPLINGS, called
from cnnprof.cost.conventions.modules import BY_KEYWORD
from cnnprof.cost.conventions.ptflops import OF_INPUTS as PTFLOPS_HOOKS
from cnnprof.cost.conventions.recurrent import LAYERS, has_sizes, is_operator, projected
from cnnprof.cost.conventions.thop import OF_INPUTS as THOP_HOOKS
from cnnprof.records.convention import Convention
from cnnprof.records.graph import Graph, Op


def with_exceptions(said: Convention, graph: Graph) -> Convention:
    """The same, with the layers of this network that its total is not to be trusted for."""
    layers = tuple(_layers(said.name, graph))
    return (
        replace(said, counts=f"{said.counts}; not reproduced here: {', '.join(layers)}") if layers else said
    )


def _layers(counter: str, graph: Graph) -> Iterator[str]:
    for layers, counters, has in EXCEPTIONS:
        if counter in counters and has(graph):
            yield layers


def _has_attention(graph: Graph) -> bool:
    return any(call.base == "MultiheadAttention" for call in graph.calls) or any(
        called(op) == "multi_head_attention_forward" for op in graph.ops
    )


def _has_recurrent(graph: Graph) -> bool:
    return any(call.base in LAYERS for call in graph.calls) or any(is_operator(op) for op in graph.ops)


def _has_projection(graph: Graph) -> bool:
    return bool(projected(graph))


def _has_packed(graph: Graph) -> bool:
    """A packed sequence is no tensor, and its shape is not recorded."""
    return any(call.base in LAYERS and not call.input and not call.keyword for call in graph.calls)


def _has_remade(graph: Graph) -> bool:
    return any(
        call.native and call.module in LAYERS and call.input and not has_sizes(call) for call in graph.calls
    )


def _by_keyword(classes: frozenset[str]) -> Callable[[Graph], bool]:
    return lambda graph: any(call.keyword and call.native and call.module in classes for call in graph.calls)


def _has_leaf_by_keyword(graph: Graph) -> bool:
    return any(call.keyword and call.leaf for call in graph.calls)


def _has_area(graph: Graph) -> bool:
    pooled = (op for op in graph.ops if op.kind == "adaptive_avg_pool" and op.call in UPSAMPLINGS)
    return any(op.source.shape[-2] == op.outputs[0].shape[-2] == 1 for op in pooled)


def _has_listed(graph: Graph) -> bool:
    return any(
        op.call in UPSAMPLINGS and isinstance(op.attributes.get("scale_factor"), list) for op in graph.ops
    )


def _has_unlike_batches(graph: Graph) -> bool:
    """All dimensions but the last two are batch and heads, of which it expects one size in all three."""
    found = [_batches(op) for op in graph.ops if op.kind == "attention"]
    return any(len(batches) > 1 or () in batches for batches in found)


def _batches(op: Op) -> set[Any]:
    shapes: list[Any] = [op.source.shape, op.attributes["key"], op.attributes["value"]]
    return {shape[:-2] for shape in shapes}


def _has_einsum(graph: Graph) -> bool:
    return any(called(op) == "einsum" for op in graph.ops)


def _has_other_einsum(graph: Graph) -> bool:
    """One that is no plain matrix product."""
    other = ("mul", "sum", "diagonal")
    return any(called(op) == "einsum" and op.function in other for op in graph.ops)


def _matmuls(graph: Graph) -> frozenset[str]:
    """What torch has run for ``torch.matmul`` below it: vectors are left to its kernels, in a real pass everything."""
    return frozenset(op.function for op in graph.ops if called(op) == "matmul")


def _has_left_vector(graph: Graph) -> bool:
    return graph.method == "shapes" and "bmm" in _matmuls(graph)


def _has_right_vector(graph: Graph) -> bool:
    return bool(_matmuls(graph) & {"mv", "dot"})


def _has_folded(graph: Graph) -> bool:
    return graph.method == "forward" and "mm" in _matmuls(graph)


# torch runs attention layers by one fused op where it keeps no gradients, in eval mode, and by functions elsewhere:
# what a counter prints depends on how it is called. DeepSpeed's own formulas for the others are not written here.
EXCEPTIONS: tuple[tuple[str, frozenset[str], Callable[[Graph], bool]], ...] = (
    (
        "nn.MultiheadAttention and the nn.Transformer layers around it, which torch fuses where no gradients are kept",
        frozenset({"fvcore", "ptflops", "ptflops-aten", "torchprofile", "torch", "deepspeed"}),
        _has_attention,
    ),
    ("recurrent layers", frozenset({"deepspeed"}), _has_recurrent),
    ("nn.LSTM with a projection", frozenset({"torchprofile"}), _has_projection),
    (
        "recurrent layers on packed sequences",
        frozenset({"thop", "ptflops", "torchinfo", "torchprofile"}),
        _has_packed,
    ),
    ("recurrent layers with masked or remade weights", frozenset({"thop", "ptflops"}), _has_remade),
    (BY_KEYWORD, frozenset({"thop"}), _by_keyword(THOP_HOOKS)),
    (BY_KEYWORD, frozenset({"ptflops"}), _by_keyword(PTFLOPS_HOOKS)),
    (BY_KEYWORD, frozenset({"torchstat"}), _has_leaf_by_keyword),
    ('F.interpolate(mode="area") of one dimension', frozenset({"fvcore"}), _has_area),
    ("F.interpolate by a list of factors, which it fails at", frozenset({"ptflops"}), _has_listed),
    (
        "attention without a batch, or whose query has another than key and value",
        frozenset({"torchprofile"}),
        _has_unlike_batches,
    ),
    ("einsum", frozenset({"deepspeed"}), _has_einsum),
    ("einsum that is no matrix product", frozenset({"fvcore", "torchprofile"}), _has_other_einsum),
    ("torch.matmul of a vector by matrices", frozenset({"ptflops-aten", "torch"}), _has_left_vector),
    ("torch.matmul by a vector, which it fails at", frozenset({"fvcore"}), _has_right_vector),
    (
        "torch.matmul with a weight, whose side is not seen in a real pass",
        frozenset({"fvcore", "ptflops", "deepspeed"}),
        _has_folded,
    ),
)
