"""From options as typed to a Request; what can be refused without torch is refused before it is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnprof.cli.values import (
    at_least_one,
    check_budget,
    check_processes,
    check_seed,
    one_of,
    parse_arguments,
    parse_batches,
    parse_dtypes,
    parse_inputs,
    parse_precision,
    parse_runtimes,
)
from cnnprof.errors import UnknownNameError

if TYPE_CHECKING:
    from cnnprof.cli.options import Settings
    from cnnprof.records.request import Request


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

    _check_choices(settings)
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
        budget_s=check_budget(settings.budget),
        precision=parse_precision(settings.precision),
        processes=check_processes(settings.processes),
        convention=settings.convention,
        verify=settings.verify,
        deploy=settings.deploy,
        seed=check_seed(settings.seed),
    )


def _check_choices(settings: Settings) -> None:
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
    one_of("convention", settings.convention, CONVENTIONS)
