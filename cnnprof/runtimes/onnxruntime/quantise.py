"""An exported network in int8, for its speed alone: static quantisation by ONNX Runtime's own tool.

Activations are unsigned and weights signed, one scale for each output channel, written as pairs of quantise and
dequantise around every op (QDQ): the form for which both ONNX Runtime and OpenVINO have int8 kernels on CPUs. The
ranges come from random normal batches, so what the network answers means nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cnnprof.errors import MissingRuntimeError, ModelError, first_line
from cnnprof.runtimes.cache.entries import open_cache
from cnnprof.runtimes.installed import installed_version
from cnnprof.runtimes.onnx.export import MODEL_FILE, NODES_FILE, Exported
from cnnprof.runtimes.onnxruntime.session import import_onnxruntime
from cnnprof.runtimes.quiet import kept_quiet
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import random_inputs

RECIPE = 1  # to be raised where this file changes what it writes
BATCHES = 4  # of random numbers, of the batch size that will run
FIRST_SEED = 100  # none of them is the input that is timed
FLOATS_FILE = "left_in_float.json"
MOVES = frozenset(
    {"Reshape", "Transpose", "Concat", "Split", "Slice", "Squeeze", "Unsqueeze", "Flatten", "Identity"}
)


def quantise_onnx(source: Exported, settings: Settings) -> Exported:
    """The same network with int8 convolutions and matrix products, from the cache where it is there.

    ``seconds`` is what quantising took, without the export. Raises ModelError where it cannot be quantised, and
    MissingRuntimeError where ONNX Runtime, which holds the tool, is absent.
    """
    # ONNX Runtime has another name where it comes with CUDA.
    tool = installed_version("onnxruntime") or installed_version("onnxruntime-gpu")
    versions = {"onnx": installed_version("onnx"), "onnxruntime": tool}
    for package, version in versions.items():
        if not version:
            raise MissingRuntimeError(
                f"int8 needs the package {package}, which is not installed", "pip install 'cnnprof[onnx]'"
            )
    key = {"source": source.key, "shapes": settings.shapes, "int8_recipe": RECIPE, **versions}

    def build(folder: Path) -> None:
        target = folder / MODEL_FILE
        _quantise(source.path, target, settings)
        (folder / FLOATS_FILE).write_text(json.dumps(_count_float_ops(target)), encoding="utf-8")
        nodes = source.path.parent / NODES_FILE
        if nodes.exists():  # quantising keeps the names of the nodes
            shutil.copyfile(nodes, folder / NODES_FILE)

    stored = open_cache().fetch("int8", key, build)
    return Exported(stored.folder / MODEL_FILE, key, stored.cached, stored.seconds, stored.warnings)


def _quantise(source: Path, target: Path, settings: Settings) -> None:
    import_onnxruntime()
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    try:
        with kept_quiet(), _scratch_in(target.parent):
            quantize_static(
                source,
                target,
                _Batches(_input_names(source), settings),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                calibrate_method=CalibrationMethod.MinMax,
            )
    except Exception as error:  # its errors share no class but Exception
        raise ModelError(f"it cannot be quantised to int8: {first_line(error)}", "--dtype float32") from error


@contextmanager
def _scratch_in(folder: Path) -> Iterator[None]:
    """The tool keeps float copies of the model in a temporary folder: inside ``folder`` they go with it."""
    import tempfile

    before, tempfile.tempdir = tempfile.tempdir, os.fspath(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


class _Batches:
    """Random normal batches, one after another, as the tool asks for them."""

    def __init__(self, names: Sequence[str], settings: Settings) -> None:
        self._names = names
        self._settings = settings
        self._seeds = iter(range(FIRST_SEED, FIRST_SEED + BATCHES))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.get_next, None)

    def get_next(self) -> dict[str, Any] | None:
        """The next batch under the names of the inputs, None after the last."""
        seed = next(self._seeds, None)
        if seed is None:
            return None
        batch = random_inputs(replace(self._settings, seed=self._settings.seed + seed))
        return {name: values.numpy() for name, values in zip(self._names, batch, strict=True)}


def _input_names(path: Path) -> list[str]:
    import onnx

    graph = onnx.load(os.fspath(path), load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    return [given.name for given in graph.input if given.name not in weights]


def describe_int8(path: Path) -> dict[str, str]:
    """What is to be said of a quantised file: its use, and which ops ONNX Runtime still computes in float."""
    left = json.loads((path.parent / FLOATS_FILE).read_text(encoding="utf-8"))
    return {
        "int8": "speed only",
        "left_in_float": ", ".join(f"{left[kind]} {kind}" for kind in left) or "nothing",
    }


def _count_float_ops(path: Path) -> dict[str, int]:
    """Op types that still compute in float once ONNX Runtime has optimised the file, and how often, most first.

    Conversions from and to int8 are not counted, nor are ops that only move what they are given.
    """
    graph = _optimised(path)
    floats = {given.name for given in graph.input}  # names of what is in float
    left: Counter[str] = Counter()
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            floats.update(node.output)
        elif node.op_type != "QuantizeLinear" and not floats.isdisjoint(node.input):
            floats.update(node.output)
            left[node.op_type] += node.op_type not in MOVES
    return {kind: count for kind, count in left.most_common() if count}


def _optimised(path: Path) -> Any:
    """The graph that ONNX Runtime would run, as it writes it down itself."""
    import onnx

    onnxruntime = import_onnxruntime()
    target = path.with_name("optimised.onnx")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = os.fspath(target)
    options.log_severity_level = 3
    try:
        onnxruntime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
        return onnx.load(os.fspath(target), load_external_data=False).graph
    finally:
        target.unlink(missing_ok=True)
