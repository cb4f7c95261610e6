"""From options as typed to a Request; what can be refused without torch is refused before it is imported."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING

import typer

from cnnprof.errors import UnknownNameError, shortened, unknown

if TYPE_CHECKING:
    from cnnprof.cli.options import Settings
    from cnnprof.records.request import Request

SHAPE = re.compile(r"\d+(x\d+)*", re.ASCII | re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(_\d{3})+", re.ASCII)


def to_requests(models: Sequence[str], settings: Settings) -> list[Request]:
    """Every model at every setting asked for, one after another; raises what ``to_request`` raises."""
    from cnnprof.pipeline.grid import spread

    runtimes, dtypes, batches = _settings(settings)
    requests = [_to_request(model, settings, runtimes[0], dtypes[0], batches[0]) for model in models]
    return spread(requests, runtimes, dtypes, batches)


def to_request(model: str, settings: Settings, command: str) -> Request:
    """The request of ``command`` for one model; UnknownNameError names an option that will not do or stands twice."""
    return _to_request(model, settings, *one_setting(settings, command))


def one_setting(settings: Settings, command: str) -> tuple[str, str, int]:
    """Runtime, dtype and batch where there may be one of each; UnknownNameError where several are given."""
    runtimes, dtypes, batches = _settings(settings)
    for option, values in (("runtime", runtimes), ("dtype", dtypes), ("batch", batches)):
        if len(values) > 1:
            raise UnknownNameError(
                f"--{option} is given {len(values)} times: {command} takes one",
                f"compare and a plain profile measure several; give one --{option} here",
            )
    return runtimes[0], dtypes[0], batches[0]


def _settings(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    return parse_runtimes(settings.runtime), parse_dtypes(settings.dtype), parse_batches(settings.batch)


def _to_request(model: str, settings: Settings, runtime: str, dtype: str, batch: int) -> Request:
    from cnnprof.records.request import Request

    check_choices(settings)
    return Request(
        model=model,
        inputs=parse_inputs(settings.input),
        batch=batch,
        device=settings.device,
        dtype=dtype,
        runtime=runtime,
        threads=None if settings.threads is None else at_least_one("threads", settings.threads),
        channels_last=settings.channels_last,
        arguments=parse_arguments(settings.arg),
        latency=not settings.no_latency,
        budget_s=_budget(settings.budget),
        precision=parse_precision(settings.precision),
        processes=_processes(settings.processes),
        convention=settings.convention,
        verify=settings.verify,
        deploy=settings.deploy,
        seed=_seed(settings.seed),
    )


def check_choices(settings: Settings) -> None:
    """Names that are one of a few; a typo gets the nearest name."""
    from cnnprof.cost.conventions.registry import CONVENTIONS
    from cnnprof.runtimes.registry import DEVICES

    if settings.device not in DEVICES:  # all of them: the nearest name to gpu would be cpu
        kind, _, number = settings.device.partition(":")
        several = (
            f"; CUDA_VISIBLE_DEVICES={number} chooses among several" if kind == "cuda" and number else ""
        )
        raise UnknownNameError(
            f"unknown device {settings.device!r}", f"one of: {', '.join(DEVICES)}{several}"
        )
    _one_of("convention", settings.convention, CONVENTIONS)


def _one_of(option: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise unknown(option, value, known)


def parse_runtimes(names: Sequence[str] | None) -> tuple[str, ...]:
    """Each runtime once, in the order given; eager where none is. A typo gets the nearest name."""
    from cnnprof.pipeline.fakes import FAKES, refuse_beside_real
    from cnnprof.runtimes.registry import RUNTIMES

    runtimes = tuple(dict.fromkeys(names or ("eager",)))
    for name in runtimes:
        if name not in FAKES:  # for tests; not offered
            _one_of("runtime", name, RUNTIMES)
    refuse_beside_real(runtimes)
    return runtimes


def parse_dtypes(names: Sequence[str] | None) -> tuple[str, ...]:
    """Each dtype once, in the order given; float32 where none is. A typo gets the nearest name."""
    from cnnprof.runtimes.registry import DTYPES

    dtypes = tuple(dict.fromkeys(names or ("float32",)))
    for name in dtypes:
        _one_of("dtype", name, DTYPES)
    return dtypes


def parse_batches(texts: Sequence[str] | None) -> tuple[int, ...]:
    """Each batch once, in the order given; 1 where none is."""
    return tuple(dict.fromkeys(_batch(text.strip()) for text in texts)) if texts else (1,)


def _batch(text: str) -> int:
    if not text or "," in text:
        raise UnknownNameError(
            f"batch {shortened(text)} is not a number of images",
            "such as --batch 1; repeat it for several: --batch 1 --batch 8",
        )
    from cnnprof.records.request import LARGEST_SIZE

    try:
        batch = at_least_one("batch", int(text))
    except ValueError:
        raise typer.BadParameter(f"{shortened(text)} is not a whole number", param_hint="'--batch'") from None
    if batch > LARGEST_SIZE:
        raise UnknownNameError(f"batch {text} is out of range", f"from 1 to {LARGEST_SIZE}")
    return batch


def parse_inputs(texts: Collection[str] | None) -> tuple[tuple[int, ...], ...] | None:
    """Sizes without the batch; None where none is given."""
    return tuple(parse_shape(text) for text in texts) if texts else None


def parse_shape(text: str) -> tuple[int, ...]:
    """``224`` -> (224,), the side of the picture that the model takes; ``64x56x56`` -> (64, 56, 56)."""
    if not SHAPE.fullmatch(text):
        raise UnknownNameError(
            f"input {shortened(text)} is not a size", "write 224 or 3x224x224, whole numbers above 0"
        )
    from cnnprof.records.request import LARGEST_SIZE

    # Of more digits than Python reads the first are too many as well.
    sizes = tuple(int(size[:20]) for size in text.lower().split("x"))
    if min(sizes) < 1 or max(sizes) > LARGEST_SIZE:
        raise UnknownNameError(
            f"input {shortened(text)} has a size out of range", f"each is 1 to {LARGEST_SIZE}"
        )
    return sizes


def parse_arguments(texts: Collection[str] | None) -> Mapping[str, object]:
    """``NAME=VALUE`` pairs; a value is an int, a float, true/false, none, or text."""
    arguments: dict[str, object] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier():
            raise UnknownNameError(f"--arg {text!r} is not NAME=VALUE", "such as --arg width_mult=0.5")
        if name in arguments:
            raise UnknownNameError(f"--arg {name} is given twice", "give it once")
        arguments[name] = parse_value(value)
    return arguments


def parse_value(text: str) -> object:
    """The Python value that ``text`` writes, but for 1_1: Python reads 11, and who types it means a version."""
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    if "_" in text and not THOUSANDS.fullmatch(text):
        return text
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def parse_precision(text: str) -> float:
    """``2%`` or ``0.02``: the half-width of the interval as a fraction, between 0 and 1."""
    percent = text.endswith("%")
    try:
        value = float(text.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        raise UnknownNameError(f"precision {text!r} is not a number", "write 2% or 0.02") from None
    if not 0 < value < 1:
        raise UnknownNameError(f"precision {text} is out of range", "above 0 and below 100%: 2% or 0.02")
    return value


def _budget(seconds: float) -> float:
    if not (isfinite(seconds) and seconds > 0):
        raise UnknownNameError(
            f"budget {seconds:g} is not a time to measure for", "seconds above 0, such as 20"
        )
    return seconds


def _seed(value: int) -> int:
    from cnnprof.records.request import LARGEST_SEED

    if not 0 <= value <= LARGEST_SEED:
        raise UnknownNameError(f"seed {value} is out of range", f"from 0 to {LARGEST_SEED}")
    return value


def _processes(count: int) -> int:
    from cnnprof.records.request import MOST_PROCESSES

    if count > MOST_PROCESSES:
        raise UnknownNameError(
            f"processes {count} is more than a budget can be divided among", f"{MOST_PROCESSES} is the most"
        )
    return at_least_one("processes", count)


def at_least_one(option: str, value: int) -> int:
    """The value; UnknownNameError below 1."""
    if value < 1:
        raise UnknownNameError(f"{option} must be at least 1, not {value}", f"--{option} 1 is the smallest")
    return value
