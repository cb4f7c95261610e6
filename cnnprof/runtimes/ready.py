"""A model made ready to be timed: calibrated, converted, called once, and checked against torch eager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.registry import Session, Settings, check_dtype, find_runtime

if TYPE_CHECKING:
    from torch import Tensor, nn

    from cnnprof.runtimes.reference import Reference


@dataclass(frozen=True, slots=True)
class Ready:
    """A session with all that is known of how it was prepared."""

    session: Session
    preparation: Preparation

    @property
    def launch_s(self) -> float | None:
        """Seconds to queue a call that was timed last, on an accelerator; None elsewhere."""
        return getattr(self.session, "launch_s", None)

    def time(self, calls: int) -> Sequence[float]:
        """Seconds of each of ``calls`` consecutive forward passes."""
        return self.session.time(calls)

    def outputs(self) -> Sequence[Tensor]:
        """The output tensors of one forward pass, in float32 on the CPU."""
        return self.session.outputs()

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """The runtime's own counters over ``calls`` passes, and the wall seconds of each pass."""
        return self.session.profile(calls)


def make_ready(runtime: str, model: nn.Module, settings: Settings) -> Ready:
    """Everything before the steady state, in the process that will be timed; the model is changed.

    ``model`` is best given in float32, whatever ``settings.dtype`` is: it is the runtime that converts it. Raises
    UnknownNameError for a dtype that the runtime lacks, MissingRuntimeError, and ModelError where the model cannot be
    converted or the runtime computes something else.
    """
    found = find_runtime(runtime)
    found.resolve_device(settings.device)
    check_dtype(runtime, settings.dtype, settings.device)
    reference = _reference(model, settings)
    session = found.prepare(model, settings)
    return _called_and_checked(runtime, session, reference, settings)


def make_file_ready(runtime: str, path: Path, settings: Settings) -> Ready:
    """A model that is given as an ONNX file, on a runtime that opens such files; there is no eager to check it against.

    Raises MissingRuntimeError, also for a runtime that takes torch modules only, and ModelError.
    """
    if settings.dtype == "int8":
        raise ModelError(
            f"{path.name} runs in the dtype that it was exported in: int8 is made of torch modules only",
            "leave out --dtype; a file that is quantised already runs as it is",
        )
    found = find_runtime(runtime)
    found.resolve_device(settings.device)
    prepare_file = getattr(found, "prepare_file", None)
    if prepare_file is None:
        raise MissingRuntimeError(
            f"{runtime} runs torch modules, not ONNX files",
            "--runtime onnxruntime or openvino, or --no-latency",
        )
    session: Session = prepare_file(path, settings)
    first_call_s = session.time(1)[0]
    return Ready(session, replace(session.preparation, first_call_s=first_call_s))


def _reference(model: nn.Module, settings: Settings) -> Reference:
    import torch

    from cnnprof.runtimes.reference import take_reference

    torch.set_num_threads(settings.threads)
    torch.set_flush_denormal(True)  # denormals cost up to a hundred times a normal number's time
    return take_reference(model.eval().to(device="cpu", dtype=torch.float32), settings)


def _called_and_checked(runtime: str, session: Session, reference: Reference, settings: Settings) -> Ready:
    from cnnprof.runtimes.reference import check

    first_call_s = session.time(1)[0]
    verdict = check(session.outputs(), reference, settings.dtype, runtime)
    preparation = session.preparation
    return Ready(
        session,
        replace(
            preparation,
            first_call_s=first_call_s,
            error=verdict.error,
            warnings=(*preparation.warnings, *verdict.warnings),
        ),
    )
