"""What an ``Einsum`` of two operands sums over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

DOTS = "..."
Shape = tuple[int, ...]


def inner_size(equation: str, shapes: Sequence[Shape]) -> int | None:
    """How many products each output element takes; None where there are not two operands, or where what the dots
    stand for is summed as well.
    """
    terms, _, result = written_out(equation).partition("->")
    operands = terms.split(",")
    if len(operands) != 2 or (DOTS in terms and DOTS not in result):
        return None
    sizes: dict[str, int] = {}
    for operand, shape in zip(operands, shapes, strict=True):
        for label, size in _labelled(operand, shape):
            sizes[label] = max(size, sizes.get(label, 1))
    return prod(size for label, size in sizes.items() if label not in result)


def written_out(equation: str) -> str:
    """With its result: where none is written, the dots and every label that stands once, in alphabetical order."""
    equation = equation.replace(" ", "")
    if "->" in equation:
        return equation
    once = sorted(label for label in equation if label.isalpha() and equation.count(label) == 1)
    return f"{equation}->{DOTS if DOTS in equation else ''}{''.join(once)}"


def _labelled(operand: str, shape: Shape) -> Iterator[tuple[str, int]]:
    """The labels before the dots with the first sizes, those after them with the last."""
    first, _, last = operand.partition(DOTS)
    yield from zip(first, shape, strict=False)
    yield from zip(reversed(last), reversed(shape), strict=False)
