"""From options as typed to a Request; what can be refused without torch is refused before it is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnprof.cli.values import each_once, parse_arguments, parse_batches, parse_inputs, parse_precision
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
    from cnnprof.pipeline.asked import check_settings

    runtimes, dtypes = each_once(settings.runtime, "eager"), each_once(settings.dtype, "float32")
    batches = parse_batches(settings.batch)
    check_settings(runtimes, dtypes, batches)
    return runtimes, dtypes, batches


def _to_request(model: str, settings: Settings, runtime: str, dtype: str, batch: int) -> Request:
    from cnnprof.pipeline.asked import check_limits
    from cnnprof.records.request import Request

    request = Request(
        model=model,
        inputs=parse_inputs(settings.input),
        batch=batch,
        device=settings.device,
        dtype=dtype,
        runtime=runtime,
        threads=settings.threads,
        channels_last=settings.channels_last,
        arguments=parse_arguments(settings.arg),
        latency=not settings.no_latency,
        budget_s=settings.budget,
        precision=parse_precision(settings.precision),
        processes=settings.processes,
        convention=settings.convention,
        verify=settings.verify,
        deploy=settings.deploy,
        seed=settings.seed,
    )
    check_limits(request)
    return request
