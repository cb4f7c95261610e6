"""nn.Module -> ncnn's two files, by way of a TorchScript trace and the converter pnnx; cached by content.

pnnx reads TorchScript and ONNX, and refuses archives of torch.export. From ONNX, global average pooling arrives as a
Reduction with a Reshape and no squeeze-excitation becomes an InnerProduct: not the network that ncnn's users run. So
it gets a trace, although torch calls tracing deprecated. What ncnn has no layer for, pnnx writes down under torch's
name, without an error.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cnnprof.errors import MissingRuntimeError, ModelError, first_line
from cnnprof.runtimes.cache.entries import Stored, open_cache
from cnnprof.runtimes.cache.fingerprint import fingerprint
from cnnprof.runtimes.installed import import_package, installed_version
from cnnprof.runtimes.quiet import kept_quiet
from cnnprof.runtimes.registry import INSTEAD, Settings
from cnnprof.runtimes.tensors import random_inputs

RECIPE = 2  # to be raised where this file changes what it writes
PARAM_FILE, WEIGHTS_FILE, TRACE_FILE = "net.ncnn.param", "net.ncnn.bin", "net.pt"
CALLS_FILE = "calls.json"
BY_PRODUCTS = ("pnnxparam", "pnnxbin", "pnnxpy", "pnnxonnx", "ncnnpy")
INSTALL = "pip install 'cnnprof[ncnn]'"


@dataclass(frozen=True, slots=True)
class TracedCall:
    """An op of the trace: torch's name for it, the module that calls it, the shape of what it returns."""

    op: str
    path: str
    shape: tuple[int, ...]


def convert_to_ncnn(model: nn.Module, settings: Settings) -> Stored:
    """The network as ncnn's files with float32 weights, from the cache where it is there.

    Raises ModelError naming the op that ncnn lacks and the layer it is in, MissingRuntimeError where pnnx is absent.
    """
    program = find_pnnx()
    key = {
        "network": fingerprint(model, settings),
        "shapes": settings.shapes,
        "recipe": RECIPE,
        **{package: installed_version(package) for package in ("torch", "pnnx")},
    }
    return open_cache().fetch("ncnn", key, lambda folder: _convert(program, model, settings, folder))


def read_param(folder: Path) -> str:
    """ncnn's layers, as text."""
    return (folder / PARAM_FILE).read_text(encoding="utf-8")


def read_calls(folder: Path) -> list[TracedCall]:
    """The ops of the trace in their order."""
    rows = json.loads((folder / CALLS_FILE).read_text(encoding="utf-8"))
    return [TracedCall(op, path, tuple(shape)) for op, path, shape in rows]


def find_pnnx() -> str:
    """Where the converter's program is."""
    return str(import_package("pnnx", INSTALL).EXEC_PATH)


def import_ncnn() -> Any:
    """The package; MissingRuntimeError where it is absent or broken."""
    return import_package("ncnn", INSTALL)


def load_net(net: Any, folder: Path) -> Any:
    """The net after it has read its layers and their weights; ModelError where it cannot."""
    param, weights = os.fspath(folder / PARAM_FILE), os.fspath(folder / WEIGHTS_FILE)
    if net.load_param(param) != 0 or net.load_model(weights) != 0:
        raise ModelError("ncnn cannot load what pnnx made of the network", INSTEAD)
    return net


def _convert(program: str, model: nn.Module, settings: Settings, folder: Path) -> None:
    calls = _trace(model, settings, folder / TRACE_FILE)
    well, said = _run(program, folder, settings.shapes)
    if not (well and (folder / PARAM_FILE).is_file() and (folder / WEIGHTS_FILE).is_file()):
        raise ModelError(f"pnnx cannot convert the network: {_last_line(said)}", INSTEAD)
    _check_layers(read_param(folder), calls, model)
    # pnnx does not look whether what it writes arrives: where the disk is full, the weights end somewhere.
    load_net(import_ncnn().Net(), folder)
    for path in folder.iterdir():  # pnnx writes its own form of the network in three more ways
        if path.name not in (PARAM_FILE, WEIGHTS_FILE):
            path.unlink()
    rows = [(call.op, call.path, call.shape) for call in calls]
    (folder / CALLS_FILE).write_text(json.dumps(rows), encoding="utf-8")


def _trace(model: nn.Module, settings: Settings, target: Path) -> list[TracedCall]:
    try:
        with kept_quiet(), torch.no_grad():
            # A network that returns a dictionary can only be traced if it is not held against it.
            trace: Any = torch.jit.trace
            traced = trace(model, random_inputs(settings), check_trace=False, strict=False)
            traced.save(str(target))
            return [_call(node) for node in traced.inlined_graph.nodes() if node.kind().startswith("aten::")]
    except Exception as error:  # whatever the model's own code raises when it is traced
        raise ModelError(f"torch cannot trace it for ncnn: {first_line(error)}", INSTEAD) from error


def _call(node: Any) -> TracedCall:
    """The scope ``__module.a/__module.a.b`` says that module ``a.b`` made the call."""
    output = next(node.outputs()).type()
    shape = (output.sizes() or ()) if output.kind() == "TensorType" else ()
    path = node.scopeName().rpartition("/")[2].removeprefix("__module").removeprefix(".")
    return TracedCall(node.kind().removeprefix("aten::"), path, tuple(shape))


def _run(program: str, folder: Path, shapes: Sequence[tuple[int, ...]]) -> tuple[bool, str]:
    """Whether pnnx ended well, and what it says on its way; it is for the screen, and kept from it."""
    sizes = ",".join(f"[{','.join(map(str, shape))}]f32" for shape in shapes)
    aside = [f"{name}=aside.{name}" for name in BY_PRODUCTS]
    command = [program, TRACE_FILE, f"inputshape={sizes}", "fp16=0", *aside]
    command += [f"ncnnparam={PARAM_FILE}", f"ncnnbin={WEIGHTS_FILE}"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise MissingRuntimeError(
            f"pnnx cannot be started: {error.strerror}", "pip install --force-reinstall pnnx"
        ) from error
    said = done.stdout.decode(errors="replace")
    if done.returncode < 0:
        said += f"\nit was ended by signal {-done.returncode}"
    return done.returncode == 0, said


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip(" -\t")]
    return lines[-1][:200] if lines else "it says nothing"


def _check_layers(param: str, calls: Sequence[TracedCall], model: nn.Module) -> None:
    """ModelError for the first layer that is no layer of ncnn's: those have neither dots nor colons in their names."""
    kinds = [line.split()[0] for line in param.splitlines()[2:] if line.strip()]
    strange = [kind for kind in kinds if "." in kind or ":" in kind]
    if not strange:
        return
    kind = next((kind for kind in strange if not kind.startswith(("pnnx.", "prim::"))), strange[0])
    where = _layer_of(kind, calls, model)
    raise ModelError(f"ncnn has no layer for {kind}{f' (layer {where})' if where else ''}", INSTEAD)


def _layer_of(kind: str, calls: Sequence[TracedCall], model: nn.Module) -> str:
    """``torch.fft.rfft2`` is the trace's ``fft_rfft2``, ``nn.Fold`` the first module of that class."""
    prefix, _, rest = kind.replace("::", ".").partition(".")
    if prefix == "nn":
        return next((path for path, module in model.named_modules() if type(module).__name__ == rest), "")
    return next((call.path for call in calls if call.op.strip("_") == rest.replace(".", "_").strip("_")), "")
