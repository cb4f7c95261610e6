"""The same work, checked before it is timed: what torch eager computes in float32, and how far a runtime is from it.

An output that hardly depends on the input would pass whatever a runtime computed, and is said to be not checked.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import torch
from torch import Tensor, nn

from cnnprof.errors import ModelError
from cnnprof.runtimes.calibration import calibrate
from cnnprof.runtimes.precision import exact_float32
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import is_magnitude, random_inputs, to_compare

# The largest error that a dtype explains, relative to the largest magnitude of eager's output. Over one network of
# each family of the zoo, eager itself came to 5e-5 at most in another memory layout, and to 5e-4 at least in float16
# and 0.003 in bfloat16: 2e-4 tells float32 from both. At most they came to 0.13 and 0.46, but for one network whose
# numbers run to 3e8. int8 has none: random weights have none of the slack that trained ones leave to quantisation.
BOUNDS = {"float32": 2e-4, "float16": 0.2, "bfloat16": 0.5}
CONVERSION_HINT = (
    "another --runtime; a conversion that changes the network is a bug of the runtime or its exporter"
)
# An output without fractions holds decisions, and rounding turns those that are nearly ties: the largest of 19
# random normal numbers is another in 6 of 10 000 cases where each is off by 2e-4, and a picture has regions of ties.
TIES = 0.01
BARELY = 2e-3  # an output that another input moves by less could be a constant


@dataclass(frozen=True, slots=True)
class Reference:
    """What eager computes of weights and inputs in float32. ``sensitivity`` is how far another random input moves it,
    relative to the largest magnitude: where it is small, a runtime that computed nonsense would pass. ``is_random``
    says that the network draws numbers itself, ``varies`` that two calls on one input do not agree.
    """

    outputs: Sequence[Tensor]
    sensitivity: float
    is_random: bool = False
    varies: bool = False


@exact_float32()
def take_reference(model: nn.Module, settings: Settings) -> Reference:
    """Calibrate the network's batch norm, in place, and run it on the CPU in float32.

    Raises ModelError where every call changes its input: a session hands the same tensors to all of them.
    """
    calibrate(model, settings)
    inputs = random_inputs(settings)
    with torch.inference_mode():
        outputs = to_compare(_returned(model(*inputs)))
        left = [values.clone() for values in inputs]
        before = _random_states()  # by the second call: in the first, lazy layers draw their weights
        others = to_compare(model(*random_inputs(replace(settings, seed=settings.seed + 1))))
        is_random = before != _random_states()
        again = to_compare(model(*inputs))
    if not all(map(torch.equal, inputs, left)):
        raise ModelError(
            "the network writes into its input, so that no two calls would do the same work",
            "have its forward work on a copy (x = x / 255 instead of x.div_(255)), or --no-latency",
        )
    varies = _difference(again, outputs) > BOUNDS["float32"]
    return Reference(outputs, _difference(others, outputs), is_random, varies)


def _random_states() -> tuple[object, ...]:
    """Of torch and Python: a call that moves them draws numbers."""
    return torch.get_rng_state().tolist(), random.getstate()


def _difference(outputs: Sequence[Tensor], reference: Sequence[Tensor]) -> float:
    """The relative error, also of outputs whose number or shapes are others."""
    shapes, expected = ([tensor.shape for tensor in side] for side in (outputs, reference))
    return relative_error(outputs, reference) if shapes == expected else 1.0


def _returned(output: object) -> object:
    if isinstance(output, Iterator):
        raise ModelError(
            "the network's forward is a generator, which runs nothing when it is called", "--no-latency"
        )
    return output


def relative_error(outputs: Sequence[Tensor], reference: Sequence[Tensor]) -> float:
    """The largest difference over the largest magnitude of the reference, the worst of all outputs.

    A value that is not finite on one side only is an infinite error. Of an output without fractions it is the share
    of its elements that differ, and nothing as long as those may be ties.
    """
    return max((_error(mine, theirs) for mine, theirs in zip(outputs, reference, strict=True)), default=0.0)


def _error(mine: Tensor, theirs: Tensor) -> float:
    if not is_magnitude(theirs):
        differing = float((mine.float() != theirs.float()).float().mean()) if theirs.numel() else 0.0
        return differing if differing > TIES else 0.0
    finite = theirs.isfinite()
    if not torch.equal(mine.isfinite(), finite):
        return float("inf")
    if not finite.any():
        return 0.0
    largest = float(theirs[finite].abs().max())
    difference = float((mine[finite].double() - theirs[finite].double()).abs().max())
    return difference / largest if largest else (0.0 if difference == 0 else float("inf"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: ``error`` is None where nothing could be checked; ``warnings`` say what to think of it."""

    error: float | None
    warnings: tuple[str, ...] = ()


def check(outputs: Sequence[Tensor], reference: Reference, dtype: str, runtime: str) -> Verdict:
    """Set a runtime's outputs against eager's.

    Raises ModelError where their number or shapes differ, or where float32 is as far off as another input would be.
    """
    _check_shapes(outputs, reference.outputs, runtime)
    error = relative_error(outputs, reference.outputs)
    if dtype not in BOUNDS:
        return Verdict(_finite(error), (f"{dtype}: for speed only, its output means nothing",))
    if reference.is_random:
        return Verdict(None, ("output not checked: the network draws random numbers, in eval mode too",))
    if reference.varies:
        return Verdict(None, ("output not checked: it differs from call to call on one input",))
    if not reference.outputs:
        return Verdict(None, ("output not checked: no tensor is found in it",))
    if reference.sensitivity < BARELY:
        return Verdict(None, ("output not checked: it hardly depends on the input",))
    if error <= min(BOUNDS[dtype], reference.sensitivity / 2):
        return Verdict(error)
    if dtype == "float32" and error > reference.sensitivity / 2:
        raise ModelError(
            f"{runtime} computes something other than torch eager: its output is as far off as another input's",
            CONVERSION_HINT,
        )
    return Verdict(_finite(error), (_too_far(error, reference.sensitivity, dtype, runtime),))


def _finite(error: float) -> float | None:
    return error if isfinite(error) else None


def _too_far(error: float, sensitivity: float, dtype: str, runtime: str) -> str:
    if not isfinite(error):
        return f"{runtime} overflows in {dtype}: values are not finite where eager's are in float32"
    if error <= BOUNDS[dtype]:
        return (
            f"{runtime} computes little of the output in {dtype}: off by {error:.1g}, where another input moves it "
            f"by {sensitivity:.1g}"
        )
    return (
        f"{runtime} computes in another precision: off by {error:.1g}, {dtype} explains {BOUNDS[dtype]:.1g}"
    )


def _check_shapes(outputs: Sequence[Tensor], expected: Sequence[Tensor], runtime: str) -> None:
    mine, theirs = ([tuple(tensor.shape) for tensor in side] for side in (outputs, expected))
    if mine != theirs:
        raise ModelError(
            f"{runtime} returns {_shapes(mine)} where torch eager returns {_shapes(theirs)}",
            CONVERSION_HINT,
        )


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join("x".join(map(str, shape)) or "a scalar" for shape in shapes[:3]) or "no tensor"
