"""An ONNX file read and checked; weights that stand in files of their own are never opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

from cnnprof.errors import FileError, MissingRuntimeError, ModelError, first_line
from cnnprof.trace.onnx.external import check_location, tensors_of
from cnnprof.trace.onnx.types import ITEM_SIZES

# protobuf holds a file whole in memory, and takes no message of 2 GiB; YOLOv1's weights are 1.01 GiB.
LARGEST_BYTES = 2**31 - 1
INSTALL = 'pip install "cnnprof[onnx]"'
EXPORT_AGAIN = "export it again, such as with torch.onnx.export(model, inputs, 'net.onnx')"


def read_onnx(path: Path) -> Any:
    """The ``ModelProto`` in a file, with its external data checked but not read.

    Raises MissingRuntimeError without the onnx package, FileError where there is no such file to read,
    ModelError where it holds no ONNX network.
    """
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise MissingRuntimeError(
            f"{path} needs the onnx package, which is not installed", INSTALL
        ) from error
    _check_size(path)
    try:
        model = onnx.load(os.fspath(path), load_external_data=False)
    except OSError as error:
        raise FileError(
            f"{path} cannot be read: {error.strerror or error}", "check its permissions"
        ) from error
    except Exception as error:  # protobuf's decoder has error classes of its own in each of its builds
        raise ModelError("it is not an ONNX file, or a truncated one", EXPORT_AGAIN) from error
    with undamaged():
        _check_content(model, path)
    return model


@contextmanager
def undamaged() -> Iterator[None]:
    """What damaged content raises inside (wrong types, missing entries, text that is none) as a ModelError."""
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        raise ModelError(f"the file is damaged: {first_line(error)}", EXPORT_AGAIN) from error


def _check_size(path: Path) -> None:
    if path.is_dir():
        raise FileError(f"{path} is a directory", "name the .onnx file in it")
    if not path.is_file():
        raise FileError(f"no such file: {path}", "write the path of an .onnx file")
    size = path.stat().st_size
    if size == 0:
        raise ModelError("the file is empty", EXPORT_AGAIN)
    if size > LARGEST_BYTES:
        raise FileError(
            f"{path} has {size / 2**30:.1f} GiB; ONNX files hold less than 2 GiB",
            "export it with external data (external_data=True): counting does not need the weights",
        )


def _check_content(model: Any, path: Path) -> None:
    if not model.HasField("graph") or not (model.graph.node or model.graph.output):
        raise ModelError("it holds no ONNX graph; it may be truncated, or another kind of file", EXPORT_AGAIN)
    _check_opset(model)
    for tensor in tensors_of(model):
        if min(tensor.dims, default=0) < 0:
            raise ModelError(f"tensor {tensor.name!r} has a negative size: {list(tensor.dims)}", EXPORT_AGAIN)
        if tensor.data_location:
            check_location(tensor, path)
        elif tensor.HasField("raw_data"):
            _check_bytes(tensor)


def _check_bytes(tensor: Any) -> None:
    """Only the length: ``raw_data`` is the elements' bytes, one after the other."""
    size = ITEM_SIZES.get(tensor.data_type)
    wanted = prod(tensor.dims) * (size or 0)
    if size and len(tensor.raw_data) != wanted:
        raise ModelError(
            f"tensor {tensor.name!r} holds {len(tensor.raw_data)} bytes where its shape needs {wanted}",
            EXPORT_AGAIN,
        )


def _check_opset(model: Any) -> None:
    import onnx

    known = onnx.defs.onnx_opset_version()
    asked = max(
        (entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=known
    )
    if asked > known:
        raise ModelError(
            f"it is written for ONNX operators of version {asked}; onnx {onnx.__version__} knows up to {known}",
            "pip install --upgrade onnx, or export it with a lower opset_version",
        )
