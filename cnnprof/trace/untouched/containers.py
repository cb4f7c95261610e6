"""Lists, dicts, sets and objects that modules keep among their attributes: what a pass puts in is taken out again.

Detectors keep grids of anchors in them, others positions by size. A tensor without data that stayed there would fail
the next real pass. The containers themselves stay in place, as a hook may hold the same one.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from operator import is_
from typing import Any

from torch import Tensor, nn

KINDS: frozenset[type[Any]] = frozenset({list, dict, set, OrderedDict, defaultdict, deque})
MAPPINGS: frozenset[type[Any]] = frozenset({dict, OrderedDict, defaultdict})
TORCHS_OWN = frozenset(vars(nn.Module()))
LEVELS = 3  # a list of dicts of lists; what lies deeper is no cache
ATOMS = frozenset({int, float, str, bool, tuple, type(None)})
NOT_OF_THE_USER = (sys.stdlib_module_names | {"torch"}) - {"types"}  # but for SimpleNamespace
Kept = list[tuple[Any, Any]]


def keep_contents(found: Sequence[tuple[nn.Module, Mapping[str, Any]]]) -> Kept:
    """Every container among the attributes of modules, with a copy of what is in it.

    Layers of torch's own have none that a pass changes.
    """
    classes = {module.__class__ for module, _ in found}
    layers, bare = {cls for cls in classes if cls.__module__.startswith("torch.nn.")}, len(TORCHS_OWN)
    values = [
        value
        for module, own in found
        if module.__class__ not in layers and len(own) != bare
        for name, value in own.items()
        if value.__class__ not in ATOMS and name not in TORCHS_OWN
    ]
    seen = {id(own) for _, own in found} if values else set()
    return [each for value in values for each in _walk(value, LEVELS, seen)]


def _walk(value: Any, levels: int, seen: set[int]) -> Iterator[tuple[Any, Any]]:
    """A container or an object's attributes, and those in it; modules outside of the tree with all that they hold."""
    if isinstance(value, nn.Module):
        for module in value.modules():
            for table in (module.__dict__, module._parameters, module._buffers):
                yield from _walk(table, 1, seen)
        return
    container = value if value.__class__ in KINDS else _attributes(value)
    if container is None or id(container) in seen or not levels:
        return
    seen.add(id(container))
    yield container, container.copy()
    for each in container.values() if container.__class__ in MAPPINGS else container:
        if each.__class__ not in ATOMS:
            yield from _walk(each, levels - 1, seen)


def _attributes(value: Any) -> dict[str, Any] | None:
    """Those of an object of the user's own; None of tensors, functions, and what else comes with Python or torch.

    A logger leads to all others, and what is theirs may be changed by other threads meanwhile.
    """
    home = value.__class__.__module__.partition(".")[0]
    if home in NOT_OF_THE_USER or isinstance(value, (Tensor, type)):
        return None
    found = getattr(value, "__dict__", None)
    return found if found.__class__ is dict else None


def put_back(kept: Kept) -> None:
    """Each container as it was found; one that nothing has changed is not touched."""
    for container, before in kept:
        if is_same(container, before):
            continue
        container.clear()
        if container.__class__ in (list, deque):
            container.extend(before)
        else:
            container.update(before)


def is_same(container: Any, before: Any) -> bool:
    """Whether a container holds what it held. By identity: comparing tensors by value would compute."""
    if len(container) != len(before) or not all(map(is_, container, before)):
        return False
    return container.__class__ not in MAPPINGS or all(map(is_, container.values(), before.values()))
