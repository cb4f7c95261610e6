"""Layer norm, which ONNX had no operator for before its operators 17: exporters wrote down what it computes."""

from __future__ import annotations

from collections.abc import Iterator

from cnnprof.records.graph import Op, Value
from cnnprof.trace.onnx.joining import Found, Links, is_near

SPREAD = ("sqrt", "add", "reduce", "pow")  # of what is centred, from the last to the first


def layer_norm(links: Links, place: int) -> Iterator[Found]:
    """What is centred by its mean, divided by its deviation, and what weight and bias do to that."""
    op = links.ops[place]
    if op.kind != "div" or len(op.inputs) != 2 or op.parameters:
        return
    centred, deviation = op.inputs
    centring, spread = _centring(links, centred), _spread(links, centred, deviation)
    if not centring or not spread or links.readers[centred.storage] != sorted((spread[0], place)):
        return
    source, mean = links.ops[centring[1]].inputs
    normed = _normed(source, mean)
    if not normed or mean.shape != deviation.shape:
        return
    affine = _affine(links, place, normed)
    places = (*centring, *spread, place, *affine)
    weights = tuple(weight for each in affine for weight in links.ops[each].parameters)
    yield Found("layer_norm", places[:-1], places[-1], source, {"affine": bool(weights)}, weights)


def _centring(links: Links, centred: Value) -> tuple[int, ...]:
    """The places of a mean and of its subtraction."""
    place = links.writers.get(centred.storage)
    if place is None or links.ops[place].kind != "sub" or len(links.ops[place].inputs) != 2:
        return ()
    source, mean = links.ops[place].inputs
    averaging = _alone(links, mean, "reduce")
    return () if averaging is None or links.ops[averaging].inputs != (source,) else (averaging, place)


def _spread(links: Links, centred: Value, deviation: Value) -> tuple[int, ...]:
    """The places of square, mean, sum with a small number, and root."""
    found: list[int] = []
    value = deviation
    for kind in SPREAD:
        place = _alone(links, value, kind)
        if place is None:
            return ()
        found.insert(0, place)
        value = links.ops[place].inputs[0]
    squared = is_near(links.ops[found[0]].attributes.get("number"), 2)
    return tuple(found) if squared and value == centred else ()


def _alone(links: Links, value: Value, kind: str) -> int | None:
    """The place of the op of a kind that computes a tensor from one other, for one reader."""
    place = links.writers.get(value.storage)
    if place is None or links.sole_reader(value) is None:
        return None
    op = links.ops[place]
    mean = op.kind != "reduce" or op.function == "ReduceMean"
    return place if op.kind == kind and mean and len(op.inputs) == 1 and not op.parameters else None


def _normed(source: Value, mean: Value) -> tuple[int, ...]:
    """The last dimensions, over which the mean is taken; none where it is taken over others."""
    pairs = list(zip(source.shape, mean.shape, strict=False))
    first = next((axis for axis, (size, left) in enumerate(pairs) if size != left), len(pairs))
    over = len(source.shape) == len(mean.shape) and all(left == 1 for left in mean.shape[first:])
    return source.shape[first:] if over else ()


def _affine(links: Links, place: int, normed: tuple[int, ...]) -> tuple[int, ...]:
    """The places of the product with a weight and of the sum with a bias behind it, as far as there are any."""
    found: list[int] = []
    for kind in ("mul", "add"):
        reader = links.sole_reader(links.ops[place].outputs[0])
        if reader is None or not _is_affine(links.ops[reader], kind, normed):
            break
        found.append(reader)
        place = reader
    return tuple(found)


def _is_affine(op: Op, kind: str, normed: tuple[int, ...]) -> bool:
    given = [weight.given for weight in op.parameters]
    return op.kind == kind and len(op.inputs) == 1 and given == [normed]
