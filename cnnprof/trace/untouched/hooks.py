"""Hooks that a network registers or removes while it runs: afterwards its modules have those that they came with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.utils.hooks import RemovableHandle

from cnnprof.trace.untouched.containers import put_back

TABLES = [name for name in vars(nn.Module()) if name.startswith(("_forward", "_backward"))]


def has_hooks(own: Mapping[str, Any]) -> bool:
    """Whether a module with these attributes has any that a forward pass may call."""
    return bool(
        own["_forward_hooks"]
        or own["_forward_pre_hooks"]
        or own["_backward_hooks"]
        or own["_backward_pre_hooks"]
    )


@contextmanager
def hooks_kept(modules: Sequence[nn.Module], hooked: Sequence[nn.Module]) -> Iterator[None]:
    """``hooked`` came with some. Tables stay in place, as a handle removes its hook from the one that it is in.

    What was registered inside is looked for only where torch has given out a handle.
    """
    kept = [(table, table.copy()) for module in hooked for table in _tables(module)]
    handles = RemovableHandle.next_id
    try:
        yield
    finally:
        if RemovableHandle.next_id != handles:
            for module in modules:
                for table in _tables(module):
                    table.clear()
        put_back(kept)


def _tables(module: nn.Module) -> list[dict[int, Any]]:
    own = module.__dict__
    return [own[name] for name in TABLES if name in own]
