"""From options as typed to a Request; what can be refused without torch is refused before it is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnprof.cli.values import each_once, parse_arguments, parse_batches, parse_inputs, parse_precision
from cnnprof.errors import UnknownNameError

if TYPE_CHECKING:
    from cnnprof.cli.options import Options
    from cnnprof.records.request import Request


def to_requests(models: Sequence[str], options: Options) -> list[Request]:
    """Every model at every setting asked for, one after another; raises what ``to_request`` raises."""
    from cnnprof.pipeline.grid import spread

    runtimes, dtypes, batches = _axes(options)
    requests = [_to_request(model, options, runtimes[0], dtypes[0], batches[0]) for model in models]
    return spread(requests, runtimes, dtypes, batches)


def to_request(model: str, options: Options, command: str) -> Request:
    """The request of ``command`` for one model; UnknownNameError names an option that will not do or stands twice."""
    return _to_request(model, options, *one_setting(options, command))


def one_setting(options: Options, command: str) -> tuple[str, str, int]:
    """Runtime, dtype and batch where there may be one of each; UnknownNameError where several are given."""
    runtimes, dtypes, batches = _axes(options)
    for option, values in (("runtime", runtimes), ("dtype", dtypes), ("batch", batches)):
        if len(values) > 1:
            raise UnknownNameError(
                f"--{option} is given {len(values)} times: {command} takes one",
                f"compare and a plain profile measure several; give one --{option} here",
            )
    return runtimes[0], dtypes[0], batches[0]


def _axes(options: Options) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    from cnnprof.pipeline.asked import check_settings

    runtimes, dtypes = each_once(options.runtime, "eager"), each_once(options.dtype, "float32")
    batches = parse_batches(options.batch)
    check_settings(runtimes, dtypes, batches)
    return runtimes, dtypes, batches


def _to_request(model: str, options: Options, runtime: str, dtype: str, batch: int) -> Request:
    from cnnprof.pipeline.asked import check_limits
    from cnnprof.records.request import Request

    request = Request(
        model=model,
        inputs=parse_inputs(options.input),
        batch=batch,
        device=options.device,
        dtype=dtype,
        runtime=runtime,
        threads=options.threads,
        channels_last=options.channels_last,
        arguments=parse_arguments(options.arg),
        latency=not options.no_latency,
        budget_s=options.budget,
        precision=parse_precision(options.precision),
        processes=options.processes,
        convention=options.convention,
        verify=options.verify,
        deploy=options.deploy,
        seed=options.seed,
    )
    check_limits(request)
    return request
