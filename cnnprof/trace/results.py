"""The tensors of what a network returns, in whatever its author put them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

LEVELS = 3  # a dataclass in a list of a dataclass


def tensors_in(result: object, levels: int = LEVELS) -> list[Tensor]:
    """Those in tuples, lists and dicts, and among the attributes of objects that torch does not look into."""
    found: list[Tensor] = []
    for leaf in tree_leaves(result):
        if isinstance(leaf, Tensor):
            found.append(leaf)
        elif levels and (parts := _parts(leaf)):
            found += tensors_in(parts, levels - 1)
    return found


def unrolled(result: object) -> object:
    """What a generator yields, which does not run before it is asked; anything else as it is."""
    return list(result) if isinstance(result, Iterator) else result


def _parts(leaf: object) -> list[object]:
    """What an object holds; classes and modules hold no results."""
    if isinstance(leaf, (type, nn.Module)):
        return []
    if is_dataclass(leaf):
        return [getattr(leaf, field.name, None) for field in fields(leaf)]
    if isinstance(leaf, Mapping):
        return list(leaf.values())
    return list(getattr(leaf, "__dict__", {}).values())
