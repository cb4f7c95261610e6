"""Lists, dicts and sets that modules keep among their attributes: what a pass puts into them is taken out again.

Detectors keep grids of anchors in them, others positions by size. A tensor without data that stayed there would fail
the next real pass. The containers themselves stay in place, as a hook may hold the same one.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from operator import is_
from typing import Any

from torch import nn

KINDS: frozenset[type[Any]] = frozenset({list, dict, set, OrderedDict, defaultdict, deque})
MAPPINGS: frozenset[type[Any]] = frozenset({dict, OrderedDict, defaultdict})
TORCHS_OWN = frozenset(vars(nn.Module()))
LEVELS = 3  # a list of dicts of lists; what lies deeper is no cache
Kept = list[tuple[Any, Any]]


def keep_contents(found: Sequence[tuple[nn.Module, Mapping[str, Any]]]) -> Kept:
    """Every container among the attributes of modules, with a copy of what is in it.

    Layers of torch's own have none that a pass changes.
    """
    kept: Kept = []
    seen: set[int] = set()
    classes = {module.__class__ for module, _ in found}
    layers, bare = {cls for cls in classes if cls.__module__.startswith("torch.nn.")}, len(TORCHS_OWN)
    for module, own in found:
        if module.__class__ in layers or len(own) == bare:
            continue
        for name, value in own.items():
            if name not in TORCHS_OWN and value.__class__ in KINDS:
                kept.extend(_walk(value, LEVELS, seen))
    return kept


def _walk(container: Any, levels: int, seen: set[int]) -> Iterator[tuple[Any, Any]]:
    if id(container) in seen or not levels:
        return
    seen.add(id(container))
    yield container, container.copy()
    for value in container.values() if container.__class__ in MAPPINGS else container:
        if value.__class__ in KINDS:
            yield from _walk(value, levels - 1, seen)


def put_back(kept: Kept) -> None:
    """Each container as it was found; one that nothing has changed is not touched."""
    for container, before in kept:
        if _is_same(container, before):
            continue
        container.clear()
        if container.__class__ in (list, deque):
            container.extend(before)
        else:
            container.update(before)


def _is_same(container: Any, before: Any) -> bool:
    """By identity: comparing tensors by value would compute."""
    if len(container) != len(before) or not all(map(is_, container, before)):
        return False
    return container.__class__ not in MAPPINGS or all(map(is_, container.values(), before.values()))
