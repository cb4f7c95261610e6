"""Compound scaling (EfficientNet, equations 2 and 3): depth alpha^phi, width beta^phi, resolution gamma^phi."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import gcd, log
from statistics import linear_regression

from cnnprof.errors import CnnprofError, ModelError, UnknownNameError
from cnnprof.measure.progress import OnProgress
from cnnprof.pipeline.flow import compare
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.pipeline.subject import make_subject
from cnnprof.records.entry import Entry
from cnnprof.records.request import Request
from cnnprof.records.scaling import Exponent, ScaledPoint, Scaling
from cnnprof.zoo.catalogue import catalogue, find_entry

# Multipliers that exponents are fitted over: wide enough that the rounding of channels and repeats averages out.
STEPS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
THEORY = {"depth": 1.0, "width": 2.0, "resolution": 2.0}
LARGEST_STRIDE = 32
ARGUMENTS = {"depth": "depth_mult", "width": "width_mult"}


def scale(
    request: Request,
    phis: Sequence[float],
    *,
    alpha: float,
    beta: float,
    gamma: float,
    on_progress: OnProgress | None,
) -> Scaling:
    """The network at every phi, counted and (with latency) timed together, beside the rule's prediction.

    ``request.model`` is an entry or a family, which stands for its first entry. Ctrl-C before the first round raises
    EarlyInterrupt with what was counted. Raises UnknownNameError where a multiplier other than 1 needs an argument that
    the builder lacks.
    """
    entry = _base(request.model)
    _check_dimensions(entry, alpha, beta)
    request = replace(request, model=entry.name)
    side = _side(request, entry)
    point = partial(_point, side=side, multiple=_multiple(entry, side))
    points = tuple(point(phi, alpha, beta, gamma, first=phis[0]) for phi in phis)
    # Counted first: Ctrl-C ends the timing with what was measured, and would lose it later.
    exponents = tuple(_exponent(request, entry, dimension, point) for dimension in THEORY)
    whole = partial(Scaling, entry.name, alpha, beta, gamma, points, exponents=exponents)
    try:
        return whole(
            comparison=compare([_scaled(request, entry, each) for each in points], on_progress=on_progress)
        )
    except EarlyInterrupt as early:
        raise EarlyInterrupt(whole(comparison=early.counted)) from early
    except ModelError as error:
        if gamma == 1 or "--input" not in error.hint:
            raise
        hint = f"{error.hint}; --gamma 1 leaves the resolution as it is"
        raise ModelError(error.message, hint) from error


def _base(name: str) -> Entry:
    known = catalogue()
    if name not in known and re.search(r"[:./\\]", name):
        raise UnknownNameError(
            f"scale takes a network of the zoo or a family, not {name}: it varies their width and depth arguments",
            "cnnprof list shows the zoo",
        )
    family = [entry for entry in known.values() if entry.family == name]
    return family[0] if name not in known and family else find_entry(name)


def _check_dimensions(entry: Entry, alpha: float, beta: float) -> None:
    from cnnprof.zoo.build import takes_argument

    for letter, value, argument in (("alpha", alpha, "depth_mult"), ("beta", beta, "width_mult")):
        if value != 1 and not takes_argument(entry, argument):
            raise UnknownNameError(
                f"{entry.name} has no {argument}: it cannot be scaled by {letter} {value:g}",
                f"--{letter} 1 leaves that dimension as it is",
            )


def _side(request: Request, entry: Entry) -> int:
    """The side of the input at phi 0: the entry's own, or that of the one square that was asked for."""
    if not request.inputs:
        if entry.input[-2] != entry.input[-1]:
            own = "x".join(map(str, entry.input[-2:]))
            raise UnknownNameError(
                f"the input of {entry.name} is {own}, and scale varies one side", "give it: --input 512"
            )
        return entry.input[-1]
    side = request.inputs[0][-1]
    if request.inputs not in (((side,),), ((entry.input[0], side, side),)):
        sizes = " and ".join("x".join(map(str, shape)) for shape in request.inputs)
        raise UnknownNameError(
            f"scale takes one square size, not {sizes}", "for example --input 224, the side at phi 0"
        )
    return side


def _multiple(entry: Entry, side: int) -> int:
    """What sides are rounded to: maps of several strides are joined where they divide it, as they do at phi 0."""
    return gcd(side, LARGEST_STRIDE) if entry.task in ("detection", "segmentation") else 1


def _point(
    phi: float, alpha: float, beta: float, gamma: float, *, side: int, multiple: int, first: float = 0.0
) -> ScaledPoint:
    return ScaledPoint(
        phi=phi,
        depth_mult=alpha**phi,
        width_mult=beta**phi,
        resolution=multiple * max(1, round(side * gamma**phi / multiple)),
        predicted=(alpha * beta**2 * gamma**2) ** (phi - first),
    )


def _scaled(request: Request, entry: Entry, point: ScaledPoint) -> Request:
    """The request at one point; multipliers are over those that the entry has itself."""
    own = {**entry.arguments, **request.arguments}
    wanted = {"depth_mult": point.depth_mult, "width_mult": point.width_mult}
    arguments = {
        name: multiplier * _number(name, own.get(name, 1.0))
        for name, multiplier in wanted.items()
        if multiplier != 1
    }
    return replace(request, inputs=((point.resolution,),), arguments={**request.arguments, **arguments})


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnknownNameError(
            f"{name} is {value!r}: the rule multiplies it", f"a number, such as --arg {name}=0.5"
        )
    return float(value)


def _exponent(request: Request, entry: Entry, dimension: str, point: Callable[..., ScaledPoint]) -> Exponent:
    """The slope of log macs over log multiplier, this dimension alone varied."""
    from cnnprof.zoo.build import takes_argument

    theory = THEORY[dimension]
    argument = ARGUMENTS.get(dimension)
    if argument is not None and not takes_argument(entry, argument):
        return Exponent(dimension, theory, None, f"{entry.name} has no {argument}")
    vary: dict[str, Callable[[float], ScaledPoint]] = {
        "depth": lambda step: point(1.0, step, 1.0, 1.0),
        "width": lambda step: point(1.0, 1.0, step, 1.0),
        "resolution": lambda step: point(1.0, 1.0, 1.0, step),
    }
    points = [vary[dimension](step) for step in STEPS]
    counted = replace(request, latency=False, verify=False)
    try:
        macs = [make_subject(_scaled(counted, entry, each)).counts.macs for each in points]
    except CnnprofError as error:  # tabulated widths cannot be varied freely
        return Exponent(dimension, theory, None, error.message.rpartition(": ")[2])
    if not all(macs):
        return Exponent(dimension, theory, None, f"{entry.name} has no multiply-adds")
    # Sides are rounded, and known; what a network rounds its depth and width to is not.
    grown = [each.resolution for each in points] if dimension == "resolution" else STEPS
    slope, _ = linear_regression([log(step) for step in grown], [log(count) for count in macs])
    return Exponent(dimension, theory, slope)
