"""Activations that multiply a tensor by what they make of it, where a file rounds to integers in between (QDQ).

A quantiser rounds whatever passes between two nodes: of ``x * sigmoid(x)`` the sigmoid too. Deployed, the two are one
activation, as in the same network in floating point.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from cnnprof.cost.readers import OTHERS, readers_of
from cnnprof.records.graph import GATES, Op, Value

QUANTIZE = "quantize"
STEPS = frozenset({QUANTIZE, *chain.from_iterable(GATES)})


def gated(ops: Sequence[Op], returned: Collection[int]) -> tuple[Op, ...]:
    """The same ops at the same places, each product as the activation and what it is computed by as views."""
    writers = _writers(ops, returned)
    found = list(ops)
    for place, op in enumerate(ops):
        if op.kind != "mul" or len(op.inputs) != 2:
            continue
        for source, value in (op.inputs, op.inputs[::-1]):
            steps = _steps(ops, writers, source, value)
            kind = GATES.get(tuple(ops[step].kind for step in steps if ops[step].kind != QUANTIZE))
            if kind is not None:
                found[place] = replace(op, kind=kind, inputs=(source,))
                for step in steps:
                    found[step] = replace(ops[step], kind="view")
    return tuple(found)


def _writers(ops: Sequence[Op], returned: Collection[int]) -> dict[int, int]:
    """The place of the op that writes each storage that one op alone reads."""
    sole = [writer for writer, reader in readers_of(ops, returned).items() if reader != OTHERS]
    return {value.storage: writer for writer in sole for value in ops[writer].outputs}


def _steps(ops: Sequence[Op], writers: Mapping[int, int], source: Value, value: Value) -> list[int]:
    """The places of the ops of one tensor that compute ``value`` from ``source``; none where they do not."""
    found: list[int] = []
    while value != source:
        place = writers.get(value.storage)
        if place is None or place in found or ops[place].kind not in STEPS or ops[place].parameters:
            return []
        found.insert(0, place)
        value = ops[place].inputs[0]
    return found
