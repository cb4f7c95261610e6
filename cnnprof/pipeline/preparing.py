"""A built network made ready on its runtime, in whichever process it is timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnnprof.errors import CnnprofError, ModelError, first_line
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.request import Request
from cnnprof.runtimes.registry import Session, Settings
from cnnprof.zoo.sources import Source

if TYPE_CHECKING:
    from torch import nn


PLAIN = (RuntimeError, TypeError, ValueError, MemoryError)  # their words say enough without their names


def prepare(request: Request, source: Source, *, alone: bool, structure: str = "") -> Session:
    """The model built and ready to be timed, and how it was made so. ``request`` is settled.

    ``alone``: nothing else runs meanwhile, so that idle threads may spin. ``structure`` is that of the network that was
    counted, empty where it is not known. Raises what ``make_ready`` raises, what a kernel or a model's own code raises
    while it runs as the model's error, and ModelError for another network.
    """
    from cnnprof.runtimes.ready import make_file_ready, make_ready

    settings = replace(settings_of(request), spinning=alone)
    with run_errors(request):
        if source.kind == "onnx":
            return make_file_ready(request.runtime, Path(source.name), settings)
        model = source.build(True, request.seed)
        _check_structure(request, model, structure)
        return make_ready(request.runtime, model, settings)


def _check_structure(request: Request, model: nn.Module, structure: str) -> None:
    from cnnprof.zoo.build import structure_of

    if structure and structure_of(model) != structure:
        raise ModelError(
            f"{request.model} is another network each time it is built: what is timed is not what was counted",
            "have its factory build one network, whatever the time, the files around it and what was drawn before",
        )


def own_source(source: Source) -> Source:
    """The session may change its network: a caller's own stays as it is, and the twin has memory of its own."""
    from cnnprof.trace.untouched.copying import copied

    return replace(source, build=lambda weights, seed: copied(source.build(weights, seed)))


def settings_of(request: Request) -> Settings:
    """How the model of a settled request is to run."""
    return Settings(
        shapes=request.shapes,
        device=request.device,
        dtype=request.dtype,
        threads=request.threads or 1,
        channels_last=request.channels_last,
        seed=request.seed,
    )


@contextmanager
def run_errors(
    request: Request, ours: tuple[type[Exception], ...] = (CnnprofError, OSError)
) -> Iterator[None]:
    """What is raised while a model runs, as the model's error: its own code may raise anything.

    ``ours`` are no errors of the model: those of files are, as long as conversions are written to some.
    """
    try:
        yield
    except ours:
        raise
    except (Exception, SystemExit) as error:
        kind = "" if isinstance(error, PLAIN) else f"{type(error).__name__}: "
        raise ModelError(
            f"{request.model} cannot run on {request.device} in {request.dtype} with batch {request.batch}: "
            f"{kind}{first_line(error)}",
            "try --device cpu --dtype float32, or a smaller --batch; --no-latency counts without running",
        ) from error


class Local:
    """A session of this process, whose errors are the model's."""

    def __init__(self, session: Session, request: Request) -> None:
        self._session = session
        self._request = request

    @property
    def launch_s(self) -> float | None:
        """Seconds to queue a call that was timed last, on an accelerator; None elsewhere."""
        return getattr(self._session, "launch_s", None)

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each of ``calls`` calls."""
        with run_errors(self._request, (CnnprofError,)):
            return self._session.time(calls)

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """What the runtime's counters tell of each call, and its wall seconds."""
        with run_errors(self._request, (CnnprofError,)):
            return self._session.profile(calls)
