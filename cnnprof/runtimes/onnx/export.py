"""nn.Module -> ONNX file, with the module path of every node kept beside it; cached by what the network computes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

from cnnprof.errors import CnnprofError, MissingRuntimeError, ModelError, first_line
from cnnprof.runtimes.cache.entries import open_cache
from cnnprof.runtimes.cache.fingerprint import fingerprint
from cnnprof.runtimes.inductor_folder import inductor_in
from cnnprof.runtimes.installed import installed_version
from cnnprof.runtimes.onnx.blame import missing_op, module_at, module_of_node
from cnnprof.runtimes.quiet import kept_quiet
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import random_inputs

RECIPE = 2  # to be raised where this file changes what it writes
MODEL_FILE = "model.onnx"
NODES_FILE = "nodes.json"
SCOPES = "pkg.torch.onnx.name_scopes"
COLOUR = re.compile(r"\x1b\[[\d;]*m")
FLOATS = ("float32", "float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """Where a node of the file comes from: paths of the modules that it computes, its op type, its outputs.

    The network itself has the path ``""``; a node of which nothing is known has none.
    """

    name: str
    type: str
    paths: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """An ONNX file in the cache. ``key`` names its content, for what is made from it; ``seconds`` is what exporting
    took, or finding it where ``cached``.
    """

    path: Path
    key: Mapping[str, object]
    cached: bool
    seconds: float
    warnings: tuple[str, ...] = ()

    def nodes(self) -> list[OnnxNode]:
        """The nodes of the graph, in its order."""
        rows = json.loads((self.path.parent / NODES_FILE).read_text(encoding="utf-8"))
        return [OnnxNode(name, kind, tuple(paths), tuple(outputs)) for name, kind, paths, outputs in rows]


def export_onnx(model: nn.Module, settings: Settings) -> Exported:
    """The network as an ONNX file with fixed shapes and the weights inside, from the cache where it is there.

    ``model`` is in float32; with ``settings.dtype`` float16 or bfloat16 weights and inputs are of that dtype, with
    int8 they stay in float32. Raises ModelError naming the op and the layer that cannot be exported, and
    MissingRuntimeError where the exporter's packages are absent.
    """
    check_exporter()
    dtype = settings.dtype if settings.dtype in FLOATS else "float32"
    key = {
        "network": fingerprint(model, settings),
        "shapes": settings.shapes,
        "dtype": dtype,
        "recipe": RECIPE,
        **{package: installed_version(package) for package in ("torch", "onnx", "onnxscript", "onnx-ir")},
    }

    def build(folder: Path) -> None:
        _export(model, settings, getattr(torch, dtype), folder)

    stored = open_cache().fetch("onnx", key, build)
    return Exported(stored.folder / MODEL_FILE, key, stored.cached, stored.seconds, stored.warnings)


def check_exporter() -> None:
    """MissingRuntimeError where a package is absent without which torch cannot export."""
    for package in ("onnx", "onnxscript"):
        if not installed_version(package):
            raise MissingRuntimeError(
                f"exporting to ONNX needs the package {package}, which is not installed",
                "pip install 'cnnprof[onnx]'",
            )


def _export(model: nn.Module, settings: Settings, dtype: torch.dtype, folder: Path) -> None:
    own = model if dtype is torch.float32 else deepcopy(model).to(dtype)
    with TemporaryDirectory(dir=folder) as work, inductor_in(Path(work)):
        program = _to_onnx(_to_program(own, settings, dtype))
    program.save(folder / MODEL_FILE, external_data=False)
    rows = [_row(node) for node in program.model.graph]
    (folder / NODES_FILE).write_text(json.dumps(rows), encoding="utf-8")


def _to_program(model: nn.Module, settings: Settings, dtype: torch.dtype) -> torch.export.ExportedProgram:
    inputs = tuple(x.to(dtype) for x in random_inputs(settings))
    try:
        with kept_quiet(), torch.no_grad():
            return torch.export.export(model, inputs, strict=False)
    except Exception as error:  # whatever the model's own code raises when it is traced
        raise _refused(
            f"torch.export cannot trace it: {first_line(error)}", module_at(error, model)
        ) from error


def _to_onnx(program: torch.export.ExportedProgram) -> Any:
    try:
        with kept_quiet(), torch.no_grad():
            return torch.onnx.export(program, (), dynamo=True, verbose=False)
    except Exception as error:  # the exporter's own errors share no class but RuntimeError
        op = missing_op(error)
        reason = f"ONNX has no op for {op}" if op else f"torch cannot export it to ONNX: {_reason(error)}"
        raise _refused(reason, module_of_node(error)) from error


def _reason(error: BaseException) -> str:
    """What was wrong at the bottom: the exporter's own errors only say which step failed, and that in colour."""
    while isinstance(error, torch.onnx.OnnxExporterError) and error.__cause__ is not None:
        error = error.__cause__
    return COLOUR.sub("", first_line(error))


def _refused(reason: str, layer: str) -> CnnprofError:
    where = f" (layer {layer})" if layer else ""
    return ModelError(f"{reason}{where}", "--runtime eager or compiled run what cannot be exported")


def _row(node: Any) -> tuple[str, str, list[str], list[str]]:
    """A node's name, type, module paths and outputs. Batch norm folded into a convolution leaves its own path on the
    node, and the convolution's in the name of its weight: both belong to it."""
    paths = [owner for owner in (_weight_owner(node), _scope(node)) if owner is not None]
    return node.name, node.op_type, list(dict.fromkeys(paths)), [output.name for output in node.outputs]


def _scope(node: Any) -> str | None:
    """The innermost module: the last of the scopes but one, which is the op itself."""
    scopes = re.findall(r"'([^']*)'", node.metadata_props.get(SCOPES, ""))
    return scopes[-2] if len(scopes) > 1 else None


def _weight_owner(node: Any) -> str | None:
    names = (value.name for value in node.inputs if value is not None and value.name)
    return next((name.rpartition(".weight")[0] for name in names if ".weight" in name), None)
