"""What an op writes beside its result: statistics and indices, for a backward pass as a rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cnnprof.records.graph import Op, Value


def with_extras(
    ops: Sequence[Op], extras: Sequence[tuple[int, Value]], ends: Iterable[Value]
) -> tuple[Op, ...]:
    """The ops, with each of ``extras`` (the place of its op, and it) among the outputs where somebody reads it.

    That is a later op, be it by a view, or, among ``ends``, the caller.
    """
    found = list(ops)
    if extras:
        read = {value.storage for op in ops if op.kind != "view" for value in op.inputs}
        read.update(value.storage for value in ends)
        for place, extra in extras:
            if extra.storage in read:
                found[place] = replace(found[place], outputs=(*found[place].outputs, extra))
    return tuple(found)
