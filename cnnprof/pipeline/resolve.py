"""resolve: from what was asked to where the network comes from, with the machine's and its own defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnnprof.errors import UnknownNameError
from cnnprof.measure.machine.environment import cores_allowed, default_threads
from cnnprof.pipeline.fakes import is_timed
from cnnprof.pipeline.outside import check_computes, opened, settled_inputs, with_its_runtime
from cnnprof.records.request import Request
from cnnprof.runtimes.registry import find_runtime
from cnnprof.zoo.sources import Source, find_source

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]


def settle(request: Request) -> Request:
    """The machine's and the model's defaults filled in: which device ``auto`` is, how many threads, what runs it."""
    request = with_its_runtime(request)
    threads = request.threads or default_threads()
    if threads > cores_allowed():
        raise UnknownNameError(
            f"threads {threads} is more than the {cores_allowed()} cores that this process may use",
            f"--threads {cores_allowed()} is the largest",
        )
    timed, device = is_timed(request), request.device
    if device == "auto" and not timed:
        device = "cpu"
    if device != "cpu":
        device = find_runtime(request.runtime if timed else "eager").resolve_device(device)
    if timed:
        check_computes(request, device)
    return replace(request, threads=threads, device=device)


def resolve(request: Request, model: nn.Module | None = None) -> Source:
    """Where the model comes from."""
    if model is not None:
        _check_built(request)
        return Source(request.model, "python", (3, 224, 224), lambda weights, seed: model)
    arguments = request.arguments
    source = opened(find_source(request.model, arguments))
    if request.deploy:
        _check_deploys(source)
        arguments = {**arguments, "deploy": True}
        source = find_source(request.model, arguments)
    if source.entry is not None and source.entry.task == "controlled":
        return replace(source, input=(_first_channels(source), *source.input[1:]))
    if source.entry is None or source.entry.task != "block":
        return source
    shape = request.inputs[0] if request.inputs else ()
    if len(shape) < 3:  # sides alone, if anything
        channels: Any = arguments.get("in_channels", source.input[0])
        return replace(source, input=(channels, *source.input[1:]))
    # A block takes as many channels as its input has.
    return find_source(request.model, {"in_channels": shape[0], **arguments})


def _first_channels(source: Source) -> int:
    """The channels that a network without a stem takes, which its arguments decide."""
    modules: Iterator[Any] = source.build(False, 0).modules()
    return next(int(module.in_channels) for module in modules if hasattr(module, "in_channels"))


def _check_built(request: Request) -> None:
    for option, value in (("args", request.arguments), ("deploy", request.deploy)):
        if value:
            raise UnknownNameError(
                f"{option} is for a network that is built from its name; {request.model} is a module already",
                f"leave out {option}",
            )


def fold_where_there_is(requests: Sequence[Request]) -> tuple[list[Request], tuple[str, ...]]:
    """Of several networks those are deployed that have something to fold, with a word on the others.

    Where none has, each is left as asked for, which ``resolve`` refuses.
    """
    asked = {request.model: request for request in requests if request.deploy}
    idle = [name for name, request in asked.items() if not _deploys(find_source(name, request.arguments))]
    if not idle or len(idle) == len(asked):
        return list(requests), ()
    told = f"--deploy has nothing to fold in {', '.join(idle)}: deployed as trained"
    return [replace(each, deploy=each.deploy and each.model not in idle) for each in requests], (told,)


def _deploys(source: Source) -> bool:
    from cnnprof.zoo.build import takes_argument

    return source.entry is not None and takes_argument(source.entry, "deploy")


def _check_deploys(source: Source) -> None:
    if not _deploys(source):
        raise UnknownNameError(
            f"{source.name} is deployed as it is trained: --deploy has nothing to fold",
            "leave out --deploy; it is for networks such as mobileone_s0 and repvgg_a0",
        )


def inputs_of(request: Request, source: Source) -> tuple[Shape, ...]:
    """Shapes of the inputs without the batch: those asked for, completed, or the source's own."""
    if source.declared:
        return settled_inputs(request, source.declared)
    if not request.inputs:
        return (source.input,)
    if source.kind == "python":
        # Its input may be a vector; a side was made a picture of where it was given.
        return request.inputs
    return tuple(_complete(shape, source.input) for shape in request.inputs)


def _complete(shape: Shape, default: Shape) -> Shape:
    """``224`` and ``224x320`` are sizes of the picture that the model takes; more numbers are the whole shape."""
    if len(default) != 3 or len(shape) > 2:
        return shape
    return (default[0], *(shape * 2)[:2])
