"""Models from files that hold a graph: opened, and asked only for sizes that they can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cnnprof.errors import ModelError, UnknownNameError
from cnnprof.records.request import Request
from cnnprof.runtimes.registry import check_dtype
from cnnprof.zoo.sources import Source

Shape = tuple[int, ...]
Declared = tuple[int | None, ...]
AGAIN = "export it for that size, or with dynamic shapes"
COLOURS = (1, 3, 4)  # channels that a picture has


def opened(source: Source) -> Source:
    """The source with its inputs and its graph, where it is an ONNX file; any other as it is."""
    if source.kind != "onnx":
        return source
    from cnnprof.trace.onnx import open_onnx

    try:
        network = open_onnx(Path(source.name))
    except ModelError as error:
        raise ModelError(f"{source.name}: {error.message}", error.hint) from error
    return replace(source, declared=network.inputs, graph=network.graph)


def with_its_runtime(request: Request) -> Request:
    """ONNX Runtime for an ONNX file where no other runtime was chosen: torch cannot run it."""
    wanted = _is_file(request) and request.latency and request.runtime == "eager"
    return replace(request, runtime="onnxruntime") if wanted else request


def check_computes(request: Request, device: str) -> None:
    """UnknownNameError where the runtime does not compute in that dtype. ONNX Runtime takes a float16 file on any
    device: it has no other way to run it, while a module can be exported in float32.
    """
    if _is_file(request) and (request.runtime, request.dtype) == ("onnxruntime", "float16"):
        return
    try:
        check_dtype(request.runtime, request.dtype, device)
    except UnknownNameError as error:
        if not _is_file(request):
            raise
        hint = f"{error.hint}, where the file is in it; --no-latency counts a file in any"
        raise UnknownNameError(error.message, hint) from error


def _is_file(request: Request) -> bool:
    return Path(request.model).suffix.lower() == ".onnx"


def in_one_runtime(requests: Sequence[Request]) -> tuple[list[Request], tuple[str, ...]]:
    """All models in ONNX Runtime where an ONNX file cannot run in eager, since times of two engines do not compare; and
    a line that says so. Where several runtimes were asked for, each model is in all of them already.
    """
    files = [request.model for request in requests if with_its_runtime(request) != request]
    if not files:
        return list(requests), ()
    told = f"{files[0]} cannot run in eager: all models are timed in onnxruntime"
    together = [replace(request, runtime="onnxruntime") for request in requests]
    return together, (told,) if len(files) < len(requests) else ()


def refuse_eager_files(requests: Sequence[Request]) -> None:
    """UnknownNameError for an ONNX file in eager where several runtimes are compared: eager was asked for by name then,
    and no other runtime may take its place.
    """
    if len({request.runtime for request in requests}) < 2:
        return
    for request in requests:
        if with_its_runtime(request) != request:
            raise UnknownNameError(
                f"{request.model}: eager runs torch modules, not ONNX files",
                "leave out --runtime eager",
            )


def refuse_counters(request: Request) -> None:
    """A bare graph is counted as it is: other counters have nothing to run or to walk over."""
    if request.verify:
        raise ModelError(
            "the counters of --verify need a torch module", "leave out --verify, or pass a factory"
        )
    if request.convention != "paper":
        raise without_modules(request.convention, "--convention")


def without_modules(counter: str, option: str) -> ModelError:
    """Why a counter that walks torch's modules says nothing of a bare graph."""
    return ModelError(
        f"{counter} counts torch's modules and functions, and an ONNX file has none",
        f"leave out {option}, or pass a factory",
    )


def settled_inputs(request: Request, declared: Sequence[Declared]) -> tuple[Shape, ...]:
    """Shapes without the batch: those asked for where the file can take them, else the file's own.

    Raises ModelError where a size is fixed otherwise, or left open and not given.
    """
    given = request.inputs or (None,) * len(declared)
    if len(given) != len(declared):
        wanted = " and ".join(_text(shape) for shape in declared)
        raise ModelError(
            f"it takes {len(declared)} input(s) ({wanted}), and {len(given)} were given",
            "repeat --input for each",
        )
    return tuple(_settled(shape, request.batch, own) for shape, own in zip(given, declared, strict=True))


def _settled(shape: Shape | None, batch: int, declared: Declared) -> Shape:
    if declared[0] not in (None, batch):
        raise ModelError(
            f"it was exported for a batch of {declared[0]}, not {batch}", f"--batch {declared[0]}, or {AGAIN}"
        )
    own = declared[1:]
    if shape is None:
        shape = _default(declared)
    elif len(own) == 3 and len(shape) < 3:
        sides = (shape * 2)[:2]
        shape = (*sides, own[2] or 3) if _channels_last(own) else (own[0] or 3, *sides)
    if len(shape) != len(own) or any(
        size not in (None, asked) for size, asked in zip(own, shape, strict=True)
    ):
        raise ModelError(f"its input is {_text(own)}, not {_text(shape)}", AGAIN)
    return shape


def _default(declared: Declared) -> Shape:
    """The file's own sizes; a picture whose sizes are open is 3x224x224, as everywhere, or 224x224x3."""
    own = declared[1:]
    picture = (224, 224, 3) if _channels_last(own) else (3, 224, 224)
    usual = picture if len(own) == 3 else (None,) * len(own)
    shape = tuple(size or default for size, default in zip(own, usual, strict=True))
    known = tuple(size for size in shape if size is not None)
    if len(known) != len(shape):
        raise ModelError(f"its input {_text(own)} has sizes that are not fixed", "give them with --input")
    return known


def _channels_last(own: Declared) -> bool:
    """Whether a file takes height, width and channels, in that order: colours only in the last place."""
    return len(own) == 3 and own[2] in COLOURS and own[0] not in COLOURS


def _text(shape: Sequence[int | None]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape) or "a scalar"
