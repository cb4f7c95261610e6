"""What counters tell norms apart by: a weight of their own, and whose statistics they take."""

from __future__ import annotations

from cnnprof.cost.conventions.functions import called
from cnnprof.records.graph import Op


def is_affine(op: Op) -> bool:
    """Whether a norm has a weight; where its call does not say so, it reads one beside its input."""
    affine = op.attributes.get("affine")
    return len(op.inputs) + len(op.parameters) > 1 if affine is None else bool(affine)


def is_fixed(op: Op) -> bool:
    """Whether it is a batch norm by running statistics: a scale and a shift that are known beforehand.

    An instance norm is run as a batch norm, and is none to a counter.
    """
    return op.kind == "batch_norm" and called(op) != "instance_norm" and not op.attributes.get("training")


def per_element(op: Op) -> int:
    """What fvcore and DeepSpeed estimate: 2 with fixed statistics, 5 with those of the input; 1 less unless affine."""
    return (2 if is_fixed(op) else 5) - (0 if is_affine(op) else 1)
