"""A model made ready to be timed: calibrated, converted, called once, and checked against torch eager."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.runtimes.registry import Session, Settings, check_dtype, find_runtime

if TYPE_CHECKING:
    from torch import nn

    from cnnprof.runtimes.reference import Reference


def make_ready(runtime: str, model: nn.Module, settings: Settings) -> Session:
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
    _call_and_check(runtime, session, reference, settings)
    return session


def make_file_ready(runtime: str, path: Path, settings: Settings) -> Session:
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
    session.preparation = replace(session.preparation, first_call_s=session.time(1)[0])
    return session


def _reference(model: nn.Module, settings: Settings) -> Reference:
    import torch

    from cnnprof.runtimes.reference import take_reference

    torch.set_num_threads(settings.threads)
    torch.set_flush_denormal(True)  # denormals cost up to a hundred times a normal number's time
    return take_reference(model.eval().to(device="cpu", dtype=torch.float32), settings)


def _call_and_check(runtime: str, session: Session, reference: Reference, settings: Settings) -> None:
    from cnnprof.runtimes.reference import check

    first_call_s = session.time(1)[0]
    verdict = check(session.outputs(), reference, settings.dtype, runtime)
    session.preparation = replace(
        session.preparation,
        first_call_s=first_call_s,
        error=verdict.error,
        warnings=(*session.preparation.warnings, *verdict.warnings),
    )
