"""Calls of modules, as counters that hook modules see them."""

from __future__ import annotations

from torch import Tensor, nn

from cnnprof.records.graph import Call, Value
from cnnprof.records.making import maker
from cnnprof.trace.pruning import as_masked
from cnnprof.trace.rules.shapes import Shape
from cnnprof.trace.tape import Tape

make_call = maker(Call)


def record_call(tape: Tape, module: nn.Module, first: int, given: object, returned: object) -> None:
    """Record that a module has returned; one that the network does not hold is no part of any counter's walk."""
    place = tape.places.get(id(module))
    if place is None:
        return
    inventory = tape.inventory
    base, native = inventory.bases[module.__class__]
    weights = tuple([(name, tape.shape_of(w)) for name, w in module._parameters.items() if w is not None])
    if (left := inventory.left.get(id(module))) is not None:
        weights = as_masked(weights, left)
    tape.calls.append(
        make_call(
            *place,
            base,
            native,
            not module._modules,
            inventory.met[id(module)],
            first,
            len(tape.ops),
            _first_shape(tape, given),
            _first_shape(tape, returned),
            weights,
            isinstance(given, tuple) and not given,
        )
    )


def _first_shape(tape: Tape, values: object) -> Shape:
    """The shape of a tensor or value, or of the first of several; empty where there is none."""
    if isinstance(values, (tuple, list)) and values:
        values = values[0]
    if isinstance(values, Value):
        return values.shape
    return tape.shape_of(values) if isinstance(values, Tensor) else ()
