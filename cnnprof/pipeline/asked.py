"""What a request may ask for: on the command line as in Python, refused in plain words before torch is imported."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any, TypeGuard

from cnnprof.cost.conventions.registry import CONVENTIONS
from cnnprof.errors import UnknownNameError, shortened, unknown
from cnnprof.pipeline.fakes import FAKES, refuse_beside_real
from cnnprof.records.request import LARGEST_SEED, LARGEST_SIZE, MOST_PROCESSES, Request
from cnnprof.runtimes.registry import DEVICES, DTYPES, RUNTIMES

FLAGS = ("channels_last", "latency", "verify", "deploy", "roofline")


def check_settings(runtimes: Collection[Any], dtypes: Iterable[object], batches: Iterable[object]) -> None:
    """UnknownNameError for one of several that will not do, told before they are told apart: it may be anything."""
    for runtime in runtimes:
        _check_name("runtime", runtime, (*RUNTIMES, *FAKES))
    refuse_beside_real(runtimes)
    for dtype in dtypes:
        _check_name("dtype", dtype, DTYPES)
    for batch in batches:
        _check_whole("batch", batch, LARGEST_SIZE)


def check_request(request: Request) -> Request:
    """The request with plain numbers (numpy has its own); UnknownNameError names what will not do, and what would."""
    check_settings([request.runtime], [request.dtype], [request.batch])
    check_limits(request)
    if not hasattr(request.arguments, "items"):
        raise UnknownNameError(
            f"args is {request.arguments!r}, not a mapping", 'for example args={"width_mult": 0.5}'
        )
    return replace(
        request,
        batch=int(request.batch),
        processes=int(request.processes),
        threads=None if request.threads is None else int(request.threads),
        inputs=request.inputs and tuple(tuple(map(int, shape)) for shape in request.inputs),
        budget_s=float(request.budget_s),
        precision=float(request.precision),
        seed=int(request.seed),
        **_flags(request),
    )


def check_limits(request: Request) -> None:
    """UnknownNameError for a device or a convention that there is not, and for a number out of its range."""
    _check_device(request.device)
    _check_name("convention", request.convention, CONVENTIONS)
    _check_whole("processes", request.processes, MOST_PROCESSES)
    if request.threads is not None:
        _check_whole("threads", request.threads)
    if not _is_whole(request.seed) or not 0 <= request.seed <= LARGEST_SEED:
        raise UnknownNameError(f"seed is {request.seed!r}", f"a whole number from 0 to {LARGEST_SEED}")
    _check_inputs(request.inputs)
    _check_number("budget", request.budget_s, 0, inf, "seconds above 0, such as 20")
    _check_number("precision", request.precision, 0, 1, "a fraction above 0 and below 1, such as 0.02")


def _check_device(device: object) -> None:
    if device not in DEVICES:  # the hint has all of them: the nearest name to gpu would be cpu
        kind, _, number = str(device).partition(":")
        several = (
            f"; CUDA_VISIBLE_DEVICES={number} chooses among several" if kind == "cuda" and number else ""
        )
        raise UnknownNameError(
            f"unknown device {shortened(device)}", f"one of: {', '.join(DEVICES)}{several}"
        )


def _check_name(kind: str, value: object, known: Collection[str]) -> None:
    if not isinstance(value, str) or value not in known:
        raise unknown(kind, value, [name for name in known if name not in FAKES])


def _check_inputs(inputs: object) -> None:
    if inputs is None:
        return
    hint = "a side such as 224, a shape such as (3, 224, 224), or a list of shapes"
    if not isinstance(inputs, tuple) or not inputs:
        raise UnknownNameError("input holds no size", hint)
    for size in (size for shape in inputs for size in shape):
        if not _is_whole(size) or size < 1:
            raise UnknownNameError(f"input has the size {shortened(size)}: not a whole number above 0", hint)
        if size > LARGEST_SIZE:
            raise UnknownNameError(f"input has the size {size}", f"{LARGEST_SIZE} is the largest")


def _check_whole(name: str, value: object, most: float = inf) -> None:
    if not _is_whole(value) or value < 1:
        raise UnknownNameError(
            f"{name} must be a whole number of at least 1, not {value!r}", "1 is the smallest"
        )
    if value > most:
        raise UnknownNameError(f"{name} is {value}", f"{most} is the most")


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _flags(request: Request) -> dict[str, Any]:
    flags = {name: _flag(name, getattr(request, name)) for name in FLAGS}
    if flags["roofline"] and not flags["latency"]:
        raise UnknownNameError(
            "roofline sets measured time against measured limits", "leave out latency=False"
        )
    return flags


def _flag(name: str, value: object) -> bool:
    from numpy import bool_  # what a comparison of its numbers gives

    if not isinstance(value, (Integral, bool_)) or value not in (0, 1):
        raise UnknownNameError(f"{name} is {shortened(value)}", f"{name}=True or {name}=False")
    return bool(value)


def _check_number(name: str, value: object, low: float, high: float, hint: str) -> None:
    if not isinstance(value, Real) or not isfinite(value) or not low < float(value) < high:
        raise UnknownNameError(f"{name} is {value!r}", hint)
